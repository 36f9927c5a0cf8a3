"""The main navigation: where a person's roles let them go, and nothing that is not there.

Keeps invariant 6 from the reader's side: a link is shown only when the view's own declaration lets
this actor in, so that the navigation can never promise what the page refuses.
"""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, access_of
from proficiency.core.text import _


@dataclass(frozen=True)
class NavItem:
    """One link of the navigation; `current` when the page shown lies below it."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True)
class Place:
    """A page that the navigation may offer, and to whom it is of use (nobody named: everybody).

    `below` is where the pages below it stand, when that is not under its own address.
    """

    endpoint: str
    label: str
    roles: frozenset[Role] = frozenset()
    below: str = ""


def _place(endpoint: str, label: str, *roles: Role, below: str = "") -> Place:
    return Place(endpoint, label, frozenset(roles), below)


PLACES = (
    _place("pages.home", _("Home")),
    _place("delivery.my_exams", _("My exams"), Role.CANDIDATE),
    _place("results.my_results", _("My results"), Role.CANDIDATE),
    _place(
        "scenarios.cases",
        _("Cases"),
        Role.CONTENT_AUTHOR,
        Role.EXAM_OFFICER,
        Role.MODERATOR,
        Role.LAY_MEMBER,
        Role.JUDGE,
    ),
    _place("exams.schemes", _("Schemes"), Role.EXAM_OFFICER),
    _place("exams.forms", _("Forms"), Role.EXAM_OFFICER),
    _place("sittings.sittings", _("Sittings"), Role.EXAM_OFFICER, Role.INVIGILATOR),
    _place("invigilation.rooms", _("Rooms"), Role.EXAM_OFFICER, Role.INVIGILATOR, below="/room/"),
    _place(
        "delivery.late_work",
        _("Late work"),
        Role.EXAM_OFFICER,
        Role.INVIGILATOR,
        Role.ASSESSMENT_BOARD,
    ),
    _place("marking.queue", _("Marking"), Role.ASSESSOR, Role.LEAD_ASSESSOR, Role.EXAM_OFFICER),
    _place("moderation.sittings", _("Moderation"), Role.MODERATOR, Role.LAY_MEMBER),
    _place("standard_setting.sittings", _("Cut scores"), Role.ASSESSMENT_BOARD, Role.EXAM_OFFICER),
    _place(
        "results.sittings",
        _("Results"),
        Role.ASSESSMENT_BOARD,
        Role.EXAM_OFFICER,
        Role.PANEL_MEMBER,
    ),
    _place("accounts.people", _("People"), Role.EXAM_OFFICER, Role.OPERATOR),
)
"""In the order of an exam's life. An endpoint that does not exist (yet) is left out."""


def navigation(actor: Actor) -> list[NavItem]:
    """Return the links for `actor`; none for a visitor, whose pages link to what they need."""
    if not actor.is_signed_in:
        return []
    return [_item(place) for place in PLACES if _is_open(place, actor)]


def find_address(actor: Actor, endpoint: str, **values: str) -> str | None:
    """Return the address of a page, or None when it is not there or not for this actor."""
    view = current_app.view_functions.get(endpoint)
    access = None if view is None else access_of(view)
    if access is None or not access.allows(actor):
        return None
    values_by_name: dict[str, Any] = dict(values)
    return url_for(endpoint, **values_by_name)


def _is_open(place: Place, actor: Actor) -> bool:
    if place.roles and not actor.has(*place.roles):
        return False
    return find_address(actor, place.endpoint) is not None


def _item(place: Place) -> NavItem:
    href = url_for(place.endpoint)
    prefix = place.below or href.rstrip("/") + "/"
    below = href != "/" and request.path.startswith(prefix)
    return NavItem(place.label, href, current=request.path == href or below)
