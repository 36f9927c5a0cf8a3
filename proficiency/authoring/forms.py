"""What the pages of cases in work send."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField, TextAreaField

from proficiency.core.text import _


class BeginForm(FlaskForm):  # type: ignore[misc]
    """The file that a new case begins from; without one it begins from the shape of a case."""

    file = FileField(_("Markdown file"))


class EditForm(FlaskForm):  # type: ignore[misc]
    """The whole text of a case, the revision that it was made from, and what was changed."""

    base_id = HiddenField()
    text = TextAreaField(_("The case in Markdown"))
    note = StringField(_("What did you change?"))
