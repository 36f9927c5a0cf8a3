"""One candidate's whole way through a sitting, over HTTP: from the sign-in to the end."""

import asyncio
import posixpath
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urljoin

from proficiency.simulate import figures as kinds
from proficiency.simulate.figures import Figures
from proficiency.simulate.pages import (
    Answer,
    ExamPage,
    Question,
    filled,
    find_form,
    list_files,
    list_imports,
    read_exam,
)
from proficiency.simulate.plans import Burst, Choice, Pause, Plan, stage_actions
from proficiency.simulate.sender import Acknowledged, Sender
from proficiency.simulate.wire import Browser, Fields, Reply, Unanswered

HEARTBEAT = 15.0
KEPT = ("", "/overview", "/close-stage", "/finish", "/away")
"""What a page keeps for times without a network, with the earlier stages: `js/exam/pages.js`."""
SETTLE, SPREAD, SLOWNESS, LONGEST = 2.0, 6.0, 20.0, 120.0
"""When: `js/exam.js`. Where the page itself was slow to come, up to so many times as long later."""
TRIES = 60


class Failed(Exception):
    """This candidate can't go on: what the server answered is not what a candidate needs."""


class Beginning(Protocol):
    """When the phases begin, on the loop's clock. Each is awaited by everybody together."""

    async def signing_in(self) -> float: ...
    async def starting(self) -> float: ...
    async def writing(self) -> float: ...


@dataclass
class Person:
    """Who signs in."""

    email: str
    password: str


@dataclass
class Candidate:
    """One simulated person with a browser. After `sit`, `told` and `final` say what must be kept.

    `final` holds what was in the page at the end, by question; `attempt` is the attempt's id.
    """

    person: Person
    plan: Plan
    stages: int
    browser: Browser
    figures: Figures
    told: list[Acknowledged] = field(default_factory=list)
    final: dict[str, Answer] = field(default_factory=dict)
    attempt: str = ""
    is_done: bool = False
    has_page_after: float = 0.0
    """Seconds from the moment when the first pressed “start” to when this one had the page."""
    phase: int = 0
    """How many of the common beginnings this one has waited for."""
    _sender: Sender | None = None
    _stage: int = 0
    _known: set[str] = field(default_factory=set)
    _check_in: str = ""
    _loaded: float = 0.0
    _shown: "asyncio.Queue[tuple[int, float]]" = field(default_factory=asyncio.Queue)
    """Stages whose page was shown, with the seconds that the page took, to be kept at leisure."""

    async def sit(self, beginning: Beginning, writing_seconds: float) -> None:
        """Go the whole way. What goes wrong is noted in the figures."""
        tasks: list[asyncio.Task[None]] = []
        try:
            start = await self._sign_in(beginning)
            page = await self._start(beginning, start)
            self.phase = 2
            begun = await beginning.writing()
            tasks = [asyncio.create_task(work) for work in self._works(begun)]
            await self._write_all(page, begun, writing_seconds)
            await self._finish(begun)
            self.is_done = True
        except (Failed, Unanswered) as fault:
            self.figures.fault(f"candidate {self.plan.number}: {fault}")
        finally:
            if self._sender is not None:
                self._sender.stop()
                self.told = self._sender.told
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            self.browser.close()

    def _works(self, begun: float) -> list[Coroutine[None, None, None]]:
        if self._sender is None:
            raise Failed("nobody writes")
        return [self._sender.run(), self._signs_of_life(), self._spells(begun), self._keeps()]

    # Coming in

    async def _sign_in(self, beginning: Beginning) -> Reply:
        due = await beginning.signing_in() + self.plan.sign_in_at
        await _sleep_until(due)
        page = await self._get("/sign-in")
        await self._load_files(page)
        form = find_form(page.text, "/sign-in", "/sign-in")
        if form is None:
            raise Failed(f"the sign-in page has no form (status {page.status})")
        pressed = _now()
        fields = filled(form, email=self.person.email, password=self.person.password)
        reply = await self._post(form.action, fields)
        if reply.status != 303:
            raise Failed(f"signing in was answered with status {reply.status}")
        await self._follow(reply)
        self.figures.note(kinds.SIGN_IN, _now() - pressed)
        exams = await self._get("/exams")
        place = exams.text.find('href="/exam/')
        if place < 0:
            raise Failed("the page of exams leads to no check-in")
        address = exams.text[place + 6 :].split('"', 1)[0]
        check_in = await self._get(address)
        await self._load_files(check_in)
        self._known.add(address)
        self._check_in = address
        return check_in

    async def _start(self, beginning: Beginning, check_in: Reply) -> ExamPage:
        form = find_form(check_in.text, self._check_in, self._check_in)
        if form is None:
            raise Failed("the check-in page has no form to start with")
        self.phase = 1
        began = await beginning.starting()
        due = began + self.plan.start_at
        await _sleep_until(due)
        reply = await self._follow(await self._post(form.action, filled(form)))
        self.has_page_after = _now() - began
        self.figures.note(kinds.STARTED, _now() - due)
        page = self._read(reply, "starting")
        self._shown.put_nowait((int(page.config["stage"]), reply.seconds))
        await self._load_files(reply)
        self.figures.note(kinds.READY, _now() - due)
        self._loaded = _now()
        self.attempt = str(page.config["attempt"])
        self._sender = Sender(self.browser, page.config, self.figures)
        return page

    def _read(self, reply: Reply, when: str) -> ExamPage:
        page = read_exam(reply.text) if reply.status == 200 else None
        if page is None:
            raise Failed(f"{when} led to no page of the exam (status {reply.status})")
        return page

    async def _load_files(self, reply: Reply) -> None:
        """Load what a page needs and this browser has not got yet, imports included."""
        waiting = list(list_files(reply.text))
        while waiting:
            path = waiting.pop(0)
            if path in self._known:
                continue
            self._known.add(path)
            found = await self._get(path)
            if found.status != 200:
                self.figures.fault(f"{path} was answered with status {found.status}")
            elif posixpath.splitext(path.partition("?")[0])[1] == ".js":
                waiting += [urljoin(path, each) for each in list_imports(found.text)]

    # Writing

    async def _write_all(self, page: ExamPage, begun: float, seconds: float) -> None:
        first = int(page.config["stage"])
        for stage in range(first, self.stages + 1):
            self._stage = stage
            part = (stage - first + 1) / (self.stages - first + 1)
            await self._write(
                page, begun + seconds * (part if part == 1 else part * self.plan.pace)
            )
            if stage < self.stages:
                page = await self._next_stage()

    async def _write(self, page: ExamPage, until: float) -> None:
        sender = self._own_sender()
        by_id = {question.id: question for question in page.questions}
        seed = f"{self.plan.seed}/{self._stage}/{self.plan.number}"
        for action in stage_actions(seed, page.questions):
            now = _now()
            if now >= until:
                break
            if isinstance(action, Pause):
                await asyncio.sleep(min(action.seconds / self.plan.haste, until - now))
            elif isinstance(action, Burst):
                draft = sender.draft(action.item, *_begins(by_id[action.item]))
                words = action.words[: max(1, int((until - now) * self.plan.rate))]
                takes = draft.begin(now, action.cut, words, self.plan.rate)
                sender.wake()
                await asyncio.sleep(takes)
            elif isinstance(action, Choice):
                sender.draft(action.item, *_begins(by_id[action.item])).choose(now, action.answer)
                sender.wake()
        await sender.flush()
        for item in by_id:
            if item in sender.drafts:
                self.final[item] = sender.drafts[item].answer

    async def _next_stage(self) -> ExamPage:
        due, address = _now(), f"/attempt/{self.attempt}/close-stage"
        reply = await self._follow(await self._send_form(address, "close-stage"))
        page = self._read(reply, "closing a stage")
        self.figures.note(kinds.STAGE, _now() - due)
        self._shown.put_nowait((int(page.config["stage"]), reply.seconds))
        if int(page.config["stage"]) != self._stage + 1:
            raise Failed(f"closing stage {self._stage} opened stage {page.config['stage']}")
        return page

    async def _finish(self, begun: float) -> None:
        await _sleep_until(begun + self.plan.finish_at)
        await self._own_sender().flush()
        await self._look_through()
        due = _now()
        reply = await self._send_form(f"/attempt/{self.attempt}/finish", "finish")
        if not reply.location.endswith("/finished"):
            raise Failed(f"handing in was answered with status {reply.status}")
        await self._follow(reply)
        self.figures.note(kinds.HANDED_IN, _now() - due)

    async def _look_through(self) -> None:
        """Load every stage once more and compare what the server shows with what was typed."""
        shown: dict[str, Answer] = {}
        for stage in range(1, self.stages + 1):
            path = f"/attempt/{self.attempt}"
            due = _now()
            reply = await self._get(path if stage == self._stage else f"{path}/stage/{stage}")
            self.figures.note(kinds.PAGE, _now() - due)
            page = self._read(reply, "looking through the answers")
            shown |= {question.id: question.answer for question in page.questions}
        for item, answer in self.final.items():
            self.figures.counts["answers compared on the page"] += 1
            if shown.get(item) != answer:
                self.figures.fault(
                    f"candidate {self.plan.number}: the page does not show what was typed "
                    f"into question {item}"
                )

    async def _send_form(self, address: str, part: str) -> Reply:
        page = await self._get(address)
        form = find_form(page.text, part, address)
        if form is None:
            raise Failed(f"the page {part} has no form (status {page.status})")
        return await self._post(form.action, filled(form))

    # Beside the writing

    async def _signs_of_life(self) -> None:
        """Say every quarter of a minute how the page stands, counted from when it was loaded."""
        sender, due = self._own_sender(), self._loaded
        while True:
            due = max(due + HEARTBEAT, _now())
            await _sleep_until(due)
            oldest = sender.oldest
            body = {
                "token": sender.config["token"],
                "epoch": sender.config["epoch"],
                "unsent": 0 if oldest is None else 1,
                "waiting": 0 if oldest is None else round(max(0.0, _now() - oldest) * 1000),
                "hidden": False,
                "cursor": 0,
            }
            with suppress(Unanswered):
                reply = await self.browser.post_json(sender.config["contact"], body)
                if reply.status == 200:
                    self.figures.note(kinds.CONTACT, _now() - due)
                else:
                    self.figures.fault(f"a sign of life was answered with {reply.status}")

    async def _keeps(self) -> None:
        """Load each stage's pages once more, for times without a network, and not at once."""
        while True:
            stage, took = await self._shown.get()
            within = min(max(SPREAD, SLOWNESS * took), LONGEST)
            await asyncio.sleep(SETTLE + within * self.plan.leisure(stage))
            here = f"/attempt/{self.attempt}"
            earlier = [f"{here}/stage/{number}" for number in range(1, stage)]
            for path in [*(here + part for part in KEPT), *earlier]:
                try:
                    due, reply = _now(), await self.browser.get(path)
                except Unanswered:
                    self.figures.counts["pages not kept"] += 1
                    break
                if reply.status != 200:  # the stage or the exam has ended meanwhile
                    break
                self.figures.note(kinds.KEPT, _now() - due)

    async def _spells(self, begun: float) -> None:
        """Lose the connection when the plan says so, and catch up afterwards."""
        sender = self._own_sender()
        for spell in self.plan.spells:
            await _sleep_until(begun + spell.begins)
            self.figures.counts["connections lost"] += 1
            self.browser.go_offline()
            await asyncio.sleep(spell.lasts)
            self.browser.go_online()
            back = _now()
            sender.online_since = back
            await sender.flush()
            self.figures.note(kinds.CAUGHT_UP, _now() - back)

    def _own_sender(self) -> Sender:
        if self._sender is None:
            raise Failed("nobody writes")
        return self._sender

    # Asking patiently: a person presses again

    async def _get(self, path: str) -> Reply:
        return await self._patiently(lambda: self.browser.get(path))

    async def _post(self, path: str, fields: Fields) -> Reply:
        return await self._patiently(lambda: self.browser.post_form(path, fields))

    async def _follow(self, reply: Reply) -> Reply:
        """Load where a redirect leads: a connection lost just then is no end, the page is there."""
        return await self._patiently(lambda: self.browser.follow(reply))

    async def _patiently(self, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        for _try in range(TRIES):
            try:
                return await ask()
            except Unanswered:
                if not self.browser.is_offline:
                    self.figures.counts["pages asked for again"] += 1
                await asyncio.sleep(1.0)
        raise Unanswered("the server did not answer for a minute")


def _begins(question: Question) -> tuple[Answer, str | None]:
    """What a question's page shows before anything is done, and the field that is written in."""
    if not question.is_written:
        return question.answer, None
    part = next(each.name.partition(":")[2] for each in question.controls)
    return question.answer, part


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - _now()))
