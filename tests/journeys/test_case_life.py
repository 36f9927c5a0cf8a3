"""A case from an empty editor to its approval, into live use, and through a second version.

An author writes in the browser with the checker beside them, a peer remarks and suggests, the
advisory group signs with a lay member, an officer makes it live. Each is in a browser of their own.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, expect

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.core.verify import verify_all
from proficiency.scenarios.queries import get_case_version, list_case_versions
from tests.journeys.acts_of_review import (
    makes_it_live,
    opens_the_work,
    passes_it_on,
    sends_it_to_peers,
    signs,
)
from tests.journeys.people import Person, close, come_in, institution
from tests.journeys.server import Site
from tests.scenarios.factory import SMALL_CASE

pytestmark = pytest.mark.journey

PARTS = {
    "author": ("Gwenllian Ash", Role.CONTENT_AUTHOR),
    "peer": ("Piers Underhill", Role.CONTENT_AUTHOR),
    "first": ("Merryn Oakes", Role.MODERATOR),
    "second": ("Anwen Thorne", Role.MODERATOR),
    "lay": ("Lowri Vale", Role.LAY_MEMBER),
    "officer": ("Oswin Tarrant", Role.EXAM_OFFICER),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path_factory.mktemp("case-life"), sqlite_template) as found:
        yield found


@pytest.fixture(scope="module")
def people(chromium: Browser, site: Site) -> Iterator[SimpleNamespace]:
    found = {part: come_in(chromium, site, name, role) for part, (name, role) in PARTS.items()}
    for person in found.values():
        person.sign_in()
    yield SimpleNamespace(**found)
    assert close(found.values()) == []


def writes_a_case_from_an_empty_editor(author: Person) -> str:
    """Returns the address of the work."""
    author.follow("Cases")
    author.follow("Cases in work")
    author.press("Begin")
    page = author.page
    page.locator("html[data-editor=ready]").wait_for(state="attached")
    box = page.locator("#text")
    box.fill("")
    box.press_sequentially("# The spare key")
    author.sees(re.compile("a case begins with a line"))
    box.fill(SMALL_CASE.replace("standards 2.3, 13.4", "standards 2.3"))
    expect(page.locator("#problems")).to_have_text("Nothing, as far as a program can tell.")
    expect(page.locator("#preview-body")).to_contain_text("Owen Rees, 38, lives alone")
    box.evaluate("it => it.setSelectionRange(...Array(2).fill(it.value.indexOf('who-decides')))")
    author.press("Cite a standard")
    page.locator("#standards-search").fill("13.4")
    page.locator("#standards-list [data-code='13.4']").click()
    expect(box).to_have_value(re.compile(r"standards 2\.3, 13\.4 · name who-decides"))
    author.write("What did you change?", "The whole case")
    author.press("Save a revision")
    author.sees("Revision 2 is saved.")
    return page.url.removesuffix("/edit")


def takes_no_harm_from_closing_the_browser(author: Person, address: str) -> None:
    page = author.page
    page.goto(f"{address}/edit")
    box = page.locator("#text")
    box.fill(SMALL_CASE.replace("The key is missing.", "The key has gone."))
    expect(page.locator("#keep-state")).to_contain_text("Kept at")
    page.goto("/")
    page.goto(f"{address}/edit")
    author.sees("You have words that are not saved as a revision")
    expect(page.locator("#text")).to_have_value(re.compile("The key has gone"))
    author.press("Give them up")
    expect(page.locator("#text")).to_have_value(re.compile("The key is missing"))


def remarks_and_suggests(peer: Person, address: str) -> None:
    peer.page.goto(f"{address}/review")
    line = next(n for n, text in enumerate(SMALL_CASE.split("\n"), 1) if "week later" in text)
    peer.page.locator(f"#line-{line} [data-line]").click()
    peer.field("What do you want to say?").fill("How long is a week to Owen?")
    peer.press("Comment")
    peer.sees("How long is a week to Owen?")
    missing = next(n for n, text in enumerate(SMALL_CASE.split("\n"), 1) if "key is miss" in text)
    peer.page.goto(f"{address}/review?line={missing}")
    suggested = "The key cannot be found. Owen says that he gave it to nobody."
    peer.field("These lines should read").fill(suggested)
    peer.press("Suggest these words")
    peer.page.locator("#return-reason").fill("Two small things, then it is good.")
    peer.press("Return it")
    peer.sees("The case is with its writers.")


def accepts_the_suggestion(author: Person, address: str) -> None:
    opens_the_work(author, address)
    author.sees("Two small things, then it is good.")
    author.press("Accept: put it into the text")
    author.page.goto(f"{address}/edit")
    expect(author.page.locator("#text")).to_have_value(re.compile("The key cannot be found"))


def begins_the_next_version(author: Person, address: str) -> str:
    opens_the_work(author, address)
    author.press("Begin the next version")
    page = author.page
    page.wait_for_url(lambda url: url.removesuffix("/edit") != address)
    again = page.url.removesuffix("/edit")
    page.goto(f"{again}/edit")
    page.locator("html[data-editor=ready]").wait_for(state="attached")
    box = page.locator("#text")
    box.fill(box.input_value().replace("lives alone with a team", "lives by himself with a team"))
    author.press("Save a revision")
    author.sees("Revision 2 is saved.")
    author.page.goto(f"{again}/compare")
    expect(page.locator("ins", has_text="by himself").first).to_be_attached()
    expect(page.locator("del", has_text="alone").first).to_be_attached()
    return again


def test_a_case_is_written_reviewed_approved_and_written_again(
    people: SimpleNamespace, site: Site
) -> None:
    address = writes_a_case_from_an_empty_editor(people.author)
    takes_no_harm_from_closing_the_browser(people.author, address)
    sends_it_to_peers(people.author, address)
    remarks_and_suggests(people.peer, address)
    accepts_the_suggestion(people.author, address)
    sends_it_to_peers(people.author, address)
    passes_it_on(people.peer, address)
    signs(people.first, address)
    signs(people.lay, address)
    opens_the_work(people.author, address)
    people.author.sees(re.compile("1 of the advisory group"))
    signs(people.second, address)
    with site.database.read() as session:
        (version,) = list_case_versions(session, "the-spare-key")
        assert "The key cannot be found" in get_case_version(session, version.id).source
        assert not version.is_sample
    makes_it_live(people.officer, address)
    again = begins_the_next_version(people.author, address)
    sends_it_to_peers(people.author, again)
    passes_it_on(people.peer, again)
    for person in (people.first, people.second, people.lay):
        signs(person, again)
    with site.database.read() as session:
        assert [each.version for each in list_case_versions(session, "the-spare-key")] == [2, 1]
    assert verify_all(site.database, features.room_checks()).problems == []
