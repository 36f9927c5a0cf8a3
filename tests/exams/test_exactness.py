"""A form's totals stay within the integers that hold them, or there is no such form."""

from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from proficiency.core.access import SYSTEM
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.exams import operations
from proficiency.exams.exactness import (
    BEYOND,
    FINEST_CUT_SCORE,
    GIVEN_BY_HAND,
    can_be_given,
    common_denominator,
    fits,
)
from proficiency.exams.models import Form
from proficiency.exams.operations import assemble_form
from proficiency.exams.verify import check
from proficiency.items.written_response import score_levels
from proficiency.scenarios.content import Case, Item
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.rules import parse_case
from tests.exams.factory import scheme
from tests.factories import act
from tests.items.factory import SAMPLES, ids_of, written
from tests.items.strategies import decisions, responses
from tests.scenarios.factory import ABOUT, FRONT, STORY, small_case

POINTS = ("fit", "so-so", "unfit")


def rating(number: int, name: str, *panel: int) -> str:
    """A question whose replies the panel rated so, on the three points of `POINTS`."""
    rows = "".join(
        f"| “Reply {n} of {name}.” | {POINTS[point]} | Why {n}. |\n"
        for n, point in enumerate(panel)
    )
    return (
        f"\n## Question {number}\njudgement rating · 1 mark · standards 2.3 · name {name}\n\n"
        f"How fit?\nScale: {', '.join(POINTS)}.\n\n| Reply | Rating | Why |\n|---|---|---|\n{rows}"
    )


def ratings(*sizes: tuple[int, int]) -> str:
    """A case of ratings; each has so many replies that are fit, and so many that are so-so."""
    questions = (
        rating(number, f"rating-{fit}-{middling}", *([0] * fit + [1] * middling))
        for number, (fit, middling) in enumerate(sizes, start=1)
    )
    return FRONT + STORY + "".join(questions) + ABOUT


COARSE = ratings((3, 1), (3, 2))
FINE = ratings((3, 1), (3, 2), (5, 1), (5, 2), (7, 1), (9, 1), (9, 2))
"""Parts of 11, 13, 17, 19, 23, 29 and 31: three for each reply that is fit, two for each other."""


def bank() -> list[Case]:
    """Every public case."""
    found = []
    for file in sorted(Path(ROOT / "scenarios").glob("*.md")):
        files = examine_all(read_files(file))
        parsed = parse_case(file.read_text(encoding="utf-8"), file=file.name, files=files)
        if parsed.case is not None:
            found.append(parsed.case)
    return found


@pytest.mark.parametrize("item", SAMPLES, ids=lambda item: item.name)
@given(data=st.data())
def test_every_mark_of_a_machine_is_a_whole_number_of_the_parts_said(
    item: Item, data: st.DataObject
) -> None:
    response = data.draw(responses(item))
    decided = data.draw(decisions(item, response))
    mark = item.kind.score(item.body, ids_of(item), response, decided)
    if mark is not None:
        parts = item.kind.denominator(item.body)
        assert (mark * (parts if not decided else common_denominator([item]))).denominator == 1


@given(st.data())
def test_the_mean_of_two_assessors_is_a_whole_number_of_the_parts_said(data: st.DataObject) -> None:
    item = written(("0.5", 3), ("1.25", 2))
    levels = st.fixed_dictionaries(
        {
            each.key: st.sampled_from([level.value for level in each.levels])
            for each in item.body.criteria
        }
    )
    one, other = (score_levels(item.body, data.draw(levels)) for _ in range(2))
    parts = item.kind.denominator(item.body)
    assert ((one + other) / 2 * parts).denominator == 1


def test_the_parts_of_a_rating_are_those_that_its_replies_make() -> None:
    found = [item.kind.denominator(item.body) for item in small_case(FINE).items]
    assert found == [11, 13, 17, 19, 23, 29, 31]


def test_the_limit_is_the_largest_product_that_an_integer_holds() -> None:
    most = (BEYOND - 1) // FINEST_CUT_SCORE
    assert fits(Fraction(1), most)
    assert not fits(Fraction(1), most + 1)
    fine = Fraction(1, 10**7)  # finer than a cut score: then the total against M is the largest
    assert fits(fine, BEYOND - 1)
    assert not fits(fine, BEYOND)


def test_at_the_limit_both_databases_still_compare_exactly(database: Database) -> None:
    denominator = (BEYOND - 1) // FINEST_CUT_SCORE
    query = sa.text("SELECT CAST(:one AS BIGINT) * :cut_den >= CAST(:cut AS BIGINT) * :den")
    values = {"cut_den": FINEST_CUT_SCORE, "cut": FINEST_CUT_SCORE, "den": denominator}
    with database.read() as session:
        assert session.scalar(query, values | {"one": denominator})
        assert not session.scalar(query, values | {"one": denominator - 1})


def test_people_give_decimals_and_thirds_and_what_the_question_itself_gives() -> None:
    item = small_case(COARSE).items[0]
    for mark in (Fraction("0.0001"), Fraction(1, 3), Fraction(5, 11), Fraction(2)):
        assert can_be_given(mark, item.kind, item.body)
    for mark in (Fraction(1, 7), Fraction(1, 10**5), Fraction(1, GIVEN_BY_HAND * 2)):
        assert not can_be_given(mark, item.kind, item.body)


def test_the_whole_bank_could_be_one_form() -> None:
    cases = bank()
    assert len(cases) >= 12
    items = [item for case in cases for item in case.items]
    total = sum((case.max_mark for case in cases), Fraction(0))
    assert fits(total, common_denominator(items))


def assemble(database: Database, text: str) -> Form:
    case = act(database, publish_case, SYSTEM, text=text, file="case.md", is_sample=True)
    form: Form = act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=scheme(database).id,
        title="Paper",
        case_version_ids=[case.id],
    )
    return form


def test_a_form_whose_totals_would_not_fit_is_refused_with_its_finest_questions(
    sqlite_database: Database,
) -> None:
    assert assemble(sqlite_database, COARSE).max_mark == 2
    with pytest.raises(Refused, match=r"too fine.*: rating-9-2, rating-9-1, rating-7-1"):
        assemble(sqlite_database, FINE)
    with sqlite_database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Form)) == 1


def test_verify_finds_a_form_that_was_made_before_there_was_a_limit(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "fits", lambda total, denominator: True)
    coarse, fine = assemble(sqlite_database, COARSE), assemble(sqlite_database, FINE)
    with sqlite_database.read() as session:
        found = list(check(session))
    assert coarse.id not in "".join(found)
    assert found == [f"form {fine.id}: its exact totals could outgrow the integers that hold them"]
