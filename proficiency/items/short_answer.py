"""Short answer: a word or a few. Known wordings are matched by machine, all others go to people.

An answer that is in no row of the table is decided once by people, for everybody who wrote exactly
it, so that a misspelling alone never costs a mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.accepted import (
    Accepted,
    check_wordings,
    find_accepted,
    normal_form,
    read_accepted,
    read_line,
    read_question,
)
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

MAX_CHARACTERS = 200
"""Characters that the box takes. The page says it before anything is typed."""


_EXAMPLE = """\
short answer · 1 mark · standards 3.5

What is this duty called? One to three words.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| the right words | 1 | What they name. |
| words that come near | 0 | Why they fall short. |
"""


@dataclass(frozen=True)
class ShortAnswer:
    """A question with the wordings that it knows."""

    question: Rich
    marks: Fraction
    accepted: tuple[Accepted, ...]


class ShortAnswerFormat(ItemFormat[ShortAnswer]):
    """Stores `{"text": …}` as it was typed."""

    name = "short_answer"
    title = "Short answer"
    notation = "short answer"
    example = _EXAMPLE
    is_decided_by_people = True
    parts = ("Accepted",)

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "short answer"

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> ShortAnswer | None:
        rows = read_accepted(section, marks, problems)
        check_wordings(rows, problems)
        if rows and all(row.accepted.marks < marks for row in rows):
            problems.warn(
                rows[0].line,
                _(
                    "no answer in the table gives all marks, so only people can give them; add the "
                    "best wording"
                ),
            )
        accepted = tuple(row.accepted for row in rows)
        return ShortAnswer(read_question(section, problems), marks, accepted)

    def to_json(self, body: ShortAnswer) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "accepted": [each.to_json() for each in body.accepted],
        }

    def from_json(self, data: Json) -> ShortAnswer:
        return ShortAnswer(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            accepted=tuple(Accepted.from_json(each) for each in data["accepted"]),
        )

    def max_mark(self, body: ShortAnswer) -> Fraction:
        return body.marks

    def expected_minutes(self, body: ShortAnswer) -> Fraction:
        return Fraction(1)

    def candidate_view(
        self, body: ShortAnswer, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        if ids or order:
            raise ValueError("a short answer has no options to give ids to")
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "max_characters": MAX_CHARACTERS,
        }

    def read_response(self, body: ShortAnswer, ids: Mapping[str, str], raw: object) -> str:
        text = only_fields(raw, "text")["text"]
        return as_response({"text": read_line(text, MAX_CHARACTERS)})

    def from_form(self, body: ShortAnswer, ids: Mapping[str, str], form: FormPart) -> object:
        texts = list(form.get("text", ()))
        return {"text": texts[0] if texts else ""}

    def is_answered(self, response: str | None) -> bool:
        return bool(_text(response).strip())

    def score(
        self,
        body: ShortAnswer,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        form = normal_form(_text(response))
        if not form:
            return Fraction(0)
        known = find_accepted(body.accepted, form)
        if known is not None:
            return known.marks
        return decided[form].marks if form in decided else None

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        import unicodedata

        def plainest(words: str) -> str:
            for quote, likes in (("'", "‘’‚‛ʼ`´′"), ('"', "“”„‟«»″")):
                words = "".join(quote if each in likes else each for each in words)
            less = " ".join(unicodedata.normalize("NFKC", words).casefold().split())
            less = less.strip(" .,;:!?'\"()[]{}<>-‐‑–—−•*·_") or less
            first, _space, rest = less.partition(" ")
            less = rest if rest and first in ("the", "an", "a") else less
            return less if less == words else plainest(less)

        given = plainest(answer.get("text", ""))
        marks = {plainest(row["answer"]): Fraction(row["marks"]) for row in body["accepted"]}
        marks |= {words: mark for words, (_point, mark) in decided.items() if words not in marks}
        return marks.get(given) if given else Fraction(0)

    def chance_mark(self, body: ShortAnswer) -> Fraction:
        return Fraction(0)

    def undecided(
        self, body: ShortAnswer, response: str | None, decided: Decided = NOTHING_DECIDED
    ) -> tuple[str, ...]:
        form = normal_form(_text(response))
        if not form or form in decided or find_accepted(body.accepted, form) is not None:
            return ()
        return (form,)

    def accepted_answers(self, body: ShortAnswer) -> tuple[AcceptedAnswer, ...]:
        return tuple(each.as_accepted_answer() for each in body.accepted)

    def picks(
        self, body: ShortAnswer, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        known = find_accepted(body.accepted, normal_form(_text(response)))
        return () if known is None else (Pick("", known.key, known.marks / body.marks),)

    def describe(
        self, body: ShortAnswer, ids: Mapping[str, str], response: str | None
    ) -> list[str]:
        text = _text(response)
        return [text] if text.strip() else []


def _text(response: str | None) -> str:
    data = stored(response, "text")
    return "" if data is None else str(data["text"])


FORMAT = ShortAnswerFormat()
