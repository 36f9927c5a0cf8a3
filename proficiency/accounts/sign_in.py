"""Who is signed in on this browser, and how that begins (ASVS chapters 2 and 3).

The signed cookie holds a random token and the table its SHA-256, so that a copy of the database
opens no session. Every sign-in gets a new token, so that a token planted before it is worth
nothing. One query loads sign-in, account and roles. An unknown address, a wrong password and a
deactivated account take the same time and get the same answer.
"""

import hashlib
import hmac
from dataclasses import dataclass

from flask import (
    Flask,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user

from proficiency.accounts import resume
from proficiency.accounts.passwords import hash_password, needs_rehash, password_matches
from proficiency.accounts.queries import count_failures, find_account, find_signed_in, get_actor
from proficiency.accounts.rules import browser_name, clean_email, digest
from proficiency.accounts.sign_in_operations import note_failure, open_sign_in, refuse_early
from proficiency.accounts.throttle import Keys, network_of
from proficiency.core import web
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chance import new_token
from proficiency.core.error_pages import wants_json
from proficiency.core.errors import Invalid
from proficiency.core.text import _, clean_text


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


def keys_of(name: str, purpose: str = "") -> Keys:
    """Return what failures for `name` from this request's network are counted by.

    `name` is an e-mail address at sign-in. Another `purpose` is counted apart from it. Keyed
    hashes: a password typed into the wrong box can't be found out from the table.
    """
    network = network_of(request.remote_addr)
    return Keys(_keyed(f"{purpose}account {name}"), _keyed(f"{purpose}network {network}"))


def _keyed(text: str) -> str:
    secret = web.config().secret_key.encode()
    return hmac.new(secret, clean_text(text).encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Checked:
    """Whose password was right, and its hash under newer parameters if it needs one."""

    actor: Actor
    new_hash: str | None


def check_password(email: str, password: str) -> Checked:
    """Return who `email` and `password` belong to.

    Raises `TooMany` when the try comes too early, and `Invalid`, after counting a failure, when
    they don't go together. The database is given back while the password is checked.
    """
    email, keys = clean_email(clean_text(email)), keys_of(clean_email(clean_text(email)))
    refuse_early(count_failures(web.session(), keys, web.now()), web.now())
    account = find_account(web.session(), email)
    actor = None if account is None else get_actor(web.session(), account.id)
    usable = account is not None and account.is_active
    stored = account.password_hash if account is not None else None
    web.close_reading()
    if not password_matches(stored, password) or actor is None or not usable:
        with web.transaction() as writing:
            note_failure(writing, SYSTEM, web.now(), keys=keys)
        raise Invalid(_("This address and this password don’t go together. Check both."))
    new_hash = hash_password(password) if needs_rehash(stored or "") else None
    return Checked(actor, new_hash)


def sign_in(email: str, password: str) -> Actor:
    """Sign a person in on this browser, under a new token. Raises as `check_password` does."""
    checked = check_password(email, password)
    token = new_token()
    with web.transaction() as writing:
        row = open_sign_in(
            writing,
            checked.actor,
            web.now(),
            token=token,
            browser=browser_name(request.user_agent.string),
            keys=keys_of(clean_email(clean_text(email))),
            new_hash=checked.new_hash,
        )
    actor = Actor(checked.actor.id, checked.actor.display_name, checked.actor.roles, row.id)
    session.clear()  # nothing from before the sign-in stays, the token of forms included
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    session.permanent = True
    login_user(SignedIn(token, actor))
    return actor


def safe_next(target: str | None) -> str:
    """Return `target` if it is a path of this installation, else the home page.

    A browser reads `//host`, `/\\host` and control characters as the way to another host.
    """
    if target is None or not target.startswith("/") or target.startswith("//"):
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
    kept = resume.keep_request(session.get("_user_id"))
    return render_template("accounts/sign_in_again.html", kept=kept), 401


def init_app(app: Flask) -> None:
    """Attach flask-login and the answer to `SignInFirst` to `app`."""
    manager = LoginManager()
    manager.session_protection = None  # the token is the proof; networks change under phones
    manager.user_loader(load_user)
    manager.init_app(app, add_context_processor=False)
    app.register_error_handler(web.SignInFirst, ask_to_sign_in)
