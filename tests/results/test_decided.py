"""Marks that follow from people's decisions about answers are found again from the raw rows."""

from fractions import Fraction

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.framework.operations import import_packaged_framework
from proficiency.marking.answer_operations import NEW_POINT, change_answer
from proficiency.results.recompute import ContradictoryEvidence, recompute_sitting
from tests.factories import act, person, sign_in_as
from tests.marking.deciding import about, agree, by_name, decide, decide_everything, deciding, gave
from tests.results.factory import World, adopt, compute, release, sign, start_moderation


def lived_through(database: Database) -> World:
    """Two candidates, whose odd answers were decided about, one of them twice; results are due."""
    act(database, import_packaged_framework, SYSTEM)
    marking = deciding(
        database,
        gave(short="Candor", boxes=["Ring Owen", "tell owen"], number="four thousand"),
        gave(boxes=["Call a locksmith", "Tell Owen"]),
    )
    agree(marking, by_name(marking, "the-duty"), "candor")
    named = about(marking, by_name(marking, "the-duty"), "candor")
    marking.do(change_answer, marking.ann, **named, point="duty-candour", reason="Misspelt only.")
    decide(marking, marking.cat, by_name(marking, "the-duty"), "candor", "duty-candour")
    steps = by_name(marking, "first-steps")
    agree(marking, steps, "ring owen", "tell-owen")
    agree(marking, steps, "call a locksmith", NEW_POINT, marks=Fraction(1, 3), reason="A start.")
    decide_everything(marking)
    marking.close()
    world = World(
        database=database,
        sitting_id=marking.sitting_id,
        form_id=marking.form_id,
        plans=(),
        candidates=marking.candidates,
        attempts=marking.attempts,
        officer=person(database, Role.EXAM_OFFICER),
        lead=marking.lead,
        assessors=marking.assessors,
        moderators=[
            person(database, Role.MODERATOR),
            person(database, Role.MODERATOR),
            person(database, Role.LAY_MEMBER),
        ],
        board=[person(database, Role.ASSESSMENT_BOARD) for _n in range(4)],
    )
    start_moderation(world)
    return adopt(sign(world), Fraction(3))


def test_both_computations_agree_on_what_people_decided(database: Database) -> None:
    world = lived_through(database)
    with database.read() as session:
        found = recompute_sitting(session, world.sitting_id)
    # 1 for the misspelt duty, 1 for one point given twice, 0 for what is no number
    assert found[world.attempts[0]].total == 2
    assert found[world.attempts[1]].total == 1 + Fraction(1, 3) + 1 + 2
    compute(world)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE answer_decision SET marks_num = 2 WHERE kind = 'confirmed' AND point <> ''",
         "two people said"),
        ("UPDATE answer_decision SET point = 'x' WHERE kind = 'confirmed'", "two people said"),
        ("DELETE FROM answer_decision WHERE kind = 'confirmed' AND gives_reason",
         "marked by machine"),
        ("UPDATE payload SET text = replace(text, 'candor', 'x') WHERE text LIKE '{\"answer\":%'",
         "words were changed"),
        ("UPDATE mark SET mark_num = 0 WHERE kind = 'machine' AND mark_num > 0", "scored again"),
    ],
)  # fmt: skip
def test_what_was_changed_by_hand_is_found(
    sqlite_database: Database, statement: str, fault: str
) -> None:
    world = lived_through(sqlite_database)
    with sqlite_database.writer.begin() as connection:
        for name in connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type='trigger'")
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(statement)
    with sqlite_database.read() as session, pytest.raises(ContradictoryEvidence, match=fault):
        recompute_sitting(session, world.sitting_id)


def test_a_trace_tells_what_was_decided_and_names_people_only_when_asked(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = lived_through(sqlite_database)
    release(world, compute(world))
    sign_in_as(client, world.officer)
    page = client.get(f"/trace/{world.attempts[0]}").text
    assert "Decision about “candor”: “Nothing”, 0 of 1" in page
    assert "The same decision by a second person about “candor”: “duty of candour”, 1 of 1" in page
    assert "Misspelt only." in page
    assert "from what people decided about the answer" in page
    assert "call a locksmith" not in page  # it is in another attempt
    assert "Assessor Cat" not in page
    named = client.get(f"/trace/{world.attempts[0]}?names=shown").text
    assert "Assessor Cat" in named
