"""How marks are counted and ordered for the advisory group."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.db import Database
from proficiency.marking.queries import script_numbers
from proficiency.moderation.review import (
    MOST_BARS,
    get_question,
    get_review,
    get_script,
    histogram,
    show_scripts,
)
from tests.moderation.factory import in_moderation

top_and_marks = st.integers(1, 60).flatmap(
    lambda top: st.tuples(
        st.just(Fraction(top)), st.lists(st.fractions(0, top, max_denominator=6), max_size=40)
    )
)


@given(top_and_marks)
def test_every_mark_is_in_exactly_one_bar(case: tuple[Fraction, list[Fraction]]) -> None:
    top, marks = case
    bars = histogram(marks, top)
    assert len(bars) <= MOST_BARS
    assert sum(bar.count for bar in bars) == len(marks)
    for bar in bars[:-1]:
        assert bar.count == sum(bar.low <= mark < bar.high for mark in marks)
    assert bars[-1].count == marks.count(top)
    assert [bar.low for bar in bars] == sorted(bar.low for bar in bars)


def test_the_figures_of_a_question_are_those_of_its_marks(database: Database) -> None:
    group = in_moderation(database, candidates=3, levels={"ann": 0, "bob": 3})
    review = group.read(get_review, group.sitting_id)
    item = group.world.written[0]
    spread = next(each for each in review.questions if each.form_item_id == item.id)
    two = sum(criterion.weight * min(2, criterion.top) for criterion in item.body.criteria)
    assert (spread.mean, spread.lowest, spread.highest) == (two, two, two)
    assert (spread.by_people, spread.adjudicated, spread.within_tolerance) == (3, 3, 0)
    assert spread.agreed_exactly == 0
    assert review.undecided == 3 * len(group.world.written)


def test_scripts_with_discrepancies_come_first_and_a_part_agrees_with_the_whole(
    database: Database,
) -> None:
    group = in_moderation(database, candidates=3)
    group.change(group.mo, group.responses()[0], level=3)
    review = group.read(get_review, group.sitting_id)
    assert [script.number for script in review.scripts] == [1, 2, 3]
    changed = show_scripts(review.scripts, "changed")
    numbers = group.read(script_numbers, group.sitting_id)
    assert [script.number for script in changed] == [numbers[group.responses()[0].attempt_id]]
    for script in review.scripts:
        alone, lines = group.read(get_script, group.sitting_id, script.number)
        assert alone == script
        assert sum(line.final.mark for line in lines) == script.total
    for spread in review.questions:
        alone, lines = group.read(get_question, group.sitting_id, spread.form_item_id)
        assert alone == spread
        assert len(lines) == 3
