"""The pages about the bank: who may see them, what they add up to, and what they never show."""

import csv
import io
import re
from fractions import Fraction

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.bank.queries import items_of, list_bank
from proficiency.bank.rules import cover
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.framework.operations import import_framework
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, load_framework
from proficiency.scenarios.operations import publish_case
from tests.bank.factory import CANARY, LIVE_CASE, bank
from tests.exams import factory as exams
from tests.factories import act, person, sign_in_as
from tests.framework.factory import TOY
from tests.scenarios.test_further_frameworks import CRAFT, CRAFTED
from tests.scenarios.test_views import page, sights


@pytest.fixture
def author(client: FlaskClient, sqlite_database: Database) -> Actor:
    """A content author, signed in."""
    actor = person(sqlite_database, Role.CONTENT_AUTHOR)
    sign_in_as(client, actor)
    return actor


def sheet(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/cases/coverage.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_the_marks_of_the_codes_are_the_marks_of_the_bank(database: Database) -> None:
    bank(database)
    with database.read() as session:
        cases = list_bank(session)
    found = cover(load_framework(STANDARDS_OF_PROFICIENCY), items_of(cases))
    assert len(cases) == 3
    assert found.keyed == found.marks == sum((item.marks for item in items_of(cases)), Fraction(0))


@pytest.mark.parametrize(
    "role", [Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.MODERATOR, Role.LEAD_ASSESSOR]
)
def test_the_map_shows_every_code_and_no_word_of_a_case(
    client: FlaskClient, sqlite_database: Database, role: Role
) -> None:
    bank(sqlite_database)
    who = person(sqlite_database, role)
    sign_in_as(client, who)
    words = page(client, "/cases/coverage")
    assert words.count("<section aria-labelledby=") == 4
    for code in load_framework(STANDARDS_OF_PROFICIENCY).codes:
        assert f"/cases/coverage/{code}?" in words
    assert "Gap: nothing" in words
    assert CANARY in LIVE_CASE
    assert CANARY not in words
    assert sights(sqlite_database, who) == []


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.INVIGILATOR])
@pytest.mark.parametrize("path", ["coverage", "coverage.csv", "coverage/1.1"])
def test_the_map_is_for_those_whose_work_is_cases(
    client: FlaskClient, sqlite_database: Database, role: Role, path: str
) -> None:
    sign_in_as(client, person(sqlite_database, role))
    assert client.get(f"/cases/{path}").status_code == 403


def test_an_empty_bank_says_so(client: FlaskClient, author: Actor) -> None:
    assert "No question here" in page(client, "/cases/coverage")
    assert {row["depth"] for row in sheet(client)} == {"gap"}


def test_the_sheet_is_the_map_and_can_be_asked_for_a_part(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    bank(sqlite_database)
    rows = sheet(client)
    assert len(rows) == 4 + 22 + 98
    live = sheet(client, "?use=live")
    assert {row["cases"] for row in live} == {"", "the-spare-key"}
    themes = [Fraction(row["marks"]) for row in live if row["level"] == "theme"]
    assert abs(sum(themes) - 9) < Fraction(1, 1000)
    assert sheet(client, "?nation=Wales&case=the-spare-key") == live
    assert CANARY not in str(rows)


def test_a_choice_that_is_no_choice_is_taken_for_none(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    bank(sqlite_database)
    assert sheet(client, "?use=odd&nation=Narnia&case=%00none") == sheet(client)
    assert client.get("/cases/coverage?framework=unknown/1").status_code == 404


def test_a_code_leads_to_its_questions(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    bank(sqlite_database)
    words = page(client, "/cases/coverage/2.3?use=live")
    assert "first-step" in words or "the-spare-key" in words
    assert "Best answer" in words or "Several answers" in words
    assert CANARY not in words
    assert re.search(r"/cases/coverage/2\?[^\"]*use=live", words)
    assert client.get("/cases/coverage/99.9").status_code == 404
    for code in ("A", "2"):
        assert "marks keyed to it" in page(client, f"/cases/coverage/{code}")
    gap = next(row["code"] for row in sheet(client) if row["depth"] == "gap")
    assert "A gap" in page(client, f"/cases/coverage/{gap}")


def test_only_the_newest_version_of_a_case_counts(
    client: FlaskClient, author: Actor, sqlite_database: Database
) -> None:
    before = exams.published(sqlite_database)
    rows = sheet(client)
    text = exams.case_text(exams.CASES[0])
    after = exams.act(
        sqlite_database, exams.publish_case, exams.SYSTEM,
        text=text.replace("minutes: ", "minutes: 1"), file="case.md", is_sample=True,
    )  # fmt: skip
    assert before.id != after.id
    assert sheet(client) == rows


def test_a_framework_that_was_taken_in_and_is_cited_has_a_map_of_its_own(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    act(sqlite_database, import_framework, SYSTEM, text=TOY)
    act(sqlite_database, publish_case, SYSTEM, text=CRAFTED, file="case.md")
    assert CRAFT in page(client, "/cases/coverage")
    rows = {row["code"]: row for row in sheet(client, f"?framework={CRAFT}")}
    assert set(rows) == {"K", "K1", "K1.1", "K1.2", "L"}
    assert {code for code, row in rows.items() if row["depth"] == "gap"} == {"K1.1"}
    assert "Rests it." in page(client, f"/cases/coverage?framework={CRAFT}")
