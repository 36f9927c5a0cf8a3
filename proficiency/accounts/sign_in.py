"""Who is signed in on this browser (ASVS chapter 3).

The signed cookie holds a random token and the table its SHA-256, so that a copy of the database
opens no session. Every sign-in gets a new token, so that a token planted before it is worth
nothing. One query loads sign-in, account and roles.
"""

from dataclasses import dataclass

from flask import Flask, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user

from proficiency.accounts.queries import find_signed_in
from proficiency.accounts.rules import digest
from proficiency.core import web
from proficiency.core.access import Actor
from proficiency.core.error_pages import wants_json
from proficiency.core.text import _


@dataclass(frozen=True, eq=False)
class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """Whom flask-login keeps: the token that the cookie holds, and who acts with it."""

    token: str
    actor: Actor

    def get_id(self) -> str:
        return self.token


def load_user(token: str) -> SignedIn | None:
    """Return whoever holds `token` now; None when it was revoked, has expired or never was."""
    actor = find_signed_in(web.session(), digest(token), web.now())
    return None if actor is None else SignedIn(token, actor)


def begin(token: str, actor: Actor) -> None:
    """Give this browser a session of its own for `token`; nothing from before stays in it."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(token, actor))


def safe_next(target: str | None) -> str:
    """Return `target` if it is a path of this installation, else the home page.

    A browser reads `//host`, `/\\host` and control characters as the way to another host.
    """
    if target is None or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 33 or character == "\\" for character in target):
        return "/"
    return target


def ask_to_sign_in(error: web.SignInFirst) -> ResponseReturnValue:
    """Answer a request that needs somebody who is signed in, without losing what was typed."""
    if wants_json():
        message = _("Your sign-in has ended. Sign in again; what you wrote is kept on this device.")
        return jsonify(error=message, details=[], sign_in=url_for("accounts.sign_in")), 401
    if request.method in web.SAFE_METHODS:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 303)
    return render_template("accounts/sign_in_again.html"), 401


def init_app(app: Flask) -> None:
    """Attach flask-login and the answer to `SignInFirst` to `app`."""
    manager = LoginManager()
    manager.session_protection = None  # the token is the proof; networks change under phones
    manager.user_loader(load_user)
    manager.init_app(app, add_context_processor=False)
    app.register_error_handler(web.SignInFirst, ask_to_sign_in)
