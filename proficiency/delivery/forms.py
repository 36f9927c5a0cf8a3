"""The forms of check-in, three confirmations before the clock starts, and of checking a receipt."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from proficiency.core.text import _, clean_text
from proficiency.delivery.receipt_rules import read_code
from proficiency.sittings.forms import SittingForm


class StartForm(FlaskForm):  # type: ignore[misc]
    """The rules are accepted, the time is right, and the candidate is well."""

    rules = BooleanField(
        _("I have read the rules and accept them, and I have read the handbook and the notice"),
        [InputRequired(_("Confirm that you accept the rules. Without it you can’t start."))],
    )
    time = BooleanField(
        _("The time that I have is right"),
        [
            InputRequired(
                _("Confirm that the time is right. If it isn’t, don’t start: ask the exam office.")
            )
        ],
    )
    fit = BooleanField(
        _("I am well enough to sit today"),
        [
            InputRequired(
                _("Say that you are well enough. If you aren’t, don’t start: tell the exam office.")
            )
        ],
    )


def _cleaned(typed: str | None) -> str:
    return clean_text(typed or "").strip()


class ShiftForm(SittingForm):
    """Other times for a sitting, and why."""

    title = None
    form_id = None
    reason = TextAreaField(
        _("Reason"),
        [InputRequired(_("Write a reason. It is kept with the record."))],
        description=_("Candidates don’t read it."),
    )


class ReceiptForm(FlaskForm):  # type: ignore[misc]
    """A receipt's code, however it is grouped, and the candidate number that stands with it."""

    code = TextAreaField(
        _("Receipt code"), [InputRequired(_("Enter the receipt code."))], filters=[_cleaned]
    )
    number = StringField(
        _("Candidate number"), [InputRequired(_("Enter the candidate number."))], filters=[_cleaned]
    )

    def validate_code(self, field: TextAreaField) -> None:
        """A code has exactly 64 hexadecimal digits."""
        if read_code(field.data) is None:
            raise ValidationError(
                _("A receipt code has 64 signs: the digits 0 to 9 and the letters A to F.")
            )
