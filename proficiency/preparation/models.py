"""What is told, asked, decided and confirmed before an exam. All of it is kept as it was said.

What could name or describe a person (employers, reasons of health, letters) is a payload, so that
it can be erased when its time has come; the rows that commit to it stay.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, Moment, kind, one_of
from proficiency.preparation.rules import Decision, Document, Nation, Reason


class BookingDetails(Chained, Base):
    """What is known of a candidate's place beyond the place itself; the newest row holds.

    Its aggregate is the booking. The people and bodies that a candidate names are its payload, as
    canonical JSON. `needed_by` is a day, as YYYY-MM-DD.
    """

    __tablename__ = "booking_details"
    __table_args__ = chained_args(
        one_of("reason", Reason),
        one_of("nation", Nation),
        CheckConstraint(
            "(reason = 'existing_registrant') <= (needed_by IS NOT NULL)", name="date_of_registrant"
        ),
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("commitment IS NOT NULL", name="has_connections"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    reason: Mapped[str] = mapped_column(String(30))
    nation: Mapped[str] = mapped_column(String(20))
    needed_by: Mapped[str | None] = mapped_column(String(10))


class StaffConnections(Chained, Base):
    """Whom somebody who judges work is connected with; the newest row holds.

    Its aggregate is the account. The names are its payload, as canonical JSON.
    """

    __tablename__ = "staff_connections"
    __table_args__ = chained_args(
        CheckConstraint("aggregate_id = account_id", name="is_of_its_account"),
        CheckConstraint("commitment IS NOT NULL", name="has_connections"),
    )

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))


class ArrangementRequest(Chained, Base):
    """What a candidate asks for so that the exam is fair to them. Its aggregate is the booking.

    All of it is about health, so all of it is payload: canonical JSON of what is asked and why.
    """

    __tablename__ = "arrangement_request"
    __table_args__ = chained_args(
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("commitment IS NOT NULL", name="has_words"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))


class ArrangementLetter(Chained, Base):
    """A letter or report that a candidate sends with a request. Its aggregate is the booking.

    The bytes are its payload, in base64: a table of files keeps for ever, and these must not be.
    """

    __tablename__ = "arrangement_letter"
    __table_args__ = chained_args(
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("commitment IS NOT NULL", name="has_bytes"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    request_id: Mapped[str] = mapped_column(ForeignKey("arrangement_request.id"))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]


class ArrangementDecision(Chained, Base):
    """What an officer decided about a request, once. Its aggregate is the booking.

    What was granted is an access arrangement. The reason for the candidate is the payload.
    """

    __tablename__ = "arrangement_decision"
    __table_args__ = chained_args(
        UniqueConstraint("request_id"),
        UniqueConstraint("arrangement_id"),
        one_of("decision", Decision),
        CheckConstraint(
            "(decision = 'refused') = (arrangement_id IS NULL)", name="granted_is_arranged"
        ),
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("commitment IS NOT NULL", name="has_reason"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    request_id: Mapped[str] = mapped_column(ForeignKey("arrangement_request.id"))
    decision: Mapped[str] = mapped_column(String(20))
    arrangement_id: Mapped[str | None] = mapped_column(ForeignKey("access_arrangement.id"))


class DocumentVersion(Chained, Base):
    """One version of a document for candidates. Its aggregate is the document's name.

    `text` is Markdown as its officer wrote it, `html` what the sanitiser of `sanitiser` made of it.
    """

    __tablename__ = "document_version"
    __table_args__ = chained_args(
        one_of("document", Document),
        CheckConstraint("aggregate_id = document", name="is_of_its_document"),
        CheckConstraint("text <> ''", name="not_empty"),
    )

    document: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    sanitiser: Mapped[str] = mapped_column(String(80))


class CheckInConfirmation(Chained, Base):
    """What a candidate accepted and declared before the start; the newest holds.

    Its aggregate is the booking. It names the exact versions, and the time that was called right,
    in seconds. That a row is there says: I have read these, I accept the rules, and I am well
    enough to sit today.
    """

    __tablename__ = "check_in_confirmation"
    __table_args__ = chained_args(
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint("allowed_seconds > 0 AND rest_seconds >= 0", name="time_is_sane"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    handbook_id: Mapped[str] = mapped_column(ForeignKey("document_version.id"))
    rules_id: Mapped[str] = mapped_column(ForeignKey("document_version.id"))
    privacy_id: Mapped[str] = mapped_column(ForeignKey("document_version.id"))
    allowed_seconds: Mapped[int]
    rest_seconds: Mapped[int]


class PracticeChoice(Chained, Base):
    """Which form everybody who is booked may practise on; the newest row holds."""

    __tablename__ = "practice_choice"
    __table_args__ = chained_args(CheckConstraint("aggregate_id = 'practice'", name="is_one_chain"))

    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))


class SystemCheck(Base):
    """What the last system check of a candidate found. `findings` is JSON that our page wrote."""

    __tablename__ = "system_check"
    __table_args__ = (kind(Kind.OPERATIONAL),)

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    findings: Mapped[str] = mapped_column(Text)


class Reminder(Base):
    """That somebody was reminded of a sitting that opens at a moment; so nobody is twice."""

    __tablename__ = "reminder"
    __table_args__ = (kind(Kind.OPERATIONAL),)

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"), primary_key=True)
    opens_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    sent_at: Mapped[datetime] = mapped_column(Moment)
