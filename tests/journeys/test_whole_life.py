"""The whole life of an exam, on real pages: from a pasted case to two released results.

Fourteen people, each in a browser of their own, do what their roles give them, and nothing is done
behind their backs: the test makes their accounts, takes in the framework and lets time pass.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, expect

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.core.show import HOME_ZONE
from proficiency.core.verify import verify_all
from tests.journeys.people import Person, close, come_in, institution, now_at, pass_time
from tests.journeys.server import Site

pytestmark = pytest.mark.journey

CASE = (Path(__file__).parent / "the-quiet-flat.md").read_text()
SITTING = "November sitting"
EXAM_READY = "html[data-exam=ready]"

GOOD = (
    "Ask Teodor what his sister may know. He texts her on Mondays. I ring her today, with his yes."
)
POOR = "I tell Teodor that it is settled: his sister gets a key, and I look in next week."

OUTCOMES = ("below the cut score", "You passed", "did not reach the mark", "Results by candidate")
"""Words that stand on a page only where an outcome does."""

PARTS = {
    "author": ("Gwenllian Ash", Role.CONTENT_AUTHOR),
    "officer": ("Oswin Tarrant", Role.EXAM_OFFICER),
    "hannah": ("Hannah Quill", Role.CANDIDATE),
    "idris": ("Idris Yewdale", Role.CANDIDATE),
    "first": ("Ferelith Moss", Role.ASSESSOR),
    "second": ("Sorley Nairn", Role.ASSESSOR),
    "adjudicator": ("Adaeze Birch", Role.LEAD_ASSESSOR),
    "lead": ("Leofric Dunmore", Role.LEAD_ASSESSOR),
    "moderator": ("Merryn Oakes", Role.MODERATOR),
    "other_moderator": ("Mungo Pryce", Role.MODERATOR),
    "lay_member": ("Lettice Vane", Role.LAY_MEMBER),
    "chair": ("Cosmo Hartley", Role.ASSESSMENT_BOARD),
    "board": ("Bronagh Lisle", Role.ASSESSMENT_BOARD),
    "other_board": ("Barnaby Stroud", Role.ASSESSMENT_BOARD),
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


def test_the_whole_life_of_an_exam(site: Site, cast: SimpleNamespace) -> None:
    candidates = (cast.hannah, cast.idris)
    for person in vars(cast).values():
        person.sign_in()

    the_author_publishes_a_case(cast.author)
    the_officer_makes_an_exam_of_it(cast.officer)
    the_officer_schedules_a_sitting_and_books(cast.officer, site, candidates)
    a_candidate_sits(cast.hannah, is_sure=True, time="20 min", words=GOOD)
    a_candidate_sits(cast.idris, is_sure=False, time="20 min + 25 % = 25 min", words=POOR)
    secrets = identity_of(cast.officer, candidates)
    addresses = pages_of_outcomes(cast.officer, candidates)

    pass_time(site, timedelta(hours=1))
    the_lead_opens_the_marking(cast.lead)
    an_assessor_marks(cast.first, secrets, {GOOD: (2, 2), POOR: (1, 1)}, "Told, not asked.")
    an_assessor_marks(
        cast.second, secrets, {GOOD: (2, 1), POOR: (0, 0)}, "A key.", sees_trap=True,
        never_sees=("Told, not asked.", cast.first.name),
    )  # fmt: skip
    nobody_can_close_it_yet(cast.lead)
    the_adjudicator_settles_the_discrepancy(
        cast.adjudicator, {*secrets, cast.first.name, cast.second.name}
    )
    the_lead_closes_the_marking(cast.lead)

    the_moderator_changes_a_mark(cast.moderator, secrets)
    a_quorum_signs_and_no_one_alone(cast.moderator, cast.other_moderator, cast.lay_member)
    nobody_sees_an_outcome(vars(cast).values(), addresses)

    the_chair_proposes_a_cut_score(cast.chair)
    others_adopt_it(cast.board, cast.other_board)
    nobody_sees_an_outcome(vars(cast).values(), addresses)

    the_officer_computes_the_results(cast.officer)
    nobody_sees_an_outcome(candidates, [])
    the_chair_approves_them_alone(cast.chair)
    nobody_sees_an_outcome(candidates, [])
    the_officer_releases_them(cast.officer)
    a_candidate_reads_that_they_passed(cast.hannah)
    a_candidate_reads_that_they_did_not(cast.idris)

    the_board_walks_back_to_the_words_and_forward_again(cast.board)
    assert verify_all(site.database, features.room_checks()).problems == []


# The case


def the_author_publishes_a_case(author: Person) -> None:
    mistake = CASE.replace("standards 2.3\n", "standards 2.33\n")
    line = str(mistake.splitlines().index("best answer · 1 mark · standards 2.33") + 1)
    author.follow("Cases")
    author.follow("Write or publish a case")
    author.write("The case in Markdown", mistake)
    author.press("Check")
    author.reads("Not ready to publish")
    problem = author.row("Did you mean 2.3")
    expect(problem.get_by_role("rowheader")).to_have_text(line)
    expect(problem).to_contain_text("best answer · 1 mark · standards 2.33")

    author.write("The case in Markdown", CASE)
    author.choose("Live case, for exams")
    author.press("Check")
    author.reads("Ready to publish")
    author.reads("As candidates would see it")
    author.sees("He opens. He is well")
    author.press("Publish a frozen version")
    author.sees("Version 1 of “The quiet flat” is published.")
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


# The marks


def the_lead_opens_the_marking(lead: Person) -> None:
    lead.follow("Marking")
    lead.follow("Open marking")
    lead.sees("Every attempt is closed.")
    lead.press("Open the marking")
    lead.sees("Marking is open.")


def names_nobody(person: Person, secrets: Iterable[str]) -> None:
    """Nothing that this browser was given for the page names anybody, not even where unseen."""
    html = person.html
    assert [secret for secret in secrets if secret in html] == [], person.page.url


def an_assessor_marks(
    assessor: Person,
    secrets: Iterable[str],
    levels: dict[str, tuple[int, int]],
    comment: str,
    *,
    sees_trap: bool = False,
    never_sees: Iterable[str] = (),
) -> None:
    """Mark both responses by what they say, for that is all there is to know them by."""
    secrets = {*secrets, *never_sees}
    assessor.follow("Marking")
    names_nobody(assessor, secrets)
    assessor.press("Mark")
    for place in range(len(levels)):
        assessor.reads("Rubric")
        names_nobody(assessor, secrets)
        response = assessor.page.locator("#response .response-text").last.inner_text()
        wishes, way_on = levels[response]
        assessor.level("His wishes first", wishes)
        assessor.level("A safe way on", way_on)
        if sees_trap and response == POOR:
            assessor.choose("gives the sister a key against his wishes")
        assessor.write("Comment (optional)", comment)
        expect(assessor.page.locator("#mark-total")).to_have_text(f"{2 * wishes + way_on} of 6")
        assessor.press("Submit and next")
        if place == 0:
            expect(assessor.page.locator("#progress")).to_contain_text("1 of 2 marked")
    assessor.sees("Nothing more waits for you here.")
    names_nobody(assessor, secrets)
    assessor.follow("2 marked for question 3")
    assessor.reads("Your marks for question 3")
    names_nobody(assessor, secrets)


def nobody_can_close_it_yet(lead: Person) -> None:
    lead.follow("Close marking")
    lead.sees("Every discrepancy was adjudicated: 1 still wait.")
    expect(lead.page.get_by_role("button", name="Close the marking")).to_have_count(0)


def the_adjudicator_settles_the_discrepancy(adjudicator: Person, secrets: Iterable[str]) -> None:
    adjudicator.follow("Marking")
    adjudicator.press("Adjudicate")
    adjudicator.reads("Two marks, and yours")
    names_nobody(adjudicator, secrets)
    adjudicator.sees("3 marks: too far apart")
    adjudicator.sees("one only: must be decided")
    adjudicator.sees("Told, not asked.")
    adjudicator.sees(POOR)
    adjudicator.level("His wishes first", 1)
    adjudicator.level("A safe way on", 0)
    adjudicator.write("Reason", "He is told, at least; the key is announced and not handed over.")
    adjudicator.press("Settle and next")
    adjudicator.sees("Nothing more waits for you here.")


def the_lead_closes_the_marking(lead: Person) -> None:
    lead.follow("Marking")
    lead.follow("Close marking")
    lead.press("Close the marking")
    lead.sees("Marking is closed.")


# The moderation


def the_moderator_changes_a_mark(moderator: Person, secrets: Iterable[str]) -> None:
    moderator.follow("Moderation")
    moderator.press("Open moderation")
    moderator.sees("Moderation is open.")
    moderator.follow(SITTING)
    names_nobody(moderator, secrets)
    moderator.write("Comment", "A small sitting: look at both scripts.")
    moderator.press("Comment")
    moderator.sees("A small sitting: look at both scripts.")
    moderator.follow("Question 3")
    names_nobody(moderator, secrets)
    row = moderator.row("adjudicated")
    row.get_by_role("link").click()
    moderator.sees(POOR)
    names_nobody(moderator, secrets)
    moderator.write("Comment", "He names a day. Is that no plan at all?")
    moderator.press("Comment")
    moderator.sees("He names a day. Is that no plan at all?")

    moderator.open("Change the mark")
    moderator.level("His wishes first", 1)
    moderator.level("A safe way on", 1)
    moderator.write("Why is the mark changed?", "Next week is a step, so level 1 of the second.")
    moderator.press("Change the mark")
    moderator.sees("The mark is changed.")
    moderator.sees("Next week is a step")
    moderator.sees(re.compile(r"3\b.* of\s*6"))
    old = moderator.page.locator("main s").filter(has_text=re.compile(r"\b2$"))
    expect(old.first).to_be_visible()
    names_nobody(moderator, secrets)


def a_quorum_signs_and_no_one_alone(*members: Person) -> None:
    """Three must sign, one of them a lay member, and at least one who changed no mark."""
    needs = ("2 more people", "one more person, and a lay member", "The quorum is met.")
    for member, still in zip(members, needs, strict=True):
        member.follow("Moderation")
        member.follow(SITTING)
        member.follow("Sign off")
        member.press("Sign")
        member.sees("signed off" if still == needs[-1] else "Your signature is recorded.")
        member.sees(still)
        expect(member.page.get_by_role("button", name="Sign", exact=True)).to_have_count(0)


# The outcome


def pages_of_outcomes(officer: Person, candidates: Iterable[Person]) -> list[str]:
    """Every address below which an outcome of the sitting will stand one day, or might."""
    sitting = officer.page.url.rsplit("/", 1)[1]
    attempts = [attempt_of(person) for person in candidates]
    rooms = ("sittings", "marking", "moderation", "cut-scores", "results")
    return [
        *(f"/{room}/{sitting}" for room in rooms),
        *(f"/{room}/{attempt}" for room in ("trace", "results/mine") for attempt in attempts),
    ]


def nobody_sees_an_outcome(people: Iterable[Person], addresses: Iterable[str]) -> None:
    """Neither what the navigation offers to anybody nor an address that somebody knows says one."""
    for person in people:
        person.page.goto("/")
        offered = person.page.get_by_role("navigation", name="Main").get_by_role("link")
        own = offered.evaluate_all("links => links.map(link => link.getAttribute('href'))")
        for address in (*own, *addresses):
            answer = person.page.context.request.get(address)
            assert answer.status < 500, address
            says = [words for words in OUTCOMES if words in answer.text()]
            assert says == [], f"{person.name} at {address}"
            assert not (answer.ok and address.startswith("/trace")), person.name


def the_chair_proposes_a_cut_score(chair: Person) -> None:
    chair.follow("Cut scores")
    chair.follow(SITTING)
    chair.follow("Propose a cut score")
    chair.write("Cut score in marks", "6")
    chair.choose("Angoff (modified)")
    chair.write(
        "Why is this the right cut score?", "Eight judges, two rounds, mean 5.98, unrounded."
    )
    chair.press("Propose")
    chair.sees("The cut score is proposed.")
    expect(chair.page.get_by_role("button", name="Adopt this cut score")).to_have_count(0)


def others_adopt_it(*members: Person) -> None:
    for member, says in zip(
        members, ("Your signature is recorded.", "The cut score is adopted."), strict=True
    ):
        member.follow("Cut scores")
        member.follow(SITTING)
        member.sees("Eight judges, two rounds")
        member.press("Adopt this cut score")
        member.sees(says)


def the_officer_computes_the_results(officer: Person) -> None:
    officer.follow("Results")
    officer.follow(SITTING)
    officer.press("Compute the results")
    officer.sees("computed twice, independently, and both agree")


def the_chair_approves_them_alone(chair: Person) -> None:
    chair.follow("Results")
    chair.follow(SITTING)
    chair.press("Approve these results")
    chair.sees("Another person must approve too.")
    expect(chair.page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)


def the_officer_releases_them(officer: Person) -> None:
    officer.page.reload()
    officer.press("Approve and release")
    officer.sees("The results are released.")


def reads_scores_by_theme(candidate: Person, scores: dict[str, str]) -> None:
    for theme, score in scores.items():
        row = candidate.page.get_by_role("row").filter(has_text=re.compile(rf"^\s*{theme} "))
        expect(row).to_contain_text(score)


def a_candidate_reads_that_they_passed(candidate: Person) -> None:
    candidate.follow("My results")
    candidate.follow(SITTING)
    candidate.reads("You passed")
    candidate.sees("8.5 of 9 marks")
    reads_scores_by_theme(candidate, {"A": "83 %", "B": "100 %", "C": "100 %"})


def a_candidate_reads_that_they_did_not(candidate: Person) -> None:
    candidate.follow("My results")
    candidate.follow(SITTING)
    candidate.reads("You did not reach the mark needed to pass this time")
    candidate.sees("4 of 9 marks")
    reads_scores_by_theme(candidate, {"A": "33 %", "B": "50 %", "C": "50 %"})


def the_board_walks_back_to_the_words_and_forward_again(board: Person) -> None:
    board.follow("Results")
    board.follow(SITTING)
    row = board.row("below the cut score")
    number = row.get_by_role("link").inner_text().split()[0]
    row.get_by_role("link").click()
    board.reads("Every link holds")
    board.reads("Cut score: 6 marks")
    board.open("Question 3")
    question = board.page.locator("#question-3")
    for words in (
        POOR,
        "Told, not asked.",
        "He is told, at least",
        "Next week is a step",
        "kept, does not count",
        "His wishes first",
    ):
        expect(question.get_by_text(words).first).to_be_visible()

    question.get_by_role("link", name="7.1").first.click()
    board.reads("Standard 7.1: what rests on it")
    board.row("His wishes first").get_by_role("link").first.click()
    board.reads("Question 3: all marks")
    board.follow(number)
    board.reads("Every link holds")
