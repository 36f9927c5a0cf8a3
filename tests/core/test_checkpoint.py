"""A signed checkpoint holds what a chain alone cannot: that nothing was cut off or rewritten."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from proficiency import cli
from proficiency.core import checkpoint as checkpoints
from proficiency.core import verify
from proficiency.core.access import Actor
from proficiency.core.audit import AuditEvent, record
from proficiency.core.chain import (
    GENESIS,
    Payload,
    Tombstone,
    append,
    evidence_models,
    hash_row,
)
from proficiency.core.checkpoint import (
    Checkpoint,
    Head,
    load_or_make_key,
    merkle_root,
    read_heads,
    take_checkpoint,
)
from proficiency.core.clock import to_micros
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from tests.clock import NOW
from tests.core.test_chain import problems, tamper, write_three

ACTOR = Actor(user_id="tester")


def checkpoint(
    database: Database,
    folder: Path,
    minute: int = 1,
    export: Path | None = None,
    key_name: str = "key.pem",
) -> Checkpoint | None:
    key = load_or_make_key(folder / key_name)
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


def test_a_chain_cut_off_at_its_end_is_found(database: Database, tmp_path: Path) -> None:
    _one, _two, third = write_three(database)
    checkpoint(database, tmp_path)
    tamper(
        database,
        "DELETE FROM audit_event WHERE pos = 3",
        f"DELETE FROM payload WHERE id = '{third}'",
    )
    assert any("had another row at position 3" in problem for problem in problems(database))


def test_a_chain_rewritten_with_fresh_hashes_is_found(database: Database, tmp_path: Path) -> None:
    with transaction(database) as session:
        record(session, ACTOR, NOW, "tested", "thing", "thing-1")
    checkpoint(database, tmp_path)
    with database.read() as session:
        row = dict(session.execute(sa.select(AuditEvent.__table__)).mappings().one())
    forged = hash_row("audit_event", row | {"action": "forged"})
    tamper(database, f"UPDATE audit_event SET action = 'forged', hash = '{forged}'")
    assert len(problems(database)) == 1


@pytest.mark.parametrize("column", ["root", "heads", "public_key", "signature"])
def test_a_changed_checkpoint_is_found(database: Database, tmp_path: Path, column: str) -> None:
    write_three(database)
    checkpoint(database, tmp_path)
    first = f"CASE substr({column}, 1, 1) WHEN '0' THEN '1' ELSE '0' END"
    changed = "replace(heads, '3', '4')" if column == "heads" else f"{first} || substr({column}, 2)"
    tamper(database, f"UPDATE checkpoint SET {column} = {changed}")
    assert problems(database)


def forge(database: Database, **values: Any) -> None:
    """Rewrite the newest checkpoint, with the hash that its new values give."""
    table = Checkpoint.__table__
    with database.read() as session:
        newest = sa.select(table).order_by(table.c.pos.desc()).limit(1)
        row = dict(session.execute(newest).mappings().one())
    changed = values | {"hash": hash_row("checkpoint", row | values)}
    changes = ", ".join(f"{name} = {_quoted(value)}" for name, value in changed.items())
    tamper(database, f"UPDATE checkpoint SET {changes} WHERE pos = {row['pos']}")


def _quoted(value: Any) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


@pytest.mark.parametrize(
    "values",
    [
        {"heads": "[]", "root": merkle_root([])},
        {"at": to_micros(NOW)},
        {"signature": "00" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_without_the_key_no_checkpoint_can_be_written_anew(
    database: Database, tmp_path: Path, values: dict[str, Any]
) -> None:
    """Its heads give its root and its row gives its hash: the signature alone contradicts."""
    write_three(database)
    checkpoint(database, tmp_path)
    forge(database, **values)
    assert problems(database) == ["checkpoint 1: its signature does not hold"]


def test_a_checkpoint_cannot_be_taken_out_from_before_another(
    database: Database, tmp_path: Path
) -> None:
    """What is signed names the one before."""
    write_three(database)
    checkpoint(database, tmp_path, 1)
    write_three(database)
    checkpoint(database, tmp_path, 2)
    tamper(database, "DELETE FROM checkpoint WHERE pos = 1")
    forge(database, pos=1, prev_hash=GENESIS)
    assert problems(database) == ["checkpoint 1: its signature does not hold"]


@pytest.mark.parametrize("heads", ["no JSON", "[[1]]", '[["t", "c", "x", "h"]]', "7", "{}"])
def test_heads_that_cannot_be_read_are_named(
    database: Database, tmp_path: Path, heads: str
) -> None:
    write_three(database)
    checkpoint(database, tmp_path)
    tamper(database, f"UPDATE checkpoint SET heads = '{heads}'")
    assert any(problem.startswith("checkpoint 1: its heads") for problem in problems(database))


def test_a_chain_that_vanished_as_a_whole_is_found(database: Database, tmp_path: Path) -> None:
    write_three(database)
    checkpoint(database, tmp_path)
    tamper(database, "DELETE FROM audit_event", "DELETE FROM payload")
    assert [problem for problem in problems(database) if "had another row at position 3" in problem]


def test_a_database_exchanged_as_a_whole_contradicts_the_exported_checkpoints(
    database: Database, tmp_path: Path
) -> None:
    write_three(database)
    export = tmp_path / "exported.jsonl"
    checkpoint(database, tmp_path, 1, export)
    tamper(database, "DELETE FROM checkpoint")
    found = verify_all(database, exported=export).problems
    assert "exported checkpoint 1 (line 1) is not in the database" in found


def test_history_signed_again_with_another_key_is_found_by_what_left_the_machine(
    database: Database, tmp_path: Path
) -> None:
    """The forger rewrites a chain with right hashes and signs new checkpoints with a key of his."""
    with transaction(database) as session:
        record(session, ACTOR, NOW, "tested", "thing", "thing-1")
    export = tmp_path / "exported.jsonl"
    honest = checkpoint(database, tmp_path, 1, export)
    with database.read() as session:
        row = dict(session.execute(sa.select(AuditEvent.__table__)).mappings().one())
    forged = hash_row("audit_event", row | {"action": "forged"})
    tamper(
        database,
        f"UPDATE audit_event SET action = 'forged', hash = '{forged}'",
        "DELETE FROM checkpoint",
    )
    checkpoint(database, tmp_path, 1, key_name="another.pem")
    assert problems(database) == []
    assert honest is not None
    exported = "exported checkpoint 1 (line 1) is not in the database"
    assert exported in verify_all(database, exported=export).problems
    unknown = "checkpoint 1: is signed with another key than is known"
    assert unknown in verify_all(database, public_keys=[honest.public_key]).problems


def public_key(folder: Path, key_name: str) -> str:
    """Write the public half of a key into a file beside it, and return that file's name."""
    key = load_or_make_key(folder / key_name).public_key()
    path = folder / f"public-{key_name}"
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(path)


def run_verify(database: Database, *words: str) -> Result:
    """`proficiency verify` with these words."""
    settings = SimpleNamespace(database=database)
    return CliRunner().invoke(cli.verify, words, obj=settings)


def test_a_signature_by_any_but_the_known_keys_ends_the_command_with_status_1(
    database: Database, tmp_path: Path
) -> None:
    first, second = (public_key(tmp_path, name) for name in ("one.pem", "two.pem"))
    write_three(database)
    checkpoint(database, tmp_path, 1, key_name="one.pem")
    write_three(database)
    checkpoint(database, tmp_path, 2, key_name="two.pem")
    one_known = run_verify(database, "--public-key", first)
    both_known = run_verify(database, "--public-key", first, "--public-key", second)
    assert one_known.exit_code == 1
    assert "checkpoint 2: is signed with another key than is known" in one_known.output
    assert "checkpoint 1" not in one_known.output
    assert (both_known.exit_code, run_verify(database).exit_code) == (0, 0)


@pytest.mark.parametrize("is_private", [True, False])
def test_a_file_that_holds_no_public_key_is_refused_before_anything_is_checked(
    sqlite_database: Database, tmp_path: Path, is_private: bool
) -> None:
    load_or_make_key(tmp_path / "wrong.pem")
    if not is_private:
        (tmp_path / "wrong.pem").write_text("no key at all")
    result = run_verify(sqlite_database, "--public-key", str(tmp_path / "wrong.pem"))
    assert isinstance(result.exception, Invalid)
    assert "holds no public key" in result.exception.message


def test_the_report_says_who_signed(database: Database, tmp_path: Path) -> None:
    write_three(database)
    one = checkpoint(database, tmp_path)
    assert one is not None
    assert f"checkpoints signed by {one.public_key}: 1" in verify_all(database).lines


def test_what_could_not_be_exported_is_exported_the_next_time(
    database: Database, tmp_path: Path
) -> None:
    export = tmp_path / "away" / "exported.jsonl"
    (tmp_path / "away").touch()  # not a folder: the disk is away
    write_three(database)
    with pytest.raises(OSError):
        checkpoint(database, tmp_path, 1, export)
    (tmp_path / "away").unlink()
    assert checkpoint(database, tmp_path, 2, export) is None
    lines = export.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["pos"] for line in lines] == [1]


def test_a_line_that_was_cut_off_is_written_again_and_told(
    database: Database, tmp_path: Path
) -> None:
    export = tmp_path / "exported.jsonl"
    write_three(database)
    checkpoint(database, tmp_path, 1, export)
    export.write_bytes(export.read_bytes()[:100])
    write_three(database)
    checkpoint(database, tmp_path, 2, export)
    assert export.read_text(encoding="utf-8").count('"signature"') == 2
    found = verify_all(database, exported=export).problems
    assert found == ["line 1 of the exported file cannot be read"]


def test_a_row_with_a_date_of_long_ago_is_covered_within_the_hour(
    database: Database, tmp_path: Path
) -> None:
    write_three(database)
    checkpoint(database, tmp_path, 1)
    with transaction(database) as session:
        late = record(session, ACTOR, NOW - timedelta(days=9), "tested", "thing", "thing-2")
    covering = checkpoint(database, tmp_path, 61)
    assert covering is not None
    assert read_heads(covering.heads) == [Head("audit_event", "thing-2", 1, late.hash)]


def test_checkpoints_taken_by_two_workers_at_once_verify(
    database: Database, tmp_path: Path
) -> None:
    export = tmp_path / "exported.jsonl"
    write_three(database)
    load_or_make_key(tmp_path / "key.pem")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda minute: checkpoint(database, tmp_path, minute, export), range(8)))
    assert verify_all(database, exported=export).problems == []


def test_a_snapshot_does_not_see_what_is_written_meanwhile(database: Database) -> None:
    def rows(session: Session) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) or 0

    with database.read(snapshot=True) as session:
        before = rows(session)
        write_three(database)
        assert rows(session) == before
    with database.read() as session:
        assert rows(session) == before + 3


def once_meanwhile(act: Callable[[], object]) -> Callable[[], list[Any]]:
    """A list of the tables of evidence, during whose first reading somebody else acts."""
    acts = [act]

    def models() -> list[Any]:
        while acts:
            acts.pop()()
        return evidence_models()

    return models


def test_a_checkpoint_tells_of_one_moment(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_three(database)
    meanwhile = once_meanwhile(lambda: write_three(database))
    monkeypatch.setattr(checkpoints, "evidence_models", meanwhile)
    taken = checkpoint(database, tmp_path)
    assert taken is not None
    assert [head.pos for head in read_heads(taken.heads)] == [3]


def test_what_is_lawfully_erased_while_everything_is_verified_is_no_finding(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_rest = write_three(database)

    def erase() -> None:
        with transaction(database) as session:
            marked = Tombstone(aggregate_id=first, at=NOW, actor_id=ACTOR.id, payload_id=first)
            marked.reason = "schedule"
            append(session, marked)
            session.execute(sa.delete(Payload).where(Payload.id == first))

    monkeypatch.setattr(verify, "evidence_models", once_meanwhile(erase))
    assert problems(database) == []


def test_the_root_depends_on_every_head_and_not_on_their_order() -> None:
    heads = [Head("t", f"chain-{n}", n, GENESIS) for n in range(5)]
    assert merkle_root(heads) == merkle_root(heads[::-1])
    assert merkle_root(heads) != merkle_root(heads[:-1])


def test_the_key_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    load_or_make_key(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_of_two_workers_that_start_together_one_makes_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        keys = list(threads.map(lambda _: load_or_make_key(tmp_path / "key.pem"), range(8)))
    assert len({key.private_bytes_raw() for key in keys}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]
