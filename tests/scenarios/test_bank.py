"""The sample cases in `scenarios/`: what every one of them, and all of them together, must hold."""

from fractions import Fraction
from pathlib import Path

import pytest

from proficiency.core.config import ROOT
from proficiency.framework.rules import load_framework
from proficiency.items.rubric import rubric_max
from proficiency.items.written_response import WrittenResponse, score_levels
from proficiency.scenarios.content import Case, Item
from proficiency.scenarios.rules import format_case, parse_case_file

FILES = sorted((ROOT / "scenarios").glob("*.md"))


def read_bank() -> list[Case]:
    """All cases of the bank; fails with the report when one of them has any fault or advice."""
    parsed = [parse_case_file(path.read_bytes(), file=path.name) for path in FILES]
    assert [line for each in parsed for line in each.report()] == []
    return [each.case for each in parsed if each.case is not None]


def written_items(cases: list[Case]) -> list[Item]:
    """Every question that people mark."""
    return [item for case in cases for item in case.items if item.kind.is_marked_by_people]


@pytest.fixture(scope="module")
def bank() -> list[Case]:
    """The cases, read once."""
    return read_bank()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_case_checks_clean_and_is_named_as_its_file(path: Path) -> None:
    parsed = parse_case_file(path.read_bytes(), file=path.name)
    assert parsed.report() == []
    assert parsed.case is not None
    assert parsed.case.name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_question_of_a_case_has_its_name_written_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_case(text) == text


def test_the_bank_has_two_cases_and_fourteen_questions_at_least(bank: list[Case]) -> None:
    assert len(bank) >= 2
    assert len({item.name for case in bank for item in case.items}) >= 14


def test_every_case_has_two_stages_with_questions(bank: list[Case]) -> None:
    for case in bank:
        assert len(case.stages) >= 2
        assert all(stage.items for stage in case.stages)


def test_the_bank_speaks_to_all_four_themes(bank: list[Case]) -> None:
    themes = {
        load_framework(case.framework).theme_of(code).code
        for case in bank
        for item in case.items
        for code in item.standards
    }
    assert themes == {"A", "B", "C", "D"}


def test_four_written_questions_at_least_have_two_examples_and_a_trap(bank: list[Case]) -> None:
    items = written_items(bank)
    assert len(items) >= 4
    for item in items:
        body: WrittenResponse = item.body
        assert len(body.examples) >= 2, item.name
        assert body.indicators, item.name
        assert any(trap.is_critical for trap in body.traps), item.name


def test_every_criterion_has_a_standard_and_level_two_meets_the_standard(bank: list[Case]) -> None:
    for item in written_items(bank):
        for criterion in item.body.criteria:
            assert criterion.standards, (item.name, criterion.key)
            labels = {level.value: level.label for level in criterion.levels}
            assert labels[2] == "Meets the standard", (item.name, criterion.key)


def test_levels_add_up_to_the_marks_that_the_files_state(bank: list[Case]) -> None:
    for item in written_items(bank):
        body: WrittenResponse = item.body
        assert rubric_max(body.criteria) == body.marks, item.name
        for example in body.examples:
            scored = score_levels(body, example.level_by_criterion)
            assert scored == example.mark, (item.name, example.title)


def test_an_answer_of_level_two_throughout_is_among_the_examples(bank: list[Case]) -> None:
    """Assessors learn the standard from an answer that just meets it."""
    for item in written_items(bank):
        body: WrittenResponse = item.body
        meets = sum((criterion.weight * 2 for criterion in body.criteria), Fraction(0))
        assert meets in {example.mark for example in body.examples}, item.name
        assert min(example.mark for example in body.examples) < meets, item.name
