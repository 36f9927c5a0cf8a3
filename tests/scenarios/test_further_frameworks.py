"""A question may speak to more than one framework, and the case follows one."""

import pytest

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.framework.file import read_framework
from proficiency.framework.operations import import_framework
from proficiency.framework.rules import Framework, available_frameworks, load_framework
from proficiency.items.section import Citation
from proficiency.scenarios.content import from_content, to_content
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.rules import parse_case
from tests.factories import act
from tests.framework.factory import TOY
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


CRAFT = "bakers-craft/1"
CRAFTED = ALSO.replace(BABICM, CRAFT).replace(
    "standards 2.3, 13.4 · name", "standards 2.3, 13.4 · craft K1.2, L · name"
)


def find_also(text: str) -> Framework:
    """Find a second edition of the toy framework beside the packaged ones and the first."""
    second = TOY.replace("version = 1", "version = 2")
    written = {each.name_version: each for each in map(read_framework, (TOY, second))}
    return written.get(text) or load_framework(text)


def test_a_case_cites_a_framework_that_was_taken_in_and_only_then(database: Database) -> None:
    with pytest.raises(Invalid) as refused:
        act(database, publish_case, SYSTEM, text=CRAFTED, file="case.md")
    assert "There is no framework bakers-craft/1. Available: " in refused.value.details[0]
    act(database, import_framework, SYSTEM, text=TOY)
    version = act(database, publish_case, SYSTEM, text=CRAFTED, file="case.md")
    item = from_content(version.content).items[0]
    assert item.further == (Citation(CRAFT, "K1.2"), Citation(CRAFT, "L"))
    with pytest.raises(Invalid) as refused:
        act(database, publish_case, SYSTEM, text=CRAFTED.replace("K1.2", "K1.3"), file="case.md")
    assert "no standard “K1.3” in bakers-craft/1. Did you mean K1.2" in refused.value.details[0]


def test_two_frameworks_of_one_word_cannot_be_told_apart() -> None:
    text = CRAFTED.replace(SCOPE, "bakers-craft/2")
    said = "\n".join(parse_case(text, file="case.md", frameworks=find_also).report())
    assert "“bakers-craft/2” and “bakers-craft/1” are both cited as “craft”" in said
