"""Remarks on a case, on both databases: bound to words, settled once, put in with one click."""

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import return_case
from proficiency.authoring.models import CaseComment
from proficiency.authoring.operations import keep_buffer, save_revision
from proficiency.authoring.places import find_questions
from proficiency.authoring.queries import RevisionView, find_buffer, find_writers
from proficiency.authoring.remark_operations import (
    accept_suggestion,
    add_comment,
    add_suggestion,
    decline_suggestion,
    reply,
    resolve,
)
from proficiency.authoring.remarks import (
    Remark,
    count_open_remarks,
    list_remarks,
    locate,
    question_of,
)
from proficiency.authoring.rules import CommentKind
from proficiency.core.access import Actor
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from tests.authoring import factory
from tests.authoring.factory import Group, move
from tests.authoring.test_life import at_once
from tests.clock import NOW
from tests.factories import act, person
from tests.scenarios.factory import SMALL_CASE, changed, line_of

MISSING = line_of(SMALL_CASE, "The key is missing.")
GONE = "The key is gone. Owen says that he gave it to nobody."


@pytest.fixture
def people(database: Database) -> Group:
    return factory.group(database)


@pytest.fixture
def draft(database: Database, people: Group) -> RevisionView:
    return factory.begun(database, people)


def remark(database: Database, actor: Actor, on: RevisionView, **what: object) -> Remark:
    operation = add_suggestion if "replacement" in what else add_comment
    made: Remark = act(database, operation, actor, work_id=on.work_id, revision_id=on.id, **what)
    return made


def suggestion(database: Database, actor: Actor, on: RevisionView) -> Remark:
    return remark(database, actor, on, line=MISSING, replacement=GONE, body="Shorter.")


def save(database: Database, actor: Actor, base: RevisionView, text: str) -> RevisionView:
    on = {"work_id": base.work_id, "base_id": base.id}
    saved: RevisionView = act(database, save_revision, actor, **on, text=text).revision
    return saved


def remarks(database: Database, work_id: str) -> list[Remark]:
    newest = factory.newest(database, work_id)
    with database.read() as session:
        return locate(session, list_remarks(session, work_id), newest)


def settle(
    database: Database, operation: object, actor: Actor, on: Remark, **what: object
) -> object:
    return act(database, operation, actor, work_id=on.work_id, thread_id=on.id, **what)  # type: ignore[arg-type]


def test_a_comment_keeps_the_words_that_it_is_about_and_its_replies(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = remark(database, people.adviser, draft, line=MISSING, body="Since when?")
    settle(database, reply, people.author, made, body="Since Monday.")
    (found,) = remarks(database, draft.work_id)
    assert (found.line, found.now_at, found.body) == (MISSING, MISSING, "Since when?")
    assert found.quote.startswith("The key is missing.")
    assert [(each.person_id, each.body) for each in found.replies] == [
        (people.author.id, "Since Monday.")
    ]
    assert found.is_open


def test_a_comment_may_be_about_a_question_or_the_whole_case(
    database: Database, people: Group, draft: RevisionView
) -> None:
    remark(database, people.lay, draft, item_name="what-now", body="Too long for 10 minutes?")
    remark(database, people.lay, draft, body="I liked Owen.")
    about_question, about_case = remarks(database, draft.work_id)
    places = find_questions(SMALL_CASE)
    place = question_of(about_question, places)
    assert place is not None
    assert (place.number, place.first) == (3, line_of(SMALL_CASE, "## Question 3"))
    assert question_of(about_case, places) is None
    with pytest.raises(NotFound, match="no such question"):
        remark(database, people.lay, draft, item_name="nothing-like-it", body="Hm.")


def test_a_remark_follows_its_line_and_says_when_that_changed(
    database: Database, people: Group, draft: RevisionView
) -> None:
    remark(database, people.adviser, draft, line=MISSING, body="Since when?")
    longer = SMALL_CASE.replace("# The spare key\n", "# The spare key\n\nA new paragraph.\n")
    second = save(database, people.author, draft, longer)
    (found,) = remarks(database, draft.work_id)
    assert (found.now_at, found.has_moved_on) == (MISSING + 2, False)
    save(database, people.author, second, longer.replace("The key is missing.", "It is gone."))
    (found,) = remarks(database, draft.work_id)
    assert (found.now_at, found.has_moved_on) == (None, True)
    assert found.quote.startswith("The key is missing.")


@pytest.mark.parametrize(
    ("line", "last_line"), [(0, None), (-1, None), (10_000, None), (9, 8), (5, 10_000)]
)
def test_a_remark_on_lines_that_there_are_not_is_refused(
    database: Database, people: Group, draft: RevisionView, line: int, last_line: int | None
) -> None:
    with pytest.raises(Invalid, match="has the lines 1 to"):
        remark(database, people.peer, draft, line=line, last_line=last_line, body="What?")


def test_a_comment_is_resolved_once_by_a_writer_or_its_maker(
    database: Database, people: Group, draft: RevisionView
) -> None:
    first = remark(database, people.adviser, draft, body="One.")
    second = remark(database, people.adviser, draft, body="Two.")
    with database.read() as session:
        assert count_open_remarks(session) == {draft.work_id: 2}
    with pytest.raises(Refused, match="writers settle"):
        settle(database, resolve, people.peer, first)
    settle(database, resolve, people.author, first, body="Done.")
    settle(database, resolve, people.adviser, second)
    with pytest.raises(Refused, match="settled this already"):
        settle(database, resolve, people.author, first)
    with database.read() as session:
        assert count_open_remarks(session) == {}
    outcome = remarks(database, draft.work_id)[0].outcome
    assert outcome is not None
    assert (outcome.kind, outcome.body) == (CommentKind.RESOLVED, "Done.")


# Suggestions


def test_an_accepted_suggestion_is_a_new_revision_by_who_accepted_it(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = suggestion(database, people.adviser, draft)
    settle(database, accept_suggestion, people.author, made)
    newest = factory.newest(database, draft.work_id)
    assert newest.text == SMALL_CASE.replace(
        "The key is missing. Owen says that he gave it to nobody.", GONE
    )
    assert (newest.by, newest.number) == (people.author.id, 2)
    with database.read() as session:
        assert find_writers(session, draft.work_id) == {people.author.id}
    (found,) = remarks(database, draft.work_id)
    assert found.outcome is not None
    assert (found.outcome.kind, found.outcome.revision_id) == (CommentKind.ACCEPTED, newest.id)
    with pytest.raises(Refused, match="settled this already"):
        settle(database, accept_suggestion, people.author, made)


def test_a_suggestion_is_put_in_where_its_words_went(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = suggestion(database, people.adviser, draft)
    longer = SMALL_CASE.replace("# The spare key\n", "# The spare key\n\nA new paragraph.\n")
    save(database, people.author, draft, longer)
    settle(database, accept_suggestion, people.author, made)
    newest = factory.newest(database, draft.work_id)
    assert "A new paragraph." in newest.text
    assert GONE in newest.text


def test_a_suggestion_for_words_that_changed_is_not_put_in(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = suggestion(database, people.adviser, draft)
    second = save(database, people.author, draft, changed("The key is missing.", "It is lost."))
    with pytest.raises(Refused, match="text has moved on"):
        settle(database, accept_suggestion, people.author, made)
    assert factory.newest(database, draft.work_id) == second
    settle(database, decline_suggestion, people.author, made, body="I wrote it anew.")
    assert not remarks(database, draft.work_id)[0].is_open


def test_several_lines_become_one_or_none(
    database: Database, people: Group, draft: RevisionView
) -> None:
    line = line_of(SMALL_CASE, "- Offers an advocate")
    made = remark(
        database, people.peer, draft, line=line, last_line=line + 1, replacement="- One.\n"
    )
    settle(database, accept_suggestion, people.author, made)
    second = factory.newest(database, draft.work_id)
    assert second.text.split("\n")[line - 1 : line + 1] == ["- One.", "### Bear traps"]
    gone = remark(database, people.peer, second, line=line, replacement="")
    settle(database, accept_suggestion, people.author, gone)
    assert "- One." not in factory.newest(database, draft.work_id).text


def test_only_a_writer_of_the_case_accepts_and_only_while_it_is_a_draft(
    database: Database, people: Group
) -> None:
    revision = factory.sent(database, people)
    made = suggestion(database, people.peer, revision)
    with pytest.raises(Refused, match="while the case is a draft"):
        settle(database, accept_suggestion, people.author, made)
    move(database, return_case, people.peer, revision.work_id, reason="See my suggestion.")
    with pytest.raises(Refused, match="so that others can review it"):
        settle(database, accept_suggestion, people.peer, made)
    with pytest.raises(Forbidden):
        settle(database, accept_suggestion, people.adviser, made)
    settle(database, accept_suggestion, people.author, made)
    assert GONE in factory.newest(database, revision.work_id).text


def test_a_suggestion_is_declined_with_a_word_by_a_writer_or_taken_back(
    database: Database, people: Group, draft: RevisionView
) -> None:
    first = suggestion(database, people.adviser, draft)
    second = suggestion(database, people.peer, draft)
    with pytest.raises(Invalid, match="Write your words"):
        settle(database, decline_suggestion, people.author, first, body=" ")
    with pytest.raises(Refused, match="writers settle"):
        settle(database, decline_suggestion, people.second, first, body="No.")
    settle(database, decline_suggestion, people.author, first, body="The tense matters here.")
    settle(database, decline_suggestion, people.peer, second, body="I take it back.")
    assert [each.is_open for each in remarks(database, draft.work_id)] == [False, False]
    with pytest.raises(NotFound):
        settle(database, resolve, people.author, first)


def test_a_suggestion_of_the_same_words_is_none(
    database: Database, people: Group, draft: RevisionView
) -> None:
    with pytest.raises(Invalid, match="stand there already"):
        remark(
            database, people.peer, draft, line=MISSING,
            replacement="The key is missing. Owen says that he gave it to nobody.",
        )  # fmt: skip


def test_accepting_loses_nothing_that_was_typed_and_not_saved(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = suggestion(database, people.adviser, draft)
    on = {"work_id": draft.work_id, "base_id": draft.id}
    act(database, keep_buffer, people.author, **on, text="half a thought")
    settle(database, accept_suggestion, people.author, made)
    with database.read() as session:
        kept = find_buffer(session, draft.work_id, people.author.id)
    assert kept is not None
    assert (kept.text, kept.base_id) == ("half a thought", draft.id)


def test_two_who_settle_one_suggestion_at_once_settle_it_once(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = suggestion(database, people.adviser, draft)
    outcomes = at_once(
        lambda: settle(database, accept_suggestion, people.author, made),
        lambda: settle(database, decline_suggestion, people.adviser, made, body="Not so."),
    )
    assert [isinstance(each, Refused) for each in outcomes].count(True) == 1


def test_the_database_settles_a_thread_once(
    database: Database, people: Group, draft: RevisionView
) -> None:
    made = remark(database, people.adviser, draft, body="One.")
    settle(database, resolve, people.author, made)
    row = CaseComment(
        aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id, thread_id=made.id,
        kind=CommentKind.DECLINED, revision_id=draft.id, quote="", body="No.",
    )  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        append(session, row)


def test_the_database_refuses_a_suggestion_that_is_about_no_line(
    database: Database, people: Group, draft: RevisionView
) -> None:
    row = CaseComment(
        aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id, quote="", body="",
        kind=CommentKind.SUGGESTION, revision_id=draft.id, replacement="x",
    )  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        append(session, row)


def test_nothing_is_remarked_once_a_case_is_approved_or_by_outsiders(
    database: Database, people: Group
) -> None:
    revision = factory.begun(database, people, changed("case: the-spare-key", "case: a-key"))
    with pytest.raises(Forbidden):
        remark(database, person(database, Role.ASSESSOR), revision, body="Hm.")
    factory.approved(database, people)
    with database.read() as session:
        work_id = session.scalars(
            sa.text("SELECT aggregate_id FROM case_step WHERE kind = 'approved'")
        ).one()
    with pytest.raises(Refused, match="not in work any more"):
        remark(database, people.peer, factory.newest(database, work_id), body="Hm.")
