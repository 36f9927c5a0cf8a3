"""Forms of the accounts room. What they hold is checked again by the operations."""

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from proficiency.accounts.rules import (
    ROLE_NAMES,
    SHORTEST_PASSWORD,
    account_problems,
    clean_email,
)
from proficiency.core.text import _

ROLE_CHOICES = [SelectChoice(role.value, name) for role, name in ROLE_NAMES.items()]
PASSWORD_HINT = _("At least {count} characters. Three unconnected words make a good one.").format(
    count=SHORTEST_PASSWORD
)


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Address and password. `kept` is a form that waits to be sent again."""

    email = EmailField(
        _("E-mail address"), [InputRequired(_("Enter your e-mail address.")), Length(max=400)]
    )
    password = PasswordField(_("Password"), [InputRequired(_("Enter your password."))])
    kept = HiddenField()


class PresentPasswordForm(FlaskForm):  # type: ignore[misc]
    """The password that is changed; made first, for errors are told in the order of the page."""

    current = PasswordField(_("Present password"), [InputRequired(_("Enter your password."))])


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A new password, typed twice because it can't be seen."""

    password = PasswordField(
        _("New password"), [InputRequired(_("Enter a new password."))], description=PASSWORD_HINT
    )
    again = PasswordField(
        _("New password again"),
        [EqualTo("password", _("The two passwords differ. Type both again."))],
    )


class ChangePasswordForm(PresentPasswordForm, NewPasswordForm):
    """A new password for one's own account."""


class PersonForm(FlaskForm):  # type: ignore[misc]
    """Somebody new."""

    display_name = StringField(
        _("Name"), [InputRequired(_("Enter the person’s name.")), Length(max=200)]
    )
    email = EmailField(_("E-mail address"), [InputRequired(_("Enter an e-mail address."))])
    roles = SelectMultipleField(_("Roles"), choices=ROLE_CHOICES)
    first_password = RadioField(
        _("First password"),
        choices=[
            SelectChoice("link", _("Make a link with which they set their own")),
            SelectChoice("typed", _("Type one, and tell them")),
        ],
        default="link",
    )
    password = PasswordField(_("Password"), [Optional()], description=PASSWORD_HINT)

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and the account as a whole, so that all problems show at once."""
        super().validate(extra_validators)
        typed = self.first_password.data == "typed"
        problems = account_problems(
            clean_email(self.email.data or ""),
            (self.display_name.data or "").strip(),
            (self.password.data or "") if typed else None,
        )
        for name, words in problems:
            field = self[name]
            if words not in field.errors and (name == "password" or not field.errors):
                field.errors = [*field.errors, words]
        return not self.errors


class RolesForm(FlaskForm):  # type: ignore[misc]
    """The roles of one person, with the reason for the change."""

    roles = SelectMultipleField(_("This person holds"), choices=ROLE_CHOICES)
    reason = TextAreaField(
        _("Why do they change?"),
        [InputRequired(_("Write why the roles change."))],
        description=_("Kept with the record. One sentence is enough."),
    )


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A reason, for what must not be done without one."""

    reason = TextAreaField(_("Reason"), [InputRequired(_("Write a reason."))])
