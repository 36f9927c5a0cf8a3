"""One question of one attempt, as a trace tells it: answer, marks, question, standards."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.core.exact import mark_text
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView
from proficiency.framework.rules import Framework, SubStandard
from proficiency.items.rules import get_format
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.answer_history import decisions_about
from proficiency.marking.deciding import StepKind
from proficiency.marking.queries import (
    MarkView,
    ResponseView,
    find_answer,
    response_marks,
)
from proficiency.marking.rules import MarkKind, MarkSource, Settled
from proficiency.moderation.queries import ActView
from proficiency.moderation.rules import ModerationKind
from proficiency.results.proofs import Proof, SaveHistory, prove, read_history
from proficiency.scenarios.queries import get_case_version

SOURCE_WORDS = {
    MarkSource.MACHINE: _("scored by machine from the key"),
    MarkSource.MEAN: _("the exact mean of two independent marks, which lay within tolerance"),
    MarkSource.ADJUDICATOR: _("the adjudicator’s mark, because two marks lay too far apart"),
    MarkSource.MODERATOR: _("the mark that moderation gave"),
}
DECIDED = _("scored from the table and from what people decided about the answer")


@dataclass(frozen=True)
class TracedLevel:
    """The level that a mark gives one criterion, and the marks that it makes."""

    criterion: str
    level: int
    label: str
    marks: Fraction


@dataclass(frozen=True)
class TracedMark:
    """One mark. `counts` when the final mark follows from it; `name` only when names are shown."""

    who: str
    name: str | None
    at: datetime
    mark: Fraction
    levels: tuple[TracedLevel, ...]
    indicators: tuple[str, ...]
    traps: tuple[str, ...]
    is_critical: bool
    comment: str | None
    counts: bool
    proof: Proof


@dataclass(frozen=True)
class TracedAct:
    """A decision about one of its answers, or what moderation said or decided about a response."""

    what: str
    name: str | None
    at: datetime
    words: str | None
    proof: Proof


@dataclass(frozen=True)
class TracedAnswer:
    """The very words. `lines` is empty when nothing was answered; None when they were erased."""

    lines: tuple[str, ...] | None
    is_text: bool
    history: SaveHistory
    proof: Proof | None
    response_id: str
    response_proof: Proof


@dataclass(frozen=True)
class TracedVersion:
    """The version that was sat. `content_holds` when its text has the hash that was published."""

    case_name: str
    version: int
    title: str
    content_hash: str
    content_holds: bool
    proof: Proof


@dataclass(frozen=True)
class TracedStandard:
    """A standard that is cited, in our own words."""

    code: str
    summary: str
    theme: str


@dataclass(frozen=True)
class TracedPart:
    """A criterion, or the whole question, with the standards that it cites."""

    title: str | None
    standards: tuple[TracedStandard, ...]


@dataclass(frozen=True)
class TracedItem:
    """Everything about one question of one attempt. `body` is for the format's assessor macro."""

    form_item_id: str
    number: int
    stage: int
    format: str
    format_title: str
    stem_html: str
    body: Any
    mark: Fraction
    max_mark: Fraction
    source: str
    is_critical: bool
    marks: tuple[TracedMark, ...]
    acts: tuple[TracedAct, ...]
    answer: TracedAnswer
    version: TracedVersion
    item_proof: Proof
    parts: tuple[TracedPart, ...]

    @property
    def proofs(self) -> list[Proof]:
        """Every proof of this question's links."""
        answered = [self.answer.proof] if self.answer.proof else []
        return [
            *(mark.proof for mark in self.marks),
            *(act.proof for act in self.acts),
            *answered,
            self.answer.response_proof,
            self.version.proof,
            self.item_proof,
        ]

    @property
    def holds(self) -> bool:
        """Whether every link of this question is proved."""
        return self.version.content_holds and all(proof.holds for proof in self.proofs)


@dataclass(frozen=True)
class ItemSources:
    """What a traced question is made from; `names` is empty unless names are shown."""

    item: FormItemView
    response: ResponseView
    final: Settled
    acts: Sequence[ActView]
    framework: Framework
    names: Mapping[str, str]


def trace_item(session: Session, sources: ItemSources) -> TracedItem:
    """Return one question of one attempt with all its links proved."""
    item, final = sources.item, sources.final
    decisions = tuple(_decisions(session, sources))
    is_decided = bool(decisions) and final.source is MarkSource.MACHINE
    return TracedItem(
        form_item_id=item.id,
        number=item.number,
        stage=item.stage,
        format=item.format,
        format_title=get_format(item.format).title,
        stem_html=item.stem_html,
        body=item.body,
        mark=final.mark,
        max_mark=item.max_mark,
        source=DECIDED if is_decided else SOURCE_WORDS[final.source],
        is_critical=final.is_critical,
        marks=_marks(session, sources),
        acts=(
            *decisions,
            *(_act(session, act, bool(sources.names)) for act in sources.acts),
        ),
        answer=_answer(session, item, sources.response),
        version=trace_version(session, item),
        item_proof=prove(session, "form_item", item.id),
        parts=trace_parts(item, sources.framework),
    )


# Marks


def _marks(session: Session, sources: ItemSources) -> tuple[TracedMark, ...]:
    given = response_marks(session, sources.response.id)
    assessors = list(
        dict.fromkeys(mark.actor_id for mark in given if mark.kind is MarkKind.ASSESSOR)
    )
    corrected = {mark.supersedes_id for mark in given}
    return tuple(
        _mark(session, sources, mark, _who(mark, assessors, mark.id in corrected)) for mark in given
    )


def _who(mark: MarkView, assessors: Sequence[str], is_corrected: bool) -> str:
    if mark.kind is MarkKind.ASSESSOR:
        who = _("Assessor {n}").format(n=assessors.index(mark.actor_id) + 1)
    else:
        who = {
            MarkKind.MACHINE: _("Machine"),
            MarkKind.ADJUDICATOR: _("Adjudicator"),
            MarkKind.MODERATOR: _("Moderation"),
        }[mark.kind]
    return _("{who}, corrected later").format(who=who) if is_corrected else who


def _mark(session: Session, sources: ItemSources, mark: MarkView, who: str) -> TracedMark:
    body = sources.item.body
    return TracedMark(
        who=who,
        name=None if mark.kind is MarkKind.MACHINE else sources.names.get(mark.actor_id),
        at=mark.at,
        mark=mark.mark,
        levels=_levels(body, mark),
        indicators=_signs(body, "indicators", mark.indicators),
        traps=_signs(body, "traps", mark.traps),
        is_critical=mark.is_critical,
        comment=mark.comment,
        counts=mark.id in sources.final.mark_ids,
        proof=prove(session, "mark", mark.id),
    )


def _levels(body: Any, mark: MarkView) -> tuple[TracedLevel, ...]:
    if not isinstance(body, WrittenResponse) or not mark.levels:
        return ()
    return tuple(
        TracedLevel(
            criterion=criterion.title,
            level=mark.levels[criterion.key],
            label=next(
                level.label
                for level in criterion.levels
                if level.value == mark.levels[criterion.key]
            ),
            marks=criterion.weight * mark.levels[criterion.key],
        )
        for criterion in body.criteria
    )


def _signs(body: Any, kind: str, ticked: frozenset[str]) -> tuple[str, ...]:
    if not isinstance(body, WrittenResponse):
        return ()
    return tuple(sign.words.html for sign in getattr(body, kind) if sign.key in ticked)


def _act(session: Session, act: ActView, with_names: bool) -> TracedAct:
    what = (
        _("Comment in moderation")
        if act.kind is ModerationKind.COMMENTED
        else _("Decision of moderation")
    )
    return TracedAct(
        what=what,
        name=act.by if with_names else None,
        at=act.at,
        words=act.words,
        proof=prove(session, "moderation_event", act.id),
    )


STEP_WORDS = {
    StepKind.PROPOSED: _("Decision about “{answer}”: {meaning}"),
    StepKind.WITHDRAWN: _("Decision about “{answer}” taken back"),
    StepKind.CONFIRMED: _("The same decision by a second person about “{answer}”: {meaning}"),
    StepKind.DISPUTED: _("Another decision by a second person about “{answer}”: {meaning}"),
    StepKind.SETTLED: _("Settled by a lead assessor about “{answer}”: {meaning}"),
}


def _decisions(session: Session, sources: ItemSources) -> Iterator[TracedAct]:
    """What people decided about answers that no machine may mark."""
    steps = decisions_about(session, sources.response, sources.item)
    names = names_of(session, {step.actor_id for step in steps}) if sources.names else {}
    for step in steps:
        meaning = ""
        if step.meaning is not None:
            meaning = _("“{words}”, {marks} of {top}").format(
                words=step.meaning.words,
                marks=mark_text(step.meaning.marks),
                top=mark_text(sources.item.max_mark),
            )
        yield TracedAct(
            what=STEP_WORDS[step.kind].format(answer=step.answer, meaning=meaning),
            name=names.get(step.actor_id),
            at=step.at,
            words=step.meaning.reason if step.meaning else None,
            proof=prove(session, "answer_decision", step.id),
        )


# The answer


def _answer(session: Session, item: FormItemView, response: ResponseView) -> TracedAnswer:
    history = read_history(session, response.attempt_id, item.id)
    proof = None
    lines: tuple[str, ...] | None = ()
    if response.answer_event_id is not None:
        proof = prove(session, "attempt_event", response.answer_event_id)
        words = find_answer(session, response)
        described = get_format(item.format).describe(item.body, item.ids, words)
        lines = tuple(described) if words is not None else None
    return TracedAnswer(
        lines=lines,
        is_text=isinstance(item.body, WrittenResponse),
        history=history,
        proof=proof,
        response_id=response.id,
        response_proof=prove(session, "response", response.id),
    )


# The question and what it is keyed to


def trace_version(session: Session, item: FormItemView) -> TracedVersion:
    """Return the version of the case that holds `item`, with its text hashed again."""
    row = get_case_version(session, item.case_version_id)
    return TracedVersion(
        case_name=row.aggregate_id,
        version=row.pos,
        title=row.title,
        content_hash=row.content_hash,
        content_holds=hashlib.sha256(row.content.encode()).hexdigest() == row.content_hash,
        proof=prove(session, "case_version", row.id),
    )


def trace_parts(item: FormItemView, framework: Framework) -> tuple[TracedPart, ...]:
    """Return what marks are given for, with the cited standards in our own words."""
    if isinstance(item.body, WrittenResponse):
        return tuple(
            TracedPart(
                criterion.title, _standards(framework, criterion.standards or item.standards)
            )
            for criterion in item.body.criteria
        )
    return (TracedPart(None, _standards(framework, item.standards)),)


def _standards(framework: Framework, codes: Sequence[str]) -> tuple[TracedStandard, ...]:
    return tuple(trace_standard(framework, code) for code in dict.fromkeys(codes))


def trace_standard(framework: Framework, code: str) -> TracedStandard:
    """Return a code with our summary (its title, above a sub-standard) and its theme.

    Raises `UnknownCode` for a code that the framework does not have.
    """
    place = framework.place_of(code)
    entry = place.entry
    summary = entry.summary if isinstance(entry, SubStandard) else entry.title
    return TracedStandard(code, summary, place.theme.code)
