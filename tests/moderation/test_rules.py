"""When a sign-off holds, without a database."""

from hypothesis import given
from hypothesis import strategies as st

from proficiency.moderation.rules import (
    Act,
    Capacity,
    Decision,
    Missing,
    ModerationKind,
    Quorum,
    read_state,
)

OPENED = Act(ModerationKind.OPENED, "officer", 0)
THREE_WITH_A_LAY_MEMBER = Quorum(people=3, lay=1)


def signature(by: str, round: int = 0, capacity: Capacity = Capacity.MODERATOR) -> Act:
    return Act(ModerationKind.SIGNED_OFF, by, round, capacity=capacity)


def lay(by: str, round: int = 0) -> Act:
    return signature(by, round, Capacity.LAY_MEMBER)


def change(by: str, round: int) -> Act:
    return Act(ModerationKind.DECIDED, by, round, Decision.MARK_CHANGED)


def accept(by: str, round: int = 0) -> Act:
    return Act(ModerationKind.DECIDED, by, round, Decision.ACCEPTED)


def test_three_people_one_of_them_lay_sign_off() -> None:
    state = read_state(
        [OPENED, signature("ann"), lay("lee"), signature("bob")], THREE_WITH_A_LAY_MEMBER
    )
    assert state.is_signed_off
    assert not state.is_open


def test_three_moderators_without_a_lay_member_do_not() -> None:
    signed = [signature("ann"), signature("bob"), signature("cat")]
    state = read_state([OPENED, *signed], THREE_WITH_A_LAY_MEMBER)
    assert state.missing == Missing(people=0, lay=1, independent=False)
    assert state.is_open


def test_one_person_is_never_a_quorum_whatever_the_scheme_says() -> None:
    state = read_state([OPENED, signature("ann")], Quorum(people=1, lay=0))
    assert state.missing.people == 1


def test_a_person_who_signs_in_two_capacities_counts_once() -> None:
    state = read_state([OPENED, signature("ann"), lay("ann")], Quorum(people=2, lay=1))
    assert state.missing == Missing(people=1, lay=0, independent=False)


def test_a_changed_mark_voids_the_signatures_before_it() -> None:
    acts = [OPENED, signature("ann"), lay("lee"), change("cat", 1), signature("bob", 1)]
    state = read_state(acts, THREE_WITH_A_LAY_MEMBER)
    assert state.round == 1
    assert [act.actor_id for act in state.signatures] == ["bob"]
    assert not state.has_signed("ann")
    assert state.missing == Missing(people=2, lay=1, independent=False)


def test_an_accepted_response_voids_nothing() -> None:
    acts = [OPENED, signature("ann"), accept("bob"), signature("bob"), lay("lee")]
    assert read_state(acts, THREE_WITH_A_LAY_MEMBER).is_signed_off


def test_those_who_changed_marks_may_sign_but_do_not_fill_the_quorum_by_themselves() -> None:
    quorum = Quorum(people=2, lay=0)
    acts = [OPENED, change("ann", 1), change("bob", 2), signature("ann", 2), signature("bob", 2)]
    state = read_state(acts, quorum)
    assert state.missing == Missing(people=0, lay=0, independent=True)
    assert read_state([*acts, signature("cat", 2)], quorum).is_signed_off


def test_nothing_is_signed_off_that_was_never_opened() -> None:
    state = read_state([signature("ann"), signature("bob")], Quorum(people=2, lay=0))
    assert not state.is_signed_off
    assert not state.is_open


people = st.sampled_from(["ann", "bob", "cat", "dan", "eve"])
quorums = st.builds(Quorum, people=st.integers(0, 5), lay=st.integers(0, 3))


@given(st.lists(st.tuples(people, st.sampled_from(Capacity))), st.sets(people), quorums)
def test_a_sign_off_always_rests_on_two_people_one_of_whom_changed_nothing(
    signed: list[tuple[str, Capacity]], changers: set[str], quorum: Quorum
) -> None:
    changes = [change(person, place) for place, person in enumerate(sorted(changers), start=1)]
    acts = [signature(person, len(changes), capacity) for person, capacity in signed]
    state = read_state([OPENED, *changes, *acts], quorum)
    names = {person for person, _capacity in signed}
    lay_names = {person for person, capacity in signed if capacity is Capacity.LAY_MEMBER}
    expected = len(names) >= max(quorum.people, 2) and len(lay_names) >= quorum.lay
    assert state.is_signed_off == (expected and bool(names - changers))
