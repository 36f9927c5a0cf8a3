"""A server that is killed in the middle of saving loses no answer that it has acknowledged."""

import http.client
import json
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from proficiency.accounts.rules import digest
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.core.clock import read_clock
from proficiency.core.verify import verify_all
from proficiency.delivery import verify
from proficiency.delivery.autosave import Autosave
from proficiency.delivery.queries import current_answers
from tests.delivery import factory
from tests.delivery.factory import MINUTE, Sat
from tests.factories import act
from tests.journeys.server import SECRET, Site, serve
from tests.sittings import factory as sittings

pytestmark = pytest.mark.journey

WRITERS = 6


@dataclass
class Writer:
    """A candidate's page that saves one text after another and remembers what was acknowledged."""

    site: Site
    sat: Sat
    token: str
    acknowledged: int = 0
    positions: list[int] = field(default_factory=list)

    def save(self, connection: http.client.HTTPConnection, number: int) -> None:
        body = json.dumps(
            {
                "token": self.token,
                "epoch": 1,
                "seq": number,
                "item": self.sat.item().id,
                "fields": {"text": [f"version {number}"]},
            }
        )
        headers = {"Content-Type": "application/json", "Origin": self.site.url}
        connection.request("POST", f"/attempt/{self.sat.attempt_id}/save", body, headers)
        reply = connection.getresponse()
        said = json.loads(reply.read())
        assert (reply.status, said["kind"]) == (200, "answer_saved")
        self.acknowledged = number
        self.positions.append(said["pos"])

    def run(self, until: threading.Event) -> None:
        """Save until told to stop; a message that was not answered is sent again as it was."""
        number = 1
        while not until.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=5)
            try:
                while not until.is_set():
                    self.save(connection, number)
                    number += 1
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)  # the server is away; the same message goes out again
            finally:
                connection.close()


def writers(site: Site) -> list[Writer]:
    now = read_clock()
    form = factory.small_form(site.database)
    sitting = sittings.sitting(site.database, form.id, opens_at=now - MINUTE, now=now - 2 * MINUTE)
    service = Autosave(site.database, SECRET)
    made = []
    for number in range(WRITERS):
        candidate = sittings.candidate(site.database)
        booking = sittings.booking(site.database, sitting.id, candidate.id, now=now)
        place = Sat(site.database, candidate, sitting.id, booking.id, form.id, "")
        sat = factory.started(site.database, now, place=place)
        token = f"token {number}"
        act(site.database, open_sign_in, candidate, now, token=token, browser="A drill")
        made.append(Writer(site, sat, service.token(sat.attempt_id, digest(token), 1)))
    return made


def test_killing_the_server_loses_no_acknowledged_answer(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with serve(tmp_path, template=sqlite_template) as site:
        everybody, until = writers(site), threading.Event()
        threads = [threading.Thread(target=each.run, args=(until,)) for each in everybody]
        for thread in threads:
            thread.start()
        for _time in range(2):
            before = [each.acknowledged for each in everybody]
            deadline = time.monotonic() + 20
            while any(
                each.acknowledged <= earlier + 3
                for each, earlier in zip(everybody, before, strict=True)
            ):
                assert time.monotonic() < deadline, "the drill does not get going"
                time.sleep(0.02)
            site.stop(signal.SIGKILL)
            site.start()
        time.sleep(0.5)
        until.set()
        for thread in threads:
            thread.join()
        for each in everybody:
            with site.database.read() as session:
                answer = current_answers(session, each.sat.attempt_id)[each.sat.item().id]
            version = int(json.loads(answer.text or "")["text"].removeprefix("version "))
            assert version >= each.acknowledged > 6
            assert len(set(each.positions)) == len(each.positions), "one place, one answer"
        assert verify_all(site.database, [verify.check]).problems == []
