"""Who marks does not read how the answers grew, and who has read it does not mark."""

import pytest

from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Refused
from proficiency.core.sights import record_sight
from proficiency.delivery.sights import ATTEMPT, HISTORY
from proficiency.marking.queries import find_conflict, get_response
from tests.marking import factory


def test_the_history_is_closed_to_who_marks_an_answer_of_the_candidate(database: Database) -> None:
    world = factory.in_marking(database)
    allocation = world.claim(world.ann)
    assert allocation is not None
    drawn = world.read(get_response, allocation.response_id).attempt_id
    other = next(each for each in world.attempts if each != drawn)
    now = world.clock["now"]
    with pytest.raises(Forbidden, match="You mark, or have marked"):
        record_sight(database, world.ann, now, ATTEMPT, drawn, HISTORY)
    record_sight(database, world.ann, now, ATTEMPT, other, HISTORY)
    record_sight(database, world.bob, now, ATTEMPT, drawn, HISTORY)
    record_sight(database, world.ann, now, ATTEMPT, drawn, "trace")


def test_who_has_read_a_history_draws_nothing_of_its_sitting(database: Database) -> None:
    world = factory.in_marking(database)
    assert world.read(find_conflict, world.ann.id, world.sitting_id) is None
    record_sight(database, world.ann, world.clock["now"], ATTEMPT, world.attempts[0], HISTORY)
    assert "how answers of this sitting grew" in world.read(
        find_conflict, world.ann.id, world.sitting_id
    )
    with pytest.raises(Refused, match="how answers of this sitting grew"):
        world.claim(world.ann)
