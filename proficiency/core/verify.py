"""Checks all evidence offline: chains, payloads, guards, checkpoints (invariants 1 and 2).

Nothing here trusts the application: every hash is computed again from the values as they are
stored, before any type of ours reads them, and what cannot be read is a finding and not a crash.
The first broken link of each chain is named. Cross-row rules come from each room's `verify.py`.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from proficiency.core.chain import (
    GENESIS,
    Chained,
    Payload,
    Tombstone,
    commit_to,
    evidence_models,
    hash_row,
)
from proficiency.core.checkpoint import (
    CHAIN,
    Checkpoint,
    merkle_root,
    read_heads,
    signed_bytes,
)
from proficiency.core.db import Base, Database
from proficiency.core.guards import missing_guards

RoomCheck = Callable[[Session], Iterable[str]]
BATCH = 1000

UNREADABLE = (ValueError, TypeError, AttributeError)
"""What a value of the wrong kind raises where text or a whole number belongs."""


@dataclass
class Report:
    """What was checked, and every problem found, in words."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def verify_all(
    database: Database,
    room_checks: Iterable[RoomCheck] = (),
    exported: Path | None = None,
    public_keys: Collection[str] = (),
) -> Report:
    """Check everything in `database` from one snapshot.

    Where given, `exported` checkpoints must be in the database, and all checkpoints must be signed
    by one of `public_keys` (hexadecimal): whoever rewrites a database can't rewrite these.
    """
    report = Report()
    try:
        with database.read(snapshot=True) as session, _undecoded(session):
            report.problems += _check_file(session)
            _check_evidence(session, report)
            _check_checkpoints(session, public_keys, report)
            if exported is not None:
                report.problems += _compare_export(session, exported)
            report.problems += missing_guards(session.connection())
            _check_rooms(session, room_checks, report)
    except (sa.exc.DatabaseError, UnicodeDecodeError) as fault:  # its own complaint may be broken
        report.problems.append(f"the database cannot be read: {str(fault).splitlines()[0]}")
    return report


@contextmanager
def _undecoded(session: Session) -> Iterator[None]:
    """Let SQLite hand out text that is not UTF-8 any more, so that its row can be named."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    driver: Any = session.connection().connection.driver_connection
    driver.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


def _check_file(session: Session) -> Iterator[str]:
    """Let SQLite compare its own pages and indexes first: through them all else is read."""
    if session.get_bind().dialect.name == "sqlite":
        for finding in session.scalars(sa.text("PRAGMA integrity_check(20)")):
            if finding != "ok":
                yield f"the database file: {finding}"


def _check_evidence(session: Session, report: Report) -> None:
    erased = set(session.scalars(sa.select(_table(Tombstone).c.payload_id)))
    for model in evidence_models():
        rows = _check_table(session, _table(model), erased, report)
        report.lines.append(f"{model.__tablename__}: {rows} rows")
    report.problems += _check_orphans(session)


def _table(model: type[Base] | type[Chained]) -> sa.Table:
    return Base.metadata.tables[model.__tablename__]


def _stored(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns of `table` as the driver gives them: a boolean of 2 must not be read as true."""
    return [sa.type_coerce(column, sa.types.NULLTYPE).label(column.name) for column in table.c]


def _stream(session: Session, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
    for row in session.execute(query.execution_options(yield_per=BATCH)).mappings():
        yield dict(row)


def _check_table(session: Session, table: sa.Table, erased: set[str], report: Report) -> int:
    """Check all chains of one table; each chain contributes at most its first broken link."""
    rows, chain, expected, previous, broken = 0, None, 0, GENESIS, False
    words = _table(Payload)
    query = (
        sa.select(
            *_stored(table),
            words.c.salt.label("its salt"),
            words.c.text.label("its words"),
        )
        .outerjoin(words, words.c.id == table.c.id)
        .order_by(table.c.aggregate_id, table.c.pos)
    )
    for row in _stream(session, query):
        rows += 1
        report.problems += _check_words(
            row["id"],
            row["commitment"],
            row.pop("its salt"),
            row.pop("its words"),
            erased,
        )
        if row["aggregate_id"] != chain:
            chain, expected, previous, broken = row["aggregate_id"], 0, GENESIS, False
        expected += 1
        if broken:
            continue
        problem = _link_problem(table.name, row, expected, previous)
        if problem:
            broken = True
            report.problems.append(f"{table.name} chain {chain}, position {expected}: {problem}")
        previous = row["hash"]
    return rows


def _link_problem(table: str, row: dict[str, Any], expected: int, previous: str) -> str | None:
    if row["pos"] != expected:
        return f"a row is missing (found position {row['pos']})"
    if row["prev_hash"] != previous:
        return "does not link to the row before it"
    if _computed(hash_row, table, row) != row["hash"]:
        return "was changed after it was written"
    return None


def _check_words(
    row_id: str,
    commitment: str | None,
    salt: str | None,
    text: str | None,
    erased: set[str],
) -> Iterator[str]:
    """What a row commits to is there and the same, or was erased behind a tombstone."""
    if commitment is None:
        return
    if text is None:
        if row_id not in erased:
            yield f"payload {row_id}: the words are gone and there is no tombstone"
    elif _computed(commit_to, salt, text) != commitment:
        yield f"payload {row_id}: the words are not those that were committed to"
    elif row_id in erased:
        yield f"payload {row_id}: has a tombstone, and its words are still there"


def _computed(function: Callable[..., str], *values: Any) -> str | None:
    """What `function` makes of stored values; None when one of them is not even of its kind."""
    try:
        return function(*values)
    except UNREADABLE:
        return None


def _check_orphans(session: Session) -> Iterator[str]:
    """Every payload and every tombstone belongs to a commitment."""
    tables = [_table(model) for model in evidence_models()]
    committed = sa.union_all(
        *(sa.select(table.c.id).where(table.c.commitment.is_not(None)) for table in tables)
    ).subquery()
    for column, problem in (
        (_table(Payload).c.id, "no evidence commits to these words"),
        (
            _table(Tombstone).c.payload_id,
            "has a tombstone, and no evidence ever committed to it",
        ),
    ):
        orphans = sa.except_(sa.select(column), sa.select(committed.c.id))
        for row_id in sorted(session.scalars(orphans)):
            yield f"payload {row_id}: {problem}"


def _check_checkpoints(session: Session, public_keys: Collection[str], report: Report) -> None:
    table, tables = (
        _table(Checkpoint),
        {m.__tablename__: _table(m) for m in evidence_models()},
    )
    signers: Counter[str] = Counter()
    for row in _stream(session, sa.select(*_stored(table)).order_by(table.c.pos)):
        signers[row["public_key"]] += 1
        named = f"checkpoint {row['pos']}"
        report.problems += [f"{named}: {found}" for found in _check_signature(row, public_keys)]
        report.problems += [f"{named}: {found}" for found in _check_heads(session, row, tables)]
    for key, count in signers.items():
        report.lines.append(f"checkpoints signed by {key}: {count}")


def _check_signature(row: dict[str, Any], public_keys: Collection[str]) -> Iterator[str]:
    if public_keys and row["public_key"] not in public_keys:
        yield "is signed with another key than is known"
    try:
        body = signed_bytes(row["root"], row["prev_hash"], row["at"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row["public_key"]))
        key.verify(bytes.fromhex(row["signature"]), body)
    except (InvalidSignature, *UNREADABLE):
        yield "its signature does not hold"


def _check_heads(
    session: Session, row: dict[str, Any], tables: dict[str, sa.Table]
) -> Iterator[str]:
    try:
        heads = read_heads(row["heads"])
    except UNREADABLE:
        yield "its heads cannot be read"
        return
    if merkle_root(heads) != row["root"]:
        yield "its heads do not give its root"
    for head in heads:
        table = tables.get(head.table)
        if table is None or _hash_at(session, table, head.chain, head.pos) != head.hash:
            yield (
                f"{head.table} chain {head.chain} had another row at position {head.pos}, "
                "or it was cut off"
            )


def _hash_at(session: Session, table: sa.Table, chain: str, pos: int) -> str | None:
    query = sa.select(table.c.hash).where(table.c.aggregate_id == chain, table.c.pos == pos)
    return session.connection().scalar(query)


def _compare_export(session: Session, exported: Path) -> Iterator[str]:
    """What has left the machine must still be here: it can't be signed again in secret."""
    table = _table(Checkpoint)
    with exported.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                told = (entry["hash"], entry["signature"], entry["public_key"])
                pos = int(entry["pos"])
            except (KeyError, *UNREADABLE):
                yield f"line {number} of the exported file cannot be read"
                continue
            query = sa.select(table.c.hash, table.c.signature, table.c.public_key).where(
                table.c.aggregate_id == CHAIN, table.c.pos == pos
            )
            if session.execute(query).first() != told:
                yield f"exported checkpoint {pos} (line {number}) is not in the database"


def _check_rooms(session: Session, checks: Iterable[RoomCheck], report: Report) -> None:
    """Check the rules across rows. On broken evidence a check may stumble: that is told too."""
    for check in checks:
        try:
            report.problems += check(session)
        except Exception as fault:
            if not report.problems:
                raise
            report.problems.append(f"{check.__module__} can't judge it: {type(fault).__name__}")
