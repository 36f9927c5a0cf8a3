"""Settling marks, without a database."""

from datetime import timedelta
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.marking.rules import (
    Awaited,
    Discrepancy,
    DiscrepancyKind,
    Discrepant,
    GivenMark,
    Judgement,
    MarkKind,
    MarkSource,
    Settled,
    Tolerance,
    derive_final_mark,
    discrepancies,
    estimate_left,
    unfit_levels,
)

WEIGHTS = {"risk": Fraction(2), "plan": Fraction(1), "words": Fraction(1, 3)}
WIDE = Tolerance(item=Fraction(100), criterion=Fraction(10))

levels = st.fixed_dictionaries({key: st.integers(0, 3) for key in WEIGHTS})
traps = st.frozensets(st.sampled_from(["ignores-harm", "breaks-trust"]))


def judge(given_levels: dict[str, int], critical: frozenset[str] = frozenset()) -> Judgement:
    total = sum((WEIGHTS[key] * level for key, level in given_levels.items()), Fraction(0))
    return Judgement(total, given_levels, critical)


def give(
    id: str,
    kind: MarkKind = MarkKind.ASSESSOR,
    risk: int = 1,
    *,
    by: str = "",
    critical: frozenset[str] = frozenset(),
    corrects: str | None = None,
) -> GivenMark:
    judgement = judge({"risk": risk, "plan": 1, "words": 1}, critical)
    return GivenMark(id, kind, by or f"person-{id}", judgement, corrects)


@given(levels, levels, traps)
def test_two_who_agree_give_the_exact_mean(
    first: dict[str, int], second: dict[str, int], critical: frozenset[str]
) -> None:
    one, other = judge(first, critical), judge(second, critical)
    standing = derive_final_mark(
        [
            GivenMark("a", MarkKind.ASSESSOR, "ann", one),
            GivenMark("b", MarkKind.ASSESSOR, "bob", other),
        ],
        WIDE,
    )
    assert isinstance(standing, Settled)
    assert standing.mark * 2 == one.mark + other.mark
    assert sum(WEIGHTS[key] * level for key, level in standing.levels.items()) == standing.mark
    assert standing.is_critical == bool(critical)
    assert standing.source is MarkSource.MEAN


@given(levels, levels, traps, traps, st.integers(0, 6), st.integers(0, 3))
def test_it_does_not_matter_who_marked_first(
    first: dict[str, int],
    second: dict[str, int],
    here: frozenset[str],
    there: frozenset[str],
    item: int,
    criterion: int,
) -> None:
    tolerance = Tolerance(Fraction(item), Fraction(criterion))
    pair = [
        GivenMark("a", MarkKind.ASSESSOR, "ann", judge(first, here)),
        GivenMark("b", MarkKind.ASSESSOR, "bob", judge(second, there)),
    ]
    assert derive_final_mark(pair, tolerance) == derive_final_mark(pair[::-1], tolerance)


@given(levels, levels, traps, traps, st.fractions(0, 10), st.fractions(0, 3))
def test_a_pair_is_averaged_exactly_when_every_difference_is_within_tolerance(
    first: dict[str, int],
    second: dict[str, int],
    here: frozenset[str],
    there: frozenset[str],
    item: Fraction,
    criterion: Fraction,
) -> None:
    one, other = judge(first, here), judge(second, there)
    agreed = (
        abs(one.mark - other.mark) <= item
        and all(abs(first[key] - second[key]) <= criterion for key in WEIGHTS)
        and here == there
    )
    assert (discrepancies(one, other, Tolerance(item, criterion)) == ()) is agreed


def test_a_difference_that_equals_the_tolerance_is_within_it() -> None:
    tolerance = Tolerance(item=Fraction(2), criterion=Fraction(1))
    assert isinstance(derive_final_mark([give("a", risk=1), give("b", risk=2)], tolerance), Settled)


def test_the_smallest_difference_beyond_the_tolerance_goes_to_adjudication() -> None:
    tolerance = Tolerance(item=Fraction(2) - Fraction(1, 10**9), criterion=Fraction(1))
    standing = derive_final_mark([give("a", risk=1), give("b", risk=2)], tolerance)
    assert standing == Discrepant((Discrepancy(DiscrepancyKind.ITEM),))


def test_levels_far_apart_are_named_even_when_the_totals_agree() -> None:
    one = judge({"risk": 2, "plan": 0, "words": 0})
    other = judge({"risk": 1, "plan": 2, "words": 0})
    assert one.mark == other.mark
    found = discrepancies(one, other, Tolerance(item=Fraction(2), criterion=Fraction(1)))
    assert found == (Discrepancy(DiscrepancyKind.CRITERION, "plan"),)


def test_a_critical_trap_that_one_ticked_alone_always_goes_to_adjudication() -> None:
    pair = [give("a", critical=frozenset({"ignores-harm"})), give("b")]
    assert derive_final_mark(pair, WIDE) == Discrepant(
        (Discrepancy(DiscrepancyKind.CRITICAL, "ignores-harm"),)
    )


def test_two_different_critical_traps_are_no_agreement() -> None:
    pair = [give("a", critical=frozenset({"x"})), give("b", critical=frozenset({"y"}))]
    standing = derive_final_mark(pair, WIDE)
    assert isinstance(standing, Discrepant)
    assert [reason.key for reason in standing.reasons] == ["x", "y"]


def test_the_stronger_mark_decides_in_whatever_order_marks_are_read() -> None:
    marks = [
        give("a", risk=0),
        give("b", risk=3),
        give("c", MarkKind.ADJUDICATOR, risk=2),
        give("d", MarkKind.MODERATOR, risk=1),
    ]
    for order in permutations(marks):
        standing = derive_final_mark(order, WIDE)
        assert isinstance(standing, Settled)
        assert (standing.source, standing.mark_ids) == (MarkSource.MODERATOR, ("d",))
    without = derive_final_mark(marks[:3], WIDE)
    assert isinstance(without, Settled)
    assert without.source is MarkSource.ADJUDICATOR


def test_a_machine_mark_settles_alone() -> None:
    mark = GivenMark("m", MarkKind.MACHINE, "system", Judgement(Fraction(1, 3), {}))
    assert derive_final_mark([mark], WIDE) == Settled(
        Fraction(1, 3), frozenset(), {}, MarkSource.MACHINE, ("m",)
    )


def test_a_correction_counts_instead_of_what_it_corrects() -> None:
    marks = [
        give("a", risk=0, by="ann"),
        give("b", risk=2, by="bob"),
        give("c", risk=2, by="ann", corrects="a"),
    ]
    standing = derive_final_mark(marks, WIDE)
    assert isinstance(standing, Settled)
    assert standing.mark_ids == ("b", "c")
    assert standing.levels["risk"] == 2


@pytest.mark.parametrize(("count", "missing"), [(0, 2), (1, 1)])
def test_a_response_waits_until_two_have_marked_it(count: int, missing: int) -> None:
    marks = [give(name) for name in "ab"[:count]]
    assert derive_final_mark(marks, WIDE) == Awaited(missing)


def test_marks_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="two different assessors"):
        derive_final_mark([give("a"), give("b"), give("c")], WIDE)
    with pytest.raises(ValueError, match="two different assessors"):
        derive_final_mark([give("a", by="ann"), give("b", by="ann")], WIDE)
    with pytest.raises(ValueError, match="2 current marks"):
        derive_final_mark([give("a", MarkKind.MACHINE), give("b", MarkKind.MACHINE)], WIDE)
    with pytest.raises(ValueError, match="different rubrics"):
        discrepancies(Judgement(Fraction(0), {"x": 0}), Judgement(Fraction(0), {}), WIDE)


def test_unfit_levels_name_what_is_missing_wrong_or_unknown() -> None:
    allowed = {"risk": (0, 1, 2), "plan": (0, 1), "words": (0, 1)}
    assert unfit_levels(allowed, {"risk": 2, "plan": 0, "words": 1}) == {}
    found = unfit_levels(allowed, {"plan": 2, "words": 1, "other": 0})
    assert found == {"risk": True, "plan": False, "other": False}


def test_a_night_in_the_middle_does_not_spoil_the_estimate() -> None:
    spent = [timedelta(minutes=3), timedelta(minutes=5), timedelta(hours=9)]
    assert estimate_left(spent, 4) == timedelta(minutes=20)
    assert estimate_left(spent[:2], 4) is None
    assert estimate_left(spent, 0) is None
