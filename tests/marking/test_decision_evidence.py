"""Decisions as evidence: two people at one moment, what the database refuses, what verify finds."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from proficiency.core.chain import append
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.marking.answer_operations import decide_answer, settle_answer
from proficiency.marking.models import AnswerDecision, Mark
from proficiency.marking.verify import check
from tests.factories import act
from tests.marking.deciding import about, agree, by_name, decide, deciding, gave, marks_of
from tests.marking.factory import AFTER, World
from tests.marking.test_races import at_once
from tests.marking.test_verify import problems


def tamper(database: Database, statement: str, **values: object) -> None:
    """Change rows as somebody with the file in hand could."""
    with database.writer.begin() as connection:
        for name in connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(sa.text(statement), values)


# Two people at once


def test_two_who_decide_at_once_are_first_and_second(database: Database) -> None:
    world = deciding(database, gave(short="candor"), gave(short="Candor"))
    duty = by_name(world, "the-duty")
    named = about(world, duty, "candor") | {"point": "duty-candour"}
    steps = at_once(
        *(
            lambda who=who: act(database, decide_answer, who, AFTER, **named)
            for who in (world.ann, world.bob)
        )
    )
    assert sorted(step.kind for step in steps) == ["confirmed", "proposed"]
    assert marks_of(world, duty) == [1, 1]
    assert problems(database) == []


def test_one_person_in_two_windows_decides_once(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    named = about(world, by_name(world, "the-duty"), "candor") | {"point": ""}
    steps = at_once(*[lambda: act(database, decide_answer, world.ann, AFTER, **named)] * 2)
    assert sum(isinstance(step, Refused) for step in steps) == 1
    assert marks_of(world, by_name(world, "the-duty")) == [None]


def test_two_last_answers_decided_at_once_make_one_mark(database: Database) -> None:
    world = deciding(database, gave(boxes=["Ring him", "New lock"]))
    steps = by_name(world, "first-steps")
    for text in ("ring him", "new lock"):
        decide(world, world.ann, steps, text)
    at_once(
        *(
            lambda text=text: act(
                database, decide_answer, world.bob, AFTER, **about(world, steps, text), point=""
            )
            for text in ("ring him", "new lock")
        )
    )
    assert marks_of(world, steps) == [0]
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count(Mark.id))) == 3  # and two by the table


# What the database refuses by itself


def row_of(world: World, **changes: Any) -> AnswerDecision:
    item = by_name(world, "the-duty")
    named = about(world, item, "candor")
    fields = {
        "aggregate_id": f"{world.sitting_id}:{item.id}",
        "at": AFTER,
        "actor_id": world.bob.id,
        "sitting_id": world.sitting_id,
        "form_item_id": item.id,
        "answer_digest": named["digest"],
        "kind": "proposed",
        "point": "",
        "marks_num": 0,
        "marks_den": 1,
        "gives_reason": False,
    }
    return AnswerDecision(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"kind": "guessed", "about_id": "FIRST", "proposer_id": "ANN"}, "kind_known"),
        ({"aggregate_id": "elsewhere"}, "is_of_its_item"),
        ({"point": None}, "decisions_are_whole"),
        ({"kind": "confirmed"}, "answers_name_their_proposal"),
        ({"marks_num": 1}, "nothing_is_worth_nothing"),
        ({"marks_num": -1, "point": "row"}, "nothing_is_worth_nothing"),
        ({"supersedes_id": "FIRST"}, "changes_have_reasons"),
        ({"kind": "confirmed", "about_id": "FIRST", "proposer_id": "ANN", "actor_id": "ANN"},
         "nobody_confirms_themselves"),
        ({"kind": "withdrawn", "point": None, "marks_num": None, "marks_den": None,
          "about_id": "FIRST", "proposer_id": "ANN"}, "nobody_confirms_themselves"),
        ({"kind": "confirmed", "about_id": "FIRST", "proposer_id": "ANN", "supersedes_id": "FIRST",
          "gives_reason": True}, "proposals_supersede"),
        ({"kind": "settled", "about_id": "FIRST", "proposer_id": "ANN"}, "changes_have_reasons"),
        ({"kind": "confirmed", "about_id": "FIRST", "proposer_id": "BOB", "actor_id": "ANN"},
         "about_id|FOREIGN KEY"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_refused(
    database: Database, changes: dict[str, Any], constraint: str
) -> None:
    world = deciding(database, gave(short="candor"))
    first = decide(world, world.ann, by_name(world, "the-duty"), "candor")
    names = {"FIRST": first.id, "ANN": world.ann.id, "BOB": world.bob.id}
    meant = {key: names.get(value, value) for key, value in changes.items()}

    def add(session: Any, actor: Any, now: Any) -> None:
        append(session, row_of(world, **meant), text="{}")

    with pytest.raises(IntegrityError, match=constraint):
        world.do(add, world.bob)


def test_a_proposal_is_answered_once_and_its_words_are_kept(database: Database) -> None:
    world = deciding(database, gave(short="candor"))
    first = decide(world, world.ann, by_name(world, "the-duty"), "candor")
    to_it = {"kind": "confirmed", "about_id": first.id, "proposer_id": world.ann.id}

    def add(session: Any, actor: Any, now: Any, who: str, text: str | None) -> None:
        append(session, row_of(world, **to_it, actor_id=who), text=text)

    with pytest.raises(IntegrityError, match="words_are_kept"):
        world.do(add, world.bob, who=world.bob.id, text=None)
    world.do(add, world.bob, who=world.bob.id, text="{}")
    with pytest.raises(IntegrityError, match=r"about_id|second"):
        world.do(add, world.cat, who=world.cat.id, text="{}")


# What verify finds


def decided(database: Database) -> World:
    world = deciding(database, gave(short="candor", boxes=["Ring him"], number="many"))
    agree(world, by_name(world, "the-duty"), "candor", "openness")
    decide(world, world.ann, by_name(world, "first-steps"), "ring him")
    decide(world, world.bob, by_name(world, "first-steps"), "ring him", "tell-owen")
    named = about(world, by_name(world, "first-steps"), "ring him")
    world.do(settle_answer, world.lead, **named, point="tell-owen", reason="He is told.")
    assert list(problems(database)) == []
    return world


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE mark SET mark_num = 1, mark_den = 1 WHERE mark_den = 2", "does not follow"),
        ("UPDATE answer_decision SET point = 'politeness', marks_num = 0 WHERE point = 'openness'",
         "does not follow"),
        ("UPDATE answer_decision SET marks_num = 2 WHERE point = 'openness'",
         "gives what its question does not"),
        ("UPDATE answer_decision SET point = 'x' WHERE kind = 'confirmed'",
         "not what its decision"),
        ("UPDATE answer_decision SET actor_id = (SELECT actor_id FROM answer_decision "
         "WHERE kind = 'disputed') WHERE kind = 'settled'", "same person decided before"),
        ("UPDATE answer_decision SET answer_digest = 'y' WHERE kind = 'settled'",
         "about no proposal"),
        ("UPDATE payload SET text = '{\"answer\":\"x\",\"reason\":\"\"}' "
         "WHERE text LIKE '%He is told%'", "are not those that were decided about"),
        ("UPDATE answer_decision SET actor_id = (SELECT candidate_id FROM booking LIMIT 1) "
         "WHERE kind = 'settled'", "by a candidate"),
    ],
)  # fmt: skip
def test_verify_finds_what_the_rules_forbid(
    sqlite_database: Database, statement: str, words: str
) -> None:
    decided(sqlite_database)
    tamper(sqlite_database, statement)
    with sqlite_database.read() as session:
        found = list(check(session))
    assert any(words in problem for problem in found), found
