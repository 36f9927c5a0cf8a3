"""The drills in short: killed under load, nothing that was acknowledged is lost."""

import os
from dataclasses import replace

import pytest

from tests.drills import disk, kills
from tests.drills.load import under_load
from tests.drills.places import BOTH, sqlite

pytestmark = pytest.mark.journey


@pytest.mark.parametrize("name", ["SQLite", "PostgreSQL"])
def test_killing_workers_the_server_and_the_database_loses_nothing(name: str) -> None:
    killed = [kill for kill in kills.KILLS if name == "PostgreSQL" or "PostgreSQL" not in kill]
    found = kills.drill_mixed(killed, BOTH[name], writers=4)
    assert found.problems == []
    assert (found.acknowledged or 0) >= 4 * (3 + 2 * len(killed))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a file system of its own")
def test_a_full_disk_is_told_in_words_and_saving_goes_on_when_there_is_room() -> None:
    if not disk.may_mount():
        pytest.skip("this machine lets nobody mount a file system")
    found = disk.drill(BOTH["SQLite"], times=1, writers=4)
    assert found.problems == []
    assert "507" in found.notes


def test_the_ledger_notices_a_message_that_is_not_kept() -> None:
    with sqlite() as place:
        place.start()
        with under_load(place, 2) as load:
            load.wait_for_more(2)
        place.stop()
        assert load.losses(place) == []
        told = load.writers[0].told
        told.append(replace(told[-1], seq=told[-1].seq + 500))
        (lost,) = load.losses(place)
        assert "acknowledged and is not kept" in lost
