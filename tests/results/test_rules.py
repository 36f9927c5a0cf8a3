"""Totals, themes and release, without a database."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.results.rules import (
    LEAST_FOR_A_RATE,
    Capacity,
    MarkedItem,
    Part,
    ReleaseFact,
    ReleaseKind,
    approval_refusal,
    digest_of,
    part_marks,
    pass_rate,
    read_runs,
    score_items,
    share_equally,
)

CODES = ("1.1", "1.2", "4.1", "11.2", "13.4", "20.1")
THEMES = {"1.1": "A", "1.2": "A", "4.1": "B", "11.2": "B", "13.4": "C", "20.1": "D"}
theme_of = THEMES.__getitem__

some_codes = st.lists(st.sampled_from(CODES), min_size=1, max_size=5).map(tuple)


@st.composite
def machine_items(draw: st.DrawFn) -> MarkedItem:
    """An item that a machine marks: one part, and any mark up to its maximum."""
    max_mark = Fraction(draw(st.integers(1, 6)))
    mark = max_mark * draw(st.fractions(min_value=0, max_value=1, max_denominator=60))
    return MarkedItem(mark, (Part("item", max_mark, draw(some_codes)),))


@st.composite
def rubrics(draw: st.DrawFn) -> tuple[Part, ...]:
    """Criteria with weights and three levels above none."""
    count = draw(st.integers(1, 5))
    weights = [
        Fraction(draw(st.integers(1, 12)), draw(st.sampled_from((1, 2, 3)))) for _ in range(count)
    ]
    return tuple(
        Part(f"c{n}", weight * 3, draw(some_codes), weight) for n, weight in enumerate(weights)
    )


@st.composite
def written_items(draw: st.DrawFn) -> MarkedItem:
    """The exact mean of two judgements, or a mark that moderation set as a whole."""
    parts = draw(rubrics())
    if draw(st.booleans()):
        whole = sum((part.max_mark for part in parts), Fraction(0))
        share = draw(st.fractions(min_value=0, max_value=1, max_denominator=97))
        return MarkedItem(whole * share, parts)
    levels = {
        part.key: Fraction(draw(st.integers(0, 3)) + draw(st.integers(0, 3)), 2) for part in parts
    }
    mark = sum((part.weight * levels[part.key] for part in parts), Fraction(0))
    return MarkedItem(mark, parts, levels)


attempts = st.lists(st.one_of(machine_items(), written_items()), min_size=1, max_size=12)


@given(attempts)
def test_the_themes_add_up_to_the_total_to_the_last_digit(items: list[MarkedItem]) -> None:
    score = score_items(items, theme_of)
    assert sum((theme.mark for theme in score.themes), Fraction(0)) == score.total
    assert sum((theme.max_mark for theme in score.themes), Fraction(0)) == score.max_mark
    assert score.total == sum((item.mark for item in items), Fraction(0))


@given(attempts)
def test_no_theme_gives_less_than_nothing_or_more_than_it_holds(items: list[MarkedItem]) -> None:
    for theme in score_items(items, theme_of).themes:
        assert 0 <= theme.mark <= theme.max_mark
        assert 1 <= theme.items <= len(items)


@given(attempts, st.randoms(use_true_random=False))
def test_the_order_of_the_items_changes_nothing(items: list[MarkedItem], random: object) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_items(shuffled, theme_of) == score_items(items, theme_of)


@given(attempts)
def test_stored_themes_read_back_exactly(items: list[MarkedItem]) -> None:
    score = score_items(items, theme_of)
    stored = json.loads(score.themes_json())
    assert [Fraction(each["mark"]) for each in stored] == [each.mark for each in score.themes]


def test_a_mark_is_shared_in_equal_parts_per_cited_sub_standard() -> None:
    shares = share_equally(Fraction(4), ("1.1", "1.2", "4.1"), theme_of)
    assert shares == {"A": Fraction(8, 3), "B": Fraction(4, 3)}


def test_a_standard_that_is_cited_twice_counts_once() -> None:
    assert share_equally(Fraction(1), ("1.1", "4.1", "4.1"), theme_of) == {
        "A": Fraction(1, 2),
        "B": Fraction(1, 2),
    }


def test_a_mark_without_a_standard_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one standard"):
        share_equally(Fraction(1), (), theme_of)


RUBRIC = (
    Part("risk", Fraction(6), ("1.1",), Fraction(2)),
    Part("plan", Fraction(3), ("4.1",), Fraction(1)),
)


def test_a_criterion_gets_its_weight_times_its_mean_level() -> None:
    item = MarkedItem(Fraction(13, 2), RUBRIC, {"risk": Fraction(5, 2), "plan": Fraction(3, 2)})
    assert part_marks(item) == {"risk": Fraction(5), "plan": Fraction(3, 2)}


def test_a_mark_set_as_a_whole_is_split_as_the_maxima_are() -> None:
    assert part_marks(MarkedItem(Fraction(7), RUBRIC)) == {
        "risk": Fraction(14, 3),
        "plan": Fraction(7, 3),
    }


def test_levels_that_contradict_the_mark_give_no_result() -> None:
    levels = {"risk": Fraction(2), "plan": Fraction(1)}
    with pytest.raises(ValueError, match="do not add up"):
        part_marks(MarkedItem(Fraction(6), RUBRIC, levels))
    with pytest.raises(ValueError, match="do not fit"):
        part_marks(MarkedItem(Fraction(4), RUBRIC, {"risk": Fraction(2)}))


def test_digests_tell_lists_apart_that_join_to_the_same_text() -> None:
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])
    assert digest_of(["a", "b"]) != digest_of(["b", "a"])


# Release

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BOARD, OFFICER = Capacity.BOARD, Capacity.OFFICER


def facts(*approvals: tuple[str, Capacity], released: bool = False) -> list[ReleaseFact]:
    """A run and its approvals, a minute apart."""
    rows = [ReleaseFact(ReleaseKind.COMPUTED, "run", "ada", START, "d")]
    for minute, (actor, capacity) in enumerate(approvals, 1):
        at = START + timedelta(minutes=minute)
        rows.append(ReleaseFact(ReleaseKind.APPROVED, "run", actor, at, "d", capacity))
    if released:
        rows.append(ReleaseFact(ReleaseKind.RELEASED, "run", "bea", START, "d"))
    return rows


def test_two_officers_are_not_enough_without_the_board() -> None:
    (run,) = read_runs(facts(("ada", OFFICER), ("bea", OFFICER)))
    assert run.missing(2) == 1
    (run,) = read_runs(facts(("ada", OFFICER), ("bea", OFFICER), ("cyd", BOARD)))
    assert run.missing(2) == 0


def test_nobody_approves_twice_or_what_is_old_or_released() -> None:
    (run,) = read_runs(facts(("ada", BOARD)))
    assert approval_refusal(run, run, "bea") is None
    assert "already" in (approval_refusal(run, run, "ada") or "")
    newer = read_runs([ReleaseFact(ReleaseKind.COMPUTED, "two", "ada", START, "e")])[0]
    assert "Newer" in (approval_refusal(run, newer, "bea") or "")
    (released,) = read_runs(facts(("ada", BOARD), released=True))
    assert "released already" in (approval_refusal(released, released, "bea") or "")


def test_an_approval_without_its_capacity_is_a_fault() -> None:
    broken = [*facts(), ReleaseFact(ReleaseKind.APPROVED, "run", "ada", START, "d")]
    with pytest.raises(ValueError, match="capacity"):
        read_runs(broken)


# The pass rate


def test_too_few_results_give_no_rate() -> None:
    assert not pass_rate(LEAST_FOR_A_RATE - 1, 9).is_told
    assert pass_rate(LEAST_FOR_A_RATE, 9).is_told


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I: 81 of 263 gives 0.2553 to 0.3662.
    rate = pass_rate(263, 81)
    assert rate.low == pytest.approx(0.2553, abs=5e-5)
    assert rate.high == pytest.approx(0.3662, abs=5e-5)


@given(
    st.integers(LEAST_FOR_A_RATE, 2000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
)
def test_the_interval_holds_the_rate_and_stays_within_bounds(counts: tuple[int, int]) -> None:
    results, passes = counts
    rate = pass_rate(results, passes)
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= passes / results + 1e-12
    assert passes / results - 1e-12 <= rate.high <= 1 + 1e-12
