"""The order of measurements on one database.

Saves and floor take turns, so that what the machine does meanwhile falls on both.
"""

import time
from dataclasses import dataclass, field

from tests.bench.load import Clock, Driver, Measured, Order, driver
from tests.bench.places import Place
from tests.bench.proof import find_problems
from tests.bench.scene import SECRET
from tests.bench.servers import FLOOR, PRODUCT, Running, processor_seconds, running
from tests.bench.weight import Part, first_view

FEW, MANY = 16, 64
OFFERED = 400
ROUNDS, SAVE_SECONDS, FLOOR_SECONDS = 3, 3.5, 2.5
MANY_SECONDS, OPEN_SECONDS, PAGE_SECONDS, WARM_SECONDS = 4.0, 15.0, 5.0, 1.5


@dataclass
class Figures:
    """All that was measured on one database."""

    saves: Measured = field(default_factory=Measured)
    floor: Measured = field(default_factory=Measured)
    many: Measured = field(default_factory=Measured)
    offered: Measured = field(default_factory=Measured)
    pages: Measured = field(default_factory=Measured)
    parts: list[Part] = field(default_factory=list)
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def page_kb(self) -> float:
        """Kilobytes of a first view."""
        return sum(part.wire for part in self.parts) / 1000


def measure(place: Place) -> Figures:
    """Measure everything on one database and prove that nothing was lost."""
    product = {
        "PROFICIENCY_DATABASE_URL": place.database.url.render_as_string(hide_password=False),
        "PROFICIENCY_INSTANCE": str(place.folder),
        "PROFICIENCY_SECRET_KEY": SECRET,
        "PROFICIENCY_DEMO": "",
    }
    with (
        running(PRODUCT, product) as server,
        running(FLOOR, {"BENCH_FLOOR_URL": place.floor_url}) as floor,
        driver(place.candidates) as loader,
    ):
        figures = _load(place, server, floor, loader)
        told = loader.told()
    figures.problems += find_problems(place.database, told, figures.acknowledged)
    return figures


def _clock(server: Running, postmaster: int | None) -> Clock:
    def read() -> tuple[float, float]:
        if postmaster is None:
            return server.seconds(), 0.0
        return server.seconds(), processor_seconds(postmaster, with_itself=True)

    return read


def _load(place: Place, server: Running, floor: Running, loader: Driver) -> Figures:
    figures, someone = Figures(), place.candidates[0]

    def do(what: str, connections: int, seconds: float, rate: int | None = None) -> Measured:
        order = Order(what, server.port, connections, seconds, rate)
        found = loader.do(order, _clock(server, place.postmaster))
        figures.acknowledged += found.count * (what == "save")
        figures.problems += [f"{n} × status {s} to a {what}" for s, n in found.refused.items()]
        return found

    def do_floor(seconds: float) -> Measured:
        order = Order("save", floor.port, FEW, seconds, is_floor=True)
        found = loader.do(order, _clock(floor, place.postmaster))
        figures.problems += [f"{n} × status {s} at the floor" for s, n in found.refused.items()]
        return found

    figures.parts = first_view(server.port, f"/attempt/{someone.attempt}", someone.cookies)
    do("save", MANY, WARM_SECONDS)
    do_floor(WARM_SECONDS)
    for _round in range(ROUNDS):
        figures.saves.add(do("save", FEW, SAVE_SECONDS))
        figures.floor.add(do_floor(FLOOR_SECONDS))
    figures.many = do("save", MANY, MANY_SECONDS)
    time.sleep(1)
    figures.offered = do("save", MANY, OPEN_SECONDS, OFFERED)
    do("page", FEW, WARM_SECONDS)
    figures.pages = do("page", FEW, PAGE_SECONDS)
    return figures
