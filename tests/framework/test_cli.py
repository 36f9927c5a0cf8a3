"""The commands that take in frameworks and their official wording."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from proficiency.core.db import Database
from proficiency.core.errors import Invalid, NotFound
from proficiency.framework.cli import MAX_BYTES, group
from proficiency.framework.queries import find_framework, list_frameworks
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, available_frameworks
from tests.framework.factory import TOY, hold_standards, invented_wording

NAME = STANDARDS_OF_PROFICIENCY.partition("/")[0]


@dataclass
class Settings:
    database: Database


def run(database: Database, *arguments: str) -> Result:
    return CliRunner().invoke(group, arguments, obj=Settings(database))


def wordings(database: Database) -> int:
    with database.read() as session:
        held = find_framework(session, NAME)
    return len(held.wordings) if held else 0


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "standards.txt"
    path.write_text(invented_wording(), encoding="utf-8")
    return path


def test_import_takes_in_every_packaged_framework_and_may_be_repeated(
    sqlite_database: Database,
) -> None:
    for _attempt in range(2):
        result = run(sqlite_database, "import")
        assert result.exit_code == 0
        assert "4 themes, 22 standards, 98 sub-standards" in result.output
    with sqlite_database.read() as session:
        assert set(list_frameworks(session)) == set(available_frameworks())


def test_import_of_an_unknown_framework_says_what_there_is(sqlite_database: Database) -> None:
    result = run(sqlite_database, "import", "nothing/1")
    assert isinstance(result.exception, NotFound)
    assert STANDARDS_OF_PROFICIENCY in result.exception.message


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "craft.toml"
    path.write_text(TOY, encoding="utf-8")
    return path


def held(database: Database) -> list[str]:
    with database.read() as session:
        return list_frameworks(session)


def test_import_takes_in_a_further_framework_from_a_file_and_nothing_else(
    sqlite_database: Database, toy: Path
) -> None:
    for _attempt in range(2):
        result = run(sqlite_database, "import", "--file", str(toy))
        assert result.output == "bakers-craft/1: 2 themes, 1 standards, 2 sub-standards.\n"
    assert held(sqlite_database) == ["bakers-craft/1"]


def test_import_with_check_loads_nothing(sqlite_database: Database, toy: Path) -> None:
    result = run(sqlite_database, "import", "--check", "--file", str(toy), NAME + "/1")
    assert result.output.splitlines()[1:] == [
        "bakers-craft/1: 2 themes, 1 standards, 2 sub-standards.",
        "Nothing was loaded.",
    ]
    assert held(sqlite_database) == []


def test_a_faulty_file_is_refused_with_every_fault(sqlite_database: Database, toy: Path) -> None:
    toy.write_text(TOY.replace('code = "L"', "").replace("version = 1", 'version = "1"'))
    result = run(sqlite_database, "import", "--file", str(toy))
    assert isinstance(result.exception, Invalid)
    assert len(result.exception.details) == 2
    assert held(sqlite_database) == []


def test_wording_says_how_much_it_found_and_loads_it(sqlite_database: Database, text: Path) -> None:
    hold_standards(sqlite_database)
    result = run(sqlite_database, "wording", str(text))
    assert result.output == (
        "Found 98 of 98 sub-standards and 22 of 22 standards. The official wording is loaded.\n"
    )
    assert wordings(sqlite_database) == 98 + 22


def test_wording_with_check_loads_nothing(sqlite_database: Database, text: Path) -> None:
    hold_standards(sqlite_database)
    result = run(sqlite_database, "wording", "--check", str(text))
    assert result.output.endswith("Nothing was loaded.\n")
    assert wordings(sqlite_database) == 0


@pytest.mark.parametrize("check", [True, False])
def test_every_doubt_in_a_wording_is_reported(
    sqlite_database: Database, text: Path, check: bool
) -> None:
    hold_standards(sqlite_database)
    text.write_text(invented_wording().replace("11.2. ", "").replace("3.1. ", "3.11. "))
    result = run(sqlite_database, "wording", *["--check"] * check, str(text))
    assert isinstance(result.exception, Invalid)
    assert result.exception.message.startswith("Found 95 of 98")
    assert len(result.exception.details) == 5
    assert wordings(sqlite_database) == 0


def test_a_mark_of_the_byte_order_is_no_part_of_the_text(
    sqlite_database: Database, text: Path
) -> None:
    hold_standards(sqlite_database)
    text.write_text(invented_wording(), encoding="utf-8-sig")
    assert run(sqlite_database, "wording", str(text)).exit_code == 0


def test_a_file_that_is_no_text_is_refused_with_the_cure(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "standards.pdf"
    path.write_bytes(b"%PDF-1.7 \xff\xfe")
    result = run(sqlite_database, "wording", str(path))
    assert isinstance(result.exception, Invalid)
    assert "standards.pdf is not plain text in UTF-8 (byte 10)" in result.exception.message


def test_a_file_that_is_far_too_large_is_not_even_read(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "standards.txt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    result = run(sqlite_database, "wording", str(path))
    assert isinstance(result.exception, Invalid)
    assert "larger than any text of standards" in result.exception.message
