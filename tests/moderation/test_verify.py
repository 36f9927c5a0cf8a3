"""What the rules of moderation forbid is found again in the evidence."""

import sqlalchemy as sa

from proficiency.core.db import Database
from proficiency.moderation.rules import Act, Capacity, Decision, ModerationKind, Quorum
from proficiency.moderation.verify import check, check_order
from tests.moderation.factory import Group, in_moderation

QUORUM = Quorum(people=2, lay=0)
OPENED = Act(ModerationKind.OPENED, "officer", 0)


def signature(by: str, round: int = 0) -> Act:
    return Act(ModerationKind.SIGNED_OFF, by, round, capacity=Capacity.MODERATOR)


def order(*acts: Act) -> str:
    return "; ".join(check_order(acts, QUORUM))


def tampered(group: Group, statement: str, **values: object) -> list[str]:
    """What is found after somebody with the file in hand changed a row."""
    database = group.world.database
    with database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER guard_moderation_event_update")
        connection.exec_driver_sql("DROP TRIGGER guard_moderation_event_delete")
        connection.exec_driver_sql("DROP TRIGGER guard_mark_update")
        connection.execute(sa.text(statement), values)
    with database.read() as session:
        return list(check(session))


def test_the_order_of_acts_is_judged_by_what_stood_before_each() -> None:
    changed = Act(ModerationKind.DECIDED, "cat", 1, Decision.MARK_CHANGED)
    assert order(OPENED, signature("ann"), changed, signature("ann", 1)) == ""
    assert "could not follow" in order(signature("ann"))
    assert "could not follow" in order(OPENED, OPENED)
    assert "another round" in order(OPENED, changed, signature("ann", 0))
    assert "second signature" in order(OPENED, signature("ann"), signature("ann"))
    signed = (OPENED, signature("ann"), signature("bob"))
    assert "after the sign-off" in order(*signed, changed)


def test_an_honest_moderation_has_no_problem(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    group.change(group.mo, group.responses()[0])
    group.sign_all()
    with database.read() as session:
        assert list(check(session)) == []


def test_a_signature_by_somebody_who_marked_is_found(sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    group.sign(group.mo)
    found = tampered(
        group,
        "UPDATE moderation_event SET actor_id = :who WHERE kind = 'signed_off'",
        who=group.world.ann.id,
    )
    assert "somebody who marked" in found[0]


def test_a_decision_by_somebody_who_marked_the_response_is_found(
    sqlite_database: Database,
) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    group.change(group.mo, group.responses()[0])
    found = tampered(
        group,
        "UPDATE moderation_event SET actor_id = :who WHERE kind = 'decided'",
        who=group.world.ann.id,
    )
    assert any("who marked the response" in each for each in found)
    assert any("do not belong together" in each for each in found)


def test_a_moderated_mark_without_a_decision_is_found(sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    group.change(group.mo, group.responses()[0])
    found = tampered(group, "DELETE FROM moderation_event WHERE kind = 'decided'")
    assert any("do not belong together" in each for each in found)
