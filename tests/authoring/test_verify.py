"""What `proficiency verify` finds in the life of a case that no operation would have allowed."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from proficiency.authoring.life_operations import report_leak, return_case, settle_leak
from proficiency.authoring.models import CaseComment, CaseRevision, CaseStep
from proficiency.authoring.release import find_release
from proficiency.authoring.remark_operations import (
    accept_suggestion,
    add_comment,
    add_suggestion,
    resolve,
)
from proficiency.authoring.review import Answer, Step
from proficiency.authoring.rules import CommentKind, StepKind
from proficiency.authoring.verify import check, check_step
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.scenarios.operations import publish_case
from tests.authoring import factory
from tests.authoring.factory import ALL_YES, Group, move
from tests.clock import NOW
from tests.factories import act
from tests.scenarios.factory import SMALL_CASE, changed, line_of

K = StepKind


@pytest.fixture
def people(sqlite_database: Database) -> Group:
    return factory.group(sqlite_database)


def problems(database: Database) -> list[str]:
    with database.read() as session:
        return list(check(session))


def test_nothing_is_wrong_with_a_whole_life(database: Database) -> None:
    people = factory.group(database)
    sent = factory.sent(database, people)
    on = {"work_id": sent.work_id, "revision_id": sent.id}
    line = line_of(SMALL_CASE, "The key is missing.")
    made = act(database, add_suggestion, people.peer, **on, line=line, replacement="It is gone.")
    comment = act(database, add_comment, people.lay, **on, body="Why?")
    about = {"work_id": sent.work_id}
    act(database, resolve, people.author, **about, thread_id=comment.id)
    move(database, return_case, people.peer, sent.work_id, reason="See there.")
    act(database, accept_suggestion, people.author, **about, thread_id=made.id)
    version_id = factory.live_version(
        database, changed("case: the-spare-key", "case: a-key"), people
    )
    with database.read() as session:
        release = find_release(session, version_id)
    assert release is not None
    act(database, report_leak, people.lay, work_id=release.work_id, reason="A forum.")
    act(database, settle_leak, people.officer, work_id=release.work_id, reason="Not ours.")
    assert problems(database) == []


# One step after others


def step(kind: StepKind, who: str = "ann", **what: object) -> Step:
    checklist = ALL_YES if kind in (K.SIGNED, K.PASSED_BY_PEER) else None
    as_lay = who.startswith("lay") if kind is K.SIGNED else None
    base = Step("id", kind, who, NOW, "r1", checklist=checklist, as_lay=as_lay)
    return replace(base, **what)  # type: ignore[arg-type]


IN_REVIEW = [step(K.BEGUN, "writer"), step(K.SENT_TO_PEERS, "writer")]
IN_ADVICE = [*IN_REVIEW, step(K.PASSED_BY_PEER, "peer")]
ALL_SIGNED = [*IN_ADVICE, *(step(K.SIGNED, who) for who in ("ann", "ben", "lay-cat"))]


@pytest.mark.parametrize(
    ("before", "wrong", "said"),
    [
        (IN_REVIEW, step(K.PASSED_BY_PEER, "writer"), "somebody who wrote"),
        (IN_REVIEW, step(K.PASSED_BY_PEER, checklist={}), "without the whole checklist"),
        (
            IN_ADVICE,
            step(K.SIGNED, checklist={**ALL_YES, "key": Answer(is_met=False)}),
            "without the whole checklist",
        ),
        (IN_ADVICE, step(K.SIGNED, "writer"), "somebody who wrote"),
        (IN_ADVICE, step(K.SIGNED, revision_id="r2"), "another revision"),
        ([*IN_ADVICE, step(K.SIGNED)], step(K.SIGNED), "second signature"),
        (ALL_SIGNED[:-1], step(K.APPROVED, "ben"), "without its quorum"),
        ([*ALL_SIGNED, step(K.RETURNED, "ben")], step(K.APPROVED, "ben"), "without its quorum"),
        (ALL_SIGNED, step(K.APPROVED, "ben", revision_id="r2"), "another revision"),
    ],
)
def test_a_step_that_could_not_be_is_named(before: list[Step], wrong: Step, said: str) -> None:
    assert any(said in each for each in check_step(before, wrong, frozenset({"writer"})))


def test_a_step_that_could_be_is_not(people: Group) -> None:
    history = [*ALL_SIGNED, step(K.APPROVED, "lay-cat")]
    for place, each in enumerate(history):
        assert list(check_step(history[:place], each, frozenset({"writer"}))) == []


# Rows that somebody put in past the operations


def put(database: Database, row: CaseStep | CaseComment | CaseRevision) -> None:
    with transaction(database) as session:
        append(session, row)


def test_a_history_that_cannot_be_is_named(sqlite_database: Database, people: Group) -> None:
    draft = factory.begun(sqlite_database, people)
    put(
        sqlite_database,
        CaseStep(
            aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id,
            kind=K.MADE_LIVE, revision_id=draft.id, reason="",
        ),
    )  # fmt: skip
    assert any("history cannot be" in each for each in problems(sqlite_database))


def test_an_approval_of_other_words_without_a_quorum_is_named(
    sqlite_database: Database, people: Group
) -> None:
    passed = factory.passed(sqlite_database, people)
    other = changed("case: the-spare-key", "case: a-key")
    version = act(
        sqlite_database, publish_case, SYSTEM, text=other, file="c.md", is_sample=True
    )  # fmt: skip
    put(
        sqlite_database,
        CaseStep(
            aggregate_id=passed.work_id, at=NOW, actor_id=people.lay.id, kind=K.APPROVED,
            revision_id=passed.id, reason="", case_version_id=version.id,
        ),
    )  # fmt: skip
    found = " ".join(problems(sqlite_database))
    for said in ("without its quorum", "words are not those", "a public sample"):
        assert said in found


def test_a_revision_whose_hash_is_of_other_words_is_named(
    sqlite_database: Database, people: Group
) -> None:
    draft = factory.begun(sqlite_database, people)
    put(
        sqlite_database,
        CaseRevision(
            aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id, parent_id=draft.id,
            case_name="the-spare-key", title="T", note="", text="Other words.", text_hash="0" * 64,
        ),
    )  # fmt: skip
    assert any("hash of its words" in each for each in problems(sqlite_database))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (CommentKind.RESOLVED, "settles a suggestion as resolved"),
        (CommentKind.ACCEPTED, "accepts words that its revision does not hold"),
    ],
)
def test_a_remark_that_is_settled_as_it_cannot_be_is_named(
    sqlite_database: Database, people: Group, kind: CommentKind, said: str
) -> None:
    draft = factory.begun(sqlite_database, people)
    on = {"work_id": draft.work_id, "revision_id": draft.id}
    made = act(sqlite_database, add_suggestion, people.peer, **on, line=9, replacement="Brand new.")
    put(
        sqlite_database,
        CaseComment(
            aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id, kind=kind,
            thread_id=made.id, revision_id=draft.id, quote="", body="",
        ),
    )  # fmt: skip
    assert any(said in each for each in problems(sqlite_database))


def test_a_step_about_a_revision_of_another_case_is_named(
    sqlite_database: Database, people: Group
) -> None:
    draft = factory.begun(sqlite_database, people)
    other = factory.begun(sqlite_database, people, changed("case: the-spare-key", "case: a-key"))
    put(
        sqlite_database,
        CaseStep(
            aggregate_id=draft.work_id, at=NOW, actor_id=people.author.id,
            kind=K.SENT_TO_PEERS, revision_id=other.id, reason="",
        ),
    )  # fmt: skip
    assert any("revision of another case" in each for each in problems(sqlite_database))
    with sqlite_database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CaseStep)) == 3
