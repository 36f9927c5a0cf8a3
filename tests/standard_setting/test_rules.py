"""The cut score's rules, without a database."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.errors import Invalid
from proficiency.standard_setting.rules import (
    CutEvent,
    CutScoreKind,
    Method,
    Outcome,
    ProposalState,
    check_score,
    current_proposal,
    decide_outcome,
    exact_text,
    read_proposals,
    read_score,
)

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
fractions = st.fractions(min_value=Fraction(1, 100), max_value=1000, max_denominator=997)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("34.5", Fraction(69, 2)),
        ("69/2", Fraction(69, 2)),
        (" 69 / 2 ", Fraction(69, 2)),
        ("103/3", Fraction(103, 3)),
        ("40", Fraction(40)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_a_score_is_read_exactly(text: str, score: Fraction) -> None:
    assert read_score(text) == score


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "such as 34.5"),
        ("60 %", "not a percentage"),
        ("34,5", "point, not a comma"),
        ("-3", "more than 0"),
        ("−3", "more than 0"),
        ("thirty", "34.5"),
        ("1/0", "34.5"),
        ("1e3", "34.5"),
        ("nan", "34.5"),
        ("٣٤", "34.5"),
        ("9" * 400, "34.5"),
        ("34.5.1", "34.5"),
    ],
)
def test_what_is_no_score_is_refused_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(Invalid, match=advice):
        read_score(text)


@given(fractions)
def test_what_is_shown_as_exact_reads_back_as_the_same_score(score: Fraction) -> None:
    assert read_score(exact_text(score)) == score


def test_a_score_lies_above_zero_and_within_the_form() -> None:
    check_score(Fraction(1, 3), Fraction(58))
    check_score(Fraction(58), Fraction(58))
    with pytest.raises(Invalid, match="more than 0"):
        check_score(Fraction(0), Fraction(58))
    with pytest.raises(Invalid, match="at most the 58 marks"):
        check_score(Fraction(58) + Fraction(1, 10**9), Fraction(58))


def test_a_score_is_no_finer_than_totals_can_be_held_against() -> None:
    check_score(Fraction(1, 10**6), Fraction(58))
    check_score(read_score("0.000001"), Fraction(58))
    with pytest.raises(Invalid, match="1,000,000 below the line"):
        check_score(Fraction(1, 10**6 + 1), Fraction(58))


@given(fractions)
def test_reaching_the_unrounded_cut_score_passes_and_anything_below_fails(cut: Fraction) -> None:
    assert decide_outcome(cut, cut) is Outcome.PASS
    assert decide_outcome(cut - Fraction(1, 10**12), cut) is Outcome.FAIL


def history(*steps: tuple[CutScoreKind, str]) -> list[CutEvent]:
    """Events about one proposal `p`, a minute apart."""
    return [
        CutEvent(
            id="p" if kind is CutScoreKind.PROPOSED else f"e{place}",
            kind=kind,
            actor_id=actor,
            at=START + timedelta(minutes=place),
            proposal_id="p",
            score=Fraction(69, 2) if kind is CutScoreKind.PROPOSED else None,
            method=Method.ANGOFF if kind is CutScoreKind.PROPOSED else None,
        )
        for place, (kind, actor) in enumerate(steps)
    ]


PROPOSED, ADOPTED = CutScoreKind.PROPOSED, CutScoreKind.ADOPTED


def test_a_proposal_is_adopted_with_the_signature_that_makes_the_quorum() -> None:
    (one,) = read_proposals(history((PROPOSED, "a"), (ADOPTED, "b")), quorum=2)
    assert (one.state, one.missing, one.adopted_at) == (ProposalState.OPEN, 1, None)
    (two,) = read_proposals(history((PROPOSED, "a"), (ADOPTED, "b"), (ADOPTED, "c")), quorum=2)
    assert two.state is ProposalState.ADOPTED
    assert two.adopted_at == START + timedelta(minutes=2)


def test_a_quorum_of_none_still_needs_somebody_else() -> None:
    (alone,) = read_proposals(history((PROPOSED, "a")), quorum=0)
    assert alone.state is ProposalState.OPEN


def test_a_withdrawn_proposal_does_not_stand() -> None:
    events = history((PROPOSED, "a"), (ADOPTED, "b"), (CutScoreKind.WITHDRAWN, "b"))
    proposals = read_proposals(events, quorum=1)
    assert proposals[0].state is ProposalState.WITHDRAWN
    assert current_proposal(proposals) is None


def test_an_event_about_a_proposal_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(KeyError):
        read_proposals(history((ADOPTED, "b")), quorum=1)
