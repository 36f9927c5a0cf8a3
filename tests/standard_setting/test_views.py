"""The pages of cut scores: who may see them, proposing, signing, and refusals in plain words."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from tests.factories import person, sign_in_as
from tests.standard_setting.factory import WHY, World, adopted, proposed, world


@pytest.fixture
def here(sqlite_database: Database) -> World:
    return world(sqlite_database)


def send(client: FlaskClient, here: World, **changes: str) -> Any:
    data = {"score": "34.5", "method": "angoff", "method_note": "", "rationale": WHY} | changes
    return client.post(f"/cut-scores/{here.sitting_id}/propose", data=data)


def test_a_member_proposes_and_others_adopt(client: FlaskClient, here: World) -> None:
    sign_in_as(client, here.board[0])
    answer = send(client, here)
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "34.5 of " in page
    assert WHY in page
    assert "others must adopt it" in page
    assert "Adopt this cut score" not in page
    adopt = client.get("/cut-scores").get_data(as_text=True)
    assert "Waits for your signature" not in adopt
    for member in here.board[1:3]:
        sign_in_as(client, member)
        assert "Waits for your signature" in client.get("/cut-scores").get_data(as_text=True)
        page = client.get(f"/cut-scores/{here.sitting_id}").get_data(as_text=True)
        action = page.split('action="/cut-scores/proposals/')[1].split('"')[0]
        assert client.post(f"/cut-scores/proposals/{action}").status_code == 303
    page = client.get(f"/cut-scores/{here.sitting_id}").get_data(as_text=True)
    assert "The cut score is adopted." in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": "60 %"}, "not a percentage"),
        ({"score": "34,5"}, "not a comma"),
        ({"score": "0"}, "more than 0 marks"),
        ({"score": "1000"}, "at most the"),
        ({"score": "lots"}, "Write it as 34.5"),
        ({"method": ""}, "Choose how the cut score was found."),
        ({"method": "guess"}, "Not a valid choice"),
        ({"method": "other"}, "Name the method"),
        ({"rationale": ""}, "Say how the cut score was found"),
    ],
)
def test_a_faulty_proposal_comes_back_with_what_to_do(
    client: FlaskClient, here: World, changes: dict[str, str], message: str
) -> None:
    sign_in_as(client, here.board[0])
    answer = send(client, here, **changes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in page
    assert "There is a problem" in page
    if "rationale" not in changes:
        assert WHY in page, "what was typed is kept"


def test_a_second_proposal_is_refused_on_the_form(client: FlaskClient, here: World) -> None:
    proposed(here)
    sign_in_as(client, here.board[1])
    answer = send(client, here)
    assert answer.status_code == 422
    assert "proposed already" in answer.get_data(as_text=True)


def test_where_nothing_can_be_proposed_the_page_says_why(client: FlaskClient, here: World) -> None:
    proposed(here)
    sign_in_as(client, here.board[1])
    page = client.get(f"/cut-scores/{here.sitting_id}/propose").get_data(as_text=True)
    assert "No cut score can be proposed now" in page
    assert "Adopt or withdraw it before" in page
    assert "<textarea" not in page


def test_a_score_that_decimals_cannot_say_is_shown_exactly_and_about(
    client: FlaskClient, here: World
) -> None:
    sign_in_as(client, here.board[0])
    answer = send(client, here, score="103/3")
    page = client.get(answer.location).get_data(as_text=True)
    assert "103/3 (about 34.33) of " in page


def test_an_adopted_score_is_withdrawn_with_a_reason(client: FlaskClient, here: World) -> None:
    address = f"/cut-scores/proposals/{adopted(here)}/withdraw"
    sign_in_as(client, here.board[3])
    assert "Signatures given to it count no more" in client.get(address).get_data(as_text=True)
    assert client.post(address, data={"reason": ""}).status_code == 422
    answer = client.post(address, data={"reason": "A judge had no quorum."})
    page = client.get(answer.location).get_data(as_text=True)
    assert "A judge had no quorum." in page
    assert "No cut score is proposed" in page


def test_an_officer_reads_and_does_nothing(client: FlaskClient, here: World) -> None:
    proposal_id = proposed(here)
    sign_in_as(client, person(here.database, Role.EXAM_OFFICER))
    page = client.get(f"/cut-scores/{here.sitting_id}").get_data(as_text=True)
    assert "34.5 of " in page
    assert "Adopt this cut score" not in page
    assert client.post(f"/cut-scores/proposals/{proposal_id}/adopt").status_code == 403


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.MODERATOR])
def test_others_are_refused(client: FlaskClient, here: World, role: Role) -> None:
    sign_in_as(client, person(here.database, role))
    for address in ("/cut-scores", f"/cut-scores/{here.sitting_id}"):
        assert client.get(address).status_code == 403


def test_an_unknown_sitting_is_not_found(client: FlaskClient, here: World) -> None:
    sign_in_as(client, here.board[0])
    assert client.get("/cut-scores/nothing").status_code == 404
