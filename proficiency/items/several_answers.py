"""Several answers: choose k of n. Equal credit for each correct choice; more than k scores 0.

More than k choices are kept while the candidate still thinks, and said at once; they are never
silently reduced, for nobody can know which ones were meant.
"""

import re
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
    InvalidResponse,
    ItemFormat,
    Json,
    Pick,
    Setting,
    as_response,
    keys_by_id,
    known_id,
    only_fields,
    stored,
    wrong_shape,
)
from proficiency.items.section import Problems, Rich, Section

CHOOSE = re.compile(r"choose (?P<choose>[0-9]{1,3})(?: of (?P<of>[0-9]{1,3}))?", re.I)


_EXAMPLE = """\
choose 2 of 4 · 2 marks · standards 6.2

Which two things do you find out first?

- [x] The first thing to find out here
  - Why it matters now.
- [x] The other thing to find out now
  - Why it matters now.
- [ ] Something that can wait until later
  - Why it can wait.
- [ ] Something that is not your concern
  - Why it is not.
"""


@dataclass(frozen=True)
class SeveralAnswers:
    """A question with `choose` keys among its options."""

    question: Rich
    marks: Fraction
    choose: int
    options: tuple[Option, ...]


class SeveralAnswersFormat(ItemFormat[SeveralAnswers]):
    """Stores `{"choices": [id, …]}`, sorted, for the order of ticking means nothing."""

    name = "several_answers"
    title = "Several answers"
    notation = "choose 3 of 7"
    example = _EXAMPLE
    settings = (Setting(CHOOSE, "choose 3 of 7"),)

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "several answers" or CHOOSE.fullmatch(words) is not None

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> SeveralAnswers | None:
        chosen = read_choices(section, problems)
        found = section.setting(CHOOSE)
        if found is None:
            problems.error(
                section.notation.line,
                _("the line does not say how many to choose: write “choose 3 of 7”"),
            )
            return None
        choose = int(found["choose"])
        check_numbers(section, choose, found["of"], chosen.options, problems)
        return SeveralAnswers(chosen.question, marks, choose, chosen.options)

    def to_json(self, body: SeveralAnswers) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "choose": body.choose,
            "options": [option.to_json() for option in body.options],
        }

    def from_json(self, data: Json) -> SeveralAnswers:
        return SeveralAnswers(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            choose=data["choose"],
            options=tuple(Option.from_json(option) for option in data["options"]),
        )

    def max_mark(self, body: SeveralAnswers) -> Fraction:
        return body.marks

    def local_keys(self, body: SeveralAnswers) -> tuple[str, ...]:
        return tuple(option.key for option in body.options)

    def candidate_view(
        self, body: SeveralAnswers, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "choose": body.choose,
            "options": options_view(body.options, ids, order),
        }

    def read_response(self, body: SeveralAnswers, ids: Mapping[str, str], raw: object) -> str:
        choices = only_fields(raw, "choices")["choices"]
        if not isinstance(choices, list):
            raise wrong_shape()
        known = [known_id(choice, ids) for choice in choices]
        if len(set(known)) != len(known):
            raise InvalidResponse(
                _(
                    "This answer names one option twice, so it was not saved. Reload the page and "
                    "choose again."
                )
            )
        return as_response({"choices": sorted(known)})

    def from_form(self, body: SeveralAnswers, ids: Mapping[str, str], form: FormPart) -> object:
        return {"choices": list(form.get("choices", ()))}

    def is_answered(self, response: str | None) -> bool:
        return bool(_choices(response))

    def status(self, body: SeveralAnswers, response: str | None) -> str | None:
        chosen = len(_choices(response))
        if chosen == body.choose:
            return None
        return _("{chosen} chosen, choose {choose}").format(chosen=chosen, choose=body.choose)

    def score(
        self,
        body: SeveralAnswers,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        chosen = self._chosen(body, ids, response)
        if len(chosen) > body.choose:
            return Fraction(0)
        return body.marks * sum(option.is_key for option in chosen) / body.choose

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        chosen = {shown[each] for each in answer.get("choices", [])}
        keys = {option["key"] for option in body["options"] if option["is_key"]}
        if len(chosen) > body["choose"]:
            return Fraction(0)
        return Fraction(body["marks"]) * Fraction(len(keys & chosen), body["choose"])

    def chance_mark(self, body: SeveralAnswers) -> Fraction:
        return body.marks * body.choose / len(body.options)

    def denominator(self, body: SeveralAnswers) -> int:
        return (body.marks / body.choose).denominator

    def picks(
        self, body: SeveralAnswers, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        chosen = self._chosen(body, ids, response)
        return tuple(Pick("", option.key, Fraction(option.is_key)) for option in chosen)

    def describe(
        self, body: SeveralAnswers, ids: Mapping[str, str], response: str | None
    ) -> list[str]:
        return [option.words.markdown for option in self._chosen(body, ids, response)]

    def _chosen(
        self, body: SeveralAnswers, ids: Mapping[str, str], response: str | None
    ) -> list[Option]:
        keys = keys_by_id(ids, self.local_keys(body))
        chosen = {keys[known_id(choice, ids)] for choice in _choices(response)}
        return [option for option in body.options if option.key in chosen]


def _choices(response: str | None) -> list[object]:
    data = stored(response, "choices")
    return [] if data is None else list(data["choices"])


def check_numbers(
    section: Section, choose: int, of: str | None, options: Sequence[Option], problems: Problems
) -> None:
    """Check that the line, the options and the keys agree on their numbers."""
    line, keys = section.notation.line, sum(option.is_key for option in options)
    if not options:
        return
    if of is not None and int(of) != len(options):
        problems.error(
            line,
            _("the line says “of {of}”, and there are {found} options; change one").format(
                of=of, found=len(options)
            ),
        )
    if keys != choose:
        problems.error(
            line,
            _("the line says “choose {choose}”, and {keys} are marked “- [x]”; change one").format(
                choose=choose, keys=keys
            ),
        )
    elif not 0 < choose < len(options):
        problems.error(
            line, _("there must be more options than the candidate chooses, and at least one key")
        )


FORMAT = SeveralAnswersFormat()
