"""Attempts for tests, made by the real operations."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.delivery.operations import (
    save_answer,
)
from proficiency.delivery.paper import Paper, get_paper
from proficiency.exams.operations import assemble_form
from proficiency.exams.queries import FormItemView
from proficiency.scenarios.operations import publish_case
from tests.exams import factory as exams
from tests.factories import NOW, act
from tests.scenarios import factory as scenarios
from tests.sittings import factory as sittings
from tests.starting import start_attempt

DEVICE = "device-one"
OTHER_DEVICE = "device-two"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Sat:
    """A candidate with a booked place and, once started, an attempt at it."""

    database: Database
    candidate: Actor
    sitting_id: str
    booking_id: str
    form_id: str
    attempt_id: str

    def do(self, operation: Any, now: datetime = NOW, **kwargs: Any) -> Any:
        """Run one of the candidate's operations on the attempt."""
        return act(
            self.database, operation, self.candidate, now, attempt_id=self.attempt_id, **kwargs
        )

    @property
    def paper(self) -> Paper:
        """The form that is sat."""
        with self.database.read() as session:
            return get_paper(session, self.form_id)

    def item(self, format: str = "written_response", stage: int = 1) -> FormItemView:
        """The first item of a format in a stage."""
        return next(i for i in self.paper.items if i.format == format and i.stage == stage)

    def write(
        self, text: str, seq: int | None = 1, now: datetime = NOW, epoch: int = 1, stage: int = 1
    ) -> Any:
        """Save words as the answer to the stage's first written item."""
        return self.do(
            save_answer,
            now,
            item_id=self.item(stage=stage).id,
            epoch=epoch,
            client_seq=seq,
            raw={"text": text},
        )


LATER = scenarios.WRITTEN.replace("Question 3", "Question 4").replace("what-now", "and-then")
FIRST_CASE = (
    scenarios.FRONT
    + scenarios.STORY
    + scenarios.BEST
    + scenarios.SEVERAL
    + scenarios.WRITTEN
    + scenarios.STAGE_TWO
    + LATER
    + scenarios.ABOUT
)
"""Two stages: all three formats in the first, one written response in the second."""

SECOND_CASE = (
    scenarios.FRONT.replace("the-spare-key", "the-second-key")
    + scenarios.STORY
    + scenarios.BEST
    + scenarios.ABOUT
)


def small_form(database: Database, **settings: Any) -> Any:
    """A form of two small cases: three stages, five items."""
    versions = [
        act(database, publish_case, SYSTEM, text=text, file="case.md", is_sample=True).id
        for text in (FIRST_CASE, SECOND_CASE)
    ]
    return act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=exams.scheme(database, **settings).id,
        title="Paper A",
        case_version_ids=versions,
    )


def booked(database: Database, now: datetime = NOW, **settings: Any) -> Sat:
    """A candidate with a place in a sitting that is open at `now`."""
    form = small_form(database, **settings)
    sitting = sittings.sitting(database, form.id, opens_at=now, now=now)
    candidate = sittings.candidate(database)
    booking = sittings.booking(database, sitting.id, candidate.id, now=now)
    return Sat(database, candidate, sitting.id, booking.id, sitting.form_id, "")


def started(
    database: Database, now: datetime = NOW, *, place: Sat | None = None, **settings: Any
) -> Sat:
    """A candidate who is writing."""
    place = place or booked(database, **settings)
    attempt = act(
        database, start_attempt, place.candidate, now, booking_id=place.booking_id,
        device_id=DEVICE,
    )  # fmt: skip
    return Sat(
        database, place.candidate, place.sitting_id, place.booking_id, place.form_id, attempt.id
    )
