"""The pages of a review as people have them: any colours, a phone's width, the keyboard alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import return_case, send_to_peers
from proficiency.authoring.operations import save_revision
from proficiency.authoring.queries import get_state
from proficiency.authoring.remark_operations import add_comment, add_suggestion, reply
from proficiency.authoring.rules import CHECKLIST, CaseState
from tests.authoring import factory
from tests.authoring.factory import Group, move
from tests.factories import act
from tests.journeys.keyboard import Keyboard
from tests.journeys.looking import Eyes
from tests.journeys.people import Person, close, come_in, institution
from tests.journeys.server import Site
from tests.scenarios.factory import SMALL_CASE, changed, line_of

pytestmark = pytest.mark.journey

MISSING = line_of(SMALL_CASE, "The key is missing.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path_factory.mktemp("review"), sqlite_template) as found:
        yield found


@pytest.fixture(scope="module")
def group(site: Site) -> Group:
    return factory.group(site.database)


@pytest.fixture
def reviewer(chromium: Browser, site: Site) -> Iterator[Person]:
    person = come_in(chromium, site, "Piers Underhill", Role.CONTENT_AUTHOR)
    yield person
    assert close([person]) == []


def remarked(site: Site, group: Group) -> str:
    """A case in peer review for the second time, with remarks of every kind; the work's id."""
    first = factory.sent(site.database, group)
    work_id, on = first.work_id, {"work_id": first.work_id, "revision_id": first.id}
    asked = act(site.database, add_comment, group.lay, **on, line=MISSING, body="Since when?")
    about = {"work_id": work_id, "thread_id": asked.id}
    act(site.database, reply, group.author, **about, body="Since Monday.")
    act(site.database, add_comment, group.lay, **on, item_name="what-now", body="Ten minutes?")
    act(
        site.database, add_suggestion, group.adviser, **on,
        line=MISSING, replacement="The key is gone.", body="Shorter.",
    )  # fmt: skip
    move(site.database, return_case, group.peer, work_id, reason="See the remarks.")
    text = changed("Good answers begin with Owen.", "Good answers begin with him.")
    text = changed("His sister asks for **a key** to", "His sister has **no key** to", text)
    act(site.database, save_revision, group.author, work_id=work_id, base_id=first.id, text=text)
    move(site.database, send_to_peers, group.author, work_id, reason=factory.WHY)
    return work_id


def test_the_pages_of_a_review_are_accessible_in_any_colours(
    site: Site, group: Group, reviewer: Person
) -> None:
    at = f"/cases/works/{remarked(site, group)}"
    reviewer.sign_in()
    eyes = Eyes(reviewer.page)
    for path in (
        "/cases/works", at, f"{at}/review?line={MISSING}", f"{at}/review?view=assessor",
        f"{at}/review?view=candidate", f"{at}/compare", f"{at}/compare?side=text",
    ):  # fmt: skip
        reviewer.page.goto(path)
        eyes.look(schemes=True)
    assert eyes.faults == []
    changes_are_told_without_colours(reviewer.page)
    taking_up_lines_keeps_what_was_typed(reviewer.page, f"{at}/review")
    a_peer_reviews_with_the_keyboard(Keyboard(reviewer), f"{at}/review")
    with site.database.read() as session:
        assert get_state(session, at.rsplit("/", 1)[1]) is CaseState.ADVISORY_REVIEW


def changes_are_told_without_colours(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    for tag, line in (("ins", "underline"), ("del", "line-through")):
        style = page.locator(f".comparison {tag}").first.evaluate(
            "one => getComputedStyle(one).textDecorationLine"
        )
        assert style == line
    page.emulate_media(forced_colors="none")


def taking_up_lines_keeps_what_was_typed(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_label("What do you want to say?").fill("Half a thought")
    page.locator(f'a[data-line="{MISSING}"]').click()
    expect(page.get_by_text(f"About line {MISSING}.")).to_be_visible()
    expect(page.get_by_label("What do you want to say?")).to_have_value("Half a thought")
    page.locator(f'a[data-line="{MISSING + 2}"]').click(modifiers=["Shift"])
    expect(page.get_by_text(f"About lines {MISSING} to {MISSING + 2}.")).to_be_visible()
    expect(page.get_by_label("What do you want to say?")).to_have_value("Half a thought")


def a_peer_reviews_with_the_keyboard(peer: Keyboard, path: str) -> None:
    peer.person.page.goto(path)
    peer.write("From line", str(MISSING))
    peer.push("Take these lines up")
    peer.sees(f"About line {MISSING}.")
    peer.write("What do you want to say?", "I would say since when.")
    peer.push("Comment")
    peer.sees("I would say since when.")
    for point in CHECKLIST:
        peer.tab_to("Yes", "radio")
        peer.press("Space")
        expect(peer.person.page.locator(f"#{point.key}-0")).to_be_checked()
    peer.push("Pass it on to the advisory group")
    peer.sees("The case is with the advisory group now.")
