"""A scheme limits what blind guessing may earn: exactly, and kindly said."""

import json
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.exams import operations
from proficiency.exams.blind import Guess, blind_marks, guesses_of, is_within, percent_text, refusal
from proficiency.exams.models import Form
from proficiency.exams.operations import assemble_form
from proficiency.exams.rules import SchemeSettings
from proficiency.exams.verify import check
from proficiency.scenarios.operations import publish_case
from tests.exams.factory import scheme
from tests.exams.test_exactness import bank
from tests.factories import act, person, sign_in_as
from tests.scenarios.factory import ABOUT, FRONT, STORY, small_case
from tests.scenarios.test_views import page

shares = st.fractions(0, 1, max_denominator=1000)
marks = st.fractions(Fraction(1, 100), 1000, max_denominator=100)


def best_of(number: int, options: int, marks: int) -> str:
    """A best answer with so many options."""
    rows = "".join(
        f"- [{'x' if n == 1 else ' '}] Does thing {n} of {number}.\n  - Reason {n}.\n"
        for n in range(1, options + 1)
    )
    return (
        f"\n## Question {number}\nbest answer · {marks} marks · standards 2.3 · "
        f"name best-{number}\n\nWhat does a case manager do {number}?\n\n{rows}"
    )


TEXT = FRONT + STORY + best_of(1, 2, 1) + best_of(2, 4, 4) + best_of(3, 5, 5) + ABOUT
"""Guessing earns ½ + 1 + 1 of 10 marks: exactly a quarter."""


def assemble(database: Database, name: str = "certificate", **settings: Any) -> Form:
    case = act(database, publish_case, SYSTEM, text=TEXT, file="case.md", is_sample=True)
    form: Form = act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=scheme(database, name=name, **settings).id,
        title="Paper",
        case_version_ids=[case.id],
    )
    return form


def test_guessing_is_counted_question_by_question() -> None:
    guesses = guesses_of(small_case(TEXT))
    assert [guess.marks for guess in guesses] == [Fraction(1, 2), 1, 1]
    assert blind_marks(guesses) == Fraction(5, 2)
    assert guesses[0].question == "question 1 of “The spare key”"


def test_exactly_at_the_limit_is_within_it_and_a_hair_above_is_not() -> None:
    at = [Guess("question 1", Fraction(7, 2), Fraction(10))]
    above = [Guess("question 1", Fraction(7, 2) + Fraction(1, 10**12), Fraction(10))]
    assert refusal(at, 35) is None
    assert "would earn 35.1 % of" in (refusal(above, 35) or "")


@given(shares, marks, st.integers(1, 100))
def test_a_form_is_refused_when_and_only_when_guessing_earns_more(
    share: Fraction, total: Fraction, percent: int
) -> None:
    reason = refusal([Guess("question 1", share * total, total)], percent)
    assert (reason is None) == (share <= Fraction(percent, 100))
    assert is_within(share * total, total, percent) == (reason is None)
    shown = Fraction(percent_text(share * total, total))
    assert 0 <= shown - share * 100 < Fraction(1, 10)
    assert (shown <= percent) == (reason is None)


def test_the_questions_on_which_guessing_earns_most_are_named_first() -> None:
    guesses = [Guess(f"question {n}", Fraction(n, 10), Fraction(1)) for n in (4, 9, 6, 8)]
    assert "most on question 9 (0.9 of 1), question 8 (0.8 of 1), question 6 (0.6 of 1)." in (
        refusal(guesses, 50) or ""
    )


def test_every_case_of_the_bank_may_be_a_form_of_its_own() -> None:
    percent = SchemeSettings().most_blind_percent
    for case in bank():
        assert refusal(guesses_of(case), percent) is None


def test_a_form_is_made_at_the_limit_and_refused_above_it(database: Database) -> None:
    assert assemble(database, most_blind_percent=25).max_mark == 10
    with pytest.raises(Refused, match=r"would earn 25 % of .* allows 24 % at most"):
        assemble(database, "stricter", most_blind_percent=24)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Form)) == 1
        assert list(check(session)) == []


def test_verify_finds_a_form_above_the_limit_of_its_scheme(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "refusal", lambda guesses, percent: None)
    form = assemble(sqlite_database, most_blind_percent=24)
    with sqlite_database.read() as session:
        found = list(check(session))
    assert found == [f"form {form.id}: guessing earns more than the 24 % that its scheme allows"]


def test_a_scheme_of_before_has_the_limit_for_new_forms_and_none_for_its_old_ones(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = SchemeSettings(minutes=90).to_json()
    del stored["most_blind_percent"]
    assert SchemeSettings.from_json(stored) == SchemeSettings(minutes=90)
    monkeypatch.setattr(SchemeSettings, "to_json", lambda self: stored)
    monkeypatch.setattr(operations, "refusal", lambda guesses, percent: None)
    form = assemble(sqlite_database)
    assert "most_blind_percent" not in json.dumps(stored)
    with sqlite_database.read() as session:
        assert [each for each in check(session) if form.id in each] == []


def test_the_page_says_it_before_and_the_post_refuses(
    client: FlaskClient, sqlite_database: Database
) -> None:
    sign_in_as(client, person(sqlite_database, Role.EXAM_OFFICER))
    case = act(sqlite_database, publish_case, SYSTEM, text=TEXT, file="case.md", is_sample=True)
    for name, percent in (("strict", 24), ("kind", 25)):
        scheme(sqlite_database, name=name, most_blind_percent=percent)
    address = f"/schemes/strict/forms/new?case={case.id}"
    words = page(client, address)
    assert "the scheme allows 24 %" in words
    assert "Guessing earns too much" in words
    assert "question 2 of “The spare key” (1 of 4)" in words
    answer = client.post(address, data={"form_title": "Paper A"})
    assert answer.status_code == 409
    assert "Blind guessing would earn 25 % of these marks" in answer.text
    assert "Guessing earns too much" not in page(client, address.replace("strict", "kind"))
    assert "25 % of the marks at most" in page(client, "/schemes/kind")
