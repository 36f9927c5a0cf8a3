"""The pages of a room: who may, what stands there, and how much the database is asked."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.delivery.queries import get_attempt_state
from proficiency.delivery.rules import Phase
from proficiency.delivery.time_operations import record_pause
from proficiency.invigilation.live import BUCKETS, MARK_LENGTH
from proficiency.invigilation.rules import Topic
from proficiency.sittings.operations import record_arrangement
from proficiency.sittings.rules import Measure
from tests.delivery.factory import DEVICE
from tests.factories import NOW, act, person, sign_in_as
from tests.invigilation.factory import Watched, call, watched
from tests.sittings.factory import extra_time
from tests.statements import asked

OURS = {"Origin": "http://localhost", "Accept": "application/json"}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the moment of all requests."""

    def set_now(moment: datetime) -> None:
        monkeypatch.setattr(web, "read_clock", lambda: moment)

    set_now(NOW)
    return set_now


@pytest.fixture
def room(sqlite_database: Database) -> Watched:
    return watched(sqlite_database)


@pytest.fixture
def watching(client: FlaskClient, room: Watched, at: Any) -> FlaskClient:
    sign_in_as(client, room.invigilator)
    return client


def do(client: FlaskClient, room: Watched, command: str, **fields: str) -> Any:
    given = {"command": command, "key": f"key-{command}", **fields}
    return client.post(f"/room/{room.sitting_id}/do", data=given, headers=OURS)


def test_everybody_stands_on_one_screen_and_who_calls_comes_first(
    watching: FlaskClient, room: Watched
) -> None:
    room.book("Zoe Absent")
    room.writing("Anna Quiet")
    call(room.writing("Mira Unwell"), Topic.UNWELL)
    page = watching.get(f"/room/{room.sitting_id}").text
    names = re.findall(r'data-open="\w+">([^<]+)<', page)
    assert names == ["Mira Unwell", "Anna Quiet", "Zoe Absent"]
    assert "I am unwell" in page


def test_without_a_script_rows_are_found_by_words_and_place(
    watching: FlaskClient, room: Watched
) -> None:
    room.book("Zoe Absent")
    room.writing("Anna Quiet")
    by_name = watching.get(f"/room/{room.sitting_id}?q=anna").text
    by_place = watching.get(f"/room/{room.sitting_id}?place=absent").text
    assert re.findall(r'data-open="\w+">([^<]+)<', by_name) == ["Anna Quiet"]
    assert re.findall(r'data-open="\w+">([^<]+)<', by_place) == ["Zoe Absent"]


def test_a_page_gets_only_what_is_new_to_it(watching: FlaskClient, room: Watched) -> None:
    quiet, loud = room.writing("Anna Quiet"), room.writing("Mira Loud")
    address = f"/room/{room.sitting_id}/changes"
    first = watching.get(address).get_json()
    assert set(first["rows"]) == {quiet.booking_id, loud.booking_id}
    assert len(first["cursor"]) == MARK_LENGTH * (BUCKETS + 4)
    same = watching.get(address, query_string={"since": first["cursor"]})
    assert (same.status_code, same.data) == (304, b"")
    call(loud)
    second = watching.get(address, query_string={"since": first["cursor"]}).get_json()
    assert loud.booking_id in second["rows"]
    assert "Something else" in second["calls"]
    assert watching.get(address, query_string={"since": "not ours"}).get_json()["cursor"]


def test_a_room_of_ten_times_as_many_asks_the_database_as_often(
    watching: FlaskClient, room: Watched, sqlite_database: Database
) -> None:
    counts = []
    for _round in range(2):
        for _each in range(3):
            place = room.writing()
            call(place)
            room.do(record_pause, attempt_id=place.attempt_id, reason="A fire alarm.")
        with asked(sqlite_database) as statements:
            assert watching.get(f"/room/{room.sitting_id}/changes").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 14


def test_only_who_watches_may_enter(client: FlaskClient, room: Watched, at: Any) -> None:
    sign_in_as(client, person(room.database, Role.CANDIDATE, Role.ASSESSOR))
    for path in ("", "/changes", "/roster", "/report", "/report.csv"):
        assert client.get(f"/room/{room.sitting_id}{path}").status_code == 403
    assert do(client, room, "note", text="Hello").status_code == 403


def test_a_command_that_arrives_twice_is_done_once(watching: FlaskClient, room: Watched) -> None:
    place = room.writing()
    for _twice in range(2):
        reply = do(watching, room, "credit", booking_id=place.booking_id, minutes="5", text="Noise")
        assert reply.get_json() == {"done": "They have their time back."}
    with room.database.read() as session:
        state = get_attempt_state(session, place.attempt_id)
    assert state.window.credited == timedelta(minutes=5)


def test_a_candidate_waits_at_the_door_and_is_let_in(
    client: FlaskClient, room: Watched, at: Any
) -> None:
    place = room.book("Anna Quiet")
    here = f"/exam/{place.booking_id}"
    sign_in_as(client, place.candidate)
    assert "I am here" in client.get(here).text
    assert client.post(f"{here}/arrive", headers=OURS).status_code == 303
    waiting = client.get(here).text
    assert "Your invigilator knows that you are here" in waiting
    assert "Start the exam" not in waiting
    assert client.get(f"{here}/door").get_json() == {"admission": "waiting"}
    sign_in_as(client, room.invigilator)
    let_in = {"booking_id": place.booking_id, "document": "passport", "means": "by_camera"}
    assert do(client, room, "admit", **let_in).get_json() == {"done": "They are let in."}
    sign_in_as(client, place.candidate)
    assert client.get(f"{here}/door").get_json() == {"admission": "admitted"}
    assert "Start the exam" in client.get(here).text


def test_who_is_turned_away_reads_why(client: FlaskClient, room: Watched, at: Any) -> None:
    place = room.book()
    here = f"/exam/{place.booking_id}"
    sign_in_as(client, place.candidate)
    client.post(f"{here}/arrive", headers=OURS)
    sign_in_as(client, room.invigilator)
    refused = do(client, room, "turn_away", booking_id=place.booking_id, text=" ")
    assert refused.status_code == 422
    do(client, room, "turn_away", booking_id=place.booking_id, text="Your passport is expired.")
    sign_in_as(client, place.candidate)
    page = client.get(here).text
    assert "Your passport is expired." in page
    assert "I am here" in page


def test_a_forced_end_has_a_reason(watching: FlaskClient, room: Watched) -> None:
    place = room.writing()
    assert do(watching, room, "force", booking_id=place.booking_id, text=" ").status_code == 422
    assert do(watching, room, "force", booking_id=place.booking_id, text="Left.").status_code == 200
    with room.database.read() as session:
        assert get_attempt_state(session, place.attempt_id).phase is Phase.CLOSED


@pytest.mark.parametrize("path", ["", "/roster", "/report"])
def test_pages_show_names_and_never_reasons_of_health(
    watching: FlaskClient, room: Watched, path: str
) -> None:
    place = room.book("Anna Quiet")
    extra_time(room.database, place.booking_id)
    page = watching.get(f"/room/{room.sitting_id}{path}").text
    assert "Anna Quiet" in page
    assert "letter seen" not in page


def test_the_report_tells_what_happened(watching: FlaskClient, room: Watched) -> None:
    place = room.writing("Anna Quiet")
    call(place, Topic.SOMEBODY_CAME, text="A cat.")
    do(watching, room, "irregularity", booking_id=place.booking_id, text="A second voice.")
    do(watching, room, "pause", text="A fire alarm.")
    page = watching.get(f"/room/{room.sitting_id}/report").text
    for words in ("A cat.", "A second voice.", "A fire alarm.", "Identity checked: Passport"):
        assert words in page
    sheet = watching.get(f"/room/{room.sitting_id}/report.csv").data.decode("utf-8-sig")
    assert "Anna Quiet" in sheet


# The candidate's side


def test_calls_and_answers_go_both_ways(client: FlaskClient, room: Watched, at: Any) -> None:
    place = room.writing("Anna Quiet")
    here = f"/exam/{place.booking_id}"
    sign_in_as(client, place.candidate)
    made = client.post(
        f"{here}/help", data={"topic": "unwell", "text": "Dizzy.", "key": "k1"}, headers=OURS
    )
    again = client.post(
        f"{here}/help", data={"topic": "unwell", "text": "Dizzy.", "key": "k1"}, headers=OURS
    )
    assert made.get_json() == again.get_json()
    sign_in_as(client, room.invigilator)
    call_id = made.get_json()["call"]
    do(client, room, "answer", booking_id=place.booking_id, entry=call_id, text="Rest a while.")
    sign_in_as(client, place.candidate)
    news = client.get(f"{here}/news").get_json()
    assert news["calls"] == []
    [message] = news["messages"]
    assert (message["words"], message["seen"]) == ("Rest a while.", False)
    noted = client.post(f"{here}/seen", json={"ids": [message["id"]]}, headers=OURS)
    assert noted.get_json() == {"noted": 1}
    assert client.get(f"{here}/news").get_json()["messages"][0]["seen"] is True


def test_help_is_a_page_too(client: FlaskClient, room: Watched, at: Any) -> None:
    place = room.writing()
    sign_in_as(client, place.candidate)
    page = client.get(f"/exam/{place.booking_id}/help")
    assert page.status_code == 200
    assert "This question looks wrong" in page.text


def test_another_candidates_room_is_not_there(client: FlaskClient, room: Watched, at: Any) -> None:
    place = room.writing()
    sign_in_as(client, room.book().candidate)
    for path in ("door", "help", "news"):
        assert client.get(f"/exam/{place.booking_id}/{path}").status_code == 404
    for path in ("arrive", "help", "seen", "reply", "signals"):
        sent = client.post(
            f"/exam/{place.booking_id}/{path}",
            data={"topic": "other", "key": "k"} if path == "help" else None,
            json=None if path == "help" else {"ids": [], "signals": []},
            headers=OURS,
        )
        assert sent.status_code == 404, path


def test_nothing_is_taken_from_a_page_that_is_not_ours(
    client: FlaskClient, room: Watched, at: Any
) -> None:
    place = room.writing()
    sign_in_as(client, place.candidate)
    for path in ("arrive", "help", "lower", "reply", "seen", "signals"):
        sent = client.post(f"/exam/{place.booking_id}/{path}", headers={"Origin": "https://x.org"})
        assert sent.status_code == 403, path


def test_the_server_itself_notices_a_second_device_and_another_network(
    client: FlaskClient, room: Watched, at: Any
) -> None:
    place = room.writing("Anna Quiet")
    sign_in_as(client, place.candidate)

    def notice(device: str, before: str = "", address: str = "192.0.2.1") -> Any:
        client.set_cookie("device", device)
        return client.post(
            f"/exam/{place.booking_id}/signals", json={"signals": [], "place": before},
            headers=OURS, environ_base={"REMOTE_ADDR": address},
        ).get_json()  # fmt: skip

    first = notice(DEVICE)
    assert first["kept"] == 0
    assert "192.0.2.1" not in str(first)
    assert notice(DEVICE, first["place"])["kept"] == 0
    assert notice(DEVICE, first["place"], "198.51.100.7")["kept"] == 1
    assert notice("another")["kept"] == 1
    assert notice("another")["kept"] == 0
    for claimed in ("second_device", "network_changed", "more"):
        forged = {"signals": [{"kind": claimed}]}
        reply = client.post(f"/exam/{place.booking_id}/signals", json=forged, headers=OURS)
        assert reply.status_code == 422


def test_arranged_help_with_writing_never_becomes_a_signal(
    client: FlaskClient, room: Watched, at: Any
) -> None:
    place = room.book("Anna Quiet")
    act(
        room.database, record_arrangement, SYSTEM, booking_id=place.booking_id, extra_percent=0,
        extra_minutes=0, reason="Letter seen.", measures=[Measure.OWN_TECHNOLOGY],
    )  # fmt: skip
    sat = room.let_in(place)
    sign_in_as(client, sat.candidate)
    seen = [{"kind": "typed_at_once", "size": 400}, {"kind": "absent", "size": 900}]
    reply = client.post(
        f"/exam/{sat.booking_id}/signals",
        json={"signals": [*seen, {"kind": "copied", "size": 3}]}, headers=OURS,
    )  # fmt: skip
    assert reply.get_json()["kept"] == 1
    sign_in_as(client, room.invigilator)
    page = client.get(f"/room/{room.sitting_id}/candidate/{sat.booking_id}").text
    assert "My own assistive technology" in page
    assert "Help like this can look like a signal" in page


def test_signals_are_kept_and_counted_and_never_a_verdict(
    client: FlaskClient, room: Watched, at: Any
) -> None:
    place = room.writing("Anna Quiet")
    sign_in_as(client, place.candidate)
    client.set_cookie("device", DEVICE)
    pasted = {"kind": "pasted", "size": 420, "age": 3000}
    kept = client.post(
        f"/exam/{place.booking_id}/signals", json={"signals": [pasted]}, headers=OURS
    )
    assert kept.get_json()["kept"] == 1
    wrong = {"kind": "cheated"}
    refused = client.post(
        f"/exam/{place.booking_id}/signals", json={"signals": [wrong]}, headers=OURS
    )
    assert refused.status_code == 422
    sign_in_as(client, room.invigilator)
    assert "1 signal" in client.get(f"/room/{room.sitting_id}").text
    page = client.get(f"/room/{room.sitting_id}/candidate/{place.booking_id}").text
    assert "420 characters" in page
    assert "never a verdict" in page
