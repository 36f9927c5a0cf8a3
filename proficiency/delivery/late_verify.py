"""Whether late answers count exactly where people decided so: for `proficiency verify`."""

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from proficiency.core.chain import Payload
from proficiency.delivery.late_reading import LATE
from proficiency.delivery.late_rules import VERDICTS, Ground, Standing, Verdict, standing_of
from proficiency.delivery.models import Attempt, AttemptEvent, LateDecision
from proficiency.delivery.rules import EventKind


def check_late_work(session: Session) -> Iterator[str]:
    """Yield a sentence for each late answer that counts, or doesn't, against what was decided."""
    counting = set()
    for event_id, decisions in groupby(_decisions(session), key=lambda row: row.event_id):
        given = list(decisions)
        problem = _problem_of_decisions(session, given)
        if problem is not None:
            yield f"late answer {event_id}: {problem}"
        elif standing_of([Verdict(row.verdict) for row in given]) is Standing.COUNTS:
            counting.add(event_id)
    accepted = set()
    for row in _accepted(session):
        accepted.add(row.refers_to)
        if not row.is_repeated:
            yield f"accepted answer {row.id}: it is not what came late"
    for event_id in sorted(accepted - counting):
        yield f"late answer {event_id}: it counts, and nobody decided so"
    for event_id in sorted(counting - accepted):
        yield f"late answer {event_id}: people decided that it counts, and it doesn't"


def _decisions(session: Session) -> list[LateDecision]:
    ordered = sa.select(LateDecision).order_by(LateDecision.event_id, LateDecision.place)
    return list(session.scalars(ordered))


def _problem_of_decisions(session: Session, given: list[LateDecision]) -> str | None:
    event = session.get_one(AttemptEvent, given[0].event_id)
    attempt = session.get_one(Attempt, event.aggregate_id)
    if event.kind not in LATE:
        return "people decided about an answer that did not come late"
    if [row.place for row in given] != list(range(1, len(given) + 1)):
        return "a verdict is missing"
    if any(row.actor_id == attempt.actor_id for row in given):
        return "the candidate decided about it"
    if any(VERDICTS[Ground(row.ground)] != row.verdict for row in given):
        return "a verdict doesn't follow from its ground"
    if len(given) == 3 and given[0].verdict == given[1].verdict:
        return "it was decided about again after it was decided"
    return None


def _accepted(session: Session) -> list[sa.Row[tuple[str, str | None, bool]]]:
    """Accepted answers, and whether each repeats a late one of its attempt and question.

    Words that were erased are not compared: their commitments still prove each chain.
    """
    late, mine, theirs = aliased(AttemptEvent), aliased(Payload), aliased(Payload)
    is_repeated = sa.and_(
        late.kind.in_(sorted(LATE)),
        late.aggregate_id == AttemptEvent.aggregate_id,
        late.item_id == AttemptEvent.item_id,
        late.pos < AttemptEvent.pos,
        sa.func.coalesce(mine.text == theirs.text, sa.true()),
    )
    statement = (
        sa.select(AttemptEvent.id, AttemptEvent.refers_to, is_repeated.label("is_repeated"))
        .join(late, late.id == AttemptEvent.refers_to)
        .outerjoin(mine, mine.id == AttemptEvent.id)
        .outerjoin(theirs, theirs.id == late.id)
        .where(AttemptEvent.kind == EventKind.ANSWER_ACCEPTED)
    )
    return list(session.execute(statement))
