"""Checks all evidence offline: chains, payloads, guards, checkpoints (invariants 1 and 2).

Nothing here trusts the application: every hash is computed again from the stored values. The first
broken link of each chain is named. Cross-row rules come from each room's `verify.py`.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from proficiency.core import guards
from proficiency.core.chain import (
    GENESIS,
    Chained,
    Payload,
    Tombstone,
    commit_to,
    evidence_models,
    hash_row,
)
from proficiency.core.checkpoint import Checkpoint, Head, merkle_root, read_heads, signed_bytes
from proficiency.core.clock import to_micros
from proficiency.core.db import Base, Database, kind_of

RoomCheck = Callable[[Session], Iterable[str]]
BATCH = 1000


@dataclass
class Report:
    """What was checked, and every problem found, in words."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def verify_all(
    database: Database, room_checks: Iterable[RoomCheck] = (), exported: Path | None = None
) -> Report:
    """Check everything in `database` from one snapshot; compare `exported` checkpoints if given."""
    report = Report()
    with database.read(snapshot=True) as session:
        commitments: dict[str, str] = {}
        for model in evidence_models():
            rows = _check_table(session, model, commitments, report)
            report.lines.append(f"{model.__tablename__}: {rows} rows")
        report.problems += _check_payloads(session, commitments)
        report.problems += _check_checkpoints(session, exported)
        report.problems += missing_guards(session)
        for check in room_checks:
            report.problems += check(session)
    return report


def _check_table(
    session: Session, model: type[Chained], commitments: dict[str, str], report: Report
) -> int:
    """Check all chains of one table; each chain contributes at most its first broken link."""
    table = Base.metadata.tables[model.__tablename__]
    rows, chain, expected, previous, broken = 0, None, 0, GENESIS, False
    query = sa.select(table).order_by(table.c.aggregate_id, table.c.pos)
    for row in session.execute(query.execution_options(yield_per=BATCH)).mappings():
        rows += 1
        if row["commitment"] is not None:
            commitments[row["id"]] = row["commitment"]
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


def _link_problem(table: str, row: sa.RowMapping, expected: int, previous: str) -> str | None:
    if row["pos"] != expected:
        return f"a row is missing (found position {row['pos']})"
    if row["prev_hash"] != previous:
        return "does not link to the row before it"
    if hash_row(table, dict(row)) != row["hash"]:
        return "was changed after it was written"
    return None


def _check_payloads(session: Session, commitments: dict[str, str]) -> Iterator[str]:
    """Every commitment has its words or a tombstone; every payload belongs to a commitment."""
    erased = set(session.scalars(sa.select(Tombstone.payload_id)))
    found = set()
    query = sa.select(Payload.id, Payload.salt, Payload.text).order_by(Payload.id)
    for row in session.execute(query.execution_options(yield_per=BATCH)):
        found.add(row.id)
        if row.id not in commitments:
            yield f"payload {row.id}: no evidence commits to these words"
        elif commit_to(row.salt, row.text) != commitments[row.id]:
            yield f"payload {row.id}: the words are not those that were committed to"
    for row_id in sorted(set(commitments) - found - erased):
        yield f"payload {row_id}: the words are gone and there is no tombstone"
    for row_id in sorted(erased & found):
        yield f"payload {row_id}: has a tombstone, and its words are still there"


def _check_checkpoints(session: Session, exported: Path | None) -> Iterator[str]:
    checkpoints = list(session.scalars(sa.select(Checkpoint).order_by(Checkpoint.pos)))
    tables = {m.__tablename__: m for m in evidence_models()}
    for checkpoint in checkpoints:
        try:
            heads = read_heads(checkpoint)
        except (ValueError, TypeError):
            yield f"checkpoint {checkpoint.pos}: its heads cannot be read"
            continue
        yield from _check_signature(checkpoint, heads)
        for head in heads:
            model = tables.get(head.table)
            stored = model and session.scalar(
                sa.select(model.hash).where(model.aggregate_id == head.chain, model.pos == head.pos)
            )
            if stored != head.hash:
                yield (
                    f"checkpoint {checkpoint.pos}: {head.table} chain {head.chain} had another row "
                    f"at position {head.pos}, or it was cut off"
                )
    if exported is not None:
        yield from _compare_export(checkpoints, exported)


def _check_signature(checkpoint: Checkpoint, heads: list[Head]) -> Iterator[str]:
    body = signed_bytes(checkpoint.root, checkpoint.prev_hash, to_micros(checkpoint.at))
    if merkle_root(heads) != checkpoint.root:
        yield f"checkpoint {checkpoint.pos}: its heads do not give its root"
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.public_key))
        key.verify(bytes.fromhex(checkpoint.signature), body)
    except (InvalidSignature, ValueError):
        yield f"checkpoint {checkpoint.pos}: its signature does not hold"


def _compare_export(checkpoints: list[Checkpoint], exported: Path) -> Iterator[str]:
    stored = {checkpoint.pos: checkpoint for checkpoint in checkpoints}
    for number, line in enumerate(exported.read_text(encoding="utf-8").splitlines(), 1):
        entry = json.loads(line)
        checkpoint = stored.get(entry["pos"])
        if checkpoint is None or (checkpoint.hash, checkpoint.signature) != (
            entry["hash"],
            entry["signature"],
        ):
            yield f"exported checkpoint {entry['pos']} (line {number}) is not in the database"


def missing_guards(session: Session) -> Iterator[str]:
    """Yield each table whose append-only triggers are not in the catalogue."""
    present = installed_triggers(session)
    dialect = session.get_bind().dialect.name
    for table in Base.metadata.sorted_tables:
        for statement in guards.guard_statements(table.name, kind_of(table), dialect):
            name = statement.split()[2]
            if name not in present:
                yield f"{table.name}: the guard {name} is missing"


def installed_triggers(session: Session) -> set[str]:
    """Return the names of the triggers that are in the catalogue and switched on."""
    if session.get_bind().dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    return set(session.scalars(sa.text(query)))
