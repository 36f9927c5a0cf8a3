"""Writing a case together, on both databases: everything stays, and nobody is overwritten."""

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.authoring.models import CaseRevision
from proficiency.authoring.operations import (
    Saved,
    SavedOverEach,
    begin_case,
    keep_buffer,
    save_revision,
)
from proficiency.authoring.queries import (
    RevisionView,
    find_buffer,
    get_newest,
    get_state,
    list_revisions,
    list_works,
)
from proficiency.authoring.rules import CaseState
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, Refused
from proficiency.core.sights import has_seen
from tests.factories import act, person
from tests.scenarios.factory import SMALL_CASE, changed

FIRST = changed("The key is missing.", "The key is gone.")
LAST = changed("Good answers begin with Owen.", "Good answers begin with him.")


def begin(database: Database, actor: Actor, text: str = SMALL_CASE) -> RevisionView:
    begun: RevisionView = act(database, begin_case, actor, text=text)
    return begun


def save(database: Database, actor: Actor, base: RevisionView, text: str) -> Saved:
    saved: Saved = act(
        database, save_revision, actor, work_id=base.work_id, base_id=base.id, text=text
    )
    return saved


@pytest.fixture
def author(database: Database) -> Actor:
    return person(database, Role.CONTENT_AUTHOR)


def test_a_case_begins_as_a_draft_that_its_writer_has_seen(
    database: Database, author: Actor
) -> None:
    begun = begin(database, author)
    assert (begun.number, begun.case_name, begun.title) == (1, "the-spare-key", "The spare key")
    with database.read() as session:
        assert get_state(session, begun.work_id) is CaseState.DRAFT
        assert has_seen(session, author.id, "the-spare-key")
        (work,) = list_works(session)
    assert (work.state, work.writers) == (CaseState.DRAFT, frozenset({author.id}))


def test_every_saved_state_stays(database: Database, author: Actor) -> None:
    begun = begin(database, author)
    save(database, author, begun, FIRST)
    with database.read() as session:
        texts = [revision.text for revision in list_revisions(session, begun.work_id)]
    assert texts == [FIRST, SMALL_CASE]


def test_saving_the_same_words_again_makes_nothing_new(database: Database, author: Actor) -> None:
    begun = begin(database, author)
    again = save(database, author, begun, SMALL_CASE)
    assert again.revision == begun


def test_two_edits_in_different_places_are_brought_together(
    database: Database, author: Actor
) -> None:
    other = person(database, Role.CONTENT_AUTHOR)
    begun = begin(database, author)
    save(database, other, begun, FIRST)
    saved = save(database, author, begun, LAST)
    assert saved.is_merged
    assert "The key is gone." in saved.revision.text
    assert "begin with him." in saved.revision.text


def test_two_edits_of_one_line_are_both_handed_back_and_nothing_is_saved(
    database: Database, author: Actor
) -> None:
    other = person(database, Role.CONTENT_AUTHOR)
    begun = begin(database, author)
    first = save(database, other, begun, FIRST).revision
    act(database, keep_buffer, author, work_id=begun.work_id, base_id=begun.id, text="typed")
    with pytest.raises(SavedOverEach, match="Nothing is lost") as refused:
        save(database, author, begun, changed("The key is missing.", "The key is lost."))
    assert refused.value.newest == first
    assert "The key is lost." in refused.value.conflicts[0].mine[0]
    with database.read() as session:
        assert get_newest(session, begun.work_id) == first
        kept = find_buffer(session, begun.work_id, author.id)
    assert kept is not None, "what was typed is forgotten only once it is saved"


def test_what_was_typed_is_kept_for_its_writer_until_it_is_saved(
    database: Database, author: Actor
) -> None:
    begun = begin(database, author)
    for text in ("one", "two"):
        act(database, keep_buffer, author, work_id=begun.work_id, base_id=begun.id, text=text)
    with database.read() as session:
        kept = find_buffer(session, begun.work_id, author.id)
        assert find_buffer(session, begun.work_id, "somebody") is None
    assert kept is not None
    assert (kept.text, kept.base_id) == ("two", begun.id)
    save(database, author, begun, FIRST)
    with database.read() as session:
        assert find_buffer(session, begun.work_id, author.id) is None


def test_one_case_is_in_work_once(database: Database, author: Actor) -> None:
    begin(database, author)
    with pytest.raises(Refused, match="in work already"):
        begin(database, author, FIRST)


def test_a_text_beyond_the_limit_is_refused_and_nothing_is_begun(
    database: Database, author: Actor
) -> None:
    with pytest.raises(Invalid, match="Nothing was saved"):
        begin(database, author, "x" * 1_000_001)
    with database.read() as session:
        assert not session.scalar(sa.select(sa.func.count()).select_from(CaseRevision))


def test_who_does_not_write_cases_cannot(database: Database) -> None:
    for role in (Role.ASSESSOR, Role.MODERATOR, Role.CANDIDATE):
        with pytest.raises(Forbidden):
            begin(database, person(database, role))
