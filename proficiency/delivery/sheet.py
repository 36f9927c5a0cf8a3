"""One attempt as the pages of its candidate show it: where it stands, who writes, what is answered.

Read by one statement, and so of one moment and in one round trip: a room that starts together asks
for this page all at once. It finds only the candidate's own attempt (invariant 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from proficiency.core.clock import from_micros
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.delivery.queries import AttemptState, find_top_seq, make_state
from proficiency.delivery.rules import EventKind
from proficiency.delivery.statements import SHEET_COLUMNS, get_statements


@dataclass(frozen=True)
class AnswerSheet:
    """An attempt with everything that was said in it so far about the items that were opened.

    `writer` is the device that writes now, and `top_seq` the highest number that it has used (0 for
    none). `texts` holds the answer that counts for each item that has one whose words are kept.
    """

    state: AttemptState
    writer: str | None
    top_seq: int
    texts: Mapping[str, str]
    flagged: frozenset[str]

    def is_writer(self, device_id: str | None) -> bool:
        """Whether this device is the one that writes."""
        return device_id is not None and device_id == self.writer


class Row(NamedTuple):
    """A row of the statement: the attempt, the same in each, and one item (None without any)."""

    id: str
    booking_id: str
    sitting_id: str
    form_id: str
    actor_id: str
    candidate_number: str
    nonce: str
    at: Any  # microseconds, and a moment once it is read
    base_seconds: int
    extra_percent: int
    extra_seconds: int
    transit_seconds: int
    rest_seconds: int | None
    longest_rest_seconds: int | None
    phase: str
    epoch: int
    stage: int
    window_events: int
    head_pos: int
    head_hash: str
    writer: str | None
    top_seq: int | None
    item_id: str | None
    text: str | None
    flag: str | None


if Row._fields != tuple(SHEET_COLUMNS):
    raise TypeError("the row of an answer sheet is not what its statement selects")


def get_own_sheet(session: Session, attempt_id: str, candidate_id: str) -> AnswerSheet:
    """Return a candidate's own attempt. Raises `NotFound`, also for another's."""
    rows = _read(session, attempt_id, candidate_id)
    if not rows:
        raise NotFound(_("There is no such attempt."))
    first = rows[0]
    return AnswerSheet(
        state=make_state(session, first._replace(at=from_micros(first.at))),
        writer=first.writer,
        top_seq=first.top_seq or 0,
        texts={row.item_id: row.text for row in rows if row.item_id and row.text is not None},
        flagged=frozenset(
            row.item_id for row in rows if row.item_id and row.flag == EventKind.FLAGGED
        ),
    )


def _read(session: Session, attempt_id: str, candidate_id: str) -> list[Row]:
    connection = session.connection()
    text = get_statements(connection.dialect.name).sheet
    asked = {"attempt_id": attempt_id, "candidate_id": candidate_id}
    return [Row._make(row) for row in connection.exec_driver_sql(text, asked)]


def top_seq_of(session: Session, sheet: AnswerSheet, epoch: int) -> int:
    """Return the highest number that the writer of `epoch` has used, 0 for none."""
    if epoch == sheet.state.epoch:
        return sheet.top_seq
    return find_top_seq(session, sheet.state.id, epoch)
