"""The pages of marking: who may enter, what they do, and that they are blind."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.sights import has_seen
from proficiency.marking.operations import claim_adjudication
from proficiency.marking.queries import (
    is_marking_closed,
    is_marking_open,
    list_responses,
    response_marks,
    standing_of,
)
from proficiency.marking.rules import MarkKind, Settled
from proficiency.scenarios.queries import list_case_versions
from tests.factories import person, sign_in_as
from tests.marking.factory import World, even, in_marking, marked, sat


def form_of(item: Any, level: int, **more: Any) -> dict[str, Any]:
    """What the page sends: one level on each criterion."""
    return {f"level-{key}": str(value) for key, value in even(item, level).items()} | more


def start(client: FlaskClient, world: World, actor: Any, item: Any = None) -> str:
    """Draw a response in the browser and return its page's address."""
    sign_in_as(client, actor)
    chosen = item or world.written[0]
    answer = client.post(f"/marking/{world.sitting_id}/questions/{chosen.id}/next")
    assert answer.status_code == 303
    return str(answer.location)


def test_the_queue_says_what_waits_and_marking_goes_from_one_to_the_next(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=2)
    item = world.written[0]
    address = start(client, world, world.ann)
    page = client.get("/marking/").text
    assert f"Question {item.number}" in page
    assert "Go on" in page
    first = client.get(address).text
    assert "0 of 2 marked" in first
    answer = client.post(address, data=form_of(item, 1, comment="Plain and to the point."))
    assert answer.status_code == 303
    assert answer.location != address
    assert "1 of 2 marked" in client.get(answer.location).text
    last = client.post(answer.location, data=form_of(item, 2))
    assert last.location == "/marking/"
    assert "Nothing more waits for you here." in client.get("/marking/").text


def test_the_page_works_without_a_script_and_keeps_what_was_chosen_when_something_is_missing(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    item = world.written[0]
    address = start(client, world, world.ann)
    sent = form_of(item, 2, comment="Half a thought", indicators=item.body.indicators[0].key)
    missing = item.body.criteria[1]
    del sent[f"level-{missing.key}"]
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert f'href="#level-{missing.key}-0"' in answer.text
    assert "Half a thought" in answer.text
    kept = item.body.criteria[0].key
    assert re.search(f'id="level-{kept}-2"[^>]* checked', answer.text)
    assert f'value="{item.body.indicators[0].key}" checked' in answer.text


@pytest.mark.parametrize("nonsense", ["9", "-1", "two", "", "１"])
def test_a_forged_level_is_refused_in_words(
    client: FlaskClient, sqlite_database: Database, nonsense: str
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    item = world.written[0]
    address = start(client, world, world.ann)
    key = item.body.criteria[0].key
    answer = client.post(address, data=form_of(item, 1) | {f"level-{key}": nonsense})
    assert answer.status_code == 422
    assert "has no such level" in answer.text


def test_a_second_look_corrects_a_mark_with_a_reason(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    item = world.written[0]
    address = start(client, world, world.ann)
    client.post(address, data=form_of(item, 1))
    listed = client.get(f"/marking/{world.sitting_id}/questions/{item.id}/mine").text
    assert address in listed
    assert "You gave this response" in client.get(address).text
    refused = client.post(address, data=form_of(item, 2))
    assert "Say in the comment why you change your mark." in refused.text
    accepted = client.post(address, data=form_of(item, 2, comment="I missed the second page."))
    assert accepted.status_code == 303
    [response] = {r.id for r in world.read(list_responses, world.sitting_id)} & {
        each.id
        for each in world.read(list_responses, world.sitting_id)
        if each.form_item_id == item.id
    }
    assert len(world.read(response_marks, response)) == 2


def test_what_is_given_back_is_gone_from_the_queue(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    address = start(client, world, world.ann)
    answer = client.post(f"{address}/back", data={"reason": "may_know_writer"})
    assert answer.location == "/marking/"
    assert client.get(address).status_code == 404
    nothing = client.post(f"/marking/{world.sitting_id}/questions/{world.written[0].id}/next")
    assert nothing.location == "/marking/"
    other = start(client, world, world.ann, world.written[1])
    assert client.post(f"{other}/back", data={"reason": "released"}).status_code == 409


def test_nobody_opens_what_somebody_else_holds(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    address = start(client, world, world.ann)
    sign_in_as(client, world.bob)
    assert client.get(address).status_code == 404
    assert client.post(address, data=form_of(world.written[0], 1)).status_code == 404
    assert client.post(f"{address}/back", data={"reason": "page_fault"}).status_code == 404


def test_the_sight_of_the_case_is_recorded(client: FlaskClient, sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    case = world.written[0].case_name
    assert not world.read(has_seen, world.ann.id, case)
    client.get(start(client, world, world.ann))
    assert world.read(has_seen, world.ann.id, case)


def test_the_lead_settles_what_two_see_differently(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    item = world.written[0]
    world.mark(world.ann, level=0, comment="Nothing about the ward.")
    mark = world.mark(world.bob, level=3)
    sign_in_as(client, world.lead)
    assert "One response on which two assessors differ" in client.get("/marking/").text
    address = client.post(f"/marking/{world.sitting_id}/adjudications/next").location
    page = client.get(address).text
    assert "too far apart" in page
    assert "Nothing about the ward." in page
    assert world.read(has_seen, world.lead.id, item.case_name)
    refused = client.post(address, data=form_of(item, 2))
    assert refused.status_code == 422
    assert "Give the reason for this mark." in refused.text
    client.post(address, data=form_of(item, 2, comment="The ward is named in line two."))
    standing = world.read(standing_of, mark.response_id)
    assert isinstance(standing, Settled)
    assert standing.source == MarkKind.ADJUDICATOR
    assert "You settled this response" in client.get(address).text


def test_an_assessors_allocation_is_no_adjudication(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    both = person(sqlite_database, Role.ASSESSOR, Role.LEAD_ASSESSOR)
    address = start(client, world, both)
    allocation = address.rsplit("/", 1)[1]
    assert client.get(f"/marking/adjudications/{allocation}").status_code == 404


def test_marking_is_opened_and_closed_from_a_page_that_says_what_is_missing(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = sat(sqlite_database, candidates=1)
    sign_in_as(client, world.lead)
    page = client.get(f"/marking/{world.sitting_id}/opening").text
    assert "What must hold first" in page
    other = in_marking(sqlite_database, candidates=1, files=("a-place-to-land.md",), name="other")
    waiting = client.get(f"/marking/{other.sitting_id}/closing").text
    assert "still wait" in waiting
    assert "<button" not in waiting.split("<main")[1]
    refused = client.post(f"/marking/{other.sitting_id}/closing")
    assert refused.status_code == 409
    other.mark_everything()
    assert client.post(f"/marking/{other.sitting_id}/closing").status_code == 303
    assert other.read(is_marking_closed, other.sitting_id)
    assert not other.read(is_marking_open, other.sitting_id)


def test_the_lead_sees_who_marked_how_many_and_takes_back_what_lies_about(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=2)
    world.mark(world.ann)
    world.claim(world.bob)
    sign_in_as(client, world.lead)
    page = client.get(f"/marking/{world.sitting_id}").text
    assert "Assessor Ann" in page
    name = world.written[0].case_name
    assert world.read(list_case_versions, name)[0].title in page
    assert name not in page
    assert "Take back" in page
    [address] = re.findall(r'action="(/marking/allocations/[^"]+)"', page)
    assert client.post(address).location == f"/marking/{world.sitting_id}"
    assert "Take back" not in client.get(f"/marking/{world.sitting_id}").text


def test_the_lead_is_told_when_nobody_is_left_to_mark(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1, assessors=2)
    allocation = world.claim(world.ann)
    sign_in_as(client, world.lead)
    assert "need another assessor" not in client.get(f"/marking/{world.sitting_id}").text
    sign_in_as(client, world.ann)
    client.post(f"/marking/responses/{allocation.id}/back", data={"reason": "may_know_writer"})
    sign_in_as(client, world.lead)
    page = client.get(f"/marking/{world.sitting_id}").text
    assert "One response needs another assessor" in page


@pytest.mark.parametrize("role", [role for role in Role if "assessor" not in role])
def test_other_roles_stay_out(client: FlaskClient, sqlite_database: Database, role: Role) -> None:
    sign_in_as(client, person(sqlite_database, role))
    expected = 200 if role is Role.EXAM_OFFICER else 403
    assert client.get("/marking/").status_code == expected
    assert client.get("/marking/responses/anything").status_code == 403
    assert client.get("/marking/adjudications/anything").status_code == 403
    assert client.get("/marking/anything").status_code == 403


# Blindness


def every_page_of_an_assessor(client: FlaskClient, world: World) -> dict[str, bytes]:
    """Every page that an assessor can reach, before and after marking, and every refusal."""
    item = world.written[0]
    pages = {"queue": client.get("/marking/").data}
    address = start(client, world, world.ann)
    pages["mark"] = client.get(address).data
    pages["error"] = client.post(address, data={"comment": "x"}).data
    answer = client.post(address, data=form_of(item, 1))
    pages["answer"] = answer.data + str(answer.headers).encode()
    pages["own mark"] = client.get(address).data
    pages["mine"] = client.get(f"/marking/{world.sitting_id}/questions/{item.id}/mine").data
    pages["next"] = client.get(answer.location).data
    pages["refused"] = client.get(f"/marking/{world.sitting_id}").data
    pages["queue after"] = client.get("/marking/").data
    return pages


def test_no_byte_of_an_assessors_pages_tells_who_wrote_or_what_others_gave(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=3)
    comment = "canary-comment-of-the-other-assessor"
    for item in world.written:
        for _turn in range(3):
            world.mark(world.bob, item, level=3, comment=comment)
    canaries = {
        *world.numbers,
        *world.attempts,
        *(candidate.id for candidate in world.candidates),
        *(candidate.display_name for candidate in world.candidates),
        world.bob.id,
        world.bob.display_name,
        comment,
        "Zebedee",
        "@example.org",
    }
    for rows in (
        world.read(response_marks, r.id) for r in world.read(list_responses, world.sitting_id)
    ):
        canaries |= {mark.id for mark in rows if mark.actor_id == world.bob.id}
        canaries |= {mark.hash for mark in rows}
    for name, page in every_page_of_an_assessor(client, world).items():
        for canary in canaries:
            assert canary.encode() not in page, f"{canary} is on the page {name}"


def test_an_adjudicator_sees_both_marks_and_no_names(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = in_marking(sqlite_database, candidates=1)
    world.mark(world.ann, level=0)
    world.mark(world.bob, level=3)
    allocation = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    sign_in_as(client, world.lead)
    page = client.get(f"/marking/adjudications/{allocation.id}").text
    people = (*world.candidates, *world.assessors)
    hidden = {*world.numbers, *world.attempts, *(p.id for p in people)}
    hidden |= {each.display_name for each in people}
    assert [canary for canary in hidden if canary in page] == []


def test_a_candidates_markup_is_shown_as_words(
    client: FlaskClient, sqlite_database: Database
) -> None:
    from tests.marking.factory import wordy

    text = '<script>alert(1)</script> \N{RIGHT-TO-LEFT OVERRIDE}<b>bold</b> "\N{PILE OF POO}"'
    world = in_marking(sqlite_database, candidates=1, answers=lambda item, n: wordy(item, n, text))
    page = client.get(start(client, world, world.ann)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_after_the_closing_marks_are_listed_and_not_changed(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = marked(sqlite_database, candidates=1)
    sign_in_as(client, world.ann)
    assert "Nothing to mark" in client.get("/marking/").text
    mine = client.get(f"/marking/{world.sitting_id}/questions/{world.written[0].id}/mine").text
    assert "correct it" not in mine
