"""A question may speak to more than one framework, and the case follows one."""

import pytest

from proficiency.framework.rules import available_frameworks, load_framework
from proficiency.items.section import Citation
from proficiency.scenarios.content import from_content, to_content
from tests.scenarios.factory import SMALL_CASE, changed, read, small_case

BABICM, SCOPE = "babicm-competencies/1", "ircm-scope-of-practice/1"
ALSO = SMALL_CASE.replace("setting: support", f"also: [{BABICM}, {SCOPE}]\nsetting: support")


def test_babicm_has_seven_areas_and_the_three_known_components() -> None:
    framework = load_framework(BABICM)
    assert [theme.code for theme in framework.themes] == list("1234567")
    assert [standard.code for standard in framework.standards] == ["7a", "7b", "7c"]
    assert {BABICM, SCOPE} <= set(available_frameworks())


def test_an_item_and_a_criterion_cite_further_frameworks_beside_the_standards() -> None:
    text = changed(
        "standards 2.3, 13.4 · name",
        "standards 2.3, 13.4 · babicm 7a, 7b · scope risk · name",
        ALSO,
    ).replace("| Asks Owen | 2 | 7.1 |", "| Asks Owen | 2 | 7.1; babicm 1 |")
    case = small_case(text)
    item = case.items[0]
    assert item.standards == ("2.3", "13.4")
    assert item.further == (Citation(BABICM, "7a"), Citation(BABICM, "7b"), Citation(SCOPE, "risk"))
    criterion = case.items[2].body.criteria[0]
    assert (criterion.standards, criterion.further) == (("7.1",), (Citation(BABICM, "1"),))
    assert from_content(to_content(case)) == case


def test_a_case_that_cites_nothing_further_is_stored_as_before() -> None:
    assert '"further"' not in to_content(small_case())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed("13.4 · name", "13.4 · babicm 7d · name", ALSO), "no standard “7d” in babicm"),
        (changed("13.4 · name", "13.4 · babicm 7a · name"), "“babicm 7a” is not understood here"),
        (ALSO.replace(BABICM, "babicm-competencies/9"), "There is no framework babicm"),
        (ALSO.replace(BABICM, "ircm-standards-of-proficiency/1"), "a case follows one"),
    ],
)
def test_what_cannot_be_cited_is_said(text: str, said: str) -> None:
    assert said in "\n".join(read(text).report())
