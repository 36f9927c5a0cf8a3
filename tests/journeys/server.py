"""A real server for browser journeys: gunicorn on a free port, on a fresh SQLite file of its own.

    with serve(tmp_path) as site:              # the database is migrated and empty
        candidate = person(site.database, Role.CANDIDATE)   # any real operation, from the test
        with browser() as chromium:
            page = signed_in(chromium, site, candidate).new_page()
            page.goto(site.url + "/exams")

The test and the server share the database through its lock file, so operations run from the test
while pages are open. `site.stop()` and `site.start()` take the server away and bring it back on the
same port. Tests that use this are marked `journey`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.app import create_app
from proficiency.core import migrate
from proficiency.core.access import Actor
from proficiency.core.chance import new_token
from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT, Config
from proficiency.core.db import Database
from tests.factories import act

SECRET = "a secret for journeys only, long enough to pass"
WIDE, TABLET, PHONE = (1280, 900), (820, 1100), (390, 800)
PATIENCE = 45_000
"""Milliseconds that a journey waits for what it expects; a busy machine needs many."""

expect.set_options(timeout=PATIENCE)
ARGUMENTS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A running installation."""

    database: Database
    instance: Path
    port: int
    workers: int = 2
    application: str = "proficiency.app:from_environment()"
    environment: dict[str, str] = field(default_factory=dict)
    _server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Config:
        return Config(
            instance=self.instance,
            database_url=self.database.url.render_as_string(hide_password=False),
            secret_key=SECRET,
            address=self.url,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        environment = os.environ | {
            "PROFICIENCY_INSTANCE": str(self.instance),
            "PROFICIENCY_DATABASE_URL": self.config.database_url,
            "PROFICIENCY_SECRET_KEY": SECRET,
            "PROFICIENCY_ADDRESS": self.url,
            **self.environment,
        }
        command = [
            sys.executable, "-m", "gunicorn", self.application,
            "--bind", f"127.0.0.1:{self.port}", "--reuse-port", "--worker-class", "gthread",
            "--workers", str(self.workers), "--threads", "8", "--keep-alive", "20",
            "--graceful-timeout", "1",
            "--log-level", "warning",
        ]  # fmt: skip
        self._server = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
        wait_for(self.port)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Stop the server; `signal.SIGKILL` takes it away without a goodbye."""
        if self._server is None:
            return
        os.killpg(self._server.pid, how)
        self._server.wait(60)
        self._server = None


def wait_for(port: int, seconds: float = 90.0) -> None:
    """Wait until something answers on `port`. Raises `TimeoutError`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(
                    b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                if probe.recv(12):
                    return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")


@contextmanager
def serve(
    folder: Path, *, template: Path | None = None, workers: int = 2, application: str | None = None
) -> Iterator[Site]:
    """Run an installation in `folder` until the block ends; `template` is a migrated database.

    `application` is what gunicorn loads, when that is not the product's own entry.
    """
    path = folder / "journey.db"
    if template is not None:
        shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    if template is None:
        migrate.upgrade(database)
    site = Site(database, folder, free_port(), workers, application or Site.application)
    try:
        site.start()
        yield site
    finally:
        site.stop()
        database.close()


def how_to_launch() -> dict[str, Any]:
    """Return which Chromium to run and how: what is installed, else Playwright's own."""
    installed = next(
        (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
    )
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {"executable_path": installed, "args": arguments}


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**how_to_launch())
        try:
            yield chromium
        finally:
            chromium.close()


def signed_in(
    chromium: Browser, site: Site, actor: Actor, size: tuple[int, int] = WIDE, **options: object
) -> BrowserContext:
    """Return a fresh browser profile in which `actor` is signed in."""
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=site.url, **options
    )
    context.set_default_timeout(PATIENCE)
    sign_in(context, site, actor)
    return context


def sign_in(context: BrowserContext, site: Site, actor: Actor) -> str:
    """Sign `actor` in on a browser profile, without the form; returns the sign-in's token."""
    token = new_token()
    act(site.database, open_sign_in, actor, read_clock(), token=token, browser="A journey")
    app = create_app(site.config, site.database)
    serializer = app.session_interface.get_signing_serializer(app)
    value = serializer.dumps({"_user_id": token, "_fresh": True, "_permanent": True})
    context.add_cookies(
        [{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": site.url}]
    )
    return token


def wait_until(page: Page, condition: str, argument: object = None) -> None:
    """Wait until a JavaScript function is true on the page (the policy forbids other waits)."""
    page.wait_for_function(condition, arg=argument, timeout=PATIENCE)
