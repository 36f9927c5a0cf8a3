"""The life of a case, from a draft to a live case and its retirement. Pure.

Invariants kept: one transition table (invariant 10); nobody reviews or approves what they wrote; an
approval needs several people, a lay member among them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from proficiency.core.text import _

APPROVERS = 2
"""Members of the advisory group who sign an approval, besides the lay member."""


class CaseState(StrEnum):
    """Where a case is in its life."""

    DRAFT = "draft"
    PEER_REVIEW = "peer_review"
    ADVISORY_REVIEW = "advisory_review"
    APPROVED = "approved"
    PILOTED = "piloted"
    LIVE = "live"
    FROZEN = "frozen"
    RETIRED = "retired"


class StepKind(StrEnum):
    """What happened to a case."""

    BEGUN = "begun"
    SENT_TO_PEERS = "sent_to_peers"
    PASSED_BY_PEER = "passed_by_peer"
    RETURNED = "returned"
    SIGNED = "signed"
    APPROVED = "approved"
    PILOTED = "piloted"
    MADE_LIVE = "made_live"
    LEAK_REPORTED = "leak_reported"
    LEAK_SETTLED = "leak_settled"
    RETIRED = "retired"


class CommentKind(StrEnum):
    """What a remark on a case is, or what became of one."""

    COMMENT = "comment"
    SUGGESTION = "suggestion"
    REPLY = "reply"
    RESOLVED = "resolved"
    ACCEPTED = "accepted"
    DECLINED = "declined"


S, K = CaseState, StepKind

TRANSITIONS: dict[tuple[CaseState, StepKind], CaseState] = {
    (S.DRAFT, K.SENT_TO_PEERS): S.PEER_REVIEW,
    (S.PEER_REVIEW, K.RETURNED): S.DRAFT,
    (S.PEER_REVIEW, K.PASSED_BY_PEER): S.ADVISORY_REVIEW,
    (S.ADVISORY_REVIEW, K.RETURNED): S.DRAFT,
    (S.ADVISORY_REVIEW, K.SIGNED): S.ADVISORY_REVIEW,
    (S.ADVISORY_REVIEW, K.APPROVED): S.APPROVED,
    (S.APPROVED, K.PILOTED): S.PILOTED,
    (S.APPROVED, K.MADE_LIVE): S.LIVE,
    (S.PILOTED, K.MADE_LIVE): S.LIVE,
    (S.APPROVED, K.LEAK_REPORTED): S.FROZEN,
    (S.PILOTED, K.LEAK_REPORTED): S.FROZEN,
    (S.LIVE, K.LEAK_REPORTED): S.FROZEN,
    (S.FROZEN, K.LEAK_SETTLED): S.APPROVED,
    (S.FROZEN, K.RETIRED): S.RETIRED,
    (S.DRAFT, K.RETIRED): S.RETIRED,
    (S.APPROVED, K.RETIRED): S.RETIRED,
    (S.PILOTED, K.RETIRED): S.RETIRED,
    (S.LIVE, K.RETIRED): S.RETIRED,
}
"""What may follow in each state. A case begins as a draft; retired is the end."""

if set(StepKind) - {kind for _state, kind in TRANSITIONS} != {StepKind.BEGUN}:
    raise TypeError("a kind of step has no place in the life of a case")

NEEDS_REASON = frozenset({K.RETURNED, K.LEAK_REPORTED, K.LEAK_SETTLED, K.RETIRED})

OPEN_STATES = frozenset({S.DRAFT, S.PEER_REVIEW, S.ADVISORY_REVIEW})
"""States in which a case is still worked on; after them its version is frozen."""

STATE_NAMES = {
    S.DRAFT: _("Draft"),
    S.PEER_REVIEW: _("Peer review"),
    S.ADVISORY_REVIEW: _("Advisory review"),
    S.APPROVED: _("Approved"),
    S.PILOTED: _("Piloted"),
    S.LIVE: _("Live"),
    S.FROZEN: _("Frozen"),
    S.RETIRED: _("Retired"),
}

if set(STATE_NAMES) != set(CaseState):
    raise TypeError("a state has no name")


@dataclass(frozen=True)
class CheckPoint:
    """One thing that a reviewer has to look at. `key` is stored, the words are shown."""

    key: str
    title: str
    question: str


CHECKLIST: tuple[CheckPoint, ...] = (
    CheckPoint(
        "accuracy",
        _("Accuracy"),
        _("Are the facts right, and is the law that of the nation named, on the date given?"),
    ),
    CheckPoint(
        "level",
        _("Level"),
        _("Is it entry level, with no specialism and no clinical knowledge beyond the exhibits?"),
    ),
    CheckPoint(
        "fairness",
        _("Fairness"),
        _("Is it free of stereotype, and equally open to people of any background?"),
    ),
    CheckPoint(
        "wording",
        _("Wording"),
        _("Is it plain, clear and no longer than it needs to be?"),
    ),
    CheckPoint(
        "key",
        _("Key"),
        _("Is each key the best answer, with no other that could be argued as well?"),
    ),
    CheckPoint(
        "rubric",
        _("Rubric"),
        _("Would two people give the same marks with it, and does it ask only for what is asked?"),
    ),
)


def state_after(steps: Iterable[StepKind]) -> CaseState:
    """Return the state that a history leads to. Raises `ValueError` for one that cannot be."""
    state: CaseState | None = None
    for kind in steps:
        if state is None:
            if kind is not StepKind.BEGUN:
                raise ValueError("a case begins with its beginning")
            state = CaseState.DRAFT
            continue
        if (state, kind) not in TRANSITIONS:
            raise ValueError(f"{kind} cannot follow in state {state}")
        state = TRANSITIONS[state, kind]
    if state is None:
        raise ValueError("a case without a beginning")
    return state


@dataclass(frozen=True)
class Signature:
    """One signature under the revision in review: who, and whether as a lay member."""

    person_id: str
    is_lay: bool


def is_quorum(signatures: Sequence[Signature], writers: Collection[str]) -> bool:
    """Whether `signatures` approve: enough of the advisory group and a lay member, all different
    people, and none who wrote any of the case.

    Who passed it as a peer may sign: both times they judge what somebody else wrote, and a small
    profession can't spare them. The quorum still needs others beside them.
    """
    people = {each.person_id: each for each in signatures if each.person_id not in writers}
    lay = [each for each in people.values() if each.is_lay]
    return bool(lay) and len(people) - len(lay) >= APPROVERS
