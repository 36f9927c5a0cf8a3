"""What a candidate reads and confirms before the clock starts, and their list of exams."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.delivery.admission import Admission
from proficiency.delivery.checking_in import (
    AtTheDoor,
    can_arrive,
    find_at_the_door,
    find_turning_away,
)
from proficiency.delivery.late_rules import DEFAULT_LATE_RULE
from proficiency.delivery.paper import get_paper
from proficiency.delivery.queries import AttemptSummary, find_attempts_of_bookings
from proficiency.exams.rules import DEFAULT_INSTRUCTIONS, DEFAULT_RULES
from proficiency.preparation.documents import DocumentView, current_documents, seconds_of
from proficiency.preparation.place import Place, get_place
from proficiency.sittings.queries import (
    BookingView,
    SittingView,
    get_sitting,
    list_candidate_bookings,
)
from proficiency.sittings.rules import SittingPhase


@dataclass(frozen=True)
class CheckIn:
    """What is confirmed: the documents, the time and what else is arranged for this candidate."""

    place: Place
    phase: SittingPhase
    stage_count: int
    item_count: int
    instructions: Sequence[str]
    exam_rules: Sequence[str]
    late_rule: Sequence[str]
    documents: Sequence[DocumentView]
    door: AtTheDoor | None = None  # None where nobody watches over the exam
    may_arrive: bool = False
    turned_away_because: str | None = None

    @property
    def can_start(self) -> bool:
        is_let_in = self.door is None or self.door.admission is Admission.ADMITTED
        return self.place.booking.is_booked and self.phase is SittingPhase.OPEN and is_let_in

    @property
    def stands_at_the_door(self) -> bool:
        """Whether the page is about being let in, and not about starting yet."""
        if self.door is None or not self.place.booking.is_booked:
            return False
        return self.may_arrive or self.door.admission is not Admission.ABSENT

    @property
    def hidden(self) -> dict[str, str | int]:
        """What the page sends back, so that exactly what it showed is confirmed."""
        allowed, rest = seconds_of(self.place)
        shown = {f"document_{each.document}": each.digest for each in self.documents}
        return {**shown, "allowed_seconds": allowed, "rest_seconds": rest}


@dataclass(frozen=True)
class MyExam:
    """One booked place, as its candidate sees it in a list."""

    booking: BookingView
    sitting: SittingView
    phase: SittingPhase
    attempt: AttemptSummary | None


def make_check_in(session: Session, booking: BookingView, now: datetime) -> CheckIn:
    """Return what is confirmed before the start, with the time that this candidate has."""
    place = get_place(session, booking.id)
    paper = get_paper(session, place.sitting.form_id)
    settings = paper.form.settings
    phase = place.phase(now)
    door = find_at_the_door(session, booking.id) if settings.invigilated else None
    return CheckIn(
        door=door,
        may_arrive=can_arrive(place.sitting, phase, now),
        turned_away_because=find_turning_away(session, booking.id) if door else None,
        place=place,
        phase=phase if door is None else door.phase(phase, now),
        stage_count=paper.last_stage,
        item_count=len(paper.items),
        instructions=_split(settings.instructions or DEFAULT_INSTRUCTIONS, "\n\n"),
        exam_rules=_split(settings.exam_rules or DEFAULT_RULES, "\n"),
        late_rule=_split(settings.late_rule or DEFAULT_LATE_RULE, "\n"),
        documents=list(current_documents(session).values()),
    )


def _split(text: str, at: str) -> list[str]:
    return [part.strip() for part in text.split(at) if part.strip()]


def make_my_exams(
    session: Session, candidate_id: str, now: datetime, *, practice: bool = False
) -> list[MyExam]:
    """Return a candidate's places for exams, or for `practice`, the latest sitting first."""
    bookings = list_candidate_bookings(session, candidate_id, practice=practice)
    attempts = find_attempts_of_bookings(session, [booking.id for booking in bookings])
    made = []
    for booking in bookings:
        sitting = get_sitting(session, booking.sitting_id)
        made.append(MyExam(booking, sitting, sitting.phase(now), attempts.get(booking.id)))
    return made
