"""A watched sitting for tests, made by the real operations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.delivery.admission import CheckMeans, DocumentType
from proficiency.delivery.checking_in import admit, arrive, check_identity
from proficiency.invigilation.operations import raise_hand
from proficiency.invigilation.rules import Topic
from tests.delivery import factory as delivery
from tests.delivery.factory import Sat
from tests.factories import NOW, act, person
from tests.sittings import factory as sittings


@dataclass(frozen=True)
class Watched:
    """A sitting with its invigilator; candidates come one by one."""

    database: Database
    sitting_id: str
    form_id: str
    invigilator: Actor

    def do(self, operation: Any, now: datetime = NOW, **kwargs: Any) -> Any:
        """Run one of the invigilator's operations."""
        return act(self.database, operation, self.invigilator, now, **kwargs)

    def book(self, name: str = "") -> Sat:
        """A candidate who is booked and not here yet."""
        candidate = sittings.candidate(self.database, name)
        booking = sittings.booking(self.database, self.sitting_id, candidate.id)
        return Sat(self.database, candidate, self.sitting_id, booking.id, self.form_id, "")

    def let_in(self, place: Sat, now: datetime = NOW) -> Sat:
        """The candidate arrives, shows a passport and is admitted."""
        act(self.database, arrive, place.candidate, now, booking_id=place.booking_id)
        self.do(
            check_identity,
            now,
            booking_id=place.booking_id,
            document=DocumentType.PASSPORT,
            means=CheckMeans.BY_CAMERA,
        )
        self.do(admit, now, booking_id=place.booking_id)
        return place

    def writing(self, name: str = "", now: datetime = NOW) -> Sat:
        """A candidate who was let in and writes."""
        return delivery.started(self.database, now, place=self.let_in(self.book(name), now))


def watched(database: Database, **settings: Any) -> Watched:
    """A sitting of a scheme that asks for an invigilator."""
    form = delivery.small_form(database, **{"invigilated": True, **settings})
    sitting = sittings.sitting(database, form.id)
    invigilator = person(database, Role.INVIGILATOR, name="Ines Watch")
    return Watched(database, sitting.id, form.id, invigilator)


def call(place: Sat, topic: Topic = Topic.OTHER, now: datetime = NOW, **kwargs: Any) -> Any:
    """The candidate raises a hand."""
    given = {"text": "", "key": f"key-{topic}", **kwargs}
    return act(
        place.database, raise_hand, place.candidate, now, booking_id=place.booking_id, topic=topic,
        **given,
    )  # fmt: skip
