"""How a judgement becomes a row of evidence, and how a person's own mark is found again."""

import json
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.chain import append
from proficiency.core.text import canonical_json
from proficiency.exams.queries import FormItemView
from proficiency.marking.judging import Judged, Ticked
from proficiency.marking.models import Mark
from proficiency.marking.rules import MarkKind


def build_mark(
    actor: Actor,
    now: datetime,
    response_id: str,
    item: FormItemView,
    kind: MarkKind,
    judged: Judged,
    before: Mark | None = None,
) -> Mark:
    """Return the row for a judgement, not yet in its chain. `before` is what it corrects."""
    judgement = judged.judgement
    return Mark(
        aggregate_id=response_id,
        at=now,
        actor_id=actor.id,
        response_id=response_id,
        kind=kind,
        mark_num=judgement.mark.numerator,
        mark_den=judgement.mark.denominator,
        max_num=item.max_mark.numerator,
        max_den=item.max_mark.denominator,
        levels=canonical_json(dict(judgement.levels)),
        traps=_traps_json(judged),
        indicators=canonical_json(sorted(judged.indicators)),
        is_critical=bool(judgement.critical_traps),
        supersedes_id=before.id if before else None,
    )


def append_mark(session: Session, mark: Mark, words: str) -> Mark:
    """Add a mark to the chain of its response, with the person's words if there are any."""
    return append(session, mark, text=words or None)


def repeats(mark: Mark, ticked: Ticked) -> bool:
    """Whether `ticked` says again exactly what `mark` says."""
    traps = json.loads(mark.traps)
    return (
        json.loads(mark.levels) == ticked.levels
        and ticked.traps == {*traps["critical"], *traps["other"]}
        and ticked.indicators == set(json.loads(mark.indicators))
    )


def _traps_json(judged: Judged) -> str:
    critical, other = judged.judgement.critical_traps, judged.other_traps
    return canonical_json({"critical": sorted(critical), "other": sorted(other)})


def find_own_mark(
    session: Session, person_id: str, response_id: str, kind: MarkKind
) -> Mark | None:
    """Return a person's newest mark of a kind for a response, or None."""
    return _newest(
        session, Mark.aggregate_id == response_id, Mark.actor_id == person_id, Mark.kind == kind
    )


def find_moderated_mark(session: Session, response_id: str) -> Mark | None:
    """Return the newest mark that moderation gave a response, whoever gave it, or None."""
    return _newest(session, Mark.aggregate_id == response_id, Mark.kind == MarkKind.MODERATOR)


def _newest(session: Session, *conditions: sa.ColumnElement[bool]) -> Mark | None:
    return session.scalar(sa.select(Mark).where(*conditions).order_by(Mark.pos.desc()).limit(1))
