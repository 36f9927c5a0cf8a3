"""What the database itself refuses about results and their release, whatever program writes."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.results.models import ReleaseEvent, Result
from proficiency.results.queries import find_newest_run, find_result
from tests.results.factory import GOOD, RELEASE, World, compute, decided, release


def result_fields(world: World) -> dict[str, Any]:
    """The fields of a result like the one that was computed, in a run of its own."""
    with world.database.read() as session:
        found = find_result(session, world.attempts[0])
    assert found is not None
    return {
        "aggregate_id": found.attempt_id,
        "attempt_id": found.attempt_id,
        "at": RELEASE,
        "actor_id": world.officer.id,
        "sitting_id": world.sitting_id,
        "run_id": "another run",
        "cut_score_event_id": found.cut_score_event_id,
        "cut_num": 5,
        "cut_den": 1,
        "total_num": 17,
        "total_den": 2,
        "max_num": 9,
        "max_den": 1,
        "themes": "[]",
        "outcome": "pass",
        "evidence_digest": "0" * 64,
    }


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"outcome": "fail"}, "outcome_follows_cut_score"),
        ({"total_num": 9}, "outcome_follows_cut_score"),
        ({"outcome": "perhaps"}, "outcome"),
        ({"total_num": 19}, "within_range"),
        ({"total_num": -1, "outcome": "fail"}, "within_range"),
        ({"total_den": 0}, "denominators_positive"),
        ({"cut_den": 0}, "denominators_positive|outcome_follows"),
        ({"aggregate_id": "another chain"}, "in_the_chain_of_its_attempt"),
    ],
)
def test_a_result_that_contradicts_itself(
    database: Database, changes: dict[str, Any], rule: str
) -> None:
    world = decided(database, GOOD)
    compute(world)
    row = Result(**result_fields(world) | changes)
    with pytest.raises(IntegrityError, match=rule), transaction(database) as session:
        append(session, row)


def test_two_results_of_one_attempt_in_one_run(database: Database) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    row = Result(**result_fields(world) | {"run_id": run_id})
    with (
        pytest.raises(IntegrityError, match="run_id"),
        transaction(database) as session,
    ):
        append(session, row)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "released"}, "released_once|run_id"),
        ({"kind": "computed"}, "computed_once|run_id"),
        ({"kind": "approved"}, "approved_in_a_capacity"),
        ({"kind": "computed", "run_id": "other", "capacity": "board"}, "approved_in_a_capacity"),
        ({"kind": "approved", "capacity": "friend"}, "capacity_known"),
        ({"kind": "guessed"}, "kind_known"),
    ],
)
def test_a_release_that_is_not_in_order(
    database: Database, changes: dict[str, Any], rule: str
) -> None:
    world = decided(database, GOOD)
    run_id = compute(world)
    release(world, run_id)
    with database.read() as session:
        run = find_newest_run(session, world.sitting_id)
    assert run is not None
    fields = {
        "aggregate_id": world.sitting_id,
        "sitting_id": world.sitting_id,
        "at": RELEASE,
        "actor_id": world.lead.id,
        "kind": "released",
        "run_id": run_id,
        "digest": run.digest,
        "agrees": True,
    }
    with pytest.raises(IntegrityError, match=rule), transaction(database) as session:
        append(session, ReleaseEvent(**fields | changes))
