"""The one form of check-in: two confirmations before the clock starts."""

from flask_wtf import FlaskForm
from wtforms import BooleanField
from wtforms.validators import InputRequired

from proficiency.core.text import _


class StartForm(FlaskForm):  # type: ignore[misc]
    """The rules are accepted and the time is right."""

    rules = BooleanField(
        _("I have read the rules and accept them"),
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
