"""What only a browser can show: the journeys that are drills, done again and again."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

from proficiency.core.config import ROOT
from tests.drills.outcome import Outcome

SITTING, OFFLINE, RECEIPT, OWN = (
    f"tests/journeys/test_{name}.py::test_" for name in ("sitting", "offline", "receipt", "drills")
)

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "tests.drills.turns")

IN_REAL_TIME = "network cut for 10 minutes, nothing put forward"
"""More than 20 minutes of waiting, so it is done once."""

DRILLS: Mapping[str, tuple[Sequence[str], str]] = {
    "network cut for 10 minutes in the middle": (
        [f"{OWN}cut_off_for_ten_minutes_in_the_middle_everything_catches_up_and_is_in_time"],
        "the clocks of page and server are put forward, 10 minutes in all",
    ),
    "network cut for 10 minutes over the deadline": (
        [
            f"{OWN}cut_off_for_ten_minutes_over_the_deadline_everything_is_kept_with_its_age",
            f"{OFFLINE}offline_over_the_deadline_everything_is_kept_and_sent_late_with_its_age",
        ],
        "the first with clocks put forward, the second in real time with the last 25 seconds",
    ),
    IN_REAL_TIME: (
        [
            f"{OWN}cut_off_for_ten_minutes_in_the_middle_everything_catches_up_and_is_in_time",
            f"{OWN}cut_off_for_ten_minutes_over_the_deadline_everything_is_kept_with_its_age",
        ],
        "in the middle and over the deadline, each really 10 minutes long",
    ),
    "the server away, and the page loaded again": (
        [
            f"{SITTING}the_server_away_typing_goes_on_and_catches_up_by_itself",
            f"{SITTING}a_page_that_died_while_the_server_was_away_gives_everything_back",
            f"{OFFLINE}the_page_loaded_again_without_a_network_has_its_questions_and_every_answer",
        ],
        "",
    ),
    "clock changed on the device": (
        [f"{OWN}a_device_whose_clock_is_set_changes_nothing"],
        "26 hours back and 3 hours on, in the middle of the exam",
    ),
    "two tabs typing in turn": ([f"{OWN}two_tabs_that_write_in_turn_lose_nothing"], "4 turns"),
    "two devices": (
        [
            f"{OWN}two_devices_that_write_in_turn_lose_nothing",
            f"{SITTING}another_device_reads_until_it_takes_over_and_then_the_first_one_reads",
        ],
        "4 turns",
    ),
    "storage refused": (
        [f"{SITTING}a_browser_that_refuses_to_keep_anything_says_so_and_still_saves"],
        "IndexedDB fails, as in some private windows",
    ),
    "session expired": ([f"{SITTING}a_sign_in_that_ends_in_the_middle_loses_nothing"], ""),
    "a page from the back-forward cache": (
        [f"{OFFLINE}a_page_that_the_browser_had_put_by_is_loaded_afresh"],
        "",
    ),
    "the last keystrokes": (
        [
            f"{SITTING}closing_the_page_at_once_still_sends_the_last_words",
            f"{SITTING}the_last_words_stay_the_last_when_the_device_had_no_time_to_keep_them",
            f"{RECEIPT}words_that_only_the_server_had_time_to_keep_raise_no_alarm",
            f"{SITTING}at_the_deadline_the_page_locks_sends_the_last_keystrokes_and_says_so",
        ],
        "the page closed at once, also while the device is still writing; the deadline",
    ),
}


def drill(name: str, times: int) -> Outcome:
    """Run the journeys of one drill `times` times in Chromium, or once where time is real."""
    tests, notes = DRILLS[name]
    is_real = name == IN_REAL_TIME
    times = 1 if is_real else times
    passed, problems = run_journeys(tests, times, {"DRILL_IN_REAL_TIME": "1"} if is_real else {})
    if not problems and passed < times * len(tests):
        problems = [f"only {passed} journeys were run"]
    said = f"{passed} journeys to their end" + (f"; {notes}" if notes else "")
    return Outcome(name, "SQLite", times, None, problems, said)


def run_journeys(
    tests: Sequence[str], times: int, told: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, list[str]]:
    """Return how many passed and what failed. A journey that is not there fails too."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        ended = subprocess.run(
            [*PYTEST, "--turns", str(times), f"--junit-xml={report}", *tests],
            cwd=ROOT, env=os.environ | told, check=False, capture_output=True, text=True,
        )  # fmt: skip
        if ended.returncode not in {0, 1} or not report.exists():
            return 0, [f"the journeys could not be run: {ended.stdout[-300:]}"]
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    failed = [_failure(case) for case in cases if _has_failed(case)]
    skipped = [case.get("name", "") for case in cases if case.find("skipped") is not None]
    passed = len(cases) - len(failed) - len(skipped)
    return passed, failed + [f"{name} was passed over" for name in skipped]


def _has_failed(case: ElementTree.Element) -> bool:
    return case.find("failure") is not None or case.find("error") is not None


def _failure(case: ElementTree.Element) -> str:
    found = case.find("failure")
    said = found if found is not None else case.find("error")
    return f"{case.get('name')}: {(said.get('message') if said is not None else '') or ''}"[:200]
