"""The same life of an exam with the keyboard alone: no mouse, no touch, no click.

The author, the officer, the candidate, an assessor, a moderator and a member of the board each do
their part by Tab, Enter, Space, arrows and digits; what lies between is done by real operations.
"""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.verify import verify_all
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.marking.operations import (
    claim_response,
    close_marking,
    open_marking,
    record_mark,
)
from proficiency.moderation.operations import open_moderation
from proficiency.sittings.operations import schedule_sitting
from proficiency.standard_setting.operations import propose_cut_score
from proficiency.standard_setting.rules import Method
from tests.authoring.factory import live_version
from tests.factories import act
from tests.journeys.acts_before_marking import CASE, EXAM_READY, SITTING
from tests.journeys.keyboard import Keyboard
from tests.journeys.people import Person, close, come_in, institution, now_at, pass_time
from tests.journeys.server import Site

pytestmark = pytest.mark.journey

ANSWER = "Ask him what his sister may know, and ring her with his yes."

PARTS = {
    "author": ("Gwenllian Ash", Role.CONTENT_AUTHOR),
    "officer": ("Oswin Tarrant", Role.EXAM_OFFICER),
    "candidate": ("Hannah Quill", Role.CANDIDATE),
    "first": ("Ferelith Moss", Role.ASSESSOR),
    "second": ("Sorley Nairn", Role.ASSESSOR),
    "lead": ("Leofric Dunmore", Role.LEAD_ASSESSOR),
    "moderator": ("Merryn Oakes", Role.MODERATOR),
    "chair": ("Cosmo Hartley", Role.ASSESSMENT_BOARD),
    "board": ("Bronagh Lisle", Role.ASSESSMENT_BOARD),
}


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path, sqlite_template) as running:
        yield running


@pytest.fixture
def cast(site: Site, chromium: Browser) -> Iterator[SimpleNamespace]:
    people = {part: come_in(chromium, site, name, role) for part, (name, role) in PARTS.items()}
    yield SimpleNamespace(**people)
    assert close(people.values()) == []


def test_every_part_can_be_played_with_the_keyboard_alone(
    site: Site, cast: SimpleNamespace
) -> None:
    def does(person: Person, operation: Any, **what: Any) -> Any:
        """Let somebody do their part behind the scenes, by the operation that a page would run."""
        return act(site.database, operation, person.actor, now_at(site), **what)

    the_author_checks_a_case(Keyboard(cast.author))
    sitting_id, question = a_sitting_is_scheduled(site, cast, does)
    the_officer_books(Keyboard(cast.officer), cast.candidate)
    the_candidate_sits(Keyboard(cast.candidate))

    pass_time(site, timedelta(hours=1))
    does(cast.lead, open_marking, sitting_id=sitting_id)
    an_assessor_marks(Keyboard(cast.first))
    on = {"sitting_id": sitting_id, "form_item_id": question.id}
    drawn = does(cast.second, claim_response, **on)
    levels = {criterion.key: 2 for criterion in question.body.criteria}
    does(
        cast.second, record_mark, allocation_id=drawn.id, levels=levels, indicators=(), traps=(),
        comment="",
    )  # fmt: skip
    does(cast.lead, close_marking, sitting_id=sitting_id)

    does(cast.moderator, open_moderation, sitting_id=sitting_id)
    a_moderator_decides(Keyboard(cast.moderator))

    does(
        cast.chair, propose_cut_score, sitting_id=sitting_id, cut_score=Fraction(6),
        method=Method.ANGOFF, rationale="Eight judges, two rounds, mean 5.98, unrounded.",
    )  # fmt: skip
    a_member_of_the_board_adopts(Keyboard(cast.board))
    assert verify_all(site.database, features.room_checks()).problems == []


def the_author_checks_a_case(author: Keyboard) -> None:
    author.sign_in()
    author.follow("Cases")
    author.reads("Cases")
    author.follow("Check or publish a file")
    author.reads("Write a case")
    author.write("The case in Markdown", CASE.replace("standards 2.3\n", "standards 2.33\n"))
    author.push("Check")
    author.reads("Not ready to publish")
    author.follow("23")
    author.type(" ")  # the line of the problem is where the caret now is
    author.press("Backspace")
    author.press("Shift+Tab")
    author.write("The case in Markdown", CASE)
    author.choose("Public sample", "Live case")
    author.push("Check")
    author.reads("Ready to publish")


def a_sitting_is_scheduled(
    site: Site, cast: SimpleNamespace, does: Any
) -> tuple[str, FormItemView]:
    version_id = live_version(site.database, CASE)
    scheme = does(
        cast.officer, create_scheme_version, name="certificate", title="Certificate",
        kind=SchemeKind.LIVE, settings=SchemeSettings(minutes=20),
    )  # fmt: skip
    form = does(
        cast.officer, assemble_form, scheme_version_id=scheme.id, title="Paper A",
        case_version_ids=[version_id],
    )  # fmt: skip
    now = now_at(site)
    sitting = does(
        cast.officer, schedule_sitting, form_id=form.id, title=SITTING, opens_at=now,
        last_start_at=now + timedelta(minutes=30),
    )  # fmt: skip
    with site.database.read() as session:
        items = list_form_items(session, form.id)
    return sitting.id, next(item for item in items if item.format == "written_response")


def the_officer_books(officer: Keyboard, candidate: Person) -> None:
    officer.sign_in()
    officer.follow("Sittings")
    officer.reads("Sittings")
    officer.follow(SITTING)
    officer.reads(SITTING)
    officer.follow("Book candidates")
    officer.reads("Book candidates")
    officer.write("E-mail addresses", candidate.email)
    officer.push("Check these people")
    officer.reads("Check before booking")
    officer.push("Book this person")
    officer.sees("One person is booked.")


def the_candidate_sits(candidate: Keyboard) -> None:
    page = candidate.person.page
    candidate.sign_in()
    candidate.follow("My exams")
    candidate.reads("My exams")
    candidate.follow("Check in")
    candidate.reads("Confirm and start")
    candidate.tick("I have read the rules and accept them")
    candidate.tick("The time that I have is right")
    candidate.tick("I am well enough to sit today")
    candidate.push("Start the exam")
    page.locator(EXAM_READY).wait_for(state="attached")

    candidate.choose("That ", "That you will see him today")
    candidate.tick("When somebody last saw or heard him")
    candidate.tab_to("Flag this question", "checkbox")
    candidate.press("Space")
    expect(page.get_by_label("Flag this question").nth(1)).to_be_checked()
    candidate.waits_for("#save-text", "Saved on the server at")
    candidate.push("Close this stage")
    candidate.reads("Close this stage?")
    candidate.push("Close stage 1 and open the next")
    candidate.reads("At the door")
    page.locator(EXAM_READY).wait_for(state="attached")
    candidate.write("Your answer to question 3", ANSWER)
    candidate.waits_for("#save-text", "Saved on the server at")
    candidate.push("Check and finish")
    candidate.reads("Check your answers before you finish")
    candidate.push("Finish and hand in my answers")
    candidate.reads("Your exam is finished")
    candidate.sees("3 of 3 questions")


def an_assessor_marks(assessor: Keyboard) -> None:
    assessor.sign_in()
    assessor.follow("Marking")
    assessor.reads("Marking")
    assessor.push("Mark")
    assessor.reads("Rubric")
    assessor.waits_for("#keys-open", "Keyboard")  # the digits work from now on
    assessor.press("2")
    assessor.waits_for("#mark-total", "4 of 6")
    assessor.arrow_to("Partly")
    assessor.waits_for("#mark-total", "5 of 6")
    assessor.tick("Agrees a way to be reached")
    assessor.write("Comment (optional)", "Names and times are missing.")
    assessor.push("Submit and stop")
    assessor.sees("Your mark is recorded.")


def a_moderator_decides(moderator: Keyboard) -> None:
    moderator.sign_in()
    moderator.follow("Moderation")
    moderator.reads("Moderation")
    moderator.follow(SITTING)
    moderator.reads(SITTING)
    moderator.follow("Question 3")
    moderator.reads("Question 3")
    moderator.follow("Script 1")
    moderator.reads("Every mark, in order")
    moderator.tab_to("Accept the mark as it stands", "summary")
    moderator.press("Enter")
    moderator.write("Why is the mark right?", "One level apart on one criterion, and both fair.")
    moderator.push("Accept 5.5 of 6")
    moderator.sees("You accepted the mark of this response.")


def a_member_of_the_board_adopts(board: Keyboard) -> None:
    board.sign_in()
    board.follow("Cut scores")
    board.reads("Cut scores")
    board.follow(SITTING)
    board.sees("Eight judges, two rounds")
    board.push("Adopt this cut score")
    board.sees("Your signature is recorded.")


# The eyes of the keyboard


@pytest.fixture
def on_page(chromium: Browser) -> Iterator[Any]:
    """Show a small page, and return somebody before it with a keyboard."""
    context = chromium.new_context()

    def show(body: str) -> Keyboard:
        page = context.new_page()
        page.set_content(f"<body><style>:focus {{ outline: 2px solid }}</style>{body}</body>")
        return Keyboard(Person(SYSTEM, "Somebody", "", page))

    yield show
    context.close()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<button style='outline: none'>Send</button>", "nothing shows that the focus is on"),
        ("<button aria-label=''></button><button>Send</button>", "no name says"),
        (
            "<div style='position: fixed; inset: 0; z-index: 1'></div><button>Send</button>",
            "behind something else",
        ),
        (
            "<div style='display: flex; flex-direction: column-reverse'><button>A</button>"
            "<button>B</button><button>C</button><button>Send</button></div>",
            "goes back up",
        ),
        ("<span onclick='send()'>Send</span>", "Tab does not reach the button"),
    ],
    ids=["unseen", "nameless", "covered", "backwards", "not a control"],
)
def test_a_page_that_fails_people_with_a_keyboard_is_found(on_page, body: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        on_page(body).tab_to("Send", "button")


def test_a_page_that_serves_them_is_not(on_page) -> None:
    keyboard = on_page(
        "<a href='#b'>Top</a><div style='display: flex'><div><button>A</button><p>&nbsp;</p>"
        "<button>B</button></div><div><button id=b>C</button></div></div><button>Send</button>"
    )
    assert keyboard.tab_to("Send", "button").role == "button"
    assert keyboard.tab_to("A", "button", back=True).name == "A"
