"""The report of a sitting: what happened in its room, in figures, in order, and to whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from proficiency.accounts.queries import people_by_id
from proficiency.core.show import duration, when_text
from proficiency.core.text import _
from proficiency.delivery.queries import AttemptSummary, find_attempts_of_bookings
from proficiency.delivery.rules import EventKind
from proficiency.invigilation.history import (
    Line,
    SignalLine,
    list_lines,
    list_signals,
    name_of,
    on_day,
)
from proficiency.invigilation.rules import RECORDS, EntryKind
from proficiency.preparation.details import find_phones
from proficiency.sittings.queries import (
    BookingView,
    SittingView,
    find_arrangements,
    get_sitting,
    list_bookings,
)
from proficiency.sittings.rules import MEASURE_NAMES, sum_of_extra

HEADINGS = (
    _("Candidate number"),
    _("Name"),
    _("Arrived"),
    _("Let in"),
    _("Started"),
    _("Ended"),
    _("How it ended"),
    _("Clock stopped"),
    _("Time given back"),
    _("Calls"),
    _("Signals"),
)


@dataclass(frozen=True)
class ReportRow:
    """How one candidate sat. Times that did not come are None."""

    number: str
    name: str
    arrived_at: datetime | None
    admitted_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    ending: str
    stops: int
    credited: timedelta
    calls: int
    signals: int

    def cells(self) -> list[str]:
        """The row as text, for a sheet."""
        moments = (self.arrived_at, self.admitted_at, self.started_at, self.ended_at)
        return self._row(["" if each is None else when_text(each) for each in moments])

    def shown(self, day: datetime) -> list[str]:
        """The row for a page that names the day of the sitting."""
        moments = (self.arrived_at, self.admitted_at, self.started_at, self.ended_at)
        return self._row([on_day(each, day) for each in moments])

    def _row(self, moments: Sequence[str]) -> list[str]:
        credited = duration(self.credited) if self.credited else ""
        figures = [str(self.stops or ""), credited, str(self.calls or ""), str(self.signals or "")]
        return [self.number, self.name, *moments, self.ending, *figures]


@dataclass(frozen=True)
class Report:
    """What a sitting's room leaves behind."""

    sitting: SittingView
    rows: Sequence[ReportRow]
    lines: Sequence[tuple[Line, str]]
    records: Sequence[tuple[Line, str]]
    figures: Sequence[tuple[str, int]]
    outages: Sequence[Line]


def make_report(session: Session, sitting_id: str, now: datetime) -> Report:
    """Return the report of a sitting as far as it has come."""
    sitting = get_sitting(session, sitting_id)
    bookings = [each for each in list_bookings(session, sitting_id) if each.is_booked]
    people = people_by_id(session, [each.candidate_id for each in bookings])
    names = {each.id: people[each.candidate_id].display_name for each in bookings}
    attempts = find_attempts_of_bookings(session, [each.id for each in bookings])
    lines, signals = list_lines(session, sitting_id), list_signals(session, sitting_id)
    by_booking = _by_booking(lines)
    rows = [
        _row(each, names[each.id], attempts.get(each.id), by_booking.get(each.id, ()), signals)
        for each in bookings
    ]
    whom = {
        each.id: _("{name}, {number}").format(name=names[each.id], number=each.candidate_number)
        for each in bookings
    }
    told = [(line, whom.get(line.booking_id or "", "")) for line in lines if _is_told(line)]
    written = {kind.value for kind in RECORDS}
    return Report(
        sitting=sitting,
        rows=sorted(rows, key=lambda row: (row.name.casefold(), row.number)),
        lines=told,
        records=[pair for pair in told if pair[0].source == "entry" and pair[0].kind in written],
        figures=list(_figures(rows, lines, signals)),
        outages=[line for line in lines if line.source == "service"],
    )


def _by_booking(lines: Sequence[Line]) -> Mapping[str, Sequence[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.booking_id is not None:
            found.setdefault(line.booking_id, []).append(line)
    return found


def _is_told(line: Line) -> bool:
    """What reached an attempt because of the whole room stands once, as the room's own."""
    return not (line.source == "attempt" and line.of_room)


def _row(
    booking: BookingView,
    name: str,
    attempt: AttemptSummary | None,
    lines: Sequence[Line],
    signals: Sequence[SignalLine],
) -> ReportRow:
    first = {(line.source, line.kind): line.at for line in reversed(lines)}
    kinds = [line.kind for line in lines if line.source == "attempt"]
    ending = "" if attempt is None or attempt.closing is None else name_of(attempt.closing)
    return ReportRow(
        number=booking.candidate_number,
        name=name,
        arrived_at=first.get(("door", "arrived")),
        admitted_at=first.get(("door", "admitted")),
        started_at=None if attempt is None else attempt.started_at,
        ended_at=None if attempt is None else attempt.closed_at,
        ending=ending,
        stops=kinds.count(EventKind.PAUSED) + kinds.count(EventKind.REST_STARTED),
        credited=sum((line.amount for line in lines if line.source == "attempt"), timedelta(0)),
        calls=sum(line.kind == EntryKind.HAND_RAISED for line in lines),
        signals=sum(each.booking_id == booking.id for each in signals),
    )


def _figures(
    rows: Sequence[ReportRow], lines: Sequence[Line], signals: Sequence[SignalLine]
) -> Iterator[tuple[str, int]]:
    yield _("booked"), len(rows)
    yield _("started"), sum(row.started_at is not None for row in rows)
    yield _("ended"), sum(row.ended_at is not None for row in rows)
    entries = [line.kind for line in lines if line.source == "entry"]
    yield _("calls"), entries.count(EntryKind.HAND_RAISED)
    yield _("messages"), entries.count(EntryKind.MESSAGE)
    yield _("incidents"), entries.count(EntryKind.INCIDENT)
    yield _("irregularities"), entries.count(EntryKind.IRREGULARITY)
    yield _("signals"), len(signals)


@dataclass(frozen=True)
class RosterRow:
    """Whom to expect, and what is arranged for them; why, stands nowhere here."""

    number: str
    name: str
    email: str
    phone: str
    arrangements: str


def make_roster(session: Session, sitting_id: str) -> list[RosterRow]:
    """Return who is booked, by name, with what an invigilator must arrange for."""
    bookings = [each for each in list_bookings(session, sitting_id) if each.is_booked]
    people = people_by_id(session, [each.candidate_id for each in bookings])
    arranged = find_arrangements(session, [each.id for each in bookings])
    phones = find_phones(session, [each.id for each in bookings])
    rows = []
    for booking in bookings:
        person, arrangement = people[booking.candidate_id], arranged.get(booking.id)
        parts = []
        if arrangement is not None:
            parts = [sum_of_extra(arrangement.extra_percent, arrangement.extra_minutes)]
            parts += [MEASURE_NAMES[measure] for measure in arrangement.measures]
        rows.append(
            RosterRow(
                booking.candidate_number,
                person.display_name,
                person.email,
                phones.get(booking.id, ""),
                ", ".join(part for part in parts if part),
            )
        )
    return sorted(rows, key=lambda row: (row.name.casefold(), row.number))
