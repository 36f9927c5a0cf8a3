"""What the pages of a case's life show: where it is, what was said, who signed, what comes next.

Nothing here records the sight of a case; the views do, before they ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.authoring.editor import Look, look_at
from proficiency.authoring.places import Place, find_questions
from proficiency.authoring.queries import RevisionView, get_newest, list_revisions
from proficiency.authoring.reading import get_standing
from proficiency.authoring.remarks import Remark, list_remarks, locate, question_of
from proficiency.authoring.review import Move, Standing, Step, find_refusal
from proficiency.authoring.rules import STATE_NAMES, CaseState, StepKind, state_after
from proficiency.core.access import Actor
from proficiency.core.text import _
from proficiency.scenarios.queries import VersionSummary, list_case_versions

STEP_NAMES: Mapping[StepKind, str] = {
    StepKind.BEGUN: _("Begun"),
    StepKind.SENT_TO_PEERS: _("Sent to peer review"),
    StepKind.PASSED_BY_PEER: _("Passed by a peer"),
    StepKind.RETURNED: _("Returned to its writers"),
    StepKind.SIGNED: _("Signed"),
    StepKind.APPROVED: _("Approved and frozen"),
    StepKind.PILOTED: _("In a pilot"),
    StepKind.MADE_LIVE: _("Made live"),
    StepKind.LEAK_REPORTED: _("Leak reported, frozen"),
    StepKind.LEAK_SETTLED: _("Leak settled"),
    StepKind.RETIRED: _("Retired"),
}

if set(STEP_NAMES) != set(StepKind):
    raise TypeError("a kind of step has no name")


class Reach(StrEnum):
    """Whether the case has been at a point of its way."""

    DONE = "done"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Point:
    """One point on the way of a case."""

    name: str
    reach: Reach


@dataclass(frozen=True)
class RemarkGroup:
    """The remarks on one question, or, without a `place`, on what belongs to no question."""

    place: Place | None
    remarks: tuple[Remark, ...]

    @property
    def anchor(self) -> str:
        """What names the group within a page."""
        return f"question-{self.place.number}" if self.place else "whole"


@dataclass(frozen=True)
class Overview:
    """One case in work with everything around it, as one reader finds it."""

    newest: RevisionView
    standing: Standing
    look: Look
    moves: frozenset[Move]
    barred: str | None
    """Why this reader, who reviews otherwise, can't review this case."""
    groups: tuple[RemarkGroup, ...]
    remarks: tuple[Remark, ...]
    places: tuple[Place, ...]
    revisions: Sequence[RevisionView]
    version: VersionSummary | None
    names: Mapping[str, str]
    is_writer: bool

    @property
    def work_id(self) -> str:
        return self.standing.work_id

    @property
    def title(self) -> str:
        """The title, or what stands for it until there is one."""
        return self.newest.title or self.newest.case_name or _("Without a title yet")

    @property
    def state(self) -> CaseState:
        return self.standing.state

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def way(self) -> tuple[Point, ...]:
        """The points of the case's way, up to where it is and beyond."""
        return make_way(self.standing.steps)

    @property
    def history(self) -> tuple[tuple[str, Step], ...]:
        """What happened, in order, each with its name."""
        return tuple((STEP_NAMES[step.kind], step) for step in self.standing.steps)

    @property
    def open_remarks(self) -> int:
        """How many remarks nobody has settled."""
        return sum(remark.is_open for remark in self.remarks)

    @property
    def returned(self) -> Step | None:
        """The last return, while the case is a draft because of it."""
        last = self.standing.steps[-1]
        return last if last.kind is StepKind.RETURNED else None

    def may(self, *moves: str) -> bool:
        """Whether this reader may make one of these moves now."""
        return any(Move(move) in self.moves for move in moves)


def get_overview(session: Session, actor: Actor, work_id: str) -> Overview:
    """Return a case in work as `actor` finds it. Raises `NotFound`."""
    standing, newest = get_standing(session, work_id), get_newest(session, work_id)
    places = find_questions(newest.text)
    remarks = tuple(locate(session, list_remarks(session, work_id), newest))
    revisions = list_revisions(session, work_id)
    refusals = {move: find_refusal(move, standing, actor.id, actor.roles) for move in Move}
    return Overview(
        newest=newest,
        standing=standing,
        look=look_at(session, newest.text, newest),
        moves=frozenset(move for move, words in refusals.items() if words is None),
        barred=_barred(standing, actor),
        groups=group_remarks(remarks, places),
        remarks=remarks,
        places=places,
        revisions=revisions,
        version=_version_of(session, standing, newest.case_name),
        names=names_of(session, _people(standing, remarks, revisions)),
        is_writer=actor.id in standing.writers,
    )


def _barred(standing: Standing, actor: Actor) -> str | None:
    in_turn = {
        CaseState.PEER_REVIEW: (Move.HAND_ON,),
        CaseState.ADVISORY_REVIEW: (Move.SIGN, Move.SIGN_AS_LAY),
    }.get(standing.state, ())
    refusals = [find_refusal(move, standing, actor.id, actor.roles) for move in in_turn]
    is_personal = actor.id in standing.writers or standing.has_signed(actor.id)
    return refusals[-1] if refusals and all(refusals) and is_personal else None


def _version_of(session: Session, standing: Standing, name: str) -> VersionSummary | None:
    approval = standing.approval
    if approval is None:
        return None
    versions = list_case_versions(session, name)
    return next((each for each in versions if each.id == approval.case_version_id), None)


def _people(
    standing: Standing, remarks: Iterable[Remark], revisions: Iterable[RevisionView]
) -> set[str]:
    people = {step.person_id for step in standing.steps} | set(standing.writers)
    people |= {revision.by for revision in revisions}
    for remark in remarks:
        people |= {remark.person_id, *(each.person_id for each in remark.replies)}
        if remark.outcome is not None:
            people.add(remark.outcome.person_id)
    return people


def group_remarks(remarks: Sequence[Remark], places: Sequence[Place]) -> tuple[RemarkGroup, ...]:
    """Sort remarks under the questions that they are about, in the order of the text.

    The open ones come first. What is about no question stands before the questions.
    """
    found: dict[Place | None, list[Remark]] = {None: [], **{place: [] for place in places}}
    for remark in sorted(remarks, key=lambda each: (not each.is_open, each.now_at or 0)):
        found[question_of(remark, places)].append(remark)
    return tuple(
        RemarkGroup(
            place,
            tuple(each),
        )
        for place, each in found.items()
        if each
    )


MAIN_WAY = (
    CaseState.DRAFT,
    CaseState.PEER_REVIEW,
    CaseState.ADVISORY_REVIEW,
    CaseState.APPROVED,
    CaseState.PILOTED,
    CaseState.LIVE,
)
"""The way of a case that nothing stops. A pilot may be left out."""


def make_way(steps: Sequence[Step]) -> tuple[Point, ...]:
    """Return the points of a case's way: what is behind it, where it is, what is ahead."""
    kinds = [step.kind for step in steps]
    state = state_after(kinds)
    been = {state_after(kinds[:place]) for place in range(1, len(kinds) + 1)}
    if state in MAIN_WAY:
        here = MAIN_WAY.index(state)
        way = [
            each
            for place, each in enumerate(MAIN_WAY)
            if place >= here or each is not CaseState.PILOTED or each in been
        ]
        return tuple(Point(STATE_NAMES[each], _reach(each, state)) for each in way)
    behind = [each for each in MAIN_WAY if each in been]
    done = [Point(STATE_NAMES[each], Reach.DONE) for each in behind]
    return (*done, Point(STATE_NAMES[state], Reach.HERE))


def _reach(point: CaseState, here: CaseState) -> Reach:
    if point is here:
        return Reach.HERE
    return Reach.DONE if MAIN_WAY.index(point) < MAIN_WAY.index(here) else Reach.AHEAD
