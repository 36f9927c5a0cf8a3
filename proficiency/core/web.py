"""The web's edge: one clock reading and one actor per request, declared access, strict headers.

Keeps invariants 5, 6 and 12. A GET reads through a read-only connection; only a POST may open a
transaction. Pages get no inline script or style, and nothing from other hosts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from proficiency.core import operation, sights
from proficiency.core.access import VISITOR, Actor, access_of
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, NotFound
from proficiency.core.text import _

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "manifest-src 'self'; worker-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


def database() -> Database:
    """Return the database of the running application."""
    return cast(Database, current_app.extensions["proficiency.database"])


def config() -> Config:
    """Return the settings of the running application."""
    return cast(Config, current_app.extensions["proficiency.config"])


def now() -> datetime:
    """Return the one moment of this request."""
    if "now" not in g:
        g.now = read_clock()
    return cast(datetime, g.now)


def actor() -> Actor:
    """Return whoever makes this request; `VISITOR` when nobody is signed in."""
    if "forgotten" in g:
        return VISITOR
    return cast(Actor, getattr(current_user, "actor", VISITOR))


def forget_actor() -> None:
    """Treat what remains of this request as a visitor's: an error page must not need a database."""
    g.forgotten = True


def session() -> Session:
    """Return this request's reading session. It cannot write."""
    if "reading" not in g:
        g.reading = Session(database().reader)
    return cast(Session, g.reading)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the transaction of one operation. Refused in a request that only reads."""
    if request.method in SAFE_METHODS:
        raise RuntimeError("a reading request must not write; make it a POST")
    close_reading()  # what this request reads afterwards is what the operation left
    with operation.transaction(database()) as writing:
        yield writing


def record_sight(subject: str, subject_id: str, purpose: str) -> None:
    """Write down that this request's actor sees a subject, before the page is sent."""
    sights.record_sight(database(), actor(), now(), subject, subject_id, purpose)


def close_reading(fault: BaseException | None = None) -> None:
    """Give the reading session back."""
    reading = g.pop("reading", None)
    if reading is not None:
        reading.close()


def refuse_undeclared(app: Flask) -> None:
    """Raise `RuntimeError` naming every view that does not declare who may use it."""
    undeclared = sorted(
        name for name, view in app.view_functions.items() if access_of(view) is None
    )
    if undeclared:
        raise RuntimeError(f"views without @requires, @signed_in or @public: {undeclared}")


def check_access() -> None:
    """Refuse a request whose actor the view does not allow. Runs before every view.

    A view that declares nothing lets nobody in.
    """
    if "\x00" in request.path:  # PostgreSQL refuses to look such an id up
        raise NotFound(_("There is nothing at this address."))
    if request.endpoint is None:
        return
    access = access_of(current_app.view_functions[request.endpoint])
    if access is not None and access.public_reason is not None:
        return
    if not actor().is_signed_in:
        raise SignInFirst
    if access is None or not access.allows(actor()):
        raise Forbidden(_("Your account does not have the role that this page needs."))


class SignInFirst(Exception):
    """The page needs somebody who is signed in; the accounts room answers with its sign-in page."""


def same_origin() -> bool:
    """Whether a request's Origin header names this installation (for token-carrying saves)."""
    return is_ours(request.headers.get("Origin", ""))


def refuse_foreign() -> None:
    """Raise `Forbidden` for a request that no page of ours sent, by its Origin header."""
    if not same_origin():
        raise Forbidden(_("This did not come from a page of ours, so nothing was done."))


def is_ours(url: str) -> bool:
    """Whether `url` is of this installation: at its address, or where this request was sent."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    origin = (parts.scheme, parts.netloc)
    return origin == _origin(config().address) or origin == _origin(request.host_url)


@lru_cache(maxsize=64)
def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def strict_headers(config: Config) -> Mapping[str, str]:
    """Return the headers that every answer of this installation carries."""
    if not config.is_https:
        return SECURITY_HEADERS
    lasting = "max-age=63072000; includeSubDomains"
    return {**SECURITY_HEADERS, "Strict-Transport-Security": lasting}


def add_headers(response: Response) -> Response:
    """Add the strict headers; pages that know the actor are never kept by a cache."""
    there = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - pairs otherwise
    wanted = {"Cache-Control": "no-store", **strict_headers(config())}
    for name, value in wanted.items():
        if name.lower() not in there:
            response.headers.add(name, value)
    return response


def init_web(app: Flask) -> None:
    """Attach the hooks of this module to `app`.

    An installation with an `https` address has a server with TLS before it, which says who asks and
    for what address; without one, nobody is believed.
    """
    if cast(Config, app.extensions["proficiency.config"]).is_https:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    app.before_request(check_access)
    app.after_request(add_headers)
    app.teardown_request(close_reading)
