"""The last resort: a device that never reaches the server again, and a file with its answers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.delivery.answer_file import load_secret
from proficiency.delivery.answer_files import open_answer_file, receive_answer_file
from proficiency.delivery.late_rules import Ground
from proficiency.delivery.operations import lock_overdue_attempts
from tests.delivery import test_late
from tests.factories import act, person
from tests.journeys.looking import Eyes
from tests.journeys.server import Site, serve
from tests.journeys.test_formats import begin, sitting_of_each

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("file"), template=sqlite_template) as running:
        yield running


def test_answers_of_a_device_that_never_came_back_can_count(
    site: Site, chromium: Browser, tmp_path: Path
) -> None:
    sat, page = begin(site, chromium, sitting_of_each(site))
    eyes = Eyes(page)
    page.clock.install()
    page.context.set_offline(True)
    box = page.locator("textarea.answer-box").first
    box.fill("words that only this device has")
    page.clock.run_for(30_000)
    expect(page.locator("#answer-file")).to_be_hidden()
    page.clock.run_for(90_000)
    expect(page.locator("#answer-file")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save an answer file").click()
    expect(page.locator("#answer-file-saved")).to_be_visible()
    eyes.look()
    assert [fault for fault in eyes.faults if "ERR_INTERNET_DISCONNECTED" not in fault] == []
    path = tmp_path / "file.json"
    saved.value.save_as(path)
    content = path.read_bytes()
    assert b"words that only" not in content
    assert set(json.loads(content)) == {"kind", "version", "attempt", "key", "iv", "data"}
    page.context.close()

    later = read_clock() + timedelta(hours=3)
    act(site.database, lock_overdue_attempts, SYSTEM, later)
    taker, opener = (person(site.database, Role.EXAM_OFFICER) for _each in range(2))
    file = act(site.database, receive_answer_file, taker, later, content=content)
    secret = load_secret(site.config.answer_file_secret)
    kept = act(site.database, open_answer_file, opener, later, file_id=file.id, secret=secret)
    assert kept == 1
    (answer,) = test_late.undecided(test_late.answers(sat))
    assert answer.is_from_file
    for _each in range(2):
        test_late.decide(
            sat, person(site.database, Role.EXAM_OFFICER), Ground.WRITTEN_IN_TIME, later
        )
    assert test_late.counting_text(sat) == "words that only this device has"
