"""How answers grew, for an exam officer and for a panel: by candidate number, never by name.

Each look is recorded before the page is sent, as a sight of the attempt and of the case that the
answer speaks of. Whoever marks this candidate is refused there (`marking/sights.py`).
"""

from flask import Blueprint, render_template

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.show import HOME_ZONE
from proficiency.delivery.history_queries import (
    get_answer_history,
    get_attempt_history,
    list_rows,
)
from proficiency.delivery.history_rules import KIND_NAMES
from proficiency.delivery.sights import ATTEMPT, HISTORY
from proficiency.scenarios.operations import SIGHT
from proficiency.sittings.queries import get_sitting


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/sittings/<sitting_id>/attempts")(attempts)
    bp.get("/attempts/<attempt_id>/history")(history)
    bp.get("/attempts/<attempt_id>/history/<item_id>")(answer_history)


@requires(Role.EXAM_OFFICER, Role.PANEL_MEMBER)
def attempts(sitting_id: str) -> str:
    """The attempts at a sitting, by candidate number, with their receipts."""
    return render_template(
        "delivery/attempts.html",
        sitting=get_sitting(web.session(), sitting_id),
        rows=list_rows(web.session(), sitting_id),
    )


@requires(Role.EXAM_OFFICER, Role.PANEL_MEMBER)
def history(attempt_id: str) -> str:
    """The questions of one attempt, with how many versions each answer has."""
    shown = get_attempt_history(web.session(), attempt_id, web.now())
    web.record_sight(ATTEMPT, attempt_id, HISTORY)
    return render_template("delivery/history.html", shown=shown, kind_names=KIND_NAMES)


@requires(Role.EXAM_OFFICER, Role.PANEL_MEMBER)
def answer_history(attempt_id: str, item_id: str) -> str:
    """Every version of one answer, and what changed from each to the next."""
    shown = get_answer_history(web.session(), attempt_id, item_id, web.now())
    web.record_sight(ATTEMPT, attempt_id, HISTORY)
    web.record_sight(SIGHT, shown.case_name, HISTORY)
    return render_template("delivery/answer_history.html", shown=shown, zone=HOME_ZONE)
