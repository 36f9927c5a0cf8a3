"""The watch over what templates are given, which the fixture `app` keeps, sees every row."""

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import render_template_string
from flask_wtf import FlaskForm
from wtforms import HiddenField

from proficiency.accounts.models import Account
from proficiency.app import create_app
from proficiency.core.config import Config
from proficiency.core.db import Database
from tests import view_models
from tests.factories import person


@dataclass(frozen=True)
class Card:
    """A view model that holds what it should not."""

    title: str
    person: Any


class PersonForm(FlaskForm):
    person = HiddenField()


@pytest.mark.parametrize("how", ["alone", "in a list", "in a view model", "in a form", "as a row"])
def test_a_row_is_seen_wherever_it_is(config: Config, sqlite_database: Database, how: str) -> None:
    person(sqlite_database)
    app = create_app(config, sqlite_database)
    with sqlite_database.read() as session, app.test_request_context("/"):
        account = session.scalars(sa.select(Account)).one()
        given = {
            "alone": account,
            "in a list": [{"people": (account,)}],
            "in a view model": Card("Ann", account),
            "in a form": PersonForm(obj=Card("Ann", account)),
            "as a row": session.execute(sa.select(Account.id)).one(),
        }
        with view_models.watch(app) as rows:
            render_template_string("Hello", given=given[how])
    assert rows
    assert all(" is a Account" in row or " is a Row" in row for row in rows)
