"""How values are shown to people."""

import pytest

from proficiency.core.show import grouped, sentence


@pytest.mark.parametrize(
    ("code", "first", "shown"),
    [
        ("k7qf2m90", None, "K7QF 2M90"),
        ("k7qf2m9", None, "K7QF 2M9"),
        ("k7qf2m90ab", 6, "K7QF 2M"),
        ("", None, ""),
    ],
)
def test_a_code_is_shown_in_groups_that_can_be_read_aloud(
    code: str, first: int | None, shown: str
) -> None:
    assert grouped(code, first) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [("not yet", "Not yet"), ("In marking", "In marking"), ("6 to mark", "6 to mark"), ("", "")],
)
def test_words_get_a_capital_letter_in_front_and_keep_their_others(words: str, shown: str) -> None:
    assert sentence(words) == shown
