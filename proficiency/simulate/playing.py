"""A rehearsal from beginning to end, on a throw-away installation or on one that is there."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from proficiency import features
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.verify import verify_all
from proficiency.simulate.people import Rehearsal, make_rehearsal
from proficiency.simulate.place import Place, open_empty, throw_away
from proficiency.simulate.plans import Timetable
from proficiency.simulate.processes import seconds_of, workers_of
from proficiency.simulate.proof import Written, find_losses
from proficiency.simulate.report import Load, Report
from proficiency.simulate.run import Played, Say, play


def losses_in(database: Database, played: Played) -> list[str]:
    """Return everything in the database that is not as it was acknowledged, in words."""
    written = [
        Written(each.attempt, each.told, each.final, each.is_done) for each in played.candidates
    ]
    losses = list(find_losses(database, written))
    return losses + verify_all(database, features.room_checks()).problems


def rehearse_there(rehearsal: Rehearsal, times: Timetable, seed: str, say: Say) -> Report:
    """Play at the rehearsal's own address; answers are compared with what its pages show."""
    played = asyncio.run(play(rehearsal.address, rehearsal.people, times, seed, say))
    return Report(played, Load(), (), "compared with what the pages show")


def rehearse_here(
    url: str | None, times: Timetable, seed: str, say: Say, *, workers: int = 2, threads: int = 8
) -> Report:
    """Play on a throw-away installation: SQLite in a temporary folder, or an empty database.

    Answers are compared with the pages, with the database, and with every rule of `verify`.
    """
    features.load_models()
    features.load_jobs()
    with TemporaryDirectory(prefix="rehearsal-") as name:
        folder = Path(name)
        with closing(open_empty(url or f"sqlite:///{folder}/rehearsal.db")) as database:
            say(f"Making {times.candidates} candidates and a sitting for them …")
            minutes = (times.writing + times.finish + times.sign_in) / 60
            rehearsal = make_rehearsal(database, "", times.candidates, minutes, read_clock())
            with throw_away(folder, database, workers=workers, threads=threads) as place:
                played, load = _watched(place, rehearsal, times, seed, say)
            say("Comparing every answer with the database, and checking every chain …")
            losses = losses_in(database, played)
    return Report(played, load, losses, "compared with the pages and the database, chains checked")


def _watched(
    place: Place, rehearsal: Rehearsal, times: Timetable, seed: str, say: Say
) -> tuple[Played, Load]:
    """Play, and read the processor time of server and database when everybody starts."""
    before: list[tuple[float, float | None]] = []

    def read() -> tuple[float, float | None]:
        pid = place.database_pid
        return seconds_of(place.server_pid), None if pid is None else seconds_of(pid)

    played = asyncio.run(
        play(
            place.address,
            rehearsal.people,
            times,
            seed,
            say,
            at_start=lambda: before.append(read()),
        )
    )
    after = read()
    memory = [each.memory for each in workers_of(place.server_pid)]
    return played, Load(*_between(before, after), memory)


def _between(
    before: Sequence[tuple[float, float | None]], after: tuple[float, float | None]
) -> tuple[float | None, float | None]:
    if not before:
        return None, None
    server, database = before[0]
    used = None if database is None or after[1] is None else after[1] - database
    return after[0] - server, used
