"""What a board member types about a cut score."""

from fractions import Fraction

from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.standard_setting.rules import METHOD_NAMES, Method, check_score, read_score


class ProposalForm(FlaskForm):  # type: ignore[misc]
    """A cut score with how it was found and why."""

    score = StringField(
        _("Cut score in marks"),
        description=_("For example 34.5, or exactly as a fraction: 103/3. It is never rounded."),
    )
    method = RadioField(
        _("How was it found?"),
        choices=[SelectChoice(method.value, METHOD_NAMES[method]) for method in Method],
        validators=[InputRequired(_("Choose how the cut score was found."))],
    )
    method_note = StringField(
        _("More about the method (optional)"),
        description=_("Such as the number of judges and rounds. For another method, its name."),
    )
    rationale = TextAreaField(
        _("Why is this the right cut score?"),
        description=_(
            "What the panel took a minimally competent case manager to be able to do, and how its "
            "judgements led to this score. Board members, officers and panels will read it."
        ),
        validators=[
            InputRequired(_("Say how the cut score was found and why it is the right one."))
        ],
    )

    def __init__(self, max_mark: Fraction) -> None:
        super().__init__()
        self.max_mark = max_mark

    def validate_score(self, field: StringField) -> None:
        try:
            check_score(read_score(field.data or ""), self.max_mark)
        except Invalid as problem:
            raise ValidationError(problem.message) from None

    def validate_method_note(self, field: StringField) -> None:
        if self.method.data == Method.OTHER and not (field.data or "").strip():
            raise ValidationError(_("Name the method that was used."))


class WithdrawalForm(FlaskForm):  # type: ignore[misc]
    """Why a cut score is taken back."""

    reason = TextAreaField(
        _("Why is it withdrawn?"),
        description=_("The withdrawn cut score and your reason stay on record."),
        validators=[InputRequired(_("Say why the cut score is withdrawn."))],
    )
