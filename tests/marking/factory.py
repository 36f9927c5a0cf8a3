"""A sitting ready for marking, and people who mark it, made by the real operations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.delivery.operations import (
    open_next_stage,
    save_answer,
    submit_attempt,
)
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking.operations import (
    claim_adjudication,
    claim_response,
    close_marking,
    open_marking,
    record_adjudication,
    record_mark,
)
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings
from tests.starting import start_attempt

AFTER = NOW + timedelta(hours=3)
"""When the sitting is over and marking begins."""

Answers = Callable[[FormItemView, int], object | None]
"""What the candidate of this number (from 1) sends for an item; None for nothing."""


@dataclass(frozen=True)
class World:
    """A sitting whose attempts are closed, with the staff that marks it."""

    database: Database
    sitting_id: str
    form_id: str
    items: tuple[FormItemView, ...]
    candidates: tuple[Actor, ...]
    attempts: tuple[str, ...]
    numbers: tuple[str, ...]
    lead: Actor
    assessors: tuple[Actor, ...]
    clock: dict[str, datetime] = field(default_factory=lambda: {"now": AFTER})

    @property
    def written(self) -> tuple[FormItemView, ...]:
        return tuple(item for item in self.items if get_format(item.format).is_marked_by_people)

    @property
    def ann(self) -> Actor:
        return self.assessors[0]

    @property
    def bob(self) -> Actor:
        return self.assessors[1]

    @property
    def cat(self) -> Actor:
        return self.assessors[2]

    def do(self, operation: Callable[..., Any], actor: Actor, **kwargs: Any) -> Any:
        """Run one operation, each a minute after the one before."""
        self.clock["now"] += timedelta(minutes=1)
        return act(self.database, operation, actor, self.clock["now"], **kwargs)

    def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.database.read() as session:
            return query(session, *args, **kwargs)

    def claim(self, actor: Actor, item: FormItemView | None = None) -> Any:
        """Draw a response to `item`, or to the first written one."""
        chosen = item or self.written[0]
        return self.do(claim_response, actor, sitting_id=self.sitting_id, form_item_id=chosen.id)

    def mark(
        self, actor: Actor, item: FormItemView | None = None, level: int = 1, **more: Any
    ) -> Any:
        """Draw a response and give it one level on every criterion; returns the mark."""
        chosen = item or self.written[0]
        allocation = self.claim(actor, chosen)
        assert allocation is not None, "nothing waits for this assessor"
        return self.do(
            record_mark,
            actor,
            allocation_id=allocation.id,
            levels=even(chosen, level),
            **more,
        )

    def mark_everything(self, levels: Mapping[str, int] | None = None) -> None:
        """Let Ann and Bob mark every written response; `levels` by name, 1 unless told."""
        for name, actor in (("ann", self.ann), ("bob", self.bob)):
            for item in self.written:
                while (allocation := self.claim(actor, item)) is not None:
                    self.do(
                        record_mark,
                        actor,
                        allocation_id=allocation.id,
                        levels=even(item, (levels or {}).get(name, 1)),
                    )

    def adjudicate_everything(self, level: int = 2) -> int:
        """Let the lead settle every discrepancy; returns how many there were."""
        count, items = 0, {item.id: item for item in self.items}
        from proficiency.marking.queries import get_response

        while True:
            allocation = self.do(claim_adjudication, self.lead, sitting_id=self.sitting_id)
            if allocation is None:
                return count
            response = self.read(get_response, allocation.response_id)
            self.do(
                record_adjudication,
                self.lead,
                allocation_id=allocation.id,
                levels=even(items[response.form_item_id], level),
                reason="The plan is named and nobody is given it.",
            )
            count += 1

    def close(self) -> Any:
        return self.do(close_marking, self.lead, sitting_id=self.sitting_id)


def even(item: FormItemView, level: int) -> dict[str, int]:
    """The same level on every criterion of an item, as far as the criterion goes."""
    return {criterion.key: min(level, criterion.top) for criterion in item.body.criteria}


def wordy(item: FormItemView, number: int, text: str = "") -> object | None:
    """Words in every written response, the keys everywhere else."""
    if get_format(item.format).is_marked_by_people:
        return {"text": text or f"Answer of writer {number}.\n\nI would ring the ward first."}
    keys = [item.ids[option.key] for option in item.body.options if option.is_key]
    return {"choice": keys[0]} if item.format == "best_answer" else {"choices": keys}


def silent(item: FormItemView, number: int) -> object | None:
    """The first candidate leaves the first written response empty; the others write."""
    if number == 1 and get_format(item.format).is_marked_by_people and item.stage == 1:
        return {"text": "  \n "}
    return wordy(item, number)


def sit(
    database: Database,
    candidate: Actor,
    booking_id: str,
    items: Sequence[FormItemView],
    answers: Callable[[FormItemView], object | None],
) -> str:
    """Sit a whole exam as `candidate` and return the attempt's id."""
    run = partial(act, database, actor=candidate, now=NOW)
    attempt = run(start_attempt, booking_id=booking_id, device_id="one")
    sequence = 0
    for stage in sorted({item.stage for item in items}):
        if stage > 1:
            run(open_next_stage, attempt_id=attempt.id, epoch=1, closing=stage - 1)
        for item in (item for item in items if item.stage == stage):
            raw = answers(item)
            if raw is None:
                continue
            sequence += 1
            run(
                save_answer,
                attempt_id=attempt.id,
                item_id=item.id,
                epoch=1,
                client_seq=sequence,
                raw=raw,
            )
    run(submit_attempt, attempt_id=attempt.id, epoch=1)
    return str(attempt.id)


def sat(
    database: Database,
    candidates: int = 2,
    answers: Answers = wordy,
    files: Sequence[str] = exams.CASES[:1],
    assessors: int = 3,
    **settings: Any,
) -> World:
    """A sitting that is over: `candidates` people sat a form of one case."""
    form = exams.form(database, files, **settings)
    sitting = sittings.sitting(database, form.id)
    with database.read() as session:
        items = tuple(list_form_items(session, form.id))
    people = tuple(
        sittings.candidate(database, f"Zebedee Canary {n + 1}") for n in range(candidates)
    )
    bookings = [sittings.booking(database, sitting.id, each.id) for each in people]
    attempts = tuple(
        sit(database, each, booking.id, items, lambda item, n=n: answers(item, n))
        for n, (each, booking) in enumerate(zip(people, bookings, strict=True), start=1)
    )
    return World(
        database=database,
        sitting_id=sitting.id,
        form_id=form.id,
        items=items,
        candidates=people,
        attempts=attempts,
        numbers=tuple(booking.candidate_number for booking in bookings),
        lead=person(database, Role.LEAD_ASSESSOR, name="Lena Lead"),
        assessors=tuple(
            person(database, Role.ASSESSOR, name=f"Assessor {name}")
            for name in ("Ann", "Bob", "Cat", "Dan", "Eve")[:assessors]
        ),
    )


def in_marking(database: Database, candidates: int = 2, **more: Any) -> World:
    """A sitting whose marking is open."""
    world = sat(database, candidates, **more)
    world.do(open_marking, world.lead, sitting_id=world.sitting_id)
    return world


def marked(database: Database, candidates: int = 2, **more: Any) -> World:
    """A sitting whose marking is closed; Ann and Bob agreed on everything."""
    world = in_marking(database, candidates, **more)
    world.mark_everything()
    world.close()
    return world
