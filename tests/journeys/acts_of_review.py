"""From a draft to a live case: what writers, reviewers and an officer do on its pages."""

import re

from tests.journeys.people import Person


def opens_the_work(person: Person, address: str) -> None:
    person.page.goto(address)
    person.reads("What comes next")


def sends_it_to_peers(author: Person, address: str) -> None:
    opens_the_work(author, address)
    author.write("A word to the reviewers", "Ready for fresh eyes.")
    author.press("Send to peer review")
    author.sees("It waits for a peer")


def answers_the_checklist(person: Person) -> None:
    for group in person.page.locator("#checklist fieldset").all():
        yes = group.get_by_label("Yes", exact=True)
        if yes.count():
            yes.first.check()


def passes_it_on(peer: Person, address: str) -> None:
    peer.page.goto(f"{address}/review")
    answers_the_checklist(peer)
    peer.press("Pass it on")
    opens_the_work(peer, address)
    peer.sees(re.compile("It waits for signatures"))


def signs(person: Person, address: str) -> None:
    person.page.goto(f"{address}/review")
    answers_the_checklist(person)
    person.press("Sign")


def makes_it_live(officer: Person, address: str) -> None:
    opens_the_work(officer, address)
    officer.page.locator("#live-reason").fill("For the spring sittings")
    officer.press("Make it live")
    officer.sees("Live exams may use it.")
