"""What a person sees when something cannot be done: plain words, and what to do next."""

from flask import Flask, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from proficiency.core import web
from proficiency.core.errors import ProficiencyError, Refused
from proficiency.core.faults import refusal_of
from proficiency.core.text import _


def wants_json() -> bool:
    """Whether the request came from a script of ours rather than from a page."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _answer(status: int, message: str, details: tuple[str, ...] = ()) -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=message, details=list(details)), status
    page = render_template("errors/error.html", status=status, message=message, details=details)
    return page, status


def init_app(app: Flask) -> None:
    """Attach the handlers to `app`."""

    @app.errorhandler(ProficiencyError)
    def known(error: ProficiencyError) -> ResponseReturnValue:
        # A form that a rule refuses goes back to the page it came from, with the reason on top.
        if isinstance(error, Refused) and request.method == "POST" and not wants_json():
            back = request.referrer
            if back and web.is_ours(back):
                flash(error.message, "error")
                return redirect(back, 303)
        return _answer(error.status, error.message, getattr(error, "details", ()))

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> ResponseReturnValue:
        return _answer(
            400,
            _(
                "This page was open for too long or in another sign-in. "
                "Go back, load it again, and repeat."
            ),
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error.get_response()
        return _answer(error.code, HTTP_WORDS.get(error.code, error.description or ""))

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        refusal = refusal_of(error)
        if refusal is not None:
            app.logger.error("the database could not keep or give something: %s", error)
            web.forget_actor()
            return _answer(refusal.status, refusal.message)
        app.logger.exception("a request failed")
        if app.testing:
            raise error
        web.forget_actor()
        return _answer(500, HTTP_WORDS[500])


HTTP_WORDS = {
    400: _("The request could not be read. Nothing was changed."),
    404: _("There is nothing at this address. Check it, or start from the home page."),
    405: _("This address does not do that. Go back and use the buttons on the page."),
    413: _("What you sent is too large. Nothing was changed."),
    500: _(
        "Something went wrong on our side. Nothing that was saved is lost. "
        "Please try again in a minute."
    ),
}
