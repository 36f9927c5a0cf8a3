"""Names written in for everything, and one option reworded: only the meant lines change."""

import re
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from proficiency.core.config import ROOT
from proficiency.core.errors import Invalid, NotFound
from proficiency.items.rules import all_formats
from proficiency.scenarios.content import Item, to_content
from proficiency.scenarios.naming import format_all, replace_option
from tests.scenarios.factory import SMALL_CASE, changed, read, small_case, with_question
from tests.scenarios.test_cli import run
from tests.scenarios.test_rules import spoilt_cases

PICTURE = re.compile(r"^> !\[.*\n>\n", re.M)
BANK = [
    PICTURE.sub("", path.read_text(encoding="utf-8"))  # so that each can be read alone
    for path in sorted((ROOT / "scenarios").glob("*.md"))
]
EXAMPLES = [
    text
    for each in all_formats().values()
    if read(text := with_question(each.example)).case  # passages need an exhibit of their own
]
KEY_LINE = '- [x] "Owen does. Let us ask him what he wants together."'


def content(text: str) -> str:
    """The frozen form of a case that must be readable."""
    return to_content(small_case(text))


@pytest.mark.parametrize("text", [SMALL_CASE, *BANK, *EXAMPLES])
def test_writing_all_names_changes_nothing_that_is_read_and_is_done_once(text: str) -> None:
    named = format_all(text)
    assert content(named) == content(text)
    assert format_all(named) == named


def test_options_get_a_bullet_and_criteria_a_column() -> None:
    named = format_all(SMALL_CASE)
    assert f"{KEY_LINE}\n  - name owen-let-us-ask-him-wants\n  - His home" in named
    assert "| 2 Meets the standard | Name |\n|---|---|---|---|---|---|---|\n" in named
    assert "| Asks him and acts on it | asks-owen |\n" in named


def unnamed(item: Item) -> set[str]:
    """The keys of an item that its text does not say: rewording would change them."""
    return set(item.kind.local_keys(item.body)) | {
        answer.key for answer in item.kind.accepted_answers(item.body)
    }


@pytest.mark.parametrize("text", [SMALL_CASE, *BANK, *EXAMPLES])
def test_every_key_that_comes_of_words_is_written_down(text: str) -> None:
    named = format_all(text)
    for item in small_case(text).items:
        if item.format == "passages":  # its entries are an exhibit's own words
            continue
        for key in unnamed(item):
            plain = re.sub(r"^gap-[0-9]+-", "", key)
            assert re.fullmatch(r"gap-[0-9]+", key) or re.search(
                rf"(?:\| {re.escape(plain)} \|?|- name {re.escape(plain)})$", named, re.M
            ), (item.name, key)


MATCHING = """\
matching · 2 marks · standards 11.1 · name who-first

Who should the client go to first for each need?

### Options

- The first place
- The second place,
  which is far away

- The third place

### Stems

| Need | Answer | Why |
|---|---|---|
| What the client needs | The first place | Why it is theirs. |
| What else is needed | The third place | Why not sooner. |
"""


def test_stems_get_a_column_and_what_they_match_with_a_bullet() -> None:
    text = with_question(MATCHING)
    named = format_all(text)
    assert "- The first place\n  - name first-place\n" in named
    assert "  which is far away\n  - name second-place-far-away\n\n- The third" in named
    assert "| Need | Answer | Why | Name |\n|---|---|---|---|\n" in named
    assert "| The third place | Why not sooner. | else-needed |\n" in named
    assert content(named) == content(text)
    assert format_all(named) == named


def test_names_of_matching_options_outlive_new_words_and_stand_once() -> None:
    named = format_all(with_question(MATCHING))
    reworded = named.replace("The first place", "The nearest place")
    before, after = (small_case(each).items[0] for each in (named, reworded))
    assert before.kind.local_keys(before.body) == after.kind.local_keys(after.body)
    twice = named.replace("- name first-place", "- name third-place")
    assert "“third-place” stands twice" in "\n".join(read(twice).report())
    faulty = named.replace("- name first-place", "- name First!")
    assert "“First!” is no name" in "\n".join(read(faulty).report())


def test_a_table_with_a_column_of_names_is_left_as_it_is() -> None:
    named = format_all(with_question(MATCHING)).replace("| else-needed |", "| what-else |")
    assert format_all(named) == named


def test_a_criterion_in_a_heading_gets_its_name_there() -> None:
    table = re.search(r"\| Criterion \| Weight.*?\n\n", SMALL_CASE, re.S)
    assert table is not None
    text = SMALL_CASE.replace(
        table[0],
        "#### Asks Owen (7.1), weight 2\n\n- 0: No\n- 1: In part\n- 2 Meets the standard: Yes\n\n"
        "#### Makes it safe (1.2, 3.5), weight 1\n\n- 0: No\n- 1: In part\n"
        "- 2 Meets the standard: Yes\n\n",
        1,
    )
    assert "#### Asks Owen (7.1), weight 2, name asks-owen\n" in format_all(text)
    assert content(format_all(text)) == content(text)


@settings(max_examples=40, phases=[Phase.explicit, Phase.generate])
@given(spoilt_cases())
def test_a_spoilt_case_is_named_without_a_fault_and_reads_the_same(text: str) -> None:
    named = format_all(text)
    assert read(named).case == read(text).case


def test_the_command_writes_them_only_when_all_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "good.md"
    file.write_text(SMALL_CASE)
    assert run("format", tmp_path).output == ""
    assert run("format", "--check", "--all", tmp_path).exit_code == 1
    assert file.read_text() == SMALL_CASE
    assert run("format", "--all", tmp_path).exit_code == 0
    assert file.read_text() == format_all(SMALL_CASE)
    assert run("format", "--check", "--all", tmp_path).exit_code == 0


# One option


WORDS = st.from_regex(r"[A-Z][a-z]{1,9}( [a-z]{2,9}){1,8}", fullmatch=True)


TEXTS = [SMALL_CASE, *BANK]
OPTIONS = [
    (place, item.name, key)
    for place, text in enumerate(TEXTS)
    for item in small_case(text).items
    if item.format in {"best_answer", "several_answers", "drop_downs"}
    for key in item.kind.local_keys(item.body)
    if not re.fullmatch(r"gap-[0-9]+", key)
]


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.sampled_from(OPTIONS), WORDS)
def test_rewording_an_option_changes_only_its_lines(
    option: tuple[int, str, str], words: str
) -> None:
    place, item, key = option
    text = TEXTS[place]
    after = replace_option(text, item, key, words)
    old, new = text.split("\n"), after.split("\n")
    start = next(at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    rest = len(new) - next(at for at in range(start, len(new)) if _is_behind(old, new, at))
    assert old[:start] == new[:start]
    assert old[len(old) - rest :] == new[len(new) - rest :]
    changed_lines = new[start : len(new) - rest]
    assert changed_lines[0].endswith(f"] {words}")
    assert changed_lines[1:] in ([], [changed_lines[-1]])
    assert words in content(after)
    assert small_case(after).item(item).kind.local_keys(small_case(after).item(item).body) == (
        small_case(text).item(item).kind.local_keys(small_case(text).item(item).body)
    )


def _is_behind(old: list[str], new: list[str], at: int) -> bool:
    """Whether everything from line `at` of the new text ends the old one too."""
    return at > 0 and old[len(old) - (len(new) - at) :] == new[at:]


def test_a_reworded_option_keeps_its_name_its_box_and_its_reason() -> None:
    after = replace_option(
        SMALL_CASE, "who-decides", "owen-let-us-ask-him-wants", "“Owen decides.”"
    )
    block = (
        "- [x] “Owen decides.”\n  - name owen-let-us-ask-him-wants\n  - His home, his decision.\n"
    )
    assert after == changed(f"{KEY_LINE}\n  - His home, his decision.\n", block)


@pytest.mark.parametrize(
    "words",
    ["", "  ", "two\nlines", "one\n\n- [ ] another", "words \nname x"],
)
def test_words_that_would_be_something_else_are_refused(words: str) -> None:
    with pytest.raises(Invalid):
        replace_option(SMALL_CASE, "who-decides", "owen-let-us-ask-him-wants", words)


def test_an_option_that_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        replace_option(SMALL_CASE, "who-decides", "nobody", "Words")
    with pytest.raises(NotFound):
        replace_option(SMALL_CASE, "nothing", "nobody", "Words")
