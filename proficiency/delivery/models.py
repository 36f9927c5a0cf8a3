"""Attempts and everything that happened in them, as one chain each."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.core.chain import Chained, chained_args
from proficiency.core.db import Base, Kind, Moment, kind, one_of
from proficiency.delivery.admission import (
    Admission,
    CheckInKind,
    CheckMeans,
    DocumentType,
    PictureKind,
)
from proficiency.delivery.late_rules import Ground, Verdict
from proficiency.delivery.rules import EventKind, Phase, RoomEventKind

IS_ANSWER = "kind IN ('answer_saved', 'answer_accepted')"
IS_LATE = "kind IN ('answer_late', 'answer_filed')"
IS_FLAG = "kind IN ('flagged', 'unflagged')"
MOVES_WINDOW = "kind IN ('paused', 'resumed', 'credited', 'rest_started', 'rest_ended')"
CHANGES_WRITER = "kind IN ('started', 'writer_changed')"
IS_CLOSING = "kind IN ('submitted', 'forced', 'locked')"
IS_ACCEPTED = "kind = 'answer_accepted'"
IS_OF_ROOM = "room_event_id IS NOT NULL"
IS_COMMAND = "command_key IS NOT NULL"
ASKS_FOR_WRITER = "kind IN ('writer_asked', 'writer_permitted')"
IS_NUMBERED = "client_seq IS NOT NULL AND kind <> 'answer_conflicted'"
"""Conditions of partial indexes. A query repeats one word for word, or it can't use the index."""


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )


class Attempt(Chained, Base):
    """A candidate's one attempt at a booked sitting. Its aggregate is the booking.

    The time allowed is copied here at the start, so that nothing changed elsewhere moves it.
    """

    __tablename__ = "attempt"
    __table_args__ = chained_args(
        CheckConstraint("pos = 1", name="one_per_booking"),
        UniqueConstraint("booking_id"),
        Index("ix_attempt_sitting_id", "sitting_id"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    form_id: Mapped[str] = mapped_column(ForeignKey("form.id"))
    candidate_number: Mapped[str] = mapped_column(String(12))
    nonce: Mapped[str] = mapped_column(String(32))
    base_seconds: Mapped[int]
    extra_percent: Mapped[int]
    extra_seconds: Mapped[int]
    transit_seconds: Mapped[int]
    rest_seconds: Mapped[int | None]
    longest_rest_seconds: Mapped[int | None]


class ServiceOutage(Chained, Base):
    """A stretch of time in which the service was away: from its last sign of life to the next."""

    __tablename__ = "service_outage"
    __table_args__ = chained_args(
        CheckConstraint("to_at > from_at", name="times_in_order"),
        CheckConstraint("aggregate_id = 'service'", name="one_chain"),
        UniqueConstraint("from_at"),
    )

    from_at: Mapped[datetime] = mapped_column(Moment)
    to_at: Mapped[datetime] = mapped_column(Moment)


class ServicePulse(Base):
    """When a process that serves candidates was last alive and could write; one row for all."""

    __tablename__ = "service_pulse"
    __table_args__ = (kind(Kind.OPERATIONAL),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class RoomEvent(Chained, Base):
    """Something that changed the time of a whole room. Its aggregate is the sitting.

    `key` is the command's own, so that one that is sent twice happens once. What it did to each
    attempt is an event there that names it. `amount` is a credit in microseconds; the credit for
    an outage has none, for each attempt gets back what it lost. The reason is the payload.
    """

    __tablename__ = "room_event"
    __table_args__ = chained_args(
        one_of("kind", RoomEventKind),
        CheckConstraint("aggregate_id = sitting_id", name="is_of_its_sitting"),
        UniqueConstraint("aggregate_id", "key"),
        UniqueConstraint("aggregate_id", "outage_id"),
        CheckConstraint(
            "(kind = 'credited') = (amount IS NOT NULL OR outage_id IS NOT NULL)",
            name="credits_have_amounts",
        ),
        CheckConstraint("amount IS NULL OR outage_id IS NULL", name="one_way_to_count"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount_positive"),
        CheckConstraint("commitment IS NOT NULL", name="has_reason"),
    )

    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(60))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("service_outage.id"))


class AttemptEvent(Chained, Base):
    """Something that happened in an attempt. Its aggregate is the attempt.

    `phase`, `epoch`, `stage` and `window_events` are the attempt's state after the event, so that
    the newest row alone tells it. `epoch_sent` and `client_seq` are the writer's epoch and its own
    sequence number; `amount` is a credit in microseconds. `claimed_age` is the device's claim of
    how many microseconds before sending the text was last changed, at the least, or how long it
    waited for the next part: by clocks that nobody sets, null where it can't tell. `sent_hash` is
    the SHA-256 of the fields as the page sent them (`receipt_rules.hash_fields`), which the page
    can compute from its own copy. `refers_to` is the late or filed answer that an accepted one
    repeats. `room_event_id` is what was done to the whole room and so to this attempt, once; a
    command with a `command_key` that is sent twice happens once. An answer's words are the payload
    of its row.
    """

    __tablename__ = "attempt_event"
    __table_args__ = chained_args(
        one_of("kind", EventKind),
        one_of("phase", Phase),
        CheckConstraint(
            "(kind IN ('submitted', 'forced', 'locked')) <= (phase = 'closed')",
            name="closing_closes",
        ),
        CheckConstraint("epoch >= 1 AND stage >= 1", name="state_from_one"),
        CheckConstraint(
            "(kind NOT LIKE 'answer%') OR (item_id IS NOT NULL AND commitment IS NOT NULL)",
            name="answers_have_words",
        ),
        CheckConstraint("(kind = 'credited') = (amount IS NOT NULL)", name="credits_have_amounts"),
        CheckConstraint(
            "(kind = 'answer_accepted') = (refers_to IS NOT NULL)", name="accepted_names_its_answer"
        ),
        CheckConstraint(
            "room_event_id IS NULL OR kind IN ('paused', 'resumed', 'credited')",
            name="room_moves_window",
        ),
        _index(
            "uq_attempt_event_writer_seq",
            "aggregate_id",
            "epoch_sent",
            "client_seq",
            where=IS_NUMBERED,
            unique=True,
        ),
        _index("uq_attempt_event_closed_once", "aggregate_id", where=IS_CLOSING, unique=True),
        _index("uq_attempt_event_accepted_once", "refers_to", where=IS_ACCEPTED, unique=True),
        _index(
            "uq_attempt_event_room_once",
            "aggregate_id",
            "room_event_id",
            where=IS_OF_ROOM,
            unique=True,
        ),
        _index(
            "uq_attempt_event_command_once",
            "aggregate_id",
            "command_key",
            where=IS_COMMAND,
            unique=True,
        ),
        # An attempt has hundreds of saves: what is read with a page or a save finds its few rows.
        _index("ix_attempt_event_answer", "aggregate_id", "item_id", "pos", where=IS_ANSWER),
        _index("ix_attempt_event_late", "aggregate_id", "pos", where=IS_LATE),
        _index("ix_attempt_event_flag", "aggregate_id", "item_id", "pos", where=IS_FLAG),
        _index("ix_attempt_event_window", "aggregate_id", "pos", where=MOVES_WINDOW),
        _index("ix_attempt_event_writer", "aggregate_id", "pos", where=CHANGES_WRITER),
        _index("ix_attempt_event_asks", "aggregate_id", "pos", where=ASKS_FOR_WRITER),
    )

    kind: Mapped[str] = mapped_column(String(20))
    phase: Mapped[str] = mapped_column(String(10))
    epoch: Mapped[int]
    stage: Mapped[int]
    window_events: Mapped[int]
    item_id: Mapped[str | None] = mapped_column(ForeignKey("form_item.id"))
    epoch_sent: Mapped[int | None]
    client_seq: Mapped[int | None] = mapped_column(BigInteger)
    device_id: Mapped[str | None] = mapped_column(String(40))
    sign_in_id: Mapped[str | None] = mapped_column(String(64))
    claimed_age: Mapped[int | None] = mapped_column(BigInteger)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    sent_hash: Mapped[str | None] = mapped_column(String(64))
    refers_to: Mapped[str | None] = mapped_column(ForeignKey("attempt_event.id"))
    room_event_id: Mapped[str | None] = mapped_column(ForeignKey("room_event.id"))
    command_key: Mapped[str | None] = mapped_column(String(60))


class LateDecision(Chained, Base):
    """One person's verdict on one late answer. Its aggregate is the attempt.

    The reason is a payload. `place` counts the verdicts on an answer: the third settles.
    """

    __tablename__ = "late_decision"
    __table_args__ = chained_args(
        one_of("verdict", Verdict),
        one_of("ground", Ground),
        CheckConstraint("place BETWEEN 1 AND 3", name="three_at_most"),
        CheckConstraint(
            "(ground IN ('written_in_time', 'service_at_fault')) = (verdict = 'counts')",
            name="ground_gives_verdict",
        ),
        CheckConstraint("commitment IS NOT NULL", name="has_reason"),
        UniqueConstraint("event_id", "actor_id"),
        UniqueConstraint("event_id", "place"),
    )

    event_id: Mapped[str] = mapped_column(ForeignKey("attempt_event.id"))
    place: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    ground: Mapped[str] = mapped_column(String(20))


class AnswerFile(Chained, Base):
    """An encrypted answer file that an officer took in. Its aggregate is the attempt.

    The file, still encrypted, is the payload; `digest` is the SHA-256 of its bytes.
    """

    __tablename__ = "answer_file"
    __table_args__ = chained_args(
        CheckConstraint("commitment IS NOT NULL", name="has_content"),
        UniqueConstraint("aggregate_id", "digest"),
        UniqueConstraint("id", "actor_id"),
    )

    digest: Mapped[str] = mapped_column(String(64))


class AnswerFileOpening(Chained, Base):
    """That a second person opened an answer file, and how many answers it held. Once per file."""

    __tablename__ = "answer_file_opening"
    __table_args__ = chained_args(
        CheckConstraint("actor_id <> received_by", name="two_people"),
        CheckConstraint("answers >= 0", name="not_below_zero"),
        UniqueConstraint("file_id"),
        ForeignKeyConstraint(
            ["file_id", "received_by"], ["answer_file.id", "answer_file.actor_id"]
        ),
    )

    file_id: Mapped[str] = mapped_column(String(20))
    received_by: Mapped[str] = mapped_column(String(20))
    answers: Mapped[int]


class Receipt(Chained, Base):
    """What the server held when an attempt was closed, signed. Its aggregate is the attempt.

    `digest` covers every answer that counted (`receipt_rules.digest_of`), `answers` says how many.
    `claimed` is the digest that the candidate's page computed from its own copy, null when no page
    did; one that differs is a dispute, which the candidate was told of and handed in all the same.
    `own_answers` is how many of the answers that page knew from its own copy.
    """

    __tablename__ = "receipt"
    __table_args__ = chained_args(
        CheckConstraint("pos = 1", name="one_per_attempt"),
        CheckConstraint("aggregate_id = attempt_id", name="is_of_its_attempt"),
        CheckConstraint("answers >= 0", name="answers_counted"),
        CheckConstraint(
            "(claimed IS NULL) = (own_answers IS NULL)", name="claims_say_what_they_rest_on"
        ),
        CheckConstraint("own_answers >= 0", name="own_answers_counted"),
        UniqueConstraint("attempt_id"),
        Index("ix_receipt_digest", "digest"),
    )

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"))
    closing_id: Mapped[str] = mapped_column(ForeignKey("attempt_event.id"))
    digest: Mapped[str] = mapped_column(String(64))
    claimed: Mapped[str | None] = mapped_column(String(64))
    answers: Mapped[int]
    own_answers: Mapped[int | None]
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


class CheckInEvent(Chained, Base):
    """Something that happened at the door of an exam that is watched over, before its start.

    Its aggregate is the booking. `admission` is where the candidate stands after it. Of a document
    only its type is kept. The payload is why somebody was turned away or could not be checked, or
    how somebody can be reached who asked to be checked without a camera.
    """

    __tablename__ = "check_in_event"
    __table_args__ = chained_args(
        one_of("kind", CheckInKind),
        one_of("admission", Admission),
        one_of("document", DocumentType),
        one_of("means", CheckMeans),
        CheckConstraint("aggregate_id = booking_id", name="is_of_its_booking"),
        CheckConstraint(
            "(kind = 'identity_checked') = (document IS NOT NULL) "
            "AND (document IS NULL) = (means IS NULL)",
            name="identity_has_document",
        ),
        CheckConstraint(
            "(kind IN ('turned_away', 'not_checked')) <= (commitment IS NOT NULL)",
            name="refusal_has_reason",
        ),
        Index("ix_check_in_event_sitting_id", "sitting_id"),
    )

    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    sitting_id: Mapped[str] = mapped_column(ForeignKey("sitting.id"))
    kind: Mapped[str] = mapped_column(String(20))
    admission: Mapped[str] = mapped_column(String(20))
    document: Mapped[str | None] = mapped_column(String(20))
    means: Mapped[str | None] = mapped_column(String(20))


class IdentityPicture(Base):
    """What a candidate's camera took, until nobody needs it any more. Never part of the evidence.

    The document goes in the transaction in which somebody decides, the face when the time for
    appeals is over; that each was there and went stands in the audit.
    """

    __tablename__ = "identity_picture"
    __table_args__ = (
        one_of("kind", PictureKind),
        UniqueConstraint("booking_id", "kind"),
        CheckConstraint("width > 0 AND height > 0", name="has_size"),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Moment)
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Presence(Base):
    """When the page that writes was last heard from, and how it stood: for whoever watches.

    Overwritten by each sign of life; it proves nothing and decides nothing. `waiting` is how long
    the oldest answer that has not reached the server has waited, in milliseconds.
    """

    __tablename__ = "presence"
    __table_args__ = (
        CheckConstraint("unsent >= 0 AND waiting >= 0", name="not_negative"),
        kind(Kind.OPERATIONAL),
    )

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(Moment)
    unsent: Mapped[int]
    waiting: Mapped[int] = mapped_column(BigInteger)
    is_hidden: Mapped[bool] = mapped_column(Boolean)
