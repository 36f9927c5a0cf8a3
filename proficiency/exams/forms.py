"""Forms of the exams room. Every setting says what it does, where it is typed."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from proficiency.core.text import _
from proficiency.exams.queries import SchemeView
from proficiency.exams.rules import (
    DEFAULT_INSTRUCTIONS,
    DEFAULT_RULES,
    KIND_NAMES,
    RANGES,
    SWITCHES,
    TEXTS,
    TOLERANCES,
    TOO_MANY_LAY,
    SchemeKind,
    SchemeSettings,
    read_tolerance,
)
from proficiency.items.names import is_name


def _whole(name: str, description: str) -> IntegerField:
    allowed = RANGES[name]
    words = _("{setting}: write a whole number from {lowest} to {highest}.").format(
        setting=allowed.name, lowest=allowed.lowest, highest=allowed.highest
    )
    checks = [InputRequired(words), NumberRange(allowed.lowest, allowed.highest, words)]
    return IntegerField(
        allowed.name, checks, description=description, render_kw={"inputmode": "numeric"}
    )


def _tolerance(name: str, description: str) -> StringField:
    return StringField(TOLERANCES[name], description=description)


class SchemeForm(FlaskForm):  # type: ignore[misc]
    """Everything that a scheme decides. `based_on` is the version that the page showed."""

    title = StringField(
        _("Title"),
        [InputRequired(_("Write a title.")), Length(max=200)],
        description=_("Candidates read it, such as Certificate of Proficiency."),
    )
    minutes = _whole("minutes", _("How long everybody may write. Extra time comes on top."))
    transit_seconds = _whole(
        "transit_seconds",
        _(
            "An answer that was on its way when the time ended still counts if it arrives within "
            "so many seconds. Candidates don’t get more time to write."
        ),
    )
    break_minutes = _whole(
        "break_minutes",
        _(
            "Breaks stop the clock and cover the exam. So many minutes are everybody’s, 0 for "
            "none; more can be arranged for one candidate."
        ),
    )
    longest_break_minutes = _whole(
        "longest_break_minutes",
        _("A break ends by itself after so many minutes. What is left can be taken later."),
    )
    blocked_minutes = _whole(
        "blocked_minutes",
        _(
            "Somebody whose connection is away can’t open the next part. The time for which they "
            "could do nothing else is given back, up to so many minutes."
        ),
    )
    late_hours = _whole(
        "late_hours",
        _(
            "If nothing else works, a candidate can save an answer file and send it to you. For so "
            "many hours after their end it can be taken in."
        ),
    )
    spell_check = BooleanField(
        _("The browser’s spell-check may be used"),
        description=_("Spelling is not marked. Dictation and screen readers may always be used."),
    )
    read_aloud = BooleanField(
        _("Pages read themselves aloud"),
        description=_(
            "By a voice of the candidate’s own device: nothing is sent away. A screen reader may "
            "be used whatever you choose here."
        ),
    )
    invigilated = BooleanField(
        _("An invigilator watches over it"),
        description=_(
            "Nobody starts before an invigilator has checked who they are and let them in, and "
            "going on with another device needs their word."
        ),
    )
    identity_check = BooleanField(
        _("Face and document are shown by camera"),
        description=_(
            "Before they are let in, candidates take a picture of their face and show a document, "
            "and the invigilator compares. Only where an invigilator watches. There is always a "
            "way without a camera, and no machine compares faces."
        ),
    )
    photo_days = _whole(
        "photo_days",
        _(
            "The picture of the face is erased so many days after the sitting: when the time for "
            "appeals is over. The picture of the document goes as soon as it was compared."
        ),
    )
    unanswered_minutes = _whole(
        "unanswered_minutes",
        _(
            "What a candidate asks and nobody answers in this time is said to be unanswered: they "
            "read what to do, and another device is permitted by rule."
        ),
    )
    help_phone = StringField(
        _("Telephone for help"),
        [Length(max=40)],
        description=_("Stands on every page of the exam, also without a connection."),
    )
    most_blind_percent = _whole(
        "most_blind_percent",
        _(
            "A form on which blind guessing would earn more than so many percent of the marks "
            "can’t be made. Each question’s chance is counted exactly."
        ),
    )
    item_tolerance = _tolerance(
        "item_tolerance",
        _(
            "Two assessors whose marks for an answer differ by no more than this are averaged. "
            "Beyond it a third person decides. In marks: 2, 0.5 or 1/2."
        ),
    )
    criterion_tolerance = _tolerance(
        "criterion_tolerance",
        _("The same for the level of each criterion, in levels."),
    )
    sign_off_quorum = _whole(
        "sign_off_quorum",
        _("How many members of the advisory group must sign a moderation before results."),
    )
    lay_quorum = _whole("lay_quorum", _("How many of those who sign must be lay members."))
    adoption_quorum = _whole(
        "adoption_quorum",
        _("How many members of the board adopt a cut score. Whoever proposed it doesn’t count."),
    )
    release_quorum = _whole(
        "release_quorum", _("How many different people must approve results before release.")
    )
    late_rule = TextAreaField(
        _("When late answers count"),
        description=_(
            "Candidates read it, and two people decide by it. Left empty, the rule of this system."
        ),
    )
    instructions = TextAreaField(
        _("Instructions"),
        description=_("What candidates read before they start. An empty line begins a paragraph."),
    )
    exam_rules = TextAreaField(
        _("Rules"),
        description=_("What candidates accept before they start. One rule on each line."),
    )
    competence_standards = TextAreaField(
        _("What can’t be adjusted"),
        description=_(
            "The competence that the exam assesses, one on each line. Everything else (time, "
            "format, help) can be adjusted for a disabled candidate."
        ),
    )
    based_on = HiddenField()

    def validate_item_tolerance(self, field: StringField) -> None:
        _check_tolerance(field, "item_tolerance")

    def validate_criterion_tolerance(self, field: StringField) -> None:
        _check_tolerance(field, "criterion_tolerance")

    def validate_lay_quorum(self, field: IntegerField) -> None:
        signatures = self.sign_off_quorum.data
        if field.data is not None and signatures is not None and field.data > signatures:
            raise ValidationError(TOO_MANY_LAY)

    def settings(self) -> SchemeSettings:
        """Return what was typed as the settings of a scheme; call it after `validate`."""
        standards = (self.competence_standards.data or "").splitlines()
        return SchemeSettings.from_json(
            {name: self[name].data for name in RANGES}
            | {name: read_tolerance(self[name].data) for name in TOLERANCES}
            | {name: (self[name].data or "").strip() for name in TEXTS}
            | {name: bool(self[name].data) for name in SWITCHES}
            | {"competence_standards": [line.strip() for line in standards if line.strip()]}
        )


class NewSchemeForm(SchemeForm):
    """A scheme's first version, which also fixes its short name and kind."""

    name = StringField(
        _("Short name"),
        description=_("Small letters, digits and hyphens, such as certificate-2026. It stays."),
    )
    kind = RadioField(
        _("Kind"),
        [InputRequired(_("Choose what results of this scheme mean."))],
        choices=[SelectChoice(kind.value, KIND_NAMES[kind]) for kind in SchemeKind],
    )

    def validate_name(self, field: StringField) -> None:
        if not is_name(field.data or ""):
            raise ValidationError(
                _("Short name: use small letters, digits and hyphens, such as certificate-2026.")
            )


def _check_tolerance(field: StringField, name: str) -> None:
    try:
        read_tolerance(field.data or "")
    except ValueError:
        words = _("{setting}: write a number such as 2, 0.5 or 1/2.")
        raise ValidationError(words.format(setting=TOLERANCES[name])) from None


def shown(scheme: SchemeView) -> Mapping[str, Any]:
    """Return a scheme as the form's data, to be changed into its next version."""
    settings = scheme.settings
    return settings.to_json() | {
        "title": scheme.title,
        "competence_standards": "\n".join(settings.competence_standards),
        "based_on": scheme.id,
    }


def proposed() -> Mapping[str, Any]:
    """Return what the form for a new scheme begins with."""
    defaults = SchemeSettings().to_json() | {"competence_standards": ""}
    return defaults | {"instructions": DEFAULT_INSTRUCTIONS, "exam_rules": DEFAULT_RULES}


class AssembleForm(FlaskForm):  # type: ignore[misc]
    """The last step of a form: its title. The cases come with the page's address."""

    form_title = StringField(
        _("Title of the form"),
        [InputRequired(_("Write a title, such as Paper A, November 2026.")), Length(max=200)],
        description=_("Officers and the board read it, candidates don’t. Such as Paper A, 2026."),
    )
