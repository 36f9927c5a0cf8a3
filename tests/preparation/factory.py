"""What candidates tell and ask before the day, by the real operations."""

from datetime import timedelta
from typing import Any

from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.exams.operations import assemble_form
from proficiency.exams.rules import SchemeKind
from proficiency.preparation.arrangement_operations import request_arrangement
from proficiency.preparation.detail_operations import record_details
from proficiency.preparation.practice_operations import choose_practice_form
from proficiency.preparation.rules import (
    Adjustment,
    Asked,
    Connection,
    Link,
    Nation,
    Reason,
)
from proficiency.scenarios.operations import publish_case
from proficiency.sittings.rules import Measure
from tests.delivery import factory as delivery
from tests.exams import factory as exams
from tests.factories import NOW, act

EMPLOYER = "Harbour Case Management Ltd"
WANTED = Adjustment(extra_percent=25, rest_minutes=30, measures=(Measure.READER,))
HEALTH = "Migraine, with a letter of my doctor."
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
PRACTISED = (
    delivery.scenarios.FRONT.replace("the-spare-key", "the-practice-key")
    + delivery.scenarios.STORY
    + delivery.scenarios.BEST
    + delivery.scenarios.WRITTEN.replace("Question 3", "Question 2")
    + delivery.scenarios.ABOUT
)


def tell(database: Database, who: Actor, booking_id: str, **changes: Any) -> Any:
    """Tell what is needed, for a new applicant in Wales."""
    told = {
        "reason": Reason.NEW_APPLICANT,
        "nation": Nation.WALES,
        "needed_by": None,
        "connections": (Connection(Link.EMPLOYER, EMPLOYER),),
        "now": NOW - timedelta(hours=1),
    }
    now = changes.pop("now", told.pop("now"))
    return act(database, record_details, who, now, booking_id=booking_id, **(told | changes))


def ask(database: Database, who: Actor, booking_id: str, **changes: Any) -> Any:
    """Ask for a quarter more time, breaks and a reader."""
    asked = {"asked": Asked(WANTED, HEALTH), "letters": {"letter.png": PNG}}
    now = changes.pop("now", NOW)
    return act(database, request_arrangement, who, now, booking_id=booking_id, **(asked | changes))


def practice_form(database: Database, kind: SchemeKind = SchemeKind.PRACTICE) -> Any:
    """A small form to practise on, of a case that is in no other."""
    version = act(
        database, publish_case, SYSTEM, text=PRACTISED, file="practice.md", is_sample=True
    )
    return act(
        database, assemble_form, SYSTEM,
        scheme_version_id=exams.scheme(database, kind, name="practice").id,
        title="Practice paper", case_version_ids=[version.id],
    )  # fmt: skip


def offer_practice(database: Database) -> Any:
    """Let everybody who is booked practise."""
    form = practice_form(database)
    act(database, choose_practice_form, SYSTEM, form_id=form.id)
    return form
