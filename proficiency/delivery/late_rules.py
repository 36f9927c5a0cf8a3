"""Late work as pure functions: which answers wait for people, and what two of them decided.

An answer is late when it reached the server after its time or came in an answer file. It is kept as
it is; whether it counts is decided by two people who don't know of each other, a third where they
differ, by the rule that the scheme publishes, and never by its words, which they don't see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from proficiency.core.text import _


class Verdict(StrEnum):
    """Whether a late answer counts."""

    COUNTS = "counts"
    DOES_NOT_COUNT = "does_not_count"


class Ground(StrEnum):
    """Why, in the words of the rule: each leads to one verdict."""

    WRITTEN_IN_TIME = "written_in_time"
    SERVICE_AT_FAULT = "service_at_fault"
    WRITTEN_AFTER = "written_after"
    NOT_SHOWN = "not_shown"


VERDICTS = {
    Ground.WRITTEN_IN_TIME: Verdict.COUNTS,
    Ground.SERVICE_AT_FAULT: Verdict.COUNTS,
    Ground.WRITTEN_AFTER: Verdict.DOES_NOT_COUNT,
    Ground.NOT_SHOWN: Verdict.DOES_NOT_COUNT,
}

GROUND_WORDS = {
    Ground.WRITTEN_IN_TIME: _("Counts: the evidence shows that it was written in time."),
    Ground.SERVICE_AT_FAULT: _("Counts: our service kept it from arriving in time."),
    Ground.WRITTEN_AFTER: _("Does not count: the evidence shows that it was written afterwards."),
    Ground.NOT_SHOWN: _("Does not count: nothing shows that it was written in time."),
}

if set(VERDICTS) != set(Ground) or set(GROUND_WORDS) != set(Ground):
    raise AssertionError("every ground needs a verdict and words")

DEFAULT_LATE_RULE = _(
    "An answer that reaches us after its time counts if the evidence shows that it was written in "
    "time, or if our service kept it from arriving. Evidence is what our server recorded: when it "
    "last heard from the device, and what the device says about when the answer was written, as "
    "far as its clock ran without a gap.\n"
    "Two people decide, each by themselves, before any marking and without seeing the answer. If "
    "they differ, a third decides. What does not count is kept all the same."
)


@dataclass(frozen=True)
class Kept:
    """One version of an answer as the chain holds it, in the order of its arrival.

    `same_as_counting`: it says the same as the answer that counts. `epoch` and `seq` are the
    writer's (no `seq` for a plain form).
    """

    id: str
    item_id: str
    is_late: bool
    same_as_counting: bool
    epoch: int
    seq: int | None


def awaits_decision(versions: Sequence[Kept]) -> list[str]:
    """Return the ids of the late answers to decide about: of each item the newest, if it matters.

    It doesn't matter when the answer that counts says the same, or was written later, by a later
    device or by the same one under a higher number.
    """
    newest: dict[str, Kept] = {}
    for version in versions:
        held = newest.get(version.item_id)
        if held is None or _not_older(version, held):
            newest[version.item_id] = version
    return [
        version.id
        for version in newest.values()
        if version.is_late and not version.same_as_counting
    ]


def _not_older(version: Kept, than: Kept) -> bool:
    """Written by a later device, or by the same one under the same or a higher number."""
    if version.epoch != than.epoch:
        return version.epoch > than.epoch
    if version.seq is None or than.seq is None:
        return True
    return version.seq >= than.seq


class Standing(StrEnum):
    """Where the decision about one late answer stands."""

    UNDECIDED = "undecided"
    ONE_DECIDED = "one_decided"
    DIFFER = "differ"
    COUNTS = "counts"
    DOES_NOT_COUNT = "does_not_count"


DECIDED = frozenset({Standing.COUNTS, Standing.DOES_NOT_COUNT})

STANDING_NAMES = {
    Standing.UNDECIDED: _("Nobody has decided yet"),
    Standing.ONE_DECIDED: _("One person has decided"),
    Standing.DIFFER: _("Two people differ"),
    Standing.COUNTS: _("Counts"),
    Standing.DOES_NOT_COUNT: _("Does not count"),
}

PEOPLE_NEEDED = {
    Standing.UNDECIDED: 2,
    Standing.ONE_DECIDED: 1,
    Standing.DIFFER: 1,
    Standing.COUNTS: 0,
    Standing.DOES_NOT_COUNT: 0,
}
"""How many more have to decide, at the least."""

if set(STANDING_NAMES) != set(Standing) or set(PEOPLE_NEEDED) != set(Standing):
    raise AssertionError("every standing needs a name and the people that it waits for")


def standing_of(verdicts: Sequence[Verdict]) -> Standing:
    """Return what the verdicts about one answer amount to, in the order in which they were given.

    Two that agree decide; where they differ, the third does. Raises `ValueError` for more than
    these.
    """
    if len(verdicts) > 3 or (len(verdicts) == 3 and verdicts[0] is verdicts[1]):
        raise ValueError("a decided answer was decided about again")
    if not verdicts:
        return Standing.UNDECIDED
    if len(verdicts) == 1:
        return Standing.ONE_DECIDED
    if len(verdicts) == 2 and verdicts[0] is not verdicts[1]:
        return Standing.DIFFER
    return Standing(verdicts[-1].value)


@dataclass(frozen=True)
class Evidence:
    """What is known about when a late answer was written. None of it is its words.

    `claimed_age` is what the device says: how long before arriving it was last changed, at the
    least, by steady clocks and the server's time; None when it can't tell.
    """

    arrived_at: datetime
    deadline: datetime | None
    closed_at: datetime | None
    stage_closed_at: datetime | None
    last_heard_at: datetime
    claimed_age: timedelta | None

    @property
    def ended_at(self) -> datetime | None:
        """When writing this answer was over: its stage, the attempt, or its time, the earliest."""
        ends = [self.stage_closed_at, self.deadline, self.closed_at]
        return min((end for end in ends if end is not None), default=None)

    @property
    def claimed_at(self) -> datetime | None:
        """When it was last changed, by the device's own account."""
        return None if self.claimed_age is None else self.arrived_at - self.claimed_age

    @property
    def late_by(self) -> timedelta | None:
        """How long after the end it arrived; None without an end."""
        return None if self.ended_at is None else self.arrived_at - self.ended_at

    @property
    def fits(self) -> bool | None:
        """Whether the claim says that it was written in time; None without a claim or an end."""
        if self.claimed_at is None or self.ended_at is None:
            return None
        return self.claimed_at <= self.ended_at
