"""Best answer: one option of several is best. Scores all or nothing, with no negative marking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.numbers import plain
from proficiency.items.options import Option, options_view, read_choices
from proficiency.items.rules import (
    NOTHING_DECIDED,
    Decided,
    FormPart,
    ItemFormat,
    Json,
    Pick,
    as_response,
    keys_by_id,
    known_id,
    only_fields,
    stored,
)
from proficiency.items.section import Problems, Rich, Section

_EXAMPLE = """\
best answer · 1 mark · standards 2.3

What is asked, in one sentence?

- [x] The best option, no longer than the others
  - Why it is best.
- [ ] An option that somebody might well choose
  - Why it is not the best.
- [ ] Another option that somebody might choose
  - Why it is not the best.
"""


@dataclass(frozen=True)
class BestAnswer:
    """A question with exactly one key."""

    question: Rich
    marks: Fraction
    options: tuple[Option, ...]


class BestAnswerFormat(ItemFormat[BestAnswer]):
    """Stores `{"choice": id}`, or null when the candidate took the choice back."""

    name = "best_answer"
    title = "Best answer"
    notation = "best answer"
    example = _EXAMPLE

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "best answer"

    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> BestAnswer | None:
        chosen = read_choices(section, problems)
        keys = sum(option.is_key for option in chosen.options)
        if chosen.options and keys != 1:
            problems.error(
                section.notation.line,
                _("a best answer has exactly one “- [x]”, and this question has {keys}").format(
                    keys=keys
                ),
            )
        if len(chosen.options) == 1:
            problems.error(section.notation.line, _("one option is no choice: write at least two"))
        return BestAnswer(chosen.question, marks, chosen.options)

    def to_json(self, body: BestAnswer) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "options": [option.to_json() for option in body.options],
        }

    def from_json(self, data: Json) -> BestAnswer:
        return BestAnswer(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            options=tuple(Option.from_json(option) for option in data["options"]),
        )

    def max_mark(self, body: BestAnswer) -> Fraction:
        return body.marks

    def local_keys(self, body: BestAnswer) -> tuple[str, ...]:
        return tuple(option.key for option in body.options)

    def expected_minutes(self, body: BestAnswer) -> Fraction:
        return Fraction(1)

    def candidate_view(
        self, body: BestAnswer, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "options": options_view(body.options, ids, order),
        }

    def read_response(self, body: BestAnswer, ids: Mapping[str, str], raw: object) -> str:
        choice = only_fields(raw, "choice")["choice"]
        return as_response({"choice": None if choice is None else known_id(choice, ids)})

    def from_form(self, body: BestAnswer, ids: Mapping[str, str], form: FormPart) -> object:
        chosen = [value for value in form.get("choice", ()) if value]
        return {"choice": chosen[0] if chosen else None}

    def is_answered(self, response: str | None) -> bool:
        return _choice(response) is not None

    def score(
        self,
        body: BestAnswer,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        option = self._chosen(body, ids, response)
        return body.marks if option is not None and option.is_key else Fraction(0)

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        keys = [option["key"] for option in body["options"] if option["is_key"]]
        chosen = answer.get("choice")
        right = chosen is not None and shown[chosen] in keys
        return Fraction(body["marks"]) if right else Fraction(0)

    def chance_mark(self, body: BestAnswer) -> Fraction:
        return body.marks / len(body.options)

    def picks(
        self, body: BestAnswer, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        option = self._chosen(body, ids, response)
        return () if option is None else (Pick("", option.key, Fraction(option.is_key)),)

    def describe(self, body: BestAnswer, ids: Mapping[str, str], response: str | None) -> list[str]:
        option = self._chosen(body, ids, response)
        return [] if option is None else [option.words.markdown]

    def _chosen(
        self, body: BestAnswer, ids: Mapping[str, str], response: str | None
    ) -> Option | None:
        choice = _choice(response)
        if choice is None:
            return None
        key = keys_by_id(ids, self.local_keys(body))[known_id(choice, ids)]
        return next(option for option in body.options if option.key == key)


def _choice(response: str | None) -> object:
    data = stored(response, "choice")
    return None if data is None else data["choice"]


FORMAT = BestAnswerFormat()
