"""What was being sent when a sign-in had ended travels through the sign-in and can be sent again.

It is kept in the page itself, sealed, and never on the server. It is only kept when the request
came from a page of ours and from a browser whose last sign-in is known, and only given back to that
same person: nobody can plant a form in somebody else's session.
"""

from dataclasses import dataclass

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from proficiency.accounts.queries import find_sign_in_owner
from proficiency.accounts.rules import digest
from proficiency.core import web
from proficiency.core.access import Actor

MAX_AGE_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Kept:
    """A form that was on its way: where to, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(web.config().secret_key, salt="accounts.resume")


def keep_request(token: str | None) -> str | None:
    """Return this request's form, sealed for whoever held `token`; None when it can't be kept."""
    owner = None if token is None else find_sign_in_owner(web.session(), digest(token))
    if owner is None or request.files or not web.same_origin():
        return None
    fields = [
        [name, value] for name, value in request.form.items(multi=True) if name != "csrf_token"
    ]
    path = request.full_path.rstrip("?")
    return str(_sealer().dumps({"owner": owner, "path": path, "fields": fields}))


def open_kept(sealed: str | None, actor: Actor) -> Kept | None:
    """Return what was kept if it is `actor`'s own and whole; None for anything else."""
    if not sealed:
        return None
    try:
        data = _sealer().loads(sealed, max_age=MAX_AGE_SECONDS)
    except BadData:
        return None
    if data["owner"] != actor.id:
        return None
    return Kept(data["path"], tuple((name, value) for name, value in data["fields"]))
