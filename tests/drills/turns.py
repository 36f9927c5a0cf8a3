"""For pytest: does each journey that is named several times, each time with somebody new.

    pytest -p tests.drills.turns --turns 5 tests/journeys/test_drills.py::test_…

The server and the browser's program stay up between turns, as on the day of an exam.
"""

import pytest

TURN = "turn_of_the_drill"


@pytest.fixture(name=TURN)
def which_turn(request: pytest.FixtureRequest) -> int:
    """The number of the turn: what makes one test out of each."""
    return int(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says how often."""
    parser.addoption("--turns", type=int, default=1, help="how often each test is done")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let every test be done that often."""
    turns = range(1, metafunc.config.getoption("turns") + 1)
    metafunc.fixturenames.append(TURN)
    metafunc.parametrize(TURN, turns, indirect=True, ids=[f"turn {turn}" for turn in turns])
