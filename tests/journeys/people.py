"""The people of a journey: each has an account, a browser of their own, and signs in by the form.

The words of their verbs are those of the pages, so that a journey reads like a story:

    author.follow("Cases")
    author.write("The case in Markdown", text)
    author.press("Check")
    author.sees("Ready to publish")
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import read_clock
from proficiency.framework.operations import import_packaged_framework
from tests.factories import act
from tests.journeys.server import PATIENCE, WIDE, Site, serve

PASSWORD = "three unconnected words"
LATER = "tests.journeys.later:from_environment()"


@dataclass
class Person:
    """Somebody with an account, sitting in front of a browser."""

    actor: Actor
    name: str
    email: str
    page: Page
    faults: list[str] = field(default_factory=list)

    def sign_in(self) -> None:
        """Come in by the front door."""
        self.page.goto("/")
        self.page.get_by_role("link", name="Sign in").first.click()
        self.write("E-mail address", self.email)
        self.write("Password", PASSWORD)
        self.press("Sign in")
        self.reads("What waits for you")

    def follow(self, name: str | re.Pattern[str]) -> None:
        """Follow the link that is called so, or begins so."""
        self.page.get_by_role("link", name=_beginning(name)).first.click()

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the button of the page's main part that is called so, or begins so."""
        main = self.page.locator("main")
        main.get_by_role("button", name=_beginning(name)).first.click()

    def open(self, summary: str) -> None:
        """Unfold what is folded under `summary`."""
        self.page.locator("summary", has_text=summary).first.click()

    def write(self, label: str, words: str) -> None:
        """Write into the field of that name."""
        self.field(label).fill(words)

    def choose(self, label: str, place: int = 0) -> None:
        """Tick the box or the circle whose label holds these words."""
        self.page.get_by_label(label).nth(place).check()

    def field(self, label: str) -> Locator:
        """The field of that name, of those that are shown."""
        return self.page.get_by_label(label, exact=True).locator("visible=true").first

    def level(self, criterion: str, level: int) -> None:
        """Give a level of a rubric's criterion."""
        group = self.page.get_by_role("group", name=criterion)
        group.locator(f"input[value='{level}']").locator("visible=true").check()

    def reads(self, heading: str) -> None:
        """Is on the page of which this is a heading."""
        expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Sees these words somewhere on the page."""
        found = self.page.locator("main").get_by_text(words).locator("visible=true")
        expect(found.first).to_be_visible()

    def row(self, words: str) -> Locator:
        """The row of a table that holds these words."""
        return self.page.get_by_role("row").filter(has_text=words).first

    @property
    def html(self) -> str:
        """All that this person's browser was given for the page."""
        return self.page.content()

    @property
    def text(self) -> str:
        """The words that the page shows."""
        return self.page.locator("body").inner_text()

    def watch(self) -> None:
        """Note what goes wrong in the browser from now on."""
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))
        self.page.on(
            "console",
            lambda line: (
                self.faults.append(f"{self.page.url}: {line.text}")
                if line.type == "error" and "status of 4" not in line.text
                else None
            ),
        )


def _beginning(name: str | re.Pattern[str]) -> re.Pattern[str]:
    return name if isinstance(name, re.Pattern) else re.compile(rf"^\s*{re.escape(name)}(?!\w)")


def come_in(
    chromium: Browser, site: Site, name: str, *roles: Role, size: tuple[int, int] = WIDE
) -> Person:
    """Give somebody an account by the real operation, a browser profile, and nothing else."""
    email = f"{name.split()[0].lower()}@people.example"
    account = act(
        site.database,
        create_account,
        SYSTEM,
        read_clock(),
        email=email,
        display_name=name,
        password=PASSWORD,
        roles=roles,
    )
    with site.database.read() as session:
        actor = get_actor(session, account.id)
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, base_url=site.url
    )
    context.set_default_timeout(PATIENCE)
    person = Person(actor, name, email, context.new_page())
    person.watch()
    return person


@contextmanager
def institution(folder: Path, template: Path) -> Iterator[Site]:
    """An installation with nothing but the framework, on a real server with a clock of its own."""
    with serve(folder, template=template, application=LATER) as site:
        act(site.database, import_packaged_framework, SYSTEM, read_clock())
        yield site


def pass_time(site: Site, how_long: timedelta) -> None:
    """Put the installation's clock forward; nothing else happens."""
    file = site.instance / "seconds-ahead"
    ahead = int(file.read_text()) if file.exists() else 0
    written = file.with_suffix(".new")
    written.write_text(str(ahead + int(how_long.total_seconds())))
    written.replace(file)


def now_at(site: Site) -> datetime:
    """Return what the installation's clock shows."""
    file = site.instance / "seconds-ahead"
    return read_clock() + timedelta(seconds=int(file.read_text()) if file.exists() else 0)


def close(people: Iterable[Person]) -> list[str]:
    """Close everybody's browser; return the faults that they met."""
    faults = []
    for person in people:
        faults += [f"{person.name}: {fault}" for fault in person.faults]
        person.page.context.close()
    return faults
