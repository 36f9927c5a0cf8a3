"""A room in which a third lose their connection at the same moment, and come back together."""

import asyncio

from proficiency import features
from proficiency.core.clock import read_clock
from proficiency.simulate import figures as kinds
from proficiency.simulate.people import make_rehearsal
from proficiency.simulate.plans import Timetable
from proficiency.simulate.playing import losses_in
from proficiency.simulate.run import Played, play
from tests.drills.outcome import Outcome
from tests.drills.places import Where

NAME = "a third of a room loses its connection at once"
CANDIDATES = 300


def timetable(candidates: int, writing: float = 75.0, cut: float = 30.0) -> Timetable:
    """Everybody writes; a third are cut off for `cut` seconds from the 20th second on."""
    return Timetable(
        candidates=candidates, stages=4, sign_in=candidates / 8, start=candidates / 250,
        writing=writing, finish=5, offline_share=0.0, cut_share=1 / 3,
        cut_at=writing * 0.25, cut_seconds=cut,
    )  # fmt: skip


def drill(where: Where, times: Timetable) -> Outcome:
    """Play it once on a server of its own; every answer is compared with what was typed."""
    features.load_models()
    features.load_jobs()
    with where(None) as place:
        made = make_rehearsal(
            place.database, place.address, times.candidates, times.writing / 60, read_clock()
        )
        place.start()
        played = asyncio.run(play(place.address, made.people, times, "a drill", print))
        place.stop()
        problems = [*losses_in(place.database, played), *played.figures.problems]
        problems += place.failed_requests()
    if played.done != times.candidates:
        problems.append(f"{times.candidates - played.done} did not come to the end")
    return Outcome(NAME, place.name, 1, played.acknowledged, problems, _notes(played))


def _notes(played: Played) -> str:
    caught_up = played.figures.summary(kinds.CAUGHT_UP)
    saves = played.figures.summary(kinds.SAVE)
    if caught_up is None or saves is None:
        return "nobody lost a connection"
    return (
        f"{played.times.candidates} candidates, {caught_up.count} cut off for "
        f"{played.times.cut_seconds:.0f} s; all they had typed was on the server "
        f"{caught_up.longest / 1000:.1f} s after the connection was back at the latest (half "
        f"within {caught_up.median:.0f} ms); all saves of the room: p99 {saves.p99:.0f} ms"
    )
