"""Forms of the days before an exam."""

from collections.abc import Iterable
from datetime import date

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from proficiency.core.text import _, clean_text
from proficiency.preparation.details import Details
from proficiency.preparation.rules import (
    DECISION_NAMES,
    LINK_PLURALS,
    NATION_NAMES,
    REASON_NAMES,
    Adjustment,
    Connection,
    Decision,
    Link,
    Nation,
    Reason,
    phone_problem,
    read_names,
)
from proficiency.sittings.operations import MOST_MINUTES, MOST_PERCENT
from proficiency.sittings.rules import MEASURE_NAMES, Measure

MOST_WORDS_SENT = 20_000


def _names_field(link: Link, hint: str) -> TextAreaField:
    return TextAreaField(
        LINK_PLURALS[link],
        [Optional(), Length(max=MOST_WORDS_SENT, message=_("Write fewer names."))],
        description=hint,
    )


class ConnectionsForm(FlaskForm):  # type: ignore[misc]
    """Whom somebody is connected with, one name on each line."""

    employer = _names_field(
        Link.EMPLOYER,
        _("Whom you work for, or did in the last five years; your own firm too. One on each line."),
    )
    supervisor = _names_field(
        Link.SUPERVISOR, _("People who supervise your practice, or did. One on each line.")
    )
    trainer = _names_field(
        Link.TRAINER,
        _("People and bodies who trained or coached you for this exam. One on each line."),
    )

    def connections(self) -> tuple[Connection, ...]:
        """Return what was written, cleaned."""
        return tuple(
            each for link in Link for each in read_names(link, clean_text(self[link].data or ""))
        )

    def show(self, connections: Iterable[Connection]) -> None:
        """Put the names that hold into the fields."""
        listed = list(connections)
        for link in Link:
            self[link].data = "\n".join(each.name for each in listed if each.link is link)


class DetailsForm(ConnectionsForm):
    """The four things that are needed, and how to reach somebody, before the day."""

    reason = RadioField(
        _("Why do you sit this exam?"),
        [InputRequired(_("Say why you sit."))],
        choices=[SelectChoice(each.value, words) for each, words in REASON_NAMES.items()],
    )
    needed_by = DateField(
        _("By which day must you pass?"),
        [Optional()],
        description=_("Only if a day was set for you, as it is for people who are registered."),
    )
    nation = RadioField(
        _("Where do you practise, or will you?"),
        [InputRequired(_("Say where you practise."))],
        choices=[SelectChoice(each.value, words) for each, words in NATION_NAMES.items()],
    )

    phone = StringField(
        _("Telephone on the day"),
        description=_("Your invigilator rings it if you drop out. You may leave it empty."),
        render_kw={"autocomplete": "tel", "type": "tel"},
    )

    def validate_phone(self, field: StringField) -> None:
        problem = phone_problem((field.data or "").strip())
        if problem is not None:
            raise ValidationError(problem)

    def show_details(self, held: Details) -> None:
        """Put what holds into the fields."""
        self.phone.data = held.phone
        self.reason.data, self.nation.data = held.reason.value, held.nation.value
        self.needed_by.data = held.needed_by
        self.show(held.connections)

    def read(self) -> tuple[Reason, Nation, date | None]:
        """Return reason, nation and day, once the form is valid."""
        return Reason(self.reason.data), Nation(self.nation.data), self.needed_by.data


def _number(label: str, most: int, hint: str) -> IntegerField:
    return IntegerField(
        label,
        [Optional(), NumberRange(0, most, _("Write a whole number, 0 for none."))],
        description=hint,
        default=0,
    )


class AdjustmentForm(FlaskForm):  # type: ignore[misc]
    """Time and other measures."""

    extra_percent = _number(
        _("Extra time, in percent"), MOST_PERCENT, _("25 is a quarter more. 0 for none.")
    )
    extra_minutes = _number(
        _("Extra minutes"), MOST_MINUTES, _("They come on top of the percent. 0 for none.")
    )
    rest_minutes = _number(
        _("Breaks that stop the clock, in minutes together"),
        MOST_MINUTES,
        _("You take them when you need them, and the page is covered meanwhile. 0 for none."),
    )
    measures = SelectMultipleField(
        _("Anything else"),
        [Optional()],
        choices=[SelectChoice(each.value, words) for each, words in MEASURE_NAMES.items()],
    )

    def adjustment(self) -> Adjustment:
        """Return what was written, once the form is valid."""
        return Adjustment(
            self.extra_percent.data or 0,
            self.extra_minutes.data or 0,
            self.rest_minutes.data or 0,
            tuple(Measure(name) for name in self.measures.data or ()),
        )

    def show(self, held: Adjustment) -> None:
        """Put an adjustment into the fields."""
        self.extra_percent.data = held.extra_percent
        self.extra_minutes.data = held.extra_minutes
        self.rest_minutes.data = held.rest_minutes
        self.measures.data = [measure.value for measure in held.measures]


class RequestForm(AdjustmentForm):
    """What a candidate asks for, why, and with which letters."""

    words = TextAreaField(
        _("Why you need it"),
        [
            InputRequired(_("Write in a few words why you need it.")),
            Length(max=MOST_WORDS_SENT, message=_("Write less.")),
        ],
        description=_("What makes an exam harder for you, and what has helped before."),
    )
    letters = MultipleFileField(
        _("Letters or reports"),
        description=_("PDF or pictures, up to 3 files with 2 MB each. Leave it empty if none."),
    )


class DecisionForm(AdjustmentForm):
    """What an officer decides, and why."""

    decision = RadioField(
        _("Decision"),
        [InputRequired(_("Choose what you decide."))],
        choices=[SelectChoice(each.value, words) for each, words in DECISION_NAMES.items()],
    )
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Write the reason. The candidate reads it."))],
        description=_("The candidate reads this. Say what it rests on, and what they can do."),
    )

    def decided(self) -> Decision:
        """Return the decision, once the form is valid."""
        return Decision(self.decision.data)


class DocumentForm(FlaskForm):  # type: ignore[misc]
    """The words of a document, and which version they were made from."""

    text = TextAreaField(_("Text, in Markdown"), [InputRequired(_("Write the document."))])
    base = HiddenField()


class PracticeForm(FlaskForm):  # type: ignore[misc]
    """Which form is practised on."""

    form_id = SelectField(_("Form"), [InputRequired(_("Choose a form."))])

    def offer(self, forms: Iterable[tuple[str, str]]) -> None:
        """Set the forms to choose from: pairs of id and words."""
        self.form_id.choices = [SelectChoice(form_id, words) for form_id, words in forms]


class CheckForm(FlaskForm):  # type: ignore[misc]
    """What the page's script found, as JSON that it put here."""

    findings = HiddenField()
