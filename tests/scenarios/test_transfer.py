"""Cases go out and come in without a letter lost, and archives that play tricks are refused."""

import io
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.core import migrate
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.core.operation import transaction
from proficiency.scenarios import archive
from proficiency.scenarios.archive import pack, unpack
from proficiency.scenarios.bundle import read_bundle, read_folder, write_folder
from proficiency.scenarios.queries import list_case_versions
from proficiency.scenarios.syncing import Plan, State, apply_bundle, bundle_of, make_plan
from tests.factories import person, sign_in_as
from tests.scenarios.factory import SMALL_CASE, changed
from tests.scenarios.test_cli import run
from tests.scenarios.test_operations import publish
from tests.scenarios.test_views import page, send, sights

OTHER = changed("case: the-spare-key", "case: the-other-key")
REWORDED = changed("Owen Rees, 38, lives alone", "Owen Rees, 39, lives alone")


def brought(database: Database, entries: dict[str, bytes], *, is_sample: bool = True) -> Plan:
    """Bring files in as the command does."""
    with transaction(database) as session:
        bundle = read_bundle(entries, is_sample=is_sample)
        return apply_bundle(session, SYSTEM, read_clock(), bundle=bundle)


def planned(database: Database, entries: dict[str, bytes], *, is_sample: bool = True) -> Plan:
    """The plan for files."""
    with database.read() as session:
        return make_plan(session, read_bundle(entries, is_sample=is_sample))


def exported(database: Database) -> dict[str, bytes]:
    """All cases, as files."""
    with database.read() as session:
        return bundle_of(session)


def states(plan: Plan) -> list[tuple[str, str]]:
    """Each step's state and where it stands."""
    return [(step.state.value, step.path or step.name) for step in plan.steps]


# Archives


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}\.md)?", fullmatch=True), st.binary()))
def test_what_is_packed_comes_out_the_same_and_packs_to_the_same_bytes(
    files: dict[str, bytes],
) -> None:
    files = {name: data for name, data in files.items() if not data.startswith(archive._MAGIC)}
    packed = pack(files)
    assert unpack(packed) == files
    assert pack(dict(reversed(files.items()))) == packed


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A zip with these entries, tricks and all."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # a name twice is what one of these archives is about
        for name, data in entries:
            file.writestr(name, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    """An entry that is a symbolic link."""
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def encrypted() -> bytes:
    """A zip whose entry says that it is encrypted."""
    data = bytearray(zipped(("a.md", b"words")))
    at = data.index(b"PK\x01\x02") + 8
    data[at : at + 2] = struct.pack("<H", 1)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped(("../out.md", b"x")), "leads elsewhere"),
        (zipped(("a/../../out.md", b"x")), "leads elsewhere"),
        (zipped(("/etc/passwd", b"x")), "says where it wants to be"),
        (zipped(("C:/windows.md", b"x")), "says where it wants to be"),
        (zipped(("a\\..\\out.md", b"x")), "leads elsewhere"),
        (zipped(("a//b.md", b"x")), "leads elsewhere"),
        (zipped((link("a.md"), b"/etc/passwd")), "link or a device"),
        (zipped(("a.md", b"x"), ("A.md", b"y")), "there twice"),
        (zipped(("e\u0301.md", b"x"), ("\u00e9.md", b"y")), "there twice"),
        (zipped(("a.md", b"x"), ("a.md", b"y")), "there twice"),
        (encrypted(), "encrypted"),
        (zipped(("inner.zip", b"x")), "archive within"),
        (zipped(("inner.md", zipped(("a.md", b"x")))), "archive within"),
        (zipped(("bomb.md", b"0" * 2_000_000)), "grows more than"),
        (zipped(("large.md", b"0" * 2_200_000)), "may have 2,100,000"),
        (zipped(*((f"{n}.md", b"") for n in range(2_001))), "2,001 entries"),
        (b"PK no zip at all", "no zip"),
        (b"", "no zip"),
        (zipped(("a.md", b"words " * 50))[:-30], "no zip"),
    ],
)
def test_archives_that_play_tricks_are_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        unpack(data)
    assert words in "\n".join(refused.value.details)


def test_an_archive_that_is_too_large_in_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 10)
    with pytest.raises(Invalid) as refused:
        unpack(zipped(("a.md", b"123456"), ("b.md", b"123456")))
    assert "unpacked it would have 12 bytes" in refused.value.details[0]


def test_an_entry_that_is_damaged_is_refused() -> None:
    data = bytearray(zipped(("a.md", b"words that are packed" * 9)))
    data[45] ^= 0xFF
    with pytest.raises(Invalid):
        unpack(bytes(data))


@given(st.binary(max_size=300), st.integers(0, 200))
def test_any_bytes_are_opened_or_refused(noise: bytes, at: int) -> None:
    data = bytearray(zipped(("a.md", b"words"), ("b/c.md", b"more words")))
    data[at : at + len(noise)] = noise
    for name in opened_or_refused(bytes(data)):
        assert not name.startswith("/")
        assert ".." not in name.split("/")


def opened_or_refused(data: bytes) -> list[str]:
    """The names in an archive; none, and a reason, when it was refused."""
    try:
        return list(unpack(data))
    except Invalid as refused:
        if not refused.details:
            raise
        return []


# Plans


def test_a_plan_says_what_is_new_changed_same_missing_and_refused(
    sqlite_database: Database,
) -> None:
    publish(sqlite_database)
    publish(sqlite_database, OTHER)
    entries = {
        "the-spare-key.md": REWORDED.encode(),
        "the-third-key.md": changed("case: the-spare-key", "case: the-third-key").encode(),
        "bad.md": b"not a case",
        "wrong-name.md": OTHER.replace("the-other-key", "the-fourth-key").encode(),
        "notes.txt": b"stray",
    }
    plan = planned(sqlite_database, entries)
    assert sorted(states(plan)) == [
        ("changed", "the-spare-key.md"),
        ("missing", "the-other-key"),
        ("new", "the-third-key.md"),
        ("refused", "bad.md"),
        ("refused", "notes.txt"),
        ("refused", "wrong-name.md"),
    ]
    reasons = {step.path: (step.words, step.reasons) for step in plan.steps}
    assert "calls itself “the-fourth-key”" in reasons["wrong-name.md"][0]
    assert any(line.startswith("bad.md:1: ") for line in reasons["bad.md"][1])
    assert len(exported(sqlite_database)) == 2


def test_carrying_a_plan_out_twice_changes_nothing_the_second_time(
    sqlite_database: Database,
) -> None:
    entries = {"the-spare-key.md": SMALL_CASE.encode(), "the-other-key.md": OTHER.encode()}
    assert brought(sqlite_database, entries).publishes == 2
    before = exported(sqlite_database)
    again = brought(sqlite_database, entries)
    assert (again.publishes, again.count(State.SAME)) == (0, 2)
    assert exported(sqlite_database) == before


def test_a_sample_is_not_brought_in_as_a_live_case(sqlite_database: Database) -> None:
    publish(sqlite_database)
    plan = planned(sqlite_database, {"the-spare-key.md": SMALL_CASE.encode()}, is_sample=False)
    assert states(plan) == [("refused", "the-spare-key.md")]
    assert "other use" in plan.steps[0].words


def test_an_earlier_version_cannot_follow_the_one_that_is_published(
    sqlite_database: Database,
) -> None:
    publish(sqlite_database, REWORDED)
    entries = {
        "samples/the-spare-key.md": REWORDED.encode(),
        "samples/_earlier/the-spare-key/1.md": SMALL_CASE.encode(),
    }
    assert states(planned(sqlite_database, entries)) == [
        ("refused", "samples/_earlier/the-spare-key/1.md"),
        ("same", "samples/the-spare-key.md"),
    ]


# There and back


def fill(database: Database) -> None:
    """Two versions of a sample, with an empty line at the end of one, and a live case."""
    publish(database)
    publish(database, REWORDED + "\n")
    brought(database, {"the-other-key.md": OTHER.encode()}, is_sample=False)


def test_out_and_in_again_gives_the_same_versions_and_the_same_bytes(
    sqlite_database: Database, empty_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database)
    first = tmp_path / "first.zip"
    assert run("export", first, database=sqlite_database).exit_code == 0
    result = run("import", first, database=empty_database)
    assert result.exit_code == 0, result.output
    assert "3 published, 0 the same" in result.output
    second = tmp_path / "second.zip"
    run("export", second, database=empty_database)
    assert second.read_bytes() == first.read_bytes()
    assert versions(empty_database) == versions(sqlite_database)


def versions(database: Database) -> list[tuple[str, int, str, bool]]:
    """What is published: name, version, hash and use."""
    with database.read() as session:
        return [
            (each.name, each.version, each.content_hash, each.is_sample)
            for each in list_case_versions(session)
        ]


@pytest.fixture
def empty_database(tmp_path: Path) -> Database:
    """A second database with nothing in it."""
    database = Database(f"sqlite:///{tmp_path / 'second.db'}")
    migrate.upgrade(database)
    return database


def test_a_folder_gives_back_what_was_written_to_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database)
    folder = tmp_path / "out"
    assert "3 files, 3 of them written" in run("export", folder, database=sqlite_database).output
    assert read_folder(folder) == exported(sqlite_database)
    assert "3 files, 0 of them written" in run("export", folder, database=sqlite_database).output
    assert run("sync", folder, database=sqlite_database).output.endswith(
        "0 to publish (--apply does it), 3 the same, 0 missing, 0 refused.\n"
    )


def test_sync_shows_a_plan_and_does_it_only_when_asked(
    sqlite_database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "cases"
    write_folder(folder, {"the-spare-key.md": SMALL_CASE.encode(), ".hidden": b"x"})
    shown = run("sync", folder, database=sqlite_database)
    assert shown.exit_code == 0
    assert "new      the-spare-key.md: becomes version 1" in shown.output
    assert versions(sqlite_database) == []
    assert "1 published" in run("sync", "--apply", folder, database=sqlite_database).output
    assert len(versions(sqlite_database)) == 1
    again = run("sync", "--apply", folder, database=sqlite_database)
    assert "0 published, 1 the same" in again.output
    (folder / "link.md").symlink_to("/etc/hostname")
    refused = run("sync", folder, database=sqlite_database)
    assert refused.exit_code == 1
    assert "“link.md” is a link" in refused.output


def test_a_refused_archive_ends_with_status_1_and_its_reasons(
    sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "bad.zip"
    file.write_bytes(zipped(("../out.md", b"x")))
    result = run("import", file, database=sqlite_database)
    assert result.exit_code == 1
    assert "leads elsewhere" in result.output


def test_the_samples_of_this_project_are_a_bundle() -> None:
    bundle = read_bundle(read_folder(ROOT / "scenarios"))
    assert len(bundle.manuscripts) >= 12
    assert bundle.strangers == ()


# Pages


@pytest.fixture
def author(client: FlaskClient, sqlite_database: Database) -> Actor:
    """A content author, signed in."""
    actor = person(sqlite_database, Role.CONTENT_AUTHOR, name="Elin Prys")
    sign_in_as(client, actor)
    return actor


def test_all_cases_are_downloaded_and_each_sight_is_recorded(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    fill(sqlite_database)
    answer = client.get("/cases/versions/all.zip")
    assert unpack(answer.data) == exported(sqlite_database)
    assert sorted(sights(sqlite_database, author)) == [
        ("the-other-key", "export"),
        ("the-spare-key", "export"),
    ]


def test_an_archive_is_shown_as_a_plan_and_brought_in_on_confirmation(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    packed = pack({"the-spare-key.md": SMALL_CASE.encode(), "notes.txt": b"stray"})
    upload = (io.BytesIO(packed), "cases.zip")
    shown = send(client, "/cases/drafts/bring", 200, file=upload, use="live")
    assert "becomes version 1" in shown
    assert "belongs to no case" in shown
    assert versions(sqlite_database) == []
    held = shown.split('name="held" value="')[1].split('"')[0]
    send(client, "/cases/drafts/bring/apply", 303, held=held, use="live")
    assert [(name, is_sample) for name, _n, _h, is_sample in versions(sqlite_database)] == [
        ("the-spare-key", False)
    ]
    assert sights(sqlite_database, author) == [("the-spare-key", "writing")]


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        ("/cases/drafts/bring", {}, "Choose an archive"),
        ("/cases/drafts/bring/apply", {"held": "no base 64"}, "Choose an archive"),
        ("/cases/drafts/bring/apply", {"held": "QUJD"}, "no zip"),
    ],
)
def test_what_is_no_archive_is_told_at_the_field(
    client: FlaskClient, author: Actor, path: str, fields: dict[str, str], words: str
) -> None:
    assert words in send(client, path, 422, use="sample", **fields)


def test_only_writers_take_cases_out_or_bring_them_in(
    client: FlaskClient, sqlite_database: Database
) -> None:
    sign_in_as(client, person(sqlite_database, Role.MODERATOR))
    page(client, "/cases/versions/all.zip", 403)
    page(client, "/cases/drafts/bring", 403)
    assert "all.zip" not in page(client, "/cases")
