"""Reading a framework from an operator's file: all faults at once, nothing but the whole."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.errors import Invalid
from proficiency.framework import file, rules
from proficiency.framework.file import RESERVED, read_framework
from proficiency.framework.rules import available_frameworks, from_content, load_framework
from proficiency.items.rules import all_formats
from proficiency.items.section import Words
from proficiency.scenarios.notation import divided
from tests.framework.factory import TOY
from tests.scenarios.factory import SMALL_CASE

BANK = Path(__file__).parents[2] / "scenarios"
DATA = Path(rules.__file__).parent / "data"


def faults(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        read_framework(text)
    return "\n".join(refused.value.details) or refused.value.message


def test_a_framework_is_read_with_all_its_levels() -> None:
    framework = read_framework(TOY)
    assert (framework.name_version, framework.cited_as) == ("bakers-craft/1", "craft")
    assert framework.codes == ("K", "K1", "K1.1", "K1.2", "L")
    assert framework.place_of("K1.2").standard == framework.standards[0]
    assert from_content(rules.to_content(framework)) == framework


@pytest.mark.parametrize("name_version", available_frameworks())
def test_the_packaged_frameworks_are_written_in_the_same_form(name_version: str) -> None:
    name, version = rules.split_name_version(name_version)
    text = (DATA / f"{name}-{version}.toml").read_text(encoding="utf-8")
    assert read_framework(text) == load_framework(name_version)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "bakers-craft"', 'name = "Bakers craft"', "“name” is of small letters"),
        ("version = 1", "version = true", "“version” is a whole number from 1"),
        ("version = 1", "version = 0", "“version” is a whole number from 1"),
        ('title = "The craft"', "title = 7", "at the top: “title” is missing"),
        ('cited_as = "craft"', 'cited_as = "the craft"', "“cited_as” is of small letters"),
        ('cited_as = "craft"', 'cited_as = "choose"', "“choose” means something else"),
        ('publisher = "', 'publishr = "', "“publishr” is not known. Did you mean “publisher”?"),
        ('code = "L"', 'code = "k1"', "theme 2: “k1” and “K1” look alike"),
        ('code = "L"', 'code = "K"', "K is there twice"),
        ('code = "L"', 'code = "L or M"', "“L or M” can’t be a code"),
        ('code = "L"', 'code = "and"', "“and” can’t be a code"),
        ('code = "L"\n', "", "theme 2: “code” is missing"),
        ('heading = "Ovens"\n', "", "standard “K1”: “heading” is missing"),
        ('"K1.2" =', '"K2.2" =', "K2.2 stands under standard K1"),
        ('"Rests it."', '"  "', "standard “K1”: “K1.2” is missing"),
        ('"Rests it."', f'"{"x" * 1001}"', "“K1.2” is longer than 1,000 characters"),
        ("[themes.standards.summaries]", "[themes.standards.sumaries]", "Did you mean “summar"),
        ("[[themes.standards]]", "[themes.standards]", "“standards” is a list of tables"),
        ("[[themes]]", "[[theme]]", "“theme” is not known. Did you mean “themes”?"),
        ("version = 1", "version = = 1", "This is not TOML"),
        ("version = 1", f"version = {'9' * 5000}", "This is not TOML"),
        ("version = 1", f"version = {'[' * 50_000}", "This is not TOML"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(old: str, new: str, said: str) -> None:
    assert old in TOY
    assert said in faults(TOY.replace(old, new))


def test_all_faults_come_in_one_reading_and_a_flood_is_cut() -> None:
    text = TOY.replace('code = "L"', 'code = "?"').replace('"Rests it."', '""')
    assert len(faults(text.replace("version = 1", "version = 0")).splitlines()) == 3
    many = faults("".join(f'x{n} = ""\n' for n in range(400)))
    assert len(many.splitlines()) == file.MAX_FAULTS + 1
    assert "more" in many.splitlines()[-1]


def test_nothing_in_it_is_no_framework() -> None:
    assert "no theme: write at least one [[themes]]" in faults("")


def test_more_codes_than_any_framework_has_are_refused() -> None:
    more = "".join(f'"K1.{n}" = "Bakes."\n' for n in range(3, file.MAX_CODES + 3))
    assert "more than 3,000 codes" in faults(TOY.replace('"K1.2" =', f'{more}"K1.2" ='))


def read_if_whole(text: str) -> rules.Framework | None:
    try:
        return read_framework(text)
    except Invalid:
        return None


PLACES = st.integers(0, len(TOY))


@given(st.text(max_size=200), PLACES, PLACES)
def test_nothing_but_its_own_refusal_comes_of_any_text(text: str, start: int, end: int) -> None:
    for mutated in (text, TOY[:start] + text + TOY[end:]):
        framework = read_if_whole(mutated)
        assert framework is None or from_content(rules.to_content(framework)) == framework


def test_no_word_of_the_line_under_a_question_may_cite_a_framework() -> None:
    lines = [each.example for each in all_formats().values()]
    lines += [path.read_text(encoding="utf-8") for path in sorted(BANK.glob("*.md"))]
    lines = [line for text in (*lines, SMALL_CASE) for line in text.splitlines()]
    under = [line for line in lines if " mark" in line and "standards " in line and "·" in line]
    known = {"standards", "babicm", "scope"}
    known |= {code for each in available_frameworks() for code in load_framework(each).codes}
    firsts = {
        words.text.split()[0].casefold()
        for line in under
        for words in divided([Words(line, 1)])[1:]
    }
    assert len(under) > 100
    assert {first for first in firsts if first.isalpha()} <= RESERVED | known
