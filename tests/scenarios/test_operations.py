"""Publishing a case, on both databases: frozen, hashed, once, or refused with every problem."""

import hashlib

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.core.sights import has_seen
from proficiency.scenarios.content import from_content
from proficiency.scenarios.models import CaseVersion
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.queries import (
    get_case_version,
    get_versions,
    list_case_versions,
    list_cases,
)
from proficiency.scenarios.sanitise import VERSION
from proficiency.scenarios.verify import check
from tests.core.test_chain import tamper
from tests.factories import act, person
from tests.scenarios.factory import SMALL_CASE, changed, line_of, small_case

REWORDED = changed("The key is missing.", "The key is gone.")


def publish(
    database: Database, text: str = SMALL_CASE, actor: Actor = SYSTEM, *, is_sample: bool = True
) -> CaseVersion:
    """Publish a case through the real operation."""
    version: CaseVersion = act(
        database, publish_case, actor, text=text, file="case.md", is_sample=is_sample
    )
    return version


def count(database: Database) -> int:
    """How many versions there are."""
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(CaseVersion)) or 0


def test_a_published_version_is_the_case_with_its_hash(database: Database) -> None:
    author = person(database, Role.CONTENT_AUTHOR)
    version = publish(database, actor=author)
    with database.read() as session:
        row = get_case_version(session, version.id)
    assert from_content(row.content) == small_case()
    assert row.source == SMALL_CASE
    assert row.content_hash == hashlib.sha256(row.content.encode()).hexdigest()
    assert (row.aggregate_id, row.pos, row.actor_id) == ("the-spare-key", 1, author.id)
    assert (row.title, row.nation, row.sanitiser) == ("The spare key", "Wales", VERSION)
    assert row.is_sample


def test_the_same_content_twice_is_one_version(database: Database) -> None:
    first = publish(database)
    again = publish(database)
    windows = publish(database, SMALL_CASE.replace("\n", "\r\n"))
    assert first.id == again.id == windows.id
    assert count(database) == 1


def test_a_changed_word_is_the_next_version_and_the_old_one_stays(database: Database) -> None:
    first = publish(database)
    second = publish(database, REWORDED)
    assert (first.pos, second.pos) == (1, 2)
    with database.read() as session:
        assert from_content(get_case_version(session, first.id).content) == small_case()
        assert [row.version for row in get_versions(session, "the-spare-key")] == [2, 1]
        assert [row.id for row in list_cases(session)] == [second.id]
        assert len(list_case_versions(session)) == 2


def test_a_case_with_errors_is_refused_with_all_of_them(database: Database) -> None:
    text = changed("nation: Wales", "nation: Wels", changed("choose 2 of 4", "choose 3 of 4"))
    with pytest.raises(Invalid) as refused:
        publish(database, text)
    assert "case.md was not published" in refused.value.message
    assert [detail.split(":")[:2] for detail in refused.value.details] == [
        ["case.md", str(line_of(text, "Wels"))],
        ["case.md", str(line_of(text, "choose 3 of 4"))],
    ]
    assert count(database) == 0


def test_advice_does_not_stop_publication(database: Database) -> None:
    publish(database, changed("minutes: 20", "minutes: 9"))
    assert count(database) == 1


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.MODERATOR])
def test_only_those_whose_work_it_is_may_publish(database: Database, role: Role) -> None:
    with pytest.raises(Forbidden):
        publish(database, actor=person(database, role))


def test_who_publishes_a_case_has_seen_it(database: Database) -> None:
    author = person(database, Role.CONTENT_AUTHOR)
    publish(database, actor=author)
    with database.read() as session:
        assert has_seen(session, author.id, "the-spare-key")


def test_a_public_sample_never_becomes_a_live_case(database: Database) -> None:
    publish(database)
    with pytest.raises(Refused, match="already published as a public sample"):
        publish(database, is_sample=False)
    publish(database, REWORDED, is_sample=False)
    with pytest.raises(Refused, match="already published as a live case"):
        publish(database, REWORDED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE case_version SET title = 'Another'",
        "UPDATE case_version SET content = '{}'",
        "DELETE FROM case_version",
    ],
)
def test_a_published_version_cannot_be_changed_behind_the_programs_back(
    database: Database, statement: str
) -> None:
    publish(database)
    with pytest.raises(DBAPIError), database.writer.begin() as connection:
        connection.execute(sa.text(statement))


def test_a_version_or_case_that_is_not_there_is_not_found(database: Database) -> None:
    with database.read() as session:
        with pytest.raises(NotFound):
            get_case_version(session, "nothing")
        with pytest.raises(NotFound):
            get_versions(session, "nothing")


def test_emoji_and_right_to_left_words_survive_both_databases(database: Database) -> None:
    text = changed("The key is missing.", "The key 🗝️ is missing. המפתח אבד")
    version = publish(database, text)
    with database.read() as session:
        assert from_content(get_case_version(session, version.id).content) == small_case(text)


def test_verify_finds_nothing_wrong_with_what_was_published(database: Database) -> None:
    publish(database)
    publish(database, REWORDED)
    with database.read() as session:
        assert list(check(session)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("content = replace(content, 'missing', 'found')", "its content is not what its hash says"),
        ("aggregate_id = 'another'", "its content is of the case the-spare-key"),
        ("nation = 'UK'", "its title, nation or framework is not its content's"),
    ],
)
def test_verify_finds_what_somebody_changed_with_the_file_in_hand(
    sqlite_database: Database, change: str, fault: str
) -> None:
    version = publish(sqlite_database)
    tamper(sqlite_database, f"UPDATE case_version SET {change}")
    with sqlite_database.read() as session:
        assert list(check(session)) == [f"case_version {version.id}: {fault}"]
