"""The tables in docs/timing.md say what the program does: examples are run, the rest compared."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module

import pytest

from proficiency.accounts.rules import Role
from proficiency.core.chain import evidence_models
from proficiency.core.config import ROOT
from proficiency.delivery.lost_rules import (
    Clock,
    Happened,
    Span,
    blocked_credit,
    read_ledger,
    total,
)
from proficiency.delivery.outages import LEAST, MERCY, PULSE
from proficiency.delivery.rules import (
    WINDOW_KINDS,
    Allowance,
    EventKind,
    WindowEvent,
    compute_window,
)
from tests.clock import NOW

TEXT = (ROOT / "docs" / "timing.md").read_text(encoding="utf-8")
WHERE = (
    "exams.operations",
    "sittings.operations",
    "sittings.time_operations",
    "delivery.operations",
    "delivery.shift_operations",
    "delivery.time_operations",
    "delivery.room_time_operations",
)
KINDS = {
    "pause": EventKind.PAUSED,
    "resume": EventKind.RESUMED,
    "credit": EventKind.CREDITED,
    "break": EventKind.REST_STARTED,
    "go on": EventKind.REST_ENDED,
}


def rows(heading: str) -> Iterator[list[str]]:
    """The rows of the table under a heading, without its own head."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def span(words: str) -> timedelta:
    units = {"h": "hours", "min": "minutes", "s": "seconds"}
    found = re.findall(r"(\d+) (h|min|s)\b", words)
    assert found, words
    return sum((timedelta(**{units[unit]: int(number)}) for number, unit in found), timedelta(0))


def at(words: str) -> datetime:
    hour, minute, second = map(int, words.split(":"))
    return NOW.replace(hour=hour, minute=minute, second=second)


def allowance(time: str, breaks: str) -> Allowance:
    base, *more = time.split(" + ")
    percent = sum(int(each.split()[0]) for each in more if each.endswith("%"))
    extra = sum((span(each) for each in more if not each.endswith("%")), timedelta(0))
    rest, longest = map(int, breaks.split("/")) if breaks != "–" else (0, 0)
    return Allowance(
        span(base), percent, extra, timedelta(minutes=rest), timedelta(minutes=longest)
    )


def happened(words: str) -> list[WindowEvent]:
    if words == "nothing":
        return []
    events = []
    for each in words.split(", "):
        name, moment = each.rsplit(" ", 1)
        amount = span(name) if name.startswith("credit") else timedelta(0)
        kind = KINDS["credit" if name.startswith("credit") else name]
        events.append(WindowEvent(kind, at(moment), amount))
    return events


EXAMPLES = list(rows("Examples"))


@pytest.mark.parametrize("row", EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_each_example_ends_when_the_table_says(row: list[str]) -> None:
    _name, start, time, breaks, events, end = row
    window = compute_window(at(start), allowance(time, breaks), happened(events))
    assert window.deadline == (None if end == "none yet" else at(end))


TOGETHER = list(rows("When both happened to the same minutes"))


def stretch(words: str) -> Span:
    begin, end = words.split(" to ")
    return Span(at(begin), at(end))


@pytest.mark.parametrize("row", TOGETHER, ids=[row[0] for row in TOGETHER])
def test_what_two_rules_know_is_given_back_as_the_table_says(row: list[str]) -> None:
    _name, silence, away, waited, most, first, for_waiting, for_outage = row
    heard, outage, claim = stretch(silence), stretch(away), span(waited)
    clock = Clock(at("09:00:00"), Allowance(timedelta(hours=3)))
    events = [
        Happened(EventKind.STARTED, clock.started_at, timedelta(0), 1, is_own=True),
        Happened(EventKind.ANSWER_SAVED, heard.from_at, timedelta(0), 1, is_own=True),
    ]
    given = {}
    for which in ("waiting", "outage") if first == "waiting" else ("outage", "waiting"):
        ledger = read_ledger(clock, events)
        if which == "waiting":
            had = total(ledger.waited(claim, heard.to_at))
            given[which] = blocked_credit(claim, had, span(most))
            more = Happened(EventKind.CREDITED, heard.to_at, given[which], 1, True, claim)
        else:
            given[which] = ledger.lost(outage)
            more = Happened(EventKind.CREDITED, heard.to_at, given[which], 1, False, None, outage)
        events.append(more)
    assert (given["waiting"], given["outage"]) == (span(for_waiting), span(for_outage))


def test_every_kind_of_event_that_moves_the_end_is_told_and_tried() -> None:
    told = {row[5].strip("`") for row in rows("While somebody writes")}
    assert told == {kind.value for kind in WINDOW_KINDS}
    tried = {event.kind for row in EXAMPLES for event in happened(row[4])}
    assert tried == WINDOW_KINDS


def test_what_comes_before_the_start_leaves_evidence_that_there_is() -> None:
    tables = {model.__tablename__ for model in evidence_models()}
    assert {row[5].strip("`") for row in rows("Before the start")} <= tables


def find_operation(name: str):
    for place in WHERE:
        found = getattr(import_module(f"proficiency.{place}"), name, None)
        if found is not None:
            return found
    raise AssertionError(f"there is no operation {name}")


BY_ROLE = [
    (row[2].strip("`"), row[1])
    for heading in ("Before the start", "While somebody writes")
    for row in rows(heading)
]


@pytest.mark.parametrize(("name", "who"), BY_ROLE, ids=[name for name, _who in BY_ROLE])
def test_exactly_those_may_do_it_whom_the_table_names(name: str, who: str) -> None:
    roles = find_operation(name).__operation__
    if who == "the candidate":
        assert roles == frozenset()  # each finds only the attempt of whoever asks
    else:
        assert roles == {Role(each.strip()) for each in who.split(",")}


def test_the_figures_of_an_outage_are_those_of_the_program() -> None:
    text = TEXT.split("## When the service was away")[1].split("\n## ")[0]
    assert f"every {PULSE.seconds} seconds" in text
    assert f"silence of {LEAST.seconds} seconds" in text
    assert timedelta(minutes=10) == MERCY
    assert "ten minutes after" in text
