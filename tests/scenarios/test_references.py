"""What is said about sources, and how old a check of the law is, on both databases."""

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.core.verify import verify_all
from proficiency.scenarios.citing import NoticeKind, is_law_old, law_warning
from proficiency.scenarios.models import ReferenceNotice
from proficiency.scenarios.queries import list_cases
from proficiency.scenarios.reference_operations import note_reference
from proficiency.scenarios.references import find_notice, find_warnings, list_notices
from tests.factories import NOW, act, person
from tests.scenarios.factory import SMALL_CASE
from tests.scenarios.test_operations import publish

KEY = "uk-gdpr-article-6"
WITHDRAWN, RECHECK, CLEARED = NoticeKind.WITHDRAWN, NoticeKind.TO_RECHECK, NoticeKind.CLEARED


def said(database: Database, who: Actor, kind: NoticeKind, reason: str = "Replaced.", **more: str):
    return act(database, note_reference, who, key=KEY, kind=kind, reason=reason, **more)


@pytest.fixture
def author(database: Database) -> Actor:
    """A content author with a case that cites three sources."""
    who = person(database, Role.CONTENT_AUTHOR)
    publish(database, SMALL_CASE, who)
    return who


def test_the_newest_word_about_a_source_holds_and_all_stay(
    database: Database, author: Actor
) -> None:
    with database.read() as session:
        assert find_notice(session, KEY) is None
    said(database, author, RECHECK, "A bill is before parliament.")
    said(database, author, WITHDRAWN, "Repealed, s. 4.")
    said(database, author, CLEARED, "It was another article.")
    with database.read() as session:
        found = list_notices(session, KEY)
    assert [each.kind for each in found] == [CLEARED, WITHDRAWN, RECHECK]
    assert [each.reason for each in found][1] == "Repealed, s. 4."
    assert {each.citation for each in found} == {"UK GDPR, article 6"}
    assert not found[0].warns
    assert verify_all(database).problems == []


def test_a_version_that_cites_a_source_is_warned_about(database: Database, author: Actor) -> None:
    with database.read() as session:
        (version,) = list_cases(session)
        assert find_warnings(session, [version.id]) == {}
    said(database, author, WITHDRAWN)
    with database.read() as session:
        found = find_warnings(session, [version.id])
        assert [each.key for each in found[version.id]] == [KEY]
        assert find_warnings(session, []) == {}
    said(database, author, CLEARED)
    with database.read() as session:
        assert find_warnings(session, [version.id]) == {}


def test_the_same_is_not_said_twice_and_nothing_is_cleared_at_first(
    database: Database, author: Actor
) -> None:
    with pytest.raises(Refused):
        said(database, author, CLEARED)
    said(database, author, WITHDRAWN)
    with pytest.raises(Refused, match="said about the source already"):
        said(database, author, WITHDRAWN)


def test_a_word_about_a_source_needs_a_reason_a_case_and_a_role(
    database: Database, author: Actor
) -> None:
    with pytest.raises(Invalid, match="Write why"):
        said(database, author, WITHDRAWN, "  \n ")
    with pytest.raises(Invalid, match="more than"):
        said(database, author, WITHDRAWN, "x" * 5000)
    with pytest.raises(NotFound):
        act(database, note_reference, author, key="nothing", kind=WITHDRAWN, reason="Gone.")
    with pytest.raises(Forbidden):
        said(database, person(database, Role.ASSESSOR), WITHDRAWN)


@pytest.mark.parametrize(
    "values",
    [{"kind": "cleared"}, {"kind": "gone"}, {"reason": ""}],
    ids=["nothing to clear", "unknown kind", "no reason"],
)
def test_the_database_itself_refuses_what_can_not_be(
    database: Database, values: dict[str, str]
) -> None:
    row = {"kind": "withdrawn", "reason": "Repealed.", "citation": "An Act"} | values
    with pytest.raises(IntegrityError):
        with transaction(database) as session:
            append(session, ReferenceNotice(aggregate_id=KEY, at=NOW, actor_id="x", **row))


@pytest.mark.parametrize(
    "statement", ["UPDATE reference_notice SET kind = 'cleared'", "DELETE FROM reference_notice"]
)
def test_what_was_said_can_not_be_changed(
    database: Database, author: Actor, statement: str
) -> None:
    said(database, author, WITHDRAWN)
    with pytest.raises(DBAPIError):
        with transaction(database) as session:
            session.execute(sa.text(statement))


def test_a_law_is_old_after_a_year() -> None:
    checked = date(2025, 11, 21)
    assert not is_law_old(checked, date(2026, 11, 21))
    assert is_law_old(checked, date(2026, 11, 22))
    assert law_warning(checked, date(2026, 11, 21)) is None
    assert "366 days ago" in (law_warning(checked, date(2026, 11, 22)) or "")
    assert not is_law_old(date(2027, 1, 1), date(2026, 11, 22))
