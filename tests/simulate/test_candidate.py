"""A simulated candidate does what a person does when a page does not come."""

import asyncio

from proficiency.simulate import candidate as simulated
from proficiency.simulate.candidate import Candidate, Person
from proficiency.simulate.figures import Figures
from proficiency.simulate.plans import Timetable, make_plan
from proficiency.simulate.wire import Browser, Reply, Unanswered
from tests.simulate.apart import apart

TIMES = Timetable(candidates=1, stages=1, sign_in=1, start=1, writing=1, finish=1)
STAGE = "/attempt/a1"


class CutOff(Browser):
    """Loses the connection while the page that follows on a button is on its way."""

    asked = 0

    async def get(self, path: str) -> Reply:
        self.asked += 1
        if self.asked == 1:
            raise Unanswered("the connection was closed")
        return Reply(200, {}, path.encode())


def test_a_page_that_was_cut_off_behind_a_button_is_asked_for_again() -> None:
    browser = CutOff("http://127.0.0.1:1")
    sitter = Candidate(
        Person("a@example.org", "secret"), make_plan("seed", 0, TIMES), 1, browser, Figures()
    )
    pressed = Reply(303, {"location": STAGE}, b"")
    assert apart(lambda: asyncio.run(sitter._follow(pressed))).text == STAGE
    assert browser.asked == 2
    assert sitter.figures.counts["pages asked for again"] == 1
    assert simulated.TRIES > 30, "longer than a room is cut off in the drill"
