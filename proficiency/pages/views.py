"""Pages that look across rooms: the home page, health, and what the law asks every site to say."""

from datetime import timedelta

from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy.exc import DBAPIError

from proficiency.core import web
from proficiency.core.access import Actor, public
from proficiency.core.text import _
from proficiency.pages.nav import find_address
from proficiency.pages.queries import Health, get_health
from proficiency.pages.waiting import Section, what_waits

bp = Blueprint("pages", __name__)


@bp.get("/")
@public("the front door: it shows a visitor what this is and where to sign in")
def home() -> str:
    """The front door, or what waits for the person who is signed in."""
    actor = web.actor()
    if not actor.is_signed_in:
        return render_template("pages/home.html")
    sections = [
        {"title": section.title, "nothing": section.nothing, "tasks": _lines(actor, section)}
        for section in what_waits(web.session(), actor, web.now())
    ]
    return render_template("pages/waiting.html", sections=sections)


def _lines(actor: Actor, section: Section) -> list[dict[str, object]]:
    """The tasks of a section with their addresses; one that leads nowhere is shown without."""
    return [
        {
            "name": task.name,
            "href": find_address(actor, task.link.endpoint, **task.link.values)
            if task.link
            else None,
            "status": task.status,
            "tone": task.tone,
            "hint": task.hint,
        }
        for task in section.tasks
    ]


@bp.get("/health")
@public("a monitor must be able to ask without an account; it names nobody and counts only work")
def health() -> Response | str:
    """Whether the database answers, how old the worker's last sign and the last checkpoint are.

    A silent worker is told in the page and in `well`; only a silent database is a 503, for pages
    still work without the worker and must not be taken out of service with it.
    """
    try:
        found = get_health(web.session(), web.now())
    except DBAPIError:
        # A page with a navigation would ask the same database who is signed in.
        return Response(_("The database does not answer.\n"), 503, mimetype="text/plain")
    if request.accept_mimetypes.best == "application/json":
        return jsonify(_health_json(found))
    return render_template("pages/health.html", health=found)


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else int(age.total_seconds())


def _health_json(found: Health) -> dict[str, object]:
    return {
        "well": found.is_well,
        "database": True,
        "keeps_what_it_acknowledges": not found.forgetful,
        "worker_age_seconds": _seconds(found.worker_age),
        "checkpoint_age_seconds": _seconds(found.checkpoint_age),
        "waiting_messages": found.waiting_messages,
        "failing_messages": found.failing_messages,
    }


@bp.get("/accessibility")
@public("everybody may read how accessible the pages are and whom to tell about a barrier")
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("pages/accessibility.html")


@bp.get("/privacy")
@public("everybody may read what is kept about people and why")
def privacy() -> str:
    """What is kept about people, why, and who sees it."""
    return render_template("pages/privacy.html")
