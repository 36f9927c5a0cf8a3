"""What is said about a source on its page."""

from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice

from proficiency.core.text import _
from proficiency.scenarios.citing import FOLLOWS, KIND_NAMES, NoticeKind


class NoticeForm(FlaskForm):  # type: ignore[misc]
    """What holds about a source from now on, and why."""

    kind = RadioField(_("What holds about this source?"))
    reason = TextAreaField(_("Why, and where can it be looked up?"))

    def offer(self, last: NoticeKind | None) -> None:
        """Offer what may follow what was said last."""
        self.kind.choices = [
            SelectChoice(kind.value, KIND_NAMES[kind])
            for kind in NoticeKind
            if kind in FOLLOWS[last]
        ]
