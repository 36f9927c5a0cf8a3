"""Numeric: one number, with accepted values and ranges and the marks of each.

The candidate types what they like, and it is read kindly: with or without the unit, with commas or
spaces between thousands. Of the rows that hold the number the narrowest counts, so that a value
goes before a range and a range before one around it. What is not a number is said at once; if it
stays, people decide on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proficiency.core.text import _
from proficiency.items.accepted import (
    Accepted,
    normal_form,
    read_accepted,
    read_line,
    read_question,
)
from proficiency.items.amounts import Unit, read_amount, read_given
from proficiency.items.numbers import plain
from proficiency.items.rules import (
    NOTHING_DECIDED,
    AcceptedAnswer,
    Decided,
    FormPart,
    ItemFormat,
    Json,
    Pick,
    as_response,
    only_fields,
    stored,
)
from proficiency.items.section import Problems, Rich, Section

MAX_CHARACTERS = 60
"""Characters that the box takes. The page says it before anything is typed."""


_EXAMPLE = """\
numeric · 2 marks · standards 7.4

How much of the budget is left? Answer in pounds.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| £1,250 | 2 | How it comes about. |
| £1,750 | 1 | What it forgets. |
"""


@dataclass(frozen=True)
class Value:
    """One accepted value (`low` equals `high`) or range, both ends included."""

    accepted: Accepted
    low: Fraction
    high: Fraction

    @property
    def width(self) -> Fraction:
        """How far the range reaches; 0 for a value."""
        return self.high - self.low

    def holds(self, number: Fraction) -> bool:
        """Whether `number` is the value, or in the range."""
        return self.low <= number <= self.high

    def to_json(self) -> Json:
        """Return the plain form for the frozen content."""
        return {**self.accepted.to_json(), "low": str(self.low), "high": str(self.high)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Value":
        """Read the plain form back."""
        return cls(Accepted.from_json(data), Fraction(data["low"]), Fraction(data["high"]))


@dataclass(frozen=True)
class Numeric:
    """A question whose answer is a number in `unit`."""

    question: Rich
    marks: Fraction
    unit: Unit
    values: tuple[Value, ...]


class NumericFormat(ItemFormat[Numeric]):
    """Stores `{"text": …}` as it was typed."""

    name = "numeric"
    title = "Numeric"
    notation = "numeric"
    example = _EXAMPLE
    is_decided_by_people = True
    parts = ("Accepted",)

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "numeric"

    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> Numeric | None:
        unit, values = _read_values(section, marks, problems)
        return Numeric(read_question(section, problems), marks, unit, values)

    def to_json(self, body: Numeric) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "unit": body.unit.to_json(),
            "accepted": [value.to_json() for value in body.values],
        }

    def from_json(self, data: Json) -> Numeric:
        return Numeric(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            unit=Unit.from_json(data["unit"]),
            values=tuple(Value.from_json(each) for each in data["accepted"]),
        )

    def max_mark(self, body: Numeric) -> Fraction:
        return body.marks

    def expected_minutes(self, body: Numeric) -> Fraction:
        return Fraction(3)

    def candidate_view(self, body: Numeric, ids: Mapping[str, str], order: Sequence[str]) -> Json:
        if ids or order:
            raise ValueError("a number has no options to give ids to")
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "before": body.unit.before,
            "after": body.unit.after,
            "pattern": body.unit.pattern,
            "max_characters": MAX_CHARACTERS,
        }

    def read_response(self, body: Numeric, ids: Mapping[str, str], raw: object) -> str:
        text = only_fields(raw, "text")["text"]
        return as_response({"text": read_line(text, MAX_CHARACTERS)})

    def from_form(self, body: Numeric, ids: Mapping[str, str], form: FormPart) -> object:
        texts = list(form.get("text", ()))
        return {"text": texts[0] if texts else ""}

    def is_answered(self, response: str | None) -> bool:
        return bool(_text(response).strip())

    def status(self, body: Numeric, response: str | None) -> str | None:
        text = _text(response)
        if not text.strip() or read_given(text, body.unit) is not None:
            return None
        return not_a_number()

    def score(
        self,
        body: Numeric,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        text = _text(response)
        number = read_given(text, body.unit)
        if number is not None:
            found = _narrowest(body, number)
            return Fraction(0) if found is None else found.accepted.marks
        form = normal_form(text)
        if not form:
            return Fraction(0)
        return decided[form].marks if form in decided else None

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        import re
        import unicodedata

        def plainest(words: str) -> str:
            for quote, likes in (("'", "‘’‚‛ʼ`´′"), ('"', "“”„‟«»″")):
                words = "".join(quote if each in likes else each for each in words)
            less = " ".join(unicodedata.normalize("NFKC", words).casefold().split())
            less = less.strip(" .,;:!?'\"()[]{}<>-‐‑–—−•*·_") or less
            first, _space, rest = less.partition(" ")
            less = rest if rest and first in ("the", "an", "a") else less
            return less if less == words else plainest(less)

        def up_to_two(of: list[str]) -> set[str]:
            pairs = {one + gap + other for one in of for other in of for gap in ("", " ")}
            return {"", *of, *pairs}

        def number(text: str) -> Fraction | None:
            digits = "".join(str(int(c)) if c.isdecimal() else c for c in text.casefold())
            parts = re.split("([0-9.][0-9., ]*)", " ".join(digits.split()), maxsplit=1)
            if len(parts) < 3:
                return None
            before, run, after = (part.strip() for part in parts)
            minuses = sum(before.count(sign) for sign in "-−–")
            units = body["unit"]["spellings"]
            ends = up_to_two(units)
            whole, _point, rest = run.partition(".")
            first, *more = whole.split("," if "," in whole else " ")
            if (
                before not in up_to_two([*"-−–", *units])
                or minuses > 1
                or after not in ends | {end + "." for end in ends if end}
                or (more and (len(first) not in (1, 2, 3) or {len(m) for m in more} != {3}))
                or not re.fullmatch("[0-9]+", first + "".join(more) + rest)
            ):
                return None
            size = Fraction(int("".join([first, *more, rest])), 10 ** len(rest))
            return -size if minuses else size

        text = answer.get("text", "")
        found, words = number(text), plainest(text)
        if found is None:
            marks = {known: mark for known, (_point, mark) in decided.items()}
            return marks.get(words) if words else Fraction(0)
        held = [
            (Fraction(row["high"]) - Fraction(row["low"]), Fraction(row["marks"]))
            for row in body["accepted"]
            if Fraction(row["low"]) <= found <= Fraction(row["high"])
        ]
        return min(held, key=lambda each: each[0])[1] if held else Fraction(0)

    def chance_mark(self, body: Numeric) -> Fraction:
        return Fraction(0)

    def undecided(
        self, body: Numeric, response: str | None, decided: Decided = NOTHING_DECIDED
    ) -> tuple[str, ...]:
        text = _text(response)
        form = normal_form(text)
        if not form or form in decided or read_given(text, body.unit) is not None:
            return ()
        return (form,)

    def accepted_answers(self, body: Numeric) -> tuple[AcceptedAnswer, ...]:
        return tuple(value.accepted.as_accepted_answer() for value in body.values)

    def picks(
        self, body: Numeric, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        number = read_given(_text(response), body.unit)
        found = None if number is None else _narrowest(body, number)
        if found is None:
            return ()
        return (Pick("", found.accepted.key, found.accepted.marks / body.marks),)

    def describe(self, body: Numeric, ids: Mapping[str, str], response: str | None) -> list[str]:
        text = _text(response)
        return [text] if text.strip() else []


def not_a_number() -> str:
    """What to say to a candidate whose answer is not read as a number."""
    return _("This is not read as a number. Write for example 1250.50 or 1,250.50.")


def _text(response: str | None) -> str:
    data = stored(response, "text")
    return "" if data is None else str(data["text"])


def _narrowest(body: Numeric, number: Fraction) -> Value | None:
    holding = [value for value in body.values if value.holds(number)]
    return min(holding, key=lambda value: value.width, default=None)


# Reading what an author wrote


@dataclass(frozen=True)
class _Row:
    line: int
    value: Value
    unit: Unit


def _read_values(
    section: Section, marks: Fraction, problems: Problems
) -> tuple[Unit, tuple[Value, ...]]:
    rows = []
    for row in read_accepted(section, marks, problems):
        amount = read_amount(row.accepted.answer)
        if amount is None:
            problems.error(row.line, _not_an_amount(row.accepted.answer))
        elif amount.low > amount.high:
            problems.error(row.line, _("the range runs backwards: write the smaller number first"))
        else:
            rows.append(_Row(row.line, Value(row.accepted, amount.low, amount.high), amount.unit))
    unit = _one_unit(rows, problems)
    _check_overlaps(rows, problems)
    if rows and max(row.value.accepted.marks for row in rows) != marks:
        problems.error(
            rows[0].line,
            _("no answer gives all marks of the question ({marks}); change one").format(
                marks=plain(marks)
            ),
        )
    return unit, tuple(row.value for row in rows)


def _not_an_amount(words: str) -> str:
    return _(
        "“{words}” is no number or range: write for example “£4,105”, “4103 to 4107”, “12.5 hours” "
        "or “30 %”"
    ).format(words=words)


def _one_unit(rows: Sequence[_Row], problems: Problems) -> Unit:
    """The unit of the first row that has one; every row must have the same."""
    if not rows:
        return Unit()
    first = next((row for row in rows if row.unit.spellings), rows[0])
    for row in rows:
        if not row.unit.is_like(first.unit):
            problems.error(
                row.line,
                _(
                    "this answer is in “{here}”, and the one on line {line} in “{there}”: write "
                    "the same unit in each row"
                ).format(here=str(row.unit) or _("no unit"), line=first.line, there=first.unit),
            )
    return max((row.unit for row in rows), key=lambda unit: len(unit.after))


def _check_overlaps(rows: Sequence[_Row], problems: Problems) -> None:
    """Report rows that hold the same numbers with other marks, where none lies in the other."""
    for place, row in enumerate(rows):
        for earlier in rows[:place]:
            one, other = row.value, earlier.value
            overlap = one.low <= other.high and other.low <= one.high
            inside = one.width != other.width and (_within(one, other) or _within(other, one))
            if overlap and not inside and one.accepted.marks != other.accepted.marks:
                problems.error(
                    row.line,
                    _(
                        "this range overlaps with the one on line {line}, which gives other marks; "
                        "let one lie wholly within the other, or let them not touch"
                    ).format(line=earlier.line),
                )


def _within(inner: Value, outer: Value) -> bool:
    return outer.low <= inner.low and inner.high <= outer.high


FORMAT = NumericFormat()
