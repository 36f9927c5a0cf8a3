"""The sample cases in `scenarios/`: what every one of them, and all of them together, must hold."""

from fractions import Fraction
from pathlib import Path

import pytest

from proficiency.core.config import ROOT
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, load_framework
from proficiency.items.rubric import rubric_max
from proficiency.items.rules import all_formats
from proficiency.items.section import Citation
from proficiency.items.written_response import WrittenResponse, score_levels
from proficiency.scenarios.content import Case, Item, Nation
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.rules import Parsed, format_case, parse_case_file

BABICM, SCOPE = "babicm-competencies/1", "ircm-scope-of-practice/1"
FILES = sorted((ROOT / "scenarios").glob("*.md"))


def read_one(path: Path) -> Parsed:
    """One case with the pictures and documents that stand beside it."""
    files = examine_all(read_files(path))
    return parse_case_file(path.read_bytes(), file=path.name, files=files)


def read_bank() -> list[Case]:
    """All cases of the bank; fails with the report when one of them has any fault or advice."""
    parsed = [read_one(path) for path in FILES]
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
    parsed = read_one(path)
    assert parsed.report() == []
    assert parsed.case is not None
    assert parsed.case.name == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_question_of_a_case_has_its_name_written_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_case(text) == text


def items_of(bank: list[Case]) -> list[Item]:
    return [item for case in bank for item in case.items]


def test_the_bank_has_twelve_cases_of_all_four_nations_and_120_questions(bank: list[Case]) -> None:
    assert len(bank) >= 12
    nations = {case.nation for case in bank}
    assert nations >= {Nation.ENGLAND, Nation.WALES, Nation.SCOTLAND, Nation.NORTHERN_IRELAND}
    assert len(items_of(bank)) >= 120
    named = [(case.name, item.name) for case in bank for item in case.items]
    assert len(set(named)) == len(named)


def test_every_format_is_used(bank: list[Case]) -> None:
    assert {item.format for item in items_of(bank)} == set(all_formats())


def test_every_sub_standard_is_touched_and_every_standard_by_four_questions(
    bank: list[Case],
) -> None:
    framework = load_framework(STANDARDS_OF_PROFICIENCY)
    cited = [cited_by(item) for item in items_of(bank)]
    touched = set().union(*cited)
    assert [sub.code for sub in framework.sub_standards if sub.code not in touched] == []
    for standard in framework.standards:
        codes = {standard.code, *(sub.code for sub in standard.sub_standards)}
        assert sum(bool(codes & each) for each in cited) >= 4, standard.code


def cited_by(item: Item) -> set[str]:
    criteria = item.body.criteria if isinstance(item.body, WrittenResponse) else ()
    return {*item.standards, *(code for each in criteria for code in each.standards)}


def further_of(item: Item) -> set[Citation]:
    """What a question and its criteria cite of frameworks beside the Standards."""
    criteria = item.body.criteria if isinstance(item.body, WrittenResponse) else ()
    return {*item.further, *(each for criterion in criteria for each in criterion.further)}


def test_babicm_and_the_scope_of_practice_are_cited_across_the_bank(bank: list[Case]) -> None:
    """Areas and components, and all that the scope of practice names, in more than one case."""
    cited = {
        case.name: [each for item in case.items if (each := further_of(item))] for case in bank
    }
    assert sum(bool(items) for items in cited.values()) >= 8
    assert sum(len(items) for items in cited.values()) >= 25
    for name, all_codes in (
        (BABICM, {*"123456", "7a", "7b", "7c"}),
        (SCOPE, {standard.code for standard in load_framework(SCOPE).standards}),
    ):
        for code in all_codes:
            wanted = Citation(name, code)
            cases = {case for case, items in cited.items() if any(wanted in one for one in items)}
            assert len(cases) >= 2, f"{code} of {name} is cited in {sorted(cases)} only"


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


def test_24_written_questions_have_three_examples_each_and_four_have_ten(bank: list[Case]) -> None:
    items = written_items(bank)
    assert len(items) >= 24
    for item in items:
        body: WrittenResponse = item.body
        assert len(body.examples) >= 3, item.name
        assert len({example.mark for example in body.examples}) >= 3, item.name
        assert body.indicators, item.name
        assert body.traps, item.name
    assert sum(len(item.body.examples) >= 10 for item in items) >= 4


def test_every_case_says_what_would_be_unsafe(bank: list[Case]) -> None:
    for case in bank:
        traps = [trap for item in written_items([case]) for trap in item.body.traps]
        assert any(trap.is_critical for trap in traps), case.name


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


def test_an_answer_that_meets_the_standard_and_one_that_does_not_are_among_the_examples(
    bank: list[Case],
) -> None:
    """Assessors learn the standard from answers on either side of it."""
    for item in written_items(bank):
        body: WrittenResponse = item.body
        meets = sum((criterion.weight * 2 for criterion in body.criteria), Fraction(0))
        marks = [example.mark for example in body.examples]
        assert max(marks) >= meets > min(marks), item.name
