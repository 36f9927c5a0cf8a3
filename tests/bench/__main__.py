"""Runs the whole measurement: see the package's own words."""

import os
import statistics
import sys
import tempfile
import time

from proficiency.core.clock import read_clock
from tests.bench import authoring, places, report, storms
from tests.bench.measure import Figures, measure
from tests.bench.storms import Storms
from tests.drills.places import postgresql, sqlite
from tests.postgres import find_binaries


def flush_ms() -> float:
    """The median milliseconds of one flush to the disk where the databases lie."""
    taken = []
    with tempfile.NamedTemporaryFile() as file:
        for _turn in range(50):
            file.write(b"x" * 4096)
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> int:
    """Measure on both databases; returns 1 when an answer was lost or refused."""
    try:
        find_binaries()
    except RuntimeError as fault:
        print(fault)
        return 1
    print(f"before: {report.load_average()}; one flush to the disk takes {flush_ms():.2f} ms")
    found: dict[str, Figures] = {}
    rushes: dict[str, Storms] = {}
    for place_of, where in ((places.sqlite, sqlite), (places.postgresql, postgresql)):
        with place_of(read_clock()) as place:
            found[place.name] = measure(place)
            print("\n".join(report.rows(place.name, found[place.name])), flush=True)
        rushes[place.name] = storms.measure(where)
        print(storms.row(rushes[place.name]), flush=True)
        found[place.name].problems += rushes[place.name].problems
        for problem in rushes[place.name].problems[:20]:
            print(f"    {problem}", flush=True)
    print(f"\n{authoring.line()}")
    print(f"after: {report.load_average()}")
    print(report.as_json(found, rushes))
    return int(any(figures.problems for figures in found.values()))


if __name__ == "__main__":
    sys.exit(main())
