"""A sitting for measuring: the public cases, and candidates who have all started, by operations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.app import create_app
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chance import new_id, new_token
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.delivery.autosave import Autosave
from proficiency.delivery.calls import DEVICE_COOKIE
from proficiency.delivery.paper import get_paper
from proficiency.framework.operations import import_packaged_framework
from tests.exams import factory as exams
from tests.factories import act
from tests.sittings import factory as sittings
from tests.starting import start_attempt

CANDIDATES = 64
SECRET = "a secret for measuring, long enough to pass"


@dataclass(frozen=True)
class Candidate:
    """What the driver needs to write as somebody: attempt, token, written items, cookies."""

    attempt: str
    token: str
    epoch: int
    items: tuple[str, ...]
    cookies: str


def settings(database: Database, folder: Path, port: int = 0) -> Config:
    """The settings of the installation that is measured: not the demonstration."""
    return Config(
        instance=folder,
        database_url=database.url.render_as_string(hide_password=False),
        secret_key=SECRET,
        address=f"http://127.0.0.1:{port}",
    )


def build(
    database: Database, folder: Path, now: datetime, count: int = CANDIDATES
) -> list[Candidate]:
    """Make a sitting that is open at `now`, with `count` candidates writing in its first stage."""
    act(database, import_packaged_framework, SYSTEM, now)
    form = exams.form(database)
    sitting = sittings.sitting(
        database, form.id, opens_at=now - timedelta(minutes=1), now=now - timedelta(hours=1),
        last_start_at=now + timedelta(hours=1),
    )  # fmt: skip
    with database.read() as session:
        paper = get_paper(session, form.id)
    items = tuple(i.id for i in paper.items_of(1) if i.format == "written_response")
    app = create_app(settings(database, folder), database)
    autosave = Autosave(database, SECRET)
    return [
        _start(database, app, autosave, sitting.id, items, number, now) for number in range(count)
    ]


def _person(database: Database, number: int, now: datetime) -> Actor:
    account = act(
        database, create_account, SYSTEM, now, email=f"candidate{number}@example.org",
        display_name=f"Candidate {number}", password=None, roles=(Role.CANDIDATE,),
    )  # fmt: skip
    with database.read() as session:
        return get_actor(session, account.id)


def _start(
    database: Database,
    app: Flask,
    autosave: Autosave,
    sitting_id: str,
    items: tuple[str, ...],
    number: int,
    now: datetime,
) -> Candidate:
    actor, device, token = _person(database, number, now), new_id(), new_token()
    before = now - timedelta(minutes=30)
    booking = sittings.booking(database, sitting_id, actor.id, now=before)
    attempt = act(database, start_attempt, actor, now, booking_id=booking.id, device_id=device)
    sign_in = act(database, open_sign_in, actor, now, token=token, browser="A measurement")
    return Candidate(
        attempt=attempt.id,
        token=autosave.token(attempt.id, sign_in.id, 1),
        epoch=1,
        items=items,
        cookies=f"{DEVICE_COOKIE}={device}; {session_cookie(app, token)}",
    )


def session_cookie(app: Flask, token: str) -> str:
    """What a browser holds after signing in and loading one page with a form."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    words = {
        "_user_id": token,
        "_fresh": True,
        "_permanent": True,
        "csrf_token": hashlib.sha256(token.encode()).hexdigest()[:40],
    }
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(words)}"
