"""The review life of a case on both databases: several people, one revision, one approval."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import (
    begin_next_version,
    make_live,
    pass_case,
    pilot_case,
    report_leak,
    retire_case,
    return_case,
    send_to_peers,
    settle_leak,
)
from proficiency.authoring.models import CaseStep
from proficiency.authoring.operations import save_revision
from proficiency.authoring.queries import get_state
from proficiency.authoring.reading import get_standing
from proficiency.authoring.release import find_release, frozen_cases, list_releases
from proficiency.authoring.review import Answer
from proficiency.authoring.rules import CaseState, StepKind
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Forbidden, Invalid, ProficiencyError, Refused
from proficiency.core.operation import transaction
from proficiency.core.sights import has_seen
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import get_case_version, list_case_versions
from tests.authoring import factory
from tests.authoring.factory import ALL_YES, WHY, Group, move, sign
from tests.factories import act, person
from tests.scenarios.factory import SMALL_CASE, changed


@pytest.fixture
def people(database: Database) -> Group:
    return factory.group(database)


def state(database: Database, work_id: str) -> CaseState:
    with database.read() as session:
        return get_state(session, work_id)


def work_of(database: Database, step: Any) -> str:
    with database.read() as session:
        release = find_release(session, step.case_version_id)
    assert release is not None
    return release.work_id


# Into review


def test_a_case_with_an_error_is_not_sent_and_every_error_is_told(
    database: Database, people: Group
) -> None:
    wrong = changed("standards 2.3, 13.4", "standards 2.33, 13.44")
    draft = factory.begun(database, people, wrong)
    with pytest.raises(Invalid, match="can’t be sent yet") as refused:
        move(database, send_to_peers, people.author, draft.work_id, reason=WHY)
    assert ["2.33" in each or "13.44" in each for each in refused.value.details] == [True, True]
    assert state(database, draft.work_id) is CaseState.DRAFT


def test_a_case_with_warnings_is_sent_with_a_word_on_them(
    database: Database, people: Group
) -> None:
    longest = changed(
        '"Owen does. Let us ask him what he wants together."',
        '"Owen does. Let us ask him what he wants together, and how, and when, and with whom, '
        'and what he fears about it most of all."',
    )
    draft = factory.begun(database, people, longest)
    with pytest.raises(Invalid, match="Say why they are right") as refused:
        move(database, send_to_peers, people.author, draft.work_id)
    assert any("warning" in each for each in refused.value.details)
    step = move(database, send_to_peers, people.author, draft.work_id, reason=WHY)
    assert step.reason == WHY
    assert state(database, draft.work_id) is CaseState.PEER_REVIEW


def test_what_somebody_saved_meanwhile_is_not_sent_unread(
    database: Database, people: Group
) -> None:
    draft = factory.begun(database, people)
    act(
        database, save_revision, people.peer, work_id=draft.work_id, base_id=draft.id,
        text=changed("The key is missing.", "The key is gone."),
    )  # fmt: skip
    with pytest.raises(Conflict, match="Read it again"):
        act(
            database, send_to_peers, people.author, work_id=draft.work_id, revision_id=draft.id,
            reason=WHY,
        )  # fmt: skip


def test_the_words_of_a_public_sample_never_become_a_live_case(
    database: Database, people: Group
) -> None:
    act(database, publish_case, SYSTEM, text=SMALL_CASE, file="case.md", is_sample=True)
    reworded = changed("The key is missing.", "The key is gone.")
    draft = factory.begun(database, people, reworded)
    with pytest.raises(Refused, match="public sample"):
        move(database, send_to_peers, people.author, draft.work_id, reason=WHY)


def test_two_drafts_that_came_to_the_same_name_are_not_both_sent(
    database: Database, people: Group
) -> None:
    factory.begun(database, people)
    other = factory.begun(database, people, changed("case: the-spare-key", "case: another-key"))
    act(
        database, save_revision, people.author, work_id=other.work_id, base_id=other.id,
        text=SMALL_CASE,
    )  # fmt: skip
    with pytest.raises(Refused, match="same name"):
        move(database, send_to_peers, people.author, other.work_id, reason=WHY)


def test_what_is_in_review_is_not_changed(database: Database, people: Group) -> None:
    in_review = factory.sent(database, people)
    with pytest.raises(Refused, match="in review"):
        act(
            database, save_revision, people.author, work_id=in_review.work_id,
            base_id=in_review.id, text="other words",
        )  # fmt: skip


# Review


def test_nobody_reviews_what_they_wrote(database: Database, people: Group) -> None:
    writer = person(database, Role.CONTENT_AUTHOR, Role.MODERATOR, Role.LAY_MEMBER)
    draft = factory.begun(database, people)
    act(
        database, save_revision, writer, work_id=draft.work_id, base_id=draft.id,
        text=changed("The key is missing.", "The key is gone."),
    )  # fmt: skip
    move(database, send_to_peers, people.author, draft.work_id, reason=WHY)
    for author in (people.author, writer):
        with pytest.raises(Refused, match="You wrote a part"):
            move(database, pass_case, author, draft.work_id, checklist=ALL_YES)
    move(database, pass_case, people.peer, draft.work_id, checklist=ALL_YES)
    for as_lay in (True, False):
        with pytest.raises(Refused, match="You wrote a part"):
            sign(database, writer, draft.work_id, as_lay=as_lay)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "Accuracy: answer yes or no"),
        ({**ALL_YES, "rubric": Answer(is_met=False, remark="Two levels overlap.")}, "Rubric"),
        ({key: each for key, each in ALL_YES.items() if key != "fairness"}, "Fairness"),
    ],
)
def test_the_whole_checklist_is_answered_with_yes_or_the_case_stays(
    database: Database, people: Group, answers: dict[str, Answer], said: str
) -> None:
    work_id = factory.sent(database, people).work_id
    with pytest.raises(Invalid) as refused:
        move(database, pass_case, people.peer, work_id, checklist=answers)
    assert any(said in each for each in refused.value.details)
    assert state(database, work_id) is CaseState.PEER_REVIEW


def test_the_checklist_is_kept_with_its_remarks(database: Database, people: Group) -> None:
    work_id = factory.sent(database, people).work_id
    answers = {**ALL_YES, "key": Answer(is_met=True, remark="I answered it without the key.")}
    move(database, pass_case, people.peer, work_id, checklist=answers)
    with database.read() as session:
        step = get_standing(session, work_id).steps[-1]
        assert has_seen(session, people.peer.id, "the-spare-key")
    assert step.checklist == answers


def test_only_the_group_reviews(database: Database, people: Group) -> None:
    work_id = factory.passed(database, people).work_id
    for outsider in (people.officer, people.peer, person(database, Role.ASSESSOR)):
        with pytest.raises(Forbidden):
            sign(database, outsider, work_id)
    with pytest.raises(Forbidden, match="capacity"):
        sign(database, people.adviser, work_id, as_lay=True)
    with pytest.raises(Forbidden, match="capacity"):
        sign(database, people.lay, work_id)


def test_an_approval_takes_two_of_the_group_and_a_lay_member_and_freezes_the_words(
    database: Database, people: Group
) -> None:
    work_id = factory.passed(database, people).work_id
    sign(database, people.adviser, work_id)
    with pytest.raises(Refused, match="signed already"):
        sign(database, people.adviser, work_id)
    second = sign(database, people.second, work_id)
    assert second.kind is StepKind.SIGNED
    assert state(database, work_id) is CaseState.ADVISORY_REVIEW
    last = sign(database, people.lay, work_id, as_lay=True)
    assert last.kind is StepKind.APPROVED
    with database.read() as session:
        version = get_case_version(session, last.case_version_id or "")
        standing = get_standing(session, work_id)
    assert (version.source, version.is_sample) == (SMALL_CASE, False)
    assert standing.state is CaseState.APPROVED
    assert [step.person_id for step in standing.signed] == [
        people.adviser.id, people.second.id, people.lay.id,
    ]  # fmt: skip
    with pytest.raises(Refused, match="approved already"):
        sign(database, person(database, Role.MODERATOR), work_id)


def test_the_system_signs_nothing(database: Database, people: Group) -> None:
    work_id = factory.passed(database, people).work_id
    for as_lay in (True, False):
        with pytest.raises(Refused, match="role"):
            sign(database, SYSTEM, work_id, as_lay=as_lay)


def test_a_return_makes_every_signature_void(database: Database, people: Group) -> None:
    work_id = factory.passed(database, people).work_id
    sign(database, people.adviser, work_id)
    sign(database, people.lay, work_id, as_lay=True)
    with pytest.raises(Invalid, match="Say why"):
        move(database, return_case, people.second, work_id, reason=" ")
    move(database, return_case, people.second, work_id, reason="Question 2 has a second key.")
    assert state(database, work_id) is CaseState.DRAFT
    move(database, send_to_peers, people.author, work_id, reason=WHY)
    move(database, pass_case, people.peer, work_id, checklist=ALL_YES)
    assert sign(database, people.second, work_id).kind is StepKind.SIGNED
    assert sign(database, people.adviser, work_id).kind is StepKind.SIGNED
    assert sign(database, people.lay, work_id, as_lay=True).kind is StepKind.APPROVED


def test_a_writer_may_take_a_case_back_and_a_bystander_may_not(
    database: Database, people: Group
) -> None:
    work_id = factory.sent(database, people).work_id
    with pytest.raises(Refused, match="take it back"):
        move(database, return_case, people.officer, work_id, reason="I don’t like it.")
    move(database, return_case, people.author, work_id, reason="I found a mistake.")
    assert state(database, work_id) is CaseState.DRAFT


# After approval


def test_a_case_is_piloted_goes_live_leaks_is_settled_and_retires(
    database: Database, people: Group
) -> None:
    work_id = work_of(database, factory.approved(database, people))
    act(database, pilot_case, people.officer, work_id=work_id)
    assert state(database, work_id) is CaseState.PILOTED
    with pytest.raises(Invalid, match="Say why"):
        act(database, make_live, people.officer, work_id=work_id, reason="")
    act(database, make_live, people.officer, work_id=work_id, reason="The pilot went well.")
    act(database, report_leak, people.lay, work_id=work_id, reason="Read it on a forum.")
    with database.read() as session:
        assert frozen_cases(list_releases(session)) == {"the-spare-key"}
    with pytest.raises(Refused, match="frozen"):
        act(database, make_live, people.officer, work_id=work_id, reason="Let us go on.")
    act(database, settle_leak, people.officer, work_id=work_id, reason="It was another key.")
    assert state(database, work_id) is CaseState.APPROVED, "it is not live again by itself"
    with database.read() as session:
        assert frozen_cases(list_releases(session, ["the-spare-key"])) == set()
    act(database, retire_case, people.officer, work_id=work_id, reason="The law changed.")
    with pytest.raises(Refused, match="retired"):
        act(database, make_live, people.officer, work_id=work_id, reason="Again.")


def test_a_draft_is_given_up_by_its_writers_and_an_approved_case_by_an_officer(
    database: Database, people: Group
) -> None:
    draft = factory.begun(database, people)
    with pytest.raises(Refused, match="its writers"):
        act(database, retire_case, people.peer, work_id=draft.work_id, reason="Dull.")
    act(database, retire_case, people.author, work_id=draft.work_id, reason="Too like another.")
    work_id = work_of(database, factory.approved(database, people))
    with pytest.raises(Refused, match="exam officer"):
        act(database, retire_case, people.author, work_id=work_id, reason="I am tired of it.")


def test_the_next_version_begins_with_the_approved_words_once(
    database: Database, people: Group
) -> None:
    first = factory.approved(database, people)
    work_id = work_of(database, first)
    begun = act(database, begin_next_version, people.peer, work_id=work_id)
    assert begun.text == SMALL_CASE
    with pytest.raises(Refused, match="in work already"):
        act(database, begin_next_version, people.author, work_id=work_id)
    with pytest.raises(Refused, match="word for word version 1"):
        move(database, send_to_peers, people.peer, begun.work_id, reason=WHY)
    text = changed("The key is missing.", "The key is gone.")
    on = {"work_id": begun.work_id, "base_id": begun.id}
    act(database, save_revision, people.peer, **on, text=text)
    move(database, send_to_peers, people.peer, begun.work_id, reason=WHY)
    move(database, pass_case, people.author, begun.work_id, checklist=ALL_YES)
    sign(database, people.adviser, begun.work_id)
    sign(database, people.second, begun.work_id)
    second = sign(database, people.lay, begun.work_id, as_lay=True)
    with database.read() as session:
        versions = list_case_versions(session, "the-spare-key")
    assert [each.id for each in versions] == [second.case_version_id, first.case_version_id]
    assert state(database, work_id) is CaseState.APPROVED


def test_a_version_that_was_published_without_review_can_be_reviewed_as_it_is(
    database: Database, people: Group
) -> None:
    held = act(database, publish_case, SYSTEM, text=SMALL_CASE, file="c.md", is_sample=False)
    with database.read() as session:
        assert find_release(session, held.id) is None
    assert factory.approved(database, people).case_version_id == held.id


# What the database itself refuses


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": StepKind.SIGNED, "as_lay": False},
        {"kind": StepKind.SIGNED, "checklist": "{}"},
        {"kind": StepKind.SENT_TO_PEERS, "checklist": "{}"},
        {"kind": StepKind.RETURNED, "as_lay": True},
        {"kind": StepKind.APPROVED},
        {"kind": StepKind.RETURNED},
        {"kind": StepKind.BEGUN},
    ],
)
def test_the_database_refuses_a_step_without_what_it_must_hold(
    database: Database, people: Group, wrong: dict[str, Any]
) -> None:
    work_id = factory.passed(database, people).work_id
    revision = factory.newest(database, work_id)
    values = {"aggregate_id": work_id, "actor_id": people.adviser.id, "revision_id": revision.id}
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        append(session, CaseStep(**values, at=revision.at, **{"reason": "", **wrong}))


def test_the_database_refuses_a_second_approval_of_one_work(
    database: Database, people: Group
) -> None:
    work_id = work_of(database, factory.approved(database, people))
    other = act(
        database, publish_case, SYSTEM, file="c.md", is_sample=False,
        text=changed("case: the-spare-key", "case: another-key"),
    )  # fmt: skip
    revision = factory.newest(database, work_id)
    values = {"aggregate_id": work_id, "actor_id": people.adviser.id, "revision_id": revision.id}
    row = CaseStep(
        **values, at=revision.at, reason="", kind=StepKind.APPROVED, case_version_id=other.id
    )
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        append(session, row)


# Races


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Run deeds at the same moment; return what each gave, or the refusal that it met."""
    gate, outcomes = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        gate.wait()
        try:
            outcomes[place] = deed()
        except ProficiencyError as refusal:
            outcomes[place] = refusal  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_last_signatures_at_once_make_one_approval(database: Database, people: Group) -> None:
    third = person(database, Role.MODERATOR)
    work_id = factory.passed(database, people).work_id
    sign(database, people.adviser, work_id)
    sign(database, people.lay, work_id, as_lay=True)
    outcomes = at_once(
        lambda: sign(database, people.second, work_id), lambda: sign(database, third, work_id)
    )
    refusals = [each for each in outcomes if isinstance(each, Refused)]
    assert len(refusals) == 1
    with database.read() as session:
        kinds = [step.kind for step in get_standing(session, work_id).steps]
        assert len(list_case_versions(session, "the-spare-key")) == 1
    assert kinds.count(StepKind.APPROVED) == 1
    assert kinds.count(StepKind.SIGNED) == 3


def test_a_signature_against_a_return_ends_in_one_of_the_two(
    database: Database, people: Group
) -> None:
    work_id = factory.passed(database, people).work_id
    sign(database, people.adviser, work_id)
    sign(database, people.lay, work_id, as_lay=True)
    third = person(database, Role.MODERATOR)
    at_once(
        lambda: sign(database, people.second, work_id),
        lambda: move(database, return_case, third, work_id, reason="A second key."),
    )
    with database.read() as session:
        standing = get_standing(session, work_id)
        versions = len(list_case_versions(session, "the-spare-key"))
    kinds = [step.kind for step in standing.steps]
    if standing.state is CaseState.APPROVED:
        assert (versions, StepKind.RETURNED in kinds) == (1, False)
    else:
        assert standing.state is CaseState.DRAFT
        assert (versions, StepKind.APPROVED in kinds) == (0, False)


def test_two_begin_the_next_version_at_once_and_one_does(database: Database, people: Group) -> None:
    work_id = work_of(database, factory.approved(database, people))
    outcomes = at_once(
        lambda: act(database, begin_next_version, people.author, work_id=work_id),
        lambda: act(database, begin_next_version, people.peer, work_id=work_id),
    )
    assert [isinstance(each, Refused) for each in outcomes].count(True) == 1


def test_nobody_without_a_role_moves_a_case(database: Database, people: Group) -> None:
    draft = factory.begun(database, people)
    for role in (Role.ASSESSOR, Role.CANDIDATE, Role.LAY_MEMBER):
        with pytest.raises(Forbidden):
            move(database, send_to_peers, person(database, role), draft.work_id, reason=WHY)
    with pytest.raises(Forbidden):
        act(database, report_leak, person(database, Role.CANDIDATE), work_id="x", reason="x")
