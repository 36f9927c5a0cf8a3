"""What must be true before the marking of a sitting is opened or closed, said in sentences; and
before anybody works on its responses.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.db import lock
from proficiency.core.errors import Refused
from proficiency.core.show import when_text
from proficiency.core.text import _
from proficiency.delivery.answer_files import unopened_files
from proficiency.delivery.late import lacking_people, late_answers_of, undecided
from proficiency.delivery.queries import list_attempts
from proficiency.delivery.rules import Phase
from proficiency.marking.answers import (
    decided_items,
    load_history,
    open_digests,
    stored_answers,
)
from proficiency.marking.overview import count_stuck
from proficiency.marking.queries import (
    find_conflict,
    find_round,
    is_marking_open,
    standings,
)
from proficiency.marking.rules import Awaited, Discrepant, RoundKind, Settled
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class Check:
    """One condition, as a page shows it: whether it holds, and in words."""

    holds: bool
    text: str


def enter_marking(session: Session, actor: Actor, sitting_id: str) -> None:
    """Take the sitting's lock and let the actor work on its responses.

    Raises `Refused` when marking is not open, and for a candidate of the same cases.
    """
    lock(session, sitting_id)
    if not is_marking_open(session, sitting_id):
        raise Refused(_("Marking of this sitting is not open."))
    conflict = find_conflict(session, actor.id, sitting_id)
    if conflict is not None:
        raise Refused(conflict)


def check_opening(session: Session, sitting_id: str, now: datetime) -> list[Check]:
    """Return what opening the marking of a sitting needs. Raises `NotFound`."""
    sitting = get_sitting(session, sitting_id)
    attempts = list_attempts(session, sitting_id)
    writing = sum(attempt.phase is not Phase.CLOSED for attempt in attempts)
    ended = now > sitting.last_start_at
    was_opened = find_round(session, sitting_id, RoundKind.OPENED) is not None
    late_answers = late_answers_of(session, sitting_id)
    late, lacking = len(undecided(late_answers)), len(lacking_people(session, late_answers))
    files = len(unopened_files(session, sitting_id))
    return [
        Check(sitting.cancelled_at is None, _("The sitting was not cancelled.")),
        Check(not was_opened, _("Its marking was not opened before.")),
        Check(
            ended,
            _("Nobody can start any more: the last start was {when}.").format(
                when=when_text(sitting.last_start_at)
            )
            if ended
            else _("Nobody can start any more: candidates may start until {when}.").format(
                when=when_text(sitting.last_start_at)
            ),
        ),
        Check(
            bool(attempts), _("At least one candidate sat: {count}.").format(count=len(attempts))
        ),
        Check(
            writing == 0,
            _("Every attempt is closed.")
            if writing == 0
            else _("Every attempt is closed: {count} still open.").format(count=writing),
        ),
        Check(
            late == 0,
            _("Every late answer is decided.")
            if late == 0
            else _("Every late answer is decided: {count} still wait.").format(count=late),
        ),
        *_check_deciders(lacking),
        Check(
            files == 0,
            _("Every answer file is opened.")
            if files == 0
            else _("Every answer file is opened: {count} still wait.").format(count=files),
        ),
    ]


def check_closing(session: Session, sitting_id: str) -> list[Check]:
    """Return what closing the marking of a sitting needs. Raises `NotFound`."""
    decided_about = decided_items(session, get_sitting(session, sitting_id).form_id)
    undecided = sum(
        len(open_digests(session, sitting_id, item, load_history(session, sitting_id, item.id)))
        for item in decided_about
    )
    unmarked = sum(
        len(stored_answers(session, sitting_id, item, unmarked=True)) for item in decided_about
    )
    counts = Counter(type(standing) for standing in standings(session, sitting_id).values())
    awaited, discrepant = counts[Awaited] - unmarked, counts[Discrepant]
    return [
        Check(is_marking_open(session, sitting_id), _("Marking is open.")),
        Check(
            awaited == 0,
            _("Every written response has two marks.")
            if awaited == 0
            else _("Every written response has two marks: {count} still wait.").format(
                count=awaited
            ),
        ),
        Check(
            discrepant == 0,
            _("Every discrepancy was adjudicated.")
            if discrepant == 0
            else _("Every discrepancy was adjudicated: {count} still wait.").format(
                count=discrepant
            ),
        ),
        *_check_people(*(count_stuck(session, sitting_id) if awaited or discrepant else (0, 0))),
        *([_check_decided(undecided)] if decided_about else []),
        Check(
            counts[Settled] > 0, _("{count} responses are settled.").format(count=counts[Settled])
        ),
    ]


def _check_deciders(lacking: int) -> list[Check]:
    words = _(
        "Too few people are left who may decide about {count} of them: give one more person the "
        "role of an invigilator."
    )
    return [Check(False, words.format(count=lacking))] if lacking else []


def _check_people(stuck: int, unsettled: int) -> list[Check]:
    """What to do where nobody is left. It is not said why: that could tell of a candidate."""
    found = []
    if stuck:
        words = _(
            "Nobody is left who may mark {count} of them: give one more person the role of an "
            "assessor."
        )
        found.append(Check(False, words.format(count=stuck)))
    if unsettled:
        words = _(
            "Nobody is left who may adjudicate {count} of them: give one more person the role of a "
            "lead assessor."
        )
        found.append(Check(False, words.format(count=unsettled)))
    return found


def _check_decided(undecided: int) -> Check:
    if undecided == 0:
        return Check(True, _("Every answer that no machine may mark is decided."))
    words = _("Every answer that no machine may mark is decided: {count} still wait.")
    return Check(False, words.format(count=undecided))


def broken(checks: list[Check]) -> list[str]:
    """Return the words of the conditions that do not hold."""
    return [check.text for check in checks if not check.holds]
