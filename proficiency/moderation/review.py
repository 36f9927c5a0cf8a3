"""What the advisory group looks at: how the marks of each question spread, and all its scripts.

Built from the settled marks alone. A script has a number drawn for this sitting, so nothing here
names a candidate or an attempt, and assessors are numbers too.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking.overview import agreed_exactly
from proficiency.marking.queries import (
    FinalMark,
    ResponseView,
    list_responses,
    script_numbers,
    settled_marks,
)
from proficiency.marking.rules import MarkKind, current_marks
from proficiency.moderation.queries import commented_responses, last_decisions
from proficiency.moderation.rules import Decision
from proficiency.sittings.queries import get_sitting

MOST_BARS = 13


@dataclass(frozen=True)
class Bar:
    """How many marks lie from `low` to under `high`; the last bar holds the full mark alone."""

    low: Fraction
    high: Fraction
    count: int
    is_last: bool


@dataclass(frozen=True)
class ResponseLine:
    """One response in a list: its marks, and what happened to it."""

    response_id: str
    script: int
    question: int
    first: Fraction | None
    second: Fraction | None
    agreed_exactly: bool
    final: FinalMark
    was_adjudicated: bool
    was_changed: bool
    was_commented: bool
    decision: Decision | None

    @property
    def apart(self) -> Fraction:
        """How far two assessors lay apart; 0 where the machine marked."""
        if self.first is None or self.second is None:
            return Fraction(0)
        return abs(self.first - self.second)


@dataclass(frozen=True)
class QuestionSpread:
    """How the marks of one question spread, and how far its assessors agreed.

    The counts of agreement are out of `by_people`, the responses that two people marked.
    """

    form_item_id: str
    question: int
    case_name: str
    format_title: str
    max_mark: Fraction
    responses: int
    mean: Fraction
    lowest: Fraction
    highest: Fraction
    bars: tuple[Bar, ...]
    by_people: int
    agreed_exactly: int
    within_tolerance: int
    adjudicated: int
    changed: int


@dataclass(frozen=True)
class ScriptLine:
    """One script in the list: its total, and what happened to its responses."""

    number: int
    total: Fraction
    adjudicated: int
    changed: int
    commented: int
    decided: int
    is_critical: bool


@dataclass(frozen=True)
class Review:
    """A sitting as the advisory group sees it."""

    max_total: Fraction
    questions: tuple[QuestionSpread, ...]
    scripts: tuple[ScriptLine, ...]
    lines: tuple[ResponseLine, ...]

    @property
    def undecided(self) -> int:
        """How many adjudicated or critical responses nobody has decided about yet."""
        return sum(
            line.decision is None and (line.was_adjudicated or line.final.is_critical)
            for line in self.lines
        )


def get_review(session: Session, sitting_id: str) -> Review:
    """Return a sitting whose marking is closed as the advisory group sees it.

    Raises `Refused` while any response has no settled mark.
    """
    items = list_form_items(session, get_sitting(session, sitting_id).form_id)
    lines = read_lines(session, sitting_id)
    return Review(
        max_total=sum((item.max_mark for item in items), Fraction(0)),
        questions=tuple(_spread(item, lines) for item in items),
        scripts=_scripts(lines),
        lines=tuple(lines),
    )


def get_question(
    session: Session, sitting_id: str, form_item_id: str
) -> tuple[QuestionSpread, list[ResponseLine]]:
    """Return one question: its spread, and its responses with the most discrepant first.

    Raises `NotFound` for a question that the sitting does not have.
    """
    items = list_form_items(session, get_sitting(session, sitting_id).form_id)
    item = next((item for item in items if item.id == form_item_id), None)
    if item is None:
        raise NotFound(_("There is no such question in this sitting."))
    wanted = list_responses(session, sitting_id, form_item_id=item.id)
    lines = read_lines(session, sitting_id, wanted)
    lines.sort(key=lambda line: (not line.was_adjudicated, -line.apart, line.script))
    return _spread(item, lines), lines


def get_script(
    session: Session, sitting_id: str, number: int
) -> tuple[ScriptLine, list[ResponseLine]]:
    """Return one script with its responses in the order of the questions. Raises `NotFound`."""
    attempts = {found: id for id, found in script_numbers(session, sitting_id).items()}
    if number not in attempts:
        raise NotFound(_("There is no such script in this sitting."))
    wanted = list_responses(session, sitting_id, attempt_id=attempts[number])
    lines = read_lines(session, sitting_id, wanted)
    return _script(number, lines), sorted(lines, key=lambda line: line.question)


def read_lines(
    session: Session, sitting_id: str, responses: Sequence[ResponseView] | None = None
) -> list[ResponseLine]:
    """Return the responses of a sitting, or those given, with what happened to each."""
    items = list_form_items(session, get_sitting(session, sitting_id).form_id)
    questions = {item.id: item.number for item in items}
    numbers = script_numbers(session, sitting_id)
    decisions = last_decisions(session, sitting_id)
    commented = commented_responses(session, sitting_id)
    lines = []
    for final, marks in settled_marks(session, sitting_id, responses):
        given = current_marks(marks)
        pair = [mark.judgement.mark for mark in given if mark.kind is MarkKind.ASSESSOR]
        kinds = {mark.kind for mark in given}
        lines.append(
            ResponseLine(
                response_id=final.response_id,
                script=numbers[final.attempt_id],
                question=questions[final.form_item_id],
                first=pair[0] if pair else None,
                second=pair[1] if pair else None,
                agreed_exactly=agreed_exactly(given),
                final=final,
                was_adjudicated=MarkKind.ADJUDICATOR in kinds,
                was_changed=MarkKind.MODERATOR in kinds,
                was_commented=final.response_id in commented,
                decision=decisions.get(final.response_id),
            )
        )
    return lines


def _spread(item: FormItemView, lines: Iterable[ResponseLine]) -> QuestionSpread:
    own = [line for line in lines if line.final.form_item_id == item.id]
    given = [line.final.mark for line in own]
    by_people = [line for line in own if line.first is not None]
    adjudicated = sum(line.was_adjudicated for line in own)
    return QuestionSpread(
        form_item_id=item.id,
        question=item.number,
        case_name=item.case_name,
        format_title=get_format(item.format).title,
        max_mark=item.max_mark,
        responses=len(own),
        mean=sum(given, Fraction(0)) / len(given),
        lowest=min(given),
        highest=max(given),
        bars=histogram(given, item.max_mark),
        by_people=len(by_people),
        agreed_exactly=sum(line.agreed_exactly for line in by_people),
        within_tolerance=len(by_people) - adjudicated,
        adjudicated=adjudicated,
        changed=sum(line.was_changed for line in own),
    )


def histogram(marks: Sequence[Fraction], max_mark: Fraction) -> tuple[Bar, ...]:
    """Return how many marks lie in each step of whole marks from 0, the full mark by itself.

    There are at most `MOST_BARS` bars; a step is one mark wide unless that gives too many.
    """
    width = max(ceil(max_mark / (MOST_BARS - 1)), 1)
    last = ceil(max_mark / width)
    counts = Counter(last if mark == max_mark else mark // width for mark in marks)
    return tuple(
        Bar(
            low=Fraction(place * width) if place < last else max_mark,
            high=min(Fraction((place + 1) * width), max_mark),
            count=counts[place],
            is_last=place == last,
        )
        for place in range(last + 1)
    )


def _scripts(lines: Iterable[ResponseLine]) -> tuple[ScriptLine, ...]:
    """Every script, those with discrepancies and critical failures first."""
    by_script: dict[int, list[ResponseLine]] = defaultdict(list)
    for line in lines:
        by_script[line.script].append(line)
    scripts = [_script(number, own) for number, own in by_script.items()]
    return tuple(
        sorted(scripts, key=lambda each: (not each.is_critical, -each.adjudicated, each.number))
    )


def _script(number: int, lines: Sequence[ResponseLine]) -> ScriptLine:
    return ScriptLine(
        number=number,
        total=sum((line.final.mark for line in lines), Fraction(0)),
        adjudicated=sum(line.was_adjudicated for line in lines),
        changed=sum(line.was_changed for line in lines),
        commented=sum(line.was_commented for line in lines),
        decided=sum(line.decision is not None for line in lines),
        is_critical=any(line.final.is_critical for line in lines),
    )


SHOWN = {
    "all": _("All scripts"),
    "adjudicated": _("With an adjudication"),
    "critical": _("With a critical failure"),
    "changed": _("With a changed mark"),
    "commented": _("With a comment"),
    "undecided": _("Without any decision"),
}
"""The ways to narrow the list of scripts, by the word in the address."""


def show_scripts(scripts: Iterable[ScriptLine], shown: str) -> list[ScriptLine]:
    """Return the scripts that one of `SHOWN` names, in the order given."""
    wanted: dict[str, Callable[[ScriptLine], bool]] = {
        "all": lambda script: True,
        "adjudicated": lambda script: script.adjudicated > 0,
        "critical": lambda script: script.is_critical,
        "changed": lambda script: script.changed > 0,
        "commented": lambda script: script.commented > 0,
        "undecided": lambda script: script.decided == 0,
    }
    return [script for script in scripts if wanted[shown](script)]
