"""Speaks with the driver: gives an order, and returns what was measured of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from proficiency.core.config import ROOT
from tests.bench.scene import Candidate


@dataclass(frozen=True)
class Order:
    """What is to be sent: `rate` requests a second, or as fast as they are answered when None."""

    what: str
    port: int
    connections: int
    seconds: float
    rate: int | None = None
    is_floor: bool = False


@dataclass
class Measured:
    """What came of an order. Of several the sums are kept."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    driver_seconds: float = 0.0
    server_seconds: float = 0.0
    database_seconds: float = 0.0

    @property
    def count(self) -> int:
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Processor milliseconds of server and database for one request."""
        return (self.server_seconds + self.database_seconds) * 1000 / self.count

    def each_ms(self, seconds: float) -> float:
        """Milliseconds of `seconds` that fall on one request."""
        return seconds * 1000 / self.count

    def percentile(self, part: float) -> float:
        """The latency in milliseconds that `part` of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    def add(self, other: "Measured") -> None:
        """Add what came of another order of the same kind."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.driver_seconds += other.driver_seconds
        self.server_seconds += other.server_seconds
        self.database_seconds += other.database_seconds
        for status, count in other.refused.items():
            self.refused[status] = self.refused.get(status, 0) + count


Clock = Callable[[], tuple[float, float]]
"""Reads the processor seconds that server and database have used so far."""


class Driver:
    """The driver's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _say(self, words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the driver ended; what it said is above")
        return json.loads(line)

    def do(self, order: Order, clock: Clock) -> Measured:
        """Have an order carried out; the processor's time is read just before and after it."""
        self._say(vars(order))
        self._hear()
        before = clock()
        self._say("go")
        found = self._hear()
        after = clock()
        return Measured(
            **found,
            server_seconds=after[0] - before[0],
            database_seconds=after[1] - before[1],
        )

    def told(self) -> dict[str, str]:
        """By attempt and item, the SHA-256 of the last text that the server acknowledged."""
        self._say({"what": "told"})
        found: dict[str, str] = self._hear()
        return found


@contextmanager
def driver(candidates: Sequence[Candidate]) -> Iterator[Driver]:
    """Start the driver for `candidates` and end it afterwards."""
    command = [sys.executable, "-m", "tests.bench.driver"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with process:
        started = Driver(process)
        started._say([vars(candidate) for candidate in candidates])
        try:
            yield started
        finally:
            process.kill()
