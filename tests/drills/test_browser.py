"""Journeys are done as often as promised, and one that fails in one of its turns is told."""

from pathlib import Path

from tests.drills import browser

JOURNEYS = """
def test_that_goes_well():
    pass


def test_that_fails_at_its_second_turn(turn_of_the_drill):
    assert turn_of_the_drill != 2, "an answer is missing"
"""


def test_each_turn_counts_and_a_failure_names_its_turn(tmp_path: Path) -> None:
    file = tmp_path / "test_journeys.py"
    file.write_text(JOURNEYS)
    passed, failed = browser.run_journeys([f"{file}::test_that_goes_well"], 3)
    assert (passed, failed) == (3, [])
    passed, (failure,) = browser.run_journeys([str(file)], 3)
    assert passed == 5
    assert "test_that_fails_at_its_second_turn[turn 2]" in failure
    assert "an answer is missing" in failure


def test_a_journey_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    passed, (failure,) = browser.run_journeys([str(tmp_path / "test_gone.py")], 1)
    assert passed == 0
    assert "could not be run" in failure
