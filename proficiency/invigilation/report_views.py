"""What is printed: the roster before a sitting, and its report afterwards."""

from flask import Blueprint, Response, render_template

from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.sheet import sheet_bytes
from proficiency.invigilation.history import on_day
from proficiency.invigilation.report import HEADINGS, make_report, make_roster
from proficiency.sittings.queries import get_sitting


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/room/<sitting_id>/roster")(roster)
    bp.get("/room/<sitting_id>/report")(report)
    bp.get("/room/<sitting_id>/report.csv")(report_sheet)


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def roster(sitting_id: str) -> str:
    """Whom to expect, to be printed before the sitting."""
    sitting = get_sitting(web.session(), sitting_id)
    rows = make_roster(web.session(), sitting_id)
    return render_template("invigilation/roster.html", sitting=sitting, rows=rows, now=web.now())


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def report(sitting_id: str) -> str:
    """What happened, as far as the sitting has come."""
    made = make_report(web.session(), sitting_id, web.now())
    return render_template(
        "invigilation/report.html",
        report=made,
        headings=HEADINGS,
        on_day=on_day,
        now=web.now(),
    )


@requires(Role.INVIGILATOR, Role.EXAM_OFFICER)
def report_sheet(sitting_id: str) -> Response:
    """How each candidate sat, for a spreadsheet."""
    made = make_report(web.session(), sitting_id, web.now())
    sheet = sheet_bytes(HEADINGS, [row.cells() for row in made.rows])
    response = Response(sheet, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=room-{sitting_id}.csv"
    return response
