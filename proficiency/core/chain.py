"""History is chained, erasure is lawful (invariants 1 and 2).

Every evidence table is `Chained`: its rows form one chain per aggregate, ordered by a unique
position. `hash = SHA-256(all stored fields but the hash)`, over length-prefixed bytes, and those
fields include the previous hash and the commitment. A person's words live in `payload`, bound by
`commitment = SHA-256(salt ‖ words)`; they can be erased behind a `tombstone` and the chain still
verifies. Columns that are null are left out, so a later nullable column changes no old hash.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from proficiency.core.chance import new_id, new_salt
from proficiency.core.clock import to_micros
from proficiency.core.db import Base, Kind, Moment, kind, lock
from proficiency.core.text import clean_text

Row = TypeVar("Row", bound="Chained")

GENESIS = "0" * 64
"""The previous hash of the first row of every chain."""

Head = tuple[int, str]
"""Position and hash of the newest row of a chain."""

EMPTY: Head = (0, GENESIS)
"""The head of a chain without rows."""


class Chained:
    """Columns of every evidence table. Insert through `append`, which fills in the chain."""

    if TYPE_CHECKING:
        __tablename__: Any

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    aggregate_id: Mapped[str] = mapped_column(String(120))
    pos: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    actor_id: Mapped[str] = mapped_column(String(20))
    commitment: Mapped[str | None] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    @declared_attr.directive
    def __table_args__(cls: Any) -> tuple[Any, ...]:
        return chained_args()


def chained_args(*extra: Any) -> tuple[Any, ...]:
    """The `__table_args__` of an evidence table: its chain's rules, then `extra` constraints."""
    return (
        UniqueConstraint("aggregate_id", "pos"),
        sa.CheckConstraint("pos >= 1", name="pos_from_one"),
        *extra,
        kind(Kind.EVIDENCE),
    )


class Payload(Base):
    """Words written by a person, apart from the evidence that commits to them."""

    __tablename__ = "payload"
    __table_args__ = (kind(Kind.PAYLOAD),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)


class Tombstone(Chained, Base):
    """Leave to erase one payload, and the trace that it was there. Its aggregate is the payload."""

    __tablename__ = "tombstone"
    __table_args__ = chained_args(
        UniqueConstraint("payload_id"),
        sa.CheckConstraint("aggregate_id = payload_id", name="is_of_its_payload"),
        sa.CheckConstraint("reason <> ''", name="reason_given"),
    )

    payload_id: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)


def encode_fields(parts: Iterable[bytes]) -> bytes:
    """Join byte strings so that no two different lists give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def commit_to(salt: str, text: str) -> str:
    """Return the commitment to `text`: it hides the words and binds to them."""
    return hashlib.sha256(encode_fields((salt.encode(), text.encode()))).hexdigest()


def hash_row(table: str, values: Mapping[str, Any]) -> str:
    """Return the hash of an evidence row from its stored values (`hash` itself is left out)."""
    parts = [table.encode()]
    for name in sorted(values):
        value = values[name]
        if name != "hash" and value is not None:
            parts += (name.encode(), _bytes_of(value))
    return hashlib.sha256(encode_fields(parts)).hexdigest()


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, str):
        return b"s" + value.encode()
    if isinstance(value, datetime):
        value = to_micros(value)
    if isinstance(value, int):  # booleans are stored as 0 and 1
        return b"i%d" % value
    raise TypeError(f"evidence holds text, integers and moments, not {type(value).__name__}")


def row_values(row: Chained) -> dict[str, Any]:
    """Return the stored columns of an evidence row by name."""
    return {column: getattr(row, key) for column, key in _means_of(type(row)).columns}


class _Means(NamedTuple):
    """What one table's chains are read and written with: `columns` are names with attributes."""

    columns: tuple[tuple[str, str], ...]
    head: sa.Select[int, str]
    insertion: sa.Insert


_means: dict[type[Chained], _Means] = {}


def _means_of(model: type[Chained]) -> _Means:
    """Making a statement takes longer than running it, and these run at every append."""
    if model not in _means:
        mapper = sa.inspect(model)
        table = cast(sa.Table, mapper.local_table)
        _means[model] = _Means(
            columns=tuple((each.columns[0].name, each.key) for each in mapper.column_attrs),
            head=sa.select(table.c.pos, table.c.hash)
            .where(table.c.aggregate_id == sa.bindparam("aggregate_id"))
            .order_by(table.c.pos.desc())
            .limit(1),
            insertion=sa.insert(table),
        )
    return _means[model]


def find_head(session: Session, model: type[Chained], aggregate_id: str) -> Head:
    """Return the head of a chain; `EMPTY` for one without rows."""
    found = session.execute(_means_of(model).head, {"aggregate_id": aggregate_id}).first()
    return (found.pos, found.hash) if found else EMPTY


def append(session: Session, row: Row, *, text: str | None = None, head: Head | None = None) -> Row:
    """Add an evidence row to the end of its chain, with `text` as its payload, and write both.

    The caller sets `aggregate_id`, `at`, `actor_id` and the fields of its own. Raises `ValueError`
    for `text`, or a text of the row, that has not been through `clean_text`. On PostgreSQL this
    waits for other writers of the same chain. A caller who knows the `head` saves waiting and
    looking for it: it was read under the chain's lock, or the chain is new. If it went on all the
    same, its unique positions refuse the row (`IntegrityError`). The row that is returned can be
    read like any other; the session does not keep it, for evidence never changes.
    """
    if head is None:
        lock(session, row.aggregate_id)
        head = find_head(session, type(row), row.aggregate_id)
    row.id = row.id or new_id()
    values, payload = _link(row, head, text)
    session.flush()  # what the row refers to comes before it
    connection = session.connection()
    if payload is not None:
        connection.execute(sa.insert(Payload), payload)
    connection.execute(_means_of(type(row)).insertion, values)
    return row


def append_in_bulk(
    session: Session,
    rows: Iterable[Chained],
    words: Mapping[str, str],
    heads: Mapping[str, Head],
) -> None:
    """Add thousands of evidence rows to their chains, each chain in the order of `rows`.

    Every row has its id; `words` gives the payload by id, `heads` position and hash of the last row
    of each chain that is not empty. It takes no locks, for PostgreSQL has room for a few thousand
    only: the caller holds the lock of the whole that the chains are part of. A chain that went on
    all the same is refused by its unique positions (`IntegrityError`). Raises as `append` does.
    """
    heads = dict(heads)
    for row in rows:
        head = heads.get(row.aggregate_id, EMPTY)
        _values, payload = _link(row, head, words.get(row.id))
        session.add(row)
        if payload is not None:
            session.add(Payload(**payload))
        heads[row.aggregate_id] = row.pos, row.hash
    session.flush()


Values = dict[str, Any]


def _link(row: Chained, head: Head, text: str | None) -> tuple[Values, Values | None]:
    """Put `row` after the head of its chain; return what to store of it and of its payload."""
    _refuse_unclean([text])
    row.pos, row.prev_hash = head[0] + 1, head[1]
    payload = None
    if text is not None:
        payload = {"id": row.id, "salt": new_salt(), "text": text}
        row.commitment = commit_to(payload["salt"], text)
    values = row_values(row)
    _refuse_unclean(values.values())
    values["hash"] = row.hash = hash_row(row.__tablename__, values)
    return values, payload


def _refuse_unclean(values: Iterable[Any]) -> None:
    """What is hashed must be what both databases keep, byte by byte (invariant 11)."""
    for value in values:
        if isinstance(value, str) and value != clean_text(value):
            raise ValueError("evidence holds cleaned text only: see clean_text")


def find_words(session: Session, row_id: str) -> str | None:
    """Return the words that the evidence row `row_id` commits to, or None when erased or none."""
    return session.scalar(sa.select(Payload.text).where(Payload.id == row_id))


def evidence_models() -> list[type[Chained]]:
    """Return every evidence model that is mapped, by table name."""
    models = [
        mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Chained)
    ]
    return sorted(models, key=lambda model: model.__tablename__)
