"""Whom those who judge work are connected with: they keep it current themselves."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.preparation.detail_operations import JUDGES_OF_WORK, record_connections
from proficiency.preparation.details import staff_connections_of
from proficiency.preparation.forms import ConnectionsForm


@requires(*JUDGES_OF_WORK)
def my_connections() -> ResponseReturnValue:
    """Name employers, and whom one supervised or trained; the system keeps them apart."""
    form, status = ConnectionsForm(), 200
    if request.method == "GET":
        form.show(staff_connections_of(web.session(), web.actor().id))
    elif form.validate_on_submit():
        try:
            with web.transaction() as writing:
                record_connections(writing, web.actor(), web.now(), connections=form.connections())
        except Invalid as error:
            form.employer.errors, status = [error.message], error.status
        else:
            flash(_("Kept. Thank you for keeping it current."), "success")
            return redirect(url_for("preparation.my_connections"), 303)
    else:
        status = 422
    return render_template("preparation/my_connections.html", form=form), status


def add_views(bp: Blueprint) -> None:
    """Add the page of this module to the room's blueprint."""
    bp.add_url_rule("/my-connections", view_func=my_connections, methods=["GET", "POST"])
