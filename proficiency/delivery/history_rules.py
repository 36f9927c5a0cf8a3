"""How one answer grew, version by version. Pure.

What is said of a step is a fact and never a verdict: how many words came and went, in how long, and
how many of them at once. People write elsewhere and paste, dictate, or undo; a number tells none of
this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from proficiency.authoring.diff import Mark, Run, compare_words
from proficiency.core.text import _, count_words
from proficiency.delivery.rules import EventKind

ANSWERS = frozenset(kind for kind in EventKind if kind.value.startswith("answer_"))
"""Every kind of event that holds an answer."""

KIND_NAMES: Mapping[str, str] = {
    EventKind.ANSWER_SAVED.value: _("Saved in time"),
    EventKind.ANSWER_OUTDATED.value: _("Arrived after a newer one; kept, does not count"),
    EventKind.ANSWER_CONFLICTED.value: _("Sent under a number already used; kept, does not count"),
    EventKind.ANSWER_LATE.value: _("Late; kept, counts only if two people accept it"),
    EventKind.ANSWER_FILED.value: _("From the candidate’s answer file; counts only if accepted"),
    EventKind.ANSWER_ACCEPTED.value: _("Accepted by two people, and counts"),
}
if set(KIND_NAMES) != ANSWERS:
    raise RuntimeError("every kind of answer needs a name")

MANY_AT_ONCE = 25
"""Words put in at one place within one version that are pointed out."""

LONG_GAP = timedelta(minutes=5)
"""A time without any version of an answer that is pointed out."""


@dataclass(frozen=True)
class Version:
    """One version as the chain has it. `text` is None when its words were lawfully erased.

    `device` is a letter for the device that sent it, "" where none is known. `claimed_age` is how
    long before sending it was last changed, as the device claims.
    """

    event_id: str
    pos: int
    at: datetime
    kind: EventKind
    device: str
    hash: str
    text: str | None
    claimed_age: timedelta | None = None


@dataclass(frozen=True)
class Step:
    """A version beside the one before: how long after it, and what changed.

    `at_once` is the most words that were put in at one place.
    """

    number: int
    version: Version
    gap: timedelta | None
    runs: tuple[Run, ...]
    added: int
    removed: int
    words: int
    at_once: int
    counts: bool

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.version.kind]

    @property
    def is_sudden(self) -> bool:
        return self.at_once >= MANY_AT_ONCE

    @property
    def is_after_gap(self) -> bool:
        return self.gap is not None and self.gap >= LONG_GAP


def make_steps(versions: Sequence[Version]) -> list[Step]:
    """Return each version beside the one that stood before it, in the order of the chain.

    Only what was saved or accepted changes what stands. All else is compared with what stood then.
    """
    steps: list[Step] = []
    standing = ""
    last_at: datetime | None = None
    final = max((v.pos for v in versions if v.kind in _COUNTING), default=0)
    for number, version in enumerate(versions, 1):
        text = version.text or ""
        runs = compare_versions(standing, text) if version.text is not None else ()
        steps.append(
            Step(
                number=number,
                version=version,
                gap=None if last_at is None else version.at - last_at,
                runs=runs,
                added=_words(runs, Mark.ADDED),
                removed=_words(runs, Mark.REMOVED),
                words=count_words(text),
                at_once=max((count_words(r.text) for r in runs if r.mark is Mark.ADDED), default=0),
                counts=version.pos == final,
            )
        )
        last_at = version.at
        if version.kind in _COUNTING and version.text is not None:
            standing = text
    return steps


_COUNTING = frozenset({EventKind.ANSWER_SAVED, EventKind.ANSWER_ACCEPTED})


def _words(runs: Sequence[Run], mark: Mark) -> int:
    return sum(count_words(run.text) for run in runs if run.mark is mark)


def compare_versions(old: str, new: str) -> tuple[Run, ...]:
    """Return what changed between two versions. Put together, the runs are exactly both texts.

    Most versions differ at one place: what they begin and end with is set aside first, up to whole
    words, so that hundreds of versions are compared in a moment.
    """
    begin = _same_beginning(old, new)
    end = _same_end(old[begin:], new[begin:])
    middle_old, middle_new = old[begin : len(old) - end], new[begin : len(new) - end]
    parts = (
        Run(Mark.KEPT, old[:begin]),
        *(compare_words(middle_old, middle_new) if middle_old or middle_new else ()),
        Run(Mark.KEPT, old[len(old) - end :]),
    )
    return tuple(run for run in parts if run.text)


def _same_beginning(old: str, new: str) -> int:
    """How many signs both begin with, up to the end of a word."""
    most = min(len(old), len(new))
    same = next((place for place in range(most) if old[place] != new[place]), most)
    while same and not _ends_there(old[:same], old[same:], new[same:]):
        same -= 1
    return same


def _ends_there(before: str, *rests: str) -> bool:
    return before[-1].isspace() or all(not rest or rest[0].isspace() for rest in rests)


def _same_end(old: str, new: str) -> int:
    """How many signs both end with, back to the beginning of a word."""
    return _same_beginning(old[::-1], new[::-1])
