"""Who is connected with a candidate has no part in marking their work, and isn’t told why."""

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.marking.answer_operations import settle_answer
from proficiency.marking.answers import count_waiting, list_lines, load_history
from proficiency.marking.connections import closed_attempts
from proficiency.marking.operations import (
    claim_adjudication,
    open_marking,
    record_adjudication,
    record_mark,
)
from proficiency.marking.overview import get_overview
from proficiency.marking.queries import get_response, list_responses
from proficiency.marking.readiness import broken, check_closing
from proficiency.marking.waiting import waiting_adjudications, waiting_for
from proficiency.moderation.operations import accept_response, change_mark, open_moderation
from proficiency.preparation.detail_operations import record_connections
from proficiency.preparation.rules import Connection, Link
from tests.factories import person, sign_in_as
from tests.marking import deciding, factory
from tests.marking.deciding import gave
from tests.marking.factory import World, even


def tells(world: World, actor: Actor, number: int = 0) -> str:
    """Let somebody name a candidate; returns the attempt of this candidate."""
    name = f"Ms {world.candidates[number].display_name.upper()}"
    world.do(record_connections, actor, connections=(Connection(Link.SUPERVISOR, name),))
    return world.attempts[number]


def attempt_of(world: World, response_id: str) -> str:
    return str(world.read(get_response, response_id).attempt_id)


def test_no_response_of_somebody_connected_is_ever_drawn(database: Database) -> None:
    world = factory.in_marking(database, candidates=3)
    closed, item = tells(world, world.ann), world.written[0]
    assert world.read(closed_attempts, world.ann.id, world.sitting_id) == {closed}
    assert world.read(closed_attempts, world.bob.id, world.sitting_id) == set()
    waiting = world.read(waiting_for, world.ann.id, world.sitting_id, item.id)
    assert {attempt_of(world, each) for each in waiting} == set(world.attempts) - {closed}
    drawn = [world.mark(world.ann).response_id for _each in range(2)]
    assert closed not in {attempt_of(world, each) for each in drawn}
    assert world.claim(world.ann) is None
    assert len(world.read(waiting_for, world.bob.id, world.sitting_id, item.id)) == 3


def test_what_was_drawn_before_it_was_told_is_somebody_elses_now(database: Database) -> None:
    world = factory.in_marking(database, candidates=1)
    held, item = world.claim(world.ann), world.written[0]
    tells(world, world.ann)
    with pytest.raises(Refused, match="with others now") as refused:
        world.do(record_mark, world.ann, allocation_id=held.id, levels=even(item, 1))
    assert "know" not in str(refused.value)
    assert world.claim(world.ann) is None


def test_naming_one_after_the_other_tells_nobody_whose_work_is_whose(database: Database) -> None:
    world = factory.sat(database, candidates=2)
    first = tells(world, world.ann)
    world.do(open_marking, world.lead, sitting_id=world.sitting_id)
    tells(world, world.ann, number=1)
    assert world.read(closed_attempts, world.ann.id, world.sitting_id) == {first}
    held = world.claim(world.ann)
    assert attempt_of(world, held.response_id) == world.attempts[1]
    world.do(record_mark, world.ann, allocation_id=held.id, levels=even(world.written[0], 1))
    later = tells(world, world.bob)
    tells(world, world.bob, number=1)
    assert world.read(closed_attempts, world.bob.id, world.sitting_id) == {later}


def differing(world: World) -> None:
    world.mark_everything({"ann": 0, "bob": 2})


def test_nobody_connected_adjudicates(database: Database) -> None:
    world = factory.in_marking(database, candidates=2)
    closed = tells(world, world.lead)
    differing(world)
    waiting = world.read(waiting_adjudications, world.lead.id, world.sitting_id)
    assert waiting
    assert closed not in {attempt_of(world, each) for each in waiting}
    theirs = [
        each.id
        for each in world.read(list_responses, world.sitting_id, attempt_id=closed)
        if each.form_item_id == world.written[0].id
    ]
    with pytest.raises(Refused, match="does not wait for you"):
        world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id, response_id=theirs[0])


def test_an_adjudication_begun_before_it_was_told_is_not_finished(database: Database) -> None:
    world = factory.in_marking(database, candidates=1)
    differing(world)
    held = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    tells(world, world.lead)
    item = world.written[0]
    with pytest.raises(Refused, match="with others now"):
        world.do(
            record_adjudication, world.lead, allocation_id=held.id, levels=even(item, 1),
            reason="The plan is named.",
        )  # fmt: skip


def test_where_nobody_is_left_the_office_reads_what_to_do_and_not_why(database: Database) -> None:
    world = factory.in_marking(database, candidates=2, assessors=2)
    tells(world, world.ann)
    tells(world, world.lead, number=1)
    overview = world.read(get_overview, world.sitting_id)
    assert [line.stuck for line in overview.questions] == [1] * len(world.written)
    differing(world)
    overview = world.read(get_overview, world.sitting_id)
    assert [line.unsettled for line in overview.questions] == [1] * len(world.written)
    told = " ".join(broken(world.read(check_closing, world.sitting_id)))
    count = len(world.written)
    assert f"Nobody is left who may mark {count} of them" in told
    assert f"Nobody is left who may adjudicate {count} of them" in told
    assert "Canary" not in told
    one_more = person(database, Role.ASSESSOR, Role.LEAD_ASSESSOR, name="Newcomer")
    for item in world.written:
        world.mark(one_more, item)
    assert "Nobody is left" not in " ".join(broken(world.read(check_closing, world.sitting_id)))


def test_nobody_connected_decides_about_a_mark_in_moderation(database: Database) -> None:
    world = factory.marked(database, candidates=2)
    moderator = person(database, Role.MODERATOR)
    world.do(open_moderation, moderator, sitting_id=world.sitting_id)
    tells(world, moderator)
    mine, other = (
        next(
            each.id
            for each in world.read(list_responses, world.sitting_id, attempt_id=attempt)
            if each.form_item_id == world.written[0].id
        )
        for attempt in world.attempts
    )
    with pytest.raises(Refused, match="with others now"):
        world.do(accept_response, moderator, response_id=mine, reason="It is right.")
    with pytest.raises(Refused, match="with others now"):
        world.do(
            change_mark, moderator, response_id=mine, levels=even(world.written[0], 2),
            reason="The plan is there.",
        )  # fmt: skip
    world.do(accept_response, moderator, response_id=other, reason="It is right.")


def test_nobody_connected_decides_what_an_answer_is_worth(database: Database) -> None:
    world = deciding.deciding(database, gave(short="frankness"), gave(short="honesty"))
    item = world.items[0]
    before = world.read(count_waiting, world.ann, world.sitting_id, item)
    tells(world, world.ann)
    tells(world, world.lead)
    where = deciding.about(world, item, "frankness")
    history = world.read(load_history, world.sitting_id, item.id)
    lines = world.read(list_lines, world.ann, world.sitting_id, item, history)
    assert [line.text for line in lines] == ["honesty"]
    assert world.read(count_waiting, world.ann, world.sitting_id, item) == before - 1
    with pytest.raises(Refused, match="with others now"):
        deciding.decide(world, world.ann, item, "frankness")
    with pytest.raises(Refused, match="with others now"):
        world.do(settle_answer, world.lead, **where, point="", reason="Nothing of it.")
    deciding.decide(world, world.bob, item, "frankness")


def test_no_page_of_an_assessor_says_why_less_waits(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = factory.in_marking(sqlite_database, candidates=1)
    tells(world, world.ann)
    sign_in_as(client, world.ann)
    page = client.get("/marking/").text
    assert "Canary" not in page
    assert not {"connected", "connection", "supervisor"} & set(page.lower().split())
    next_one = f"/marking/{world.sitting_id}/questions/{world.written[0].id}/next"
    answer = client.post(next_one, follow_redirects=True)
    assert "Canary" not in answer.text


def test_only_one_module_of_those_who_mark_looks_at_what_candidates_told() -> None:
    """Health, arrangements and letters stand in the same room: nothing else of it comes near."""
    rooms = ("marking", "moderation", "standard_setting")
    found = {
        (str(path.relative_to(ROOT / "proficiency")), line)
        for room in rooms
        for path in (ROOT / "proficiency" / room).glob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "preparation" in line
    }
    place = "from proficiency.preparation.details import connected_places"
    assert found == {("marking/connections.py", place)}
