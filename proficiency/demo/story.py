"""The sittings of the demonstration, each taken as far along the life of an exam as it should be.

Each step runs the product's own operation as the person who would do it, at the moment when they
would have done it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.delivery import operations as delivery
from proficiency.demo.answers import answer, judge
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking import operations as marking
from proficiency.marking.queries import get_blind_script, list_responses
from proficiency.moderation import operations as moderation
from proficiency.preparation.document_operations import Accepted, confirm_check_in
from proficiency.preparation.documents import current_documents, seconds_of
from proficiency.preparation.place import get_place
from proficiency.results import operations as results
from proficiency.sittings import operations as sittings
from proficiency.standard_setting import operations as standard_setting
from proficiency.standard_setting.rules import Method

DEVICE = "demonstration"


@dataclass(frozen=True)
class Stage:
    """Where the story happens: the database, the staff by login, the form and its items."""

    database: Database
    staff: Mapping[str, Actor]
    form_id: str
    items: tuple[FormItemView, ...]

    def act(
        self, operation: Callable[..., Any], who: str | Actor, at: datetime, **what: Any
    ) -> Any:
        """Run one operation as `who` at `at`, in a transaction of its own."""
        actor = self.staff[who] if isinstance(who, str) else who
        with transaction(self.database) as session:
            return operation(session, actor, at, **what)


def set_stage(database: Database, staff: Mapping[str, Actor], form_id: str) -> Stage:
    """Return the stage for a form."""
    with database.read() as session:
        items = tuple(list_form_items(session, form_id))
    return Stage(database, staff, form_id, items)


def schedule(
    stage: Stage, title: str, opens_at: datetime, open_for: timedelta, candidates: Iterable[Actor]
) -> tuple[str, list[str]]:
    """Schedule a sitting a day before it opens and book `candidates`; one has extra time.

    Returns the ids of the sitting and of the bookings.
    """
    before = opens_at - timedelta(days=1)
    sitting = stage.act(
        sittings.schedule_sitting,
        "officer",
        before,
        form_id=stage.form_id,
        title=title,
        opens_at=opens_at,
        last_start_at=opens_at + open_for,
    )
    bookings = [
        stage.act(
            sittings.book_candidate, "officer", before,
            sitting_id=sitting.id, candidate_id=candidate.id,
        ).id
        for candidate in candidates
    ]  # fmt: skip
    stage.act(
        sittings.record_arrangement,
        "officer",
        before,
        booking_id=bookings[0],
        extra_percent=25,
        extra_minutes=0,
        reason="Dyslexia; educational psychologist's report seen.",
    )
    return sitting.id, bookings


def check_in(stage: Stage, candidate: Actor, booking_id: str, at: datetime) -> None:
    """Read the documents, and confirm them and the time, as the page of check-in asks."""
    with stage.database.read() as session:
        documents = current_documents(session)
        allowed, rest = seconds_of(get_place(session, booking_id))
    stage.act(
        confirm_check_in,
        candidate,
        at,
        booking_id=booking_id,
        accepted=Accepted(
            digests={each.document: each.digest for each in documents.values()},
            allowed_seconds=allowed,
            rest_seconds=rest,
            is_fit=True,
        ),
    )


def begin(stage: Stage, candidate: Actor, booking_id: str, at: datetime) -> str:
    """Check in and start; return the attempt's id."""
    check_in(stage, candidate, booking_id, at)
    attempt = stage.act(
        delivery.start_attempt, candidate, at, booking_id=booking_id, device_id=DEVICE
    )
    return str(attempt.id)


def write(
    stage: Stage,
    candidate: Actor,
    attempt_id: str,
    place: int,
    at: datetime,
    ability: int,
) -> None:
    """Answer the question at `place` in the paper, from 0."""
    item = stage.items[place]
    stage.act(
        delivery.save_answer,
        candidate,
        at,
        attempt_id=attempt_id,
        item_id=item.id,
        epoch=1,
        client_seq=place + 1,
        raw=answer(item, attempt_id, ability),
        device_id=DEVICE,
    )


def write_all(
    stage: Stage, candidate: Actor, attempt_id: str, at: datetime, ability: int
) -> datetime:
    """Answer every question, closing the stages; return when the last answer was saved."""
    for place, item in enumerate(stage.items):
        if place and item.stage > stage.items[place - 1].stage:
            at += timedelta(minutes=1)
            stage.act(
                delivery.open_next_stage, candidate, at, attempt_id=attempt_id, epoch=1,
                closing=item.stage - 1,
            )  # fmt: skip
        at += timedelta(minutes=3)
        write(stage, candidate, attempt_id, place, at, ability)
    return at


def sit(stage: Stage, candidate: Actor, booking_id: str, at: datetime, ability: int) -> None:
    """Sit the whole exam: every question answered, every stage closed, then submitted."""
    attempt_id = begin(stage, candidate, booking_id, at)
    at = write_all(stage, candidate, attempt_id, at, ability)
    stage.act(delivery.submit_attempt, candidate, at, attempt_id=attempt_id, epoch=1)


def mark(stage: Stage, sitting_id: str, at: datetime, *, at_most: int | None = None) -> None:
    """Let both assessors mark question by question, at most `at_most` responses each."""
    stage.act(marking.open_marking, "lead", at, sitting_id=sitting_id)
    people = [item for item in stage.items if get_format(item.format).is_marked_by_people]
    for login in ("assessor", "assessor2"):
        left = at_most if at_most is not None else len(people) * 10_000
        for item in people:
            while left and mark_next(stage, sitting_id, item, login, at):
                left -= 1


def mark_next(stage: Stage, sitting_id: str, item: FormItemView, login: str, at: datetime) -> bool:
    """Claim and mark one response of `item`; whether there was one."""
    allocation = stage.act(
        marking.claim_response, login, at, sitting_id=sitting_id, form_item_id=item.id
    )
    if allocation is None:
        return False
    _judge(stage, marking.record_mark, login, at, item, allocation, "comment", "")
    return True


def _judge(
    stage: Stage,
    operation: Callable[..., Any],
    login: str,
    at: datetime,
    item: FormItemView,
    allocation: Any,
    words_name: str,
    words: str,
) -> None:
    with stage.database.read() as session:
        script = get_blind_script(session, stage.staff[login], allocation.id)
    given = judge(item.body, script.text or "", f"{allocation.id}{login}")
    stage.act(
        operation,
        login,
        at,
        allocation_id=allocation.id,
        levels=given.levels,
        indicators=(),
        traps=(),
        **{words_name: words},
    )


def adjudicate(stage: Stage, sitting_id: str, at: datetime) -> None:
    """Let the lead assessor settle every discrepancy."""
    by_id = {item.id: item for item in stage.items}
    while True:
        allocation = stage.act(marking.claim_adjudication, "lead", at, sitting_id=sitting_id)
        if allocation is None:
            return
        with stage.database.read() as session:
            item_of = {r.id: r.form_item_id for r in list_responses(session, sitting_id)}
        item = by_id[item_of[allocation.response_id]]
        reason = "Both assessors' comments read; the levels follow the descriptors word by word."
        _judge(stage, marking.record_adjudication, "lead", at, item, allocation, "reason", reason)


def moderate(stage: Stage, sitting_id: str, at: datetime) -> None:
    """Open the moderation, review one response, and let the quorum sign."""
    review_one(stage, sitting_id, at)
    for login, capacity in (
        ("moderator", "moderator"),
        ("moderator2", "moderator"),
        ("lay", "lay_member"),
    ):
        stage.act(moderation.sign_off, login, at, sitting_id=sitting_id, capacity=capacity)


def review_one(stage: Stage, sitting_id: str, at: datetime) -> None:
    """Open the moderation and decide about one response."""
    stage.act(marking.close_marking, "lead", at, sitting_id=sitting_id)
    stage.act(moderation.open_moderation, "moderator", at, sitting_id=sitting_id)
    with stage.database.read() as session:
        written = [
            response
            for response in list_responses(session, sitting_id)
            if response.form_item_id in _written(stage)
        ]
    stage.act(
        moderation.accept_response,
        "moderator",
        at,
        response_id=written[0].id,
        reason="Both marks follow the descriptors; the answer puts the person's wishes first.",
    )


def _written(stage: Stage) -> set[str]:
    return {i.id for i in stage.items if get_format(i.format).is_marked_by_people}


def release(stage: Stage, sitting_id: str, at: datetime) -> None:
    """Set the cut score, compute the results, and let two people release them."""
    highest = sum((item.max_mark for item in stage.items), Fraction(0))
    proposal = stage.act(
        standard_setting.propose_cut_score,
        "board",
        at,
        sitting_id=sitting_id,
        cut_score=highest * Fraction(55, 100),
        method=Method.ANGOFF,
        rationale="The panel's mean of two rounds of ratings, with the spread considered.",
    )
    for login in ("board2", "board3"):
        stage.act(standard_setting.adopt_cut_score, login, at, proposal_id=proposal.id)
    run_id = stage.act(results.compute_results, "officer", at, sitting_id=sitting_id)
    for login in ("board", "officer"):
        stage.act(results.approve_results, login, at, run_id=run_id)


def lock_overdue(stage: Stage, at: datetime) -> None:
    """Record what time has already decided about attempts left open."""
    stage.act(delivery.lock_overdue_attempts, SYSTEM, at)
