"""The pages of a room: who may, what stands there, and how much the database is asked."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from tests.factories import person, sign_in_as
from tests.invigilation.factory import Watched, call, watched
from proficiency.invigilation.rules import Topic


@pytest.fixture
def room(sqlite_database: Database) -> Watched:
    return watched(sqlite_database)


@pytest.fixture
def watching(client: FlaskClient, room: Watched) -> FlaskClient:
    sign_in_as(client, room.invigilator)
    return client


def test_everybody_stands_on_one_screen_and_who_calls_comes_first(
    watching: FlaskClient, room: Watched
) -> None:
    room.book("Zoe Absent")
    room.writing("Anna Quiet")
    call(room.writing("Mira Unwell"), Topic.UNWELL)
    page = watching.get(f"/room/{room.sitting_id}").text
    names = re.findall(r'data-open="\w+">([^<]+)<', page)
    assert names[0] == "Mira Unwell"
    assert set(names) == {"Mira Unwell", "Anna Quiet", "Zoe Absent"}
    assert "I am unwell" in page
