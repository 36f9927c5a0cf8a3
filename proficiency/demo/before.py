"""What the demonstration shows of the days before an exam: practice, details, a request."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.demo.story import Stage
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings
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
from proficiency.sittings.rules import Measure

PRACTISED = "the-charger"
"""A public sample that is in no other paper of the demonstration."""


def offer_practice(
    database: Database, officer: Actor, versions: Mapping[str, str], at: datetime
) -> None:
    """Make a short paper to practise on, and let everybody who is booked use it."""
    with transaction(database) as session:
        scheme = create_scheme_version(
            session,
            officer,
            at,
            name="practice",
            title="Practice for the Certificate of Proficiency",
            kind=SchemeKind.PRACTICE,
            settings=SchemeSettings(minutes=80),
        )
        form = assemble_form(
            session, officer, at,
            scheme_version_id=scheme.id, title="Practice paper",
            case_version_ids=[versions[PRACTISED]],
        )  # fmt: skip
        choose_practice_form(session, officer, at, form_id=form.id)


def prepare_candidates(
    stage: Stage, candidates: Sequence[Actor], bookings: Sequence[str], at: datetime
) -> None:
    """Let the first candidate tell what is needed, and the second ask for an adjustment."""
    stage.act(
        record_details, candidates[0], at,
        booking_id=bookings[0],
        reason=Reason.NEW_APPLICANT,
        nation=Nation.WALES,
        needed_by=None,
        connections=(
            Connection(Link.EMPLOYER, "Harbour Case Management Ltd"),
            Connection(Link.SUPERVISOR, "Dr Eluned Parry"),
        ),
    )  # fmt: skip
    stage.act(
        request_arrangement, candidates[1], at,
        booking_id=bookings[1],
        asked=Asked(
            Adjustment(extra_percent=25, rest_minutes=30, measures=(Measure.TYPE,)),
            "I have migraine and read more slowly when a page is bright. Short breaks help.",
        ),
        letters={},
    )  # fmt: skip
