"""The distinct answers to a question that no machine may mark, and what people decided about each.

Invariants kept: nothing here has a place for a person, an attempt or a response (invariant 7): an
answer has its words, and how many gave it, which is not shown below five. An answer is known by a
digest, so that a decision still holds after the words were lawfully erased.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.chain import Payload, encode_fields
from proficiency.core.errors import Refused
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import AcceptedAnswer, Decision, get_format
from proficiency.marking.connections import closed_attempts
from proficiency.marking.deciding import (
    NOTHING,
    AnswerState,
    Step,
    StepKind,
    Turn,
    shown_count,
    state_of,
    turn_of,
)
from proficiency.marking.models import AnswerDecision, Response
from proficiency.marking.queries import has_machine_mark


@dataclass(frozen=True)
class DistinctAnswer:
    """One answer in its one spelling, and how many candidates gave it."""

    digest: str
    text: str
    candidates: int


@dataclass(frozen=True)
class History:
    """What was decided about the answers of one question: by digest the state, by step its words.

    `texts` are the answers as they were decided about, as far as they were not erased.
    """

    states: Mapping[str, AnswerState]
    reasons: Mapping[str, str]
    texts: Mapping[str, str]

    def state(self, digest: str) -> AnswerState:
        """Return where an answer stands; nothing was decided about it unless it is known."""
        return self.states.get(digest, AnswerState())


def aggregate_of(sitting_id: str, form_item_id: str) -> str:
    """Return the name of the chain of decisions about one question in one sitting."""
    return f"{sitting_id}:{form_item_id}"


def digest_of(sitting_id: str, form_item_id: str, text: str) -> str:
    """Return what an answer is known by."""
    parts = (aggregate_of(sitting_id, form_item_id).encode(), text.encode())
    return hashlib.sha256(encode_fields(parts)).hexdigest()


def decided_items(session: Session, form_id: str) -> list[FormItemView]:
    """Return the questions of a form whose further answers people decide about."""
    items = list_form_items(session, form_id)
    return [item for item in items if get_format(item.format).is_decided_by_people]


def stored_answers(
    session: Session, sitting_id: str, item: FormItemView, *, unmarked: bool = False
) -> list[tuple[str, str]]:
    """Return each response to a question with its stored answer, as far as there is one.

    `unmarked` limits it to those that have no mark by the machine yet.
    """
    query = (
        sa.select(Response.id, Payload.text)
        .join(Payload, Payload.id == Response.answer_event_id)
        .where(Response.sitting_id == sitting_id, Response.form_item_id == item.id)
        .order_by(Response.id)
    )
    if unmarked:
        query = query.where(~has_machine_mark())
    return [(row.id, row.text) for row in session.execute(query)]


def distinct_answers(
    session: Session, sitting_id: str, item: FormItemView, *, unmarked: bool = False
) -> dict[str, DistinctAnswer]:
    """Return by digest the answers to a question that its table does not know."""
    counts: Counter[str] = Counter()
    for _id, stored in stored_answers(session, sitting_id, item, unmarked=unmarked):
        counts.update(set(get_format(item.format).undecided(item.body, stored)))
    found = {digest_of(sitting_id, item.id, text): text for text in counts}
    return {digest: DistinctAnswer(digest, text, counts[text]) for digest, text in found.items()}


def closed_digests(
    session: Session, person_id: str, sitting_id: str, item: FormItemView
) -> set[str]:
    """Return the answers that somebody may not decide about: those of candidates closed to them."""
    closed = closed_attempts(session, person_id, sitting_id)
    if not closed:
        return set()
    query = (
        sa.select(Payload.text)
        .join(Response, Response.answer_event_id == Payload.id)
        .where(Response.form_item_id == item.id, Response.attempt_id.in_(closed))
    )
    return {
        digest_of(sitting_id, item.id, text)
        for stored in session.scalars(query)
        for text in get_format(item.format).undecided(item.body, stored)
    }


def load_history(session: Session, sitting_id: str, form_item_id: str) -> History:
    """Return what was decided about the answers to one question, from its chain."""
    rows = session.execute(
        sa.select(AnswerDecision, Payload.text)
        .outerjoin(Payload, Payload.id == AnswerDecision.id)
        .where(AnswerDecision.aggregate_id == aggregate_of(sitting_id, form_item_id))
        .order_by(AnswerDecision.pos)
    ).all()
    steps: dict[str, list[Step]] = defaultdict(list)
    reasons: dict[str, str] = {}
    texts: dict[str, str] = {}
    for row, words in rows:
        steps[row.answer_digest].append(read_step(row))
        if words is not None:
            written = json.loads(words)
            reasons[row.id], texts[row.answer_digest] = written["reason"], written["answer"]
    return History({digest: state_of(each) for digest, each in steps.items()}, reasons, texts)


def read_step(row: AnswerDecision) -> Step:
    """Return a stored step as the rules read it."""
    decision = None
    if row.point is not None and row.marks_num is not None and row.marks_den is not None:
        decision = Decision(row.point, Fraction(row.marks_num, row.marks_den))
    kind = StepKind(row.kind)
    return Step(row.id, kind, row.actor_id, decision, row.about_id, row.supersedes_id)


def decided_among(
    answers: Iterable[str], history: History, sitting_id: str, form_item_id: str
) -> dict[str, Decision]:
    """Return the decisions that hold about these answers, as formats score by them."""
    found = {}
    for text in answers:
        decision = history.state(digest_of(sitting_id, form_item_id, text)).decision
        if decision is not None:
            found[text] = decision
    return found


def score_decided(
    sitting_id: str, item: FormItemView, stored: str | None, history: History
) -> Fraction | None:
    """Return the mark that follows for one stored answer; None while any of it is undecided."""
    kind = get_format(item.format)
    open_answers = kind.undecided(item.body, stored)
    decided = decided_among(open_answers, history, sitting_id, item.id)
    return kind.score(item.body, item.ids, stored, decided)


# The choices


def added_answers(history: History) -> list[AcceptedAnswer]:
    """Return the right answers outside the table that were decided so far."""
    return [
        AcceptedAnswer(digest, history.texts.get(digest, _("(erased)")), state.decision.marks, "")
        for digest, state in history.states.items()
        if state.decision is not None and state.decision.point == digest
    ]


def list_choices(item: FormItemView, history: History) -> tuple[AcceptedAnswer, ...]:
    """Return what an answer can mean: the rows of the table, then what people added."""
    known = get_format(item.format).accepted_answers(item.body)
    return (*known, *added_answers(history))


def refuse_undecided_format(item: FormItemView) -> None:
    """Raise `Refused` for a question whose answers nobody decides about one by one."""
    if not get_format(item.format).is_decided_by_people:
        raise Refused(_("The answers to this question are not decided about one by one."))


# What one person sees


@dataclass(frozen=True)
class Meaning:
    """A decision in words. `reason` is what was said for it, if anything."""

    words: str
    marks: Fraction
    reason: str


@dataclass(frozen=True)
class AnswerLine:
    """One answer as one person's work.

    `candidates` is None when too few gave it to say. `own` is what they decided themselves while it
    waits for somebody else, `holds` what was decided, `differing` what two people said who differ,
    `change` why somebody wants another decision.
    """

    digest: str
    text: str
    candidates: int | None
    turn: Turn
    own: Meaning | None
    own_id: str | None
    holds: Meaning | None
    differing: tuple[Meaning, ...]
    change: str | None

    @property
    def waits(self) -> bool:
        """Whether it is this person's turn."""
        return self.turn in (Turn.DECIDE, Turn.SETTLE)


def list_lines(
    session: Session, actor: Actor, sitting_id: str, item: FormItemView, history: History
) -> list[AnswerLine]:
    """Return every answer to a question that its table does not know, as `actor`'s work.

    The most frequent first, as far as their number is shown; then by their words. Answers that are
    for others are left out.
    """
    choices = {each.key: each for each in list_choices(item, history)}
    closed = closed_digests(session, actor.id, sitting_id, item)
    answers = distinct_answers(session, sitting_id, item).values()
    lines = [
        _line(actor, answer, history, choices) for answer in answers if answer.digest not in closed
    ]
    return sorted(lines, key=lambda line: (-(line.candidates or 0), line.text))


def _line(
    actor: Actor, answer: DistinctAnswer, history: History, choices: Mapping[str, AcceptedAnswer]
) -> AnswerLine:
    state = history.state(answer.digest)
    turn = turn_of(state, actor.id, leads=actor.has(Role.LEAD_ASSESSOR))

    def meaning(step_id: str | None, decision: Decision | None) -> Meaning | None:
        if decision is None or step_id is None:
            return None
        return meaning_of(decision, history.reasons.get(step_id, ""), answer.digest, choices)

    proposal, dispute = state.proposal, state.dispute
    pair = [step for step in (proposal, dispute) if step] if turn is Turn.SETTLE else []
    is_change = proposal is not None and proposal.supersedes_id is not None
    return AnswerLine(
        digest=answer.digest,
        text=answer.text,
        candidates=shown_count(answer.candidates),
        turn=turn,
        own=meaning(proposal.id, proposal.decision) if proposal and turn is Turn.UNDO else None,
        own_id=proposal.id if proposal and turn is Turn.UNDO else None,
        holds=meaning(state.holds_id, state.decision),
        differing=tuple(m for step in pair if (m := meaning(step.id, step.decision))),
        change=history.reasons.get(proposal.id) if proposal and is_change else None,
    )


def meaning_of(
    decision: Decision, reason: str, digest: str, choices: Mapping[str, AcceptedAnswer]
) -> Meaning:
    """Return a decision about the answer `digest` in words; `choices` by key, added ones too."""
    if decision.point == NOTHING.point:
        return Meaning(_("Nothing"), decision.marks, reason)
    if decision.point == digest:
        return Meaning(_("Right, though not in the table"), decision.marks, reason)
    known = choices.get(decision.point)
    return Meaning(known.answer if known else _("(erased)"), decision.marks, reason)


# How many wait


def count_waiting(session: Session, actor: Actor, sitting_id: str, item: FormItemView) -> int:
    """Return how many answers to a question wait for `actor`."""
    history = load_history(session, sitting_id, item.id)
    leads = actor.has(Role.LEAD_ASSESSOR)
    turns = [
        turn_of(history.state(digest), actor.id, leads=leads)
        for digest in open_digests(session, sitting_id, item, history)
        - closed_digests(session, actor.id, sitting_id, item)
    ]
    return sum(turn in (Turn.DECIDE, Turn.SETTLE) for turn in turns)


def open_digests(
    session: Session, sitting_id: str, item: FormItemView, history: History
) -> set[str]:
    """Return the answers on which people still have to decide, changes asked for included."""
    unmarked = distinct_answers(session, sitting_id, item, unmarked=True)
    undecided = {digest for digest in unmarked if history.state(digest).decision is None}
    return undecided | {digest for digest, state in history.states.items() if state.proposal}
