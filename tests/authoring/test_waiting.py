"""What waits for whom: each case is offered to those who may take its next step, and to nobody."""

from flask.testing import FlaskClient

from proficiency.authoring.life_operations import (
    make_live,
    report_leak,
    return_case,
)
from proficiency.authoring.release import find_release
from proficiency.authoring.waiting import Duty, list_waiting
from proficiency.core.access import Actor
from proficiency.core.db import Database
from tests.authoring import factory
from tests.authoring.factory import Group, move, sign
from tests.factories import act, sign_in_as
from tests.scenarios.factory import SMALL_CASE
from tests.scenarios.test_views import page


def duties(database: Database, people: Group) -> dict[str, list[Duty]]:
    """What waits for each of the group who has something."""

    def of(actor: Actor) -> list[Duty]:
        with database.read() as session:
            return [each.duty for each in list_waiting(session, actor)]

    found = {name: of(actor) for name, actor in vars(people).items()}
    return {name: each for name, each in found.items() if each}


def test_a_case_waits_for_those_who_may_take_its_next_step(database: Database) -> None:
    people = factory.group(database)
    work_id = factory.sent(database, people).work_id
    to_review = {name: [Duty.REVIEW] for name in ("peer", "adviser", "second")}
    assert duties(database, people) == to_review
    move(database, return_case, people.peer, work_id, reason="Two levels overlap.")
    assert duties(database, people) == {"author": [Duty.RETURNED]}


def test_a_signature_waits_for_those_who_have_not_given_it(database: Database) -> None:
    people = factory.group(database)
    work_id = factory.passed(database, people).work_id
    sign(database, people.adviser, work_id)
    assert duties(database, people) == {"second": [Duty.SIGN], "lay": [Duty.SIGN]}


def test_an_officer_is_told_of_what_is_approved_or_frozen(database: Database) -> None:
    people = factory.group(database)
    approved = factory.approved(database, people)
    assert duties(database, people) == {"officer": [Duty.RELEASE]}
    with database.read() as session:
        release = find_release(session, approved.case_version_id or "")
    assert release is not None
    act(database, make_live, people.officer, work_id=release.work_id, reason="Ready.")
    assert duties(database, people) == {}
    act(database, report_leak, people.lay, work_id=release.work_id, reason="A forum.")
    assert duties(database, people) == {"officer": [Duty.SETTLE]}


def test_the_homes_of_reviewers_lead_to_their_cases(
    client: FlaskClient, sqlite_database: Database
) -> None:
    people = factory.group(sqlite_database)
    work_id = factory.sent(sqlite_database, people).work_id
    sign_in_as(client, people.adviser)
    home = page(client, "/")
    assert "The spare key: review it as a peer" in home
    assert f"/cases/works/{work_id}" in home
    assert "The spare key" in page(client, "/cases/works")
    assert "Begin a case" not in page(client, "/cases/works")
    sign_in_as(client, people.lay)
    assert "No case waits for you." in page(client, "/")


def test_more_cases_than_a_home_names_are_counted(
    client: FlaskClient, sqlite_database: Database
) -> None:
    people = factory.group(sqlite_database)
    for number in range(7):
        text = SMALL_CASE.replace("case: the-spare-key", f"case: key-{number}")
        factory.sent(sqlite_database, people, text)
    sign_in_as(client, people.adviser)
    home = page(client, "/")
    assert home.count("The spare key: review it as a peer") == 5
    assert "2 more" in home
