"""No exam opens on a database that may lose what it has acknowledged."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event

from proficiency.app import create_app
from proficiency.core.config import ROOT, Config, read_config
from proficiency.core.db import Database
from proficiency.core.durability import (
    HOLDS_FOR,
    ForgetfulDatabase,
    durability_problems,
    find_problems,
    read_facts,
    refuse_to_open,
    refuse_to_serve,
)
from proficiency.core.errors import Misconfigured
from proficiency.serve import check_before_start
from tests.delivery import factory
from tests.factories import NOW, act
from tests.starting import start_attempt
from tests.statements import asked

SAFE_POSTGRESQL = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "unlogged": "",
}
SAFE_SQLITE = {"synchronous": "2", "journal_mode": "wal"}


@pytest.mark.parametrize(
    "facts",
    [
        SAFE_SQLITE,
        SAFE_SQLITE | {"synchronous": "3"},
        SAFE_POSTGRESQL,
        *[
            SAFE_POSTGRESQL | {"synchronous_commit": value}
            for value in ("local", "remote_write", "remote_apply")
        ],
    ],
)
def test_settings_that_wait_for_the_disk_are_good(facts: dict[str, str]) -> None:
    assert durability_problems(facts) == ()


@pytest.mark.parametrize(
    ("facts", "cure"),
    [
        (SAFE_SQLITE | {"synchronous": "1"}, "FULL"),
        (SAFE_SQLITE | {"synchronous": "0"}, "FULL"),
        (SAFE_SQLITE | {"journal_mode": "off"}, "WAL"),
        (SAFE_SQLITE | {"journal_mode": "memory"}, "WAL"),
        (SAFE_POSTGRESQL | {"fsync": "off"}, "fsync = on"),
        (SAFE_POSTGRESQL | {"full_page_writes": "off"}, "full_page_writes = on"),
        (SAFE_POSTGRESQL | {"synchronous_commit": "off"}, "synchronous_commit = on"),
        (SAFE_POSTGRESQL | {"unlogged": "payload"}, "SET LOGGED"),
    ],
)
def test_each_setting_that_may_forget_is_named_with_its_cure(
    facts: dict[str, str], cure: str
) -> None:
    (problem,) = durability_problems(facts)
    assert cure in problem


def test_several_are_all_named() -> None:
    assert len(durability_problems({"fsync": "off", "synchronous_commit": "off"})) == 2


def test_the_settings_are_those_that_our_own_connections_see(database: Database) -> None:
    with database.read() as session:
        facts = read_facts(session)
    if database.is_sqlite:
        assert facts == SAFE_SQLITE
    else:  # the tests spare the disk
        assert set(facts) == set(SAFE_POSTGRESQL)
        assert (facts["fsync"], facts["synchronous_commit"]) == ("off", "off")


@pytest.fixture
def forgetful(database: Database) -> Iterator[Database]:
    """The same database, as an installation would open it: SQLite with its setting lowered."""
    with closing(Database(database.url.render_as_string(hide_password=False))) as found:
        for engine in (found.writer, found.reader) if found.is_sqlite else ():
            _lower(engine)
        yield found


def _lower(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def lower(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA synchronous=NORMAL").close()


def test_no_attempt_starts_on_a_database_that_may_forget(
    database: Database, forgetful: Database
) -> None:
    place = factory.booked(database)
    wanted = "synchronous is 1" if database.is_sqlite else "fsync is off"
    with pytest.raises(ForgetfulDatabase, match=wanted):
        act(
            forgetful, start_attempt, place.candidate, NOW,
            booking_id=place.booking_id, device_id="device",
        )  # fmt: skip
    assert factory.started(database, place=place).attempt_id, "and it does when that is put right"


def test_what_a_connection_saw_of_the_settings_holds_for_a_second(
    sqlite_database: Database,
) -> None:
    with closing(Database(str(sqlite_database.url))) as strict, strict.read() as session:
        refuse_to_open(session, NOW)
        with asked(strict) as statements:
            refuse_to_open(session, NOW + HOLDS_FOR / 2)
        assert not statements
        session.commit()  # the setting can't be changed within a transaction
        driver: Any = session.connection().connection.driver_connection
        driver.rollback()
        driver.execute("PRAGMA synchronous=NORMAL").close()
        with pytest.raises(ForgetfulDatabase, match="synchronous is 1"):
            refuse_to_open(session, NOW + HOLDS_FOR)


def test_an_attempt_that_has_started_is_not_stopped(
    database: Database, forgetful: Database
) -> None:
    sat = factory.started(database)
    again = act(
        forgetful, start_attempt, sat.candidate, NOW, booking_id=sat.booking_id, device_id="device"
    )
    assert again.id == sat.attempt_id


def test_no_server_starts_on_a_database_that_may_forget(
    forgetful: Database, config: Config
) -> None:
    with pytest.raises(Misconfigured, match=r"acknowledged\. .* is (1|off)"):
        refuse_to_serve(forgetful)
    with pytest.raises(Misconfigured):
        check_before_start(config, forgetful)


def test_an_ordinary_sqlite_file_may_be_served(sqlite_database: Database) -> None:
    url = sqlite_database.url.render_as_string()
    with closing(Database(url)) as ordinary:
        refuse_to_serve(ordinary)
        with ordinary.read() as session:
            assert find_problems(session) == ()


def test_the_health_page_names_it(sqlite_database: Database, config: Config) -> None:
    url = sqlite_database.url.render_as_string()
    with closing(Database(url)) as forgetful:
        _lower(forgetful.reader)
        client: FlaskClient = create_app(config, forgetful).test_client()
        page = client.get("/health").get_data(as_text=True)
        said = client.get("/health", headers={"Accept": "application/json"}).get_json()
    assert "No exam can be opened" in page
    assert "synchronous is 1" in page
    assert (said["well"], said["keeps_what_it_acknowledges"]) == (False, False)


def test_no_setting_of_an_installation_allows_it(tmp_path: Path) -> None:
    everything = {
        f"PROFICIENCY_{name}": "1"
        for name in ("TESTING", "MAY_FORGET", "UNSAFE", "DURABLE", "DEMO")
    } | {"PROFICIENCY_INSTANCE": str(tmp_path)}
    assert read_config(everything).testing is False
    allowing = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "proficiency").rglob("*.py"))
        if "may_forget=True" in (text := path.read_text(encoding="utf-8")).replace(
            "(`Database(…, may_forget=True)`)", ""
        ) or "testing=True" in text
    ]  # fmt: skip
    assert allowing == []
