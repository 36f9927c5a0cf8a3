"""The life of a case and the merging of two edits, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.authoring.merge import merge
from proficiency.authoring.rules import (
    CaseState,
    Signature,
    StepKind,
    is_quorum,
    state_after,
)

K = StepKind
WHOLE_LIFE = [
    (K.BEGUN, CaseState.DRAFT),
    (K.SENT_TO_PEERS, CaseState.PEER_REVIEW),
    (K.RETURNED, CaseState.DRAFT),
    (K.SENT_TO_PEERS, CaseState.PEER_REVIEW),
    (K.PASSED_BY_PEER, CaseState.ADVISORY_REVIEW),
    (K.SIGNED, CaseState.ADVISORY_REVIEW),
    (K.APPROVED, CaseState.APPROVED),
    (K.PILOTED, CaseState.PILOTED),
    (K.MADE_LIVE, CaseState.LIVE),
    (K.LEAK_REPORTED, CaseState.FROZEN),
    (K.RETIRED, CaseState.RETIRED),
]


def test_a_case_goes_from_draft_to_its_retirement() -> None:
    kinds = [kind for kind, _state in WHOLE_LIFE]
    for place, (_kind, state) in enumerate(WHOLE_LIFE, start=1):
        assert state_after(kinds[:place]) is state


@pytest.mark.parametrize(
    "history",
    [
        [],
        [K.SENT_TO_PEERS],
        [K.BEGUN, K.APPROVED],
        [K.BEGUN, K.MADE_LIVE],
        [K.BEGUN, K.SENT_TO_PEERS, K.APPROVED],
        [K.BEGUN, K.SENT_TO_PEERS, K.SIGNED],
        [K.BEGUN, K.RETIRED, K.SENT_TO_PEERS],
    ],
)
def test_no_step_may_be_left_out(history: list[StepKind]) -> None:
    with pytest.raises(ValueError, match=r"cannot follow|begins|beginning"):
        state_after(history)


def sign(*people: str) -> list[Signature]:
    """Signatures of these people; a name that begins with `lay` signs as a lay member."""
    return [Signature(name, name.startswith("lay")) for name in people]


@pytest.mark.parametrize(
    ("people", "approved"),
    [
        (("ann", "ben", "lay-cat"), True),
        (("ann", "ben"), False),
        (("ann", "lay-cat"), False),
        (("ann", "ann", "lay-cat"), False),
        (("ann", "writer", "lay-cat"), False),
        (("ann", "ben", "lay-writer"), False),
        (("lay-cat", "lay-dan", "ann"), False),
    ],
)
def test_an_approval_needs_the_group_and_a_lay_member_and_no_writer(
    people: tuple[str, ...], approved: bool
) -> None:
    assert is_quorum(sign(*people), {"writer", "lay-writer"}) is approved


# Merging

lines = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n"]), max_size=12).map("".join)


@given(lines, lines)
def test_one_sides_edit_is_taken_as_it_is(base: str, edit: str) -> None:
    assert merge(base, edit, base).text == edit
    assert merge(base, base, edit).text == edit
    assert merge(base, edit, edit).text == edit


@given(lines, lines, lines)
def test_merging_does_not_depend_on_who_is_first(base: str, mine: str, theirs: str) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)
    assert one.text == other.text
    assert len(one.conflicts) == len(other.conflicts)


@given(lines, lines, lines)
def test_no_line_that_somebody_added_is_lost(base: str, mine: str, theirs: str) -> None:
    merged = merge(base, mine, theirs)
    if merged.text is None:
        assert merged.conflicts
        return
    kept = merged.text.split("\n")
    for side in (mine, theirs):
        for line in set(side.split("\n")) - set(base.split("\n")):
            assert line in kept


def test_edits_in_different_places_are_brought_together() -> None:
    base = "one\ntwo\nthree\nfour\n"
    merged = merge(base, "ONE\ntwo\nthree\nfour\n", "one\ntwo\nthree\nfour\nfive\n")
    assert merged.text == "ONE\ntwo\nthree\nfour\nfive\n"


def test_edits_of_the_same_line_are_both_handed_back() -> None:
    merged = merge("one\ntwo\nthree\n", "one\n2\nthree\n", "zero\none\nzwei\nthree\n")
    assert merged.text is None
    (conflict,) = merged.conflicts
    assert (conflict.mine, conflict.theirs, conflict.base) == (("2\n",), ("zwei\n",), ("two\n",))
    assert conflict.line == 3
