"""How long the commands that touch everybody take in a large room, on both databases.

    python -m tests.invigilation.measure [candidates]

Each command runs as the room's page sends it, in one transaction: on SQLite its time is as long as
every other writer waits, on PostgreSQL as long as whoever starts in this room, and each save of
somebody whose turn has come. Nothing else runs in the database meanwhile.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta

from proficiency import features
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.delivery.outages import find_outages, note_pulse
from proficiency.delivery.room_time_operations import credit_outage
from proficiency.invigilation.commands import Command, Order, obey
from proficiency.invigilation.live import cut
from proficiency.invigilation.queries import read_room
from tests.drills.places import BOTH
from tests.factories import NOW, act
from tests.invigilation.factory import Watched, watched

MINUTE = timedelta(minutes=1)


def fill(database: Database, candidates: int) -> Watched:
    """A room in which everybody writes and has saved an answer."""
    room = watched(database)
    act(database, note_pulse, SYSTEM, NOW)
    for number in range(candidates):
        room.writing(f"Candidate {number}").write("I would ring her today.")
    return room


def measure(database: Database, candidates: int) -> dict[str, float]:
    """Return how many milliseconds each command took."""
    room = fill(database, candidates)
    act(database, note_pulse, SYSTEM, NOW + 5 * MINUTE)
    found: dict[str, float] = {}

    def timed(name: str, what: Callable[[], object]) -> object:
        began = time.perf_counter()
        made = what()
        found[name] = (time.perf_counter() - began) * 1000
        return made

    def command(which: Command, after: int, **fields: str) -> None:
        order = Order(room.sitting_id, None, f"key-{which}", {"text": "A fire alarm.", **fields})
        timed(which, lambda: room.do(obey, NOW + after * MINUTE, command=which, order=order))

    def read() -> None:
        with database.read() as session:
            cut(read_room(session, room.sitting_id, NOW + 11 * MINUTE))

    with database.read() as session:
        (outage,) = find_outages(session, room.sitting_id)
    for again in ("", ", again"):
        timed(f"reading the room{again}", read)
    command(Command.PAUSE, 6)
    command(Command.RESUME, 7)
    command(Command.CREDIT, 8, minutes="5")
    command(Command.MESSAGE, 9)
    timed(
        "outage",
        lambda: room.do(
            credit_outage, NOW + 10 * MINUTE, sitting_id=room.sitting_id, outage_id=outage.id
        ),
    )
    timed("reading it after all that", read)
    return found


def main() -> None:
    features.load_models()
    candidates = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for name, where in BOTH.items():
        with where(None) as place:
            for what, took in measure(place.database, candidates).items():
                print(f"{name:12}{what:28}{took:8.0f} ms")


if __name__ == "__main__":
    main()
