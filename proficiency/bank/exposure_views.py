"""Pages about one case: where it was used, what its questions gave, who has seen it."""

from flask import Blueprint, render_template

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.bank.exposure import LEAST
from proficiency.bank.queries import get_figures
from proficiency.bank.uses import (
    count_item_picks,
    list_form_uses,
    list_item_exposures,
    list_sights,
)
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.exams.rules import KIND_NAMES
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import get_versions
from proficiency.sittings.rules import PHASE_NAMES

READERS = (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.MODERATOR, Role.LEAD_ASSESSOR)


@requires(*READERS)
def exposure(name: str) -> str:
    """Where a case and its questions were used; for officers and moderators, who has seen it."""
    newest = get_versions(web.session(), name)[0]
    uses = list_form_uses(web.session(), name)
    reader = web.actor()
    sights = None
    if reader.has(Role.EXAM_OFFICER, Role.MODERATOR):
        sights = list_sights(web.session(), name, names_candidates=reader.has(Role.EXAM_OFFICER))
    return render_template(
        "bank/exposure.html",
        newest=newest,
        uses=uses,
        items=list_item_exposures(web.session(), newest, uses),
        sights=sights,
        names_candidates=reader.has(Role.EXAM_OFFICER),
        kind_names=KIND_NAMES,
        least=LEAST,
    )


@requires(*READERS)
def exposure_item(name: str, item_name: str) -> str:
    """What was picked in one question. Its options are words of the case: this is a sight of it."""
    newest = get_versions(web.session(), name)[0]
    items = {item.name: item for item in get_figures(web.session(), newest.id).items}
    if item_name not in items:
        raise NotFound(_("The newest version of this case has no such question."))
    web.record_sight(SIGHT, name, "statistics")
    uses = list_form_uses(web.session(), name)
    found = next(
        each
        for each in list_item_exposures(web.session(), newest, uses)
        if each.item.name == item_name
    )
    return render_template(
        "bank/exposure_item.html",
        newest=newest,
        found=found,
        picks=count_item_picks(web.session(), item_name, uses),
        least=LEAST,
    )


@requires(*READERS)
def touches(name: str) -> str:
    """The forms, sittings and bookings that a case touches, to act on when it has leaked."""
    newest = get_versions(web.session(), name)[0]
    uses = list_form_uses(web.session(), name)
    is_officer = web.actor().has(Role.EXAM_OFFICER)
    booked = {
        booking.candidate_id
        for use in uses
        for sitting in use.sittings
        for booking in sitting.bookings
    }
    return render_template(
        "bank/touches.html",
        newest=newest,
        uses=uses,
        is_officer=is_officer,
        people=names_of(web.session(), booked) if is_officer else {},
        sittings=[
            (use, each, each.sitting.phase(web.now())) for use in uses for each in use.sittings
        ],
        candidates=len(booked),
        kind_names=KIND_NAMES,
        phase_names=PHASE_NAMES,
    )


def add_views(bp: Blueprint) -> None:
    """Attach these pages to the room's blueprint."""
    bp.get("/cases/<name>/exposure")(exposure)
    bp.get("/cases/<name>/exposure/<item_name>")(exposure_item)
    bp.get("/cases/<name>/touches")(touches)
