"""What changed between two texts of a case, for candidates and for assessors, by words."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.authoring.comparing import Choice, Side, choose, list_texts, read_side
from proficiency.authoring.diff import compare as compare_texts
from proficiency.authoring.places import lines_of
from proficiency.authoring.queries import get_newest
from proficiency.authoring.review import READERS, WITNESSES
from proficiency.authoring.revising import sight_subject
from proficiency.authoring.visible import paragraphs_of
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.text import _
from proficiency.scenarios.drafts import candidate_stages
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import get_versions

SIDES = {
    "candidate": _("What candidates see"),
    "assessor": _("What assessors see"),
    "text": _("The whole text"),
}


@requires(*READERS)
def compare(work_id: str) -> ResponseReturnValue:
    """Two revisions of a case in work, or one and a published version."""
    newest = get_newest(web.session(), work_id)
    web.record_sight(SIGHT, sight_subject(newest.case_name, work_id), "review")
    choices = list_texts(web.session(), work_id, newest.case_name)
    return _page(newest.title or newest.case_name, choices, work_id)


@requires(*WITNESSES)
def compare_versions(name: str) -> ResponseReturnValue:
    """Two published versions of a case."""
    versions = get_versions(web.session(), name)
    web.record_sight(SIGHT, name, "review")
    return _page(versions[0].title, list_texts(web.session(), None, name), None, name)


def _page(
    title: str, choices: Sequence[Choice], work_id: str | None, name: str = ""
) -> ResponseReturnValue:
    old, new = choose(choices, request.args.get("old", ""), request.args.get("new", ""))
    side = request.args.get("side", "candidate")
    side = side if side in SIDES else "candidate"
    texts = [_paragraphs(read_side(web.session(), work_id, each), side) for each in (old, new)]
    return render_template(
        "authoring/compare.html",
        title=title,
        work_id=work_id,
        name=name,
        choices=choices,
        old=old,
        new=new,
        side=side,
        sides=SIDES,
        comparison=compare_texts(*texts),
        people=names_of(web.session(), {each.by for each in choices}),
    )


def _paragraphs(side: Side, who: str) -> list[str]:
    """Return what `who` gets of a text. What can't be read at all is compared as it is written."""
    if side.case is None or who == "text":
        return [line for line in lines_of(side.text) if line.strip()]
    if who == "candidate":
        stages = candidate_stages(side.case)
        return paragraphs_of(render_template("authoring/_candidate_side.html", stages=stages))
    return paragraphs_of(render_template("authoring/_assessor_side.html", case=side.case))


def add_views(bp: Blueprint) -> None:
    """Attach these pages to the room's blueprint."""
    bp.add_url_rule("/cases/works/<work_id>/compare", view_func=compare)
    bp.add_url_rule("/cases/<name>/compare", view_func=compare_versions)
