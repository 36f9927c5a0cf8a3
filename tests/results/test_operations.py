"""Computing, approving and releasing results, on both databases."""

from contextlib import closing
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from proficiency.accounts.operations import grant_role
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chain import append
from proficiency.core.db import Database, sqlite_driver
from proficiency.core.errors import Forbidden, NotFound, Refused
from proficiency.core.jobs import Message
from proficiency.core.operation import transaction
from proficiency.core.text import canonical_json
from proficiency.exams.exactness import FINEST_CUT_SCORE
from proficiency.marking.models import Mark
from proficiency.marking.queries import response_marks
from proficiency.moderation.operations import change_mark
from proficiency.results import computing, recompute, rules
from proficiency.results.models import ReleaseEvent
from proficiency.results.operations import RESULT_READY, approve_results, compute_results
from proficiency.results.queries import (
    find_newest_run,
    find_released_result,
    find_result,
    list_results,
)
from proficiency.results.rules import Capacity, MarkedItem, ReleaseKind
from proficiency.results.verify import check
from proficiency.standard_setting.queries import get_proposal
from proficiency.standard_setting.rules import Outcome
from tests.factories import act, person
from tests.results.factory import (
    APART,
    GOOD,
    MODERATION,
    RELEASE,
    SILENT,
    WEAK,
    WHY,
    Plan,
    World,
    adopt,
    compute,
    decided,
    moderated,
    release,
    sign,
)
from tests.standard_setting.factory import proposed

EVERYBODY = (GOOD, WEAK, APART, SILENT)


def totals(world: World) -> list[tuple[Fraction, Outcome]]:
    with world.database.read() as session:
        found = [find_result(session, attempt) for attempt in world.attempts]
    return [(result.total, result.outcome) for result in found if result]


def problems(world: World) -> list[str]:
    with world.database.read() as session:
        return list(check(session))


def test_results_follow_from_the_final_marks(database: Database) -> None:
    world = decided(database, *EVERYBODY)
    compute(world)
    assert totals(world) == [
        (Fraction(17, 2), Outcome.PASS),  # 1 + 2 + the mean of 6 and 5
        (Fraction(2), Outcome.FAIL),  # 0 + 1 + the mean of 1 and 1
        (Fraction(7), Outcome.PASS),  # 1 + 2 + the adjudicator's 4
        (Fraction(3), Outcome.FAIL),  # 1 + 2 + 0 for nothing written
    ]
    assert problems(world) == []


def test_a_total_that_is_exactly_the_cut_score_passes(database: Database) -> None:
    world = adopt(sign(moderated(database, GOOD)), Fraction(17, 2))
    compute(world)
    assert totals(world) == [(Fraction(17, 2), Outcome.PASS)]


def test_a_total_a_hair_below_an_unrounded_cut_score_fails(database: Database) -> None:
    # 8.5 marks against 8.500001: shown with two decimals they are the same.
    cut = Fraction(17, 2) + Fraction(1, FINEST_CUT_SCORE)
    world = adopt(sign(moderated(database, GOOD)), cut)
    compute(world)
    assert totals(world) == [(Fraction(17, 2), Outcome.FAIL)]


def test_a_mark_that_moderation_changed_counts(database: Database) -> None:
    world = moderated(database, GOOD)
    response = world.response(0, world.written)
    keys = [criterion.key for criterion in world.written.body.criteria]
    world.act(
        change_mark,
        world.moderators[0],
        MODERATION,
        response_id=response.id,
        levels=dict.fromkeys(keys, 1),
        reason="Neither step is shown in full.",
    )
    compute(adopt(sign(world)))
    assert totals(world) == [(Fraction(6), Outcome.PASS)]
    assert problems(world) == []


def test_a_machine_mark_that_moderation_changed_counts(database: Database) -> None:
    world = moderated(database, WEAK)
    best = next(item for item in world.items if item.format == "best_answer")
    world.act(
        change_mark,
        world.moderators[0],
        MODERATION,
        response_id=world.response(0, best).id,
        mark=Fraction(1, 2),
        reason="The second option is half right in Wales.",
    )
    compute(adopt(sign(world)))
    assert totals(world) == [(Fraction(5, 2), Outcome.FAIL)]


# What must come first


def refused(world: World, message: str, by: Actor | None = None) -> None:
    with pytest.raises(Refused, match=message):
        world.act(compute_results, by or world.officer, RELEASE, sitting_id=world.sitting_id)
    with world.database.read() as session:
        assert list_results(session, world.sitting_id) == []


def test_moderation_signs_off_first(database: Database) -> None:
    refused(adopt(moderated(database, GOOD)), "moderation has signed")


def test_a_cut_score_is_adopted_first(database: Database) -> None:
    world = sign(moderated(database, GOOD))
    refused(world, "need an adopted cut score")
    proposed(world, Fraction(5))  # type: ignore[arg-type]
    refused(world, "not adopted yet")


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.MODERATOR, Role.LAY_MEMBER])
def test_only_board_and_officers_compute_and_approve(sqlite_database: Database, role: Role) -> None:
    somebody = person(sqlite_database, role)
    with pytest.raises(Forbidden):
        act(sqlite_database, compute_results, somebody, sitting_id="any")
    with pytest.raises(Forbidden):
        act(sqlite_database, approve_results, somebody, run_id="any")


def test_once_computed_the_cut_score_is_settled(database: Database) -> None:
    world = decided(database, GOOD)
    compute(world)
    with pytest.raises(Refused, match="can no longer change"):
        proposed(world, Fraction(4))  # type: ignore[arg-type]


def test_computing_again_without_a_change_is_refused(database: Database) -> None:
    world = decided(database, GOOD)
    compute(world)
    with pytest.raises(Refused, match="Nothing has changed"):
        compute(world)


# The independent recomputation


def test_a_rounding_in_the_first_computation_stops_the_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = decided(database, GOOD)
    honest = computing.marked_item

    def rounded(item: Any, final: Any) -> MarkedItem:
        marked = honest(item, final)
        return MarkedItem(Fraction(round(marked.mark)), marked.parts)

    monkeypatch.setattr(computing, "marked_item", rounded)
    refused(world, "computations differ in attempt .*, total: 9 and 17/2")


def test_a_wrong_share_of_a_theme_stops_the_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = decided(database, GOOD)
    honest = rules.share_equally

    def first_only(mark: Fraction, standards: Any, theme_of: Any) -> Any:
        return honest(mark, standards[:1], theme_of)

    monkeypatch.setattr(rules, "share_equally", first_only)
    refused(world, "computations differ in attempt .*, theme A: ")


def levels_json(world: World, level: int) -> str:
    """The same level for every criterion of the written question, as a mark stores it."""
    return canonical_json({each.key: level for each in world.written.body.criteria})


def forge_zero(world: World) -> None:
    """Append a moderated mark of nothing."""
    forge_mark(world, mark_num=0, levels=levels_json(world, 0), supersedes_id=None)


def forge_mark(world: World, **changes: Any) -> None:
    """Append a mark past the operations, as a faulty program or a hand in the database might."""
    response = world.response(0, world.written)
    with transaction(world.database) as session:
        real = response_marks(session, response.id)[-1]
        fields = {
            "aggregate_id": response.id,
            "response_id": response.id,
            "at": MODERATION,
            "actor_id": world.moderators[0].id,
            "kind": "moderator",
            "mark_num": 6,
            "mark_den": 1,
            "max_num": 6,
            "max_den": 1,
            "levels": levels_json(world, 2),
            "traps": '{"critical":[],"other":[]}',
            "indicators": "[]",
            "is_critical": False,
            "supersedes_id": real.id,
        }
        append(session, Mark(**fields | changes), text="A reason.")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"mark_num": 5}, "is not what its levels give"),
        ({"levels": '{"asks-owen":2}'}, "no level for a criterion"),
        ({"levels": '{"asks-owen":7}'}, "no level for a criterion"),
        ({"levels": "{}", "kind": "adjudicator"}, "no level for a criterion"),
        ({"max_num": 7}, "another maximum"),
        ({"kind": "machine", "actor_id": "system"}, "was marked by machine"),
    ],
)
def test_a_mark_that_contradicts_its_own_evidence_stops_the_run(
    database: Database, changes: dict[str, Any], fault: str
) -> None:
    world = decided(database, GOOD)
    forge_mark(world, **changes)
    refused(world, fault)


def test_a_second_opinion_beyond_tolerance_needs_adjudication_here_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If marking averaged two marks that lie too far apart, the recomputation would notice."""
    world = decided(database, Plan(levels=((2, 2), (1, 1))), item_tolerance="3")
    monkeypatch.setattr(recompute, "_read_tolerance", lambda *_: (Fraction(2), Fraction(1)))
    refused(world, "beyond tolerance")


# Approval and release


def run_of(world: World) -> Any:
    with world.database.read() as session:
        run = find_newest_run(session, world.sitting_id)
    assert run is not None
    return run


def test_two_people_approve_and_the_last_releases(database: Database) -> None:
    world = decided(database, GOOD, WEAK)
    run_id = compute(world)
    world.act(approve_results, world.board[3], RELEASE, run_id=run_id)
    with database.read() as session:
        assert find_released_result(session, world.attempts[0]) is None
    later = RELEASE + timedelta(hours=1)
    world.act(approve_results, world.officer, later, run_id=run_id)
    with database.read() as session:
        released = find_released_result(session, world.attempts[0])
        waiting = session.scalars(sa.select(Message).where(Message.topic == RESULT_READY)).all()
    assert released is not None
    assert released.released_at == later
    assert {message.subject_id for message in waiting} == set(world.attempts)
    assert [approval.capacity for approval in run_of(world).approvals] == [
        Capacity.BOARD,
        Capacity.OFFICER,
    ]
    assert problems(world) == []


def test_officers_alone_do_not_release(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    for officer in (world.officer, person(database, Role.EXAM_OFFICER)):
        world.act(approve_results, officer, RELEASE, run_id=run_id)
    assert run_of(world).released_at is None
    world.act(approve_results, world.board[0], RELEASE, run_id=run_id)
    assert run_of(world).released_at == RELEASE


def test_nobody_fills_the_quorum_alone(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    both = person(database, Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER)
    world.act(approve_results, both, RELEASE, run_id=run_id)
    with pytest.raises(Refused, match="approved these results already"):
        world.act(approve_results, both, RELEASE, run_id=run_id)
    assert run_of(world).released_at is None


def test_the_database_refuses_a_second_approval_too(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    world.act(approve_results, world.board[0], RELEASE, run_id=run_id)
    with pytest.raises(IntegrityError), transaction(database) as session:
        append(session, event(world, run_id, world.board[0].id, ReleaseKind.APPROVED))


def event(world: World, run_id: str, actor_id: str, kind: ReleaseKind) -> ReleaseEvent:
    return ReleaseEvent(
        aggregate_id=world.sitting_id,
        sitting_id=world.sitting_id,
        at=RELEASE,
        actor_id=actor_id,
        kind=kind,
        run_id=run_id,
        digest=run_of(world).digest,
        agrees=True,
        capacity=Capacity.BOARD if kind is ReleaseKind.APPROVED else None,
    )


def test_who_marked_does_not_approve(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    act(
        database,
        grant_role,
        SYSTEM,
        account_id=world.assessors[0].id,
        role=Role.ASSESSMENT_BOARD,
    )
    with database.read() as session:
        marker = get_actor(session, world.assessors[0].id)
    with pytest.raises(Forbidden, match="You marked"):
        world.act(approve_results, marker, RELEASE, run_id=run_id)


def test_released_results_are_neither_approved_nor_computed_again(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    release(world, run_id)
    with pytest.raises(Refused, match="released already"):
        world.act(approve_results, world.board[3], RELEASE, run_id=run_id)
    with pytest.raises(Refused, match="are released"):
        compute(world)


def test_an_approval_needs_evidence_that_still_gives_these_results(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    forge_zero(world)
    with pytest.raises(Refused, match="computations differ"):
        world.act(approve_results, world.board[0], RELEASE, run_id=run_id)


def test_recorded_results_that_were_changed_are_not_approved(sqlite_database: Database) -> None:
    world = decided(sqlite_database, GOOD)
    run_id = compute(world)
    path = sqlite_database.url.database
    with closing(sqlite_driver.connect(path, isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER guard_result_update")
        raw.execute("UPDATE result SET hash = substr(hash, 2) || substr(hash, 1, 1)")
    with pytest.raises(Refused, match="not those that were computed"):
        world.act(approve_results, world.board[0], RELEASE, run_id=run_id)
    assert any("digest that was approved" in problem for problem in problems(world))


def test_after_a_change_results_are_computed_again_and_old_ones_are_not_approved(
    database: Database,
) -> None:
    world = decided(database, GOOD)
    old = compute(world)
    forge_zero(world)
    new = compute(world)
    assert new != old
    assert totals(world) == [(Fraction(3), Outcome.FAIL)]
    with pytest.raises(Refused, match="Newer results"):
        world.act(approve_results, world.board[0], RELEASE, run_id=old)


def test_an_unknown_run_is_not_found(sqlite_database: Database) -> None:
    member = person(sqlite_database, Role.ASSESSMENT_BOARD)
    with pytest.raises(NotFound):
        act(sqlite_database, approve_results, member, run_id="nothing")


# What `verify` finds


def test_verify_finds_a_release_without_its_approvals(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    with transaction(database) as session:
        append(session, event(world, run_id, world.officer.id, ReleaseKind.RELEASED))
    assert any("without the approvals" in problem for problem in problems(world))


def test_verify_finds_a_mark_that_came_after_the_results(database: Database) -> None:
    world = decided(database, GOOD)
    release(world, compute(world))
    forge_zero(world)
    assert any("do not follow from the evidence" in problem for problem in problems(world))


def test_the_rationale_is_kept_with_the_decision(database: Database) -> None:
    world = decided(database, GOOD)
    compute(world)
    with database.read() as session:
        result = find_result(session, world.attempts[0])
        assert result is not None
        assert get_proposal(session, result.cut_score_event_id).rationale == WHY
