"""Every page that a role can reach, in a real browser: accessible, faultless, never too wide.

A robot signs in to the demonstration as each role and follows every link, one page of each kind.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Response
from playwright.sync_api import Error as PlaywrightError

from proficiency.demo.people import PASSWORD, STAFF
from tests.journeys.looking import Eyes
from tests.journeys.server import Site

ID = re.compile(r"/[0-9a-hjkmnp-tv-z]{20}(?=/|$)")
CODE = re.compile(r"/(?:[A-D]|\d{1,2})(?:\.\d+)?(?=/|$)")
PAGES_AT_MOST = 60
ROLES = [part.login for part in STAFF if not part.login.endswith(("2", "3"))]


def pattern(path: str) -> str:
    """Return what makes a page of its kind: ids and codes taken out, the query's names kept."""
    address, _, query = path.partition("?")
    names = ",".join(sorted(part.split("=")[0] for part in query.split("&") if part))
    return CODE.sub("/·", ID.sub("/*", address)) + (f"?{names}" if names else "")


@dataclass
class Crawl:
    """What one role met."""

    faults: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def sign_in(page: Page, site: Site, login: str) -> None:
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("E-mail address").fill(f"{login}@demo.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def links(page: Page, address: str) -> Iterator[str]:
    for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
        path = href.removeprefix(address).split("#")[0]
        if href.startswith(address) and path:
            yield path


def crawl(page: Page, site: Site) -> Crawl:
    """Follow every link from the home page and look at each kind of page once."""
    found, eyes = Crawl(), Eyes(page)
    waiting = ["/"]
    while waiting and len(found.seen) < PAGES_AT_MOST:
        path = waiting.pop(0)
        if pattern(path) in found.seen or path.startswith("/static/"):
            continue
        found.seen.add(pattern(path))
        answer = visit(page, site.url + path)
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status >= 400:
            found.faults.append(f"{path}: answered {answer.status}")
            continue
        eyes.look()
        waiting += links(page, site.url)
    found.faults += eyes.faults
    return found


def visit(page: Page, address: str) -> Response | None:
    """Go to `address`; None when it is a file to keep and not a page."""
    try:
        return page.goto(address)
    except PlaywrightError as error:
        if "Download is starting" in str(error):
            return None
        raise


@pytest.mark.journey
@pytest.mark.parametrize("login", [*ROLES, "candidate1", "candidate21", None], ids=str)
def test_every_page_of_a_role_is_accessible_and_without_faults(
    chromium: Browser, demo_site: Site, login: str | None
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    if login is not None:
        sign_in(page, demo_site, login)
    found = crawl(page, demo_site)
    context.close()
    assert found.faults == []
    assert len(found.seen) >= 3
