"""What candidates see of their own results: nothing but "not ready" before release.

The page says the outcome and the score by theme. It names no question, no key and no criterion.
"""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import find_attempts_of_bookings, find_state
from proficiency.exams.queries import get_form, list_form_items
from proficiency.exams.rules import SchemeKind
from proficiency.framework.rules import Framework
from proficiency.results.computing import framework_of
from proficiency.results.queries import ResultView, find_released_result
from proficiency.results.rules import LEAST_ITEMS_OF_A_THEME, tell_apart
from proficiency.sittings.queries import SittingView, get_sitting, list_candidate_bookings
from proficiency.standard_setting.rules import Outcome


@dataclass(frozen=True)
class ThemeLine:
    """One theme of a result. `is_thin` when too few questions spoke to it to say much."""

    code: str
    title: str
    summary: str
    mark: Fraction
    max_mark: Fraction
    items: int

    @property
    def share(self) -> Fraction:
        return self.mark / self.max_mark

    @property
    def is_thin(self) -> bool:
        return self.items < LEAST_ITEMS_OF_A_THEME


@dataclass(frozen=True)
class OwnResult:
    """A candidate's released result, in texts that tell total and cut score apart."""

    sitting_title: str
    started_at: datetime
    released_at: datetime
    candidate_number: str
    has_passed: bool
    total: str
    cut_score: str
    max_mark: Fraction
    cut_share: Fraction
    themes: tuple[ThemeLine, ...]
    kind: SchemeKind
    framework_title: str


@dataclass(frozen=True)
class OwnAttempt:
    """An attempt in the list of a candidate's own; `result` is None until it is released."""

    attempt_id: str
    sitting_title: str
    started_at: datetime
    result: OwnResult | None


def list_own_attempts(session: Session, actor: Actor) -> list[OwnAttempt]:
    """Return the actor's attempts, the latest sitting first."""
    bookings = list_candidate_bookings(session, actor.id)
    attempts = find_attempts_of_bookings(session, [booking.id for booking in bookings])
    return [
        get_own_attempt(session, actor, attempts[booking.id].id)
        for booking in bookings
        if booking.id in attempts
    ]


def get_own_attempt(session: Session, actor: Actor, attempt_id: str) -> OwnAttempt:
    """Return one of the actor's own attempts. Raises `NotFound`, also for anybody else's."""
    attempt = find_state(session, attempt_id, actor.id)
    if attempt is None:
        raise NotFound(_("There is no such attempt."))
    sitting = get_sitting(session, attempt.sitting_id)
    released = find_released_result(session, attempt_id)
    result = None
    if released is not None:
        result = _own_result(session, sitting, attempt.started_at, released)
    return OwnAttempt(attempt_id, sitting.title, attempt.started_at, result)


def _own_result(
    session: Session, sitting: SittingView, started_at: datetime, released: ResultView
) -> OwnResult:
    if released.released_at is None:
        raise ValueError("a result is shown to a candidate only after its release")
    form = get_form(session, sitting.form_id)
    framework = framework_of(session, list_form_items(session, sitting.form_id))
    total, cut_score = tell_apart(released.total, released.cut_score)
    return OwnResult(
        sitting_title=sitting.title,
        started_at=started_at,
        released_at=released.released_at,
        candidate_number=released.candidate_number,
        has_passed=released.outcome is Outcome.PASS,
        total=total,
        cut_score=cut_score,
        max_mark=released.max_mark,
        cut_share=released.cut_score / released.max_mark,
        themes=tuple(_theme_lines(framework, released)),
        kind=form.kind,
        framework_title=framework.title,
    )


def _theme_lines(framework: Framework, released: ResultView) -> list[ThemeLine]:
    return [
        ThemeLine(
            code=score.theme,
            title=framework.theme_of(score.theme).title,
            summary=framework.theme_of(score.theme).summary,
            mark=score.mark,
            max_mark=score.max_mark,
            items=score.items,
        )
        for score in released.themes
    ]
