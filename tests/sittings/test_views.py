"""The pages for sittings and bookings: who may enter, what happens, what is refused."""

import re
from datetime import timedelta

import pytest

from proficiency.accounts.queries import get_person
from proficiency.accounts.rules import Role
from proficiency.app import create_app
from proficiency.core import web
from proficiency.core.access import SYSTEM
from proficiency.sittings.operations import cancel_booking, cancel_sitting
from proficiency.sittings.queries import list_bookings, list_sittings
from tests.exams import factory as exams
from tests.factories import act, person, sign_in_as
from tests.sittings import factory
from tests.statements import asked

HOUR = timedelta(hours=1)


@pytest.fixture
def officer(client, sqlite_database):
    """An exam officer, signed in."""
    actor = person(sqlite_database, Role.EXAM_OFFICER)
    sign_in_as(client, actor)
    return actor


def open_sitting(database, **more):
    """A sitting that is open at this moment."""
    now = web.read_clock()
    return factory.sitting(database, opens_at=now - timedelta(minutes=5), now=now, **more)


def place(database, sitting, who):
    return factory.booking(database, sitting.id, who.id, now=web.read_clock())


def email_of(database, actor):
    with database.read() as session:
        return get_person(session, actor.id).email


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXAM_OFFICER])
def test_bookings_are_kept_by_officers(client, sqlite_database, role):
    made = open_sitting(sqlite_database)
    booked = place(sqlite_database, made, factory.candidate(sqlite_database))
    sign_in_as(client, person(sqlite_database, role))
    may_look = role is Role.INVIGILATOR
    assert client.get("/sittings").status_code == (200 if may_look else 403)
    assert client.get(f"/sittings/{made.id}").status_code == (200 if may_look else 403)
    for path in ("new", f"{made.id}/book", f"bookings/{booked.id}"):
        assert client.get(f"/sittings/{path}").status_code == 403
    for path in (
        "new", f"{made.id}/cancel", f"{made.id}/book", f"{made.id}/book/check",
        f"bookings/{booked.id}/extra-time", f"bookings/{booked.id}/cancel",
    ):  # fmt: skip
        assert client.post(f"/sittings/{path}").status_code == 403


def when_form(form_id, opens, last):
    return {
        "title": "November sitting", "form_id": form_id,
        "opens_on": f"{opens:%Y-%m-%d}", "opens_time": f"{opens:%H:%M}",
        "last_on": f"{last:%Y-%m-%d}", "last_time": f"{last:%H:%M}",
    }  # fmt: skip


def test_an_officer_schedules_a_sitting(client, officer, sqlite_database):
    assert "No sitting yet" in client.get("/sittings").text
    assert "No form yet" in client.get("/sittings/new").text
    form = exams.form(sqlite_database)
    assert f'value="{form.id}" ' in client.get(f"/sittings/new?form={form.id}").text.replace(
        f'selected value="{form.id}"', f'value="{form.id}" selected'
    )
    tomorrow = web.read_clock() + timedelta(days=1)
    answer = client.post("/sittings/new", data=when_form(form.id, tomorrow, tomorrow + HOUR))
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "Nobody is booked yet" in page
    assert "120 minutes" in page
    with sqlite_database.read() as session:
        made = list_sittings(session)[0]
    assert made.last_start_at - made.opens_at == HOUR


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "Write a title"),
        ({"opens_on": "31/12/2026"}, 'id="opens_on-error"'),
        ({"last_time": ""}, "Choose the time of the last start"),
        ({"form_id": "forged"}, 'id="form_id-error"'),
        ({"last_on": "2020-01-01"}, "before the opening"),
        ({"opens_on": "2027-03-28", "opens_time": "01:30"}, "leaves out this hour"),
    ],
)
def test_a_sitting_that_can_not_be_is_refused_at_its_field(
    client, officer, sqlite_database, change, words
):
    tomorrow = web.read_clock() + timedelta(days=1)
    form = exams.form(sqlite_database)
    data = when_form(form.id, tomorrow, tomorrow + HOUR) | change
    answer = client.post("/sittings/new", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<title>Error:" in answer.text


def test_pasted_addresses_are_checked_before_anybody_is_booked(client, officer, sqlite_database):
    made = open_sitting(sqlite_database)
    ann, bob, judge = (
        factory.candidate(sqlite_database, "Ann Other"),
        factory.candidate(sqlite_database, "Bob Both"),
        person(sqlite_database, Role.JUDGE, name="Jo Judge"),
    )
    place(sqlite_database, made, bob)
    pasted = "\n".join(
        [email_of(sqlite_database, each).upper() for each in (ann, bob, judge)]
        + ["nobody@example.org", "just words"]
    )
    page = client.post(f"/sittings/{made.id}/book/check", data={"addresses": pasted}).text
    for words in (
        "booked already", "role of a candidate", "Nobody has an account",
        "just words: This is not an e-mail address", "Will be booked: 1",
    ):  # fmt: skip
        assert words in page
    with sqlite_database.read() as session:
        assert len(list_bookings(session, made.id)) == 1
    chosen = re.findall(r'name="person" value="(\w+)"', page)
    assert chosen == [ann.id]
    answer = client.post(f"/sittings/{made.id}/book", data={"person": [*chosen, bob.id]})
    page = client.get(answer.headers["Location"]).text
    assert "One person is booked." in page
    assert "Bob Both: This person is booked already." in page
    with sqlite_database.read() as session:
        assert len(list_bookings(session, made.id)) == 2


def test_choosing_nobody_is_told(client, officer, sqlite_database):
    made = open_sitting(sqlite_database)
    answer = client.post(f"/sittings/{made.id}/book/check", data={})
    assert answer.status_code == 422
    assert "Tick at least one person" in answer.text


def test_the_page_to_book_offers_candidates_and_says_who_can_not_be(
    client, officer, sqlite_database
):
    made = open_sitting(sqlite_database)
    ann, bob = (factory.candidate(sqlite_database, name) for name in ("Ann Other", "Bob Both"))
    place(sqlite_database, made, bob)
    page = client.get(f"/sittings/{made.id}/book").text
    assert f'value="{ann.id}"' in page
    assert f'value="{bob.id}"' not in page
    assert "Nobody found" in client.get(f"/sittings/{made.id}/book?q=zz").text


def test_three_hundred_bookings_take_as_many_queries_as_three(client, officer, sqlite_database):
    made = open_sitting(sqlite_database)

    def statements() -> int:
        with asked(sqlite_database) as seen:
            assert client.get(f"/sittings/{made.id}").status_code == 200
        return len(seen)

    for number in range(3):
        place(sqlite_database, made, factory.candidate(sqlite_database, f"Candidate {number:03}"))
    client.get(f"/sittings/{made.id}")
    few = statements()
    for number in range(3, 300):
        place(sqlite_database, made, factory.candidate(sqlite_database, f"Candidate {number:03}"))
    place(sqlite_database, made, factory.candidate(sqlite_database, "Zoë Quist"))
    assert statements() == few
    assert "1 found" in client.get(f"/sittings/{made.id}?q=QUIST+zo").text


def test_an_officer_arranges_extra_time_and_the_candidate_sees_the_sum(
    app, client, officer, sqlite_database
):
    ann = factory.candidate(sqlite_database, "Ann Other")
    made = open_sitting(sqlite_database)
    booked = place(sqlite_database, made, ann)
    data = {
        "extra_percent": "25", "extra_minutes": "0", "rest_minutes": "30",
        "longest_rest_minutes": "0", "reason": "Dyslexia; letter of 3 May.",
    }  # fmt: skip
    answer = client.post(f"/sittings/bookings/{booked.id}/extra-time", data=data)
    assert answer.status_code == 303
    record = client.get(f"/sittings/bookings/{booked.id}").text
    assert "Extra time: 25 %" in record
    assert "Dyslexia" in record
    assert "25 %" in client.get(f"/sittings/{made.id}").text
    theirs = app.test_client()
    sign_in_as(theirs, ann)
    page = theirs.get(f"/bookings/{booked.id}").text
    assert "2 h + 25 % = 2 h 30 min" in page
    assert "Dyslexia" not in page


def test_extra_time_without_reason_is_refused_at_its_field(client, officer, sqlite_database):
    booked = place(
        sqlite_database, open_sitting(sqlite_database), factory.candidate(sqlite_database)
    )
    path = f"/sittings/bookings/{booked.id}/extra-time"
    answer = client.post(path, data={"extra_percent": "999", "extra_minutes": "", "reason": ""})
    assert answer.status_code == 422
    for name in ("extra_percent", "extra_minutes", "reason"):
        assert f'id="{name}-error"' in answer.text


def test_an_officer_cancels_a_booking_with_a_reason(client, officer, sqlite_database):
    booked = place(
        sqlite_database, open_sitting(sqlite_database), factory.candidate(sqlite_database)
    )
    path = f"/sittings/bookings/{booked.id}/cancel"
    assert client.post(path, data={}).status_code == 422
    assert client.post(path, data={"cancel-reason": "Withdrew."}).status_code == 303
    page = client.get(f"/sittings/bookings/{booked.id}").text
    assert "Withdrew." in page
    assert "Record extra time" not in page
    assert client.post(path, data={"cancel-reason": "Again."}).status_code == 409


def test_an_officer_cancels_a_sitting_before_it_opens(client, officer, sqlite_database):
    later = factory.sitting(sqlite_database, opens_at=web.read_clock() + HOUR, now=web.read_clock())
    path = f"/sittings/{later.id}/cancel"
    assert client.post(path, data={}).status_code == 422
    assert client.post(path, data={"reason": "The hall burnt down."}).status_code == 303
    assert "Cancelled" in client.get(f"/sittings/{later.id}").text
    assert client.post(path, data={"reason": "Again."}).status_code == 409


def test_a_booking_is_its_candidates_own(app, client, officer, sqlite_database):
    made = open_sitting(sqlite_database)
    ann, bob = factory.candidate(sqlite_database), factory.candidate(sqlite_database)
    booked = place(sqlite_database, made, ann)
    assert client.get(f"/bookings/{booked.id}").status_code == 404
    theirs = app.test_client()
    sign_in_as(theirs, bob)
    assert theirs.get(f"/bookings/{booked.id}").status_code == 404
    sign_in_as(theirs, ann)
    assert f'href="/exam/{booked.id}"' in theirs.get(f"/bookings/{booked.id}").text


def test_a_booking_says_where_it_stands(client, sqlite_database):
    ann = factory.candidate(sqlite_database)
    now = web.read_clock()
    form_id = exams.form(sqlite_database).id

    def page(opens_at, then=None):
        made = factory.sitting(sqlite_database, form_id, opens_at=opens_at, now=opens_at)
        booked = factory.booking(sqlite_database, made.id, ann.id, now=opens_at)
        if then is not None:
            operation, key = then
            value = booked.id if key == "booking_id" else made.id
            act(sqlite_database, operation, SYSTEM, opens_at - HOUR, reason="r", **{key: value})
        return client.get(f"/bookings/{booked.id}").text

    sign_in_as(client, ann)
    assert "You are booked" in page(now + HOUR)
    assert "You can start now" in page(now)
    running = page(now - 2 * HOUR)
    assert "The last start has passed" in running
    assert "/exam/" in running
    cancelled = page(now + 2 * HOUR, (cancel_booking, "booking_id"))
    assert "Your booking is cancelled" in cancelled
    assert "/exam/" not in cancelled
    assert "This sitting is cancelled" in page(now + 3 * HOUR, (cancel_sitting, "sitting_id"))


def test_nul_in_a_paste_or_a_choice_is_only_nobody(config, postgres_database):
    app = create_app(config, postgres_database)  # PostgreSQL can't even be asked for it
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    sign_in_as(client, person(postgres_database, Role.EXAM_OFFICER))
    made = open_sitting(postgres_database)
    data = {"addresses": "a\x00@example.org", "person": ["\x00"]}
    page = client.post(f"/sittings/{made.id}/book/check", data=data).text
    assert "Nobody has an account" in page
    assert client.post(f"/sittings/{made.id}/book", data={"person": ["\x00"]}).status_code == 303
