"""The exam page's rules of sending, as `static/js/exam/sender.js` has them.

One message at a time; a pause of 0.8 s sends, and typing without a pause sends every 2.5 s. A
message is sent again, the same under the same number, until it is answered. Typing never waits.

Keystrokes are not played one by one: a burst is a function of time, so that a thousand candidates
cost the driver one step for each message and not for each key.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proficiency.simulate.figures import SAVE, Figures
from proficiency.simulate.pages import Answer
from proficiency.simulate.wire import Browser, Unanswered

QUIET = 0.8
AT_LATEST = 2.5
RETRIES = (1.0, 2.0, 4.0, 5.0)
FINAL_REFUSALS = frozenset({400, 404, 413, 422})


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One message that the server has said it keeps.

    `digest` is the SHA-256 of a written answer's words; other answers are kept whole in `answer`.
    """

    item: str
    epoch: int
    seq: int
    digest: bytes | None
    answer: Answer | None


class Draft:
    """One question's answer as its page holds it: a function of the time."""

    def __init__(self, item: str, answer: Answer, part: str | None) -> None:
        self.item = item
        self.part = part
        """The name of the field that is written in; None for a question that is chosen."""
        self.answer = answer
        self.first: float | None = None
        """When the oldest change was made that no message has taken; None when there is none."""
        self._base = "" if part is None else "".join(answer.get(part, ()))
        self._words, self._start, self._rate = "", 0.0, 1.0

    def begin(self, now: float, cut: int, words: str, rate: float) -> float:
        """Begin a burst now, and return how many seconds it takes."""
        self._base = self.text(now)
        self._base = self._base[: len(self._base) - cut] if cut else self._base
        self._words, self._start, self._rate = words, now, rate
        self.first = now if self.first is None else self.first
        return len(words) / rate

    def choose(self, now: float, answer: Answer) -> None:
        """Choose something, at once."""
        self.answer, self._start = answer, now
        self.first = now if self.first is None else self.first

    def _typed(self, now: float) -> int:
        if now < self._start:
            return 0
        return min(len(self._words), int((now - self._start) * self._rate) + 1)

    def text(self, now: float) -> str:
        """The words at a moment."""
        return self._base + self._words[: self._typed(now)] if self._words else self._base

    def last_change(self, now: float) -> float:
        """When the last change up to `now` was made."""
        typed = self._typed(now) if self._words else 0
        return self._start + max(0, typed - 1) / self._rate

    @property
    def _end(self) -> float:
        return self._start + max(0, len(self._words) - 1) / self._rate

    def is_unsent(self, now: float) -> bool:
        """Whether there is a change at `now` that no message has taken."""
        return self.first is not None and self.first <= now

    @property
    def due(self) -> float | None:
        """When the page sends this question next; None when there is nothing to send."""
        if self.first is None:
            return None
        return min(self.first + AT_LATEST, max(self._end, self.first) + QUIET)

    def take(self, now: float) -> Answer:
        """Take what there is now for a message; what is typed after this is a later one's."""
        typed = self._typed(now) if self._words else 0
        is_typing = typed < len(self._words)
        self.first = self._start + typed / self._rate if is_typing else None
        if self.part is not None:
            self.answer = {self.part: (self.text(now),)}
        return self.answer


class Sender:
    """Sends one candidate's answers, in order, until each is acknowledged."""

    def __init__(self, browser: Browser, config: Mapping[str, Any], figures: Figures) -> None:
        self.browser = browser
        self.figures = figures
        self.told: list[Acknowledged] = []
        self.config = dict(config)
        self.seq = int(config["seq"])
        self.online_since = 0.0
        self._drafts: dict[str, Draft] = {}
        self._loop = asyncio.get_running_loop()
        self._wake: asyncio.Future[None] | None = None
        self._is_sending = False
        self._sending_since = 0.0
        self._is_urgent = False
        self.is_over = False
        self._clean: list[asyncio.Future[None]] = []

    def draft(self, item: str, answer: Answer, part: str | None) -> Draft:
        """Return the draft of a question, which begins with what its page showed."""
        if item not in self._drafts:
            self._drafts[item] = Draft(item, answer, part)
        return self._drafts[item]

    @property
    def drafts(self) -> Mapping[str, Draft]:
        """Every question that was touched, by its id."""
        return self._drafts

    @property
    def oldest(self) -> float | None:
        """Since when something has waited; None when everything is on the server."""
        now = self._loop.time()
        firsts = [draft.first for draft in self._drafts.values() if draft.is_unsent(now)]
        if self._is_sending:
            firsts.append(self._sending_since)
        return min((first for first in firsts if first is not None), default=None)

    def wake(self) -> None:
        """Look again at what is due: something was typed, or the connection is back."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def flush(self) -> None:
        """Send everything now, and return when all of it is acknowledged."""
        if self.oldest is None or self.is_over:
            return
        self._is_urgent = True
        waiter = self._loop.create_future()
        self._clean.append(waiter)
        self.wake()
        await waiter

    async def run(self) -> None:
        """Send whatever falls due, until stopped."""
        while not self.is_over:
            now = self._loop.time()
            found = self._next(now)
            if found is not None and found[0] <= now:
                await self._send(found[1], found[0])
            else:
                await self._sleep_until(None if found is None else found[0])
        self._release()

    def stop(self) -> None:
        """Send nothing more."""
        self.is_over = True
        self.wake()

    def _next(self, now: float) -> tuple[float, Draft] | None:
        """The next message and when it is due: at once what is unsent, when that is urgent."""
        dues = [
            (now if self._is_urgent and draft.is_unsent(now) else due, draft)
            for draft in self._drafts.values()
            if (due := draft.due) is not None
        ]
        return min(dues, key=lambda each: each[0], default=None)

    async def _sleep_until(self, moment: float | None) -> None:
        self._wake = self._loop.create_future()
        timer = None if moment is None else self._loop.call_at(moment, self.wake)
        await self._wake
        if timer is not None:
            timer.cancel()

    async def _send(self, draft: Draft, due: float) -> None:
        """Send one message until it is answered. Raises nothing: faults are noted."""
        self._is_sending, self._sending_since = True, due
        written = self._loop.time()
        answer = draft.take(written)
        self.seq += 1
        message = {
            "token": self.config["token"],
            "epoch": self.config["epoch"],
            "seq": self.seq,
            "item": draft.item,
            "fields": {part: list(values) for part, values in answer.items()},
        }
        changed = draft.last_change(written)
        failures = 0
        while not self.is_over:
            age = round((self._loop.time() - changed) * 1000)
            status, data = await self._post({**message, "age": max(0, age)})
            if status == 200 and data.get("kind") == "answer_saved":
                self._acknowledged(draft, answer, due, failures)
                break
            if status == 200 or status in FINAL_REFUSALS | {401, 403}:
                self._refused(draft, status, data)
                break
            failures += 1
            self.figures.counts["messages sent again"] += 1
            if status:
                self.figures.counts[f"answered with status {status}"] += 1
            await self._sleep_until(self._loop.time() + RETRIES[min(failures, len(RETRIES)) - 1])
        self._is_sending = False
        if self.oldest is None:
            self._is_urgent = False
            self._release()

    async def _post(self, message: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        try:
            reply = await self.browser.post_json(self.config["save"], message)
        except Unanswered:
            return 0, {}
        return reply.status, read_json(reply.body)

    def _acknowledged(self, draft: Draft, answer: Answer, due: float, failures: int) -> None:
        words = None if draft.part is None else answer[draft.part][0]
        digest = None if words is None else hashlib.sha256(words.encode()).digest()
        kept = answer if words is None else None
        self.told.append(Acknowledged(draft.item, self.config["epoch"], self.seq, digest, kept))
        if due >= self.online_since and not failures:
            self.figures.note(SAVE, self._loop.time() - due)
        else:
            self.figures.counts["saves that came after an outage"] += 1

    def _refused(self, draft: Draft, status: int, data: Mapping[str, Any]) -> None:
        said = data.get("kind") or data.get("error") or "nothing"
        self.figures.fault(f"a save of question {draft.item}: status {status}, {said}")
        if status in {401, 403}:
            self.stop()

    def _release(self) -> None:
        for waiter in self._clean:
            if not waiter.done():
                waiter.set_result(None)
        self._clean.clear()


def read_json(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object in an answer; empty when something else answered in our place."""
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
