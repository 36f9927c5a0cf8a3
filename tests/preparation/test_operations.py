"""What candidates tell, ask, confirm and practise, and what officers decide, on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chain import Payload, Tombstone, append
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.jobs import Message, work_all
from proficiency.core.operation import transaction
from proficiency.core.sights import append_sight, has_seen
from proficiency.core.verify import verify_all
from proficiency.delivery import operations as delivery_operations
from proficiency.delivery.queries import find_attempt_of_booking
from proficiency.exams.rules import SchemeKind
from proficiency.features import room_checks
from proficiency.preparation import jobs
from proficiency.preparation.arrangement_operations import decide_request
from proficiency.preparation.arrangements import (
    get_letter,
    list_requests,
    list_waiting_requests,
)
from proficiency.preparation.check_operations import send_check
from proficiency.preparation.checks import find_checks
from proficiency.preparation.detail_operations import record_connections
from proficiency.preparation.details import (
    connected_staff,
    connections_of,
    find_details,
    list_details,
)
from proficiency.preparation.document_operations import confirm_check_in, write_document
from proficiency.preparation.documents import (
    current_documents,
    find_confirmation,
    first_words,
    list_versions,
)
from proficiency.preparation.models import BookingDetails, DocumentVersion
from proficiency.preparation.place import calendar_entry, get_place
from proficiency.preparation.practice_operations import choose_practice_form, start_practice
from proficiency.preparation.rules import (
    Adjustment,
    Asked,
    Connection,
    Decision,
    Document,
    Finding,
    Link,
    Nation,
    Probe,
    Reason,
    Verdict,
)
from proficiency.scenarios.operations import SIGHT
from proficiency.sittings.operations import cancel_booking, cancel_sitting, record_arrangement
from proficiency.sittings.queries import find_arrangement, list_candidate_bookings, list_sittings
from proficiency.sittings.time_operations import allow_late_start
from tests.delivery import factory as delivery
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.preparation import factory
from tests.sittings import factory as sittings
from tests.starting import all_accepted, confirm, start_attempt

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def place(database):
    """A candidate with a place in a sitting that is open."""
    return delivery.booked(database)


def officer(database):
    return person(database, Role.EXAM_OFFICER)


def verified(database):
    return verify_all(database, room_checks()).problems


def decide(database, who, request_id, decision=Decision.GRANTED, adjustment=None, reason="Seen."):
    return act(
        database, decide_request, who, request_id=request_id, decision=decision,
        adjustment=adjustment, reason=reason,
    )  # fmt: skip


# What is told


def test_each_telling_is_kept_and_the_newest_holds(database, place) -> None:
    factory.tell(database, place.candidate, place.booking_id)
    factory.tell(
        database, officer(database), place.booking_id, nation=Nation.SCOTLAND,
        reason=Reason.EXISTING_REGISTRANT, needed_by=date(2027, 3, 31), connections=(),
    )  # fmt: skip
    with database.read() as session:
        held = find_details(session, place.booking_id)
        assert (held.nation, held.needed_by) == (Nation.SCOTLAND, date(2027, 3, 31))
        assert [each.nation for each in list_details(session, place.booking_id)] == [
            Nation.SCOTLAND,
            Nation.WALES,
        ]
        assert connections_of(session, place.booking_id) == ()
    assert verified(database) == []


def test_somebody_who_is_registered_names_a_day(database, place) -> None:
    with pytest.raises(Invalid, match="by which you must pass"):
        factory.tell(database, place.candidate, place.booking_id, reason=Reason.EXISTING_REGISTRANT)
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        row = BookingDetails(
            aggregate_id=place.booking_id, at=NOW, actor_id="system", booking_id=place.booking_id,
            reason="existing_registrant", nation="wales", needed_by=None,
        )  # fmt: skip
        append(session, row, text="[]")


def test_nobody_tells_for_somebody_else_or_too_late(database, place) -> None:
    with pytest.raises(NotFound):
        factory.tell(database, sittings.candidate(database), place.booking_id)
    act(database, confirm, place.candidate, booking_id=place.booking_id)
    with pytest.raises(Refused, match="checked in"):
        factory.tell(database, place.candidate, place.booking_id)
    with pytest.raises(Refused, match="no longer stands"):
        factory.tell(database, place.candidate, place.booking_id, now=NOW + DAY)


def test_names_are_erased_behind_a_tombstone_and_the_chain_still_verifies(database, place) -> None:
    row = factory.tell(database, place.candidate, place.booking_id)
    with transaction(database) as session:
        stone = Tombstone(
            aggregate_id=row.id, at=NOW, actor_id="system", payload_id=row.id, reason="its time"
        )
        append(session, stone)
        session.execute(sa.delete(Payload).where(Payload.id == row.id))
    with database.read() as session:
        assert connections_of(session, place.booking_id) == ()
        assert find_details(session, place.booking_id).nation is Nation.WALES
    assert verified(database) == []


def test_who_may_be_connected_is_found_by_all_three_ways(database, place) -> None:
    named, naming, both, stranger = (
        person(database, Role.ASSESSOR, name=name)
        for name in ("Eluned Parry", "Ann One", "Bob Two", "Cy Three")
    )
    factory.tell(
        database, place.candidate, place.booking_id,
        connections=(
            Connection(Link.SUPERVISOR, "Dr Eluned Parry"),
            Connection(Link.EMPLOYER, factory.EMPLOYER),
        ),
    )  # fmt: skip
    name = place.candidate.display_name
    act(database, record_connections, naming, connections=(Connection(Link.TRAINER, name),))
    employer = Connection(Link.EMPLOYER, "HARBOUR CASE MANAGEMENT")
    act(database, record_connections, both, connections=(employer,))
    staff = [each.id for each in (named, naming, both, stranger)]
    with database.read() as session:
        found = connected_staff(session, place.booking_id, staff)
    assert set(found) == {named.id, naming.id, both.id}
    with pytest.raises(Forbidden):
        act(database, record_connections, place.candidate, connections=())


# Adjustments


def test_a_request_is_granted_as_asked_and_holds_at_the_start(database, place) -> None:
    request = factory.ask(database, place.candidate, place.booking_id)
    with database.read() as session:
        assert [each.id for each in list_waiting_requests(session)] == [request.id]
        kept = list_requests(session, place.booking_id)[0]
        assert kept.asked == Asked(factory.WANTED, factory.HEALTH)
        assert get_letter(session, kept.letters[0].id)[1].data == factory.PNG
    who = officer(database)
    decide(database, who, request.id)
    with database.read() as session:
        held = find_arrangement(session, place.booking_id)
        assert (held.extra_percent, held.rest_minutes) == (25, 30)
        assert held.measures == factory.WANTED.measures
        assert list_waiting_requests(session) == []
        assert list_requests(session, place.booking_id)[0].decided.by == who.id
        assert get_place(session, place.booking_id).time_text.startswith(
            "2 h + 25 % = 2 h 30 min, breaks 30 min"
        )
    with pytest.raises(Refused, match="decided already"):
        decide(database, who, request.id)
    assert verified(database) == []


def test_a_request_is_granted_differently_or_refused_with_a_reason(database, place) -> None:
    who = officer(database)
    first = factory.ask(database, place.candidate, place.booking_id)
    with pytest.raises(Invalid, match="Say what is granted"):
        decide(database, who, first.id, Decision.GRANTED_DIFFERENTLY, Adjustment())
    with pytest.raises(Invalid, match="Write the reason"):
        decide(database, who, first.id, Decision.REFUSED, None, " ")
    decide(database, who, first.id, Decision.GRANTED_DIFFERENTLY, Adjustment(rest_minutes=20))
    second = factory.ask(database, place.candidate, place.booking_id, letters={})
    decide(database, who, second.id, Decision.REFUSED)
    with database.read() as session:
        held = find_arrangement(session, place.booking_id)
        assert (held.extra_percent, held.rest_minutes) == (0, 20)
        assert [each.decided.decision for each in list_requests(session, place.booking_id)] == [
            Decision.REFUSED,
            Decision.GRANTED_DIFFERENTLY,
        ]


def test_nobody_decides_their_own_request_and_only_officers_do(database, place) -> None:
    both = person(database, Role.CANDIDATE, Role.EXAM_OFFICER)
    booking = sittings.booking(database, place.sitting_id, both.id)
    request = factory.ask(database, both, booking.id)
    with pytest.raises(Forbidden, match="own request"):
        decide(database, both, request.id)
    with pytest.raises(Forbidden):
        decide(database, person(database, Role.ASSESSOR), request.id)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"asked": Asked(Adjustment(), "Because.")}, "Say what you ask for"),
        ({"asked": Asked(factory.WANTED, "  ")}, "why you need it"),
        ({"asked": Asked(Adjustment(extra_percent=301), "x")}, "0 to 300"),
        ({"letters": {"a.png": b"<html>"}}, "can’t be taken"),
        ({"letters": {"a.txt": b"words"}}, "PDF or a picture"),
        ({"letters": {f"{n}.png": factory.PNG for n in range(4)}}, "up to 3"),
    ],
)
def test_what_can_not_be_asked_is_refused_in_words(database, place, changes, words) -> None:
    with pytest.raises(Invalid, match=words):
        factory.ask(database, place.candidate, place.booking_id, **changes)
    with database.read() as session:
        assert list_requests(session, place.booking_id) == []


def test_a_newer_request_takes_the_place_of_one_that_waits(database, place) -> None:
    factory.ask(database, place.candidate, place.booking_id)
    newer = factory.ask(database, place.candidate, place.booking_id)
    with database.read() as session:
        assert [each.id for each in list_waiting_requests(session)] == [newer.id]
    with pytest.raises(NotFound):
        factory.ask(database, sittings.candidate(database), place.booking_id)


# Documents, the time, and being well


def write(database, who, text="### New\n\nOther words.", document=Document.RULES, base=None):
    with database.read() as session:
        held = current_documents(session)[document].digest
    return act(
        database, write_document, who, document=document, text=text, base=base or held
    )  # fmt: skip


def test_nobody_starts_without_confirming(database, place) -> None:
    with pytest.raises(Refused, match="Check in first"):
        act(
            database, delivery_operations.start_attempt, place.candidate,
            booking_id=place.booking_id, device_id="one",
        )  # fmt: skip
    with database.read() as session:
        assert find_attempt_of_booking(session, place.booking_id) is None


def test_the_exact_versions_are_recorded(database, place) -> None:
    write(database, officer(database))
    act(database, start_attempt, place.candidate, booking_id=place.booking_id, device_id="one")
    with database.read() as session:
        found = find_confirmation(session, place.booking_id)
        rules = session.get_one(DocumentVersion, found.versions[Document.RULES])
        assert rules.text == "### New\n\nOther words."
        handbook = session.get_one(DocumentVersion, found.versions[Document.HANDBOOK])
        assert handbook.text == first_words(Document.HANDBOOK).text
        assert found.allowed_seconds == 2 * 3600
    assert verified(database) == []


def test_the_words_that_came_with_us_become_one_version_for_all(database, place) -> None:
    other = sittings.candidate(database)
    booking = sittings.booking(database, place.sitting_id, other.id)
    act(database, confirm, place.candidate, booking_id=place.booking_id)
    act(database, confirm, other, booking_id=booking.id)
    with database.read() as session:
        assert [len(list_versions(session, each)) for each in Document] == [1, 1, 1]


def test_a_new_version_or_another_time_must_be_confirmed_again(database, place) -> None:
    act(database, confirm, place.candidate, booking_id=place.booking_id)

    def start():
        act(
            database, delivery_operations.start_attempt, place.candidate,
            booking_id=place.booking_id, device_id="one",
        )  # fmt: skip

    write(database, officer(database))
    with pytest.raises(Refused, match="Rules of the exam"):
        start()
    act(database, confirm, place.candidate, booking_id=place.booking_id)
    sittings.extra_time(database, place.booking_id)
    with pytest.raises(Refused, match="time has changed"):
        start()
    act(database, confirm, place.candidate, booking_id=place.booking_id)
    start()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_fit": False}, "not well enough"),
        ({"digests": {}}, "changed since you opened the page"),
        ({"allowed_seconds": 1}, "time was changed"),
        ({"rest_seconds": 60}, "time was changed"),
    ],
)
def test_what_was_not_on_the_page_is_not_confirmed(database, place, change, words) -> None:
    with database.read() as session:
        shown = all_accepted(session, place.booking_id)
    said = replace(shown, **change)
    for booked in (
        partial(act, database, confirm_check_in),
        partial(act, database, delivery_operations.start_attempt, device_id="one"),
    ):
        with pytest.raises(Refused, match=words):
            booked(place.candidate, booking_id=place.booking_id, accepted=said)
        with pytest.raises(NotFound):
            booked(sittings.candidate(database), booking_id=place.booking_id, accepted=shown)
    with database.read() as session:
        assert find_confirmation(session, place.booking_id) is None
        assert find_attempt_of_booking(session, place.booking_id) is None


def test_two_officers_do_not_overwrite_each_other(database) -> None:
    who = officer(database)
    base = first_words(Document.RULES).digest
    write(database, who, base=base)
    with pytest.raises(Refused, match="meanwhile"):
        write(database, who, "Something else.", base=base)
    with pytest.raises(Refused, match="Nothing has changed"):
        write(database, who)
    with pytest.raises(Invalid):
        write(database, who, " ")
    made = write(database, who, "A <script>alert(1)</script> of mine.")
    assert "<script" not in made.html


# Practice


def practise(database, who):
    booking_id = act(database, start_practice, who)
    return act(database, start_attempt, who, booking_id=booking_id, device_id="one")


def test_practice_is_started_afresh_as_often_as_somebody_likes(database, place) -> None:
    form = factory.offer_practice(database)
    first, second = (practise(database, place.candidate) for _time in range(2))
    assert first.id != second.id
    assert first.form_id == second.form_id == form.id
    with database.read() as session:
        assert has_seen(session, place.candidate.id, "the-practice-key")
        assert [each.id for each in list_sittings(session)] == [place.sitting_id]
        mine = list_candidate_bookings(session, place.candidate.id)
        assert [each.id for each in mine] == [place.booking_id]
        assert len(list_candidate_bookings(session, place.candidate.id, practice=True)) == 2
    # The exam itself has other cases, so it can still be started.
    act(database, start_attempt, place.candidate, booking_id=place.booking_id, device_id="one")
    assert verified(database) == []


def test_practice_needs_a_booking_a_form_and_public_samples(database, place) -> None:
    with pytest.raises(Refused, match="no practice exam yet"):
        act(database, start_practice, place.candidate)
    factory.offer_practice(database)
    with pytest.raises(Refused, match="when you are booked"):
        act(database, start_practice, sittings.candidate(database))
    with pytest.raises(Refused, match="when you are booked"):
        act(database, start_practice, place.candidate, NOW + DAY)
    with pytest.raises(Refused, match="scheme for practice"):
        act(database, choose_practice_form, SYSTEM, form_id=place.form_id)
    exam = exams.form(database)  # of other samples, but not for practice
    with pytest.raises(Refused, match="scheme for practice"):
        act(database, choose_practice_form, SYSTEM, form_id=exam.id)


def test_nobody_practises_on_a_case_of_their_exam(database) -> None:
    form = factory.offer_practice(database)
    sitting = sittings.sitting(database, form.id)  # an officer may also hold it as a mock exam
    who = sittings.candidate(database)
    sittings.booking(database, sitting.id, who.id)
    with pytest.raises(Refused, match="a case of an exam that you are booked for"):
        act(database, start_practice, who)


# Whoever has seen a case of the form is refused that form


def test_who_practised_a_case_is_refused_an_exam_with_it(database, place) -> None:
    form = factory.offer_practice(database)
    practise(database, place.candidate)
    exam = sittings.sitting(database, form.id)
    with pytest.raises(Refused, match="has seen a case"):
        sittings.booking(database, exam.id, place.candidate.id)


def test_a_resit_of_the_same_form_is_refused_at_booking_and_at_the_start(database, place) -> None:
    again = sittings.sitting(database, place.form_id)
    early = sittings.booking(database, again.id, place.candidate.id)  # booked before the first
    act(database, start_attempt, place.candidate, booking_id=place.booking_id, device_id="one")
    with pytest.raises(Refused, match="seen a case of this exam"):
        act(database, start_attempt, place.candidate, booking_id=early.id, device_id="one")
    third = sittings.sitting(database, place.form_id)
    with pytest.raises(Refused, match="has seen a case"):
        sittings.booking(database, third.id, place.candidate.id)


def test_a_live_form_takes_no_case_that_was_practised(database) -> None:
    with pytest.raises(Refused, match="sample"):
        factory.practice_form(database, SchemeKind.LIVE)


def test_a_sight_for_any_purpose_refuses_the_form(database) -> None:
    form = delivery.small_form(database)
    who = sittings.candidate(database)
    with transaction(database) as session:
        append_sight(session, who, NOW, SIGHT, "the-second-key", "review")
    sitting = sittings.sitting(database, form.id)
    with pytest.raises(Refused, match="has seen a case"):
        sittings.booking(database, sitting.id, who.id)


# The device


def test_the_newest_check_takes_the_place_of_the_one_before(database, place) -> None:
    for verdict in (Verdict.BAD, Verdict.GOOD):
        act(
            database, send_check, place.candidate, booking_id=place.booking_id,
            findings=(Finding(Probe.NETWORK, verdict, "20 ms"),),
        )  # fmt: skip
    with database.read() as session:
        found = find_checks(session, [place.booking_id])[place.booking_id]
    assert (found.verdict, found.troubles) == (Verdict.GOOD, ())
    with pytest.raises(NotFound):
        act(
            database, send_check, sittings.candidate(database),
            booking_id=place.booking_id, findings=(),
        )  # fmt: skip


# Mail and calendar


@pytest.fixture
def letters(monkeypatch, tmp_path):
    """What is written to candidates, by subject, as often as it was sent."""
    monkeypatch.setenv("PROFICIENCY_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PROFICIENCY_SECRET_KEY", "a secret for tests only, long enough to pass")
    sent = []
    monkeypatch.setattr(jobs, "send", lambda config, mail, now: sent.append(mail))
    return sent


def failing(database):
    with database.read() as session:
        return session.scalars(sa.select(Message.last_error).where(Message.last_error != "")).all()


def test_candidates_are_told_of_each_change_once(database, letters) -> None:
    form = delivery.small_form(database)
    sitting = sittings.sitting(database, form.id, opens_at=NOW + 3 * DAY)
    who = sittings.candidate(database, "Ann Other")
    booking = sittings.booking(database, sitting.id, who.id)
    work_all(database, NOW)
    assert [mail.subject for mail in letters] == ["You are booked: Certificate of Proficiency"]
    assert "24 November 2026, 09:00 GMT" in letters[0].text
    assert f"/bookings/{booking.id}" in letters[0].text
    request = factory.ask(database, who, booking.id)
    decide(database, officer(database), request.id)
    work_all(database, NOW)
    assert "2 h + 25 % = 2 h 30 min, breaks 30 min" in letters[1].text
    second = factory.ask(database, who, booking.id)
    decide(database, officer(database), second.id, Decision.REFUSED, None, factory.HEALTH)
    work_all(database, NOW)
    assert "decided" in letters[2].subject
    assert not any("Migraine" in mail.text for mail in letters)
    act(database, cancel_booking, SYSTEM, booking_id=booking.id, reason="Asked for it.")
    work_all(database, NOW)
    assert [mail.subject.split(":")[0] for mail in letters] == [
        "You are booked", "Your booking has changed", "Your request is decided",
        "Your booking is cancelled",
    ]  # fmt: skip
    assert len({mail.key for mail in letters}) == 4
    assert failing(database) == []


def test_a_handler_that_runs_twice_sends_the_same_message(database, letters) -> None:
    form = delivery.small_form(database)
    sitting = sittings.sitting(database, form.id, opens_at=NOW + DAY)
    booking = sittings.booking(database, sitting.id, sittings.candidate(database).id)
    for _time in range(2):
        jobs.tell_made(database, f"{booking.id}:cause", NOW)
    assert letters[0] == letters[1]


def test_everybody_is_told_when_a_sitting_is_cancelled(database, letters) -> None:
    form = delivery.small_form(database)
    sitting = sittings.sitting(database, form.id, opens_at=NOW + DAY)
    for _each in range(3):
        sittings.booking(database, sitting.id, sittings.candidate(database).id)
    act(database, cancel_sitting, SYSTEM, sitting_id=sitting.id, reason="The hall burned down.")
    work_all(database, NOW)
    assert [mail.subject.split(":")[0] for mail in letters] == ["Your booking is cancelled"] * 3


def test_everybody_is_reminded_once_the_day_before(database, letters) -> None:
    form = delivery.small_form(database)
    sitting = sittings.sitting(database, form.id, opens_at=NOW + 2 * DAY)
    sittings.booking(database, sitting.id, sittings.candidate(database).id)
    gone = sittings.booking(database, sitting.id, sittings.candidate(database).id)
    act(database, cancel_booking, SYSTEM, booking_id=gone.id, reason="Asked for it.")
    work_all(database, NOW)
    letters.clear()
    for moment in (NOW, NOW + 23 * HOUR, NOW + 25 * HOUR, NOW + 26 * HOUR, NOW + 49 * HOUR):
        jobs.remind(database, moment)
        work_all(database, moment)
    assert [mail.subject.split(":")[0] for mail in letters] == ["Soon"]


def test_leave_to_start_late_is_told_with_its_time(database, letters) -> None:
    place = delivery.booked(database)  # it opens now, and may be started for an hour
    work_all(database, NOW)
    letters.clear()
    until = NOW + 3 * HOUR
    act(
        database, allow_late_start, SYSTEM, NOW + 2 * HOUR, booking_id=place.booking_id,
        until=until, reason="The train stood still.",
    )  # fmt: skip
    work_all(database, NOW + 2 * HOUR)
    assert "to 21 November 2026, 12:00 GMT" in letters[0].text
    with database.read() as session:
        held = get_place(session, place.booking_id)
        assert held.stands(until)
        assert not held.stands(until + timedelta(seconds=1))
        entry = calendar_entry(session, held, NOW, "https://exam.example.org")
        assert entry.ends_at == until + 2 * HOUR


def test_the_calendar_entry_changes_with_the_booking(database, place) -> None:
    def entry():
        with database.read() as session:
            held = get_place(session, place.booking_id)
            return calendar_entry(session, held, NOW, "https://exam.example.org")

    before = entry()
    assert before.uid == f"booking-{place.booking_id}@exam.example.org"
    act(
        database, record_arrangement, SYSTEM, booking_id=place.booking_id,
        extra_percent=50, extra_minutes=0, reason="A letter.",
    )  # fmt: skip
    after = entry()
    assert after.uid == before.uid
    assert after.changes == before.changes + 1
    assert after.ends_at - before.ends_at == HOUR
    act(database, cancel_booking, SYSTEM, booking_id=place.booking_id, reason="Asked for it.")
    assert entry().is_cancelled
    assert entry().changes > after.changes
