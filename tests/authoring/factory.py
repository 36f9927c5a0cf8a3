"""A case and the people around it, brought to any point of its life by the real operations."""

from dataclasses import dataclass
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import (
    make_live,
    pass_case,
    send_to_peers,
    sign_case,
)
from proficiency.authoring.operations import begin_case
from proficiency.authoring.queries import RevisionView, get_newest
from proficiency.authoring.release import find_release
from proficiency.authoring.review import Answer, Step
from proficiency.authoring.rules import CHECKLIST
from proficiency.core.access import Actor
from proficiency.core.db import Database
from tests.factories import act, person
from tests.scenarios.factory import SMALL_CASE

ALL_YES = {point.key: Answer(is_met=True) for point in CHECKLIST}
WHY = "The warnings were read in the group, and the words stay as they are."


@dataclass(frozen=True)
class Group:
    """Everybody whom the life of a case needs."""

    author: Actor
    peer: Actor
    adviser: Actor
    second: Actor
    lay: Actor
    officer: Actor


def group(database: Database) -> Group:
    """Make the people."""
    return Group(
        author=person(database, Role.CONTENT_AUTHOR),
        peer=person(database, Role.CONTENT_AUTHOR),
        adviser=person(database, Role.MODERATOR),
        second=person(database, Role.MODERATOR),
        lay=person(database, Role.LAY_MEMBER),
        officer=person(database, Role.EXAM_OFFICER),
    )


def begun(database: Database, people: Group, text: str = SMALL_CASE) -> RevisionView:
    """A draft."""
    revision: RevisionView = act(database, begin_case, people.author, text=text)
    return revision


def newest(database: Database, work_id: str) -> RevisionView:
    """The newest revision of a case."""
    with database.read() as session:
        return get_newest(session, work_id)


def move(database: Database, operation: Any, actor: Actor, work_id: str, **what: Any) -> Step:
    """Run a verb of review on the newest revision."""
    on = {"work_id": work_id, "revision_id": newest(database, work_id).id}
    step: Step = act(database, operation, actor, **on, **what)
    return step


def sent(database: Database, people: Group, text: str = SMALL_CASE) -> RevisionView:
    """A case in peer review."""
    revision = begun(database, people, text)
    move(database, send_to_peers, people.author, revision.work_id, reason=WHY)
    return revision


def passed(database: Database, people: Group, text: str = SMALL_CASE) -> RevisionView:
    """A case in advisory review."""
    revision = sent(database, people, text)
    move(database, pass_case, people.peer, revision.work_id, checklist=ALL_YES)
    return revision


def sign(database: Database, actor: Actor, work_id: str, *, as_lay: bool = False) -> Step:
    """Sign what is in review."""
    return move(database, sign_case, actor, work_id, checklist=ALL_YES, as_lay=as_lay)


def approved(database: Database, people: Group, text: str = SMALL_CASE) -> Step:
    """An approved case: the step that approved it, with its frozen version."""
    work_id = passed(database, people, text).work_id
    sign(database, people.adviser, work_id)
    sign(database, people.lay, work_id, as_lay=True)
    return sign(database, people.second, work_id)


def live_version(database: Database, text: str = SMALL_CASE, people: Group | None = None) -> str:
    """The id of a version that went through its whole life and may be in live exams."""
    people = people or group(database)
    step = approved(database, people, text)
    with database.read() as session:
        release = find_release(session, step.case_version_id or "")
    assert release is not None
    act(database, make_live, people.officer, work_id=release.work_id, reason="Ready for use.")
    assert step.case_version_id is not None
    return step.case_version_id
