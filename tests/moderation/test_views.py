"""The pages of moderation: who may enter, what they do, and that they name no writer."""

import re

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.sights import has_seen
from proficiency.marking.queries import response_marks, script_numbers, standing_of
from proficiency.moderation.queries import is_signed_off, last_decisions
from proficiency.moderation.rules import Decision
from tests.factories import NOW, person, sign_in_as
from tests.marking.factory import even
from tests.moderation.factory import Group, closed, in_moderation
from tests.sittings import factory as sittings


def every_page(group: Group) -> list[str]:
    """The address of every kind of page that the group reads."""
    base = f"/moderation/{group.sitting_id}"
    response, other = group.responses()[0], group.responses(written=False)[0]
    return [
        "/moderation/",
        base,
        f"{base}/questions/{response.form_item_id}",
        f"{base}/questions/{other.form_item_id}",
        f"{base}/scripts/1",
        f"{base}/sign-off",
        f"/moderation/responses/{response.id}",
        f"/moderation/responses/{other.id}",
    ]


def test_the_review_shows_each_question_and_each_script(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=3, levels={"ann": 0, "bob": 3})
    sign_in_as(client, group.mo)
    page = client.get(f"/moderation/{group.sitting_id}").text
    for item in group.world.items:
        assert f"Question {item.number}</a>" in page
    for number in (1, 2, 3):
        assert f"Script {number}</a>" in page
    assert "0 of 3 signatures" in page


def test_a_script_shows_its_answers_with_every_mark(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=2)
    numbers = group.read(script_numbers, group.sitting_id)
    sign_in_as(client, group.lay)
    page = client.get(
        f"/moderation/{group.sitting_id}/scripts/{numbers[group.world.attempts[1]]}"
    ).text
    assert "Answer of writer 2." in page
    assert "Answer of writer 1." not in page
    assert "mean of two assessors" in page
    assert client.get(f"/moderation/{group.sitting_id}/scripts/9").status_code == 404


def test_a_moderator_changes_a_mark_and_the_old_one_stays_in_sight(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses()[0]
    item = next(i for i in group.world.items if i.id == response.form_item_id)
    address = f"/moderation/responses/{response.id}"
    sign_in_as(client, group.mo)
    levels = {f"level-{key}": str(level) for key, level in even(item, 3).items()}
    refused = client.post(f"{address}/change", data=levels)
    assert refused.status_code == 422
    assert "Say why the mark is changed." in refused.text
    assert re.search(rf'id="level-{item.body.criteria[0].key}-3"[^>]* checked', refused.text)
    answer = client.post(f"{address}/change", data=levels | {"comment": "It is all there."})
    assert answer.location == address
    page = client.get(address).text
    assert "superseded" in page
    assert "<s>Assessor 1:" in page
    assert "It is all there." in page
    assert group.read(standing_of, response.id).mark == item.max_mark
    again = client.post(f"{address}/change", data=levels | {"comment": "Once more."})
    assert again.status_code == 409
    assert "Once more." in again.text


def test_a_question_without_a_rubric_takes_a_mark(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses(written=False)[0]
    address = f"/moderation/responses/{response.id}/change"
    sign_in_as(client, group.mo)
    words = {"comment": "Two options were defensible."}
    for nonsense in ("", "much", "1/0", "-1", "1e9", "nan", "99"):
        assert client.post(address, data=words | {"mark": nonsense}).status_code == 422
    assert len(group.read(response_marks, response.id)) == 1
    assert client.post(address, data=words | {"mark": "1/3"}).status_code == 303
    assert str(group.read(standing_of, response.id).mark) == "1/3"


def test_a_moderator_accepts_with_a_reason(client: FlaskClient, sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses()[0]
    sign_in_as(client, group.mo)
    address = f"/moderation/responses/{response.id}"
    refused = client.post(f"{address}/accept", data={"reason": ""})
    assert "Say why the mark is right." in refused.text
    client.post(f"{address}/accept", data={"reason": "By the descriptors."})
    decided = group.read(last_decisions, group.sitting_id)
    assert decided == {response.id: Decision.ACCEPTED}
    assert "By the descriptors." in client.get(address).text


def test_a_lay_member_comments_and_is_told_what_moderators_do(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses()[0]
    address = f"/moderation/responses/{response.id}"
    sign_in_as(client, group.lay)
    page = client.get(address).text
    assert "Moderators decide about marks." in page
    assert "Accept the mark" not in page
    sent = {"text": "A client would understand this.", "response": response.id}
    assert client.post(f"/moderation/{group.sitting_id}/comments", data=sent).location == address
    assert "A client would understand this." in client.get(address).text
    assert client.post(f"{address}/accept", data={"reason": "Fair."}).status_code == 403
    empty = client.post(f"/moderation/{group.sitting_id}/comments", data=sent | {"text": ""})
    assert empty.status_code == 422


def test_comments_on_a_question_and_on_the_sitting_stand_where_they_belong(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    item = group.world.written[0]
    sign_in_as(client, group.mo)
    target = f"/moderation/{group.sitting_id}/comments"
    client.post(target, data={"text": "Read in two ways.", "question": item.id})
    client.post(target, data={"text": "A calm sitting."})
    question = client.get(f"/moderation/{group.sitting_id}/questions/{item.id}").text
    review = client.get(f"/moderation/{group.sitting_id}").text
    assert "Read in two ways." in question
    assert "Read in two ways." not in review
    assert "A calm sitting." in review


def test_three_sign_in_their_capacities_and_then_it_is_final(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    address = f"/moderation/{group.sitting_id}/sign-off"
    for actor, capacity in (
        (group.mo, "moderator"),
        (group.mia, "moderator"),
        (group.lay, "lay_member"),
    ):
        sign_in_as(client, actor)
        assert "Sign the marks off" in client.get(address).text
        assert client.post(address, data={"capacity": capacity}).location == address
    assert group.read(is_signed_off, group.sitting_id)
    page = client.get(address).text
    assert "The quorum is met." in page
    assert ">Sign<" not in page
    response = client.get(f"/moderation/responses/{group.responses()[0].id}").text
    assert "signed off: its marks stand" in response


def test_nobody_signs_in_a_capacity_that_is_not_theirs(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    address = f"/moderation/{group.sitting_id}/sign-off"
    sign_in_as(client, group.lay)
    assert client.post(address, data={"capacity": "moderator"}).status_code == 422
    assert client.post(address, data={}).status_code == 422


def test_an_officer_opens_it_and_reads_no_script(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = closed(sqlite_database, candidates=1)
    sign_in_as(client, group.officer)
    assert "Open moderation" in client.get("/moderation/").text
    assert client.post(f"/moderation/{group.sitting_id}/open").status_code == 303
    assert "Open moderation" not in client.get("/moderation/").text
    for address in every_page(group)[1:]:
        assert client.get(address).status_code == 403


def test_before_it_is_open_there_is_nothing_to_read(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = closed(sqlite_database, candidates=1)
    sign_in_as(client, group.mo)
    for address in every_page(group)[1:]:
        assert client.get(address).status_code == 404


def test_a_candidate_of_the_same_case_sees_none_of_it(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    both = person(sqlite_database, Role.CANDIDATE, Role.MODERATOR)
    later = sittings.sitting(sqlite_database, group.world.form_id, opens_at=NOW.replace(day=28))
    sittings.booking(sqlite_database, later.id, both.id)
    sign_in_as(client, both)
    assert "You are booked as a candidate" in client.get("/moderation/").text
    for address in every_page(group)[1:]:
        assert client.get(address).status_code == 403
    assert not group.read(has_seen, both.id, group.world.items[0].case_name)


def test_the_sight_of_the_case_is_recorded(client: FlaskClient, sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    case = group.world.items[0].case_name
    sign_in_as(client, group.mo)
    client.get(f"/moderation/{group.sitting_id}")
    assert not group.read(has_seen, group.mo.id, case)
    client.get(f"/moderation/{group.sitting_id}/scripts/1")
    assert group.read(has_seen, group.mo.id, case)


def test_no_byte_of_the_pages_names_a_writer_or_an_assessor(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=2, levels={"ann": 0, "bob": 3})
    world = group.world
    people = (*world.candidates, *world.assessors, world.lead)
    canaries = {*world.numbers, *world.attempts, *(each.id for each in people)}
    canaries |= {each.display_name for each in people}
    sign_in_as(client, group.mo)
    for address in every_page(group):
        page = client.get(address).text
        assert [canary for canary in canaries if canary in page] == [], address


@pytest.mark.parametrize(
    "role",
    [r for r in Role if r not in {Role.MODERATOR, Role.LAY_MEMBER, Role.EXAM_OFFICER}],
)
def test_other_roles_stay_out(client: FlaskClient, sqlite_database: Database, role: Role) -> None:
    sign_in_as(client, person(sqlite_database, role))
    for address in ("", "any", "any/sign-off", "any/scripts/1", "responses/any"):
        assert client.get(f"/moderation/{address}").status_code == 403


def test_the_list_of_scripts_is_narrowed_and_paged(
    client: FlaskClient, sqlite_database: Database
) -> None:
    group = in_moderation(sqlite_database, candidates=27)
    sign_in_as(client, group.mo)
    base = f"/moderation/{group.sitting_id}"
    first, second = (client.get(f"{base}?page={page}").text for page in (1, 2))
    links = re.compile(rf'href="{base}/scripts/(\d+)"')
    assert len(links.findall(first)) == 25
    assert len(links.findall(second)) == 2
    assert len(links.findall(client.get(f"{base}?page=99").text)) == 2
    assert "No script is like that" in client.get(f"{base}?show=changed").text
    group.change(group.mo, group.responses()[0])
    assert len(links.findall(client.get(f"{base}?show=changed").text)) == 1
    assert client.get(f"{base}?show=nonsense&page=x").status_code == 200
