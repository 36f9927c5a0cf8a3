"""A small rehearsal on a real server, and a proof that would notice a loss."""

import asyncio
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from proficiency.cli import Settings
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, Misconfigured
from proficiency.simulate.cli import group
from proficiency.simulate.people import (
    Rehearsal,
    make_rehearsal,
    refuse_real_people,
    write_people,
)
from proficiency.simulate.place import Place, open_empty, throw_away
from proficiency.simulate.plans import Timetable
from proficiency.simulate.playing import losses_in, rehearse_there
from proficiency.simulate.processes import workers_of
from proficiency.simulate.proof import Written, find_losses
from proficiency.simulate.report import Load, Report
from proficiency.simulate.run import Played, play
from tests.delivery import factory
from tests.factories import person
from tests.simulate.apart import apart

pytestmark = pytest.mark.journey

COUNT = 4
TIMES = Timetable(
    candidates=COUNT, stages=4, sign_in=0.2, start=0.1, writing=12.0, finish=0.5,
    offline_share=0.0, cut_share=0.5, cut_at=2.0, cut_seconds=1.5, haste=4.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("rehearsal")
    (folder / "small.db").write_bytes(sqlite_template.read_bytes())
    with (
        closing(open_empty(f"sqlite:///{folder}/small.db")) as database,
        throw_away(folder, database) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def rehearsal(place: Place) -> Rehearsal:
    return make_rehearsal(place.database, place.address, COUNT, 1, read_clock())


@pytest.fixture(scope="module")
def played(place: Place, rehearsal: Rehearsal) -> Played:
    assert rehearsal.stages == TIMES.stages
    said: list[str] = []
    return apart(
        lambda: asyncio.run(play(place.address, rehearsal.people, TIMES, "a seed", said.append))
    )


def test_everybody_comes_through_and_nothing_is_lost(place: Place, played: Played) -> None:
    report = Report(played, Load(), losses_in(place.database, played), "compared")
    assert list(played.figures.problems) == []
    assert report.is_good, "\n".join(report.rows())
    assert played.done == COUNT
    assert played.figures.counts["connections lost"] == COUNT / 2
    assert played.figures.counts["answers compared on the page"] >= COUNT * TIMES.stages
    assert played.acknowledged >= COUNT * TIMES.stages
    assert len(workers_of(place.server_pid)) == 2


def test_a_message_that_is_not_kept_word_for_word_is_found(place: Place, played: Played) -> None:
    someone = played.candidates[0]
    written = Written(someone.attempt, someone.told, someone.final)
    assert list(find_losses(place.database, [written])) == []
    typed = next(each for each in someone.told if each.digest is not None)
    others = [replace(typed, seq=typed.seq + 1000), replace(typed, digest=b"x" * 32)]
    for other in others:
        lost = list(find_losses(place.database, [replace(written, told=[other])]))
        assert len(lost) == 1
        assert "acknowledged and is not kept" in lost[0]


def test_an_answer_that_counts_and_was_not_typed_is_found(place: Place, played: Played) -> None:
    someone = played.candidates[1]
    changed = dict(someone.final)
    item = next(each.item for each in someone.told if each.digest is not None)
    changed[item] = {"text": ("something else",)}
    written = Written(someone.attempt, (), changed)
    (lost,) = find_losses(place.database, [written])
    assert item in lost
    assert list(find_losses(place.database, [replace(written, is_final=False)])) == []


def test_whoever_has_handed_in_can_not_start_again(played: Played, rehearsal: Rehearsal) -> None:
    times = replace(TIMES, cut_share=0.0)
    again = apart(lambda: rehearse_there(rehearsal, times, "a seed", lambda line: None))
    assert not again.is_good
    assert len(again.played.figures.problems) == COUNT
    assert "PROBLEM" in "\n".join(again.rows())


# People


def test_a_file_of_people_is_for_its_owner_and_comes_back(tmp_path: Path) -> None:
    made = Rehearsal("http://127.0.0.1:8000", "s1", 4, ())
    path = tmp_path / "people.json"
    write_people(path, made)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Rehearsal.from_json(path.read_text(encoding="utf-8")) == made
    with pytest.raises(Invalid, match="exists already"):
        write_people(path, made)
    for other in ("{}", "[]", "no json", '{"people": 3}'):
        with pytest.raises(Invalid, match="not a file of people"):
            Rehearsal.from_json(other)


def test_an_installation_with_real_people_is_refused_unless_its_operator_says_so(
    database: Database, config: Config
) -> None:
    refuse_real_people(config, database, stays=False)
    person(database)
    with pytest.raises(Misconfigured, match="1 accounts of real people"):
        refuse_real_people(config, database, stays=False)
    refuse_real_people(config, database, stays=True)
    refuse_real_people(replace(config, demo=True), database, stays=False)


def test_rehearsal_people_are_no_real_people(sqlite_database: Database, config: Config) -> None:
    make_rehearsal(sqlite_database, "http://127.0.0.1:1", 1, 1, read_clock())
    refuse_real_people(config, sqlite_database, stays=False)


def test_a_database_in_use_is_no_place_to_throw_away(database: Database) -> None:
    factory.booked(database)
    with pytest.raises(Misconfigured, match="in use"):
        open_empty(database.url.render_as_string(hide_password=False))


def test_more_candidates_than_people_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    write_people(path, Rehearsal("http://127.0.0.1:1", "s1", 4, ()))
    found = CliRunner().invoke(group, ["--people", str(path), "--candidates", "3"], obj=Settings())
    assert isinstance(found.exception, Invalid)
    assert "The file has 0 people" in found.exception.message
