"""Reading results and their release. Before release only the board and officers see any of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import get_attempt_state, list_attempts
from proficiency.results.comparing import Claim
from proficiency.results.models import ReleaseEvent, Result
from proficiency.results.rules import (
    Capacity,
    ReleaseFact,
    ReleaseKind,
    Run,
    ThemeScore,
    digest_of,
    read_runs,
)
from proficiency.sittings.settings import settings_of
from proficiency.standard_setting.rules import Outcome


@dataclass(frozen=True)
class ResultView:
    """The result of one attempt. Marks are exact; `released_at` is None before release."""

    id: str
    attempt_id: str
    sitting_id: str
    candidate_number: str
    run_id: str
    outcome: Outcome
    total: Fraction
    max_mark: Fraction
    cut_score: Fraction
    cut_score_event_id: str
    themes: tuple[ThemeScore, ...]
    computed_at: datetime
    released_at: datetime | None
    hash: str


@dataclass(frozen=True)
class RunView:
    """A run and the sitting that it is of."""

    sitting_id: str
    run: Run


# Runs


def list_runs(session: Session, sitting_id: str) -> tuple[Run, ...]:
    """Return the runs of a sitting, oldest first; the last is the one that counts."""
    rows = session.scalars(
        sa.select(ReleaseEvent)
        .where(ReleaseEvent.aggregate_id == sitting_id)
        .order_by(ReleaseEvent.pos)
    )
    return read_runs(release_fact(row) for row in rows)


def release_fact(row: ReleaseEvent) -> ReleaseFact:
    """Return a stored event as the rules read it."""
    return ReleaseFact(
        kind=ReleaseKind(row.kind),
        run_id=row.run_id,
        actor_id=row.actor_id,
        at=row.at,
        digest=row.digest,
        capacity=Capacity(row.capacity) if row.capacity else None,
    )


def get_run(session: Session, run_id: str) -> RunView:
    """Return one run. Raises `NotFound`."""
    sitting_id = session.scalar(
        sa.select(ReleaseEvent.sitting_id).where(
            ReleaseEvent.run_id == run_id, ReleaseEvent.kind == ReleaseKind.COMPUTED
        )
    )
    if sitting_id is None:
        raise NotFound(_("There are no such results."))
    runs = list_runs(session, sitting_id)
    return RunView(sitting_id, next(run for run in runs if run.id == run_id))


def find_newest_run(session: Session, sitting_id: str) -> Run | None:
    """Return the run that counts for a sitting, or None before any was computed."""
    runs = list_runs(session, sitting_id)
    return runs[-1] if runs else None


def release_quorum(session: Session, sitting_id: str) -> int:
    """Return how many different people the sitting's scheme wants to approve its results."""
    return settings_of(session, sitting_id).release_quorum


@dataclass(frozen=True)
class ReleaseView:
    """One act on the way to release."""

    id: str
    kind: ReleaseKind
    actor_id: str
    at: datetime
    capacity: Capacity | None


def list_release_events(session: Session, run_id: str) -> list[ReleaseView]:
    """Return what happened to a run, in order."""
    rows = session.scalars(
        sa.select(ReleaseEvent).where(ReleaseEvent.run_id == run_id).order_by(ReleaseEvent.pos)
    )
    return [
        ReleaseView(
            row.id,
            ReleaseKind(row.kind),
            row.actor_id,
            row.at,
            Capacity(row.capacity) if row.capacity else None,
        )
        for row in rows
    ]


# Results


def results_of_run(session: Session, run_id: str) -> Sequence[Result]:
    """Return the stored results of a run, by attempt."""
    query = sa.select(Result).where(Result.run_id == run_id).order_by(Result.attempt_id)
    return session.scalars(query).all()


def run_digest(rows: Iterable[Result]) -> str:
    """Return the hash over all results of a run: an approval names it."""
    return digest_of(
        part
        for row in sorted(rows, key=lambda row: row.attempt_id)
        for part in (row.attempt_id, row.hash)
    )


def read_themes(stored: str) -> tuple[ThemeScore, ...]:
    """Return the themes that a result stores."""
    return tuple(
        ThemeScore(each["theme"], Fraction(each["mark"]), Fraction(each["max"]), each["items"])
        for each in json.loads(stored)
    )


def claim_of(row: Result) -> Claim:
    """Return a stored result as it is held against a recomputation."""
    return Claim(
        attempt_id=row.attempt_id,
        total=row.total,
        max_mark=Fraction(row.max_num, row.max_den),
        cut_score=Fraction(row.cut_num, row.cut_den),
        passes=row.outcome == Outcome.PASS,
        themes=read_themes(row.themes),
        evidence_digest=row.evidence_digest,
    )


def _view(row: Result, candidate_number: str, released_at: datetime | None) -> ResultView:
    return ResultView(
        id=row.id,
        attempt_id=row.attempt_id,
        sitting_id=row.sitting_id,
        candidate_number=candidate_number,
        run_id=row.run_id,
        outcome=Outcome(row.outcome),
        total=row.total,
        max_mark=Fraction(row.max_num, row.max_den),
        cut_score=Fraction(row.cut_num, row.cut_den),
        cut_score_event_id=row.cut_score_event_id,
        themes=read_themes(row.themes),
        computed_at=row.at,
        released_at=released_at,
        hash=row.hash,
    )


def list_results(session: Session, sitting_id: str) -> list[ResultView]:
    """Return the results of a sitting's newest run, by candidate number; empty before any.

    For board and officers only: it also returns what is not released.
    """
    run = find_newest_run(session, sitting_id)
    if run is None:
        return []
    numbers = {each.id: each.candidate_number for each in list_attempts(session, sitting_id)}
    views = [
        _view(row, numbers[row.attempt_id], run.released_at)
        for row in results_of_run(session, run.id)
    ]
    return sorted(views, key=lambda view: view.candidate_number)


def find_result(session: Session, attempt_id: str) -> ResultView | None:
    """Return the newest result of an attempt, released or not, or None.

    A run computes every attempt of its sitting, so the newest row is of the newest run.
    """
    row = session.scalar(
        sa.select(Result)
        .where(Result.aggregate_id == attempt_id)
        .order_by(Result.pos.desc())
        .limit(1)
    )
    if row is None:
        return None
    run = get_run(session, row.run_id).run
    number = get_attempt_state(session, attempt_id).candidate_number
    return _view(row, number, run.released_at)


def find_released_result(session: Session, attempt_id: str) -> ResultView | None:
    """Return the released result of an attempt, or None before its release."""
    view = find_result(session, attempt_id)
    return view if view is not None and view.released_at is not None else None
