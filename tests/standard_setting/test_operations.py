"""Proposing, adopting and withdrawing a cut score, on both databases."""

from datetime import timedelta
from fractions import Fraction

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.sittings.operations import cancel_sitting
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.operations import (
    adopt_cut_score,
    apply_cut_score,
    propose_cut_score,
    withdraw_cut_score,
)
from proficiency.standard_setting.queries import find_adopted_cut_score, list_proposals
from proficiency.standard_setting.rules import CutScoreKind, Method, ProposalState
from proficiency.standard_setting.verify import check
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings
from tests.standard_setting.factory import SCORE, WHY, World, adopted, proposed, world


def adopted_score(world: World) -> Fraction | None:
    with world.database.read() as session:
        found = find_adopted_cut_score(session, world.sitting_id)
        return None if found is None else found.score


def test_a_proposal_keeps_its_exact_score_and_its_words(database: Database) -> None:
    here = world(database)
    proposed(here, Fraction(103, 3), method=Method.OTHER, method_note="Body of work")
    with database.read() as session:
        (view,) = list_proposals(session, here.sitting_id)
    assert view.proposal.score == Fraction(103, 3)
    assert (view.method_note, view.rationale) == ("Body of work", WHY)
    assert view.state is ProposalState.OPEN


def test_two_others_adopt_it_and_not_before(database: Database) -> None:
    here = world(database)
    proposal_id = proposed(here)
    act(database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    assert adopted_score(here) is None
    act(database, adopt_cut_score, here.board[2], NOW + timedelta(days=1), proposal_id=proposal_id)
    assert adopted_score(here) == SCORE
    with database.read() as session:
        found = find_adopted_cut_score(session, here.sitting_id)
    assert found is not None
    assert found.adopted_at == NOW + timedelta(days=1)


def test_the_scheme_says_how_many_adopt(database: Database) -> None:
    here = world(database, adoption_quorum=1)
    proposal_id = proposed(here)
    act(database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    assert adopted_score(here) == SCORE


def test_nobody_adopts_what_they_proposed(database: Database) -> None:
    here = world(database)
    proposal_id = proposed(here)
    with pytest.raises(Forbidden, match="others must adopt"):
        act(database, adopt_cut_score, here.board[0], proposal_id=proposal_id)


def test_nobody_signs_twice(database: Database) -> None:
    here = world(database)
    proposal_id = proposed(here)
    act(database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    with pytest.raises(Refused, match="signed this proposal already"):
        act(database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    assert adopted_score(here) is None


def test_the_database_refuses_a_second_signature_too(database: Database) -> None:
    here = world(database)
    proposal_id = proposed(here)
    act(database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    again = CutScoreEvent(
        aggregate_id=here.sitting_id,
        sitting_id=here.sitting_id,
        at=NOW,
        actor_id=here.board[1].id,
        kind=CutScoreKind.ADOPTED,
        proposal_id=proposal_id,
    )
    with pytest.raises(IntegrityError), transaction(database) as session:
        append(session, again)


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ASSESSMENT_BOARD])
def test_only_the_board_proposes(sqlite_database: Database, role: Role) -> None:
    with pytest.raises(Forbidden):
        act(
            sqlite_database,
            propose_cut_score,
            person(sqlite_database, role),
            sitting_id="any",
            cut_score=SCORE,
            method=Method.ANGOFF,
            rationale=WHY,
        )


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"score": Fraction(0)}, "more than 0"),
        ({"score": Fraction(-1)}, "more than 0"),
        ({"score": Fraction(10**6)}, "at most"),
        ({"rationale": " \n "}, "Say how"),
        ({"rationale": "x" * 20_001}, "up to 20,000"),
        ({"method": Method.OTHER}, "Name the method"),
    ],
)
def test_what_is_not_a_whole_proposal_is_refused(
    sqlite_database: Database, details: dict[str, object], message: str
) -> None:
    here = world(sqlite_database)
    with pytest.raises(Invalid, match=message):
        proposed(here, **details)  # type: ignore[arg-type]


def test_a_second_proposal_waits_for_the_first_to_be_withdrawn(database: Database) -> None:
    here = world(database)
    first = proposed(here)
    with pytest.raises(Refused, match="proposed already"):
        proposed(here, by=1)
    act(database, withdraw_cut_score, here.board[1], proposal_id=first, reason="Ratings missing.")
    proposed(here, Fraction(30), by=1)
    with database.read() as session:
        newest, oldest = list_proposals(session, here.sitting_id)
    assert (newest.state, oldest.state) == (ProposalState.OPEN, ProposalState.WITHDRAWN)
    assert oldest.withdrawal_reason == "Ratings missing."


def test_an_adopted_score_is_withdrawn_only_with_a_reason(database: Database) -> None:
    here = world(database)
    proposal_id = adopted(here)
    with pytest.raises(Invalid, match="Say why"):
        act(database, withdraw_cut_score, here.board[3], proposal_id=proposal_id, reason=" ")
    act(database, withdraw_cut_score, here.board[3], proposal_id=proposal_id, reason="An error.")
    assert adopted_score(here) is None
    with pytest.raises(Refused, match="was withdrawn"):
        act(database, adopt_cut_score, here.board[3], proposal_id=proposal_id)


def test_once_results_were_computed_with_it_nothing_moves(database: Database) -> None:
    here = world(database)
    proposal_id = adopted(here)
    officer = person(database, Role.EXAM_OFFICER)
    used = act(database, apply_cut_score, officer, sitting_id=here.sitting_id)
    assert used.score == SCORE
    with pytest.raises(Refused, match="can no longer change"):
        proposed(here, Fraction(30), by=3)
    with pytest.raises(Refused, match="can no longer change"):
        act(database, withdraw_cut_score, here.board[3], proposal_id=proposal_id, reason="Late.")
    act(database, apply_cut_score, officer, sitting_id=here.sitting_id)
    assert adopted_score(here) == SCORE
    with database.read() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(CutScoreEvent))
        assert rows == 4, "applying it again adds nothing"
        assert list(check(session)) == []


@pytest.mark.parametrize("ready", [False, True])
def test_a_score_that_is_not_adopted_is_not_applied(database: Database, ready: bool) -> None:
    here = world(database)
    if ready:
        proposed(here)
    with pytest.raises(Refused, match="need an adopted cut score"):
        act(database, apply_cut_score, SYSTEM, sitting_id=here.sitting_id)


def test_who_is_booked_for_the_sitting_does_not_decide_about_it(database: Database) -> None:
    here = world(database)
    proposal_id = proposed(here)
    both = person(database, Role.ASSESSMENT_BOARD, Role.CANDIDATE)
    sittings.booking(database, here.sitting_id, both.id)
    with pytest.raises(Forbidden, match="booked"):
        act(database, adopt_cut_score, both, proposal_id=proposal_id)


def test_a_cancelled_sitting_needs_no_cut_score(database: Database) -> None:
    here = world(database)
    act(
        database,
        cancel_sitting,
        SYSTEM,
        NOW - timedelta(hours=1),
        sitting_id=here.sitting_id,
        reason="Storm.",
    )
    with pytest.raises(Refused, match="was cancelled"):
        proposed(here)


def test_an_unknown_proposal_is_not_found(sqlite_database: Database) -> None:
    member = person(sqlite_database, Role.ASSESSMENT_BOARD)
    with pytest.raises(NotFound):
        act(sqlite_database, adopt_cut_score, member, proposal_id="nothing")


def forged(world: World, actor_id: str, kind: CutScoreKind, proposal_id: str) -> None:
    """Append an event past the operations, as a faulty program might."""
    with transaction(world.database) as session:
        append(
            session,
            CutScoreEvent(
                aggregate_id=world.sitting_id,
                sitting_id=world.sitting_id,
                at=NOW,
                actor_id=actor_id,
                kind=kind,
                proposal_id=proposal_id,
            ),
        )


def problems(world: World) -> list[str]:
    with world.database.read() as session:
        return list(check(session))


def test_verify_finds_a_proposer_who_adopted(sqlite_database: Database) -> None:
    here = world(sqlite_database)
    proposal_id = proposed(here)
    forged(here, here.board[0].id, CutScoreKind.ADOPTED, proposal_id)
    assert any("their own proposal" in problem for problem in problems(here))


def test_verify_finds_a_score_that_was_used_before_its_quorum(sqlite_database: Database) -> None:
    here = world(sqlite_database)
    proposal_id = proposed(here)
    act(here.database, adopt_cut_score, here.board[1], proposal_id=proposal_id)
    forged(here, here.board[2].id, CutScoreKind.APPLIED, proposal_id)
    assert any("could not follow" in problem for problem in problems(here))


def test_verify_finds_a_withdrawal_after_use(sqlite_database: Database) -> None:
    here = world(sqlite_database)
    proposal_id = adopted(here)
    act(here.database, apply_cut_score, SYSTEM, sitting_id=here.sitting_id)
    assert problems(here) == []
    forged(here, here.board[3].id, CutScoreKind.WITHDRAWN, proposal_id)
    assert any("could not follow" in problem for problem in problems(here))
