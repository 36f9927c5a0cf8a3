"""The first of two computations of a sitting's results, from the final marks of marking.

It asks the rooms below for what they know. `recompute.py` does the same from the raw rows and
shares nothing with it; `comparing.py` holds one against the other.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from sqlalchemy.orm import Session

from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.framework.queries import get_framework
from proficiency.framework.rules import Framework, split_name_version
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.queries import FinalMark, final_marks, list_responses, load_marks
from proficiency.results.rules import MarkedItem, Part, Score, ThemeOf, digest_of, score_items
from proficiency.scenarios.queries import get_case_version
from proficiency.sittings.queries import get_sitting
from proficiency.standard_setting.rules import Outcome, decide_outcome


@dataclass(frozen=True)
class Computed:
    """The outcome of one attempt before it is recorded. `evidence_digest` covers what went in."""

    attempt_id: str
    score: Score
    outcome: Outcome
    evidence_digest: str


def compute_sitting(session: Session, sitting_id: str, cut_score: Fraction) -> list[Computed]:
    """Return the outcome of every attempt of a sitting, by the attempt's id.

    `cut_score` is in raw marks. Raises `Refused` while a response has no settled mark or when the
    cases of the form follow different frameworks; `NotFound` for a framework that is not held.
    """
    items = {
        item.id: item for item in list_form_items(session, get_sitting(session, sitting_id).form_id)
    }
    theme_of = theme_finder(session, list(items.values()))
    digests = _evidence_digests(session, sitting_id)
    marks: dict[str, list[FinalMark]] = defaultdict(list)
    for final in final_marks(session, sitting_id).values():
        marks[final.attempt_id].append(final)
    computed = []
    for attempt_id, finals in sorted(marks.items()):
        score = score_items(
            [marked_item(items[final.form_item_id], final) for final in finals], theme_of
        )
        outcome = decide_outcome(score.total, cut_score)
        computed.append(Computed(attempt_id, score, outcome, digests[attempt_id]))
    return computed


class Keyed(Protocol):
    """An item that is keyed to standards, as a form holds it or as a case does."""

    @property
    def name(self) -> str: ...
    @property
    def body(self) -> Any: ...
    @property
    def max_mark(self) -> Fraction: ...
    @property
    def standards(self) -> tuple[str, ...]: ...


def parts_of(item: Keyed) -> tuple[Part, ...]:
    """Return what an item's mark is given for: its criteria, or the item as a whole."""
    if isinstance(item.body, WrittenResponse):
        return tuple(
            Part(
                key=criterion.key,
                max_mark=criterion.weight * criterion.top,
                standards=criterion.standards or item.standards,
                weight=criterion.weight,
            )
            for criterion in item.body.criteria
        )
    return (Part(item.name, item.max_mark, item.standards),)


def marked_item(item: FormItemView, final: FinalMark) -> MarkedItem:
    """Return an item's final mark, ready to be shared out among themes."""
    return MarkedItem(final.mark, parts_of(item), dict(final.levels))


def theme_finder(session: Session, items: list[FormItemView]) -> ThemeOf:
    """Return what gives the theme of a standard's code. Raises as `framework_of` does."""
    framework = framework_of(session, items)
    return lambda code: framework.theme_of(code).code


def framework_of(session: Session, items: list[FormItemView]) -> Framework:
    """Return the one framework version that the cases of a form follow.

    Raises `Refused` when they follow several, for their themes cannot be added up, and `NotFound`
    when it is not held here.
    """
    versions = {
        get_case_version(session, version_id).framework
        for version_id in {item.case_version_id for item in items}
    }
    if len(versions) != 1:
        raise Refused(
            _("The cases of this form follow different versions of standards: {names}.").format(
                names=", ".join(sorted(versions))
            )
        )
    return get_framework(session, *split_name_version(versions.pop())).framework


def _evidence_digests(session: Session, sitting_id: str) -> dict[str, str]:
    """Hash, per attempt, each response's answer and the head of its chain of marks."""
    marks = load_marks(session, sitting_id)
    parts: dict[str, list[str]] = defaultdict(list)
    for response in sorted(list_responses(session, sitting_id), key=lambda each: each.id):
        given = marks[response.id]
        head = given[-1].hash if given else ""
        parts[response.attempt_id] += [response.id, response.answer_commitment or "", head]
    return {attempt_id: digest_of(listed) for attempt_id, listed in parts.items()}
