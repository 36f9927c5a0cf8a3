"""Where the pictures are taken: the demonstration on a real server, and papers with a short clock.

The cases are the demonstration's own, so that pictures show what a newcomer finds.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from proficiency.accounts.queries import find_account, get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.demo import prepare
from proficiency.demo.people import STAFF, candidate_name, email_of
from proficiency.demo.room import HELP_PHONE
from proficiency.exams.operations import assemble_form
from proficiency.exams.queries import list_form_cases
from proficiency.sittings.queries import SittingView, list_sittings
from tests.exams import factory as exams
from tests.factories import act, person
from tests.journeys.candidate import MINUTES, Candidate, booked
from tests.journeys.server import SECRET, Site, serve, signed_in
from tests.sittings import factory as sittings

TRANSIT = 6
"""Seconds of the transit allowance, so that an answer can come late while somebody watches."""


@dataclass
class Scene:
    """The installation, its staff by login, and one sitting with an invigilator and one without."""

    site: Site
    chromium: Browser
    staff: Mapping[str, Actor]
    plain_id: str
    watched_id: str
    watched_form_id: str
    _met: int = field(default=100)

    def name(self) -> str:
        """The name of somebody new."""
        self._met += 1
        return candidate_name(self._met)

    def candidate(self, sitting_id: str | None = None) -> Candidate:
        """Somebody new, booked, with a browser of their own."""
        actor = person(self.site.database, Role.CANDIDATE, name=self.name())
        return booked(self.site, self.chromium, sitting_id or self.plain_id, actor)

    def new_watched_sitting(self) -> str:
        """A sitting with an invigilator, in which nobody is yet."""
        return _open_sitting(self.site, self.watched_form_id)

    def page_of(self, login: str) -> Page:
        """A new browser of one of the staff."""
        return signed_in(self.chromium, self.site, self.staff[login]).new_page()

    def sitting(self, title: str) -> SittingView:
        """The demonstration's sitting whose title begins so."""
        with self.site.database.read() as session:
            return next(s for s in list_sittings(session) if s.title.startswith(title))


@contextmanager
def scene(folder: Path, chromium: Browser) -> Iterator[Scene]:
    """Prepare the demonstration, start a server on it, and schedule sittings of our own."""
    prepared = folder / "prepared.db"
    config = Config(
        instance=folder, database_url=f"sqlite:///{prepared}", secret_key=SECRET, demo=True
    )
    with closing(Database(config.database_url)) as database:
        prepare(config, database, read_clock(), print)
    with serve(folder, template=prepared) as site:
        staff = {part.login: _actor(site, email_of(part.login)) for part in STAFF}
        plain, watched = (_form(site, invigilated) for invigilated in (False, True))
        ids = [_open_sitting(site, form_id) for form_id in (plain, watched)]
        yield Scene(site, chromium, staff, *ids, watched)


def _actor(site: Site, email: str) -> Actor:
    with site.database.read() as session:
        account = find_account(session, email)
        assert account is not None
        return get_actor(session, account.id)


def _form(site: Site, invigilated: bool) -> str:
    """A paper of the demonstration's cases."""
    with site.database.read() as session:
        demo = next(s for s in list_sittings(session) if s.title.startswith("Sitting of"))
        cases = [case.case_version_id for case in list_form_cases(session, demo.form_id)]
    scheme = exams.scheme(
        site.database, name=f"pictures-{invigilated}".lower(), minutes=MINUTES,
        transit_seconds=TRANSIT, break_minutes=20, invigilated=invigilated, help_phone=HELP_PHONE,
    )  # fmt: skip
    form = act(
        site.database, assemble_form, SYSTEM, scheme_version_id=scheme.id, title="Paper A",
        case_version_ids=cases,
    )  # fmt: skip
    return str(form.id)


def _open_sitting(site: Site, form_id: str) -> str:
    """A sitting that opened three hours ago."""
    now = read_clock()
    sitting = sittings.sitting(
        site.database, form_id, opens_at=now - timedelta(hours=3),
        last_start_at=now + timedelta(hours=1), now=now - timedelta(hours=4),
    )  # fmt: skip
    return str(sitting.id)
