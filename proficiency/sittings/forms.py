"""Forms of the sittings room. Days and hours are typed in the institution's time."""

from datetime import date, datetime, time, tzinfo

from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from proficiency.core.text import _
from proficiency.sittings.operations import MOST_MINUTES, MOST_PERCENT
from proficiency.sittings.rules import local_moment


class SittingForm(FlaskForm):  # type: ignore[misc]
    """A new sitting."""

    title = StringField(
        _("Title"),
        [InputRequired(_("Write a title, such as November 2026.")), Length(max=200)],
        description=_("Candidates read it, such as November 2026."),
    )
    form_id = SelectField(_("Form"), [InputRequired(_("Choose a form."))])
    opens_on = DateField(_("Day"), [InputRequired(_("Choose the day on which it opens."))])
    opens_time = TimeField(_("Time"), [InputRequired(_("Choose the time at which it opens."))])
    last_on = DateField(_("Day"), [InputRequired(_("Choose the day of the last start."))])
    last_time = TimeField(_("Time"), [InputRequired(_("Choose the time of the last start."))])

    def offer(self, forms: list[tuple[str, str]]) -> None:
        """Set the forms to choose from: pairs of id and words."""
        self.form_id.choices = [SelectChoice(form_id, words) for form_id, words in forms]

    def read_times(self, zone: tzinfo) -> tuple[datetime, datetime] | None:
        """Return opening and last start; None, with the field's error set, for an hour left out."""
        opens = _read_moment(self.opens_on.data, self.opens_time, zone)
        last = _read_moment(self.last_on.data, self.last_time, zone)
        return None if opens is None or last is None else (opens, last)


def _read_moment(day: date, field: TimeField, zone: tzinfo) -> datetime | None:
    at: time = field.data
    try:
        return local_moment(day, at, zone)
    except ValueError as error:
        field.errors = [str(error)]
        return None


class ArrangementForm(FlaskForm):  # type: ignore[misc]
    """Extra time for one booking."""

    extra_percent = IntegerField(
        _("Extra time in percent"),
        [
            InputRequired(_("Write a number, 0 for none.")),
            NumberRange(0, MOST_PERCENT, _("Write 0 to 300 percent.")),
        ],
        default=0,
    )
    extra_minutes = IntegerField(
        _("Extra minutes on top"),
        [
            InputRequired(_("Write a number, 0 for none.")),
            NumberRange(0, MOST_MINUTES, _("Write 0 to 1440 minutes.")),
        ],
        default=0,
    )
    rest_minutes = IntegerField(
        _("Minutes of breaks on top"),
        [
            InputRequired(_("Write a number, 0 for none.")),
            NumberRange(0, MOST_MINUTES, _("Write 0 to 1440 minutes.")),
        ],
        default=0,
        description=_("Breaks that stop the clock, beside those that everybody has."),
    )
    longest_rest_minutes = IntegerField(
        _("Minutes of one break at most"),
        [
            InputRequired(_("Write a number, 0 for what holds for everybody.")),
            NumberRange(0, MOST_MINUTES, _("Write 0 to 1440 minutes.")),
        ],
        default=0,
        description=_("0 for as long as everybody’s."),
    )
    reason = TextAreaField(
        _("Reason and evidence"),
        [InputRequired(_("Write the reason and what it rests on."))],
        description=_("Only exam officers can read this. Write no more than is needed."),
    )


class LateStartForm(FlaskForm):  # type: ignore[misc]
    """Leave for one candidate to start late."""

    until_on = DateField(_("Day"), [InputRequired(_("Choose the day."))])
    until_time = TimeField(_("Time"), [InputRequired(_("Choose the time."))])
    reason = TextAreaField(_("Reason"), [InputRequired(_("Write a reason."))])

    def read_until(self, zone: tzinfo) -> datetime | None:
        """Return until when; None, with the field's error set, for an hour left out."""
        return _read_moment(self.until_on.data, self.until_time, zone)


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A reason, for what must not be done without one."""

    reason = TextAreaField(_("Reason"), [InputRequired(_("Write a reason."))])


class ChooseForm(FlaskForm):  # type: ignore[misc]
    """People to book: ticked on the page, pasted, or both."""

    addresses = TextAreaField(
        _("E-mail addresses"),
        [Optional(), Length(max=100_000, message=_("Paste fewer addresses at once."))],
        description=_("One on each line, or separated by commas. A column of a sheet is fine."),
    )
