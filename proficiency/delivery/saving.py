"""How one answer, flag or sign of life becomes an event, on whatever cursor it is given.

The fast path and the operations both come through here, so that they can't differ. The caller owns
the transaction and gives the driver's cursor. Everything is decided from one row of facts; more is
read only in the rare cases that need it. Keeps invariant 2 (the row is hashed into its chain) and 4
(the deadline is computed in the transaction that writes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from proficiency.core.chain import commit_to, hash_row
from proficiency.core.chance import new_id, new_salt
from proficiency.core.clock import from_micros, to_micros
from proficiency.core.errors import NotFound, ProficiencyError
from proficiency.core.text import _
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.rules import (
    CONTACT_PERIOD,
    Allowance,
    EventKind,
    Phase,
    SaveFacts,
    SaveReceipt,
    State,
    Window,
    WindowEvent,
    advance,
    classify_save,
    compute_window,
    in_last_minute,
)
from proficiency.delivery.statements import EVENT_COLUMNS, Statements, get_statements

TABLE = AttemptEvent.__tablename__
EMPTY_ROW: Mapping[str, Any] = dict.fromkeys(EVENT_COLUMNS)


class SignInOver(ProficiencyError):
    """The sign-in that the page was opened under has ended; nothing was written."""

    status = 401


class Cursor(Protocol):
    """What is used of a driver's cursor."""

    def execute(self, statement: str, parameters: Mapping[str, Any]) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends: the attempt, the writer's epoch, the sign-in and the device."""

    attempt_id: str
    epoch: int
    sign_in_id: str | None = None
    device_id: str | None = None
    is_trusted: bool = False  # an operation has already checked who acts


@dataclass(frozen=True, slots=True)
class Save:
    """One answer (`text`, the canonical response) or one flag (`flagged`) on its way.

    `seq` is the writer's own number, None for a form posted without a script. `claimed_age` is in
    microseconds. `sent_hash` is that of the fields as they were sent, None where no page sent any.
    """

    sender: Sender
    item_id: str
    item_stage: int
    now: datetime
    seq: int | None
    text: str | None = None
    flagged: bool | None = None
    claimed_age: int | None = None
    sent_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the attempt stands, as every reply tells the page."""

    state: State
    window: Window
    transit: timedelta
    top_seq: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a save, and where the attempt stands after it."""

    receipt: SaveReceipt
    standing: Standing


class Facts(NamedTuple):
    """The row of facts, in the order in which the statement selects it."""

    candidate_id: str
    started_at: int
    base_seconds: int
    extra_percent: int
    extra_seconds: int
    transit_seconds: int
    rest_seconds: int | None
    longest_rest_seconds: int | None
    pos: int
    hash: str
    phase: str
    epoch: int
    stage: int
    window_events: int
    top_seq: int | None
    account_id: str | None
    expires_at: int | None
    revoked_at: int | None

    @property
    def state(self) -> State:
        return State(Phase(self.phase), self.epoch, self.stage, self.window_events)


class Ledger:
    """The attempt's chain as one cursor sees it."""

    def __init__(self, cursor: Cursor, statements: Statements) -> None:
        self._cursor = cursor
        self._texts = statements

    def keep(self, save: Save) -> Kept:
        """Record an answer or a flag and return what became of it.

        Raises `SignInOver`, and `NotFound` for an attempt, stage or epoch that the sender can't
        know of. Nothing has been written when it raises one of these.
        """
        facts = self._facts(save.sender, save.now)
        if save.sender.epoch > facts.epoch or save.item_stage > facts.stage:
            raise NotFound(_("There is no such question in this part of the exam."))
        window = self._window(save.sender, facts)
        earlier = self._earlier(save, facts)
        if isinstance(earlier, SaveReceipt):
            return self._kept(earlier, facts, facts.state, window)
        kind = earlier or self._classify(save, facts, window)
        if save.text is None:
            return self._keep_flag(save, facts, window, kind)
        if save.seq is None and (same := self._same_as_current(save)) is not None:
            return self._kept(same, facts, facts.state, window)
        receipt, state = self._append(facts, kind, save)
        return self._kept(receipt, facts, state, window)

    def stand(self, sender: Sender, now: datetime) -> tuple[Standing, bool]:
        """Return where the attempt stands, and whether a sign of life should be recorded now.

        It should once, when the page is first heard from in the last minute.
        """
        facts = self._facts(sender, now)
        window = self._window(sender, facts)
        standing = _standing(facts, facts.state, window)
        is_due = (
            facts.phase == Phase.WRITING
            and sender.epoch == facts.epoch
            and in_last_minute(window, now)
            and not self._in_contact(sender, window)
        )
        return standing, is_due

    def keep_contact(self, sender: Sender, now: datetime) -> Standing:
        """Record a sign of life if one is due, and return where the attempt stands."""
        standing, is_due = self.stand(sender, now)
        if is_due:
            facts = self._facts(sender, now)
            self._append(facts, EventKind.CONTACTED, Save(sender, "", 0, now, None))
        return standing

    def _facts(self, sender: Sender, now: datetime) -> Facts:
        self._cursor.execute(
            self._texts.facts,
            {
                "attempt_id": sender.attempt_id,
                "epoch": sender.epoch,
                "sign_in_id": sender.sign_in_id,
            },
        )
        row = self._cursor.fetchone()
        if row is None:
            raise NotFound(_("There is no such attempt."))
        facts = Facts._make(row)
        if not sender.is_trusted:
            _check_sign_in(facts, to_micros(now))
        return facts

    def _window(self, sender: Sender, facts: Facts) -> Window:
        events: list[WindowEvent] = []
        if facts.window_events:
            self._cursor.execute(self._texts.window_events, {"attempt_id": sender.attempt_id})
            events = [_window_event(*row) for row in self._cursor.fetchall()]
        return compute_window(
            from_micros(facts.started_at),
            Allowance(
                timedelta(seconds=facts.base_seconds),
                facts.extra_percent,
                timedelta(seconds=facts.extra_seconds),
                timedelta(seconds=facts.rest_seconds or 0),
                timedelta(seconds=facts.longest_rest_seconds or 0),
            ),
            events,
        )

    def _earlier(self, save: Save, facts: Facts) -> SaveReceipt | EventKind | None:
        """What an earlier arrival under the same number means: a replay, a conflict, or nothing."""
        if save.seq is None or save.seq > (facts.top_seq or 0):
            return None
        self._cursor.execute(self._texts.same_number, _numbered(save))
        rows = self._cursor.fetchall()
        for kind, item_id, pos, row_hash, sent_hash, text in rows:
            if item_id == save.item_id and (text if text is not None else kind) == _said(save):
                return SaveReceipt(EventKind(kind), pos, row_hash, sent_hash)
        if any(kind != EventKind.ANSWER_CONFLICTED for kind, *_rest in rows):
            return EventKind.ANSWER_CONFLICTED
        return None

    def _classify(self, save: Save, facts: Facts, window: Window) -> EventKind:
        return classify_save(
            SaveFacts(
                phase=Phase(facts.phase),
                window=window,
                transit=timedelta(seconds=facts.transit_seconds),
                now=save.now,
                item_stage=save.item_stage,
                open_stage=facts.stage,
                newer_exists=self._newer_exists(save, facts),
                in_contact=window.is_over(save.now) and self._in_contact(save.sender, window),
            )
        )

    def _newer_exists(self, save: Save, facts: Facts) -> bool:
        is_newest = save.seq is None or save.seq > (facts.top_seq or 0)
        if save.sender.epoch == facts.epoch and is_newest:
            return False
        texts = self._texts
        self._cursor.execute(
            texts.newer_flag if save.text is None else texts.newer_answer, _numbered(save)
        )
        return self._cursor.fetchone() is not None

    def _in_contact(self, sender: Sender, window: Window) -> bool:
        self._cursor.execute(self._texts.last_contact, {"attempt_id": sender.attempt_id})
        row = self._cursor.fetchone()
        deadline = window.deadline
        return (
            row is not None
            and deadline is not None
            and from_micros(row[0]) >= deadline - CONTACT_PERIOD
        )

    def _same_as_current(self, save: Save) -> SaveReceipt | None:
        """A form posts every answer on the page; what stayed the same is not written again."""
        self._cursor.execute(self._texts.current, _numbered(save))
        row = self._cursor.fetchone()
        if row is None or row[3] != save.text:
            return None
        return SaveReceipt(EventKind.ANSWER_SAVED, row[0], row[1], row[2])

    def _keep_flag(self, save: Save, facts: Facts, window: Window, kind: EventKind) -> Kept:
        """A flag is a note to oneself: one that is late or overtaken leaves no trace."""
        if kind is not EventKind.ANSWER_SAVED:
            refused = SaveReceipt(kind, facts.pos, facts.hash)
            return self._kept(refused, facts, facts.state, window)
        receipt, state = self._append(facts, EventKind(_said(save)), save)
        return self._kept(receipt, facts, state, window)

    def _append(self, facts: Facts, kind: EventKind, save: Save) -> tuple[SaveReceipt, State]:
        state = advance(facts.state, kind)
        row = {
            **EMPTY_ROW,
            "id": new_id(),
            "aggregate_id": save.sender.attempt_id,
            "pos": facts.pos + 1,
            "at": to_micros(save.now),
            "actor_id": facts.candidate_id,
            "prev_hash": facts.hash,
            "kind": kind.value,
            "phase": state.phase.value,
            "epoch": state.epoch,
            "stage": state.stage,
            "window_events": state.window_events,
            "item_id": save.item_id or None,
            "epoch_sent": save.sender.epoch,
            "client_seq": save.seq,
            "device_id": save.sender.device_id,
            "sign_in_id": save.sender.sign_in_id,
            "claimed_age": save.claimed_age,
            "sent_hash": save.sent_hash,
        }
        texts = self._texts.insert_event
        words = {}
        if save.text is not None:
            texts, words = self._texts.insert_answer, {"salt": new_salt(), "text": save.text}
            row["commitment"] = commit_to(words["salt"], save.text)
        row["hash"] = hash_row(TABLE, row)
        for text in texts:
            self._cursor.execute(text, row | words)
        return SaveReceipt(kind, row["pos"], row["hash"], save.sent_hash), state

    def _kept(self, receipt: SaveReceipt, facts: Facts, state: State, window: Window) -> Kept:
        return Kept(receipt, _standing(facts, state, window))


def ledger_of(session: Session) -> Ledger:
    """Return the ledger on a session's own transaction."""
    session.flush()
    connection = session.connection()
    return Ledger(connection.connection.cursor(), get_statements(connection.dialect.name))


def _check_sign_in(facts: Facts, now: int) -> None:
    if facts.account_id is None or facts.revoked_at is not None or now >= (facts.expires_at or 0):
        raise SignInOver(
            _("Your sign-in has ended. What you typed is kept on this device. Sign in again.")
        )
    if facts.account_id != facts.candidate_id:
        raise NotFound(_("There is no such attempt."))


def _standing(facts: Facts, state: State, window: Window) -> Standing:
    return Standing(state, window, timedelta(seconds=facts.transit_seconds), facts.top_seq or 0)


def _window_event(kind: str, at: int, amount: int | None) -> WindowEvent:
    return WindowEvent(EventKind(kind), from_micros(at), timedelta(microseconds=amount or 0))


def _numbered(save: Save) -> dict[str, Any]:
    return {
        "attempt_id": save.sender.attempt_id,
        "item_id": save.item_id,
        "epoch": save.sender.epoch,
        "seq": save.seq,
    }


def _said(save: Save) -> str:
    """What a save says, to be compared with what arrived under the same number."""
    if save.text is not None:
        return save.text
    return EventKind.FLAGGED if save.flagged else EventKind.UNFLAGGED
