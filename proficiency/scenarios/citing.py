"""Sources that cases rest on: what is said about one, and when the law was last checked. Pure.

Invariants kept: what was said about a source stays; the newest word holds (invariant 10).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from proficiency.core.text import _

LAW_HOLDS_FOR = timedelta(days=365)
"""After this the law of a case is to be checked again; statutes and guidance change each year."""


class NoticeKind(StrEnum):
    """What is said about a source."""

    WITHDRAWN = "withdrawn"  # repealed, replaced or wrong: nothing may rest on it
    TO_RECHECK = "to_recheck"  # it may have changed
    CLEARED = "cleared"  # looked at: what was said before no longer holds


KIND_NAMES = {
    NoticeKind.WITHDRAWN: _("Withdrawn"),
    NoticeKind.TO_RECHECK: _("To be checked again"),
    NoticeKind.CLEARED: _("Checked: nothing against it"),
}

FOLLOWS: Mapping[NoticeKind | None, frozenset[NoticeKind]] = {
    None: frozenset({NoticeKind.WITHDRAWN, NoticeKind.TO_RECHECK}),
    NoticeKind.TO_RECHECK: frozenset({NoticeKind.WITHDRAWN, NoticeKind.CLEARED}),
    NoticeKind.WITHDRAWN: frozenset({NoticeKind.TO_RECHECK, NoticeKind.CLEARED}),
    NoticeKind.CLEARED: frozenset({NoticeKind.WITHDRAWN, NoticeKind.TO_RECHECK}),
}
"""What may be said next; None while nothing was ever said."""

if set(KIND_NAMES) != set(NoticeKind) or set(FOLLOWS) != {None, *NoticeKind}:
    raise TypeError("a kind of notice lacks a name or its place")


def is_law_old(law_checked: date, today: date) -> bool:
    """Whether the law of a case was checked more than a year before `today`."""
    return today - law_checked > LAW_HOLDS_FOR


def law_warning(law_checked: date, today: date) -> str | None:
    """Return what to say about a case whose law was checked too long ago, or None."""
    if not is_law_old(law_checked, today):
        return None
    days = (today - law_checked).days
    return _(
        "the law was last checked {days} days ago: check it again, then change this date"
    ).format(days=days)
