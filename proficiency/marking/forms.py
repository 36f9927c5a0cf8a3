"""What assessors send: levels, indicators, traps and words; and why a response is given back."""

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from proficiency.core.text import _
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.judging import Ticked
from proficiency.marking.rules import OWN_RETURN_REASONS, ReturnReason

NOT_A_LEVEL = -1
"""What a level is read as that is not a number: no criterion has it, so it is refused by name."""

RETURN_REASONS = {
    ReturnReason.MAY_KNOW_WRITER: _("I may know this writer"),
    ReturnReason.CANNOT_BE_FAIR: _("I cannot judge this one fairly"),
    ReturnReason.PAGE_FAULT: _("The response is not shown properly"),
    ReturnReason.RELEASED: _("Taken back by the lead assessor"),
}


class MarkForm(FlaskForm):  # type: ignore[misc]
    """The words to a mark. Levels and ticks are `read_ticked`, for each rubric has its own."""

    comment = TextAreaField(
        _("Comment (optional)"),
        description=_("For whoever settles or reviews this mark: what decided the levels."),
    )


class CorrectionForm(FlaskForm):  # type: ignore[misc]
    """The words to a corrected mark."""

    comment = TextAreaField(
        _("Why do you change your mark?"),
        description=_("Your first mark stays in the record beside the new one."),
    )


class AdjudicationForm(FlaskForm):  # type: ignore[misc]
    """The words to a mark that settles a discrepancy."""

    comment = TextAreaField(
        _("Reason"),
        description=_("Why these levels are right. Moderators and, in an appeal, a panel read it."),
    )


class ReturnForm(FlaskForm):  # type: ignore[misc]
    """Why a response is given back."""

    reason = RadioField(
        _("Why do you give it back?"),
        choices=[SelectChoice(each.value, RETURN_REASONS[each]) for each in OWN_RETURN_REASONS],
        default=ReturnReason.MAY_KNOW_WRITER.value,
        validators=[InputRequired(_("Choose why you give it back."))],
    )


class WhyForm(FlaskForm):  # type: ignore[misc]
    """The reason for a decision that settles or changes something."""

    reason = TextAreaField(
        _("Reason"),
        description=_("Others who decide, moderators and, in an appeal, a panel read it."),
    )


class NewPointForm(FlaskForm):  # type: ignore[misc]
    """Marks and reason for a right answer that is not in the table."""

    marks = StringField(_("Marks"))
    reason = TextAreaField(_("Why it is right"))


def level_field(criterion_key: str) -> str:
    """Return the name of the field that holds the level of a criterion."""
    return f"level-{criterion_key}"


def read_ticked(form: "MultiDict[str, str]", body: WrittenResponse) -> Ticked:
    """Return what was ticked for the rubric of `body`. Nothing chosen is left out."""
    sent = {criterion.key: form.get(level_field(criterion.key)) for criterion in body.criteria}
    return Ticked(
        levels={key: _read_level(value) for key, value in sent.items() if value is not None},
        indicators=frozenset(form.getlist("indicators")),
        traps=frozenset(form.getlist("traps")),
    )


def _read_level(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else NOT_A_LEVEL
