"""A whole small exam for tests, lived through by the real operations up to where it is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.delivery.operations import (
    open_next_stage,
    save_answer,
    submit_attempt,
)
from proficiency.exams.operations import assemble_form
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.framework.operations import import_packaged_framework
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.operations import (
    claim_adjudication,
    claim_response,
    close_marking,
    open_marking,
    record_adjudication,
    record_mark,
)
from proficiency.marking.queries import ResponseView, get_response, list_responses
from proficiency.moderation.operations import open_moderation, sign_off
from proficiency.results.operations import approve_results, compute_results
from proficiency.scenarios.operations import publish_case
from proficiency.standard_setting.operations import adopt_cut_score, propose_cut_score
from proficiency.standard_setting.rules import Method
from tests.exams import factory as exams
from tests.factories import NOW, act, person
from tests.scenarios.factory import SMALL_CASE
from tests.sittings import factory as sittings
from tests.starting import start_attempt

MARKING = NOW + timedelta(hours=3)
MODERATION = NOW + timedelta(days=1)
DECISION = NOW + timedelta(days=2)
RELEASE = NOW + timedelta(days=3)
WHY = "Two rounds of ratings by eight judges; the spread fell from 6 marks to 2."
WORDS = "I ring Owen, ask him what he wants, and have the lock changed today."


@dataclass(frozen=True)
class Plan:
    """How one candidate does: right answers by kind, the words, and what each assessor gives.

    `levels` lists, for each of the two assessors, the levels of the criteria in their order; a
    third entry is the adjudicator's.
    """

    best: bool = True
    several: int = 2
    words: str = WORDS
    levels: Sequence[Sequence[int]] = ((2, 2), (2, 1))


GOOD = Plan()
WEAK = Plan(best=False, several=1, levels=((0, 1), (0, 1)))
APART = Plan(levels=((2, 2), (0, 0), (1, 2)))
SILENT = Plan(words="", levels=())


@dataclass(frozen=True)
class World:
    """A sitting, its people and its attempts; `plans` and `attempts` are in the same order."""

    database: Database
    sitting_id: str
    form_id: str
    plans: Sequence[Plan]
    candidates: Sequence[Actor]
    attempts: Sequence[str]
    officer: Actor
    lead: Actor
    assessors: Sequence[Actor]
    moderators: Sequence[Actor]
    board: Sequence[Actor]

    def act(self, operation: Any, actor: Actor, at: datetime, **what: Any) -> Any:
        return act(self.database, operation, actor, at, **what)

    @property
    def items(self) -> list[FormItemView]:
        with self.database.read() as session:
            return list_form_items(session, self.form_id)

    @property
    def written(self) -> FormItemView:
        return next(item for item in self.items if isinstance(item.body, WrittenResponse))

    def response(self, attempt: int, item: FormItemView) -> ResponseView:
        """The response of the attempt at this place in `attempts` to `item`."""
        with self.database.read() as session:
            return next(
                response
                for response in list_responses(session, self.sitting_id)
                if response.attempt_id == self.attempts[attempt]
                and response.form_item_id == item.id
            )


def sat(database: Database, *plans: Plan, **settings: Any) -> World:
    """A sitting that candidates have sat by their plans, and everybody who works on it."""
    act(database, import_packaged_framework, SYSTEM)
    version = act(database, publish_case, SYSTEM, text=SMALL_CASE, file="case.md")
    form = act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=exams.scheme(database, **settings).id,
        title="Paper A",
        case_version_ids=[version.id],
    )
    sitting = sittings.sitting(database, form.id)
    candidates = [sittings.candidate(database, f"Candidate Surname{n}") for n in range(len(plans))]
    attempts = [
        _sit(database, sitting.id, form.id, candidate, plan)
        for candidate, plan in zip(candidates, plans, strict=True)
    ]
    return World(
        database=database,
        sitting_id=sitting.id,
        form_id=form.id,
        plans=plans,
        candidates=candidates,
        attempts=attempts,
        officer=person(database, Role.EXAM_OFFICER, name="Olwen Officer"),
        lead=person(database, Role.LEAD_ASSESSOR, name="Lena Leader"),
        assessors=[person(database, Role.ASSESSOR, name=f"Assessor Name{n}") for n in (1, 2)],
        moderators=[
            person(database, Role.MODERATOR),
            person(database, Role.MODERATOR),
            person(database, Role.LAY_MEMBER),
        ],
        board=[person(database, Role.ASSESSMENT_BOARD, name=f"Board Name{n}") for n in range(4)],
    )


def _sit(database: Database, sitting_id: str, form_id: str, candidate: Actor, plan: Plan) -> str:
    booking = sittings.booking(database, sitting_id, candidate.id)
    attempt = act(database, start_attempt, candidate, booking_id=booking.id, device_id="a device")
    with database.read() as session:
        items = list_form_items(session, form_id)
    at = NOW
    for number, item in enumerate(items, start=1):
        if item.stage == 2 and items[number - 2].stage == 1:
            act(database, open_next_stage, candidate, at, attempt_id=attempt.id, epoch=1)
        raw = answer(item, plan)
        if raw is not None:
            at += timedelta(minutes=2)
            act(
                database,
                save_answer,
                candidate,
                at,
                attempt_id=attempt.id,
                item_id=item.id,
                epoch=1,
                client_seq=number,
                raw=raw,
            )
    act(database, submit_attempt, candidate, at, attempt_id=attempt.id, epoch=1)
    return str(attempt.id)


def answer(item: FormItemView, plan: Plan) -> Mapping[str, Any] | None:
    """What a browser sends for `item` by a plan; None for nothing."""
    if isinstance(item.body, WrittenResponse):
        return {"text": plan.words} if plan.words else None
    right = [item.ids[option.key] for option in item.body.options if option.is_key]
    wrong = [item.ids[option.key] for option in item.body.options if not option.is_key]
    if item.format == "best_answer":
        return {"choice": right[0] if plan.best else wrong[0]}
    return {"choices": right[: plan.several] + wrong[: len(right) - plan.several]}


def marked(database: Database, *plans: Plan, **settings: Any) -> World:
    """The same, with marking closed: every response is settled."""
    world = sat(database, *plans, **settings)
    open_for_marking(world)
    mark_all(world)
    return world


def open_for_marking(world: World) -> None:
    """Let the lead assessor open the marking."""
    world.act(open_marking, world.lead, MARKING, sitting_id=world.sitting_id)


def mark_all(world: World) -> None:
    """Let the assessors mark and the lead settle everything, and close the marking."""
    for place, assessor in enumerate(world.assessors):
        while _mark_one(world, place, assessor):
            pass
    while _adjudicate_one(world):
        pass
    world.act(close_marking, world.lead, MARKING, sitting_id=world.sitting_id)


def _levels(world: World, response_id: str, place: int) -> dict[str, int]:
    with world.database.read() as session:
        attempt_id = get_response(session, response_id).attempt_id
    plan = world.plans[list(world.attempts).index(attempt_id)]
    keys = [criterion.key for criterion in world.written.body.criteria]
    return dict(zip(keys, plan.levels[place], strict=True))


def _mark_one(world: World, place: int, assessor: Actor) -> bool:
    allocation = world.act(
        claim_response,
        assessor,
        MARKING,
        sitting_id=world.sitting_id,
        form_item_id=world.written.id,
    )
    if allocation is None:
        return False
    levels = _levels(world, allocation.response_id, place)
    world.act(
        record_mark,
        assessor,
        MARKING,
        allocation_id=allocation.id,
        levels=levels,
        comment=f"Assessor {place + 1} explains.",
    )
    return True


def _adjudicate_one(world: World) -> bool:
    allocation = world.act(claim_adjudication, world.lead, MARKING, sitting_id=world.sitting_id)
    if allocation is None:
        return False
    world.act(
        record_adjudication,
        world.lead,
        MARKING,
        allocation_id=allocation.id,
        levels=_levels(world, allocation.response_id, 2),
        reason="The adjudicator explains.",
    )
    return True


def moderated(database: Database, *plans: Plan, **settings: Any) -> World:
    """The same, with moderation open."""
    world = marked(database, *plans, **settings)
    start_moderation(world)
    return world


def start_moderation(world: World) -> None:
    """Let a moderator open the moderation."""
    world.act(open_moderation, world.moderators[0], MODERATION, sitting_id=world.sitting_id)


def sign(world: World) -> World:
    """Let the quorum of the moderation sign."""
    for moderator, capacity in zip(
        world.moderators, ("moderator", "moderator", "lay_member"), strict=True
    ):
        world.act(sign_off, moderator, MODERATION, sitting_id=world.sitting_id, capacity=capacity)
    return world


def adopt(world: World, cut_score: Fraction = Fraction(5)) -> World:
    """Let the board propose and adopt a cut score."""
    proposal_id = propose(world, cut_score)
    for member in world.board[1:3]:
        world.act(adopt_cut_score, member, DECISION, proposal_id=proposal_id)
    return world


def propose(world: World, cut_score: Fraction = Fraction(5)) -> str:
    """Let a member of the board propose a cut score; return the proposal's id."""
    proposal = world.act(
        propose_cut_score,
        world.board[0],
        DECISION,
        sitting_id=world.sitting_id,
        cut_score=cut_score,
        method=Method.ANGOFF,
        rationale=WHY,
    )
    return str(proposal.id)


def decided(database: Database, *plans: Plan, **settings: Any) -> World:
    """The same, signed off and with a cut score of 5 marks: results can be computed."""
    return adopt(sign(moderated(database, *plans, **settings)))


def compute(world: World) -> str:
    """Compute the results; return the run's id."""
    run_id: str = world.act(compute_results, world.officer, RELEASE, sitting_id=world.sitting_id)
    return run_id


def release(world: World, run_id: str) -> None:
    """Let a member of the board and the officer approve."""
    for approver in (world.board[0], world.officer):
        world.act(approve_results, approver, RELEASE, run_id=run_id)
