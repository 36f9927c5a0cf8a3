"""A reason is any words that say more than the verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.items.reasons import NO_REASON, says_why, warn_without_reason
from proficiency.items.section import Problems
from tests.scenarios.factory import read, with_question

ACCEPTED = """\
short answer · 1 mark · standards 2.3 · name what-duty

What is it called?

### Accepted

| Answer | Marks | Why |
|---|---|---|
| duty of candour | 1 | {one} |
| openness | 0 | {two} |
"""


@pytest.mark.parametrize(
    "words", ["", "  ", "—", "Correct.", "the right answer", "It is wrong", "**Yes**", "see Above"]
)
def test_a_verdict_alone_is_no_reason(words: str) -> None:
    assert not says_why(words)


@pytest.mark.parametrize(
    "words", ["Nothing.", "She pays.", "Wrong, for it waits.", "See the order of May.", "Best now"]
)
def test_the_shortest_reason_is_one(words: str) -> None:
    assert says_why(words)


@given(st.text(max_size=30), st.integers(1, 99))
def test_a_warning_is_given_once_where_it_belongs_and_only_without_a_reason(
    words: str, line: int
) -> None:
    problems = Problems()
    warn_without_reason(line, words, problems, "say why")
    found = problems.in_order()
    assert [(each.line, each.code) for each in found] == [(line, NO_REASON)] * (not says_why(words))


def test_each_row_of_an_accepted_table_without_a_reason_is_named() -> None:
    text = with_question(ACCEPTED.format(one="", two="wrong"))
    found = [each.message for each in read(text).warnings if each.code == NO_REASON]
    assert len(found) == 2
    assert all("in the column Why what this answer shows" in each for each in found)
    whole = with_question(ACCEPTED.format(one="The Standards name it so.", two="No duty."))
    assert not [each for each in read(whole).warnings if each.code == NO_REASON]
