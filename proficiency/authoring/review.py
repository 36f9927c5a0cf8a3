"""Who may do what in the life of a case, decided once for operations and pages. Pure.

Invariants kept: the move that a page offers is the move that the operation allows; nobody reviews
or signs what they wrote; a signature counts in the round of review in which it was given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from proficiency.accounts.rules import Role
from proficiency.authoring.rules import (
    APPROVERS,
    CHECKLIST,
    OPEN_STATES,
    TRANSITIONS,
    CaseState,
    Signature,
    StepKind,
    is_quorum,
    state_after,
)
from proficiency.core.text import _

WRITERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER)
PEERS = (Role.CONTENT_AUTHOR, Role.MODERATOR)
READERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.MODERATOR, Role.LAY_MEMBER)
"""Who may open cases in work at all."""

WITNESSES = (*READERS, Role.JUDGE, Role.LEAD_ASSESSOR)
"""Who may report a leak: everybody who can open the published words of a case."""


@dataclass(frozen=True)
class Answer:
    """What a reviewer says about one point of the checklist."""

    is_met: bool
    remark: str = ""


@dataclass(frozen=True)
class Step:
    """One event in the life of a case."""

    id: str
    kind: StepKind
    person_id: str
    at: datetime
    revision_id: str
    reason: str = ""
    checklist: Mapping[str, Answer] | None = None
    as_lay: bool | None = None
    case_version_id: str | None = None


class Move(StrEnum):
    """Something that a person may want to do with a whole case."""

    SEND = "send"
    HAND_ON = "hand_on"
    SIGN = "sign"
    SIGN_AS_LAY = "sign_as_lay"
    RETURN = "return"
    PILOT = "pilot"
    MAKE_LIVE = "make_live"
    REPORT_LEAK = "report_leak"
    SETTLE_LEAK = "settle_leak"
    RETIRE = "retire"
    BEGIN_NEXT = "begin_next"


ROLES: Mapping[Move, tuple[Role, ...]] = {
    Move.SEND: WRITERS,
    Move.HAND_ON: PEERS,
    Move.SIGN: (Role.MODERATOR,),
    Move.SIGN_AS_LAY: (Role.LAY_MEMBER,),
    Move.RETURN: READERS,
    Move.PILOT: (Role.EXAM_OFFICER,),
    Move.MAKE_LIVE: (Role.EXAM_OFFICER,),
    Move.REPORT_LEAK: WITNESSES,
    Move.SETTLE_LEAK: (Role.EXAM_OFFICER,),
    Move.RETIRE: WRITERS,
    Move.BEGIN_NEXT: WRITERS,
}

KINDS: Mapping[Move, StepKind | None] = {
    Move.SEND: StepKind.SENT_TO_PEERS,
    Move.HAND_ON: StepKind.PASSED_BY_PEER,
    Move.SIGN: StepKind.SIGNED,
    Move.SIGN_AS_LAY: StepKind.SIGNED,
    Move.RETURN: StepKind.RETURNED,
    Move.PILOT: StepKind.PILOTED,
    Move.MAKE_LIVE: StepKind.MADE_LIVE,
    Move.REPORT_LEAK: StepKind.LEAK_REPORTED,
    Move.SETTLE_LEAK: StepKind.LEAK_SETTLED,
    Move.RETIRE: StepKind.RETIRED,
    Move.BEGIN_NEXT: None,
}

if not set(ROLES) == set(KINDS) == set(Move):
    raise TypeError("a move has no roles or no kind of step")

ADVISERS = (Role.MODERATOR, Role.LAY_MEMBER)


@dataclass(frozen=True)
class Standing:
    """Where a case stands: its history, who wrote it, and its newest revision."""

    work_id: str
    revision_id: str
    steps: tuple[Step, ...]
    writers: frozenset[str]

    @property
    def state(self) -> CaseState:
        """Where the case is in its life."""
        return state_after(step.kind for step in self.steps)

    @property
    def is_open(self) -> bool:
        """Whether the case is still worked on."""
        return self.state in OPEN_STATES

    @property
    def signed(self) -> tuple[Step, ...]:
        """The signatures of the present advisory review, or of the one that approved."""
        return signed_steps(self.steps)

    @property
    def approval(self) -> Step | None:
        """The step that approved the case, if it came so far."""
        return next((step for step in self.steps if step.kind is StepKind.APPROVED), None)

    def has_signed(self, person_id: str) -> bool:
        """Whether this person's signature counts now."""
        return any(step.person_id == person_id for step in self.signed)

    def missing(self) -> tuple[int, int]:
        """Return how many members of the group and how many lay members have yet to sign."""
        lay = sum(bool(step.as_lay) for step in self.signed)
        return max(APPROVERS - (len(self.signed) - lay), 0), max(1 - lay, 0)

    def is_approved_with(self, last: Signature) -> bool:
        """Whether `last`, beside the signatures there are, makes the approval whole."""
        given = [Signature(step.person_id, bool(step.as_lay)) for step in self.signed]
        return is_quorum([*given, last], self.writers)


def signed_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the signatures since the case last came into advisory review.

    A return makes them void: what comes back is signed anew.
    """
    signed: list[Step] = []
    for step in steps:
        if step.kind in (StepKind.PASSED_BY_PEER, StepKind.RETURNED):
            signed = []
        elif step.kind is StepKind.SIGNED:
            signed.append(step)
    return tuple(signed)


def find_refusal(
    move: Move, standing: Standing, person_id: str, roles: Collection[str]
) -> str | None:
    """Return why this person can't make `move` now, in words for them, or None when they can."""
    if not set(roles) & set(ROLES[move]):
        return _("Your account does not have the role that this needs.")
    kind, state = KINDS[move], standing.state
    if kind is None:
        return None if standing.approval else _("The next version begins from an approved one.")
    if (state, kind) not in TRANSITIONS:
        return _OUT_OF_PLACE[state]
    return _find_personal_refusal(move, standing, person_id, roles)


def _find_personal_refusal(
    move: Move, standing: Standing, person_id: str, roles: Collection[str]
) -> str | None:
    is_writer = person_id in standing.writers
    if move in (Move.HAND_ON, Move.SIGN, Move.SIGN_AS_LAY) and is_writer:
        return _("You wrote a part of this case, so others must review it.")
    if move in (Move.SIGN, Move.SIGN_AS_LAY) and standing.has_signed(person_id):
        return _("You have signed already, and nothing has changed since.")
    reviewers = PEERS if standing.state is CaseState.PEER_REVIEW else ADVISERS
    if move is Move.RETURN and not is_writer and not set(roles) & set(reviewers):
        return _("Its reviewers can return it, and its writers can take it back.")
    if move is Move.RETIRE:
        return _find_retirement_refusal(standing.state, is_writer, roles)
    return None


def _find_retirement_refusal(
    state: CaseState, is_writer: bool, roles: Collection[str]
) -> str | None:
    if Role.EXAM_OFFICER in roles or (state is CaseState.DRAFT and is_writer):
        return None
    if state is CaseState.DRAFT:
        return _("Only its writers or an exam officer give a draft up.")
    return _("Only an exam officer takes an approved case out of use.")


_NOT_NOW = _("This can’t be done where the case is now. Load the page again to see where it is.")
_OUT_OF_PLACE: Mapping[CaseState, str] = {
    CaseState.DRAFT: _(
        "The case is with its writers now, so this has to wait until they send it to review again."
    ),
    CaseState.PEER_REVIEW: _NOT_NOW,
    CaseState.ADVISORY_REVIEW: _NOT_NOW,
    CaseState.APPROVED: _("The case is approved already: its quorum is met. Nothing was changed."),
    CaseState.PILOTED: _NOT_NOW,
    CaseState.LIVE: _NOT_NOW,
    CaseState.FROZEN: _(
        "The case is frozen, because somebody reported that it leaked. An exam officer has to "
        "settle that first."
    ),
    CaseState.RETIRED: _("The case is retired, and stays so."),
}


def checklist_problems(answers: Mapping[str, Answer]) -> list[tuple[str, str]]:
    """Return (point, what is wrong) for each point that stops a passing or a signature."""
    problems = []
    for point in CHECKLIST:
        answer = answers.get(point.key)
        if answer is None:
            problems.append((point.key, _("{point}: answer yes or no.").format(point=point.title)))
        elif not answer.is_met:
            words = _("{point}: you said no. Return the case with your reason instead.")
            problems.append((point.key, words.format(point=point.title)))
    return problems
