"""What the advisory group writes: comments, reasons, marks and the capacity of a signature."""

from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from proficiency.core.exact import read_exact
from proficiency.core.text import _
from proficiency.moderation.rules import Capacity

CAPACITIES = {
    Capacity.MODERATOR: _("As a moderator"),
    Capacity.LAY_MEMBER: _("As a lay member"),
}
LONGEST_MARK = 20


class CommentForm(FlaskForm):  # type: ignore[misc]
    """Words about a response, a question or the sitting."""

    text = TextAreaField(
        _("Comment"),
        description=_("The whole group reads it. It decides nothing by itself."),
        validators=[InputRequired(_("Write your comment first."))],
    )


class AcceptForm(FlaskForm):  # type: ignore[misc]
    """Why a mark is right as it stands."""

    reason = TextAreaField(
        _("Why is the mark right?"),
        validators=[InputRequired(_("Say why the mark is right."))],
    )


class ChangeLevelsForm(FlaskForm):  # type: ignore[misc]
    """Why a mark is changed; the levels are read by the rubric's own names."""

    comment = TextAreaField(
        _("Why is the mark changed?"),
        description=_("The old mark stays in the record beside the new one and your reason."),
    )


class ChangeMarkForm(FlaskForm):  # type: ignore[misc]
    """Another mark for a question without a rubric, and why."""

    mark = StringField(
        _("New mark"), description=_("For example 1, 0.5, or exactly as a fraction: 1/3.")
    )
    comment = TextAreaField(
        _("Why is the mark changed?"),
        description=_("The old mark stays in the record beside the new one and your reason."),
        validators=[InputRequired(_("Say why the mark is changed."))],
    )

    def validate_mark(self, field: StringField) -> None:
        if read_exact(field.data or "") is None:
            raise ValidationError(_("Enter a mark, such as 1, 0.5 or 1/3."))


class SignForm(FlaskForm):  # type: ignore[misc]
    """For whom a signature speaks; only what the reader may sign as is offered."""

    capacity = RadioField(
        _("You sign"), validators=[InputRequired(_("Choose in which capacity you sign."))]
    )

    def offer(self, capacities: list[Capacity]) -> None:
        """Offer these capacities; the only one is chosen already."""
        self.capacity.choices = [SelectChoice(each.value, CAPACITIES[each]) for each in capacities]
        if len(capacities) == 1 and not self.is_submitted():
            self.capacity.data = capacities[0].value
