"""Cases with pictures and documents go out and come in byte for byte, between both databases."""

import io
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core import migrate
from proficiency.core.access import SYSTEM
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.scenarios.archive import unpack
from proficiency.scenarios.bundle import read_folder, write_folder
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import list_case_versions
from proficiency.scenarios.syncing import bundle_of
from proficiency.scenarios.verify import check
from tests.factories import act, person, sign_in_as
from tests.scenarios.factory import changed
from tests.scenarios.file_samples import CASE_WITH_FILES, FILES, chunk, png
from tests.scenarios.test_cli import run
from tests.scenarios.test_views import send

NAME = "the-spare-key"
REPAINTED = {**FILES, "plan.png": png(shade=9)}
REWORDED = CASE_WITH_FILES.replace("Owen Rees, 38", "Owen Rees, 39") + "\n"
PLAIN = changed("case: the-spare-key", "case: the-other-key")
EXPECTED = {
    f"samples/_earlier/{NAME}/1.md": CASE_WITH_FILES.encode(),
    **{f"samples/_earlier/{NAME}/1/{name}": data for name, data in FILES.items()},
    f"samples/_earlier/{NAME}/2.md": CASE_WITH_FILES.encode(),
    **{f"samples/_earlier/{NAME}/2/{name}": data for name, data in REPAINTED.items()},
    f"samples/{NAME}.md": REWORDED.encode(),
    **{f"samples/{NAME}/{name}": data for name, data in REPAINTED.items()},
    "live/the-other-key.md": PLAIN.encode(),
}
"""A case, the same words with another picture, other words with that picture; and a plain one."""


@pytest.fixture
def second(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Another installation."""
    database = Database(f"sqlite:///{tmp_path / 'second.db'}")
    migrate.upgrade(database)
    yield database
    database.close()


def publish(database: Database, text: str, files: Mapping[str, bytes], **more: bool) -> None:
    act(database, publish_case, SYSTEM, text=text, file="case.md", files=files, **more)


def fill(database: Database) -> None:
    """Publish what `EXPECTED` holds, in order."""
    publish(database, CASE_WITH_FILES, FILES)
    publish(database, CASE_WITH_FILES, REPAINTED)
    publish(database, REWORDED, REPAINTED)
    publish(database, PLAIN, {}, is_sample=False)


def exported(database: Database) -> dict[str, bytes]:
    with database.read() as session:
        return bundle_of(session)


def versions(database: Database) -> list[tuple[str, int, str, bool]]:
    with database.read() as session:
        assert list(check(session)) == []
        return [
            (each.name, each.version, each.content_hash, each.is_sample)
            for each in list_case_versions(session)
        ]


def test_every_version_goes_out_with_the_files_that_it_had(database: Database) -> None:
    fill(database)
    assert exported(database) == EXPECTED


@pytest.mark.parametrize("kind", ["cases.zip", "cases"])
@pytest.mark.parametrize("is_source", [True, False], ids=["out-of", "into"])
def test_out_of_one_database_and_into_another_not_a_byte_is_lost(
    database: Database, second: Database, tmp_path: Path, kind: str, is_source: bool
) -> None:
    source, target = (database, second) if is_source else (second, database)
    fill(source)
    assert run("export", tmp_path / kind, database=source).exit_code == 0
    brought = run("import", tmp_path / kind, database=target)
    assert brought.exit_code == 0, brought.output
    assert "4 published, 0 the same" in brought.output
    assert versions(target) == versions(source)
    assert exported(target) == EXPECTED
    again = run("import", tmp_path / kind, database=target)
    assert "0 published, 4 the same" in again.output


def test_a_file_with_the_line_ends_of_windows_is_brought_in_and_then_the_same(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    write_folder(folder, {"the-other-key.md": PLAIN.replace("\n", "\r\n").encode()})
    assert "1 published" in run("sync", "--apply", folder, database=database).output
    assert exported(database)["samples/the-other-key.md"] == PLAIN.encode()
    assert (
        "0 to publish (--apply does it), 1 the same"
        in run("sync", folder, database=database).output
    )
    assert run("publish", folder, database=database).exit_code == 0
    assert len(versions(database)) == 1


def test_sync_sees_a_picture_that_changed_though_no_word_did(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    files = {f"{NAME}/{name}": data for name, data in FILES.items()}
    write_folder(folder, {f"{NAME}.md": CASE_WITH_FILES.encode(), **files})
    assert "becomes version 1" in run("sync", "--apply", folder, database=database).output
    assert "0 to publish" in run("sync", folder, database=database).output
    (folder / NAME / "plan.png").write_bytes(REPAINTED["plan.png"])
    assert "becomes version 2" in run("sync", folder, database=database).output
    run("sync", "--apply", folder, database=database)
    assert exported(database)[f"samples/{NAME}/plan.png"] == REPAINTED["plan.png"]
    assert exported(database)[f"samples/_earlier/{NAME}/1/plan.png"] == FILES["plan.png"]
    (folder / NAME / "plan.png").unlink()
    refused = run("sync", "--apply", folder, database=database)
    assert refused.exit_code == 1
    assert "there is no file “plan.png”" in refused.output


def test_the_bank_itself_goes_in_and_out_again_as_it_is(
    sqlite_database: Database, tmp_path: Path
) -> None:
    bank = read_folder(ROOT / "scenarios")
    assert any(path.endswith(".png") for path in bank)
    assert run("import", ROOT / "scenarios", database=sqlite_database).exit_code == 0
    run("export", tmp_path / "out", database=sqlite_database)
    assert read_folder(tmp_path / "out" / "samples") == bank


def large_picture() -> bytes:
    """A picture whose bytes cannot be packed any smaller, close to the limit."""
    noise = random.Random(7).randbytes(1_400_000)
    return png(4, 3, chunk(b"prVt", noise))


def test_the_pages_take_a_case_with_a_large_picture_out_and_bring_it_in(
    client: FlaskClient, sqlite_database: Database, second: Database, tmp_path: Path
) -> None:
    files = {**FILES, "plan.png": large_picture()}
    publish(second, CASE_WITH_FILES, files)
    run("export", tmp_path / "cases.zip", database=second)
    sign_in_as(client, person(sqlite_database, Role.CONTENT_AUTHOR))
    upload = (io.BytesIO((tmp_path / "cases.zip").read_bytes()), "cases.zip")
    shown = send(client, "/cases/drafts/bring", 200, file=upload, use="sample")
    assert "becomes version 1" in shown
    held = shown.split('name="held" value="')[1].split('"')[0]
    send(client, "/cases/drafts/bring/apply", 303, held=held, use="sample")
    assert versions(sqlite_database) == versions(second)
    assert unpack(client.get("/cases/versions/all.zip").data) == exported(second)
