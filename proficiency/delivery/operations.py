"""What happens to an attempt: each verb appends to its chain and changes nothing.

Only the booked candidate writes, from one device at a time; everybody else's attempt is not there.
Whether something is in time is computed in the transaction that writes it (invariant 4), after
locking the attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.core.access import Actor, operation
from proficiency.core.chain import EMPTY, Head, append
from proficiency.core.chance import new_id, new_salt
from proficiency.core.db import lock, lock_part
from proficiency.core.durability import refuse_to_open
from proficiency.core.errors import Conflict, Forbidden, NotFound, Refused
from proficiency.core.sights import append_sight
from proficiency.core.text import _
from proficiency.delivery.blocked import credit_blocked
from proficiency.delivery.checking_in import refuse_uninvited
from proficiency.delivery.models import Attempt
from proficiency.delivery.outages import is_overdue
from proficiency.delivery.paper import Paper, get_paper
from proficiency.delivery.queries import (
    AttemptState,
    Closing,
    current_answers,
    find_closing,
    flagged_items,
    get_attempt_state,
    get_own_attempt,
    list_possibly_overdue,
)
from proficiency.delivery.receipt_rules import hash_fields
from proficiency.delivery.recording import append_event
from proficiency.delivery.room_time_operations import pause_with_room
from proficiency.delivery.rules import EventKind, Phase, SaveReceipt, State
from proficiency.delivery.saving import Save, Sender, ledger_of
from proficiency.delivery.standing import read_standing
from proficiency.delivery.takeover_rules import Word
from proficiency.delivery.time_operations import (
    record_credit as record_credit,
)
from proficiency.delivery.time_operations import (
    record_pause as record_pause,
)
from proficiency.delivery.time_operations import (
    record_resume as record_resume,
)
from proficiency.delivery.watching import permission_of
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import InvalidResponse, form_part, get_format
from proficiency.preparation.document_operations import Accepted, accept, hold_documents
from proficiency.preparation.documents import confirmation_problem
from proficiency.preparation.place import Place, get_place
from proficiency.scenarios.operations import SIGHT
from proficiency.sittings.queries import (
    BookingView,
    get_own_sitting_id,
)
from proficiency.sittings.rules import SittingPhase
from proficiency.sittings.sights import ASSESSMENT

SECOND = timedelta(seconds=1)

LOCKED_AT_ONCE = 40
"""How many attempts one transaction locks: at a common deadline, saves must not wait for all."""


@operation()
def start_attempt(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    booking_id: str,
    device_id: str,
    accepted: Accepted | None = None,
) -> Attempt:
    """Start the attempt at a booked place, with what the candidate confirms by the same press.

    Without `accepted` it must have been confirmed before. Starting twice gives the same attempt,
    and confirms nothing again. Raises `NotFound` for somebody else's booking and
    `Refused` when it can't be started now, before the candidate confirmed the documents and the
    time that hold, or on a database that may lose what it acknowledges.
    """
    held = hold_documents(session, now) if accepted else {}
    sitting_id = get_own_sitting_id(session, booking_id, actor.id)
    lock_part(session, sitting_id, booking_id, actor.id)
    place = get_place(session, booking_id)
    paper = get_paper(session, place.form.id)
    cases = {stage.case_name for stage in paper.stages}
    standing = read_standing(session, booking_id, sitting_id, actor.id, cases)
    if standing.attempt_id is not None:
        return session.get_one(Attempt, standing.attempt_id)
    refuse_to_open(session, now)
    phase = place.phase(now)
    if place.form.settings.invigilated:
        phase = refuse_uninvited(session, booking_id, phase, now)
    _refuse_start(place.booking, phase)
    if accepted is None:
        _refuse_unconfirmed(session, place)
    else:
        accept(session, actor, now, place, held, accepted)
    if standing.has_seen_case and not place.is_practice:
        raise Refused(
            _("You have seen a case of this exam before, so you can’t sit it. Ask the exam office.")
        )
    attempt = append(session, _new_attempt(actor, now, place), head=EMPTY)
    append_event(session, actor, now, attempt.id, EventKind.STARTED, State(), device_id=device_id)
    if standing.is_room_paused:
        pause_with_room(session, actor, now, attempt)
    _append_sight_of_stage(session, actor, now, paper, 1, standing.sights)
    return attempt


def _refuse_start(booking: BookingView, phase: SittingPhase) -> None:
    if not booking.is_booked or phase is SittingPhase.CANCELLED:
        raise Refused(_("This booking no longer stands. Ask the exam office what to do."))
    if phase is SittingPhase.SCHEDULED:
        raise Refused(_("This exam is not open yet. Come back when it opens."))
    if phase is SittingPhase.RUNNING:
        raise Refused(_("The last time to start has passed. Ask the exam office what to do."))


def _refuse_unconfirmed(session: Session, place: Place) -> None:
    problem = confirmation_problem(session, place)
    if problem is not None:
        raise Refused(problem)


def _new_attempt(actor: Actor, now: datetime, place: Place) -> Attempt:
    booking, arrangement, breaks = place.booking, place.arrangement, place.breaks
    return Attempt(
        id=new_id(),
        aggregate_id=booking.id,
        at=now,
        actor_id=actor.id,
        booking_id=booking.id,
        sitting_id=booking.sitting_id,
        form_id=place.form.id,
        candidate_number=booking.candidate_number,
        nonce=new_salt(),
        base_seconds=place.form.settings.minutes * 60,
        extra_percent=arrangement.extra_percent if arrangement else 0,
        extra_seconds=arrangement.extra_minutes * 60 if arrangement else 0,
        transit_seconds=place.form.settings.transit_seconds,
        rest_seconds=breaks.total // SECOND or None,
        longest_rest_seconds=breaks.longest // SECOND if breaks.total else None,
    )


@operation()
def change_writer(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, device_id: str
) -> int:
    """Let another device write from now on, and return its epoch.

    What the device before still sends is kept. Raises `NotFound` for somebody else's attempt and
    `Refused` once the time has ended, and where an invigilator watches and has not permitted it.
    """
    state = _lock_own(session, actor, attempt_id)
    _refuse_ended(state, now)
    if permission_of(session, state, device_id, now).word is not Word.PERMITTED:
        raise Refused(_("Your invigilator has not permitted this device yet. Ask on the page."))
    append_event(
        session, actor, now, attempt_id, EventKind.WRITER_CHANGED, state.state, device_id=device_id
    )
    return state.epoch + 1


@operation()
def open_next_stage(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    epoch: int,
    closing: int | None = None,
    blocked: timedelta = timedelta(0),
) -> int:
    """Close the open stage for good, open the next, and return its number.

    `closing` is the stage that the candidate means to close: closing it twice opens one stage.
    `blocked` is how long the page says that it asked for this and could not reach the server; what
    of it the scheme's rule and the chain bear out is given back at once.
    Raises `Refused` at the last stage or once the time has ended, and `Conflict` when another
    device writes.
    """
    state = _lock_own(session, actor, attempt_id)
    if closing is not None and closing < state.stage:
        return state.stage
    _refuse_ended(state, now)
    _refuse_stopped(state, now)
    _refuse_other_writer(state, epoch)
    paper = get_paper(session, state.form_id)
    if state.stage >= paper.last_stage:
        raise Refused(_("This is the last part of the exam. When you are ready, finish it."))
    most = timedelta(minutes=paper.form.settings.blocked_minutes)
    state = credit_blocked(session, actor, now, state, most, blocked)
    append_event(session, actor, now, attempt_id, EventKind.STAGE_OPENED, state.state)
    _append_sight_of_stage(session, actor, now, paper, state.stage + 1)
    return state.stage + 1


@operation()
def save_answer(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    item_id: str,
    epoch: int,
    client_seq: int | None,
    raw: object,
    device_id: str | None = None,
) -> SaveReceipt:
    """Keep one answer, in time or not, and say what became of it.

    `raw` is what the item's format reads. Raises `NotFound` for an attempt that isn't the actor's
    and for a question that is not in an open stage, and `InvalidResponse` for what is no answer.
    """
    state = _lock_own(session, actor, attempt_id)
    item = _get_item(session, state, item_id)
    text = get_format(item.format).read_response(item.body, item.ids, raw)
    sender = _sender(actor, attempt_id, epoch, device_id)
    save = Save(sender, item.id, item.stage, now, client_seq, text=text)
    return ledger_of(session).keep(save).receipt


@operation()
def set_flag(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    item_id: str,
    epoch: int,
    client_seq: int | None,
    flagged: bool,
    device_id: str | None = None,
) -> SaveReceipt:
    """Flag a question to look at it again, or take the flag away. Raises as `save_answer` does."""
    state = _lock_own(session, actor, attempt_id)
    item = _get_item(session, state, item_id)
    sender = _sender(actor, attempt_id, epoch, device_id)
    save = Save(sender, item.id, item.stage, now, client_seq, flagged=flagged)
    return ledger_of(session).keep(save).receipt


@dataclass(frozen=True)
class FormSaved:
    """What became of a page of answers: how many are late, and what can't be stored, by item."""

    late: int
    problems: Mapping[str, str]


@operation()
def save_form(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    attempt_id: str,
    epoch: int,
    device_id: str | None,
    form: Mapping[str, Sequence[str]],
) -> FormSaved:
    """Keep every answer and flag on a page that was posted without a script.

    One answer that can't be stored doesn't stop the others. Raises `NotFound` as `save_answer`.
    """
    state = _lock_own(session, actor, attempt_id)
    sender = _sender(actor, attempt_id, epoch, device_id)
    answers = current_answers(session, attempt_id)
    flags = flagged_items(session, attempt_id)
    kinds: list[EventKind] = []
    problems: dict[str, str] = {}
    ledger = ledger_of(session)
    for item in _posted_items(session, state, form):
        flagged = f"{item.id}:flag" in form
        if flagged is not (item.id in flags):
            ledger.keep(Save(sender, item.id, item.stage, now, None, flagged=flagged))
        try:
            text, sent_hash = _read_posted(item, form)
        except InvalidResponse as problem:
            problems[item.id] = problem.message
            continue
        if item.id in answers or get_format(item.format).is_answered(text):
            save = Save(sender, item.id, item.stage, now, None, text=text, sent_hash=sent_hash)
            kinds.append(ledger.keep(save).receipt.kind)
    return FormSaved(kinds.count(EventKind.ANSWER_LATE), problems)


def _posted_items(
    session: Session, state: AttemptState, form: Mapping[str, Sequence[str]]
) -> list[FormItemView]:
    items = get_paper(session, state.form_id).items
    return [i for i in items if i.stage <= state.stage and form_part(form, i.id) is not None]


def _read_posted(item: FormItemView, form: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return the canonical answer, and the hash of what the page sent."""
    kind, fields = get_format(item.format), form_part(form, item.id) or {}
    raw = kind.from_form(item.body, item.ids, fields)
    return kind.read_response(item.body, item.ids, raw), hash_fields(fields)


@operation()
def submit_attempt(
    session: Session, actor: Actor, now: datetime, *, attempt_id: str, epoch: int
) -> Closing:
    """End the attempt, and return how it ended; submitting again returns the same.

    After the time has ended it is locked instead. Raises `Conflict` when another device writes.
    """
    state = _lock_own(session, actor, attempt_id)
    if state.phase is Phase.WRITING:
        kind = EventKind.LOCKED if state.is_closed(now) else EventKind.SUBMITTED
        if kind is EventKind.SUBMITTED:
            _refuse_other_writer(state, epoch)
        append_event(session, actor, now, attempt_id, kind, state.state)
    closing = find_closing(session, attempt_id)
    if closing is None:
        raise RuntimeError("an attempt was closed and its end is not there")
    return closing


@operation()
def lock_overdue_attempts(session: Session, actor: Actor, now: datetime) -> int:
    """Record the end of attempts whose time has passed, up to `LOCKED_AT_ONCE`; returns how many.

    It records what was already true: what arrived since was judged by the same deadline. One that
    lost time to an outage that is just over is left for a while, so that it can be given back.
    Raises `Forbidden` for anybody but the system.
    """
    if not actor.is_system:
        raise Forbidden(_("Only the system locks attempts."))
    locked = 0
    for attempt_id in sorted(list_possibly_overdue(session, now)):
        if is_overdue(session, get_attempt_state(session, attempt_id), now):
            lock(session, attempt_id)
            state = get_attempt_state(session, attempt_id)
            if is_overdue(session, state, now):
                append_event(session, actor, now, attempt_id, EventKind.LOCKED, state.state)
                locked += 1
        if locked == LOCKED_AT_ONCE:
            break
    return locked


def _lock_own(session: Session, actor: Actor, attempt_id: str) -> AttemptState:
    lock(session, attempt_id)
    return get_own_attempt(session, attempt_id, actor.id)


def _refuse_ended(state: AttemptState, now: datetime) -> None:
    if not state.can_write(now):
        raise Refused(_("Your time has ended. What the server has received counts."))


def _refuse_stopped(state: AttemptState, now: datetime) -> None:
    """Nobody reads on while the clock stands still."""
    if state.window.is_stopped(now):
        raise Refused(_("The clock is stopped. The next part opens when it runs again."))


def _refuse_other_writer(state: AttemptState, epoch: int) -> None:
    if epoch != state.epoch:
        raise Conflict(
            _("You continued on another device. To go on here, choose “Continue on this device”.")
        )


def _get_item(session: Session, state: AttemptState, item_id: str) -> FormItemView:
    item = get_paper(session, state.form_id).by_id.get(item_id)
    if item is None:
        raise NotFound(_("There is no such question in this exam."))
    return item


def _sender(actor: Actor, attempt_id: str, epoch: int, device_id: str | None) -> Sender:
    return Sender(attempt_id, epoch, actor.session_id, device_id, is_trusted=True)


def _append_sight_of_stage(
    session: Session,
    actor: Actor,
    now: datetime,
    paper: Paper,
    stage: int,
    head: Head | None = None,
) -> None:
    """A candidate sees a case when its first stage opens, and not before."""
    if paper.opens_case(stage):
        case = paper.stage(stage).case_name
        append_sight(session, actor, now, SIGHT, case, ASSESSMENT, head=head)
