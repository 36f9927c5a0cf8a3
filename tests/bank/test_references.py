"""Sources as records: who cites them, what is said about them, and where it shows."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.bank.queries import list_bank
from proficiency.bank.references import list_checked, list_sources
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.scenarios.citing import NoticeKind
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.reference_operations import note_reference
from tests.exams import factory as exams
from tests.factories import NOW, act, person, sign_in_as
from tests.scenarios.factory import SMALL_CASE
from tests.scenarios.test_views import page, send, sights

KEY, CASE = "uk-gdpr-article-6", "the-spare-key"
PATH = f"/cases/references/{KEY}"


def publish(database: Database, text: str = SMALL_CASE):
    return act(database, publish_case, SYSTEM, text=text, file="case.md")


@pytest.fixture
def officer(client: FlaskClient, sqlite_database: Database) -> Actor:
    """An exam officer, signed in, with a case that cites sources."""
    publish(sqlite_database)
    actor = person(sqlite_database, Role.EXAM_OFFICER, name="Otto Officer")
    sign_in_as(client, actor)
    return actor


def test_each_source_is_listed_with_the_versions_that_cite_it(database: Database) -> None:
    publish(database)
    other = SMALL_CASE.replace("case: the-spare-key", "case: another-key").replace(
        "2026-11-21", "2025-01-31"
    )
    publish(database, other)
    publish(database, SMALL_CASE.replace("; UK GDPR, article 6", ""))
    with database.read() as session:
        sources = {source.key: source for source in list_sources(session, NOW.date())}
        checked = list_checked(list_bank(session), NOW.date())
    gdpr = sources[KEY]
    assert {(each.version.name, each.version.version) for each in gdpr.citing} == {
        ("another-key", 1),
        (CASE, 1),
    }
    assert [each.version.name for each in gdpr.current] == ["another-key"]
    assert gdpr.checked.isoformat() == "2025-01-31"
    assert [(each.case.version.name, each.is_old) for each in checked] == [
        ("another-key", True),
        (CASE, False),
    ]
    assert checked[0].days == (NOW.date() - gdpr.checked) // timedelta(days=1)


def test_a_source_that_is_withdrawn_shows_on_its_cases_and_when_a_form_is_made(
    client: FlaskClient, officer: Actor, sqlite_database: Database
) -> None:
    assert "UK GDPR, article 6" in page(client, "/cases/references")
    assert "Nothing yet" in page(client, PATH)
    words = "needs a look"
    assert words not in page(client, f"/cases/{CASE}")
    send(client, PATH, 303, kind="withdrawn", reason="Replaced by <b>another</b> Act.")
    shown = page(client, PATH)
    assert "Replaced by &lt;b&gt;another&lt;/b&gt; Act." in shown
    assert "Otto Officer" in shown
    assert "Withdrawn" in page(client, "/cases/references")
    assert words in page(client, f"/cases/{CASE}")
    exams.scheme(sqlite_database)
    with sqlite_database.read() as session:
        version = list_bank(session)[0].version.id
    making = f"/schemes/certificate/forms/new?case={version}"
    assert "Sources that need a look" in page(client, making)
    made = client.post(making, data={"form_title": "Paper A"}, follow_redirects=True)
    assert "a source that needs a look" in made.text
    send(client, PATH, 303, kind="cleared", reason="The old one stays in force.")
    assert words not in page(client, f"/cases/{CASE}")
    assert "Sources that need a look" not in page(client, making)
    assert sights(sqlite_database, officer) == []


def test_a_word_without_a_kind_or_a_reason_is_asked_for_again(
    client: FlaskClient, officer: Actor
) -> None:
    assert "Choose what holds" in send(client, PATH, 422, reason="Because.")
    assert "Write why" in send(client, PATH, 422, kind="withdrawn", reason=" ")
    assert "Choose what holds" in send(client, PATH, 422, kind="cleared", reason="Too early.")
    assert client.get("/cases/references/no-such-source").status_code == 404
    send(client, "/cases/references/no-such-source", 404, kind="withdrawn", reason="x")


def test_a_lead_assessor_reads_and_does_not_decide(
    client: FlaskClient, sqlite_database: Database
) -> None:
    publish(sqlite_database)
    sign_in_as(client, person(sqlite_database, Role.LEAD_ASSESSOR))
    assert "Record it" not in page(client, PATH)
    send(client, PATH, 403, kind="withdrawn", reason="Because.")
    sign_in_as(client, person(sqlite_database, Role.ASSESSOR))
    page(client, "/cases/references", 403)


def test_an_old_check_of_the_law_stands_out_in_words(
    client: FlaskClient, officer: Actor, sqlite_database: Database
) -> None:

    publish(sqlite_database, SMALL_CASE.replace("2026-11-21", "2024-11-21"))
    act(
        sqlite_database, note_reference, officer, key=KEY, kind=NoticeKind.TO_RECHECK,
        reason="A bill is before parliament.",
    )  # fmt: skip
    words = page(client, "/cases/references")
    assert "More than a year ago: check again" in words
    assert "To be checked again" in words
    assert "More than a year ago: check again" in page(client, PATH)
