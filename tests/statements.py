"""What a database is asked while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from proficiency.core.db import Database


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement that goes through the engines meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engines = (database.reader, database.writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def scanned(database: Database, statements: list[str]) -> set[str]:
    """Return the tables that SQLite would read from end to end for one of these statements.

    What a statement puts together itself (`anon_1`) is none; what it reads for it is a step too.
    """
    steps = [step.split() for each in statements for step in plan_of(database, each)]
    found = {words[1] for words in steps if words[0] == "SCAN"}
    unnamed = {name for name in found if name == "CONSTANT" or name.startswith("anon_")}
    return found - unnamed


def plan_of(database: Database, statement: str) -> list[str]:
    """Return the steps by which SQLite would run a statement."""
    connection = database.reader.raw_connection()
    try:
        driver: Any = connection.driver_connection
        rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}", ["x"] * statement.count("?"))
        return [row[3] for row in rows.fetchall()]
    finally:
        connection.close()
