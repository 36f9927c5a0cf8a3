"""What an invigilator's page can ask for, as one table: each command with what does it.

All commands come to one address, so that a page without a connection can keep them in one queue and
send them later; each carries a key, and one that arrives twice is done once. What is done by its
nature once (letting somebody in, permitting a device) needs none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.errors import Invalid, NotFound, Refused
from proficiency.core.show import HOME_ZONE, clock_text
from proficiency.core.text import _
from proficiency.delivery.admission import CheckMeans, DocumentType
from proficiency.delivery.checking_in import (
    admit,
    check_identity,
    leave_unchecked,
    turn_away,
)
from proficiency.delivery.outages import find_outages
from proficiency.delivery.queries import find_attempt_of_booking
from proficiency.delivery.room_time_operations import (
    credit_outage,
    credit_room,
    pause_room,
    resume_room,
)
from proficiency.delivery.time_operations import record_credit, record_pause, record_resume
from proficiency.delivery.watching import force_submission, permit_writer
from proficiency.invigilation.operations import answer_call, send_message, write_down
from proficiency.invigilation.rules import EntryKind
from proficiency.sittings.queries import get_booking
from proficiency.sittings.time_operations import allow_late_start
from proficiency.sittings.times import find_late_start

Chosen = TypeVar("Chosen", bound=StrEnum)

LATEST = timedelta(hours=24)


class Command(StrEnum):
    """What an invigilator can do."""

    ADMIT = "admit"
    NOT_CHECKED = "not_checked"
    TURN_AWAY = "turn_away"
    LATE_START = "late_start"
    MESSAGE = "message"
    ANSWER = "answer"
    PERMIT = "permit"
    PAUSE = "pause"
    RESUME = "resume"
    CREDIT = "credit"
    GIVE_BACK = "give_back"
    FORCE = "force"
    INCIDENT = "incident"
    IRREGULARITY = "irregularity"
    NOTE = "note"


@dataclass(frozen=True)
class Order:
    """One command as it arrived. `booking_id` is None when it is meant for the whole room.

    `age` is how long it waited in a page without a connection, by that page's clock.
    """

    sitting_id: str
    booking_id: str | None
    key: str
    fields: Mapping[str, str]
    age: timedelta = timedelta(0)

    def text(self, name: str = "text") -> str:
        return self.fields.get(name, "")

    @property
    def booking(self) -> str:
        if self.booking_id is None:
            raise Invalid(_("Choose a candidate first."))
        return self.booking_id


Doing = Callable[[Session, Actor, datetime, Order], str]
"""Does it, and returns what to tell the invigilator."""


def obey(session: Session, actor: Actor, now: datetime, command: Command, order: Order) -> str:
    """Do a command and return the words about it. Raises what its operation raises."""
    if order.booking_id is not None:
        booking = get_booking(session, order.booking_id)
        if booking.sitting_id != order.sitting_id:
            raise NotFound(_("There is no such booking."))
    return DOINGS[command](session, actor, now, order)


def _admit(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    if order.text("document"):
        check_identity(
            session,
            actor,
            now,
            booking_id=order.booking,
            document=_choice(DocumentType, order.text("document")),
            means=_choice(CheckMeans, order.text("means")),
        )
    admit(session, actor, now, booking_id=order.booking)
    return _("They are let in.")


def _choice(kind: type[Chosen], text: str) -> Chosen:
    try:
        return kind(text)
    except ValueError:
        raise Invalid(_("Say which document you have seen, and how.")) from None


def _not_checked(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    leave_unchecked(session, actor, now, booking_id=order.booking, reason=order.text())
    return _("It is written down. Whether to let them in is your decision.")


def _turn_away(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    turn_away(session, actor, now, booking_id=order.booking, reason=order.text())
    return _("They are turned away, and read why.")


def _late_start(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    until = _next_to(now, order.text("until"))
    if find_late_start(session, order.booking) != until:  # sent twice, it is allowed once
        if find_attempt_of_booking(session, order.booking) is not None:
            raise Refused(_("They have started already."))
        allow_late_start(
            session, actor, now, booking_id=order.booking, until=until, reason=order.text()
        )
    words = _("They may start until {time}, with their whole time, and are told by mail.")
    return words.format(time=clock_text(until))


def _next_to(now: datetime, text: str) -> datetime:
    """Return the moment nearest to `now` at which clocks in the institution's zone show `text`."""
    try:
        shown = time.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(_("Write until what time, such as 14:30.")) from None
    today = now.astimezone(HOME_ZONE).date()
    moments = [
        datetime.combine(today + timedelta(days=days), shown.replace(tzinfo=None), HOME_ZONE)
        for days in (-1, 0, 1)
    ]
    return min(moments, key=lambda moment: abs(moment - now)).astimezone(now.tzinfo)


def _message(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    send_message(
        session, actor, now, sitting_id=order.sitting_id, booking_id=order.booking_id,
        text=order.text(), key=order.key,
    )  # fmt: skip
    if order.booking_id is None:
        return _("The message goes to everybody.")
    return _("The message is on its way.")


def _answer(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    answer_call(session, actor, now, entry_id=order.text("entry"), text=order.text(), key=order.key)
    return _("Answered.")


def _attempt(session: Session, order: Order) -> str:
    attempt = find_attempt_of_booking(session, order.booking)
    if attempt is None:
        raise Refused(_("They have not started yet."))
    return attempt.id


def _permit(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    asked = permit_writer(session, actor, now, attempt_id=_attempt(session, order))
    if not asked:
        return _("No device waits for permission.")
    return _("The other device may go on.")


def _pause(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    if order.booking_id is None:
        done = pause_room(
            session, actor, now, sitting_id=order.sitting_id, reason=order.text(), key=order.key
        )
        return _("The clocks of {n} candidates stand still.").format(n=len(done.attempt_ids))
    attempt_id = _attempt(session, order)
    record_pause(session, actor, now, attempt_id=attempt_id, reason=order.text(), key=order.key)
    return _("Their clock stands still.")


def _resume(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    if order.booking_id is None:
        done = resume_room(
            session, actor, now, sitting_id=order.sitting_id, reason=order.text(), key=order.key
        )
        return _("The clocks of {n} candidates run again.").format(n=len(done.attempt_ids))
    attempt_id = _attempt(session, order)
    record_resume(session, actor, now, attempt_id=attempt_id, reason=order.text(), key=order.key)
    return _("Their clock runs again.")


def _credit(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    amount, reason = _minutes(order.text("minutes")), order.text()
    if order.booking_id is None:
        done = credit_room(
            session, actor, now, sitting_id=order.sitting_id, amount=amount, reason=reason,
            key=order.key,
        )  # fmt: skip
        return _given_back(len(done.attempt_ids))
    record_credit(
        session, actor, now, attempt_id=_attempt(session, order), amount=amount, reason=reason,
        key=order.key,
    )  # fmt: skip
    return _("They have their time back.")


def _give_back(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    """Time lost to an outage; by its nature given to each once, so pressing again says the same."""
    outage_id = order.text("entry")
    found = [each for each in find_outages(session, order.sitting_id) if each.id == outage_id]
    if found and not found[0].owed:
        return _("Everybody has the time back that was lost.")
    done = credit_outage(session, actor, now, sitting_id=order.sitting_id, outage_id=outage_id)
    return _given_back(len(done.attempt_ids))


def _given_back(people: int) -> str:
    if people == 1:
        return _("1 candidate has their time back.")
    return _("{n} candidates have their time back.").format(n=people)


def _minutes(text: str) -> timedelta:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Invalid(_("Write how many minutes are given back, as a whole number."))
    return timedelta(minutes=int(text))


def _force(session: Session, actor: Actor, now: datetime, order: Order) -> str:
    force_submission(
        session, actor, now, attempt_id=_attempt(session, order), reason=order.text(),
        key=order.key,
    )  # fmt: skip
    return _("Their exam is ended. What was saved is handed in.")


def _write(kind: EntryKind) -> Doing:
    def write(session: Session, actor: Actor, now: datetime, order: Order) -> str:
        write_down(
            session, actor, now, sitting_id=order.sitting_id, booking_id=order.booking_id,
            kind=kind, text=order.text(), key=order.key,
            happened_at=_ago(order, now),
        )  # fmt: skip
        return _("It is written into the log.")

    return write


def _ago(order: Order, now: datetime) -> datetime | None:
    """Nobody looks at a clock when something happens, but "five minutes ago" is known."""
    text = order.text("minutes_ago")
    ago = order.age + (_minutes(text) if text.strip() else timedelta(0))
    if ago > LATEST:
        raise Invalid(_("Write down what happened in the last 24 hours."))
    return now - ago if ago >= timedelta(minutes=1) else None


DOINGS: Mapping[Command, Doing] = {
    Command.ADMIT: _admit,
    Command.NOT_CHECKED: _not_checked,
    Command.TURN_AWAY: _turn_away,
    Command.LATE_START: _late_start,
    Command.MESSAGE: _message,
    Command.ANSWER: _answer,
    Command.PERMIT: _permit,
    Command.PAUSE: _pause,
    Command.RESUME: _resume,
    Command.CREDIT: _credit,
    Command.GIVE_BACK: _give_back,
    Command.FORCE: _force,
    Command.INCIDENT: _write(EntryKind.INCIDENT),
    Command.IRREGULARITY: _write(EntryKind.IRREGULARITY),
    Command.NOTE: _write(EntryKind.NOTE),
}

if set(DOINGS) != set(Command):
    raise RuntimeError("every command needs an operation that does it")
