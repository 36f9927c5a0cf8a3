"""Which responses wait for a person, by what they have had and who else has them.

Keeps the rule that nobody marks a response twice, no response has more than two assessors, and the
third person who settles it is a third; and that nobody is given the work of a candidate whom they
are connected with.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.marking.connections import closed_attempts
from proficiency.marking.models import Allocation, Response
from proficiency.marking.queries import has_machine_mark, standings
from proficiency.marking.rules import ASSESSORS_PER_RESPONSE, Discrepant, Duty

Closed = Collection[str] | None
"""The attempts that are closed to the person; None has them looked up."""


def find_held(
    session: Session,
    person_id: str,
    sitting_id: str,
    duty: Duty,
    form_item_id: str | None = None,
    closed: Closed = None,
) -> Allocation | None:
    """Return the response that a person has drawn and not finished, the oldest first, or None.

    One that was closed to them since is no longer theirs.
    """
    if closed is None:
        closed = closed_attempts(session, person_id, sitting_id)
    query = (
        sa.select(Allocation)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.sitting_id == sitting_id,
            Allocation.assessor_id == person_id,
            Allocation.duty == duty,
            Allocation.done_at.is_(None),
            Allocation.returned_at.is_(None),
            Response.attempt_id.not_in(closed),
        )
        .order_by(Allocation.drawn_at, Allocation.id)
        .limit(1)
    )
    if form_item_id is not None:
        query = query.where(Response.form_item_id == form_item_id)
    return session.scalar(query)


def waiting_for(
    session: Session, person_id: str, sitting_id: str, form_item_id: str, closed: Closed = None
) -> Sequence[str]:
    """Return the codes of the responses to one item that a person may draw now, sorted.

    They are for people to mark, have a free place among their two assessors, and this person has
    never had them and is not connected with who wrote them.
    """
    if closed is None:
        closed = closed_attempts(session, person_id, sitting_id)
    taken = (
        sa.select(sa.func.count())
        .select_from(Allocation)
        .where(
            Allocation.response_id == Response.id,
            Allocation.duty == Duty.ASSESSOR,
            Allocation.returned_at.is_(None),
        )
        .scalar_subquery()
    )
    own = sa.exists().where(
        Allocation.response_id == Response.id, Allocation.assessor_id == person_id
    )
    return session.scalars(
        sa.select(Response.id)
        .where(
            Response.sitting_id == sitting_id,
            Response.form_item_id == form_item_id,
            taken < ASSESSORS_PER_RESPONSE,
            ~own,
            ~has_machine_mark(),
            Response.attempt_id.not_in(closed),
        )
        .order_by(Response.id)
    ).all()


def waiting_adjudications(session: Session, person_id: str, sitting_id: str) -> list[str]:
    """Return the codes of the discrepant responses that a person may settle now, sorted."""
    discrepant = {
        response_id
        for response_id, standing in standings(session, sitting_id, by_people=True).items()
        if isinstance(standing, Discrepant)
    }
    return sorted(discrepant - _taken_or_had(session, person_id, sitting_id))


def _taken_or_had(session: Session, person_id: str, sitting_id: str) -> set[str]:
    """Responses that an adjudicator holds, that this person has ever had in whatever duty, or that
    are not for them.
    """
    query = (
        sa.select(Allocation.response_id)
        .join(Response, Response.id == Allocation.response_id)
        .where(
            Response.sitting_id == sitting_id,
            sa.or_(
                Allocation.assessor_id == person_id,
                sa.and_(Allocation.duty == Duty.ADJUDICATOR, Allocation.returned_at.is_(None)),
            ),
        )
    )
    closed = sa.select(Response.id).where(
        Response.attempt_id.in_(closed_attempts(session, person_id, sitting_id))
    )
    return {*session.scalars(query), *session.scalars(closed)}
