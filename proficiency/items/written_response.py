"""Written response: words, marked by people with an analytic rubric.

The answer is kept as it was written, whatever its length up to the limit that the page shows; a
word limit is shown and counted and never cuts anything. Points and full sentences are equally
welcome. Words are counted by one rule, here and on the page: runs of anything but white space.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from proficiency.core.text import _, clean_text, count_words
from proficiency.items.numbers import plain
from proficiency.items.rubric import (
    Criterion,
    ExampleResponse,
    Sign,
    rubric_max,
    score_criteria,
)
from proficiency.items.rubric_reader import read_rubric
from proficiency.items.rules import (
    NOTHING_DECIDED,
    Decided,
    FormPart,
    InvalidResponse,
    ItemFormat,
    Json,
    Pick,
    Setting,
    as_response,
    only_fields,
    stored,
    wrong_shape,
)
from proficiency.items.section import Problems, Rich, Section, Table

MAX_CHARACTERS = 100_000
"""What the platform stores of one answer, about 15,000 words. The page says it beforehand."""

LIMIT = re.compile(r"up to (?P<words>[0-9]{1,5}) words?", re.I)
_READING_AND_WRITING = 25
"""Words a minute that a candidate thinks out and types; for advice only."""


_EXAMPLE = """\
written response · 6 marks · up to 150 words · 12 minutes · standards 1.2, 7.1

Set out what you do, with whom, and why.

### Expected response

1. What a competent case manager does first (7.1)
2. What follows (1.2)

### Rubric

| Criterion | Weight | Standards | 0 Not shown | 1 Partly | 2 Meets the standard |
|---|---|---|---|---|---|
| The client's wishes | 2 | 7.1 | Decides alone | Informs | Asks, and acts on the answer |
| A safe order | 1 | 1.2 | No order | Some steps | The right steps, in order |

### Positive indicators

- Something that shows good practice (7.1)

### Bear traps

- **Critical:** something that would be unsafe (1.2)

### Example responses

#### Meets the standard: 6 of 6

> An answer as a candidate might write it.

| Criterion | Level | Why |
|---|---|---|
| The client's wishes | 2 | Asks first. |
| A safe order | 2 | In order. |

#### Below the standard: 1 of 6

> An answer that falls short.

| Criterion | Level | Why |
|---|---|---|
| The client's wishes | 0 | Nobody is asked. |
| A safe order | 1 | One step only. |
"""


@dataclass(frozen=True)
class WrittenResponse:
    """A question answered in words, with everything that assessors mark it by.

    `expected` is the expected response, `expected_standards` the codes that it cites.
    """

    question: Rich
    marks: Fraction
    word_limit: int | None
    expected: Rich
    expected_standards: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    indicators: tuple[Sign, ...]
    traps: tuple[Sign, ...]
    examples: tuple[ExampleResponse, ...]


class WrittenResponseFormat(ItemFormat[WrittenResponse]):
    """Stores `{"text": …}`."""

    name = "written_response"
    title = "Written response"
    notation = "written response"
    example = _EXAMPLE
    is_marked_by_people = True
    settings = (Setting(LIMIT, "up to 350 words"),)
    parts = (
        "Expected response",
        "Rubric",
        "Positive indicators",
        "Bear traps",
        "Example responses",
    )

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "written response"

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> WrittenResponse | None:
        _check_text(section, problems)
        limit = section.setting(LIMIT)
        word_limit = int(limit["words"]) if limit else None
        _check_limit(section, word_limit, problems)
        read = read_rubric(section, marks, word_limit, problems)
        return WrittenResponse(
            question=section.rich_text(section.blocks),
            marks=marks,
            word_limit=word_limit,
            expected=read.expected,
            expected_standards=read.expected_standards,
            criteria=read.criteria,
            indicators=read.indicators,
            traps=read.traps,
            examples=read.examples,
        )

    def to_json(self, body: WrittenResponse) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "word_limit": body.word_limit,
            "expected": body.expected.to_json(),
            "expected_standards": list(body.expected_standards),
            "criteria": [criterion.to_json() for criterion in body.criteria],
            "indicators": [sign.to_json() for sign in body.indicators],
            "traps": [sign.to_json() for sign in body.traps],
            "examples": [example.to_json() for example in body.examples],
        }

    def from_json(self, data: Json) -> WrittenResponse:
        return WrittenResponse(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            word_limit=data["word_limit"],
            expected=Rich.from_json(data["expected"]),
            expected_standards=tuple(data["expected_standards"]),
            criteria=tuple(Criterion.from_json(each) for each in data["criteria"]),
            indicators=tuple(Sign.from_json(each) for each in data["indicators"]),
            traps=tuple(Sign.from_json(each) for each in data["traps"]),
            examples=tuple(ExampleResponse.from_json(each) for each in data["examples"]),
        )

    def max_mark(self, body: WrittenResponse) -> Fraction:
        return rubric_max(body.criteria)

    def expected_minutes(self, body: WrittenResponse) -> Fraction:
        words = body.word_limit or int(body.marks) * 20
        return Fraction(words, _READING_AND_WRITING)

    def candidate_view(
        self, body: WrittenResponse, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        if ids or order:
            raise ValueError("a written response has no options to give ids to")
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "word_limit": body.word_limit,
            "max_characters": MAX_CHARACTERS,
        }

    def read_response(self, body: WrittenResponse, ids: Mapping[str, str], raw: object) -> str:
        text = only_fields(raw, "text")["text"]
        if not isinstance(text, str):
            raise wrong_shape()
        text = clean_text(text)
        if len(text) > MAX_CHARACTERS:
            raise InvalidResponse(_too_long(len(text)))
        return as_response({"text": text})

    def from_form(self, body: WrittenResponse, ids: Mapping[str, str], form: FormPart) -> object:
        texts = list(form.get("text", ()))
        return {"text": texts[0] if texts else ""}

    def is_answered(self, response: str | None) -> bool:
        return bool(response_text(response).strip())

    def status(self, body: WrittenResponse, response: str | None) -> str | None:
        words = count_words(response_text(response))
        if body.word_limit is None:
            return _("{words} words").format(words=words)
        return _("{words} of up to {limit} words").format(words=words, limit=body.word_limit)

    def score(
        self,
        body: WrittenResponse,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        return None if self.is_answered(response) else Fraction(0)

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        return None if str(answer.get("text", "")).strip() else Fraction(0)

    def chance_mark(self, body: WrittenResponse) -> Fraction:
        return Fraction(0)

    def denominator(self, body: WrittenResponse) -> int:
        return 2 * lcm(*(criterion.weight.denominator for criterion in body.criteria))

    def picks(
        self, body: WrittenResponse, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        return ()

    def describe(
        self, body: WrittenResponse, ids: Mapping[str, str], response: str | None
    ) -> list[str]:
        text = response_text(response)
        return text.split("\n") if text.strip() else []


def response_text(response: str | None) -> str:
    """Return the words of a stored response; "" when nothing was saved."""
    data = stored(response, "text")
    return "" if data is None else str(data["text"])


def score_levels(body: WrittenResponse, levels: Mapping[str, int]) -> Fraction:
    """Return the mark for one level per criterion, Σ weight × level.

    `levels` maps a criterion's key to the level. Raises `ValueError` unless each criterion has one
    of its own levels and nothing else is named.
    """
    return score_criteria(body.criteria, levels)


def _too_long(length: int) -> str:
    return _(
        "This answer has {length:,} characters, and the platform stores up to {limit:,}. Nothing "
        "was cut: what you typed is still on your screen. Shorten it, and it will be saved."
    ).format(length=length, limit=MAX_CHARACTERS)


def _check_text(section: Section, problems: Problems) -> None:
    if not section.blocks:
        problems.error(
            section.line, _("the question has no text: write it below the line of the format")
        )
    for block in section.blocks:
        if isinstance(block, Table):
            problems.error(
                block.line,
                _(
                    "a table under a question is an answer table, which this format does not have; "
                    "data belongs in an exhibit (“> **Exhibit 1: …**”)"
                ),
            )


def _check_limit(section: Section, word_limit: int | None, problems: Problems) -> None:
    if word_limit is None or section.minutes is None:
        return
    if word_limit > section.minutes * _READING_AND_WRITING:
        problems.warn(
            section.notation.line,
            _(
                "up to {words} words in {minutes} minutes leave no time to think: give about "
                "{enough} minutes, or ask for less"
            ).format(
                words=word_limit,
                minutes=section.minutes,
                enough=-(-word_limit // (_READING_AND_WRITING - 5)),
            ),
        )


FORMAT = WrittenResponseFormat()
