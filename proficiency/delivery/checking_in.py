"""The door of an exam that is watched over: arriving, showing a document, being let in or not.

Each verb appends to the chain of the booking, so that a whole room can arrive in one moment.
Nobody is let in whose identity no person has checked; what was checked is kept as a type only.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append, find_words
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, Refused
from proficiency.core.text import _, clean_text
from proficiency.delivery.admission import (
    DECIDES_IDENTITY,
    Admission,
    CheckInKind,
    CheckMeans,
    DocumentType,
    PictureKind,
    after,
    can_follow,
)
from proficiency.delivery.identity_pictures import erase_pictures
from proficiency.delivery.models import CheckInEvent
from proficiency.delivery.queries import find_attempt_id
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import (
    BookingView,
    SittingView,
    get_booking,
    get_own_booking,
    get_sitting,
)
from proficiency.sittings.rules import SittingPhase
from proficiency.sittings.times import start_phase

EARLIEST = timedelta(hours=1)
"""How long before the opening candidates may arrive, so that documents are looked at by then."""

LONGEST_REACH = 500

START_WITHIN = timedelta(minutes=10)
"""How long somebody who was let in after the last start may take to begin."""


@dataclass(frozen=True)
class AtTheDoor:
    """Where a candidate stands at the door. `arrived_at` is the first arrival of this waiting."""

    admission: Admission = Admission.ABSENT
    arrived_at: datetime | None = None
    identity_at: datetime | None = None  # when somebody decided, checked or not
    admitted_at: datetime | None = None
    asked_other_way: bool = False
    is_checked: bool = False

    def phase(self, phase: SittingPhase, now: datetime) -> SittingPhase:
        """Return the sitting's phase as it is for this candidate at `now`."""
        if phase is not SittingPhase.RUNNING or self.admission is not Admission.ADMITTED:
            return phase
        has_time = self.admitted_at is not None and now <= self.admitted_at + START_WITHIN
        return SittingPhase.OPEN if has_time else phase


def find_at_the_door(session: Session, booking_id: str) -> AtTheDoor:
    """Return where a candidate stands at the door."""
    return find_all_at_the_door(session, [booking_id]).get(booking_id, AtTheDoor())


def find_all_at_the_door(session: Session, booking_ids: Collection[str]) -> dict[str, AtTheDoor]:
    """Return where each of these candidates stands who has arrived."""
    rows = session.execute(
        sa.select(
            CheckInEvent.booking_id, CheckInEvent.kind, CheckInEvent.admission, CheckInEvent.at
        )
        .where(CheckInEvent.aggregate_id.in_(booking_ids))
        .order_by(CheckInEvent.pos)
    )
    found: dict[str, AtTheDoor] = {}
    for row in rows:
        before = found.get(row.booking_id, AtTheDoor())
        found[row.booking_id] = _after(before, row)
    return found


def _after(before: AtTheDoor, row: Any) -> AtTheDoor:
    kind, now = CheckInKind(row.kind), replace(before, admission=Admission(row.admission))
    if kind is CheckInKind.ARRIVED:
        return replace(now, arrived_at=row.at)
    if kind is CheckInKind.OTHER_WAY_ASKED:
        return replace(now, asked_other_way=True)
    if kind is CheckInKind.ADMITTED:
        return replace(now, admitted_at=row.at)
    if kind in DECIDES_IDENTITY:
        return replace(now, identity_at=row.at, is_checked=kind is CheckInKind.IDENTITY_CHECKED)
    return now


def find_turning_away(session: Session, booking_id: str) -> str | None:
    """Return why a candidate was turned away last, in the invigilator's words."""
    return _last_words(session, booking_id, CheckInKind.TURNED_AWAY)


def find_words_of_other_way(session: Session, booking_id: str) -> str | None:
    """Return how a candidate said last that they can be reached, in their words."""
    return _last_words(session, booking_id, CheckInKind.OTHER_WAY_ASKED)


def _last_words(session: Session, booking_id: str, kind: CheckInKind) -> str | None:
    event_id = session.scalar(
        sa.select(CheckInEvent.id)
        .where(CheckInEvent.aggregate_id == booking_id, CheckInEvent.kind == kind)
        .order_by(CheckInEvent.pos.desc())
        .limit(1)
    )
    return None if event_id is None else find_words(session, event_id)


def can_arrive(sitting: SittingView, phase: SittingPhase, now: datetime) -> bool:
    """Whether somebody may say now that they are here."""
    if phase is SittingPhase.SCHEDULED:
        return now >= sitting.opens_at - EARLIEST
    return phase is SittingPhase.OPEN


def is_watched(session: Session, sitting_id: str) -> bool:
    """Whether the scheme of a sitting asks for an invigilator."""
    form = get_form(session, get_sitting(session, sitting_id).form_id)
    return bool(form.settings.invigilated)


def refuse_uninvited(
    session: Session, booking_id: str, phase: SittingPhase, now: datetime
) -> SittingPhase:
    """Raise `Refused` for whom nobody has let in; return the phase as it is for this candidate.

    Who came in time and was let in only after the last start may start for a little longer: the
    wait was ours.
    """
    door = find_at_the_door(session, booking_id)
    if door.admission is not Admission.ADMITTED:
        raise Refused(_("Your invigilator has not let you in yet. Wait on this page."))
    return door.phase(phase, now)


@operation()
def arrive(
    session: Session, actor: Actor, now: datetime, *, booking_id: str
) -> CheckInEvent | None:
    """Say that the candidate is here and waits to be let in; None when the room knows already.

    Raises `NotFound` for somebody else's booking and `Refused` when it is not the time.
    """
    lock(session, booking_id)
    booking = get_own_booking(session, booking_id, actor.id)
    door = find_at_the_door(session, booking_id)
    if not can_follow(door.admission, CheckInKind.ARRIVED):
        return None
    _refuse_untimely(session, booking, now)
    return _append(session, actor, now, booking, door, CheckInKind.ARRIVED)


def _refuse_untimely(session: Session, booking: BookingView, now: datetime) -> None:
    sitting = get_sitting(session, booking.sitting_id)
    phase = start_phase(session, booking, now)
    if not booking.is_booked or phase is SittingPhase.CANCELLED:
        raise Refused(_("This booking no longer stands. Ask the exam office what to do."))
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last time to start has passed. Ask the exam office what to do."))
    if not can_arrive(sitting, phase, now):
        raise Refused(_("It is too early. Come back in the hour before the exam opens."))


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def check_identity(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    document: DocumentType,
    means: CheckMeans,
) -> CheckInEvent:
    """Record that the actor compared the candidate with a document.

    Raises `Refused` before they arrived or for one's own exam, and `NotFound`.
    """
    booking, door = _lock_place(session, actor, booking_id)
    event = _append(
        session, actor, now, booking, door, CheckInKind.IDENTITY_CHECKED,
        document=document.value, means=means.value,
    )  # fmt: skip
    erase_pictures(session, actor, now, booking_id, [PictureKind.DOCUMENT], "decided")
    return event


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def leave_unchecked(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, reason: str
) -> CheckInEvent:
    """Record that nobody could find out who it is, and why; letting them in is then a decision.

    Raises `Invalid` without a reason, and as `check_identity` does.
    """
    reason = _read_reason(reason)
    booking, door = _lock_place(session, actor, booking_id)
    event = _append(session, actor, now, booking, door, CheckInKind.NOT_CHECKED, reason=reason)
    erase_pictures(session, actor, now, booking_id, [PictureKind.DOCUMENT], "decided")
    return event


@operation()
def ask_other_way(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, reach: str
) -> CheckInEvent:
    """Ask to be checked without a camera; pictures that were sent before are erased at once.

    `reach` is how the invigilator can reach the candidate. Raises `NotFound` for somebody else's
    booking, `Refused` for whom does not wait at the door, and `Invalid` for too many words.
    """
    lock(session, booking_id)
    booking = get_own_booking(session, booking_id, actor.id)
    reach = clean_text(reach).strip()
    if len(reach) > LONGEST_REACH:
        raise Invalid(_("Write up to 500 characters."))
    door = find_at_the_door(session, booking_id)
    event = _append(
        session, actor, now, booking, door, CheckInKind.OTHER_WAY_ASKED, reason=reach or None
    )
    erase_pictures(session, actor, now, booking_id, list(PictureKind), "asked_other_way")
    return event


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def admit(session: Session, actor: Actor, now: datetime, *, booking_id: str) -> CheckInEvent | None:
    """Let a candidate start; None when they may already.

    Raises `Refused` when they have not arrived, or nobody has checked who they are.
    """
    booking, door = _lock_place(session, actor, booking_id)
    if door.admission is Admission.ADMITTED:
        return None
    if door.identity_at is None:
        raise Refused(
            _("Check the identity first: say which document you have seen, or why you can’t.")
        )
    return _append(session, actor, now, booking, door, CheckInKind.ADMITTED)


@operation(Role.INVIGILATOR, Role.EXAM_OFFICER)
def turn_away(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, reason: str
) -> CheckInEvent:
    """Do not let a candidate start, with a reason that they read.

    Raises `Invalid` without a reason, and `Refused` once they have started or before they arrived.
    """
    reason = _read_reason(reason)
    booking, door = _lock_place(session, actor, booking_id)
    event = _append(session, actor, now, booking, door, CheckInKind.TURNED_AWAY, reason=reason)
    erase_pictures(session, actor, now, booking_id, [PictureKind.DOCUMENT], "decided")
    return event


def _read_reason(text: str) -> str:
    reason = clean_text(text).strip()
    if not reason:
        raise Invalid(_("Write a reason. The candidate can read it, and it stays in the record."))
    return reason


def _lock_place(session: Session, actor: Actor, booking_id: str) -> tuple[BookingView, AtTheDoor]:
    lock(session, booking_id)
    booking = get_booking(session, booking_id)
    if booking.candidate_id == actor.id:
        raise Refused(_("You can’t watch over your own exam."))
    return booking, find_at_the_door(session, booking_id)


def _append(
    session: Session,
    actor: Actor,
    now: datetime,
    booking: BookingView,
    door: AtTheDoor,
    kind: CheckInKind,
    *,
    document: str | None = None,
    means: str | None = None,
    reason: str | None = None,
) -> CheckInEvent:
    if not can_follow(door.admission, kind):
        raise Refused(_REFUSALS[door.admission])
    if kind is CheckInKind.TURNED_AWAY and _has_started(session, booking.id):
        raise Refused(_("They have started already. Stop their clock or end their exam instead."))
    event = CheckInEvent(
        aggregate_id=booking.id,
        at=now,
        actor_id=actor.id,
        booking_id=booking.id,
        sitting_id=booking.sitting_id,
        kind=kind,
        admission=after(door.admission, kind),
        document=document,
        means=means,
    )
    return append(session, event, text=reason)


_REFUSALS = {
    Admission.ABSENT: _("They have not arrived yet."),
    Admission.WAITING: _("They are waiting already."),
    Admission.ADMITTED: _("They have been let in already."),
    Admission.TURNED_AWAY: _("They were turned away, and must arrive again first."),
}


def _has_started(session: Session, booking_id: str) -> bool:
    return find_attempt_id(session, booking_id) is not None
