"""Every page refuses everybody whom it does not name, and reading changes nothing."""

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from proficiency.accounts.rules import Role
from proficiency.core.access import access_of
from proficiency.core.db import Base, Database
from tests.access_matrix import TARGET, matrix, methods_of, rules_of
from tests.factories import person, sign_in_as

FORBIDDEN = 403


def address(app: Flask, rule: Rule) -> str:
    """Return an address that matches `rule`, with ids of nothing."""
    values = {
        name: 1 if isinstance(converter, IntegerConverter) else "nothing"
        for name, converter in rule._converters.items()
    }
    adapter = app.url_map.bind("localhost")
    built = adapter.build(rule.endpoint, values, methods_of(rule)[0])
    return str(built)


def test_the_reviewed_file_says_what_the_views_declare(app: Flask) -> None:
    assert TARGET.read_text(encoding="utf-8") == matrix(app), "run: python -m tests.access_matrix"


@pytest.mark.parametrize("role", [*Role, None], ids=lambda role: role or "visitor")
def test_every_page_refuses_whom_it_does_not_name(
    app: Flask, sqlite_database: Database, role: Role | None
) -> None:
    client = app.test_client()
    actor = None if role is None else person(sqlite_database, role)
    wrong = []
    for rule in rules_of(app):
        access = access_of(app.view_functions[rule.endpoint])
        assert access is not None
        allowed = access.public_reason is not None or (
            role is not None and (not access.roles or role in access.roles)
        )
        for method in methods_of(rule):
            if actor is not None:
                sign_in_as(client, actor)  # a page before may have ended the sign-in
            status = client.open(address(app, rule), method=method).status_code
            refused = status == FORBIDDEN if role is not None else status in {302, 303, 401}
            if not allowed and not refused:
                wrong.append((rule.rule, method, status))
    assert wrong == []


def test_reading_pages_writes_nothing_but_sights(app: Flask, sqlite_database: Database) -> None:
    client = app.test_client()
    sign_in_as(client, person(sqlite_database, *Role))
    before = counts(sqlite_database)
    for rule in rules_of(app):
        if "GET" in methods_of(rule):
            client.get(address(app, rule))
    after = counts(sqlite_database)
    before.pop("sight"), after.pop("sight")
    assert after == before


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
