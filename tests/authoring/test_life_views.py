"""The pages of a case's life: each shows what its reader may do, and does it."""

import re

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import begin_next_version, return_case
from proficiency.authoring.operations import save_revision
from proficiency.authoring.queries import get_state
from proficiency.authoring.reading import get_standing
from proficiency.authoring.release import find_release
from proficiency.authoring.remark_operations import add_comment, add_suggestion
from proficiency.authoring.remarks import list_remarks
from proficiency.authoring.rules import CHECKLIST, CaseState
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.sights import has_seen
from proficiency.scenarios.operations import publish_case
from tests.authoring import factory
from tests.authoring.factory import Group, move
from tests.factories import act, person, sign_in_as
from tests.scenarios.factory import SMALL_CASE, changed, line_of
from tests.scenarios.test_views import page, send

YES = {point.key: "yes" for point in CHECKLIST}
MISSING = line_of(SMALL_CASE, "The key is missing.")


@pytest.fixture
def people(sqlite_database: Database) -> Group:
    return factory.group(sqlite_database)


def state(database: Database, work_id: str) -> CaseState:
    with database.read() as session:
        return get_state(session, work_id)


def words_of(html: str) -> str:
    """A page's words, its tags taken out."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_case_goes_from_draft_to_live_through_its_pages(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    begun = factory.begun(sqlite_database, people)
    at = f"/cases/works/{begun.work_id}"
    on = {"revision_id": begun.id}

    sign_in_as(client, people.author)
    assert "Send to peer review" in page(client, at)
    send(client, f"{at}/send", 303, reason=factory.WHY, **on)
    assert "waits for a peer" in page(client, at)

    sign_in_as(client, people.peer)
    assert "Review it" in page(client, at)
    assert "Pass it on to the advisory group" in page(client, f"{at}/review")
    send(client, f"{at}/pass", 303, **on, **YES)

    for signer, capacity in ((people.adviser, "group"), (people.lay, "lay")):
        sign_in_as(client, signer)
        assert "Review and sign it" in page(client, at)
        send(client, f"{at}/sign", 303, capacity=capacity, **on, **YES, key_remark="Clear.")
    assert "It waits for signatures: 1 of the advisory group" in words_of(page(client, at))
    sign_in_as(client, people.second)
    send(client, f"{at}/sign", 303, capacity="group", **on, **YES)
    assert state(sqlite_database, begun.work_id) is CaseState.APPROVED

    sign_in_as(client, people.officer)
    found = page(client, at)
    assert "last signature" not in found
    assert "Clear." in found
    assert "Make it live" in found
    send(client, f"{at}/pilot", 303, reason="In Cardiff.")
    send(client, f"{at}/live", 303, reason="The pilot went well.")
    assert "Live exams may use it." in page(client, at)
    send(client, f"{at}/retire", 303, reason="The law changed.")
    assert "out of use" in page(client, at)


def test_every_page_records_that_its_reader_saw_the_case(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    work_id = factory.sent(sqlite_database, people).work_id
    for path in ("", "/review", "/review?view=candidate", "/review?view=assessor", "/compare"):
        reader = person(sqlite_database, Role.MODERATOR)
        sign_in_as(client, reader)
        assert page(client, f"/cases/works/{work_id}{path}")
        with sqlite_database.read() as session:
            assert has_seen(session, reader.id, "the-spare-key"), path


def test_a_case_with_errors_can_be_read_and_says_what_stops_it(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    wrong = changed("standards 2.3, 13.4", "standards 2.33")
    begun = factory.begun(sqlite_database, people, wrong)
    at = f"/cases/works/{begun.work_id}"
    sign_in_as(client, people.author)
    assert "once the check finds nothing to put right" in page(client, at)
    answer = send(client, f"{at}/send", 422, revision_id=begun.id, reason="x")
    assert "there is no standard “2.33”" in answer
    for path in ("/review", "/review?view=assessor", "/compare", "/compare?side=assessor"):
        assert page(client, at + path)


def test_a_checklist_with_a_no_stays_as_it_was_answered(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    at = f"/cases/works/{sent.work_id}"
    sign_in_as(client, people.peer)
    answers = {**YES, "rubric": "no", "rubric_remark": "Two levels overlap."}
    answer = send(client, f"{at}/pass", 422, revision_id=sent.id, **answers)
    assert "you said no. Return the case with your reason instead" in answer
    assert 'value="Two levels overlap."' in answer
    assert re.search(r'name="rubric" value="no" checked', answer)
    send(client, f"{at}/return", 303, revision_id=sent.id, reason="Two levels overlap.")
    sign_in_as(client, people.author)
    assert f"Returned by {people.peer.display_name}" in page(client, at)


def test_a_writer_is_told_why_they_cannot_review(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    sign_in_as(client, people.author)
    found = page(client, f"/cases/works/{sent.work_id}/review")
    assert "You wrote a part of this case" in found
    assert 'id="checklist"' not in found
    send(client, f"/cases/works/{sent.work_id}/pass", 409, revision_id=sent.id, **YES)
    assert state(sqlite_database, sent.work_id) is CaseState.PEER_REVIEW


def test_a_signature_without_a_capacity_is_asked_for_one(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    both = person(sqlite_database, Role.MODERATOR, Role.LAY_MEMBER)
    passed = factory.passed(sqlite_database, people)
    sign_in_as(client, both)
    at = f"/cases/works/{passed.work_id}"
    answer = send(client, f"{at}/sign", 422, revision_id=passed.id, **YES)
    assert "Choose in which capacity you sign" in answer
    send(client, f"{at}/sign", 303, revision_id=passed.id, capacity="lay", **YES)
    with sqlite_database.read() as session:
        assert [step.as_lay for step in get_standing(session, passed.work_id).signed] == [True]


# Remarks


def remark(client: FlaskClient, work_id: str, revision_id: str, status: int = 303, **what: str):
    values = {"revision_id": revision_id, "as": "comment", **what}
    return send(client, f"/cases/works/{work_id}/remarks", status, **values)


def test_lines_are_taken_up_and_remarked_on(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    review = f"/cases/works/{sent.work_id}/review"
    sign_in_as(client, people.lay)
    found = page(client, f"{review}?line={MISSING}&last_line={MISSING + 1}")
    assert f"About lines {MISSING} to {MISSING + 1}." in found
    assert "The key is missing. Owen says" in found.split('name="replacement"')[1]
    remark(client, sent.work_id, sent.id, line=str(MISSING), body="Since when?")
    remark(client, sent.work_id, sent.id, item_name="what-now", body="Ten minutes?")
    found = page(client, review)
    assert "Remarks, 2 open" in found
    assert f'id="line-{MISSING}" class="is-remarked"' in found
    assert found.index("Ten minutes?") > found.index("On question 3</h3>")
    assert "Since when?" in page(client, f"/cases/works/{sent.work_id}")


def test_a_remark_that_cannot_be_kept_stays_in_its_box(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    sign_in_as(client, people.lay)
    answer = remark(client, sent.work_id, sent.id, 422, line="9999", body="My long words")
    assert "has the lines 1 to" in answer
    assert "My long words" in answer
    answer = remark(client, sent.work_id, sent.id, 422, line="twelve", body="My long words")
    assert "whole numbers" in answer
    answer = remark(client, sent.work_id, sent.id, 404, item_name="none", body="My long words")
    assert "no such question" in answer
    answer = remark(client, sent.work_id, sent.id, 422, **{"as": "suggestion"}, replacement="x")
    assert "Say which lines" in answer


def test_a_suggestion_is_accepted_with_one_button(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    sign_in_as(client, people.peer)
    gone = {"line": str(MISSING), "replacement": "The key is gone.", "as": "suggestion"}
    remark(client, sent.work_id, sent.id, **gone)
    move(sqlite_database, return_case, people.peer, sent.work_id, reason="See there.")
    sign_in_as(client, people.author)
    found = page(client, f"/cases/works/{sent.work_id}")
    accept = re.search(r'action="([^"]+/accept)"', found)
    assert accept is not None
    send(client, accept[1], 303)
    assert "The key is gone." in factory.newest(sqlite_database, sent.work_id).text
    assert "text: revision 2" in page(client, f"/cases/works/{sent.work_id}/review")
    assert "settled this already" in send(client, accept[1], 409)


def test_remarks_are_answered_resolved_and_declined(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    sent = factory.sent(sqlite_database, people)
    on = {"work_id": sent.work_id, "revision_id": sent.id}
    comment = act(sqlite_database, add_comment, people.lay, **on, body="Why?")
    words = act(
        sqlite_database, add_suggestion, people.peer, **on, line=MISSING, replacement="Gone."
    )
    sign_in_as(client, people.author)
    at = f"/cases/works/{sent.work_id}/remarks"
    send(client, f"{at}/{comment.id}/reply", 303, reason="Because.")
    send(client, f"{at}/{comment.id}/resolve", 303)
    assert "Write your words first" in send(client, f"{at}/{words.id}/decline", 422)
    send(client, f"{at}/{words.id}/decline", 303, reason="The tense matters.")
    found = page(client, f"/cases/works/{sent.work_id}/review")
    assert "Because." in found
    assert "The tense matters." in found
    with sqlite_database.read() as session:
        assert not any(each.is_open for each in list_remarks(session, sent.work_id))


# What changed


def revised(database: Database, people: Group) -> str:
    begun = factory.begun(database, people)
    text = changed("The key is missing.", "The key is gone.")
    text = changed("His home, his decision.", "It is his home, so his decision.", text)
    on = {"work_id": begun.work_id, "base_id": begun.id}
    act(database, save_revision, people.author, **on, text=text, note="Shorter words")
    return begun.work_id


def test_what_candidates_see_and_what_assessors_see_is_compared_apart(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    at = f"/cases/works/{revised(sqlite_database, people)}/compare"
    sign_in_as(client, people.adviser)
    candidate = page(client, f"{at}?side=candidate")
    assert "1 paragraph differs." in candidate
    assert "missing" in candidate.split("<del>")[2]
    assert "[taken out:" in candidate, "a screen reader is told, not by colour alone"
    assert "his decision" not in candidate
    assessor = page(client, f"{at}?side=assessor")
    assert "1 paragraph differs." in assessor
    assert "It is his" in assessor
    assert "missing" not in words_of(assessor)
    assert "2 paragraphs differ." in page(client, f"{at}?side=text")
    assert "paragraphs without a change" in candidate


def test_a_new_work_is_compared_with_the_version_that_it_came_from(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    approved = factory.approved(sqlite_database, people)
    with sqlite_database.read() as session:
        release = find_release(session, approved.case_version_id or "")
    assert release is not None
    begun = act(sqlite_database, begin_next_version, people.author, work_id=release.work_id)
    sign_in_as(client, people.author)
    found = page(client, f"/cases/works/{begun.work_id}/compare")
    assert "from published version 1 to revision 1" in found
    assert "Nothing differs here" in found


def test_two_published_versions_are_compared(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    second = changed("The key is missing.", "The key is gone.")
    for text in (SMALL_CASE, second):
        act(sqlite_database, publish_case, SYSTEM, text=text, file="case.md")
    sign_in_as(client, person(sqlite_database, Role.JUDGE))
    found = page(client, "/cases/the-spare-key/compare")
    assert "from published version 1 to published version 2" in found
    assert "gone" in found.split("<ins>")[2]
    assert client.get("/cases/no-such-case/compare").status_code == 404


# A leak


def test_a_leak_is_reported_by_who_can_read_cases_and_settled_by_an_officer(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    version_id = factory.live_version(sqlite_database, people=people)
    sign_in_as(client, person(sqlite_database, Role.JUDGE))
    path = f"/cases/versions/{version_id}/leak"
    assert "frozen at once" in page(client, path)
    assert "Say why" in send(client, path, 422)
    send(client, path, 303, reason="A forum, yesterday.")
    frozen = page(client, path)
    assert "The case is frozen" in frozen
    assert "/touches" not in frozen  # a judge has no use for it
    with sqlite_database.read() as session:
        release = find_release(session, version_id)
    assert release is not None
    sign_in_as(client, people.officer)
    at = f"/cases/works/{release.work_id}"
    assert "/cases/the-spare-key/touches" in page(client, path)
    shown = page(client, at)
    assert "A forum, yesterday." in shown
    assert "/cases/the-spare-key/touches" in shown
    send(client, f"{at}/settle", 303, reason="Another case.")
    assert state(sqlite_database, release.work_id) is CaseState.APPROVED


def test_what_has_no_review_has_nothing_to_freeze(
    client: FlaskClient, sqlite_database: Database, people: Group
) -> None:
    version = act(sqlite_database, publish_case, SYSTEM, text=SMALL_CASE, file="case.md")
    sign_in_as(client, people.lay)
    assert "nothing to freeze" in page(client, f"/cases/versions/{version.id}/leak")
    assert send(client, f"/cases/versions/{version.id}/leak", 409, reason="x")


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.INVIGILATOR, Role.JUDGE])
def test_who_does_not_review_sees_nothing_of_cases_in_work(
    client: FlaskClient, sqlite_database: Database, people: Group, role: Role
) -> None:
    work_id = factory.sent(sqlite_database, people).work_id
    outsider: Actor = person(sqlite_database, role)
    sign_in_as(client, outsider)
    for path in ("", "/review", "/compare"):
        assert client.get(f"/cases/works/{work_id}{path}").status_code == 403
    with sqlite_database.read() as session:
        assert not has_seen(session, outsider.id, "the-spare-key")
