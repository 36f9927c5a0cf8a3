"""Every state that a page can be in: empty, with three hundred rows, with problems, in trouble.

`test_every_page` looks at pages when all is well. These bring them into their other states by the
product's own operations and buttons; then axe finds nothing, in light or dark or strong contrast,
the console is silent and a phone 320 px wide is wide enough.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import find_account, get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.clock import read_clock
from proficiency.core.operation import transaction
from proficiency.delivery.checking_in import is_watched
from proficiency.delivery.queries import list_attempts
from proficiency.demo.people import candidate_name, email_of
from proficiency.framework.operations import import_packaged_framework
from proficiency.marking.operations import claim_adjudication, claim_response
from proficiency.results.queries import find_result
from proficiency.sittings.operations import book_candidate
from proficiency.sittings.queries import list_sittings
from proficiency.sittings.rules import SittingPhase
from tests.delivery import factory as delivery
from tests.factories import act, person
from tests.journeys.candidate import box
from tests.journeys.looking import Eyes, covers, is_in_sight
from tests.journeys.people import LATER, pass_time
from tests.journeys.server import WIDE, Site, serve, signed_in
from tests.marking.factory import World, in_marking
from tests.sittings import factory as sittings
from tests.starting import start_attempt

pytestmark = pytest.mark.journey

LAPTOP = (1366, 768)
FOUR_TIMES_LARGER = (320, 256)
"""What a window of 1280 × 1024 has left at 400 % zoom."""
MINUTES = 120
MANY = 300
CROWD = "crowd{number}@people.example"


@contextmanager
def watched(
    chromium: Browser, site: Site, actor: Actor | None, size: tuple[int, int] = WIDE
) -> Iterator[tuple[Page, Eyes]]:
    """A page of somebody's browser, looked at until the block ends; then nothing was wrong."""
    if actor is None:
        context = chromium.new_context(base_url=site.url)
    else:
        context = signed_in(chromium, site, actor, size)
    page = context.new_page()
    eyes = Eyes(page)
    yield page, eyes
    context.close()
    assert eyes.faults == []


def of_demo(site: Site, login: str) -> Actor:
    """One of the demonstration's people."""
    with site.database.read() as session:
        account = find_account(session, email_of(login))
        assert account is not None
        return get_actor(session, account.id)


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name).first.click()


# Nothing there yet


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """An installation on its first day."""
    folder = tmp_path_factory.mktemp("bare")
    application = "tests.journeys.faulty:from_environment()"
    with serve(folder, template=sqlite_template, workers=1, application=application) as site:
        act(site.database, import_packaged_framework, SYSTEM, read_clock())
        yield site


def test_on_the_first_day_every_page_says_what_will_stand_there(
    chromium: Browser, bare: Site
) -> None:
    everybody = person(bare.database, *Role)
    with watched(chromium, bare, everybody) as (page, eyes):
        page.goto("/")
        pages = page.locator("nav[aria-label=Main] a")
        addresses = pages.evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert len(addresses) >= 9
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.ok, address
            eyes.look()


@pytest.mark.parametrize("role", list(Role))
def test_nothing_waits_for_somebody_new_and_the_home_page_says_so(
    chromium: Browser, bare: Site, role: Role
) -> None:
    with watched(chromium, bare, person(bare.database, role)) as (page, eyes):
        page.goto("/")
        expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
        eyes.look()


# Trouble


def test_every_refusal_is_a_page_that_says_what_to_do(chromium: Browser, bare: Site) -> None:
    with watched(chromium, bare, person(bare.database, Role.CONTENT_AUTHOR)) as (page, eyes):
        for address, status, heading in (
            ("/people", 403, "You can’t open this page"),
            ("/nothing-here", 404, "Page not found"),
            ("/sign-out", 405, "That can’t be done from here"),
            ("/fails", 500, "Something went wrong on our side"),
        ):
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == status
            expect(page.get_by_role("heading", name=heading)).to_be_visible()
            expect(page.get_by_role("link", name="Go to the home page")).to_be_visible()
            eyes.look(schemes=True)


def test_too_much_at_once_is_refused_on_a_page(chromium: Browser, bare: Site) -> None:
    with watched(chromium, bare, person(bare.database, Role.CONTENT_AUTHOR)) as (page, eyes):
        page.goto("/account")
        page.evaluate("""() => {
            const box = document.createElement("textarea");
            box.name = "much";
            box.value = "x".repeat(12 * 1024 * 1024 + 1);
            const form = document.querySelector("main form");
            form.append(box);
            form.submit();
        }""")
        expect(page.get_by_role("heading", name="What you sent is too large")).to_be_visible()
        eyes.look()


def test_a_sign_in_that_fails_says_so_and_then_asks_to_wait(chromium: Browser, bare: Site) -> None:
    with watched(chromium, bare, None) as (page, eyes):
        page.goto("/people")
        expect(page.get_by_text("Then you see the page that you asked for.")).to_be_visible()
        press(page, "Sign in")
        expect(page.get_by_role("alert")).to_contain_text("Enter your password")
        eyes.look(schemes=True)
        for _try in range(7):
            page.get_by_label("E-mail address").fill("nobody@people.example")
            page.get_by_label("Password", exact=True).fill("not the password")
            press(page, "Sign in")
        expect(page.get_by_role("alert")).to_contain_text("Too many tries. Wait")
        eyes.look()


# Three hundred


@pytest.fixture(scope="module")
def crowded(demo_site: Site) -> Site:
    """The demonstration with three hundred more people, all booked for the exam that is open."""
    database, now = demo_site.database, read_clock()
    with database.read() as session:
        in_phase = [s for s in list_sittings(session) if s.phase(now) is SittingPhase.OPEN]
        [sitting] = [s for s in in_phase if not is_watched(session, s.id)]
    with transaction(database) as session:
        for number in range(MANY):
            who = create_account(
                session, SYSTEM, now, email=CROWD.format(number=number), password=None,
                display_name=candidate_name(100 + number), roles=(Role.CANDIDATE,),
            )  # fmt: skip
            book_candidate(session, SYSTEM, now, sitting_id=sitting.id, candidate_id=who.id)
    return demo_site


def test_an_officer_finds_their_way_among_three_hundred(chromium: Browser, crowded: Site) -> None:
    with watched(chromium, crowded, of_demo(crowded, "officer"), LAPTOP) as (page, eyes):
        page.goto("/people")
        eyes.look(schemes=True)
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Next").click()
        expect(page.get_by_text("page 2 of")).to_be_visible()
        page.get_by_label("Name or address").fill(CROWD.format(number=123))
        press(page, "Show")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_label("Name or address").fill("nobody is called so")
        press(page, "Show")
        expect(page.get_by_role("heading", name="Nobody found")).to_be_visible()
        eyes.look()
        page.goto("/sittings")
        page.locator("tbody a").first.click()
        expect(page.get_by_text(re.compile(r"^30\d booked"))).to_be_visible()
        eyes.look()
        page.get_by_role("link", name="Book candidates").click()
        expect(page.get_by_text("page 1 of")).to_be_visible()
        eyes.look()


# Forms that are sent as they are


@pytest.mark.parametrize(
    ("login", "ways", "button", "problem"),
    [
        ("officer", ["/people/new"], "Add this person", "Enter the person’s name."),
        ("officer", ["/people", "tbody a"], "Save roles", "Write why the roles change."),
        ("officer", ["/account"], "Change my password", "Enter a new password."),
        ("officer", ["/schemes/new"], "Save", "Write a title."),
        ("officer", ["/sittings/new"], "Schedule this sitting", "Choose the day of the last"),
        ("officer", ["/sittings", "tbody a", "text=Book candidates"], "Check these people",
         "Tick at least one person, or paste an address."),
        ("officer", ["/sittings", "tbody a", "tbody a"], "Record extra time", "reason"),
        ("board", ["/", "main li a", "main a:has-text('Propose')"], "Propose",
         "Choose how the cut score was found."),
        ("moderator", ["/", "main li a", "tbody a", "tbody a", "text=Accept the mark as"],
         "Accept", "Say why the mark is right."),
        ("candidate21", ["/exams", "main a:has-text('Check in')"], "Start the exam",
         "Confirm that you accept"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)  # fmt: skip
def test_a_form_that_is_not_filled_in_says_what_is_missing(
    chromium: Browser, demo_site: Site, login: str, ways: list[str], button: str, problem: str
) -> None:
    with watched(chromium, demo_site, of_demo(demo_site, login), LAPTOP) as (page, eyes):
        page.goto(ways[0])
        for way in ways[1:]:
            page.locator(way).first.click()
        press(page, button)
        summary = page.locator(".error-summary")
        expect(summary).to_contain_text(problem)
        expect(summary).to_be_focused()
        assert page.title().startswith("Error: ")
        eyes.look(schemes="candidate" in login)


# Results


def somebody_with(site: Site, outcome: str) -> Actor:
    """One of the demonstration's candidates whose newest result is this."""
    with site.database.read() as session:
        for sitting in list_sittings(session):
            for attempt in list_attempts(session, sitting.id):
                result = find_result(session, attempt.id)
                if result is not None and result.outcome == outcome:
                    return get_actor(session, attempt.candidate_id)
    raise LookupError(f"nobody has the outcome {outcome}")


def test_who_did_not_reach_the_mark_and_who_did_read_their_result(
    chromium: Browser, demo_site: Site
) -> None:
    for outcome, words in (("pass", "You passed"), ("fail", "You did not reach the mark")):
        who = somebody_with(demo_site, outcome)
        with watched(chromium, demo_site, who) as (page, eyes):
            page.goto("/results/mine")
            page.locator("main li a").first.click()
            expect(page.locator("main .notice h2")).to_contain_text(words)
            eyes.look(schemes=True)


# Writing


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """An installation for candidates that write and assessors that mark."""
    folder = tmp_path_factory.mktemp("desk")
    with serve(folder, template=sqlite_template, workers=1, application=LATER) as site:
        yield site


@pytest.fixture(scope="module")
def sitting_id(desk: Site) -> str:
    now = read_clock()
    form = delivery.small_form(desk.database, minutes=MINUTES, transit_seconds=2)
    opened = now - timedelta(hours=3)
    sitting = sittings.sitting(
        desk.database,
        form.id,
        opens_at=opened,
        last_start_at=now + timedelta(hours=1),
        now=opened - timedelta(hours=1),
    )
    return str(sitting.id)


@contextmanager
def writing(
    chromium: Browser, desk: Site, sitting_id: str, left: timedelta, size: tuple[int, int]
) -> Iterator[tuple[Page, Eyes]]:
    """The exam of somebody who has `left` to go."""
    who, now, device = person(desk.database, Role.CANDIDATE), read_clock(), "a-device"
    booking = sittings.booking(desk.database, sitting_id, who.id, now=now)
    began = now + left - timedelta(minutes=MINUTES)
    attempt = act(desk.database, start_attempt, who, began, booking_id=booking.id, device_id=device)
    with watched(chromium, desk, who, size) as (page, eyes):
        page.context.add_cookies([{"name": "device", "value": device, "url": desk.url}])
        page.context.clock.install()
        page.goto(f"/attempt/{attempt.id}")
        page.locator("html[data-exam=ready]").wait_for(state="attached")
        yield page, eyes
    (desk.instance / "seconds-ahead").unlink(missing_ok=True)  # back to the present


def live_through(desk: Site, page: Page, how_long: timedelta) -> None:
    """Let time pass for the server and for the page."""
    pass_time(desk, how_long)
    page.clock.fast_forward(int(how_long.total_seconds() * 1000))


@pytest.mark.parametrize("size", [LAPTOP, (360, 740), FOUR_TIMES_LARGER], ids=str)
def test_the_warning_of_time_covers_neither_the_save_state_nor_the_answer(
    chromium: Browser, desk: Site, sitting_id: str, size: tuple[int, int]
) -> None:
    left, passes = timedelta(minutes=13), timedelta(minutes=3)
    with writing(chromium, desk, sitting_id, left, size) as (page, eyes):
        live_through(desk, page, passes)
        expect(page.locator("#time-warning")).to_contain_text("10 minutes left")
        assert not covers(page, "#time-warning", "#save-state")
        box(page).click()
        page.keyboard.type("I would ring the ward first.")
        assert not covers(page, "#time-warning", "textarea:focus")
        assert is_in_sight(page, "#time-warning")
        if size != FOUR_TIMES_LARGER:
            assert not covers(page, "#time-warning", "#save-state")
            assert is_in_sight(page, "#save-state")
        eyes.look(schemes=True)


def test_the_list_of_questions_stays_in_sight_on_a_laptop(
    chromium: Browser, desk: Site, sitting_id: str
) -> None:
    with writing(chromium, desk, sitting_id, timedelta(hours=1), LAPTOP) as (page, eyes):
        for link in page.locator(".question-nav a").all():
            link.click()
            assert is_in_sight(page, ".question-nav")
            target = link.get_attribute("href") or ""
            assert not covers(page, ".question-nav", f"{target} .question-head")
        eyes.look()


def test_when_the_time_is_over_the_page_says_so_and_shows_what_was_received(
    chromium: Browser, desk: Site, sitting_id: str
) -> None:
    left = timedelta(minutes=3)
    with writing(chromium, desk, sitting_id, left, LAPTOP) as (page, eyes):
        live_through(desk, page, left)
        expect(page.locator("#time-over")).to_be_visible()
        eyes.look(schemes=True)
        page.locator("#to-finished").click()
        expect(page.get_by_role("heading", name="Your exam is finished")).to_be_visible()
        eyes.look(schemes=True)


# Marking


@pytest.fixture(scope="module")
def world(desk: Site) -> World:
    """A sitting in marking, with a discrepancy that waits for the lead assessor."""
    world = in_marking(desk.database, candidates=2)
    item = world.written[0]
    for _response in range(2):
        world.mark(world.ann, item, level=0)
        world.mark(world.bob, item, level=2)
    return world


def all_in_sight(page: Page) -> bool:
    """Whether an assessor sees the response, the rubric and the way on without scrolling."""
    parts = ("#response h2", "#rubric .level", ".work-foot button:last-of-type")
    return all(is_in_sight(page, part) for part in parts)


def test_response_rubric_and_button_are_in_sight_on_a_laptop(
    chromium: Browser, desk: Site, world: World
) -> None:
    claimed = world.do(
        claim_response, world.cat, sitting_id=world.sitting_id, form_item_id=world.written[1].id
    )
    with watched(chromium, desk, world.cat, LAPTOP) as (page, eyes):
        page.goto(f"/marking/responses/{claimed.id}")
        assert all_in_sight(page)
        eyes.look(schemes=True)
        press(page, "Submit and next")
        expect(page.locator(".error-summary")).to_contain_text("Choose a level for")
        eyes.look(schemes=True)
        for _criterion in world.written[1].body.criteria:
            page.keyboard.press("2")
        press(page, "Submit and next")
        expect(page.locator("#progress")).to_contain_text("1 of 2 marked")
        assert all_in_sight(page)
        page.goto(f"/marking/responses/{claimed.id}")
        expect(page.get_by_text("You gave this response")).to_be_visible()
        assert all_in_sight(page)
        eyes.look()


def test_a_discrepancy_is_laid_out_for_whoever_settles_it(
    chromium: Browser, desk: Site, world: World
) -> None:
    claimed = world.do(claim_adjudication, world.lead, sitting_id=world.sitting_id)
    with watched(chromium, desk, world.lead, LAPTOP) as (page, eyes):
        page.goto(f"/marking/adjudications/{claimed.id}")
        expect(page.get_by_text("too far apart").first).to_be_visible()
        assert is_in_sight(page, ".work-foot")
        eyes.look(schemes=True)
        press(page, "Settle and next")
        expect(page.locator(".error-summary")).to_be_focused()
        eyes.look()


# Work that goes on


@pytest.mark.parametrize(
    ("login", "ways"),
    [
        ("moderator", ["/", "main li a"]),
        ("moderator", ["/", "main li a", "tbody a >> nth=4"]),
        ("moderator", ["/", "main li a", "a[href*='/scripts/']"]),
        ("panel", ["/", "main li a", "tbody a"]),
        ("lead", ["/", "main li a"]),
        ("board", ["/results", "tbody a >> nth=3"]),
        ("candidate22", ["/exams", "main a"]),
        ("author", ["/cases", "tbody a", "text=Candidate’s view"]),
        ("author", ["/cases", "tbody a", "text=Mark scheme"]),
    ],
    ids=str,
)
def test_the_main_pages_can_be_read_in_dark_and_in_strong_contrast(
    chromium: Browser, demo_site: Site, login: str, ways: list[str]
) -> None:
    with watched(chromium, demo_site, of_demo(demo_site, login), LAPTOP) as (page, eyes):
        page.goto(ways[0])
        for way in ways[1:]:
            page.locator(way).first.click()
        eyes.look(schemes=True)
