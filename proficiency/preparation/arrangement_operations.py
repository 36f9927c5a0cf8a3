"""Asking for access arrangements, and deciding: each request once, by an officer, with a reason."""

import base64
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.preparation.arrangements import get_request
from proficiency.preparation.detail_operations import own_place
from proficiency.preparation.models import (
    ArrangementDecision,
    ArrangementLetter,
    ArrangementRequest,
)
from proficiency.preparation.news import REQUEST_DECIDED
from proficiency.preparation.place import get_place
from proficiency.preparation.rules import Adjustment, Asked, Decision
from proficiency.scenarios.files import PDF, PICTURES, FileFacts, examine
from proficiency.sittings.news import tell_candidate
from proficiency.sittings.operations import MOST_MINUTES, MOST_PERCENT, record_arrangement

MOST_LETTERS = 3


@operation(Role.CANDIDATE)
def request_arrangement(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    asked: Asked,
    letters: Mapping[str, bytes],
) -> ArrangementRequest:
    """Ask for an adjustment, with letters or reports by the name of their file.

    A newer request takes the place of one that nobody has decided yet. Raises `NotFound` for
    somebody else's booking, `Invalid` for nothing asked, no words or a file that can't be taken,
    and `Refused` when the booking no longer stands.
    """
    lock(session, booking_id)
    place = own_place(session, actor, booking_id)
    if not place.stands(now) or place.is_practice:
        raise Refused(_("This booking no longer stands, so there is nothing to ask for."))
    _refuse_empty(asked)
    checked = [(examine_letter(name, data), data) for name, data in letters.items()]
    if len(checked) > MOST_LETTERS:
        raise Invalid(_("Send up to {most} files.").format(most=MOST_LETTERS))
    row = ArrangementRequest(
        aggregate_id=booking_id, at=now, actor_id=actor.id, booking_id=booking_id
    )
    append(session, row, text=Asked(asked.adjustment, clean_text(asked.words).strip()).to_text())
    for facts, data in checked:
        letter = ArrangementLetter(
            aggregate_id=booking_id,
            at=now,
            actor_id=actor.id,
            booking_id=booking_id,
            request_id=row.id,
            media_type=facts.media_type,
            size=facts.size,
        )
        append(session, letter, text=base64.b64encode(data).decode("ascii"))
    return row


def _refuse_empty(asked: Asked) -> None:
    if asked.adjustment.is_nothing:
        raise Invalid(_("Say what you ask for: time, breaks, or something from the list."))
    if not asked.words.strip():
        raise Invalid(_("Write in a few words why you need it."))
    _refuse_out_of_range(asked.adjustment)


def _refuse_out_of_range(wanted: Adjustment) -> None:
    minutes = (wanted.extra_minutes, wanted.rest_minutes)
    if not 0 <= wanted.extra_percent <= MOST_PERCENT or not all(
        0 <= each <= MOST_MINUTES for each in minutes
    ):
        raise Invalid(_("Write 0 to 300 percent and 0 to 1440 minutes."))


def examine_letter(name: str, data: bytes) -> FileFacts:
    """Return what a sent file is, by its content. Raises `Invalid` unless a PDF or a picture."""
    ending = name.rpartition(".")[2].casefold()[:8]
    facts = examine(f"letter.{ending}", data)  # what somebody calls a letter decides nothing
    if not facts.faults and facts.media_type not in {PDF, *PICTURES}:
        raise Invalid(_("Send a PDF or a picture of the letter (PNG, JPEG or WebP)."))
    if facts.faults:
        raise Invalid(_("This file can’t be taken: {why}.").format(why="; ".join(facts.faults)))
    return facts


@operation(Role.EXAM_OFFICER)
def decide_request(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    request_id: str,
    decision: Decision,
    adjustment: Adjustment | None,
    reason: str,
) -> ArrangementDecision:
    """Decide a request: as it was asked, differently (`adjustment` says how), or not.

    What is granted is recorded as the arrangement of the booking and replaces the one before.
    Raises `NotFound`, `Forbidden` for one's own request, `Invalid` without a reason or for a
    different grant that is none, and `Refused` when it is decided or comes too late.
    """
    request = get_request(session, request_id)
    place = get_place(session, request.booking_id)
    lock(session, place.sitting.id)
    lock(session, request.booking_id)
    if place.booking.candidate_id == actor.id:
        raise Forbidden(_("Nobody decides their own request."))
    if session.scalar(
        sa.select(ArrangementDecision.id).where(ArrangementDecision.request_id == request_id)
    ):
        raise Refused(_("This request is decided already."))
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write the reason. The candidate reads it."))
    arrangement_id = None
    if decision is not Decision.REFUSED:
        granted = _granted(request.asked, decision, adjustment)
        arrangement_id = _arrange(session, actor, now, request.booking_id, granted, reason)
    else:
        tell_candidate(session, now, REQUEST_DECIDED, request.booking_id, request_id)
    row = ArrangementDecision(
        aggregate_id=request.booking_id,
        at=now,
        actor_id=actor.id,
        booking_id=request.booking_id,
        request_id=request_id,
        decision=decision,
        arrangement_id=arrangement_id,
    )
    return append(session, row, text=reason)


def _granted(asked: Asked | None, decision: Decision, other: Adjustment | None) -> Adjustment:
    if decision is Decision.GRANTED:
        if asked is None:
            raise Refused(_("What was asked has been erased. Say what is granted instead."))
        return asked.adjustment
    if other is None or other.is_nothing:
        raise Invalid(_("Say what is granted: time, breaks, or something from the list."))
    _refuse_out_of_range(other)
    return other


def _arrange(
    session: Session,
    actor: Actor,
    now: datetime,
    booking_id: str,
    granted: Adjustment,
    reason: str,
) -> str:
    made = record_arrangement(
        session,
        actor,
        now,
        booking_id=booking_id,
        extra_percent=granted.extra_percent,
        extra_minutes=granted.extra_minutes,
        rest_minutes=granted.rest_minutes,
        measures=granted.measures,
        reason=reason,
    )
    return made.id
