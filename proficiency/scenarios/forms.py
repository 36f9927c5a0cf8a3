"""The form in which a case is pasted or sent as a file, checked and published."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, MultipleFileField
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice

from proficiency.core.text import _

SAMPLE, LIVE = "sample", "live"
USES = [
    SelectChoice(SAMPLE, _("Public sample, for practice, training and demonstration")),
    SelectChoice(
        LIVE,
        _("Live case, kept secret; live exams take it once it is reviewed in Cases in work"),
    ),
]


class CaseForm(FlaskForm):  # type: ignore[misc]
    """A case as Markdown: a file, or words in the box. A file goes before the box."""

    file = FileField(_("Markdown file"))
    text = TextAreaField(_("The case in Markdown"))
    files = MultipleFileField(_("Its pictures and documents"))
    use = RadioField(_("What will it be used for?"), choices=USES, default=SAMPLE)
