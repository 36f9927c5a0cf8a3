"""What the rules forbid is found again in the evidence, even if somebody put it there by hand."""

import sqlalchemy as sa

from proficiency.core.db import Database
from proficiency.marking.verify import check
from tests.marking.factory import in_marking, marked


def problems(database: Database) -> list[str]:
    with database.read() as session:
        return list(check(session))


def tamper(database: Database, statement: str, **values: object) -> None:
    """Change a row as somebody with the file in hand could."""
    with database.writer.begin() as connection:
        for name in connection.scalars(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%mark%'")
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(sa.text(statement), values)


def test_an_honest_marking_has_no_problem(database: Database) -> None:
    world = in_marking(database, candidates=2)
    world.mark_everything({"ann": 0, "bob": 3})
    assert problems(database) == []
    world.adjudicate_everything()
    world.close()
    assert problems(database) == []


def test_a_mark_that_is_not_the_sum_of_its_levels_is_found(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    mark = world.mark(world.ann, level=2)
    tamper(sqlite_database, "UPDATE mark SET mark_num = mark_num - 1 WHERE id = :id", id=mark.id)
    assert f"mark {mark.id} is not the sum of its levels" in problems(sqlite_database)[0]


def test_a_mark_without_an_allocation_behind_it_is_found(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    mark = world.mark(world.ann)
    tamper(sqlite_database, "UPDATE mark SET actor_id = :who WHERE id = :id", who="x", id=mark.id)
    assert "no allocation behind it" in problems(sqlite_database)[0]


def test_an_adjudicator_who_had_marked_is_found(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    world.mark_everything({"ann": 0, "bob": 3})
    world.adjudicate_everything()
    tamper(
        sqlite_database,
        "UPDATE mark SET actor_id = :who WHERE kind = 'adjudicator'",
        who=world.ann.id,
    )
    assert any("adjudicated what they had marked" in each for each in problems(sqlite_database))


def test_a_mark_by_the_candidate_is_found(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    world.mark(world.ann)
    tamper(
        sqlite_database,
        "UPDATE mark SET actor_id = :who WHERE kind = 'assessor'",
        who=world.candidates[0].id,
    )
    assert any("given by the candidate" in each for each in problems(sqlite_database))


def test_a_closing_over_an_open_discrepancy_is_found(sqlite_database: Database) -> None:
    world = marked(sqlite_database, candidates=1)
    key = world.written[0].body.criteria[0].key
    tamper(
        sqlite_database,
        "UPDATE mark SET traps = :traps, is_critical = 1 WHERE actor_id = :ann",
        traps='{"critical":["' + key + '"],"other":[]}',
        ann=world.ann.id,
    )
    found = problems(sqlite_database)
    assert any("closed while it had no settled mark" in each for each in found)


def test_a_response_that_is_missing_is_found(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    with sqlite_database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER guard_response_delete")
        connection.exec_driver_sql("DROP TRIGGER guard_mark_delete")
        gone = {"item": world.items[0].id}
        connection.execute(
            sa.text(
                "DELETE FROM mark WHERE response_id IN "
                "(SELECT id FROM response WHERE form_item_id = :item)"
            ),
            gone,
        )
        connection.execute(sa.text("DELETE FROM response WHERE form_item_id = :item"), gone)
    assert "not one for each attempt and item" in problems(sqlite_database)[0]
