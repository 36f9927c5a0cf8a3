"""The pages for deciding about answers: who may enter, what one key does, that they are blind."""

import re
from dataclasses import fields
from typing import Any

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.sights import has_seen
from proficiency.marking.answer_operations import change_answer
from proficiency.marking.answer_sheet import AnswerSheet
from proficiency.marking.answers import AnswerLine, Meaning
from proficiency.marking.queries import list_responses
from tests.factories import person, sign_in_as
from tests.marking.deciding import about, agree, by_name, decide, deciding, gave, marks_of
from tests.marking.factory import World

ALLOWED = {
    AnswerSheet: {
        "sitting_id", "sitting_title", "form_item_id", "question", "case_name", "case_title",
        "nation", "stages", "format", "body", "max_mark", "choices", "lines", "current", "is_open",
    },
    AnswerLine: {
        "digest", "text", "candidates", "turn", "own", "own_id", "holds", "differing", "change",
    },
    Meaning: {"words", "marks", "reason"},
}  # fmt: skip


def path(world: World, name: str = "the-duty") -> str:
    return f"/marking/{world.sitting_id}/questions/{by_name(world, name).id}/answers"


def page(client: FlaskClient, world: World, actor: Actor, name: str = "the-duty") -> str:
    sign_in_as(client, actor)
    answer = client.get(path(world, name))
    assert answer.status_code == 200
    return answer.text


def press(
    client: FlaskClient, world: World, text: str, point: str, verb: str = "decide", **more: Any
) -> Any:
    """Press one of the buttons of the page, as whoever is signed in."""
    digest = about(world, by_name(world, "the-duty"), text)["digest"]
    data = {"verb": verb, "answer": digest, "point": point} | more
    return client.post(path(world), data=data)


@pytest.mark.parametrize("kind", ALLOWED, ids=lambda kind: kind.__name__)
def test_a_sheet_has_the_fields_that_were_thought_about_and_no_more(kind: type) -> None:
    assert {field.name for field in fields(kind)} == ALLOWED[kind]


def test_nothing_on_the_page_says_who_gave_or_who_decided(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, *[gave(short="candor")] * 5, gave(short="candid"))
    duty = by_name(world, "the-duty")
    decide(world, world.ann, duty, "candor", "openness", reason="Half, says Ann.")
    decide(world, world.bob, duty, "candid")
    decide(world, world.cat, duty, "candid", "openness")
    secret = {"Zebedee", "Canary", "says Ann", *world.numbers, *world.attempts}
    secret |= {each.id for each in (*world.candidates, *world.assessors)}
    secret |= {each.display_name for each in world.assessors}
    secret |= {response.id for response in world.read(list_responses, world.sitting_id)}
    for actor in (world.bob, world.lead):
        shown = page(client, world, actor)
        for own in (
            actor.display_name,
            f'data-person="{actor.id}"',
        ):  # who looks
            shown = shown.replace(own, "")
        assert not [each for each in secret if each in shown]
    assert "5 candidates" in page(client, world, world.bob)
    assert "fewer than 5" in page(client, world, world.bob)


def test_the_second_person_sees_what_the_first_saw(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"))
    first = page(client, world, world.bob)
    decide(world, world.ann, by_name(world, "the-duty"), "candor", "openness")
    blank = re.compile(r'name="csrf_token" value="[^"]*"')
    assert blank.sub("", page(client, world, world.bob)) == blank.sub("", first)


def test_one_press_decides_and_the_next_answer_is_there(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candid"), gave(short="candor"))
    assert re.findall(r'data-key="(\d)"', page(client, world, world.ann)) == ["1", "2", "3", "0"]
    answer = press(client, world, "candid", "openness")
    assert answer.status_code == 303
    after = client.get(answer.location).text
    assert "You decided that “candid” means:" in after
    assert "One answer waits for you." in after
    shown = re.search(r'class="response-text" dir="auto">(.*?)<', after)
    assert shown is not None
    assert shown[1] == "candor"
    back = client.post(
        f"{path(world)}/undo", data={"answer": re.findall("last=(.*)", answer.location)[0]}
    )
    assert back.status_code == 303
    assert "2 answers wait for you." in client.get(back.location).text


def test_the_second_person_completes_the_marks(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"), gave(short="Candor."))
    for actor in (world.ann, world.bob):
        sign_in_as(client, actor)
        answer = press(client, world, "candor", "duty-candour")
    assert "It is decided: “candor” means" in client.get(answer.location).text
    assert marks_of(world, by_name(world, "the-duty")) == [1, 1]


def test_who_differs_is_told_and_a_lead_settles_with_a_reason(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"))
    decide(world, world.ann, by_name(world, "the-duty"), "candor", "openness")
    sign_in_as(client, world.bob)
    answer = press(client, world, "candor", "")
    assert "so a lead assessor settles it" in client.get(answer.location).text
    shown = page(client, world, world.lead)
    assert "One person:" in shown
    assert "Another person:" in shown
    missing = press(client, world, "candor", "", verb="settle", reason=" ")
    assert missing.status_code == 422
    assert "Give the reason for this decision." in missing.text
    assert press(client, world, "candor", "", verb="settle", reason="Not it.").status_code == 303
    assert marks_of(world, by_name(world, "the-duty")) == [0]


def test_an_answer_outside_the_table_needs_marks_and_a_reason(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="honesty"))
    for actor in (world.ann, world.bob):
        sign_in_as(client, actor)
        for marks, reason, words in (("many", "True.", "more than 0"), ("0.5", "", "Say why")):
            faulty = press(
                client, world, "honesty", "+", **{"new-marks": marks, "new-reason": reason}
            )
            assert faulty.status_code == 422
            assert words in faulty.text
            assert f'value="{marks}"' in faulty.text
        kept = {"new-marks": "0.5", "new-reason": "It is a part of it."}
        assert press(client, world, "honesty", "+", **kept).status_code == 303
    assert marks_of(world, by_name(world, "the-duty")) == [by_name(world, "the-duty").max_mark / 2]
    deciding_more = page(client, world, world.cat)
    assert "“Right, though not in the table”" in deciding_more


def test_a_change_is_asked_for_with_a_reason_that_the_next_person_reads(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"))
    agree(world, by_name(world, "the-duty"), "candor")
    sign_in_as(client, world.cat)
    assert press(client, world, "candor", "openness", verb="change").status_code == 422
    press(client, world, "candor", "openness", verb="change", reason="Half of it is there.")
    shown = page(client, world, world.ann)
    assert "Somebody asks to change what was decided" in shown
    assert "Half of it is there." in shown


def test_a_closed_marking_can_be_read_and_not_changed(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor", boxes=[], number=""))
    agree(world, by_name(world, "the-duty"), "candor")
    world.close()
    sign_in_as(client, world.lead)
    digest = about(world, by_name(world, "the-duty"), "candor")["digest"]
    shown = client.get(f"{path(world)}?answer={digest}").text
    assert "Marking is closed." in shown
    assert 'name="point"' not in shown
    assert press(client, world, "candor", "", verb="change", reason="Late.").status_code == 409


def test_what_no_page_sends_is_refused(client: FlaskClient, sqlite_database: Database) -> None:
    world = deciding(sqlite_database, gave(short="candor"))
    sign_in_as(client, world.ann)
    assert press(client, world, "candor", "", verb="erase").status_code == 404
    assert press(client, world, "candor", "no-such").status_code == 422
    assert press(client, world, "never given", "").status_code == 404
    other = path(world).replace(by_name(world, "the-duty").id, "x")
    assert client.get(other).status_code == 404


def test_only_who_marks_enters_and_the_sight_of_the_case_is_recorded(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"))
    for role in (Role.EXAM_OFFICER, Role.MODERATOR, Role.CANDIDATE):
        sign_in_as(client, person(sqlite_database, role))
        assert client.get(path(world)).status_code == 403
    page(client, world, world.ann)
    case = by_name(world, "the-duty").case_name
    assert world.read(has_seen, world.ann.id, case)


def test_the_homes_say_how_many_wait(client: FlaskClient, sqlite_database: Database) -> None:
    world = deciding(sqlite_database, gave(short="candor"), gave(short="candid"))
    for actor in (world.ann, world.lead):
        sign_in_as(client, actor)
        assert "decide about answers to question 1" in client.get("/").text
        assert "2 to decide" in client.get("/").text
        assert path(world) in client.get("/marking/").text
    named = about(world, by_name(world, "the-duty"), "candor")
    agree(world, by_name(world, "the-duty"), "candor")
    agree(world, by_name(world, "the-duty"), "candid")
    sign_in_as(client, world.cat)
    assert "decide about answers" not in client.get("/").text
    world.do(change_answer, world.ann, **named, point="openness", reason="Half of it.")
    assert "1 to decide" in client.get("/").text


def test_the_overview_counts_answers_without_showing_them(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = deciding(sqlite_database, gave(short="candor"), gave(short="candid"))
    duty = by_name(world, "the-duty")
    agree(world, duty, "candor")
    decide(world, world.ann, duty, "candid")
    decide(world, world.bob, duty, "candid", "openness")
    sign_in_as(client, world.lead)
    shown = client.get(f"/marking/{world.sitting_id}").text
    row = re.search(r"Question 1</a>.*?</tr>", shown, re.S)
    assert row is not None
    assert re.findall(r'class="number">(\d)', row[0]) == ["2", "1", "1"]
    assert "candor" not in shown
