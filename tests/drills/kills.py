"""`kill -9` under load: of one web worker, of the whole server, of PostgreSQL."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median

from tests.drills.load import Load, under_load
from tests.drills.outcome import Outcome
from tests.drills.places import Installation, Where

WRITERS = 16


def kill_worker(place: Installation) -> None:
    """Kill the busiest web worker; the server itself puts another in its place."""
    place.kill_one_worker()


def kill_server(place: Installation) -> None:
    """Kill supervisor, web server, workers and background work; start anew."""
    place.kill_server()
    place.start()


def kill_database(place: Installation) -> None:
    """Kill PostgreSQL's first process and every other; start it anew."""
    place.kill_database()


KILLS: dict[str, Callable[[Installation], None]] = {
    "kill -9 of a web worker": kill_worker,
    "kill -9 of the whole server": kill_server,
    "kill -9 of PostgreSQL": kill_database,
}


def drill(name: str, where: Where, times: int, writers: int = WRITERS) -> Outcome:
    """Kill `times` times while `writers` save, then compare everything that was acknowledged."""
    return drill_mixed([name] * times, where, writers)


def drill_mixed(names: Sequence[str], where: Where, writers: int = WRITERS) -> Outcome:
    """Kill one thing after another on one installation, as `drill` does."""
    with where(None) as place:
        waits, load = _kill_again_and_again(place, [KILLS[name] for name in names], writers)
        place.stop()
        return Outcome(
            ", ".join(dict.fromkeys(names)), place.name, len(names), load.acknowledged,
            load.losses(place), _notes(waits, load),
        )  # fmt: skip


def _kill_again_and_again(
    place: Installation, kills: Sequence[Callable[[Installation], None]], writers: int
) -> tuple[list[float], Load]:
    waits = []
    place.start()
    with under_load(place, writers) as load:
        load.wait_for_more(3)
        for turn, kill in enumerate(kills):
            time.sleep(0.15 + 0.05 * (turn % 5))  # not always at the same moment of a second
            begun = time.monotonic()
            kill(place)
            load.wait_for_more(2)
            waits.append(time.monotonic() - begun)
    return waits, load


def _notes(waits: list[float], load: Load) -> str:
    told = sum((writer.statuses for writer in load.writers), Counter())
    unanswered = told.pop(0, 0)
    refused = "".join(f", {count} with status {status}" for status, count in sorted(told.items()))
    return (
        f"{len(load.writers)} writers without a pause; everybody saved again after "
        f"{max(waits):.1f} s at the latest, half the times within {median(waits):.1f} s; sent "
        f"again: {unanswered} messages that got no answer{refused}"
    )
