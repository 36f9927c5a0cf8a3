"""Marking and adjudicating by keyboard alone, without a script, and when something goes wrong."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from proficiency.marking.operations import claim_adjudication
from proficiency.marking.queries import list_responses, response_marks, standing_of
from proficiency.marking.rules import MarkSource
from tests.journeys.server import PHONE, Site, serve, signed_in
from tests.marking.factory import World, even, in_marking

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[SimpleNamespace]:
    """A site with a sitting in marking, which these tests take a question of each."""
    folder = tmp_path_factory.mktemp("marking")
    with serve(folder, template=sqlite_template, workers=1) as site:
        yield SimpleNamespace(site=site, world=in_marking(site.database, candidates=4))


def at_work(chromium: Browser, site: Site, world: World, question: int, **options: object) -> Page:
    """The page of the first response to a written question, as Ann's browser shows it."""
    page = signed_in(chromium, site, world.ann, **options).new_page()
    allocation = world.claim(world.ann, world.written[question])
    page.goto(f"/marking/responses/{allocation.id}")
    return page


def axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


def marks_of_ann(world: World, question: int) -> list[str]:
    item = world.written[question]
    responses = world.read(list_responses, world.sitting_id, form_item_id=item.id)
    marks = [mark for each in responses for mark in world.read(response_marks, each.id)]
    return [mark.comment or "" for mark in marks if mark.actor_id == world.ann.id]


def test_two_responses_are_marked_without_a_mouse(chromium: Browser, desk: SimpleNamespace) -> None:
    page = at_work(chromium, desk.site, desk.world, 0)
    item, levels = desk.world.written[0], (2, 1, 0, 1)
    total = sum(c.weight * level for c, level in zip(item.body.criteria, levels, strict=True))
    for turn in (1, 2):
        address = page.url
        for key in "2101":
            page.keyboard.press(key)
        expect(page.locator("#mark-total")).to_have_text(
            f"{total} of {desk.world.written[0].max_mark}"
        )
        page.keyboard.press("i")
        page.keyboard.press("Space")
        page.keyboard.press("c")
        page.keyboard.type("2 plans, no date? j k t")
        page.keyboard.press("Control+Enter")
        expect(page).not_to_have_url(address)
        expect(page.locator("#progress")).to_contain_text(f"{turn} of 4 marked")
        page.wait_for_load_state()  # keys are heard from then on
    assert marks_of_ann(desk.world, 0) == ["2 plans, no date? j k t"] * 2
    page.context.close()


def test_criteria_are_walked_with_j_and_k_and_the_keys_can_be_switched_off(
    chromium: Browser, desk: SimpleNamespace
) -> None:
    page = at_work(chromium, desk.site, desk.world, 0)
    first, second = (criterion.key for criterion in desk.world.written[0].body.criteria[:2])
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.locator(f"#level-{second}-3")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("1")
    expect(page.locator(f"#level-{first}-1")).to_be_checked()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_label("Use the keys of one letter").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    expect(page.locator(f"#level-{first}-1")).to_be_checked()
    page.reload()
    page.keyboard.press("2")
    expect(page.locator(f"#level-{first}-1")).to_be_checked()
    page.context.close()


def test_a_reload_loses_nothing_and_the_next_response_starts_clean(
    chromium: Browser, desk: SimpleNamespace
) -> None:
    page = at_work(chromium, desk.site, desk.world, 1)
    page.keyboard.press("1")
    page.keyboard.press("c")
    page.keyboard.type("Half a thought")
    page.reload()
    expect(page.get_by_label("Comment (optional)")).to_have_value("Half a thought")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose a level for")
    page.wait_for_load_state()
    axe_finds_nothing(page)
    address = page.url
    for _criterion in desk.world.written[1].body.criteria:
        page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(address)
    expect(page.get_by_label("Comment (optional)")).to_have_value("")
    expect(page.locator("#rubric input:checked")).to_have_count(0)
    page.context.close()


def test_one_key_leads_to_giving_a_response_back(chromium: Browser, desk: SimpleNamespace) -> None:
    page = at_work(chromium, desk.site, desk.world, 1)
    page.keyboard.press("w")
    expect(page.get_by_label("I may know this writer")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You gave the response back.")
    page.context.close()


def test_it_all_works_without_a_script_on_a_phone(chromium: Browser, desk: SimpleNamespace) -> None:
    page = at_work(chromium, desk.site, desk.world, 2, size=PHONE, java_script_enabled=False)
    address = page.url
    page.get_by_text("The question", exact=True).click()
    for criterion in desk.world.written[2].body.criteria:
        page.locator(f"#level-{criterion.key}-1").check()
    page.get_by_role("button", name="Submit and next").click()
    assert page.url != address
    page.get_by_role("button", name="Submit and next").click()
    assert "Choose a level for" in page.inner_text(".error-summary")
    page.context.close()


def test_a_discrepancy_is_settled_by_keyboard(chromium: Browser, desk: SimpleNamespace) -> None:
    world = desk.world
    item = world.written[2]
    for _response in range(4):
        world.mark(world.bob, item, level=0)
    world.mark(world.cat, item, level=3)
    allocation = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    page = signed_in(chromium, desk.site, world.lead).new_page()
    page.goto(f"/marking/adjudications/{allocation.id}")
    axe_finds_nothing(page)
    for _criterion in item.body.criteria:
        page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("The plan is there; its date is not.")
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(f"{desk.site.url}/marking/adjudications/{allocation.id}")
    settled = world.read(standing_of, allocation.response_id)
    assert (settled.source, settled.levels) == (MarkSource.ADJUDICATOR, even(item, 2))
    page.context.close()
