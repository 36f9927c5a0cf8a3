"""Answers in words or numbers: what the machine knows, and what people decide about the rest."""

import json
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proficiency.items.accepted import normal_form
from proficiency.items.amounts import Unit, read_amount, read_given
from proficiency.items.rules import Decision, InvalidResponse, find_format
from proficiency.scenarios.content import Item
from tests.items.factory import NUMERIC_ITEM, SHORT_ITEM, WRITE_IN_ITEM, ids_of, sent
from tests.items.strategies import decisions, responses
from tests.items.test_rescore import rescoring
from tests.scenarios.factory import read, with_question

ITEMS = (SHORT_ITEM, WRITE_IN_ITEM, NUMERIC_ITEM)
FORMATS = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.format)


def mark(item: Item, raw: object, decided: dict[str, Decision] | None = None) -> Fraction | None:
    response = sent(item, raw)
    found: Fraction | None = item.kind.score(item.body, ids_of(item), response, decided or {})
    assert rescoring(item, response, decided=decided or {}) == found
    return found


def waiting(item: Item, raw: object) -> tuple[str, ...]:
    return item.kind.undecided(item.body, sent(item, raw))


def messages(question: str) -> list[str]:
    found = [problem.message for problem in read(with_question(question)).problems]
    return [message for message in found if "the case allows" not in message]


# One normal form


@given(st.text(max_size=30))
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize(
    "text",
    ["Duty of candour", " duty  of\tcandour ", "“Duty of candour.”", "The duty of candour!",
     "(a duty of candour)", "DUTY OF CANDOUR…", "- duty of candour", "ｄuty of candour"],
)  # fmt: skip
def test_capitals_outer_signs_and_an_article_make_no_difference(text: str) -> None:
    assert normal_form(text) == "duty of candour"


@pytest.mark.parametrize(
    ("text", "form"),
    [("carer’s plan", "carer's plan"), ("???", "???"), ("the", "the"), ("", ""), (" \n ", ""),
     ("duty-of-candour", "duty-of-candour"), ("A", "a"), ("theatre", "theatre")],
)  # fmt: skip
def test_nothing_cleverer_than_that_is_done(text: str, form: str) -> None:
    assert normal_form(text) == form


# Every such format


@FORMATS
@given(data=st.data())
def test_both_computations_agree_once_people_have_decided(item: Item, data: st.DataObject) -> None:
    response = data.draw(responses(item))
    decided = data.draw(decisions(item, response))
    given_mark = item.kind.score(item.body, ids_of(item), response, decided)
    assert given_mark is not None
    assert given_mark == rescoring(item, response, decided=decided)
    assert 0 <= given_mark <= item.max_mark


@FORMATS
@given(data=st.data())
def test_there_is_a_mark_exactly_when_nothing_is_undecided(item: Item, data: st.DataObject) -> None:
    response = data.draw(responses(item))
    open_answers = item.kind.undecided(item.body, response)
    assert (item.kind.score(item.body, ids_of(item), response) is None) == bool(open_answers)
    assert all(normal_form(each) == each for each in open_answers)
    some = dict.fromkeys(open_answers[:1], Decision("", Fraction(0)))
    assert item.kind.undecided(item.body, response, some) == open_answers[1:]


@FORMATS
@given(data=st.data())
def test_a_decision_for_more_never_lowers_a_mark(item: Item, data: st.DataObject) -> None:
    response = data.draw(responses(item))
    decided = data.draw(decisions(item, response))
    assume(decided)
    chosen = data.draw(st.sampled_from(sorted(decided)))
    more = data.draw(st.fractions(decided[chosen].marks, item.max_mark, max_denominator=8))
    raised = {**decided, chosen: Decision(decided[chosen].point, more)}
    before = item.kind.score(item.body, ids_of(item), response, decided)
    after = item.kind.score(item.body, ids_of(item), response, raised)
    assert before is not None
    assert after is not None
    assert after >= before


@FORMATS
def test_blind_guessing_earns_nothing_and_people_see_the_table(item: Item) -> None:
    assert item.kind.chance_mark(item.body) == 0
    assert item.kind.is_decided_by_people
    rows = item.kind.accepted_answers(item.body)
    assert rows[0].answer in ("duty of candour", "Tell Owen", "£4,105")
    assert len({row.key for row in rows}) == len(rows)


@FORMATS
def test_a_candidate_is_told_the_limit_and_nothing_of_the_table(item: Item) -> None:
    shown = item.kind.candidate_view(item.body, {}, ())
    limit = shown["max_characters"]
    assert "accepted" not in json.dumps(shown)
    assert "candour" not in json.dumps(shown)
    field = "answers" if item is WRITE_IN_ITEM else "text"
    with pytest.raises(InvalidResponse, match="Nothing was cut"):
        sent(item, {field: ["x" * (limit + 1)] if field == "answers" else "x" * (limit + 1)})
    with pytest.raises(ValueError, match="no options"):
        item.kind.candidate_view(item.body, {"a": "r1"}, ("a",))


@FORMATS
def test_only_words_that_the_table_knows_are_counted_as_picks(item: Item) -> None:
    known = item.kind.accepted_answers(item.body)[0]
    raw = {"answers": [known.answer, "x"]} if item is WRITE_IN_ITEM else {"text": known.answer}
    (pick,) = item.kind.picks(item.body, {}, sent(item, raw))
    assert pick.choice == known.key
    assert pick.credit == known.marks / item.max_mark
    assert item.kind.picks(item.body, {}, None) == ()


# Short answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Duty of candour.", 1), ("candour", 1), ("Being open", Fraction(1, 2)),
     ("openness and honesty", 0), ("", 0), ("  ", 0)],
)  # fmt: skip
def test_a_known_wording_gets_its_marks(text: str, expected: Fraction) -> None:
    assert mark(SHORT_ITEM, {"text": text}) == expected
    assert waiting(SHORT_ITEM, {"text": text}) == ()


def test_a_misspelt_answer_waits_for_people_and_what_they_say_counts() -> None:
    raw = {"text": "Duty of candor"}
    assert mark(SHORT_ITEM, raw) is None
    assert waiting(SHORT_ITEM, raw) == ("duty of candor",)
    assert mark(SHORT_ITEM, raw, {"duty of candor": Decision("duty-candour", Fraction(1))}) == 1
    assert mark(SHORT_ITEM, raw, {"duty of candor": Decision("", Fraction(0))}) == 0


def test_nobody_decides_against_the_table() -> None:
    assert mark(SHORT_ITEM, {"text": "Candour"}, {"candour": Decision("", Fraction(0))}) == 1


# Key features, written in


def test_a_point_given_twice_counts_once_however_it_is_worded() -> None:
    decided = {"ring owen now": Decision("tell-owen", Fraction(1))}
    assert (
        mark(WRITE_IN_ITEM, {"answers": ["Tell Owen", "tell owen!", "Ring Owen now"]}, decided) == 1
    )
    assert mark(WRITE_IN_ITEM, {"answers": ["Ring Owen now", "Change the lock"]}, decided) == 2


def test_a_right_answer_outside_the_table_is_a_point_of_its_own() -> None:
    decided = {
        "call a locksmith tonight": Decision("call a locksmith tonight", Fraction(1)),
        "locksmith, tonight": Decision("call a locksmith tonight", Fraction(1)),
    }
    raw = {"answers": ["Call a locksmith tonight", "Tell Owen", "locksmith, tonight"]}
    assert waiting(WRITE_IN_ITEM, raw) == ("call a locksmith tonight", "locksmith, tonight")
    assert mark(WRITE_IN_ITEM, raw, decided) == 2


def test_one_undecided_box_keeps_the_whole_answer_without_a_mark() -> None:
    raw = {"answers": ["Tell Owen", "Something else"]}
    assert mark(WRITE_IN_ITEM, raw) is None
    assert waiting(WRITE_IN_ITEM, raw) == ("something else",)


def test_there_are_never_more_boxes_than_the_question_has() -> None:
    with pytest.raises(InvalidResponse):
        sent(WRITE_IN_ITEM, {"answers": ["a", "b", "c", "d"]})
    form = {f"answer-{n}": [f"text {n}"] for n in range(1, 9)}
    raw = WRITE_IN_ITEM.kind.from_form(WRITE_IN_ITEM.body, {}, form)
    assert json.loads(sent(WRITE_IN_ITEM, raw)) == {"answers": ["text 1", "text 2", "text 3"]}


def test_the_page_says_how_many_boxes_are_filled() -> None:
    status = WRITE_IN_ITEM.kind.status
    assert (
        status(WRITE_IN_ITEM.body, sent(WRITE_IN_ITEM, {"answers": ["a"]})) == "1 of up to 3 given"
    )
    assert status(WRITE_IN_ITEM.body, sent(WRITE_IN_ITEM, {"answers": ["a", "b", "c"]})) is None


def test_marks_are_added_up_to_those_of_the_question_at_most() -> None:
    decided = {"all of it": Decision("all of it", Fraction(3))}
    assert mark(WRITE_IN_ITEM, {"answers": ["all of it", "Tell Owen"]}, decided) == 3


# Numeric


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4105", 2), ("£4,105", 2), ("4105.00", 2), ("4 105", 2), ("£ 4,105 ", 2), ("4105 pounds", 2),
     ("GBP 4105", 2), ("4105.", 2), ("4106", Fraction(3, 2)), ("4107.01", Fraction(1, 2)),
     ("4000", Fraction(1, 2)), ("£8,360", 1), ("8361.50", 0), ("12", 0), ("-4105", 0), ("", 0)],
)  # fmt: skip
def test_the_narrowest_row_that_holds_the_number_counts(text: str, expected: Fraction) -> None:
    assert mark(NUMERIC_ITEM, {"text": text}) == expected
    assert NUMERIC_ITEM.kind.status(NUMERIC_ITEM.body, sent(NUMERIC_ITEM, {"text": text})) is None


@pytest.mark.parametrize(
    "text", ["four thousand", "$4105", "4,10", "4105 hours", "4105 or 4106", "4²", "--5", "£"]
)
def test_what_is_no_number_is_said_at_once_and_goes_to_people(text: str) -> None:
    response = sent(NUMERIC_ITEM, {"text": text})
    assert "not read as a number" in NUMERIC_ITEM.kind.status(NUMERIC_ITEM.body, response)
    assert mark(NUMERIC_ITEM, {"text": text}) is None
    decided = {normal_form(text): Decision("4-105", Fraction(2))}
    assert mark(NUMERIC_ITEM, {"text": text}, decided) == 2


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [("£4,105", 4105, 4105, Unit("£")), ("£4,103 to £4,107", 4103, 4107, Unit("£")),
     ("4103-4107", 4103, 4107, Unit()), ("4103 – 4107", 4103, 4107, Unit()),
     ("12.5 hours", Fraction(25, 2), Fraction(25, 2), Unit("", "hours")),
     ("30 %", 30, 30, Unit("", "%")), ("12 to 14 weeks", 12, 14, Unit("", "weeks")),
     ("£110 an hour", 110, 110, Unit("£", "an hour")),
     ("-2 to 3 °C", -2, 3, Unit("", "°C")), ("between 4 and 5 days", 4, 5, Unit("", "days"))],
)  # fmt: skip
def test_authors_write_values_and_ranges_as_people_do(
    text: str, low: Fraction, high: Fraction, unit: Unit
) -> None:
    amount = read_amount(text)
    assert amount is not None
    assert (amount.low, amount.high, amount.unit) == (low, high, unit)


@pytest.mark.parametrize("text", ["", "about 5", "5 to", "4,1", "£", "5 or 6", "1 to 2 to 3"])
def test_what_is_no_value_or_range_is_refused(text: str) -> None:
    assert read_amount(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("30", 30), ("30%", 30), ("30 per cent", 30), ("30 percent.", 30), ("30 hours", None)],
)
def test_a_unit_may_be_repeated_in_its_spellings(text: str, number: int | None) -> None:
    assert read_given(text, Unit("", "%")) == number


# What authors are told


def accepted(*rows: str, line: str = "short answer · 1 mark · standards 3.5") -> list[str]:
    table = "".join(f"| {row} |\n" for row in rows)
    return messages(
        f"{line}\n\nWhat is it?\n\n### Accepted\n\n| Answer | Marks | Why |\n|---|---|---|\n{table}"
    )


NUMERIC = "numeric · 2 marks · standards 7.4"
WRITE_IN = "key features, write-in · up to 2 answers · 2 marks · standards 7.4"


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        (["candour | 1 | It.", "The candour. | 1 | It."], None, "the same as the one on line"),
        (["candour | 2 | It."], None, "gives 2 marks, and the whole question 1"),
        (["candour | one | It."], None, "“one” is no mark"),
        (["candour | 0.5 | It."], None, "no answer in the table gives all marks"),
        (["candour | 1 |"], None, "no reason is given"),
        ([], None, "the table has no rows"),
        (["about 5 | 2 | It."], NUMERIC, "“about 5” is no number or range"),
        (["6 to 5 | 2 | It."], NUMERIC, "runs backwards"),
        (["5 hours | 2 | It.", "5 days | 1 | It."], NUMERIC, "in “days”, and the one on line"),
        (["£5 | 2 | It.", "6 | 1 | It."], NUMERIC, "in “no unit”, and the one on line"),
        (["5 | 1 | It."], NUMERIC, "no answer gives all marks of the question (2)"),
        (["5 to 7 | 2 | It.", "6 to 8 | 1 | It."], NUMERIC, "overlaps with the one on line"),
        (["5 to 7 | 2 | It.", "5.0 to 7.0 | 1 | It."], NUMERIC, "overlaps with the one on line"),
        (["Tell | 1 | It."], WRITE_IN, "the best answers for 2 boxes give 1 mark together"),
        (["Tell | 1 | It.", "Ask | 1 | It."], WRITE_IN.replace(" · up to 2 answers", ""),
         "say how many boxes"),
    ],
)  # fmt: skip
def test_an_author_is_told_what_is_wrong(rows: list[str], line: str | None, words: str) -> None:
    found = accepted(*rows, line=line or "short answer · 1 mark · standards 3.5")
    assert any(words in message for message in found), found


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (["candour | 1 | It.", "being open | 0 | Not it."], None),
        (["1 hour | 1 | It.", "2 hours | 2 | It.", "1 to 3 hours | 0.5 | So."], NUMERIC),
        (["5 to 7 | 2 | It.", "5 to 9 | 1 | It.", "6 | 2 | It."], NUMERIC),
        (["Tell | 1 | It.", "Ask | 1 | It."], WRITE_IN),
    ],
)
def test_a_sound_table_is_not_complained_about(rows: list[str], line: str | None) -> None:
    assert accepted(*rows, line=line or "short answer · 1 mark · standards 3.5") == []


def test_a_missing_or_misplaced_table_is_named() -> None:
    line = "short answer · 1 mark · standards 3.5"
    assert any("### Accepted" in each for each in messages(f"{line}\n\nWhat is it?\n"))
    misplaced = f"{line}\n\nWhat?\n\n| Answer | Marks | Why |\n|---|---|---|\n| a | 1 | b |\n"
    assert any("stands under “### Accepted”" in each for each in messages(misplaced))


def test_the_two_key_features_are_told_apart() -> None:
    found = find_format("Key features", "write-in", "up to 3 answers")
    assert found is not None
    assert found.name == "key_features_write_in"
