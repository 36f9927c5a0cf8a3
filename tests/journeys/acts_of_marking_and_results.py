"""From marks to results: what assessors, the advisory group, the board and candidates do."""

import re
from collections.abc import Iterable

from playwright.sync_api import expect

from tests.journeys.acts_before_marking import SITTING, attempt_of
from tests.journeys.people import Person

GOOD = (
    "Ask Teodor what his sister may know. He texts her on Mondays. I ring her today, with his yes."
)
POOR = "I tell Teodor that it is settled: his sister gets a key, and I look in next week."

OUTCOMES = ("elow the cut score", "You passed", "did not reach the mark", "Results by candidate")
"""Words that stand on a page only where an outcome does."""


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
