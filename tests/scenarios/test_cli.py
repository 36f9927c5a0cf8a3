"""`proficiency cases …` as an author uses it."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from proficiency.core.db import Database
from proficiency.scenarios import cli
from proficiency.scenarios.cli import group
from proficiency.scenarios.queries import list_case_versions
from tests.clock import NOW
from tests.scenarios.factory import SMALL_CASE, changed

SAMPLES = Path(__file__).parents[2] / "scenarios"


def run(*words: str | Path, database: Database | None = None) -> Result:
    """Run the command as on a terminal."""
    settings = SimpleNamespace(database=database)
    return CliRunner().invoke(group, [str(word) for word in words], obj=settings)


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which the small case was checked, so that its law is not old."""
    monkeypatch.setattr(cli, "read_clock", lambda: NOW)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good case and a note that is no case."""
    (tmp_path / "good.md").write_text(SMALL_CASE)
    (tmp_path / "note.txt").write_text("not a case")
    return tmp_path


def test_a_good_case_ends_with_status_0(folder: Path) -> None:
    result = run("check", folder)
    assert result.exit_code == 0
    assert result.output == "1 read: 0 to put right, 0 to think about.\n"


def test_every_error_of_every_file_is_listed_and_the_status_is_1(folder: Path) -> None:
    (folder / "bad.md").write_text(changed("nation: Wales", "nation: Wels"))
    (folder / "worse.md").write_bytes(b"\xff\xfe")
    result = run("check", folder)
    assert result.exit_code == 1
    assert f"{folder / 'bad.md'}:3: the nation “Wels” is not known" in result.output
    assert f"{folder / 'worse.md'}:1: the file is not UTF-8" in result.output
    assert "3 read: 2 to put right" in result.output


def test_a_law_that_was_checked_more_than_a_year_ago_is_advice_at_its_line(folder: Path) -> None:
    (folder / "good.md").write_text(changed("law-checked: 2026-11-21", "law-checked: 2025-11-20"))
    result = run("check", folder)
    assert result.exit_code == 0
    assert (
        f"{folder / 'good.md'}:4: warning: the law was last checked 366 days ago" in result.output
    )
    assert "0 to put right, 1 to think about" in result.output
    (folder / "good.md").write_text(changed("law-checked: 2026-11-21", "law-checked: 2025-11-21"))
    assert "0 to think about" in run("check", folder).output


def test_advice_alone_ends_with_status_0(folder: Path) -> None:
    (folder / "good.md").write_text(changed("minutes: 20", "minutes: 9"))
    result = run("check", folder)
    assert result.exit_code == 0
    assert "warning: the case allows 9 minutes" in result.output


def test_a_folder_without_cases_is_no_success(tmp_path: Path) -> None:
    assert run("check", tmp_path).exit_code == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = run("check", tmp_path / "nothing.md")
    assert result.exit_code == 2
    assert "nothing.md" in result.output


def test_format_writes_names_in_and_then_has_nothing_to_do(folder: Path) -> None:
    file = folder / "good.md"
    file.write_text(changed(" · name who-decides", ""))
    assert run("format", "--check", folder).exit_code == 1
    assert "name sister-asks" not in file.read_text()
    assert run("format", folder).exit_code == 0
    assert "· name sister-asks-decides-about-key-say\n" in file.read_text()
    assert run("format", "--check", folder).exit_code == 0


def test_format_leaves_other_files_alone_byte_for_byte(folder: Path) -> None:
    file = folder / "good.md"
    data = b"\xef\xbb\xbf" + SMALL_CASE.replace("\n", "\r\n").encode()
    file.write_bytes(data)
    (folder / "binary.md").write_bytes(b"\xff\x00\xfe")
    assert run("format", folder).output == ""
    assert file.read_bytes() == data
    assert (folder / "binary.md").read_bytes() == b"\xff\x00\xfe"


def test_publish_prints_name_version_and_hash(folder: Path, sqlite_database: Database) -> None:
    result = run("publish", folder, database=sqlite_database)
    assert result.exit_code == 0
    with sqlite_database.read() as session:
        (version,) = list_case_versions(session)
    assert result.output == f"the-spare-key 1  {version.content_hash}\n"
    assert version.is_sample


def test_publish_live_makes_live_cases(folder: Path, sqlite_database: Database) -> None:
    run("publish", "--live", folder, database=sqlite_database)
    with sqlite_database.read() as session:
        assert [version.is_sample for version in list_case_versions(session)] == [False]


def test_nothing_is_published_if_one_of_them_has_an_error(
    folder: Path, sqlite_database: Database
) -> None:
    (folder / "bad.md").write_text(changed("nation: Wales", "nation: Wels"))
    result = run("publish", folder, database=sqlite_database)
    assert result.exit_code == 1
    assert "bad.md:3" in result.output
    with sqlite_database.read() as session:
        assert list_case_versions(session) == []


def test_the_samples_of_this_project_have_no_errors() -> None:
    result = run("check", SAMPLES)
    assert result.exit_code == 0, result.output
    assert run("format", "--check", SAMPLES).exit_code == 0
