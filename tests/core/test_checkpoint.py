"""A signed checkpoint holds what a chain alone cannot: that nothing was cut off or rewritten."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from proficiency.core.access import Actor
from proficiency.core.audit import AuditEvent, record
from proficiency.core.chain import GENESIS, hash_row
from proficiency.core.checkpoint import Head, load_or_make_key, merkle_root, take_checkpoint
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from tests.clock import NOW
from tests.core.test_chain import problems, tamper, write_three

ACTOR = Actor(user_id="tester")


def checkpoint(database: Database, folder: Path, minute: int = 1, export: Path | None = None):
    key = load_or_make_key(folder / "key.pem")
    return take_checkpoint(database, NOW + timedelta(minutes=minute), key, export)


def test_checkpoints_of_untouched_evidence_verify(database: Database, tmp_path: Path) -> None:
    write_three(database)
    export = tmp_path / "out" / "checkpoints.jsonl"
    assert checkpoint(database, tmp_path, 1, export) is not None
    write_three(database)
    assert checkpoint(database, tmp_path, 2, export) is not None
    assert verify_all(database, exported=export).problems == []


def test_nothing_new_means_no_checkpoint(database: Database, tmp_path: Path) -> None:
    write_three(database)
    assert checkpoint(database, tmp_path, 1) is not None
    assert checkpoint(database, tmp_path, 2) is None


def test_a_chain_cut_off_at_its_end_is_found(sqlite_database: Database, tmp_path: Path) -> None:
    _one, _two, third = write_three(sqlite_database)
    checkpoint(sqlite_database, tmp_path)
    tamper(
        sqlite_database,
        "DELETE FROM audit_event WHERE pos = 3",
        f"DELETE FROM payload WHERE id = '{third}'",
    )
    assert any("had another row at position 3" in problem for problem in problems(sqlite_database))


def test_a_chain_rewritten_with_fresh_hashes_is_found(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with transaction(sqlite_database) as session:
        record(session, ACTOR, NOW, "tested", "thing", "thing-1")
    checkpoint(sqlite_database, tmp_path)
    with sqlite_database.read() as session:
        row = dict(session.execute(sa.select(AuditEvent.__table__)).mappings().one())
    forged = hash_row("audit_event", row | {"action": "forged"})
    tamper(sqlite_database, f"UPDATE audit_event SET action = 'forged', hash = '{forged}'")
    assert len(problems(sqlite_database)) == 1


@pytest.mark.parametrize("column", ["root", "heads", "public_key", "signature"])
def test_a_changed_checkpoint_is_found(
    sqlite_database: Database, tmp_path: Path, column: str
) -> None:
    write_three(sqlite_database)
    checkpoint(sqlite_database, tmp_path)
    changed = "replace(heads, '3', '4')" if column == "heads" else f"'00' || substr({column}, 3)"
    tamper(sqlite_database, f"UPDATE checkpoint SET {column} = {changed}")
    assert problems(sqlite_database)


def test_a_database_exchanged_as_a_whole_contradicts_the_exported_checkpoints(
    sqlite_database: Database, tmp_path: Path
) -> None:
    write_three(sqlite_database)
    export = tmp_path / "exported.jsonl"
    checkpoint(sqlite_database, tmp_path, 1, export)
    tamper(sqlite_database, "DELETE FROM checkpoint")
    found = verify_all(sqlite_database, exported=export).problems
    assert "exported checkpoint 1 (line 1) is not in the database" in found


def test_the_root_depends_on_every_head_and_not_on_their_order() -> None:
    heads = [Head("t", f"chain-{n}", n, GENESIS) for n in range(5)]
    assert merkle_root(heads) == merkle_root(heads[::-1])
    assert merkle_root(heads) != merkle_root(heads[:-1])


def test_the_key_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    load_or_make_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
