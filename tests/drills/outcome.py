"""What came of a drill."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """One drill on one database: how often it was done, what was acknowledged, what was lost.

    `notes` say what was measured or shortened; `problems` are losses and broken promises.
    """

    drill: str
    database: str
    times: int
    acknowledged: int | None
    problems: Sequence[str] = field(default_factory=tuple)
    notes: str = ""

    @property
    def is_good(self) -> bool:
        return not self.problems
