"""Comparing two texts for readers, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.authoring.diff import Comparison, Mark, Paragraph, compare, compare_words
from proficiency.authoring.places import find_questions, follow, follow_lines, with_lines
from tests.scenarios.factory import SMALL_CASE, line_of

words = st.sampled_from(["Owen", "the", "key", "is", "gone", ",", "lost", "5", "à", "🔑"])
paragraph = st.lists(words, max_size=9).map(" ".join)
text = st.lists(paragraph, max_size=9)


def all_of(comparison: Comparison) -> list[Paragraph]:
    return [each for stretch in comparison.stretches for each in stretch.paragraphs]


@given(text, text)
def test_a_comparison_holds_both_texts_whole_and_in_order(old: list[str], new: list[str]) -> None:
    shown = all_of(compare(old, new))
    assert [each.old_text for each in shown if each.old] == old
    assert [each.new_text for each in shown if each.new] == new
    assert [each.old for each in shown if each.old] == list(range(1, len(old) + 1))
    assert [each.new for each in shown if each.new] == list(range(1, len(new) + 1))


@given(text)
def test_the_same_text_has_no_change(same: list[str]) -> None:
    assert compare(same, same).changes == 0


@given(text, text)
def test_what_is_folded_is_unchanged(old: list[str], new: list[str]) -> None:
    for stretch in compare(old, new).stretches:
        if stretch.is_folded:
            assert {each.mark for each in stretch.paragraphs} == {Mark.KEPT}
            assert len(stretch.paragraphs) > 1


@given(paragraph, paragraph)
def test_words_tell_both_paragraphs(old: str, new: str) -> None:
    runs = compare_words(old, new)
    assert "".join(run.text for run in runs if run.mark is not Mark.ADDED) == old
    assert "".join(run.text for run in runs if run.mark is not Mark.REMOVED) == new
    assert all(run.text for run in runs)


def shown(old: str, new: str) -> str:
    signs = {Mark.KEPT: "{}", Mark.REMOVED: "[-{}-]", Mark.ADDED: "[+{}+]"}
    return "".join(signs[run.mark].format(run.text) for run in compare_words(old, new))


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("The key is missing.", "The key is gone.", "The key is [-missing-][+gone+]."),
        ("The key is missing.", "The key is missing", "The key is missing[-.-]"),
        ("He asks first.", "He always asks first.", "He [+always +]asks first."),
        ("one two of three four", "1 2 of 3 4", "[-one two of three four-][+1 2 of 3 4+]"),
    ],
)
def test_what_changed_is_shown_by_words(old: str, new: str, seen: str) -> None:
    assert shown(old, new) == seen


def test_paragraphs_that_have_little_in_common_are_shown_apart() -> None:
    marks = [each.mark for each in all_of(compare(["The key is missing."], ["A letter came."]))]
    assert marks == [Mark.REMOVED, Mark.ADDED]


def test_a_changed_paragraph_is_found_beside_a_new_one() -> None:
    old = ["Owen has lost the key to his flat."]
    new = ["A letter came.", "Owen has lost the new key to his flat."]
    assert [each.mark for each in all_of(compare(old, new))] == [Mark.ADDED, Mark.CHANGED]


def test_what_is_far_from_a_change_is_folded() -> None:
    old = [f"Paragraph number {n} of the story." for n in range(10)]
    new = [*old[:5], "Something else happened.", *old[5:]]
    folds = [(each.is_folded, len(each.paragraphs)) for each in compare(old, new).stretches]
    assert folds == [(True, 4), (False, 3), (True, 4)]


def test_a_very_long_paragraph_is_compared_as_a_whole() -> None:
    long = " ".join(["word"] * 9000)
    runs = compare_words(long, long + " more")
    assert [run.mark for run in runs] == [Mark.REMOVED, Mark.ADDED]


def test_a_text_that_is_new_from_end_to_end_is_compared_place_by_place() -> None:
    old = [f"Paragraph {n} of the old story." for n in range(1500)]
    new = [f"Paragraph {n} of the new story." for n in range(1501)]
    shown = all_of(compare(old, new))
    assert [each.old_text for each in shown if each.old] == old
    assert [each.new_text for each in shown if each.new] == new
    assert shown[0].mark is Mark.CHANGED


# Where things stand


def test_each_question_has_its_lines() -> None:
    places = find_questions(SMALL_CASE)
    assert [(each.name, each.number) for each in places] == [
        ("who-decides", 1), ("before-the-key", 2), ("what-now", 3),
    ]  # fmt: skip
    assert places[0].last == line_of(SMALL_CASE, "## Question 2") - 1
    assert places[1].last == line_of(SMALL_CASE, "# Stage 2") - 1
    assert places[2].last == line_of(SMALL_CASE, "# For assessors") - 1


@pytest.mark.parametrize("broken", ["", "no case at all", "x" * 1_100_000, "## Question 1\n"])
def test_a_text_that_cannot_be_read_has_no_questions_or_what_it_has(broken: str) -> None:
    assert len(find_questions(broken)) <= 1


@given(text, text)
def test_lines_that_stand_are_followed_to_the_same_words(old: list[str], new: list[str]) -> None:
    one, other = "\n".join(old), "\n".join(new)
    for before, after in follow_lines(one, other).items():
        assert one.split("\n")[before - 1] == other.split("\n")[after - 1]


def test_lines_are_followed_only_while_they_stand_together() -> None:
    kept = follow_lines("a\nb\nc", "x\na\nb\ny\nc")
    assert follow(kept, 1, 2) == 2
    assert follow(kept, 2, 2) is None
    assert follow(kept, 9, 1) is None


def test_lines_are_replaced_or_taken_away() -> None:
    assert with_lines("a\nb\nc\n", 2, 1, "x\ny") == "a\nx\ny\nc\n"
    assert with_lines("a\nb\nc\n", 1, 2, "") == "c\n"
