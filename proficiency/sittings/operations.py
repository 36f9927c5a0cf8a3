"""Scheduling sittings, booking candidates and arranging extra time.

What a constraint can't hold is checked after locking the sitting: that it still takes bookings, and
that nobody sits a case that they have seen.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.authoring.release import refusals_for_live_use
from proficiency.core.access import Actor, operation
from proficiency.core.audit import record
from proficiency.core.chain import append
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.exams.queries import get_form, list_form_cases
from proficiency.exams.rules import SchemeKind
from proficiency.sittings.begun import has_begun
from proficiency.sittings.models import AccessArrangement, Booking, Sitting
from proficiency.sittings.news import (
    BOOKING_CANCELLED,
    BOOKING_CHANGED,
    BOOKING_MADE,
    tell_booked,
    tell_candidate,
)
from proficiency.sittings.numbers import draw_number
from proficiency.sittings.queries import find_refusals, get_booking, get_sitting
from proficiency.sittings.rules import (
    BookingState,
    Measure,
    SittingPhase,
    is_safe_address,
    sitting_phase,
    time_problem,
)

LONGEST_TITLE = 200
MOST_PERCENT = 300
MOST_MINUTES = 1440


@operation(Role.EXAM_OFFICER)
def schedule_sitting(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    form_id: str,
    title: str,
    opens_at: datetime,
    last_start_at: datetime,
    address: str | None = None,
) -> Sitting:
    """Schedule a sitting of a form; candidates may start from `opens_at` to `last_start_at`.

    `address` is where candidates will reach it. Raises `Invalid` for a title or times that can't
    be, and `Refused` for a live exam at an address that is neither HTTPS nor this machine, or with
    a case that is not live any more.
    """
    title = clean_text(title).strip()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(_("Write a title of up to 200 characters."))
    problem = time_problem(opens_at, last_start_at, now)
    if problem is not None:
        raise Invalid(problem)
    form = get_form(session, form_id)
    if form.kind is SchemeKind.LIVE and address is not None and not is_safe_address(address):
        raise Refused(
            _(
                "A live exam needs an address that begins with https://, and this one doesn’t. "
                "Ask your operator to set PROFICIENCY_ADDRESS."
            )
        )
    if form.kind is SchemeKind.LIVE:
        _refuse_dead_cases(session, form_id)
    sitting = Sitting(
        id=new_id(),
        title=title,
        form_id=form.id,
        opens_at=opens_at,
        last_start_at=last_start_at,
        created_at=now,
    )
    session.add(sitting)
    session.flush()
    record(
        session, actor, now, "sitting_scheduled", "sitting", sitting.id,
        details={"form_id": form.id},
    )  # fmt: skip
    return sitting


def _refuse_dead_cases(session: Session, form_id: str) -> None:
    """Refuse a form of which a case leaked or was retired since it was made."""
    version_ids = [case.case_version_id for case in list_form_cases(session, form_id)]
    problems = refusals_for_live_use(session, version_ids)
    if problems:
        words = _("This form can’t be sat any more. {problems} Then make a new form.")
        raise Refused(words.format(problems=" ".join(problems)))


@operation(Role.EXAM_OFFICER)
def cancel_sitting(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, reason: str
) -> None:
    """Call a sitting off before it opens; its bookings stay as they are, as a record.

    Raises `Refused` once it has opened, and `Invalid` without a reason.
    """
    reason = _read_reason(reason)
    sitting, phase = _lock_sitting(session, now, sitting_id)
    if phase is SittingPhase.CANCELLED:
        raise Refused(_("This sitting is cancelled already."))
    if phase is not SittingPhase.SCHEDULED:
        raise Refused(_("This sitting has opened: somebody may be writing. It can’t be cancelled."))
    sitting.cancelled_at = now
    done = record(session, actor, now, "sitting_cancelled", "sitting", sitting.id, reason=reason)
    tell_booked(session, now, BOOKING_CANCELLED, sitting.id, done.id)


@operation(Role.EXAM_OFFICER)
def book_candidate(
    session: Session, actor: Actor, now: datetime, *, sitting_id: str, candidate_id: str
) -> Booking:
    """Give a candidate a place in a sitting, or give a cancelled place back.

    Raises `Refused` for a sitting that is cancelled or can't be started any more, somebody who is
    no candidate, booked already, or has seen a case of the form.
    """
    _sitting, phase = _lock_sitting(session, now, sitting_id)
    _refuse_closed(phase)
    earlier = session.scalar(
        sa.select(Booking).where(
            Booking.sitting_id == sitting_id, Booking.candidate_id == candidate_id
        )
    )
    booking_id = earlier.id if earlier else new_id()
    lock(session, booking_id)
    lock(session, candidate_id)
    sitting = get_sitting(session, sitting_id)
    for words in find_refusals(session, sitting, [candidate_id]).values():
        raise Refused(words)
    booking = earlier or Booking(
        id=booking_id,
        sitting_id=sitting_id,
        candidate_id=candidate_id,
        candidate_number=draw_number(session),
        created_at=now,
    )
    booking.state = BookingState.BOOKED
    session.add(booking)
    session.flush()
    made = record(
        session, actor, now, "booking_made", "booking", booking.id,
        details={"sitting_id": sitting_id, "candidate_id": candidate_id},
    )  # fmt: skip
    tell_candidate(session, now, BOOKING_MADE, booking.id, made.id)
    return booking


def _refuse_closed(phase: SittingPhase) -> None:
    if phase is SittingPhase.CANCELLED:
        raise Refused(_("This sitting is cancelled, so nobody can be booked into it."))
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last start of this sitting has passed, so nobody can be booked."))


@operation(Role.EXAM_OFFICER)
def cancel_booking(
    session: Session, actor: Actor, now: datetime, *, booking_id: str, reason: str
) -> None:
    """Take a place back, with a reason.

    Raises `Refused` when it is cancelled already, its exam was started or the last start has
    passed, and `Invalid` without a reason.
    """
    reason = _read_reason(reason)
    booking, phase = _lock_booking(session, now, booking_id)
    if booking.state == BookingState.CANCELLED:
        raise Refused(_("This booking is cancelled already."))
    if has_begun(session, booking_id):
        raise Refused(
            _(
                "The candidate has started this exam, so the booking stays: their answers hang on "
                "it. Whatever is wrong is decided about the attempt."
            )
        )
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last start has passed, so this booking stays as a record."))
    booking.state = BookingState.CANCELLED
    done = record(session, actor, now, "booking_cancelled", "booking", booking.id, reason=reason)
    tell_candidate(session, now, BOOKING_CANCELLED, booking.id, done.id)


@operation(Role.EXAM_OFFICER)
def record_arrangement(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    extra_percent: int,
    extra_minutes: int,
    reason: str,
    rest_minutes: int = 0,
    longest_rest_minutes: int = 0,
    measures: Collection[Measure] = (),
) -> AccessArrangement:
    """Arrange extra time for one booking, in percent of the exam's minutes and minutes on top.

    `rest_minutes` of breaks come on top of everybody's; `measures` are what is arranged beyond
    time. It replaces what was arranged before and holds for an attempt that has not started. Raises
    `Invalid` for numbers out of range or no reason, and `Refused` when it would come too late.
    """
    reason = _read_reason(reason)
    if not 0 <= extra_percent <= MOST_PERCENT or not 0 <= extra_minutes <= MOST_MINUTES:
        raise Invalid(_("Write 0 to 300 percent and 0 to 1440 minutes."))
    if not 0 <= rest_minutes <= MOST_MINUTES or not 0 <= longest_rest_minutes <= MOST_MINUTES:
        raise Invalid(_("Write 0 to 1440 minutes of breaks."))
    booking, phase = _lock_booking(session, now, booking_id)
    if booking.state == BookingState.CANCELLED or phase is SittingPhase.CANCELLED:
        raise Refused(_("This booking is cancelled, so there is nothing to arrange."))
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last start has passed. Extra time can no longer be arranged here."))
    arrangement = AccessArrangement(
        aggregate_id=booking.id,
        at=now,
        actor_id=actor.id,
        booking_id=booking.id,
        extra_percent=extra_percent,
        extra_minutes=extra_minutes,
        rest_minutes=rest_minutes or None,
        longest_rest_minutes=longest_rest_minutes or None,
        measures=canonical_json(sorted(set(measures))) if measures else None,
    )
    append(session, arrangement, text=reason)
    tell_candidate(session, now, BOOKING_CHANGED, booking.id, arrangement.id)
    return arrangement


def _read_reason(reason: str) -> str:
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write a reason. It is kept with the record."))
    return reason


def _lock_sitting(session: Session, now: datetime, sitting_id: str) -> tuple[Sitting, SittingPhase]:
    lock(session, sitting_id)
    sitting = session.get(Sitting, sitting_id, populate_existing=True)
    if sitting is None:
        raise NotFound(_("There is no such sitting."))
    phase = sitting_phase(sitting.opens_at, sitting.last_start_at, sitting.cancelled_at, now)
    return sitting, phase


def _lock_booking(session: Session, now: datetime, booking_id: str) -> tuple[Booking, SittingPhase]:
    """Lock a booking after its sitting; one order for all, so that no two wait for each other."""
    found = get_booking(session, booking_id)
    _sitting, phase = _lock_sitting(session, now, found.sitting_id)
    lock(session, booking_id)
    return session.get_one(Booking, booking_id, populate_existing=True), phase
