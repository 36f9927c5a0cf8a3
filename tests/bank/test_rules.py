"""The map of a bank and its sums, without a database."""

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.bank.rules import (
    COLUMNS,
    BankItem,
    Choice,
    Depth,
    Level,
    Use,
    code_shares,
    codes_below,
    cover,
    depth_of,
    find_citing,
    gather,
    sheet_rows,
)
from proficiency.core.sheet import sheet_bytes, sheet_cell
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, UnknownCode, load_framework
from proficiency.results.rules import Part, share_equally

FRAMEWORK = load_framework(STANDARDS_OF_PROFICIENCY)
CODES = st.sampled_from(FRAMEWORK.codes)
MARKS = st.fractions(min_value=Fraction(1, 6), max_value=20, max_denominator=12)


@st.composite
def parts(draw: st.DrawFn) -> tuple[Part, ...]:
    each = st.tuples(MARKS, st.lists(CODES, min_size=1, max_size=4).map(tuple))
    given_parts = draw(st.lists(each, min_size=1, max_size=4))
    return tuple(Part(f"c{i}", mark, codes) for i, (mark, codes) in enumerate(given_parts))


def item(of: tuple[Part, ...], name: str = "one", case: str = "a-case", **more: object) -> BankItem:
    values = {
        "case_name": case,
        "case_title": case.title(),
        "nation": "Wales",
        "is_sample": True,
        "number": 1,
        "name": name,
        "format": "best_answer",
        "format_title": "Best answer",
        "marks": sum((part.max_mark for part in of), Fraction(0)),
        "chance": Fraction(1, 4),
        "parts": {STANDARDS_OF_PROFICIENCY: of},
    }
    return BankItem(**(values | more))


BANK = st.lists(parts(), max_size=6).map(
    lambda many: [item(of, f"q{i}", f"case-{i % 2}") for i, of in enumerate(many)]
)


@given(BANK)
def test_the_marks_of_all_codes_add_up_to_the_marks_of_the_bank(bank: list[BankItem]) -> None:
    found = cover(FRAMEWORK, bank)
    total = sum((each.marks for each in bank), Fraction(0))
    assert found.marks == found.keyed == total
    shares = [each.share for many in find_citing(bank, FRAMEWORK.name_version).values()
              for each in many]  # fmt: skip
    assert sum(shares, Fraction(0)) == total
    for tallies in (found.formats, found.cases):
        assert sum((each.marks for each in tallies), Fraction(0)) == total
        assert sum(each.items for each in tallies) == len(bank)


@given(BANK)
def test_a_theme_gets_what_results_give_it(bank: list[BankItem]) -> None:
    expected: dict[str, Fraction] = {}
    for each in bank:
        for part in each.parts[STANDARDS_OF_PROFICIENCY]:
            themes = share_equally(
                part.max_mark, part.standards, lambda code: FRAMEWORK.theme_of(code).code
            )
            for theme, share in themes.items():
                expected[theme] = expected.get(theme, Fraction(0)) + share
    found = {theme.line.code: theme.line.marks for theme in cover(FRAMEWORK, bank).themes}
    assert found == {code: expected.get(code, Fraction(0)) for code in found}


@given(BANK)
def test_a_question_counts_once_in_a_group_however_many_of_its_codes_it_cites(
    bank: list[BankItem],
) -> None:
    found = cover(FRAMEWORK, bank)
    for theme in found.themes:
        cites = [
            each
            for each in bank
            if any(
                FRAMEWORK.theme_of(code).code == theme.line.code
                for part in each.parts[STANDARDS_OF_PROFICIENCY]
                for code in part.standards
            )
        ]
        assert theme.line.items == len(cites)
        assert theme.line.cases == tuple(sorted({each.case_name for each in cites}))


def test_every_code_has_a_line_and_an_empty_bank_has_only_gaps() -> None:
    found = cover(FRAMEWORK, [])
    codes = [line.code for line in found.lines]
    assert len(codes) == len(set(codes))
    assert set(codes) == set(FRAMEWORK.codes)
    assert found.count(Level.SUB_STANDARD, Depth.GAP) == 98
    assert found.count(Level.STANDARD, Depth.GAP) == 22
    assert found.marks == 0


def test_a_part_gives_each_of_its_codes_an_equal_share() -> None:
    of = (Part("a", Fraction(3), ("1.1", "1.2")), Part("b", Fraction(1), ("1.2",)))
    assert code_shares(of) == {"1.1": Fraction(3, 2), "1.2": Fraction(5, 2)}


def test_marks_that_speak_to_no_code_of_a_further_framework_are_left_out() -> None:
    of = item((Part("a", Fraction(3), ("1.1",)), Part("b", Fraction(1), ("1.2",))))
    of.parts["babicm-competencies/1"] = (Part("b", Fraction(1), ("7a",)),)
    found = cover(load_framework("babicm-competencies/1"), [of])
    assert (found.keyed, found.marks) == (1, 4)


@pytest.mark.parametrize(
    ("level", "items", "cases", "depth"),
    [
        (Level.SUB_STANDARD, 0, 0, Depth.GAP),
        (Level.SUB_STANDARD, 3, 1, Depth.THIN),
        (Level.SUB_STANDARD, 2, 2, Depth.COVERED),
        (Level.STANDARD, 3, 3, Depth.THIN),
        (Level.STANDARD, 4, 2, Depth.COVERED),
    ],
)
def test_depth_needs_questions_and_more_than_one_case(
    level: Level, items: int, cases: int, depth: Depth
) -> None:
    assert depth_of(level, items, cases) is depth


def test_below_a_code_are_all_that_it_holds() -> None:
    assert codes_below(FRAMEWORK, "11.2") == ()
    assert codes_below(FRAMEWORK, "11")[0] == "11.1"
    assert "11" in codes_below(FRAMEWORK, "B")
    assert "11.2" in codes_below(FRAMEWORK, "B")
    with pytest.raises(UnknownCode):
        codes_below(FRAMEWORK, "99")


def test_a_question_that_cites_several_codes_is_listed_once_with_all_its_share() -> None:
    of = item((Part("a", Fraction(3), ("1.1", "1.2", "4.1")),))
    citing = find_citing([of], STANDARDS_OF_PROFICIENCY)
    (found,) = gather(citing, ["1", *codes_below(FRAMEWORK, "1")])
    assert found.share == 2


def test_a_choice_takes_by_use_nation_and_case() -> None:
    live = item((Part("a", Fraction(1), ("1.1",)),), is_sample=False)
    assert Choice().takes(live)
    assert Choice(Use.LIVE, "Wales", "a-case").takes(live)
    assert not Choice(Use.SAMPLE).takes(live)
    assert not Choice(nation="Scotland").takes(live)
    assert not Choice(case="another").takes(live)


def test_the_sheet_has_a_row_for_each_code_and_its_columns() -> None:
    found = cover(FRAMEWORK, [item((Part("a", Fraction(7, 3), ("1.1",)),))])
    text = sheet_bytes(COLUMNS, sheet_rows("x/1", found)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["code"] for row in rows] == [line.code for line in found.lines]
    (row,) = [row for row in rows if row["code"] == "1.1"]
    assert (row["marks"], row["questions"], row["depth"]) == ("2.3333", "1", "thin")
    assert (row["parent"], row["level"]) == ("1", "sub-standard")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_cell_of_a_sheet_can_be_a_formula(text: str) -> None:
    assert sheet_cell(text) == f"'{text}"
    assert sheet_cell("a=1") == "a=1"


def test_a_row_that_does_not_fit_is_no_sheet() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        sheet_bytes(["a", "b"], [["1"]])
