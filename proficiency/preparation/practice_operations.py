"""Choosing the practice form, and practising on it."""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.preparation.models import PracticeChoice
from proficiency.preparation.practice import find_practice_form
from proficiency.sittings.practice import refuse_unfit
from proficiency.sittings.practice_operations import open_practice

CHAIN = "practice"


@operation(Role.EXAM_OFFICER)
def choose_practice_form(
    session: Session, actor: Actor, now: datetime, *, form_id: str
) -> PracticeChoice:
    """Let candidates practise on this form from now on. Raises as `refuse_unfit` does."""
    refuse_unfit(session, form_id)
    row = PracticeChoice(aggregate_id=CHAIN, at=now, actor_id=actor.id, form_id=form_id)
    return append(session, row)


@operation(Role.CANDIDATE)
def start_practice(session: Session, actor: Actor, now: datetime) -> str:
    """Open a fresh place to practise and return its booking. Raises as `open_practice` does."""
    form_id = find_practice_form(session)
    if form_id is None:
        raise Refused(_("There is no practice exam yet. Ask the exam office."))
    return open_practice(session, actor, now, form_id=form_id)
