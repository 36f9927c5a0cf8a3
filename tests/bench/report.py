"""What is printed: a table for people, then one JSON object for programs."""

import json
import os
from collections.abc import Iterator, Mapping

from tests.bench.load import Measured
from tests.bench.measure import FEW, MANY, OFFERED, Figures
from tests.bench.storms import Storms


def load_average() -> str:
    """How busy the machine has been, in words."""
    one, five, _fifteen = os.getloadavg()
    return f"load average {one:.1f} (1 min), {five:.1f} (5 min) on {os.cpu_count()} processors"


def rows(name: str, figures: Figures) -> Iterator[str]:
    """The lines of one database."""
    yield f"\n{name}"
    yield (
        f"  {'':36}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
        f"{'CPU ms':>9}{'= server':>10}{'+ database':>12}{'driver':>8}"
    )
    yield _row(f"autosave, {FEW} connections", figures.saves)
    yield _row(f"floor, {FEW} connections", figures.floor)
    yield _row(f"autosave, {MANY} connections", figures.many)
    yield _row(f"autosave, {OFFERED}/s offered to {MANY}", figures.offered)
    yield _row(f"exam page, {FEW} connections", figures.pages)
    ratio = figures.saves.cpu_ms / figures.floor.cpu_ms
    yield f"  an autosave costs {ratio:.2f} × the floor's processor time"
    plain = sum(part.plain for part in figures.parts) / 1000
    page = figures.parts[0]
    yield (
        f"  a first view: {figures.page_kb:.1f} kB on the wire in {len(figures.parts)} responses "
        f"({plain:.1f} kB unpacked); the page itself {page.wire / 1000:.1f} kB "
        f"({page.plain / 1000:.1f} kB unpacked)"
    )
    yield f"  {figures.acknowledged} saves acknowledged; " + (
        "all are in the database, every chain holds"
        if not figures.problems
        else f"{len(figures.problems)} PROBLEMS:"
    )
    yield from (f"    {problem}" for problem in figures.problems[:20])


def _row(label: str, measured: Measured) -> str:
    return (
        f"  {label:36}{measured.per_second:8.0f}{measured.percentile(0.5):9.1f}"
        f"{measured.percentile(0.99):9.1f}{measured.percentile(1):9.1f}{measured.cpu_ms:9.2f}"
        f"{measured.each_ms(measured.server_seconds):10.2f}"
        f"{measured.each_ms(measured.database_seconds):12.2f}"
        f"{measured.each_ms(measured.driver_seconds):8.2f}"
    )


def as_json(found: Mapping[str, Figures], storms: Mapping[str, Storms]) -> str:
    """One line with the figures that are compared from version to version."""
    return json.dumps(
        {
            name: {
                "autosave_cpu_ms": round(figures.saves.cpu_ms, 3),
                "autosave_floor_cpu_ms": round(figures.floor.cpu_ms, 3),
                "autosave_p99_ms": round(figures.offered.percentile(0.99), 1),
                "autosave_per_s": round(figures.saves.per_second, 1),
                "page_cpu_ms": round(figures.pages.cpu_ms, 3),
                "page_kb": round(figures.page_kb, 2),
                "sign_in_p99_ms": round(storms[name].sign_in_p99_ms, 1),
                "last_page_s": round(storms[name].last_page_s, 2),
                "worker_mib": round(storms[name].worker_mib, 1),
            }
            for name, figures in found.items()
        }
    )
