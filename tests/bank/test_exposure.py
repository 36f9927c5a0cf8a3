"""What use has shown about cases: exact where it can be told, silent where it can't."""

import re
from datetime import timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.bank.exposure import LEAST, count_picks, item_result
from proficiency.bank.uses import (
    count_item_picks,
    list_form_uses,
    list_item_exposures,
    list_sights,
)
from proficiency.core import web
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.errors import NotFound
from proficiency.core.sights import has_seen, list_seen, record_sight
from proficiency.exams.queries import FormItemView
from proficiency.items.rules import Pick
from proficiency.scenarios.queries import get_versions
from proficiency.sittings.operations import cancel_booking
from tests.exams import factory as exams
from tests.factories import NOW, act, person, sign_in_as
from tests.marking.factory import World, in_marking, marked, wordy
from tests.scenarios.test_views import page, sights
from tests.sittings import factory as sittings

CASE = "one-file-too-many"
ONE = Fraction(1)
SHARES = st.lists(st.fractions(min_value=0, max_value=1, max_denominator=60), max_size=30)


# Rules


@given(SHARES)
def test_a_mean_is_exact_and_within_its_interval_or_not_told(shares: list[Fraction]) -> None:
    found = item_result(shares)
    assert found.answers == len(shares)
    if len(shares) < LEAST:
        assert not found.is_told
        assert (found.mean, found.low, found.high) == (None, None, None)
        assert found.why_not
    else:
        assert found.mean == sum(shares, Fraction(0)) / len(shares)
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low <= float(found.mean) + 1e-9
        assert float(found.mean) - 1e-9 <= found.high <= 1


def test_the_interval_is_that_of_student() -> None:
    # Five shares with mean 1/2 and standard deviation 0.25: 0.5 ± 2.776 × 0.25 / √5.
    found = item_result([Fraction(n, 4) for n in (1, 1, 2, 3, 3)])
    assert found.low == pytest.approx(0.5 - 2.776 * 0.25 / 5**0.5)
    assert found.high == pytest.approx(0.5 + 2.776 * 0.25 / 5**0.5)


def test_counts_under_five_are_not_told_and_do_not_show_by_their_order() -> None:
    many = [(Pick("", "b", ONE),)] * 6 + [(Pick("", "z", Fraction(0)),)] * 4
    found = count_picks([*many, (Pick("", "a", Fraction(0)),), ()])
    assert found.answers == 12
    assert [(line.choice, line.count) for line in found.lines] == [
        ("b", 6),
        ("a", None),
        ("z", None),
    ]
    assert [line.credit for line in found.lines] == [1, 0, 0]


@given(st.lists(st.lists(st.sampled_from("abc"), unique=True), max_size=LEAST - 1))
def test_nothing_is_told_about_fewer_than_five_answers(answers: list[list[str]]) -> None:
    found = count_picks([tuple(Pick("", each, ONE) for each in many) for many in answers])
    assert not found.is_told
    assert found.lines == ()


def test_parts_are_counted_apart() -> None:
    both = (Pick("first", "a", ONE), Pick("second", "a", Fraction(0)))
    found = count_picks([both] * 5)
    assert [(line.part, line.choice, line.count) for line in found.lines] == [
        ("first", "a", 5),
        ("second", "a", 5),
    ]


# What is read


def mixed(item: FormItemView, number: int) -> object | None:
    """All candidates give the key but the last, who leaves best answers open."""
    return None if number == 6 and item.format == "best_answer" else wordy(item, number)


def read(database: Database):
    with database.read() as session:
        uses = list_form_uses(session, CASE)
        newest = get_versions(session, CASE)[0]
        return uses, list_item_exposures(session, newest, uses)


def test_uses_and_results_are_those_of_the_sittings(database: Database) -> None:
    world = marked(database, 6, answers=mixed)
    uses, items = read(database)
    (use,) = uses
    assert (use.form.id, use.version, use.attempts) == (world.form_id, 1, 6)
    assert [len(each.bookings) for each in use.sittings] == [6]
    assert {each.item.name for each in items} == {item.name for item in world.items}
    assert {(each.forms, each.sittings, each.attempts) for each in items} == {(1, 1, 6)}
    assert {each.result.answers for each in items} == {6}
    best = [each for each in items if each.item.format == "best_answer"]
    assert best
    assert {each.result.mean for each in best} == {Fraction(5, 6)}
    with database.read() as session:
        picks = count_item_picks(session, best[0].item.name, uses)
        written = next(each for each in items if each.item.format == "written_response")
        assert count_item_picks(session, written.item.name, uses).lines == ()
    assert picks.answers == 6
    assert [(line.count, line.credit) for line in picks.lines] == [(5, 1)]


def test_marks_that_are_not_final_are_not_told(database: Database) -> None:
    in_marking(database, 6)
    _uses, items = read(database)
    assert {each.result.answers for each in items} == {0}
    assert {each.attempts for each in items} == {6}


def test_a_case_that_no_form_holds_has_no_use(database: Database) -> None:
    exams.published(database)
    uses, items = read(database)
    assert uses == []
    assert {(each.forms, each.result.answers) for each in items} == {(0, 0)}
    with database.read() as session, pytest.raises(NotFound):
        list_form_uses(session, "no-such-case")


def test_sights_are_told_by_person_and_purpose_with_first_and_last(database: Database) -> None:
    exams.published(database)
    who = person(database, Role.CONTENT_AUTHOR, name="Elin Prys")
    hour = timedelta(hours=1)
    for later in (timedelta(0), hour / 4, 5 * hour):
        record_sight(database, who, NOW + later, "case", CASE, "preview")
    record_sight(database, who, NOW + hour, "case", CASE, "an older purpose")
    record_sight(database, who, NOW, "case", "another", "preview")
    with database.read() as session:
        found = list_sights(session, CASE, names_candidates=False)
    assert [
        (line.who, line.purpose, line.seen.times, line.seen.first_at, line.seen.last_at)
        for line in found.lines
    ] == [
        ("Elin Prys", "the candidate’s view", 2, NOW, NOW + 5 * hour),
        ("Elin Prys", "an older purpose", 1, NOW + hour, NOW + hour),
    ]


def test_who_sat_a_case_is_named_only_on_request(database: Database) -> None:
    world = marked(database, 2)
    with database.read() as session:
        for_moderators = list_sights(session, CASE, names_candidates=False)
        for_officers = list_sights(session, CASE, names_candidates=True)
        assert {each.purpose for each in list_seen(session, "case", CASE)} >= {"assessment"}
    names = {each.display_name for each in world.candidates}
    assert for_moderators.candidates == for_officers.candidates == 2
    assert not names & {line.who for line in for_moderators.lines}
    assert names <= {line.who for line in for_officers.lines}


# Pages


def enter(client: FlaskClient, database: Database, *roles: Role):
    who = person(database, *roles)
    sign_in_as(client, who)
    return who


def a_name(world: World, format: str) -> str:
    return next(item.name for item in world.items if item.format == format)


def test_the_page_of_use_shows_no_word_and_records_no_sight(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = marked(sqlite_database, 6)
    who = enter(client, sqlite_database, Role.EXAM_OFFICER)
    words = page(client, f"/cases/{CASE}/exposure")
    assert "100 %" in words
    assert "95 % interval" in words
    assert "Zebedee Canary 1" in words
    assert world.items[0].candidate["question_html"][:60] not in words
    assert sights(sqlite_database, who) == []


def test_a_moderator_learns_how_many_sat_it_and_an_author_not_who_has_seen_it(
    client: FlaskClient, sqlite_database: Database
) -> None:
    marked(sqlite_database, 2)
    enter(client, sqlite_database, Role.MODERATOR)
    words = page(client, f"/cases/{CASE}/exposure")
    assert "2 people sat it" in words
    assert "Zebedee Canary" not in words
    assert "Fewer than 5 answers" in words
    enter(client, sqlite_database, Role.CONTENT_AUTHOR)
    words = page(client, f"/cases/{CASE}/exposure")
    assert "Who has seen this case" not in words
    assert "Assessor Ann" not in words


def test_what_was_picked_is_a_sight_of_the_case(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = marked(sqlite_database, 6, answers=mixed)
    who = enter(client, sqlite_database, Role.MODERATOR)
    words = page(client, f"/cases/{CASE}/exposure/{a_name(world, 'best_answer')}")
    assert "5 of 6" in words
    assert sights(sqlite_database, who) == [(CASE, "statistics")]
    words = page(client, f"/cases/{CASE}/exposure/{a_name(world, 'written_response')}")
    assert "nothing to count" in words
    assert client.get(f"/cases/{CASE}/exposure/no-such-question").status_code == 404


def test_too_few_answers_show_nothing_that_was_picked(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = marked(sqlite_database, 2)
    enter(client, sqlite_database, Role.EXAM_OFFICER)
    words = page(client, f"/cases/{CASE}/exposure/{a_name(world, 'best_answer')}")
    assert "Too few answers to tell" in words
    assert "of 2" not in words


def test_what_was_picked_is_closed_to_whoever_is_booked(
    client: FlaskClient, sqlite_database: Database
) -> None:
    now = web.read_clock()
    made = sittings.sitting(sqlite_database, opens_at=now, now=now)
    who = enter(client, sqlite_database, Role.CANDIDATE, Role.CONTENT_AUTHOR)
    sittings.booking(sqlite_database, made.id, who.id, now=now)
    with sqlite_database.read() as session:
        name = list_form_uses(session, CASE)[0].items[0].name
    assert client.get(f"/cases/{CASE}/exposure/{name}").status_code == 403
    with sqlite_database.read() as session:
        assert not has_seen(session, who.id, CASE)


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.ASSESSMENT_BOARD])
@pytest.mark.parametrize("path", ["exposure", "exposure/x", "touches"])
def test_use_is_for_those_whose_work_is_cases(
    client: FlaskClient, sqlite_database: Database, role: Role, path: str
) -> None:
    enter(client, sqlite_database, role)
    assert client.get(f"/cases/{CASE}/{path}").status_code == 403


# What a leak touches


def test_all_that_a_case_touches_is_listed_for_an_officer(
    client: FlaskClient, sqlite_database: Database
) -> None:
    form = exams.form(sqlite_database)
    other = exams.form(sqlite_database, exams.CASES[1:])
    booked = [sittings.candidate(sqlite_database, f"Zebedee Canary {n}") for n in range(3)]
    first, second = (sittings.sitting(sqlite_database, form.id) for _each in range(2))
    unrelated = sittings.sitting(sqlite_database, other.id)
    sittings.booking(sqlite_database, first.id, booked[0].id)
    gone = sittings.booking(sqlite_database, second.id, booked[1].id)
    sittings.booking(sqlite_database, unrelated.id, booked[2].id)
    act(sqlite_database, cancel_booking, SYSTEM, booking_id=gone.id, reason="Ill.")
    enter(client, sqlite_database, Role.EXAM_OFFICER)
    words = page(client, f"/cases/{CASE}/touches")
    assert f"/sittings/{first.id}" in words
    assert f"/sittings/{second.id}" in words
    assert unrelated.id not in words
    assert re.findall(r"Zebedee Canary \d", words) == ["Zebedee Canary 0"]
    enter(client, sqlite_database, Role.MODERATOR)
    words = page(client, f"/cases/{CASE}/touches")
    assert "Zebedee" not in words
    assert "Only exam officers see who is booked" in words


def test_a_case_without_a_form_touches_nothing(
    client: FlaskClient, sqlite_database: Database
) -> None:
    exams.published(sqlite_database)
    enter(client, sqlite_database, Role.EXAM_OFFICER)
    assert "It touches nothing" in page(client, f"/cases/{CASE}/touches")
    assert "Not used yet" in page(client, f"/cases/{CASE}/exposure")
    assert client.get("/cases/no-such-case/touches").status_code == 404
