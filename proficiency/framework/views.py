"""The standards to read: every theme, standard and sub-standard, searchable, on public pages."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from proficiency.core import web
from proficiency.core.access import public
from proficiency.framework.edition import (
    Edition,
    anchor_of,
    view_edition,
    view_found,
    view_standard,
    view_theme,
)
from proficiency.framework.queries import find_framework, get_framework
from proficiency.framework.rules import (
    STANDARDS_OF_PROFICIENCY,
    Standard,
    SubStandard,
    split_name_version,
)
from proficiency.framework.search import find_sub_standards

bp = Blueprint("framework", __name__, url_prefix="/standards")

DEFAULT_NAME = split_name_version(STANDARDS_OF_PROFICIENCY)[0]
WHY_PUBLIC = "the standards are published, and candidates and the public may read them"


@bp.get("")
@bp.get("/<name>/<int:version>")
@public(WHY_PUBLIC)
def index(name: str = DEFAULT_NAME, version: int | None = None) -> str:
    """All themes with their standards, or what a search finds."""
    if version is None and find_framework(web.session(), name) is None:
        return render_template("framework/index.html", edition=None)
    edition = _edition(name, version)
    query = request.args.get("q", "").strip()
    found = find_sub_standards(edition.framework, query, edition.held.wordings)
    themes = [view_theme(edition, theme) for theme in edition.framework.themes]
    return render_template(
        "framework/index.html",
        edition=view_edition(edition),
        contents=themes,
        themes=view_found(edition, found, query) if query else themes,
        query=query,
        found=len(found),
        suggestions=_suggestions(edition, query) if query and not found else (),
    )


@bp.get("/<code>")
@bp.get("/<name>/<int:version>/<code>")
@public(WHY_PUBLIC)
def standard(code: str, name: str = DEFAULT_NAME, version: int | None = None) -> str | Response:
    """One standard; the code of a theme or of a sub-standard leads to its place."""
    edition = _edition(name, version)
    place = edition.framework.place_of(code)
    if place.standard is None:
        return redirect(edition.href(anchor_of(code)))
    if isinstance(place.entry, SubStandard):
        return redirect(edition.standard_href(place.standard.code, anchor_of(code)))
    before, after = _neighbours(edition.framework.standards, place.standard)
    return render_template(
        "framework/standard.html",
        edition=view_edition(edition),
        theme=view_theme(edition, place.theme),
        standard=view_standard(edition, place.standard, place.standard.sub_standards),
        before=view_standard(edition, before) if before else None,
        after=view_standard(edition, after) if after else None,
    )


def _edition(name: str, version: int | None) -> Edition:
    held = get_framework(web.session(), name, version)
    newest = held if version is None else get_framework(web.session(), name)
    return Edition(held, newest.framework.version, is_pinned=version is not None)


def _suggestions(edition: Edition, query: str) -> list[tuple[str, str]]:
    """Codes that a fruitless query resembles, with their addresses; none unless it has digits."""
    if not any(character.isdecimal() for character in query):
        return []
    codes = edition.framework.nearest_codes(query)
    return [(code, edition.standard_href(code)) for code in codes]


def _neighbours(
    standards: Sequence[Standard], standard: Standard
) -> tuple[Standard | None, Standard | None]:
    at = standards.index(standard)
    before = standards[at - 1] if at else None
    after = standards[at + 1] if at + 1 < len(standards) else None
    return before, after
