"""Builds what tests need by running the product's own operations."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.operation import transaction

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_people = itertools.count(1)


def act(
    database: Database, operation: Callable[..., Any], actor: Actor, now: datetime = NOW, **kwargs: Any
) -> Any:
    """Run one operation in a transaction of its own and return what it returns."""
    with transaction(database) as session:
        return operation(session, actor, now, **kwargs)


def person(database: Database, *roles: Role, name: str = "", password: str | None = None) -> Actor:
    """Make an account with `roles` and return it as an actor."""
    number = next(_people)
    account = act(
        database,
        create_account,
        SYSTEM,
        email=f"person{number}@example.org",
        display_name=name or f"Person {number}",
        password=password,
        roles=roles,
    )
    with database.read() as session:
        return get_actor(session, account.id)


def sign_in_as(client: FlaskClient, actor: Actor) -> None:
    """Sign `actor` in on `client` through a real sign-in row."""
    from proficiency.accounts.sign_in import start_session

    start_session(client, actor.id)
