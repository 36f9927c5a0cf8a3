"""The author's guide shows a whole case: what it shows must be what the parser takes."""

import re

import pytest

from proficiency.core.config import ROOT
from proficiency.items.rules import all_formats
from proficiency.scenarios.content import Case
from proficiency.scenarios.rules import format_case, parse_case

GUIDE = ROOT / "docs" / "guides" / "author.md"
BLOCK = re.compile(r"^(?P<fence>`{3,})markdown\n(?P<text>.*?)^(?P=fence)$", re.M | re.S)


def shown_cases() -> list[str]:
    """The blocks of the guide that begin as a case does."""
    blocks = [found["text"] for found in BLOCK.finditer(GUIDE.read_text(encoding="utf-8"))]
    return [text for text in blocks if text.startswith("---\n")]


@pytest.fixture
def shown() -> str:
    """The one whole case of the guide."""
    (text,) = shown_cases()
    return text


@pytest.fixture
def case(shown: str) -> Case:
    """The shown case, as it was read."""
    parsed = parse_case(shown, file="author.md")
    assert parsed.report() == []
    assert parsed.case is not None
    return parsed.case


def test_the_guide_shows_three_formats_in_a_case_and_names_all(case: Case) -> None:
    assert {item.format for item in case.items} == {
        "best_answer",
        "several_answers",
        "written_response",
    }
    formats = (ROOT / "docs" / "guides" / "formats.md").read_text(encoding="utf-8")
    assert [each.title for each in all_formats().values() if each.title not in formats] == []


def test_the_example_of_the_guide_already_has_all_its_names(shown: str) -> None:
    assert format_case(shown) == shown


def test_the_guide_names_every_entry_of_the_front_matter(shown: str) -> None:
    front = shown.split("---\n")[1]
    keys = re.findall(r"^([a-z-]+):", front, re.M)
    guide = GUIDE.read_text(encoding="utf-8")
    assert keys
    assert [key for key in keys if f"| `{key}` |" not in guide] == []


def test_a_fault_in_the_example_would_be_found(shown: str) -> None:
    """Guards the tests above against an example that is never truly read."""
    parsed = parse_case(shown.replace("standards 6.1 ·", "standards 6.9 ·"), file="author.md")
    assert parsed.case is None
