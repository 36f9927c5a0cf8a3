"""What the database itself refuses about cut scores, whatever program writes."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.standard_setting.models import CutScoreEvent
from proficiency.standard_setting.operations import apply_cut_score
from tests.factories import NOW, act
from tests.standard_setting.factory import adopted, world


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "guessed"}, "kind_known|proposals_are_complete"),
        ({"method": "guessed"}, "method_known"),
        ({"cut_den": 0}, "cut_den_positive"),
        ({"method": None}, "proposals_are_complete"),
        ({"cut_num": None}, "proposals_are_complete"),
        ({"kind": "adopted"}, "proposals_are_complete"),
    ],
)
def test_an_event_that_is_not_whole(database: Database, changes: dict[str, Any], rule: str) -> None:
    here = world(database)
    fields = {
        "aggregate_id": here.sitting_id,
        "sitting_id": here.sitting_id,
        "at": NOW,
        "actor_id": here.board[0].id,
        "kind": "proposed",
        "cut_num": 1,
        "cut_den": 2,
        "method": "angoff",
    }
    with pytest.raises(IntegrityError, match=rule), transaction(database) as session:
        append(session, CutScoreEvent(**fields | changes), text="{}")


def test_a_proposal_without_its_words(database: Database) -> None:
    here = world(database)
    bare = CutScoreEvent(
        aggregate_id=here.sitting_id,
        sitting_id=here.sitting_id,
        at=NOW,
        actor_id=here.board[0].id,
        kind="proposed",
        cut_num=1,
        cut_den=2,
        method="angoff",
    )
    with (
        pytest.raises(IntegrityError, match="proposals_are_complete"),
        transaction(database) as session,
    ):
        append(session, bare)


def test_a_signature_that_names_no_proposal(database: Database) -> None:
    here = world(database)
    stray = CutScoreEvent(
        aggregate_id=here.sitting_id,
        sitting_id=here.sitting_id,
        at=NOW,
        actor_id=here.board[0].id,
        kind="adopted",
    )
    with (
        pytest.raises(IntegrityError, match="votes_name_proposals"),
        transaction(database) as session,
    ):
        append(session, stray)


def test_a_cut_score_that_is_applied_twice(database: Database) -> None:
    here = world(database)
    proposal_id = adopted(here)
    act(database, apply_cut_score, SYSTEM, sitting_id=here.sitting_id)
    again = CutScoreEvent(
        aggregate_id=here.sitting_id,
        sitting_id=here.sitting_id,
        at=NOW,
        actor_id=SYSTEM.id,
        kind="applied",
        proposal_id=proposal_id,
    )
    with (
        pytest.raises(IntegrityError, match=r"applied_once|aggregate_id"),
        transaction(database) as session,
    ):
        append(session, again)
