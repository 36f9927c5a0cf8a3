"""The page of drills says what was lost and what was never done; journeys that it names exist."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from proficiency.core.config import ROOT
from tests.clock import NOW
from tests.drills import browser, record, report
from tests.drills.outcome import Outcome
from tests.drills.record import Entry

GOOD = Entry(
    Outcome("kill -9 of a web worker", "SQLite", 20, 12345, (), "all is well"),
    NOW, 125.0, 2.26, "832639b",
)  # fmt: skip
BAD = Entry(
    Outcome("a full disk", "PostgreSQL", 5, 10, ("attempt a: message 3 is not kept",)),
    NOW, 60.0, 0.5, "",
)  # fmt: skip


def test_a_loss_is_shown_on_the_page_and_counted(tmp_path: Path) -> None:
    report.write(tmp_path / "drills.md", {"kill": GOOD, "disk": BAD}, ["kill", "disk"])
    page = (tmp_path / "drills.md").read_text(encoding="utf-8")
    assert "12,355 messages acknowledged, 1 lost or wrong" in page
    assert "2 of 2 drills, 3 minutes in all" in page
    assert "| a full disk | PostgreSQL | 5 | 10 | **1** |" in page
    assert "attempt a: message 3 is not kept" in page
    assert report.page({"kill": GOOD}, ["kill"]).count("went wrong") == 0


def test_the_page_says_when_each_drill_was_done_how_busy_the_machine_was_and_what_was_drilled() -> (
    None
):
    assert report.done(GOOD) == f"{NOW:%-d %b %Y, %H:%M} UTC: 2 min, load 2.3, 832639b"
    assert report.done(replace(BAD, at=NOW + timedelta(hours=1))).endswith(": 60 s, load 0.5")


def test_drills_that_were_never_done_are_named_and_those_that_are_gone_are_not_told() -> None:
    page = report.page({"kill": GOOD, "old": BAD}, ["kill", "trace, SQLite", "room, SQLite"])
    assert "1 of 3 drills" in page
    assert "Not done: trace, SQLite; room, SQLite." in page
    assert "full disk | PostgreSQL" not in page
    assert "Not done" not in report.page({"kill": GOOD}, ["kill"])


def test_a_drill_done_again_takes_its_own_place_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "drills.json"
    assert record.read(path) == {}
    record.keep(path, "disk", BAD)
    record.keep(path, "kill", GOOD)
    again = replace(BAD, outcome=replace(BAD.outcome, problems=(), acknowledged=77))
    kept = record.keep(path, "disk", again)
    assert kept == {"disk": again, "kill": GOOD}
    report.write(tmp_path / "a.md", kept, ["disk", "kill"])
    report.write(tmp_path / "b.md", record.read(path), ["disk", "kill"])
    assert (tmp_path / "a.md").read_text() == (tmp_path / "b.md").read_text()


def test_the_page_in_docs_is_what_its_record_says() -> None:
    docs = ROOT / "docs"
    from tests.drills.__main__ import drills  # here: it is a program, and loads every drill

    names = [name for name, _work in drills(1, 1, 1, 1)]
    told = (docs / "drills.md").read_text(encoding="utf-8")
    kept = record.read(docs / "drills.json")
    assert report.table(kept, names) in told


def test_what_ran_is_named_by_its_commit() -> None:
    assert re.fullmatch(r"([0-9a-f]{7,}\+?)?", record.version())


def test_the_page_names_no_place_of_the_machine() -> None:
    assert not re.search(r"/(home|tmp|root|work)\b", report.page({}, []))


@pytest.mark.parametrize("name", browser.DRILLS)
def test_each_journey_that_is_a_drill_is_there(name: str) -> None:
    for test in browser.DRILLS[name][0]:
        path, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
