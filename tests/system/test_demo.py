"""The demonstration is made by the product itself, and starts quickly again."""

import shutil
import socket
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from proficiency import features, serve
from proficiency.accounts.models import Account
from proficiency.core.config import Config
from proficiency.core.db import Base, Database
from proficiency.core.errors import Misconfigured
from proficiency.core.verify import verify_all
from proficiency.delivery.late import late_answers_of, undecided
from proficiency.demo import prepare
from proficiency.demo.people import STAFF
from proficiency.invigilation.attention import Place
from proficiency.invigilation.queries import read_room
from proficiency.invigilation.rules import EntryKind, Topic
from proficiency.marking.queries import is_marking_closed, is_marking_open
from proficiency.moderation.queries import is_signed_off
from proficiency.results.queries import find_newest_run
from proficiency.sittings.queries import list_sittings
from proficiency.sittings.rules import SittingPhase, sitting_phase
from tests.clock import NOW


def demo_config(folder: Path, *, demo: bool = True) -> Config:
    return Config(
        instance=folder,
        database_url=f"sqlite:///{folder}/proficiency.db",
        secret_key="a secret that is long enough for this test",
        demo=demo,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a demonstration that was started once."""
    folder = tmp_path_factory.mktemp("demo")
    config = demo_config(folder)
    with closing(Database(config.database_url)) as database:
        prepare(config, database, NOW, lambda line: None)
    return folder / "proficiency.db"


@pytest.fixture
def demo(prepared: Path, tmp_path: Path) -> Database:
    """A copy of that database."""
    for file in prepared.parent.glob("proficiency.db*"):
        shutil.copy(file, tmp_path)
    with closing(Database(f"sqlite:///{tmp_path}/proficiency.db")) as database:
        yield database


def phases(database: Database, now=NOW) -> list[SittingPhase]:
    with database.read() as session:
        return [
            sitting_phase(s.opens_at, s.last_start_at, s.cancelled_at, now)
            for s in list_sittings(session)
        ]


def row_count(database: Database) -> int:
    with database.read() as session:
        return sum(
            session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        )


def test_two_sittings_are_open_and_one_each_in_marking_in_moderation_and_released(
    demo: Database,
) -> None:
    assert phases(demo).count(SittingPhase.OPEN) == 2
    with demo.read() as session:
        ids = [sitting.id for sitting in list_sittings(session)]
        marking = [i for i in ids if is_marking_open(session, i)]
        moderation = [
            i for i in ids if is_marking_closed(session, i) and not is_signed_off(session, i)
        ]
        released = [i for i in ids if (run := find_newest_run(session, i)) and run.released_at]
    assert len(marking) == len(moderation) == len(released) == 1


def test_in_the_room_everybody_is_in_another_state_and_one_hand_is_up(demo: Database) -> None:
    with demo.read() as session:
        [watched] = [s for s in list_sittings(session) if s.title.startswith("Watched")]
        room = read_room(session, watched.id, NOW)
    places = {each.place for each in room.candidates}
    assert places == {Place.ABSENT, Place.WAITING, Place.ADMITTED, Place.PAUSED, Place.OFFLINE}
    assert [call.topic for call in room.calls] == [Topic.QUESTION_WRONG]
    assert {line.kind for line in room.lines} >= {EntryKind.MESSAGE, EntryKind.INCIDENT}


def test_one_late_answer_waits_and_the_device_says_that_it_was_written_in_time(
    demo: Database,
) -> None:
    with demo.read() as session:
        waiting = [
            answer
            for sitting in list_sittings(session)
            for answer in undecided(late_answers_of(session, sitting.id))
        ]
    assert [answer.evidence.fits for answer in waiting] == [True]
    assert waiting[0].replaces


def test_there_is_an_account_for_every_part(demo: Database) -> None:
    with demo.read() as session:
        emails = set(session.scalars(sa.select(Account.email)))
    assert {f"{part.login}@demo.example" for part in STAFF} <= emails


def test_its_evidence_verifies(demo: Database) -> None:
    assert verify_all(demo, features.room_checks()).problems == []


def test_a_second_start_changes_nothing(demo: Database, tmp_path: Path) -> None:
    before = row_count(demo)
    prepare(demo_config(tmp_path), demo, NOW + timedelta(hours=1), lambda line: None)
    assert row_count(demo) == before


def test_a_later_start_opens_a_fresh_sitting_and_names_a_candidate_for_it(
    demo: Database, tmp_path: Path
) -> None:
    later = NOW + timedelta(days=3)
    assert SittingPhase.OPEN not in phases(demo, later)
    told: list[str] = []
    prepare(demo_config(tmp_path), demo, later, told.append)
    assert phases(demo, later).count(SittingPhase.OPEN) == 2
    assert any("candidate" in line and "open now" in line for line in told)


def test_outside_the_demonstration_a_server_refuses_its_accounts(
    demo: Database, tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured, match="demonstration accounts"):
        serve.check_before_start(demo_config(tmp_path, demo=False), demo)


def test_a_port_in_use_is_refused() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="in use"):
            serve.refuse_port_in_use("127.0.0.1", taken.getsockname()[1])
