"""The pages for schemes and forms: who may enter, what happens, what is refused."""

import re

import pytest

from proficiency.accounts.rules import Role
from proficiency.core.exact import mark_text
from proficiency.core.show import percent
from proficiency.exams.figures import add_up, get_figures
from proficiency.exams.queries import get_scheme, list_form_cases, list_forms
from proficiency.scenarios.content import from_content
from proficiency.scenarios.queries import get_case_version
from tests.exams.factory import CASES, form, published, scheme
from tests.factories import person, sign_in_as

SETTINGS = {
    "title": "Certificate of Proficiency",
    "minutes": "150",
    "transit_seconds": "30",
    "break_minutes": "20",
    "longest_break_minutes": "10",
    "blocked_minutes": "10",
    "unanswered_minutes": "3",
    "photo_days": "90",
    "most_blind_percent": "35",
    "late_hours": "24",
    "item_tolerance": "0.5",
    "criterion_tolerance": "1",
    "sign_off_quorum": "3",
    "lay_quorum": "1",
    "adoption_quorum": "2",
    "release_quorum": "2",
    "instructions": "Read.\r\n\r\nThen write.",
    "exam_rules": "Alone.",
    "competence_standards": "Assessing risk\r\n\r\nWriting a plan\r\n",
}


@pytest.fixture
def officer(client, sqlite_database):
    """An exam officer, signed in."""
    actor = person(sqlite_database, Role.EXAM_OFFICER)
    sign_in_as(client, actor)
    return actor


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXAM_OFFICER])
def test_schemes_and_forms_are_for_officers(client, sqlite_database, role):
    sign_in_as(client, person(sqlite_database, role))
    for path in ("/schemes", "/schemes/new", "/schemes/x", "/schemes/x/edit", "/forms"):
        assert client.get(path).status_code == 403
    for path in ("/schemes/new", "/schemes/x/edit", "/schemes/x/forms/new"):
        assert client.post(path).status_code == 403


def test_an_officer_makes_a_scheme(client, officer, sqlite_database):
    assert "No scheme yet" in client.get("/schemes").text
    data = SETTINGS | {"name": "certificate-2026", "kind": "live"}
    answer = client.post("/schemes/new", data=data)
    assert answer.headers["Location"] == "/schemes/certificate-2026"
    with sqlite_database.read() as session:
        settings = get_scheme(session, "certificate-2026").settings
    assert (settings.minutes, settings.item_tolerance) == (150, "1/2")
    assert settings.competence_standards == ("Assessing risk", "Writing a plan")
    page = client.get("/schemes/certificate-2026").text
    assert "150 minutes" in page
    assert "Results count" in page


def test_every_wrong_setting_is_told_at_its_field(client, officer):
    data = SETTINGS | {
        "name": "Bad Name", "minutes": "0", "release_quorum": "one", "item_tolerance": "two",
        "lay_quorum": "9",
    }  # fmt: skip
    answer = client.post("/schemes/new", data=data)
    assert answer.status_code == 422
    for name in ("name", "kind", "minutes", "release_quorum", "item_tolerance", "lay_quorum"):
        assert f'id="{name}-error"' in answer.text
    assert 'value="two"' in answer.text


def test_a_name_is_used_once(client, officer, sqlite_database):
    scheme(sqlite_database)
    answer = client.post("/schemes/new", data=SETTINGS | {"name": "certificate", "kind": "live"})
    assert answer.status_code == 409
    assert "already a scheme" in answer.text


def test_changing_settings_makes_a_version_and_refuses_a_stale_page(
    client, officer, sqlite_database
):
    scheme(sqlite_database)
    page = client.get("/schemes/certificate/edit").text
    based_on = re.search(r'name="based_on"[^>]*value="(\w+)"', page)[1]
    data = SETTINGS | {"based_on": based_on}
    assert client.post("/schemes/certificate/edit", data=data).status_code == 303
    stale = client.post("/schemes/certificate/edit", data=data | {"minutes": "99"})
    assert stale.status_code == 409
    assert "Somebody saved this scheme" in stale.text
    assert 'value="99"' in stale.text
    with sqlite_database.read() as session:
        assert get_scheme(session, "certificate").settings.minutes == 150


def test_an_officer_chooses_cases_sees_the_totals_and_makes_a_form(
    client, officer, sqlite_database
):
    scheme(sqlite_database)
    first, second = (published(sqlite_database, file) for file in CASES)
    page = client.get("/schemes/certificate/forms/new").text
    assert "Tick at least one case" in page
    query = f"case={first.id}&case={second.id}&place-{first.id}=2&place-{second.id}=1"
    page = client.get(f"/schemes/certificate/forms/new?{query}").text
    assert "the scheme allows 120" in page
    assert page.index("A place to land</li>") < page.index("One file too many</li>")
    answer = client.post(
        f"/schemes/certificate/forms/new?{query}", data={"form_title": "Paper A, 2026"}
    )
    assert answer.status_code == 303
    with sqlite_database.read() as session:
        made = list_forms(session)[0]
        names = [case.name for case in list_form_cases(session, made.id)]
    assert names == ["a-place-to-land", "one-file-too-many"]
    assert "Paper A, 2026" in client.get(answer.headers["Location"]).text


def test_a_form_without_title_or_case_is_refused_with_words(client, officer, sqlite_database):
    scheme(sqlite_database)
    version = published(sqlite_database)
    answer = client.post(f"/schemes/certificate/forms/new?case={version.id}", data={})
    assert answer.status_code == 422
    assert "Write a title" in answer.text
    answer = client.post("/schemes/certificate/forms/new", data={"form_title": "Empty"})
    assert answer.status_code == 422
    assert "Choose at least one case" in answer.text


def test_the_page_of_a_form_tells_no_word_of_its_cases(client, officer, sqlite_database):
    made = form(sqlite_database)
    page = client.get(f"/forms/{made.id}").text
    assert "One file too many" in page
    assert "Hargreave" not in page
    assert "first-this-morning" not in page
    assert client.get("/forms/unknown").status_code == 404


def test_a_form_tells_what_blind_guessing_earns_exactly(client, officer, sqlite_database):
    made = form(sqlite_database)
    with sqlite_database.read() as session:
        cases = [
            from_content(get_case_version(session, case.case_version_id).content)
            for case in list_form_cases(session, made.id)
        ]
        figures = [
            get_figures(session, case.case_version_id) for case in list_form_cases(session, made.id)
        ]
    blind = sum(item.kind.chance_mark(item.body) for case in cases for item in case.items)
    assert 0 < blind < made.max_mark / 4  # most marks are for written answers
    assert add_up(figures).blind == blind
    page = client.get(f"/forms/{made.id}").text
    assert f"guessing earns {mark_text(blind)} marks on average" in page
    assert percent(blind / made.max_mark) in page
