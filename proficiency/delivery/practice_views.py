"""What somebody practised: their own answers beside what was looked for.

Only for an attempt that its candidate opened to practise, once it is over, and only for cases that
are public samples. Nothing here is marked by people or kept as a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from proficiency.core import web
from proficiency.core.access import signed_in
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import AttemptState, current_answers, get_own_attempt
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import get_format
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import get_case_version
from proficiency.sittings.queries import get_sitting

PRACTICE = "practice"
"""The purpose under which a candidate reads a sample case's mark scheme after practising."""


@dataclass(frozen=True)
class Compared:
    """One question: the own answer in words, and what the sample's mark scheme says.

    `mark` is what the machine would give; None where people would judge. `body` is for the macro
    that shows a mark scheme.
    """

    number: int
    format: str
    title: str
    stem_html: str
    answer: Sequence[str]
    mark: Fraction | None
    max_mark: Fraction
    body: Any


@dataclass(frozen=True)
class Practised:
    """A finished practice: what was answered, question by question."""

    attempt_id: str
    title: str
    answered: int
    questions: Sequence[Compared]

    @property
    def by_machine(self) -> tuple[Fraction, Fraction]:
        """The marks that a machine gives, and the most of them."""
        judged = [each for each in self.questions if each.mark is not None]
        got = sum((each.mark for each in judged if each.mark is not None), Fraction(0))
        return got, sum((each.max_mark for each in judged), Fraction(0))


@signed_in
def practised(attempt_id: str) -> ResponseReturnValue:
    """One's own answers beside the sample's mark scheme, when a practice exam is over."""
    state = get_own_attempt(web.session(), attempt_id, web.actor().id)
    if get_sitting(web.session(), state.sitting_id).practice_of != web.actor().id:
        raise NotFound(_("This is not a practice exam."))
    if state.can_write(web.now()):
        return redirect(url_for("delivery.attempt", attempt_id=attempt_id), 303)
    paper = get_paper(web.session(), state.form_id)
    for stage in {stage.case_name: stage for stage in paper.stages}.values():
        if not get_case_version(web.session(), stage.case_version_id).is_sample:
            raise NotFound(_("This practice has a case that is not public."))
        web.record_sight(SIGHT, stage.case_name, PRACTICE)
    shown = make_practised(web.session(), state, paper)
    return render_template("delivery/practised.html", shown=shown), 200


def make_practised(session: Session, state: AttemptState, paper: Paper) -> Practised:
    """Return the comparison of a practice attempt with the mark schemes of its samples."""
    answers = {item_id: each.text for item_id, each in current_answers(session, state.id).items()}
    questions = [_compare(item, answers) for item in paper.items]
    return Practised(
        attempt_id=state.id,
        title=paper.form.title,
        answered=sum(
            get_format(item.format).is_answered(answers.get(item.id)) for item in paper.items
        ),
        questions=questions,
    )


def _compare(item: FormItemView, answers: Mapping[str, str | None]) -> Compared:
    kind, text = get_format(item.format), answers.get(item.id)
    return Compared(
        number=item.number,
        format=item.format,
        title=kind.title,
        stem_html=item.stem_html,
        answer=kind.describe(item.body, item.ids, text),
        mark=None if kind.is_marked_by_people else kind.score(item.body, item.ids, text),
        max_mark=item.max_mark,
        body=item.body,
    )


def add_views(bp: Blueprint) -> None:
    """Add the page of this module to the room's blueprint."""
    bp.add_url_rule("/attempt/<attempt_id>/practised", view_func=practised)
