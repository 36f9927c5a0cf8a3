"""What reviewers and officers send: remarks, a checklist, reasons."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from proficiency.authoring.places import Place
from proficiency.authoring.review import Answer
from proficiency.authoring.rules import CHECKLIST
from proficiency.core.text import _

YES, NO = "yes", "no"
COMMENT, SUGGESTION = "comment", "suggestion"
GROUP, LAY = "group", "lay"


class WordsForm(FlaskForm):  # type: ignore[misc]
    """A reason or an answer, and the revision that its writer had before them."""

    revision_id = HiddenField()
    reason = TextAreaField(_("Reason"))


class RemarkForm(FlaskForm):  # type: ignore[misc]
    """A comment or a suggestion on some lines, a question, or the whole case."""

    revision_id = HiddenField()
    line = IntegerField(_("From line"), validators=[Optional()])
    last_line = IntegerField(_("To line"), validators=[Optional()])
    item_name = SelectField(_("Or about"), choices=[], validate_choice=False)
    body = TextAreaField(_("What do you want to say?"))
    replacement = TextAreaField(_("These lines should read"))

    def offer(self, places: tuple[Place, ...]) -> None:
        """Offer the questions of the text to be remarked on."""
        self.item_name.choices = [
            SelectChoice("", _("These lines, or the whole case")),
            *(
                SelectChoice(place.name, _("Question {n}").format(n=place.number))
                for place in places
            ),
        ]


class _ChecklistForm(FlaskForm):  # type: ignore[misc]
    """A reviewer's answers to the points of the checklist, which are its fields."""

    revision_id = HiddenField()
    capacity = RadioField(_("You sign"), choices=[], validate_choice=False)

    def answers(self) -> Mapping[str, Answer]:
        """Return what was answered; a point without yes or no is not in it."""
        return {
            point.key: Answer(self[point.key].data == YES, self[f"{point.key}_remark"].data or "")
            for point in CHECKLIST
            if self[point.key].data in (YES, NO)
        }

    def offer(self, capacities: Mapping[str, str]) -> None:
        """Offer these capacities to sign in; the only one is chosen already."""
        self.capacity.choices = [SelectChoice(key, words) for key, words in capacities.items()]
        if len(capacities) == 1:
            (self.capacity.data,) = capacities


def _fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for point in CHECKLIST:
        fields[point.key] = RadioField(
            point.title,
            description=point.question,
            choices=[SelectChoice(YES, _("Yes")), SelectChoice(NO, _("No"))],
            validate_choice=False,
        )
        fields[f"{point.key}_remark"] = StringField(
            _("A remark on “{point}”, if you have one").format(point=point.title)
        )
    return fields


ChecklistForm = type("ChecklistForm", (_ChecklistForm,), _fields())
