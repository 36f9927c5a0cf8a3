"""Builds what tests need by running the product's own operations."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.core import web
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chance import new_token
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from tests.clock import NOW

_people = itertools.count(1)


def act(
    database: Database,
    operation: Callable[..., Any],
    actor: Actor,
    now: datetime = NOW,
    **kwargs: Any,
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
    token = new_token()
    database = client.application.extensions["proficiency.database"]
    act(database, open_sign_in, actor, now=web.read_clock(), token=token, browser="A test")
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = token
        session["_fresh"] = True
