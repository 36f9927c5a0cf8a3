"""Roles, and what an address and a password must be. Pure.

Password rules follow NIST SP 800-63B and the NCSC: length instead of composition, nothing that is
easily guessed, no forced changes.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from enum import StrEnum

from proficiency.core.text import _


class Role(StrEnum):
    """What a person may do. One person may hold several (`01-product.md`, Who uses it)."""

    CANDIDATE = "candidate"
    CONTENT_AUTHOR = "content_author"
    ASSESSOR = "assessor"
    LEAD_ASSESSOR = "lead_assessor"
    MODERATOR = "moderator"
    JUDGE = "judge"
    ASSESSMENT_BOARD = "assessment_board"
    INVIGILATOR = "invigilator"
    EXAM_OFFICER = "exam_officer"
    LAY_MEMBER = "lay_member"
    PANEL_MEMBER = "panel_member"
    OPERATOR = "operator"


ROLE_NAMES = {
    Role.CANDIDATE: _("Candidate"),
    Role.CONTENT_AUTHOR: _("Content author"),
    Role.ASSESSOR: _("Assessor"),
    Role.LEAD_ASSESSOR: _("Lead assessor"),
    Role.MODERATOR: _("Moderator"),
    Role.JUDGE: _("Judge"),
    Role.ASSESSMENT_BOARD: _("Assessment board"),
    Role.INVIGILATOR: _("Invigilator"),
    Role.EXAM_OFFICER: _("Exam officer"),
    Role.LAY_MEMBER: _("Lay member"),
    Role.PANEL_MEMBER: _("Panel member"),
    Role.OPERATOR: _("Operator"),
}

ROLE_DUTIES = {
    Role.CANDIDATE: _("Sits exams and reads their own results"),
    Role.CONTENT_AUTHOR: _("Writes and publishes case studies"),
    Role.ASSESSOR: _("Marks responses, blind"),
    Role.LEAD_ASSESSOR: _("Opens and closes marking, adjudicates"),
    Role.MODERATOR: _("Reviews marks as a member of the advisory group"),
    Role.JUDGE: _("Gives ratings for standard setting"),
    Role.ASSESSMENT_BOARD: _("Adopts cut scores and releases results"),
    Role.INVIGILATOR: _("Watches over a sitting"),
    Role.EXAM_OFFICER: _("Runs schemes, sittings, bookings and people"),
    Role.LAY_MEMBER: _("Brings the public’s view; counts in quorums"),
    Role.PANEL_MEMBER: _("Hears appeals and misconduct cases"),
    Role.OPERATOR: _("Installs and looks after the system"),
}

PEOPLE_ROLES = frozenset({Role.EXAM_OFFICER, Role.OPERATOR})
"""The roles that look after people: without one of them nobody can let anybody in."""

if set(ROLE_NAMES) != set(Role) or set(ROLE_DUTIES) != set(Role):
    raise AssertionError("every role needs a name and a duty")


SIGN_IN_LIFETIME = timedelta(hours=12)
"""A sitting day, with its breaks, on one sign-in."""

LINK_LIFETIME = timedelta(hours=72)
"""A link to set a password survives a weekend."""


def digest(token: str) -> str:
    """Return what a table holds of a secret token, so that a copy of the table opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
             ("SamsungBrowser/", "Samsung Internet"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"),
             ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("CrOS", "ChromeOS"),
            ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"))  # fmt: skip


def browser_name(user_agent: str) -> str:
    """Return what a person would call a browser, such as `Firefox on Windows`.

    It helps people to recognise their own sign-ins, and decides nothing.
    """
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), _("A browser"))
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), None)
    return (
        browser
        if system is None
        else _("{browser} on {system}").format(browser=browser, system=system)
    )


def clean_email(text: str) -> str:
    """Return an address as it is stored: without spaces around it and in lower case."""
    return text.strip().lower()


_EMAIL = re.compile(r"[^\s@,;<>\"()\[\]]+@[^\s@,;<>\"()\[\]]+\.[^\s@,;<>\"()\[\]]+")
LONGEST_EMAIL = 254


def is_email(text: str) -> bool:
    """Whether `text` looks like an address; only a message to it could prove that it is one."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
"""A bound on work, far beyond any phrase that a person types."""

COMMON = frozenset(
    (  # noqa: SIM905 - forty lines say no more
        "password passw0rd letmein welcome admin administrator qwerty qwertyuiop asdfghjkl zxcvbnm "
        "iloveyou sunshine princess football liverpool chelsea arsenal monkey dragon master shadow "
        "superman batman trustno changeme secret abc login hello summer winter spring autumn "
        "correcthorsebatterystaple ilovemyfamily thisismypassword mypassword newpassword my new "
        "ihatepasswords casemanager casemanagement casemanagers healthcare certificate "
        "rehabilitation occupationaltherapy"
    ).split()
)
"""Words that guessers try first, ours among them; repeating or decorating one doesn't help."""


def password_problems(password: str, *, email: str, display_name: str) -> tuple[str, ...]:
    """Return, in words, everything that is wrong with a new password; empty when it may be used.

    There are no rules about capitals, digits or signs. Length counts characters.
    """
    problems = []
    if len(password) < SHORTEST_PASSWORD:
        problems.append(
            _(
                "Use at least {count} characters. Three unconnected words make a good password."
            ).format(count=SHORTEST_PASSWORD)
        )
    if len(password) > LONGEST_PASSWORD:
        problems.append(_("Use at most {count} characters.").format(count=LONGEST_PASSWORD))
    if _is_personal(password, email, display_name):
        problems.append(_("Don’t use your name, your e-mail address or the name of this product."))
    if _is_common(password):
        problems.append(
            _("This password is among the first that others would try. Choose another.")
        )
    return tuple(problems)


LONGEST_NAME = 200


def account_problems(
    email: str, display_name: str, password: str | None
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a new account: the field's name, and words for its maker."""
    if not is_email(email):
        yield "email", _("Write an e-mail address, like name@example.org.")
    if not display_name or len(display_name) > LONGEST_NAME:
        yield "display_name", _("Write the person’s name, in up to 200 characters.")
    if password is not None:
        for words in password_problems(password, email=email, display_name=display_name):
            yield "password", words


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_personal(password: str, email: str, display_name: str) -> bool:
    """Whether little is left of the password once what everybody knows is taken away."""
    plain = _letters(password)
    known = [
        email,
        email.partition("@")[0],
        display_name,
        *display_name.split(),
        "proficiency",
        "ircm",
    ]
    for word in sorted({_letters(word) for word in known if len(_letters(word)) > 2}, key=len)[
        ::-1
    ]:
        plain = plain.replace(word, "")
    return bool(_letters(password)) and len(plain) < len(_letters(password)) and len(plain) < 8


OUR_NAMES = ("proficiency", "ircm", "babicm")
LEAST_OF_ONES_OWN = 8
"""Characters that must be left of a password without what everybody knows about its owner."""

_LOOK_ALIKE = str.maketrans("013457@$!", "oieastasi")


def _is_common(password: str) -> bool:
    """Whether the password is one character, a run of the keyboard, or common words decorated."""
    plain = password.casefold()
    if len(set(plain)) < 4 or any(_is_run(plain, row) for row in _ROWS):
        return True
    bare = plain.strip("0123456789!?.-_ ")
    spellings = {_letters(bare), _letters(bare.translate(_LOOK_ALIKE))}
    return any(_is_made_of(spelling, COMMON) for spelling in spellings)


_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")


def _is_run(text: str, row: str) -> bool:
    """Whether `text` is a piece of a row, possibly repeated or backwards."""
    return text in row * 3 or text in row[::-1] * 3


def _is_made_of(text: str, words: Collection[str]) -> bool:
    """Whether `text` is nothing but `words`, one after another, with digits between them."""
    if not text:
        return False
    reached = {0}
    for start in range(len(text)):
        if start in reached:
            reached |= {start + len(word) for word in words if text.startswith(word, start)}
            if text[start].isdigit():
                reached.add(start + 1)
    return len(text) in reached
