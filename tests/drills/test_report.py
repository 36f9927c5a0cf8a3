"""The page of the drills says what was lost, and a journey that is named is there."""

import re
from pathlib import Path

import pytest

from proficiency.core.config import ROOT
from tests.clock import NOW
from tests.drills import browser, report
from tests.drills.outcome import Outcome


def test_a_loss_is_shown_on_the_page_and_counted(tmp_path: Path) -> None:
    good = Outcome("kill -9 of a web worker", "SQLite", 20, 12345, (), "all is well")
    bad = Outcome("a full disk", "PostgreSQL", 5, 10, ("attempt a: message 3 is not kept",))
    report.write(tmp_path / "drills.md", [good, bad], NOW, 12.5)
    page = (tmp_path / "drills.md").read_text(encoding="utf-8")
    assert "12,355 messages acknowledged, 1 lost or wrong" in page
    assert "| a full disk | PostgreSQL | 5 | 10 | **1** |" in page
    assert "attempt a: message 3 is not kept" in page
    assert report.page([good], NOW, 1).count("went wrong") == 0
    assert "Broken off: 2 drills" in report.page([good], NOW, 1, 3)


def test_the_page_names_no_place_of_the_machine() -> None:
    assert not re.search(r"/(home|tmp|root|work)\b", report.page([], NOW, 1))


@pytest.mark.parametrize("name", browser.DRILLS)
def test_each_journey_that_is_a_drill_is_there(name: str) -> None:
    for test in browser.DRILLS[name][0]:
        path, _, function = test.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8")
