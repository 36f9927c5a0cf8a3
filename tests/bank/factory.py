"""A bank for tests: public samples and a live case, made by the real operations."""

from typing import Any

from proficiency.core.db import Database
from proficiency.scenarios.queries import list_cases
from tests.authoring.factory import live_version
from tests.exams import factory as exams
from tests.scenarios.factory import SMALL_CASE

CANARY = "the-heron-in-the-stairwell"
LIVE_CASE = SMALL_CASE.replace("Owen Rees", f"Owen Rees {CANARY}")


def bank(database: Database) -> str:
    """Publish two samples and a live case; return the id of the live version."""
    for file in exams.CASES:
        exams.published(database, file)
    return live_version(database, LIVE_CASE)


def version_of(database: Database, name: str) -> Any:
    """The newest published version of a case."""
    with database.read() as session:
        return next(case for case in list_cases(session) if case.name == name)
