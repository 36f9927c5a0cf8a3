"""Bookings as officers keep them: making them, extra time, taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import (
    Person,
    get_person,
    names_of,
    people_by_email,
    people_by_id,
    search_people,
)
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.chain import find_words
from proficiency.core.errors import Invalid, Refused
from proficiency.core.show import when_text
from proficiency.core.text import _, clean_text
from proficiency.exams.queries import get_form
from proficiency.sittings.forms import ArrangementForm, ChooseForm, ReasonForm
from proficiency.sittings.operations import book_candidate, cancel_booking, record_arrangement
from proficiency.sittings.queries import (
    Arrangement,
    SittingView,
    breaks_for,
    find_arrangement,
    find_refusals,
    get_booking,
    get_sitting,
    list_arrangements,
    list_booking_events,
)
from proficiency.sittings.rules import (
    STATE_NAMES,
    SittingPhase,
    allowed_text,
    breaks_of,
    read_addresses,
    sum_of_extra,
)
from proficiency.sittings.times import find_late_start, list_late_starts

EVENT_NAMES = {
    "booking_made": _("Booked"),
    "booking_cancelled": _("Cancelled"),
}

MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Choice:
    """Whom an officer chose, sorted by whether they can be booked."""

    bookable: tuple[Person, ...]
    refused: tuple[tuple[str, str], ...]

    @property
    def is_empty(self) -> bool:
        return not self.bookable and not self.refused


@requires(Role.EXAM_OFFICER)
def book(sitting_id: str) -> str:
    """Choose people to book: search and tick, or paste addresses."""
    return _book_page(sitting_id, ChooseForm(formdata=None))


def _book_page(sitting_id: str, form: ChooseForm) -> str:
    sitting = get_sitting(web.session(), sitting_id)
    words = clean_text(request.args.get("q", "")).strip()
    page = request.args.get("page", 1, type=int)
    found = search_people(web.session(), words, Role.CANDIDATE, page)
    return render_template(
        "sittings/book.html",
        sitting=sitting,
        form=form,
        found=found,
        words=words,
        refusals=find_refusals(web.session(), sitting, [person.id for person in found.people]),
    )


@requires(Role.EXAM_OFFICER)
def check_bookings(sitting_id: str) -> ResponseReturnValue:
    """Show who would be booked and who can't be, before anything is written."""
    sitting, form = get_sitting(web.session(), sitting_id), ChooseForm()
    if not form.validate_on_submit():
        return _book_page(sitting_id, form), 422
    choice = _sort_choice(sitting, _ticked(), clean_text(form.addresses.data or ""))
    if choice.is_empty:
        form.addresses.errors = [_("Tick at least one person, or paste an address.")]
        return _book_page(sitting_id, form), 422
    return render_template("sittings/check_bookings.html", sitting=sitting, choice=choice)


def _ticked() -> list[str]:
    return [clean_text(person_id) for person_id in request.form.getlist("person")]


def _sort_choice(sitting: SittingView, ticked: Sequence[str], pasted: str) -> Choice:
    addresses, strays = read_addresses(pasted)
    by_email = people_by_email(web.session(), addresses)
    people = people_by_id(web.session(), ticked) | {p.id: p for p in by_email.values()}
    if len(people) > MOST_AT_ONCE:
        raise Refused(_("Book at most 1000 people at once."))
    refusals = find_refusals(web.session(), sitting, list(people))
    nobody = [(address, _("Nobody has an account with this address."))
              for address in addresses if address not in by_email]  # fmt: skip
    unread = [(stray, _("This is not an e-mail address.")) for stray in strays]
    ordered = sorted(people.values(), key=lambda person: person.display_name.casefold())
    return Choice(
        bookable=tuple(person for person in ordered if person.id not in refusals),
        refused=(
            *(
                (f"{p.display_name}, {p.email}", refusals[p.id])
                for p in ordered
                if p.id in refusals
            ),
            *nobody,
            *unread,
        ),
    )


@requires(Role.EXAM_OFFICER)
def make_bookings(sitting_id: str) -> ResponseReturnValue:
    """Book the people whom the officer has checked; who can't be any more is named."""
    people = people_by_id(web.session(), _ticked()[:MOST_AT_ONCE])
    booked, refused = 0, []
    with web.transaction() as writing:
        for person in sorted(people.values(), key=lambda each: each.id):
            try:
                book_candidate(
                    writing, web.actor(), web.now(),
                    sitting_id=sitting_id, candidate_id=person.id,
                )  # fmt: skip
                booked += 1
            except Refused as error:  # it is raised before anything is written
                refused.append(f"{person.display_name}: {error.message}")
    if booked:
        words = _("{count} people are booked.") if booked > 1 else _("One person is booked.")
        flash(words.format(count=booked), "success")
    for line in refused:
        flash(line, "warning")
    return redirect(url_for("sittings.sitting", sitting_id=sitting_id), 303)


@requires(Role.EXAM_OFFICER)
def booking_record(booking_id: str) -> str:
    """One booking as the officer keeps it: extra time, reasons, what was done."""
    return _record_page(booking_id)


def _record_page(
    booking_id: str,
    arrangement_form: ArrangementForm | None = None,
    reason_form: ReasonForm | None = None,
) -> str:
    booking = get_booking(web.session(), booking_id)
    sitting = get_sitting(web.session(), booking.sitting_id)
    settings = get_form(web.session(), sitting.form_id).settings
    now_holds = find_arrangement(web.session(), booking_id)
    held = (now_holds.extra_percent, now_holds.extra_minutes) if now_holds else (0, 0)
    phase = sitting.phase(web.now())
    return render_template(
        "sittings/booking_record.html",
        booking=booking,
        sitting=sitting,
        person=get_person(web.session(), booking.candidate_id),
        state=STATE_NAMES[booking.state],
        allowed=allowed_text(settings.minutes, *held),
        breaks=breaks_for(settings, now_holds).text,
        late_until=find_late_start(web.session(), booking_id),
        may_start_late=booking.is_booked and phase in {SittingPhase.OPEN, SittingPhase.RUNNING},
        may_change=booking.is_booked and phase in {SittingPhase.SCHEDULED, SittingPhase.OPEN},
        is_open=phase is SittingPhase.OPEN,
        history=_history(booking_id),
        arrangement_form=arrangement_form
        or ArrangementForm(
            formdata=None,
            extra_percent=held[0],
            extra_minutes=held[1],
            rest_minutes=now_holds.rest_minutes if now_holds else 0,
            longest_rest_minutes=now_holds.longest_rest_minutes if now_holds else 0,
        ),
        reason_form=reason_form or ReasonForm(formdata=None, prefix="cancel"),
    )


@dataclass(frozen=True)
class HistoryRow:
    """Something that was done to a booking, in words."""

    at: datetime
    title: str
    by: str
    text: str | None


def _arranged(each: Arrangement) -> str:
    extra = sum_of_extra(each.extra_percent, each.extra_minutes) or _("none")
    words = _("Extra time: {extra}").format(extra=extra)
    if not each.rest_minutes:
        return words
    rest = breaks_of(0, 0, each.rest_minutes, each.longest_rest_minutes or each.rest_minutes).text
    return _("{extra}; breaks on top: {rest}").format(extra=words, rest=rest)


def _history(booking_id: str) -> list[HistoryRow]:
    """Everything that was done to a booking, the newest first, with the reasons."""
    arranged = list_arrangements(web.session(), booking_id)
    events = list_booking_events(web.session(), booking_id)
    leaves = list_late_starts(web.session(), booking_id)
    names = names_of(
        web.session(),
        [a.recorded_by for a in arranged] + [e.by for e in events] + [e.by for e in leaves],
    )
    rows = [
        HistoryRow(
            at=each.recorded_at,
            title=_arranged(each),
            by=names.get(each.recorded_by, each.recorded_by),
            text=find_words(web.session(), each.id),
        )
        for each in arranged
    ]
    rows += [
        HistoryRow(
            at=each.at,
            title=_("May start late, until {until}").format(until=when_text(each.until)),
            by=names.get(each.by, each.by),
            text=each.reason,
        )
        for each in leaves
    ]
    rows += [
        HistoryRow(
            at=each.at,
            title=EVENT_NAMES.get(each.action, each.action),
            by=names.get(each.by, each.by),
            text=each.reason,
        )
        for each in events
    ]
    return sorted(rows, key=lambda row: row.at, reverse=True)


@requires(Role.EXAM_OFFICER)
def arrange_time(booking_id: str) -> ResponseReturnValue:
    """Arrange extra time, with a reason."""
    form = ArrangementForm()
    if not form.validate_on_submit():
        return _record_page(booking_id, arrangement_form=form), 422
    held = find_arrangement(web.session(), booking_id)
    try:
        with web.transaction() as writing:
            record_arrangement(
                writing,
                web.actor(),
                web.now(),
                booking_id=booking_id,
                extra_percent=form.extra_percent.data,
                extra_minutes=form.extra_minutes.data,
                rest_minutes=form.rest_minutes.data,
                longest_rest_minutes=form.longest_rest_minutes.data,
                measures=held.measures if held else (),
                reason=form.reason.data,
            )
    except (Invalid, Refused) as error:
        form.reason.errors = [error.message]
        return _record_page(booking_id, arrangement_form=form), error.status
    flash(_("The extra time is recorded. The candidate sees it on their booking."), "success")
    return redirect(url_for("sittings.booking_record", booking_id=booking_id), 303)


@requires(Role.EXAM_OFFICER)
def take_back_booking(booking_id: str) -> ResponseReturnValue:
    """Cancel a booking, with a reason."""
    form = ReasonForm(prefix="cancel")
    if not form.validate_on_submit():
        return _record_page(booking_id, reason_form=form), 422
    try:
        with web.transaction() as writing:
            cancel_booking(
                writing, web.actor(), web.now(), booking_id=booking_id, reason=form.reason.data
            )
    except (Invalid, Refused) as error:
        form.reason.errors = [error.message]
        return _record_page(booking_id, reason_form=form), error.status
    flash(_("The booking is cancelled. The candidate is told by mail."), "success")
    return redirect(url_for("sittings.booking_record", booking_id=booking_id), 303)


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule("/sittings/<sitting_id>/book", view_func=book)
    bp.add_url_rule("/sittings/bookings/<booking_id>", view_func=booking_record)
    for path, view in (
        ("/sittings/<sitting_id>/book/check", check_bookings),
        ("/sittings/<sitting_id>/book", make_bookings),
        ("/sittings/bookings/<booking_id>/extra-time", arrange_time),
        ("/sittings/bookings/<booking_id>/cancel", take_back_booking),
    ):
        bp.add_url_rule(path, view_func=view, methods=["POST"])
