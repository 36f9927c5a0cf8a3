"""Proving a row of evidence while somebody looks: every hash is computed again from what is stored.

Rows are found by the name of their table, for this room knows the models of no other. A proof says
what was checked; it is made for a page and stored nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.chain import GENESIS, Payload, commit_to, hash_row
from proficiency.core.db import Base
from proficiency.core.errors import NotFound
from proficiency.core.text import _


class Finding(StrEnum):
    """What a fresh look at a row of evidence found."""

    HOLDS = "holds"
    CHANGED = "changed"  # its hash is not that of what is stored
    UNLINKED = "unlinked"  # it does not continue the row before it
    OTHER_WORDS = "other_words"  # its words are not those that were committed to


@dataclass(frozen=True)
class Proof:
    """The hashes of one row and whether they hold now. `has_words` is False when erased."""

    table: str
    row_id: str
    pos: int
    at: datetime
    hash: str
    prev_hash: str
    commitment: str | None
    has_words: bool
    finding: Finding

    @property
    def holds(self) -> bool:
        return self.finding is Finding.HOLDS


def prove(session: Session, table_name: str, row_id: str) -> Proof:
    """Return the proof of one row of evidence. Raises `NotFound` when there is none."""
    table = Base.metadata.tables[table_name]
    row = session.execute(sa.select(table).where(table.c.id == row_id)).mappings().first()
    if row is None:
        missing = _("This link of the evidence is missing: {table} {id}")
        raise NotFound(missing.format(table=table_name, id=row_id))
    before = session.scalar(
        sa.select(table.c.hash).where(
            table.c.aggregate_id == row["aggregate_id"], table.c.pos == row["pos"] - 1
        )
    )
    words = session.get(Payload, row_id) if row["commitment"] else None
    return Proof(
        table=table_name,
        row_id=row_id,
        pos=row["pos"],
        at=row["at"],
        hash=row["hash"],
        prev_hash=row["prev_hash"],
        commitment=row["commitment"],
        has_words=words is not None,
        finding=_find(table_name, row, before or GENESIS, words),
    )


def _find(table_name: str, row: sa.RowMapping, before: str, words: Payload | None) -> Finding:
    if hash_row(table_name, dict(row)) != row["hash"]:
        return Finding.CHANGED
    if row["prev_hash"] != before:
        return Finding.UNLINKED
    if words is not None and commit_to(words.salt, words.text) != row["commitment"]:
        return Finding.OTHER_WORDS
    return Finding.HOLDS


@dataclass(frozen=True)
class SaveHistory:
    """How an answer came to be: its saves in time, and what arrived and did not count."""

    saves: int
    first_at: datetime | None
    last_at: datetime | None
    uncounted: int


def read_history(session: Session, attempt_id: str, form_item_id: str) -> SaveHistory:
    """Return the history of one answer: late, overtaken and conflicting arrivals do not count."""
    event = Base.metadata.tables["attempt_event"]
    rows = session.execute(
        sa.select(event.c.kind, event.c.at)
        .where(
            event.c.aggregate_id == attempt_id,
            event.c.item_id == form_item_id,
            event.c.kind.like("answer%"),
        )
        .order_by(event.c.pos)
    ).all()
    saved = [row.at for row in rows if row.kind == "answer_saved"]
    return SaveHistory(
        saves=len(saved),
        first_at=saved[0] if saved else None,
        last_at=saved[-1] if saved else None,
        uncounted=len(rows) - len(saved),
    )
