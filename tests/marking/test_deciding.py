"""Answers that no machine may mark: two people decide, once for everybody who gave exactly them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, NotFound, Refused
from proficiency.items.rules import Decision
from proficiency.marking.answer_operations import (
    NEW_POINT,
    InvalidDecision,
    change_answer,
    decide_answer,
    settle_answer,
    withdraw_decision,
)
from proficiency.marking.answers import count_waiting, list_lines, load_history
from proficiency.marking.deciding import (
    NOTHING,
    AnswerState,
    ImpossibleStep,
    Step,
    StepKind,
    Turn,
    fits,
    second_step,
    shown_count,
    state_of,
    turn_of,
)
from proficiency.marking.intake import complete_marks
from proficiency.marking.operations import claim_response, close_marking
from proficiency.marking.queries import list_responses, response_marks
from proficiency.marking.verify import check
from tests.factories import act, person
from tests.marking.deciding import (
    about,
    agree,
    by_name,
    decide,
    decide_everything,
    deciding,
    gave,
    marks_of,
)
from tests.marking.factory import World
from tests.sittings import factory as sittings

ONE, HALF = Decision("a", Fraction(1)), Decision("b", Fraction(1, 2))


def problems(world: World) -> list[str]:
    with world.database.read() as session:
        return list(check(session))


# The rules


def proposed(actor: str = "ann", decision: Decision = ONE, supersedes: str | None = None) -> Step:
    return Step(f"p-{actor}", StepKind.PROPOSED, actor, decision, supersedes_id=supersedes)


def answered(kind: StepKind, actor: str, decision: Decision | None, to: str = "p-ann") -> Step:
    return Step(f"{kind}-{actor}", kind, actor, decision, about_id=to)


GONE = answered(StepKind.WITHDRAWN, "ann", None)
DISPUTE = answered(StepKind.DISPUTED, "bob", HALF)


def test_two_people_who_say_the_same_make_a_decision_that_holds() -> None:
    state = state_of([proposed(), answered(StepKind.CONFIRMED, "bob", ONE)])
    assert state == AnswerState(ONE, "confirmed-bob")
    assert turn_of(state, "cat", leads=False) is Turn.CHANGE


def test_who_differs_leaves_it_to_a_third_who_leads() -> None:
    state = state_of([proposed(), DISPUTE])
    assert state.decision is None
    assert turn_of(state, "cat", leads=False) is Turn.WAIT
    assert turn_of(state, "ann", leads=True) is Turn.WAIT
    assert turn_of(state, "bob", leads=True) is Turn.WAIT
    assert turn_of(state, "lena", leads=True) is Turn.SETTLE
    settled = answered(StepKind.SETTLED, "lena", HALF)
    assert state_of([proposed(), DISPUTE, settled]).decision == HALF


def test_the_first_and_the_second_person_see_the_same_turn() -> None:
    assert turn_of(AnswerState(), "bob", leads=False) is Turn.DECIDE
    assert turn_of(state_of([proposed()]), "bob", leads=False) is Turn.DECIDE
    assert turn_of(state_of([proposed()]), "ann", leads=False) is Turn.UNDO


def test_a_decision_holds_until_its_change_is_agreed() -> None:
    held = [proposed(), answered(StepKind.CONFIRMED, "bob", ONE)]
    asked = Step("p2", StepKind.PROPOSED, "cat", HALF, supersedes_id="confirmed-bob")
    assert state_of([*held, asked]).decision == ONE
    changed = [*held, asked, Step("c2", StepKind.CONFIRMED, "ann", HALF, about_id="p2")]
    assert state_of(changed) == AnswerState(HALF, "c2")


@pytest.mark.parametrize(
    "steps",
    [
        [answered(StepKind.CONFIRMED, "bob", ONE)],
        [proposed(), answered(StepKind.CONFIRMED, "ann", ONE)],
        [proposed(), answered(StepKind.CONFIRMED, "bob", HALF)],
        [proposed(), answered(StepKind.DISPUTED, "bob", ONE)],
        [proposed(), answered(StepKind.SETTLED, "lena", ONE)],
        [proposed(), answered(StepKind.WITHDRAWN, "bob", None)],
        [proposed(), GONE, answered(StepKind.CONFIRMED, "bob", ONE)],
        [proposed(), DISPUTE, GONE],
        [proposed(), DISPUTE, answered(StepKind.SETTLED, "bob", HALF)],
        [proposed(), proposed("bob")],
        [proposed(), answered(StepKind.CONFIRMED, "bob", ONE), proposed("cat")],
        [proposed(supersedes="nothing")],
    ],
)  # fmt: skip
def test_what_the_rules_do_not_allow_is_no_history(steps: list[Step]) -> None:
    with pytest.raises(ImpossibleStep):
        state_of(steps)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([ONE, HALF, NOTHING])), max_size=9)
)
def test_nothing_ever_holds_that_two_people_did_not_decide(
    acts: list[tuple[str, Decision]],
) -> None:
    steps: list[Step] = []
    for place, (actor, decision) in enumerate(acts):
        state = state_of(steps)
        turn = turn_of(state, actor, leads=actor == "d")
        about_id = state.proposal.id if state.proposal else None
        if turn is Turn.SETTLE:
            steps.append(Step(f"{place}", StepKind.SETTLED, actor, decision, about_id))
        elif turn is Turn.DECIDE and about_id:
            kind = second_step(state, decision)
            steps.append(Step(f"{place}", kind, actor, decision, about_id))
        elif turn in (Turn.DECIDE, Turn.CHANGE):
            steps.append(Step(f"{place}", StepKind.PROPOSED, actor, decision, None, state.holds_id))
    holding = next((step for step in steps if step.id == state_of(steps).holds_id), None)
    if holding is not None:
        first = next(step for step in steps if step.id == holding.about_id)
        assert first.actor_id != holding.actor_id
        assert holding.kind is StepKind.SETTLED or first.decision == holding.decision


def test_small_numbers_are_not_shown() -> None:
    assert [shown_count(n) for n in (1, 4, 5, 30)] == [None, None, 5, 30]


def test_a_decision_must_fit_its_question() -> None:
    known, added = {"row": Fraction(1)}, [Decision("own", Fraction(2))]
    assert fits(Decision("row", Fraction(1)), known, added, Fraction(2))
    assert fits(NOTHING, known, added, Fraction(2))
    assert fits(added[0], known, added, Fraction(2))
    assert not fits(Decision("row", Fraction(2)), known, added, Fraction(2))
    assert not fits(Decision("", Fraction(1)), known, added, Fraction(2))
    assert not fits(added[0], known, added, Fraction(1))
    assert not fits(Decision("other", Fraction(1)), known, added, Fraction(2))


# The work


def test_what_the_table_knows_is_marked_at_once_and_the_rest_waits(database: Database) -> None:
    world = deciding(
        database, gave(), gave(short="Candor", boxes=["Tell owen!", "Run"], number="x")
    )
    for name, whole in (("the-duty", 1), ("first-steps", 2), ("the-rest", 2)):
        assert marks_of(world, by_name(world, name)) == [whole, None]
    duty = by_name(world, "the-duty")
    assert world.read(count_waiting, world.ann, world.sitting_id, duty) == 1
    assert problems(world) == []


def test_two_people_decide_once_for_all_who_gave_exactly_it(database: Database) -> None:
    given_ones = [gave(short=text) for text in ("duty of candor", "Duty of Candor.", "candid", "")]
    world = deciding(database, *given_ones)
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "duty of candor", "duty-candour")
    assert marks_of(world, duty) == [None, None, None, 0]
    decide(world, world.bob, duty, "duty of candor", "duty-candour")
    assert marks_of(world, duty) == [1, 1, None, 0]
    agree(world, duty, "candid")
    assert marks_of(world, duty) == [1, 1, 0, 0]
    assert problems(world) == []


def test_a_response_is_marked_when_the_last_of_its_answers_is_decided(database: Database) -> None:
    world = deciding(database, gave(boxes=["Ring him", "New lock"]))
    steps = by_name(world, "first-steps")
    agree(world, steps, "ring him", "tell-owen")
    assert marks_of(world, steps) == [None]
    agree(world, steps, "new lock", "tell-owen")
    assert marks_of(world, steps) == [1]  # the same point twice counts once
    assert problems(world) == []


def test_one_person_never_decides_twice(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "candor")
    with pytest.raises(Refused, match="Somebody else decides next"):
        decide(world, world.ann, duty, "candor")
    assert marks_of(world, duty) == [None]


def test_a_slip_is_taken_back_until_somebody_else_has_decided(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    duty = by_name(world, "the-duty")
    with pytest.raises(Refused, match="nothing of yours"):
        world.do(withdraw_decision, world.ann, **about(world, duty, "candor"))
    decide(world, world.ann, duty, "candor")
    with pytest.raises(Refused, match="nothing of yours"):
        world.do(withdraw_decision, world.bob, **about(world, duty, "candor"))
    world.do(withdraw_decision, world.ann, **about(world, duty, "candor"))
    agree(world, duty, "candor", "duty-candour")
    with pytest.raises(Refused, match="nothing of yours"):
        world.do(withdraw_decision, world.ann, **about(world, duty, "candor"))
    assert marks_of(world, duty) == [1]
    assert problems(world) == []


def test_a_lead_settles_what_two_people_see_differently(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "candor", "duty-candour")
    decide(world, world.bob, duty, "candor", "openness")
    assert marks_of(world, duty) == [None]
    named = about(world, duty, "candor")
    with pytest.raises(Refused, match="A lead assessor settles it"):
        decide(world, world.cat, duty, "candor")
    with pytest.raises(Forbidden):
        world.do(settle_answer, world.cat, **named, point="", reason="No.")
    with pytest.raises(InvalidDecision, match="reason"):
        world.do(settle_answer, world.lead, **named, point="openness", reason="  ")
    world.do(settle_answer, world.lead, **named, point="openness", reason="It is half of it.")
    assert marks_of(world, duty) == [Fraction(1, 2)]
    with pytest.raises(Refused, match="does not wait for you"):
        world.do(settle_answer, world.lead, **named, point="", reason="Again.")
    assert problems(world) == []


def test_a_lead_who_was_one_of_the_two_leaves_it_to_another_lead(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "candor")
    decide(world, world.lead, duty, "candor", "openness")
    with pytest.raises(Refused, match="does not wait for you"):
        world.do(
            settle_answer, world.lead, **about(world, duty, "candor"), point="", reason="Mine."
        )


def test_a_right_answer_outside_the_table_is_given_marks_and_a_reason(database: Database) -> None:
    world = deciding(
        database, gave(boxes=["Call a locksmith", "A locksmith"]), gave(boxes=["Locksmith"])
    )
    steps = by_name(world, "first-steps")
    for marks, reason in (
        (None, "Safe."),
        (Fraction(0), "Safe."),
        (Fraction(3), "Safe."),
        (Fraction(1, 999_983), "Safe."),
        (Fraction(1), " "),
    ):
        with pytest.raises(InvalidDecision):
            decide(
                world, world.ann, steps, "call a locksmith", NEW_POINT, marks=marks, reason=reason
            )
    agree(world, steps, "call a locksmith", NEW_POINT, marks=Fraction(1), reason="Safe tonight.")
    new = about(world, steps, "call a locksmith")["digest"]
    agree(world, steps, "locksmith", new)
    assert marks_of(world, steps) == [1, 1]
    assert problems(world) == []


@pytest.mark.parametrize(
    "more", [{"point": "no-such"}, {"point": "openness", "marks": Fraction(1)}]
)
def test_only_what_the_page_shows_can_be_meant(database: Database, more: dict[str, object]) -> None:
    world = deciding(database, gave(short="candor"))
    with pytest.raises(InvalidDecision):
        world.do(
            decide_answer, world.ann, **about(world, by_name(world, "the-duty"), "candor"), **more
        )


def test_a_decision_is_changed_by_two_people_and_with_a_reason(database: Database) -> None:
    world = deciding(database, gave(short="candor"), gave(short="Candor!"), gave())
    duty = by_name(world, "the-duty")
    agree(world, duty, "candor")
    named = about(world, duty, "candor")
    with pytest.raises(Refused, match="To change it, say why"):
        decide(world, world.cat, duty, "candor", "duty-candour")
    with pytest.raises(InvalidDecision, match="Say why"):
        world.do(change_answer, world.ann, **named, point="duty-candour", reason="")
    with pytest.raises(InvalidDecision, match="what was decided"):
        world.do(change_answer, world.ann, **named, point="", reason="Hm.")
    world.do(change_answer, world.ann, **named, point="duty-candour", reason="Only misspelt.")
    assert marks_of(world, duty) == [0, 0, 1]  # it holds until somebody else agrees
    decide(world, world.cat, duty, "candor", "duty-candour")
    assert marks_of(world, duty) == [1, 1, 1]
    response = world.read(list_responses, world.sitting_id, attempt_id=world.attempts[0])[0]
    marks = [
        each
        for item in world.read(list_responses, world.sitting_id, form_item_id=duty.id)
        for each in world.read(response_marks, item.id)
    ]
    changed = [mark for mark in marks if mark.supersedes_id]
    assert len(changed) == 2
    assert all("Only misspelt." in (mark.comment or "") for mark in changed)
    assert response.sitting_id == world.sitting_id
    assert problems(world) == []


def test_recording_what_is_complete_again_changes_nothing(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    duty = by_name(world, "the-duty")
    agree(world, duty, "candor")

    def again(session, actor, now):  # type: ignore[no-untyped-def]
        return complete_marks(session, now, world.sitting_id, duty, "candor", "Again.")

    assert world.do(again, world.ann) == 0


def test_marking_closes_only_when_every_answer_is_decided(database: Database) -> None:
    world = deciding(database, gave(short="candor", number="about 4,000"))
    with pytest.raises(Refused, match="no machine may mark is decided: 2 still wait"):
        world.do(close_marking, world.lead, sitting_id=world.sitting_id)
    decide_everything(world)
    named = about(world, by_name(world, "the-duty"), "candor")
    world.do(change_answer, world.cat, **named, point="openness", reason="Half of it.")
    with pytest.raises(Refused, match="1 still wait"):
        world.close()
    decide(world, world.ann, by_name(world, "the-duty"), "candor", "openness")
    world.close()
    with pytest.raises(Refused, match="not open"):
        world.do(change_answer, world.cat, **named, point="", reason="Too late.")
    assert problems(world) == []


def test_who_may_not_see_a_case_may_not_decide_about_its_answers(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    with pytest.raises(Forbidden):
        decide(world, world.candidates[0], by_name(world, "the-duty"), "candor")
    both = person(database, Role.ASSESSOR, Role.CANDIDATE)
    sittings.booking(database, sittings.sitting(database, world.form_id).id, both.id)
    with pytest.raises(Refused, match="booked as a candidate"):
        decide(world, both, by_name(world, "the-duty"), "candor")


def test_an_answer_that_nobody_gave_is_not_decided_about(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    with pytest.raises(NotFound):
        decide(world, world.ann, by_name(world, "the-duty"), "duty of candour")
    with pytest.raises(NotFound):
        decide(world, world.ann, by_name(world, "the-rest"), "candor")


def test_such_responses_are_not_drawn_one_by_one(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    with pytest.raises(Refused, match="no rubric"):
        world.do(
            claim_response,
            world.ann,
            sitting_id=world.sitting_id,
            form_item_id=by_name(world, "the-duty").id,
        )


def test_nobody_sees_what_the_first_person_said(database: Database) -> None:
    world = deciding(database, gave(short="candor"), gave(short="candid"))
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "candor", "openness", reason="Half of it, I think.")
    history = world.read(load_history, world.sitting_id, duty.id)
    seen = world.read(list_lines, world.bob, world.sitting_id, duty, history)
    assert [(line.text, line.turn, line.own, line.holds, line.change) for line in seen] == [
        ("candid", Turn.DECIDE, None, None, None),
        ("candor", Turn.DECIDE, None, None, None),
    ]
    own = world.read(list_lines, world.ann, world.sitting_id, duty, history)[1].own
    assert own is not None
    assert (own.words, own.marks) == ("openness", Fraction(1, 2))


def test_the_same_answer_in_another_sitting_is_another_one(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    one = about(world, by_name(world, "the-duty"), "candor")["digest"]
    assert one != about(world, by_name(world, "the-rest"), "candor")["digest"]
    outsider = person(database)
    with pytest.raises(Forbidden):
        act(
            database,
            decide_answer,
            outsider,
            **about(world, by_name(world, "the-duty"), "candor"),
            point="",
        )
