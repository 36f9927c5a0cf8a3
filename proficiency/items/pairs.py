"""Answers that give each part of a question one choice: stems, gaps, replies, actions.

Four formats share this: each has its own body, key and credit, and the shape of the answer, its
reading and its counting stand here once. Stored is `{"answers": {part id: choice}}` with the parts
that were answered; a choice is the random id of an option, or a plain numeral (a place, a point of
a scale), which says nothing that the page does not show.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import unescape
from math import lcm
from typing import TypeVar

from proficiency.core.text import _
from proficiency.items.rules import (
    NOTHING_DECIDED,
    Decided,
    FormPart,
    InvalidResponse,
    ItemFormat,
    Json,
    Pick,
    as_response,
    keys_by_id,
    known_id,
    only_fields,
    stored,
    wrong_shape,
)
from proficiency.items.section import Rich

Body = TypeVar("Body")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Slot:
    """One part of a question and what may be given to it, by local keys or numerals."""

    key: str
    choices: tuple[str, ...]


class PairsFormat(ItemFormat[Body]):
    """A format whose answer gives each slot at most one of its choices."""

    @abstractmethod
    def slots(self, body: Body) -> tuple[Slot, ...]:
        """Return the parts of the question, in the author's order."""

    @abstractmethod
    def credit(self, body: Body, slot: str, choice: str) -> Fraction:
        """Return the share from 0 to 1 that `choice` earns of what `slot` can give."""

    @abstractmethod
    def line(self, body: Body, slot: str, choice: str) -> str:
        """Return one part of an answer in words."""

    @abstractmethod
    def marks_of(self, body: Body) -> Fraction:
        """Return the marks of the whole question."""

    def max_mark(self, body: Body) -> Fraction:
        return self.marks_of(body)

    def local_keys(self, body: Body) -> tuple[str, ...]:
        slots = self.slots(body)
        drawn = [choice for slot in slots for choice in slot.choices if not choice.isdigit()]
        return tuple(dict.fromkeys([*(slot.key for slot in slots), *drawn]))

    def expected_minutes(self, body: Body) -> Fraction:
        return Fraction(len(self.slots(body)), 2) + 1

    def read_response(self, body: Body, ids: Mapping[str, str], raw: object) -> str:
        given = only_fields(raw, "answers")["answers"]
        if not isinstance(given, dict):
            raise wrong_shape()
        keys = keys_by_id(ids, self.local_keys(body))
        slots = {slot.key: slot for slot in self.slots(body)}
        for part, choice in given.items():
            slot = slots.get(keys[known_id(part, ids)])
            if slot is None or not isinstance(choice, str):
                raise wrong_shape()
            if keys.get(choice, choice) not in slot.choices:
                raise InvalidResponse(
                    _(
                        "This answer names a choice that this question does not have, so it was "
                        "not saved. Reload the page and choose again."
                    )
                )
        return as_response({"answers": given})

    def from_form(self, body: Body, ids: Mapping[str, str], form: FormPart) -> object:
        given = {part: values[0] for part, values in form.items() if values and values[0]}
        return {"answers": given}

    def is_answered(self, response: str | None) -> bool:
        return bool(answers_in(response))

    def status(self, body: Body, response: str | None) -> str | None:
        given, wanted = len(answers_in(response)), len(self.slots(body))
        if given == wanted:
            return None
        return _("{given} of {wanted} answered").format(given=given, wanted=wanted)

    def chosen(self, body: Body, ids: Mapping[str, str], response: str | None) -> dict[str, str]:
        """Return what each answered slot was given, in the author's order.

        Raises `InvalidResponse` or `ValueError` where the stored answer or `ids` do not fit.
        """
        keys = keys_by_id(ids, self.local_keys(body))
        given = {
            keys[known_id(part, ids)]: keys.get(choice, choice)
            for part, choice in answers_in(response).items()
        }
        return {slot.key: given[slot.key] for slot in self.slots(body) if slot.key in given}

    def score(
        self,
        body: Body,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        return self.mark(body, self.chosen(body, ids, response))

    def mark(self, body: Body, chosen: Mapping[str, str]) -> Fraction:
        """Return the mark for what was chosen: equal marks for each slot."""
        return self.marks_of(body) * self.share(body, chosen)

    def share(self, body: Body, chosen: Mapping[str, str]) -> Fraction:
        """Return the mean credit over all slots, from 0 to 1; what was left open earns 0."""
        earned = sum((self.credit(body, *pair) for pair in chosen.items()), Fraction(0))
        return earned / len(self.slots(body))

    def chance_mark(self, body: Body) -> Fraction:
        slots = self.slots(body)
        means = [mean([self.credit(body, s.key, each) for each in s.choices]) for s in slots]
        return self.marks_of(body) * sum(means, Fraction(0)) / len(slots)

    def chance_taken_out(self, body: Body) -> Fraction:
        """Return the share that a correction for chance takes out; 0 where there is none."""
        return Fraction(0)

    def denominator(self, body: Body) -> int:
        """A mark is 0 or marks × (k·step − chance)/(1 − chance), where k counts steps of credit."""
        slots = self.slots(body)
        credits = [self.credit(body, slot.key, choice) for slot in slots for choice in slot.choices]
        step = Fraction(1, lcm(*(credit.denominator for credit in credits)) * len(slots))
        chance = self.chance_taken_out(body)
        scale = self.marks_of(body) / (1 - chance)
        return lcm((scale * step).denominator, (scale * chance).denominator)

    def picks(self, body: Body, ids: Mapping[str, str], response: str | None) -> tuple[Pick, ...]:
        chosen = self.chosen(body, ids, response)
        return tuple(
            Pick(part, each, self.credit(body, part, each)) for part, each in chosen.items()
        )

    def describe(self, body: Body, ids: Mapping[str, str], response: str | None) -> list[str]:
        chosen = self.chosen(body, ids, response)
        return [self.line(body, part, each) for part, each in chosen.items()]


def mean(numbers: Sequence[Fraction]) -> Fraction:
    """Return the exact mean of one or more numbers."""
    return sum(numbers, Fraction(0)) / len(numbers)


def answers_in(response: str | None) -> dict[str, str]:
    """Return what a stored response gives each part, by the ids of its form."""
    data = stored(response, "answers")
    return {} if data is None else dict(data["answers"])


def corrected(share: Fraction, chance: Fraction) -> Fraction:
    """Return a share with what chance gives taken out: max(0, (share − chance)/(1 − chance)).

    The classical correction for guessing, with the exact expectation of a blind guess in place of
    1/k. `chance` is below 1.
    """
    return max(Fraction(0), (share - chance) / (1 - chance))


def shown(words: Mapping[str, Rich], ids: Mapping[str, str], order: Sequence[str]) -> list[Json]:
    """Return parts or options as a candidate sees them, in the form's order: id, HTML and text."""
    return [
        {"id": ids[key], "html": words[key].html, "text": text_of(words[key])}
        for key in order
        if key in words
    ]


def check_ids(keys: Sequence[str], ids: Mapping[str, str], order: Sequence[str]) -> None:
    """Raise `ValueError` unless `ids` and `order` name each of `keys` once."""
    keys_by_id(ids, keys)
    if sorted(order) != sorted(keys):
        raise ValueError("the form's order does not name each part and option once")


def text_of(words: Rich) -> str:
    """Return words without markup, for places that show none, such as a drop-down."""
    return unescape(_TAG.sub("", words.html)).strip()
