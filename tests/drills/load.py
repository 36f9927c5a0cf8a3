"""Candidates who save without a pause, and remember every message that was acknowledged.

Each sends one message at a time and sends it again, the same under the same number, until it is
answered, as the exam's page does. Here they wait a twentieth of a second, not seconds: more falls
into the moment of a kill.
"""

import asyncio
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from proficiency import features
from proficiency.core.clock import read_clock
from proficiency.core.verify import verify_all
from proficiency.simulate.proof import Written, find_losses
from proficiency.simulate.sender import Acknowledged, read_json
from proficiency.simulate.wire import Browser, Unanswered
from tests.bench import scene
from tests.drills.places import Installation

AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 180.0
"""How long a drill waits for saving to go on. How long it took is in its notes."""


@dataclass
class Writer:
    """One candidate's page."""

    facts: scene.Candidate
    browser: Browser
    told: list[Acknowledged] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each status was answered that is no acknowledgement; 0 stands for no answer."""
    refused_with: set[str] = field(default_factory=set)
    longest_wait: float = 0.0
    pause: float = 0.0
    first_traced: int = 0
    """How many were acknowledged before a tracer watched."""

    async def run(self, stop: asyncio.Event) -> None:
        """Save one text after another until told to stop."""
        number = 0
        while not stop.is_set():
            number += 1
            begun = time.monotonic()
            if not await self._save(number, stop):
                return
            self.longest_wait = max(self.longest_wait, time.monotonic() - begun)
            await asyncio.sleep(self.pause)
        self.browser.close()

    async def _save(self, number: int, stop: asyncio.Event) -> bool:
        words = words_of(self.facts.attempt, number)
        item = self.facts.items[number % len(self.facts.items)]
        message = {
            "token": self.facts.token, "epoch": self.facts.epoch, "seq": number, "item": item,
            "fields": {"text": [words]}, "age": 800,
        }  # fmt: skip
        while not await self._is_kept(message):
            if stop.is_set():
                self.browser.close()
                return False
            await asyncio.sleep(AGAIN_SECONDS)
        digest = hashlib.sha256(words.encode()).digest()
        self.told.append(Acknowledged(item, self.facts.epoch, number, digest, None))
        return True

    async def _is_kept(self, message: dict[str, object]) -> bool:
        try:
            reply = await self.browser.post_json(f"/attempt/{self.facts.attempt}/save", message)
        except Unanswered:
            self.statuses[0] += 1
            return False
        data = read_json(reply.body)
        if reply.status == 200 and data.get("kind") == "answer_saved":
            return True
        self.statuses[reply.status] += 1
        self.refused_with.add(str(data.get("error") or data.get("kind") or "no words"))
        return False


def words_of(attempt: str, number: int) -> str:
    """The text of one message: found again in a trace, and different each time.

    It says what it is several times: the log of PostgreSQL is cut into blocks, and a cut may go
    through one of them.
    """
    return f"drill {attempt} {number:06d}. Ask him first, and write it down. " * 6


class Load:
    """Writers at work in a thread of their own."""

    def __init__(self, writers: Sequence[Writer]) -> None:
        self.writers = writers
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="load")
        self.fault: BaseException | None = None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._all())
        except BaseException as fault:  # noqa: BLE001 - handed to whoever ends the load
            self.fault = fault
        finally:
            self._loop.close()

    async def _all(self) -> None:
        await asyncio.gather(*(writer.run(self._stop) for writer in self.writers))

    def start(self) -> None:
        """Let them begin."""
        self._thread.start()

    def end(self) -> None:
        """Let them finish the message that is on its way. Raises what went wrong in them."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        if self.fault is not None:
            raise self.fault

    @property
    def counts(self) -> list[int]:
        """How many messages of each were acknowledged so far."""
        return [len(writer.told) for writer in self.writers]

    @property
    def acknowledged(self) -> int:
        return sum(self.counts)

    def wait_for_more(self, each: int = 2, seconds: float = PATIENCE_SECONDS) -> float:
        """Wait until everybody had `each` more acknowledged; returns how long that took."""
        before, begun = self.counts, time.monotonic()
        wait_until(
            lambda: all(
                now >= was + each for now, was in zip(self.counts, before, strict=True)
            ) or self.fault is not None,
            "the load does not go on", seconds,
        )  # fmt: skip
        return time.monotonic() - begun

    def losses(self, place: Installation) -> list[str]:
        """Everything acknowledged that is not kept, and every chain or rule that does not hold."""
        written = [Written(w.facts.attempt, w.told, {}, is_final=False) for w in self.writers]
        lost = list(find_losses(place.database, written))
        return lost + verify_all(place.database, features.room_checks()).problems


def wait_until(
    is_so: Callable[[], bool], otherwise: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Wait until something is true. Raises `TimeoutError` with words."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError(otherwise)
        time.sleep(0.02)


@contextmanager
def under_load(place: Installation, writers: int = 16, pause: float = 0.0) -> Iterator[Load]:
    """Let candidates write at `place`, whose server runs, until the block ends."""
    features.load_models()
    made = scene.build(place.database, place.folder, read_clock(), writers)
    place.database.close()
    load = Load([Writer(each, Browser(place.address), pause=pause) for each in made])
    load.start()
    try:
        yield load
    finally:
        load.end()
