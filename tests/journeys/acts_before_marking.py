"""From a pasted case to answers that are handed in: what author, officer and candidates do."""

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from proficiency.core.show import HOME_ZONE
from tests.journeys.acts_of_review import passes_it_on, sends_it_to_peers, signs
from tests.journeys.people import Person, now_at
from tests.journeys.server import Site

CASE = (Path(__file__).parent / "the-quiet-flat.md").read_text()
SITTING = "November sitting"
EXAM_READY = "html[data-exam=ready]"


# The case


def the_author_writes_a_case(author: Person) -> str:
    """Returns the address of the case in work."""
    mistake = CASE.replace("standards 2.3\n", "standards 2.33\n")
    line = mistake.splitlines().index("best answer · 1 mark · standards 2.33") + 1
    author.follow("Cases")
    author.follow("Cases in work")
    author.press("Begin")
    author.page.locator("html[data-editor=ready]").wait_for(state="attached")
    author.write("The case in Markdown", mistake)
    problem = author.page.locator("#problems li").filter(has_text="Did you mean 2.3")
    expect(problem).to_contain_text(f"Line {line}")
    author.write("The case in Markdown", CASE)
    expect(author.page.locator("#problems")).to_contain_text("Nothing, as far as a program")
    preview = author.page.locator("#preview-body")
    expect(preview).to_contain_text("Which two facts matter most")
    expect(preview).not_to_contain_text("Sets his decision aside")
    author.press("Save a revision")
    author.sees("Revision 2 is saved.")
    return author.page.url.removesuffix("/edit")


def others_review_and_sign_it(
    author: Person, peer: Person, signers: Iterable[Person], address: str
) -> None:
    sends_it_to_peers(author, address)
    passes_it_on(peer, address)
    for person in signers:
        signs(person, address)


def the_case_is_frozen(author: Person) -> None:
    author.follow("Cases")
    author.follow("The quiet flat")
    author.follow("Candidate’s view")
    author.sees("Which two facts matter most")
    assert "Sets his decision aside" not in author.text
    author.follow("Read the mark scheme")
    author.sees("Sets his decision aside")


# The exam


def the_officer_makes_an_exam_of_it(officer: Person) -> None:
    officer.follow("Schemes")
    officer.follow("New scheme")
    officer.write("Title", "Certificate of Proficiency")
    officer.write("Short name", "certificate-2026")
    officer.choose("Live")
    officer.write("Minutes", "20")
    officer.press("Save scheme")
    officer.sees("20 minutes")
    officer.follow("Assemble a form")
    officer.choose("The quiet flat")
    officer.press("Show totals")
    officer.sees("In this order:")
    officer.write("Title of the form", "Paper A")
    officer.press("Make this form")
    officer.reads("Paper A")


def the_officer_schedules_a_sitting_and_books(
    officer: Person, site: Site, candidates: Iterable[Person]
) -> None:
    now = now_at(site).astimezone(HOME_ZONE)
    last = now + timedelta(minutes=30)
    officer.follow("Sittings")
    officer.follow("Schedule a sitting")
    officer.write("Title", SITTING)
    for name, at in (("Opens", now), ("Last start", last)):
        group = officer.page.get_by_role("group", name=name)
        group.get_by_label("Day").fill(at.strftime("%Y-%m-%d"))
        group.get_by_label("Time").fill(at.strftime("%H:%M"))
    officer.press("Schedule this sitting")
    officer.sees("Open for starting")
    officer.follow("Book candidates")
    officer.write("E-mail addresses", "\n".join(person.email for person in candidates))
    officer.press("Check these people")
    officer.sees("Will be booked: 2")
    officer.press("Book 2 people")
    officer.sees("2 people are booked.")
    officer.follow("Idris Yewdale")
    officer.write("Extra time in percent", "25")
    officer.write(
        "Reason and evidence", "Reads slowly since a concussion; letter of his doctor seen."
    )
    officer.press("Record extra time")
    officer.sees("20 min + 25 % = 25 min")


def a_candidate_sits(candidate: Person, *, is_sure: bool, time: str, words: str) -> None:
    page = candidate.page
    candidate.follow("My exams")
    candidate.follow("Check in")
    candidate.sees(re.compile(rf"^{re.escape(time)}$"))
    candidate.choose("I have read the rules and accept them")
    candidate.choose("The time that I have is right")
    candidate.choose("I am well enough to sit today")
    candidate.press("Start the exam")
    page.locator(EXAM_READY).wait_for(state="attached")

    right, wrong = "That you will see him today", "That you will order the new locks"
    candidate.choose(right if is_sure else wrong)
    candidate.choose("When somebody last saw or heard him")
    candidate.choose("How he said that he wants to be reached" if is_sure else "Who pays the rent")
    candidate.choose("Flag this question", 1)
    expect(page.locator("#save-text")).to_contain_text("Saved on the server at")
    page.reload()
    page.locator(EXAM_READY).wait_for(state="attached")
    expect(page.get_by_label(right if is_sure else wrong)).to_be_checked()
    expect(page.get_by_label("When somebody last saw or heard him")).to_be_checked()
    expect(page.get_by_label("Flag this question").nth(1)).to_be_checked()

    candidate.press("Close this stage")
    candidate.reads("Close this stage?")
    candidate.sees("None: every question has an answer")
    candidate.press("Close stage 1 and open the next")
    candidate.reads("At the door")
    page.locator(EXAM_READY).wait_for(state="attached")
    the_first_stage_is_only_read(candidate)

    answer = page.get_by_label("Your answer to question 3")
    answer.fill(words)
    expect(page.locator("#save-text")).to_contain_text("Saved on the server at")
    page.reload()
    page.locator(EXAM_READY).wait_for(state="attached")
    expect(answer).to_have_value(words)
    candidate.press("Check and finish")
    candidate.reads("Check your answers before you finish")
    candidate.press("Finish and hand in my answers")
    candidate.reads("Your exam is finished")
    candidate.sees("3 of 3 questions")


def the_first_stage_is_only_read(candidate: Person) -> None:
    candidate.open("Earlier in this case")
    candidate.follow("Read your answers to stage 1")
    candidate.sees("This stage is closed.")
    expect(candidate.page.get_by_label("When somebody last saw or heard him")).to_be_checked()
    expect(candidate.page.get_by_role("checkbox").first).to_be_disabled()
    candidate.follow("Back to stage 2")
    candidate.page.locator(EXAM_READY).wait_for(state="attached")


def identity_of(officer: Person, candidates: Iterable[Person]) -> set[str]:
    """Everything by which a candidate could be known, as the officer has it."""
    officer.follow("Sittings")
    officer.follow(SITTING)
    secrets = set()
    for person in candidates:
        number = officer.row(person.email).get_by_role("cell").nth(1).inner_text()
        assert re.fullmatch(r"\d{8}", number)
        secrets |= {person.name, *person.name.split(), person.email, person.actor.id}
        secrets |= {number, attempt_of(person)}
    return secrets


def attempt_of(candidate: Person) -> str:
    return candidate.page.url.split("/attempt/")[1].split("/")[0]
