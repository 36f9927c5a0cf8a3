"""The verbs of marking, on both databases."""

from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import find_words
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, NotFound, Refused
from proficiency.marking.judging import InvalidJudgement
from proficiency.marking.models import Allocation, Mark
from proficiency.marking.operations import (
    claim_adjudication,
    claim_response,
    close_marking,
    open_marking,
    record_adjudication,
    record_mark,
    release_response,
    return_response,
)
from proficiency.marking.queries import (
    final_marks,
    get_response,
    is_marking_closed,
    is_marking_open,
    list_responses,
    response_marks,
    standing_of,
)
from proficiency.marking.rules import (
    Awaited,
    Discrepant,
    MarkKind,
    MarkSource,
    ReturnReason,
    Settled,
)
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.marking.factory import even, in_marking, marked, sat, silent
from tests.sittings import factory as sittings
from tests.starting import start_attempt


def test_opening_takes_every_attempt_in_and_lets_the_machine_mark_its_part(
    database: Database,
) -> None:
    world = in_marking(database, candidates=2)
    responses = world.read(list_responses, world.sitting_id)
    assert len(responses) == 2 * len(world.items)
    assert len({response.id for response in responses}) == len(responses)
    by_machine = [
        world.read(standing_of, response.id)
        for response in responses
        if response.form_item_id not in {item.id for item in world.written}
    ]
    top = sum(item.max_mark for item in world.items if item not in world.written)
    assert all(isinstance(each, Settled) for each in by_machine)
    assert sum(each.mark for each in by_machine) == 2 * top


def test_an_empty_written_response_is_zero_by_the_machine_and_says_so(database: Database) -> None:
    world = in_marking(database, candidates=1, answers=silent)
    first = world.written[0]
    response = next(
        r for r in world.read(list_responses, world.sitting_id) if r.form_item_id == first.id
    )
    [mark] = world.read(response_marks, response.id)
    assert (mark.kind, mark.mark, mark.actor_id) == (MarkKind.MACHINE, 0, SYSTEM.id)
    assert mark.comment == "Nothing was written."
    assert mark.levels == even(first, 0)
    assert world.claim(world.ann, first) is None


def test_marking_is_not_opened_while_somebody_may_still_start_or_write(database: Database) -> None:
    form = exams.form(database, exams.CASES[:1])
    sitting = sittings.sitting(database, form.id)
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id)
    lead = person(database, Role.LEAD_ASSESSOR)
    with pytest.raises(Refused, match="candidates may start until"):
        act(database, open_marking, lead, sitting_id=sitting.id)
    act(database, start_attempt, candidate, booking_id=booking.id, device_id="one")
    late = sitting.last_start_at.replace(hour=23)
    with pytest.raises(Refused, match="1 still open"):
        act(database, open_marking, lead, late, sitting_id=sitting.id)


def test_marking_is_opened_once(database: Database) -> None:
    world = in_marking(database, candidates=1)
    with pytest.raises(Refused, match="not opened before"):
        world.do(open_marking, world.lead, sitting_id=world.sitting_id)
    assert world.read(is_marking_open, world.sitting_id)


def test_an_assessor_gets_every_response_to_a_question_once_and_none_twice(
    database: Database,
) -> None:
    world = in_marking(database, candidates=3)
    codes = [world.mark(world.ann).response_id for _ in range(3)]
    assert len(set(codes)) == 3
    assert world.claim(world.ann) is None


def test_no_response_has_more_than_two_assessors(database: Database) -> None:
    world = in_marking(database, candidates=1)
    assert world.claim(world.ann) is not None
    assert world.claim(world.bob) is not None
    assert world.claim(world.cat) is None


def test_the_draw_can_be_repeated_from_its_stored_seed(database: Database) -> None:
    from proficiency.core.chance import draw_number

    world = in_marking(database, candidates=3)
    codes = sorted(
        response.id
        for response in world.read(list_responses, world.sitting_id)
        if response.form_item_id == world.written[0].id
    )
    drawn = world.claim(world.ann)
    assert codes[draw_number(drawn.seed, 3)] == drawn.response_id


def test_an_unfinished_response_is_offered_again_first(database: Database) -> None:
    world = in_marking(database, candidates=3)
    first = world.claim(world.ann)
    assert world.claim(world.ann).id == first.id


def test_two_marks_within_tolerance_settle_as_the_exact_mean(database: Database) -> None:
    world = in_marking(database, candidates=1)
    item = world.written[0]
    first, second = even(item, 1), even(item, 1)
    lightest = min(item.body.criteria, key=lambda criterion: criterion.weight)
    second[lightest.key] += 1
    for actor, levels in ((world.ann, first), (world.bob, second)):
        allocation = world.claim(actor)
        world.do(record_mark, actor, allocation_id=allocation.id, levels=levels)
    standing = world.read(standing_of, allocation.response_id)
    assert isinstance(standing, Settled)
    weights = sum((criterion.weight for criterion in item.body.criteria), Fraction(0))
    assert standing.mark == weights + lightest.weight / 2
    assert standing.source is MarkSource.MEAN


def test_beyond_tolerance_a_third_person_decides(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark(world.ann, level=0)
    mark = world.mark(world.bob, level=3)
    assert isinstance(world.read(standing_of, mark.response_id), Discrepant)
    allocation = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    assert allocation.response_id == mark.response_id
    settled = world.do(
        record_adjudication,
        world.lead,
        allocation_id=allocation.id,
        levels=even(world.written[0], 2),
        reason="Names the risk, leaves the plan to others.",
    )
    standing = world.read(standing_of, mark.response_id)
    assert (standing.source, standing.mark) == (MarkSource.ADJUDICATOR, settled.mark)
    kinds = [each.kind for each in world.read(response_marks, mark.response_id)]
    assert kinds == [MarkKind.ASSESSOR, MarkKind.ASSESSOR, MarkKind.ADJUDICATOR]


def critical_trap(item: Any) -> str:
    return str(next(sign.key for sign in item.body.traps if sign.is_critical))


def item_with_critical_trap(world: Any) -> Any:
    return next(i for i in world.written if any(sign.is_critical for sign in i.body.traps))


def test_a_critical_trap_ticked_by_one_alone_goes_to_adjudication(database: Database) -> None:
    world = in_marking(database, candidates=1)
    item = item_with_critical_trap(world)
    world.mark(world.ann, item, traps=[critical_trap(item)])
    mark = world.mark(world.bob, item)
    assert isinstance(world.read(standing_of, mark.response_id), Discrepant)


def test_a_critical_trap_ticked_by_both_is_confirmed_and_does_not_change_the_mark(
    database: Database,
) -> None:
    world = in_marking(database, candidates=1)
    item = item_with_critical_trap(world)
    one = world.mark(world.ann, item, traps=[critical_trap(item)])
    world.mark(world.bob, item, traps=[critical_trap(item)])
    standing = world.read(standing_of, one.response_id)
    assert standing.is_critical
    assert standing.mark == one.mark


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda levels: {}, "Choose a level for"),
        (lambda levels: levels | {next(iter(levels)): 9}, "has no such level"),
        (lambda levels: levels | {next(iter(levels)): -1}, "has no such level"),
        (lambda levels: levels | {"invented": 1}, "criterion was sent"),
    ],
)
def test_a_judgement_that_is_not_whole_is_refused(
    sqlite_database: Database, change: Any, says: str
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    allocation = world.claim(world.ann)
    levels = change(even(world.written[0], 1))
    with pytest.raises(InvalidJudgement) as refusal:
        world.do(record_mark, world.ann, allocation_id=allocation.id, levels=levels)
    assert any(says in detail for detail in refusal.value.details)
    assert world.read(response_marks, allocation.response_id) == []


def test_invented_traps_and_indicators_are_refused(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    allocation = world.claim(world.ann)
    with pytest.raises(InvalidJudgement) as refusal:
        world.do(
            record_mark,
            world.ann,
            allocation_id=allocation.id,
            levels=even(world.written[0], 1),
            traps=["invented"],
            indicators=["invented"],
        )
    assert len(refusal.value.details) == 2


def test_a_correction_needs_a_reason_and_keeps_what_it_corrects(database: Database) -> None:
    world = in_marking(database, candidates=1)
    first = world.mark(world.ann, level=0)
    with database.read() as session:
        allocation_id = session.scalar(sa.select(Allocation.id))
    better = {"allocation_id": allocation_id, "levels": even(world.written[0], 2)}
    with pytest.raises(InvalidJudgement, match="not recorded"):
        world.do(record_mark, world.ann, **better)
    second = world.do(record_mark, world.ann, **better, comment="I had read over the last line.")
    assert second.supersedes_id == first.id
    world.mark(world.bob, level=2)
    standing = world.read(standing_of, first.response_id)
    assert standing.mark == second.mark
    assert len(world.read(response_marks, first.response_id)) == 3


def test_the_same_mark_sent_twice_is_one_mark(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    sent = {"allocation_id": allocation.id, "levels": even(world.written[0], 1)}
    first = world.do(record_mark, world.ann, **sent)
    assert world.do(record_mark, world.ann, **sent).id == first.id
    assert len(world.read(response_marks, first.response_id)) == 1


def test_no_correction_once_an_adjudicator_has_taken_it_up(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    world.mark(world.ann, level=0)
    world.mark(world.bob, level=3)
    world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    with pytest.raises(Refused, match="your mark stands"):
        world.do(
            record_mark,
            world.ann,
            allocation_id=allocation.id,
            levels=even(world.written[0], 3),
            comment="Second thoughts.",
        )


def test_a_response_given_back_goes_to_somebody_else_and_never_returns(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    world.do(
        return_response,
        world.ann,
        allocation_id=allocation.id,
        reason=ReturnReason.MAY_KNOW_WRITER,
    )
    assert world.claim(world.ann) is None
    assert world.mark(world.bob).response_id == allocation.response_id
    assert world.mark(world.cat).response_id == allocation.response_id
    with pytest.raises(Refused, match="no longer yours"):
        world.do(
            record_mark,
            world.ann,
            allocation_id=allocation.id,
            levels=even(world.written[0], 1),
        )


def test_a_marked_response_is_not_given_back(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    world.mark(world.ann)
    give = {"allocation_id": allocation.id, "reason": ReturnReason.CANNOT_BE_FAIR}
    with pytest.raises(Refused, match="marked already"):
        world.do(return_response, world.ann, **give)


def test_the_lead_takes_back_what_somebody_left_lying(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark(world.bob)
    left = world.claim(world.ann)
    assert world.claim(world.cat) is None
    world.do(release_response, world.lead, allocation_id=left.id)
    assert world.claim(world.cat).response_id == left.response_id
    with pytest.raises(Forbidden):
        world.do(release_response, world.ann, allocation_id=left.id)
    with pytest.raises(Forbidden, match="Only the lead"):
        world.do(
            return_response,
            world.cat,
            allocation_id=world.claim(world.cat).id,
            reason=ReturnReason.RELEASED,
        )


def test_nobody_works_on_what_somebody_else_drew(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    levels = even(world.written[0], 1)
    with pytest.raises(NotFound):
        world.do(record_mark, world.bob, allocation_id=allocation.id, levels=levels)
    with pytest.raises(NotFound):
        world.do(
            return_response,
            world.bob,
            allocation_id=allocation.id,
            reason=ReturnReason.MAY_KNOW_WRITER,
        )


def test_only_assessors_mark_and_only_leads_adjudicate(database: Database) -> None:
    world = in_marking(database, candidates=1)
    with pytest.raises(Forbidden):
        world.claim(world.lead)
    with pytest.raises(Forbidden):
        world.do(claim_adjudication, world.ann, sitting_id=world.sitting_id)
    with pytest.raises(Forbidden):
        world.do(close_marking, world.ann, sitting_id=world.sitting_id)


def test_who_marked_a_response_does_not_adjudicate_it(database: Database) -> None:
    world = in_marking(database, candidates=1)
    both = person(database, Role.ASSESSOR, Role.LEAD_ASSESSOR)
    mark = world.mark(both, level=0)
    world.mark(world.bob, level=3)
    assert world.do(claim_adjudication, both, sitting_id=world.sitting_id) is None
    with pytest.raises(Refused, match="does not wait for you"):
        world.do(
            claim_adjudication, both, sitting_id=world.sitting_id, response_id=mark.response_id
        )


def test_an_adjudication_needs_a_reason(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark(world.ann, level=0)
    world.mark(world.bob, level=3)
    allocation = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    with pytest.raises(InvalidJudgement) as refusal:
        world.do(
            record_adjudication,
            world.lead,
            allocation_id=allocation.id,
            levels=even(world.written[0], 2),
            reason=" \n",
        )
    assert refusal.value.needs_words


def test_a_discrepancy_is_adjudicated_once(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark(world.ann, level=0)
    world.mark(world.bob, level=3)
    other = person(database, Role.LEAD_ASSESSOR)
    assert world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id) is not None
    assert world.do(claim_adjudication, other, sitting_id=world.sitting_id) is None


def test_a_candidate_of_the_same_case_neither_marks_nor_adjudicates(database: Database) -> None:
    world = in_marking(database, candidates=1)
    both = person(database, Role.CANDIDATE, Role.ASSESSOR, Role.LEAD_ASSESSOR)
    next_sitting = sittings.sitting(database, world.form_id, opens_at=NOW.replace(day=28))
    sittings.booking(database, next_sitting.id, both.id)
    with pytest.raises(Refused, match="booked as a candidate"):
        world.claim(both)
    with pytest.raises(Refused, match="booked as a candidate"):
        world.do(claim_adjudication, both, sitting_id=world.sitting_id)


def test_marking_closes_when_every_response_is_settled(database: Database) -> None:
    world = in_marking(database, candidates=2)
    with pytest.raises(Refused, match="still wait"):
        world.close()
    world.mark_everything({"ann": 0, "bob": 3})
    with pytest.raises(Refused, match="adjudicated"):
        world.close()
    with pytest.raises(Refused, match="not complete"):
        world.read(final_marks, world.sitting_id)
    assert world.adjudicate_everything() == 2 * len(world.written)
    world.close()
    assert world.read(is_marking_closed, world.sitting_id)
    finals = world.read(final_marks, world.sitting_id)
    assert len(finals) == 2 * len(world.items)
    assert {final.attempt_id for final in finals.values()} == set(world.attempts)


def test_nothing_is_marked_after_the_closing(database: Database) -> None:
    world = marked(database, candidates=1)
    with database.read() as session:
        allocation = session.scalars(sa.select(Allocation)).first()
        assert allocation is not None
    item_id = world.read(get_response, allocation.response_id).form_item_id
    item = next(item for item in world.items if item.id == item_id)
    owner = next(a for a in world.assessors if a.id == allocation.assessor_id)
    with pytest.raises(Refused, match="not open"):
        world.do(
            record_mark,
            owner,
            allocation_id=allocation.id,
            levels=even(item, 2),
            comment="Too late.",
        )
    with pytest.raises(Refused, match="not open"):
        world.do(claim_response, world.cat, sitting_id=world.sitting_id, form_item_id=item.id)
    with pytest.raises(Refused):
        world.close()


def test_a_comment_is_words_that_can_be_erased_and_the_mark_stays(database: Database) -> None:
    world = in_marking(database, candidates=1)
    mark = world.mark(world.ann, comment="Thin on\r\nfollow-up.")
    assert world.read(find_words, mark.id) == "Thin on\nfollow-up."
    assert mark.commitment is not None


def test_the_state_of_a_response_before_anybody_marked(database: Database) -> None:
    world = sat(database, candidates=1)
    assert not world.read(is_marking_open, world.sitting_id)
    world.do(open_marking, world.lead, sitting_id=world.sitting_id)
    allocation = world.claim(world.ann)
    assert world.read(standing_of, allocation.response_id) == Awaited(2)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Mark)) > 0
