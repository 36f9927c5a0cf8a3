"""Ranking: actions put in order of priority, scored by distance from the panel's places.

Each of n actions earns (n − 1) − distance from its place in the key, never below 0, and an action
tied in the key has every place of its tie. The sum is taken as a share of the best and corrected
for chance, for someone who ranks five blindly has 60 % by the plain rule. An action without a
place of its own (left open, or a place given twice) earns 0.

The plain rule is that of the ranking questions of situational judgement tests in medical selection
(full marks for the key's place, fewer for each step away); the correction is `pairs.corrected`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from proficiency.core.text import _
from proficiency.items.numbers import plain
from proficiency.items.pairs import PairsFormat, Slot, answers_in, check_ids, corrected, mean, shown
from proficiency.items.reasons import WHY_THIS_PLACE, warn_without_reason
from proficiency.items.rules import Decided, Json
from proficiency.items.section import Problems, Rich, Row, Section, Table
from proficiency.items.tables import has_columns, row_names, text_and_table, whole_rows

FEWEST, MOST = 3, 8
"""Two are a choice of one; more than eight nobody can weigh against one another."""

RANKING = re.compile(r"ranking(?: of (?P<of>[0-9]{1,2}))?", re.I)
_PLACE = re.compile(r"(?P<place>[1-9])(?P<tied>=?)")
_COLUMNS = ("Action", "Place", "Why")

Span = tuple[int, int]
"""The first and the last place that the key allows an action; the same unless it is tied."""


_EXAMPLE = """\
ranking of 4 · 3 marks · standards 15.2

Put these in the order in which you would do them.

| Action | Place | Why |
|---|---|---|
| What makes somebody safe | 1 | Why it comes first. |
| What everything else needs | 2 | Why it follows. |
| What builds on that | 3 | Why not sooner. |
| What can wait | 4 | Why it can. |
"""


@dataclass(frozen=True)
class Action:
    """One action with its places in the key."""

    key: str
    words: Rich
    span: Span
    reason: Rich


@dataclass(frozen=True)
class Ranking:
    """A question whose actions are put in order. `actions` are in the key's order."""

    question: Rich
    marks: Fraction
    actions: tuple[Action, ...]


class RankingFormat(PairsFormat[Ranking]):
    """Stores `{"answers": {action id: place}}`, the place as a numeral from 1."""

    name = "ranking"
    title = "Ranking"
    notation = "ranking of 5"
    example = _EXAMPLE

    def recognises(self, words: str, *settings: str) -> bool:
        return RANKING.fullmatch(words) is not None

    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> Ranking | None:
        question, table = text_and_table(section, "| Action | Place | Why |", problems)
        if table is None or not has_columns(table, _COLUMNS, _("the answer table"), problems):
            return None
        rows = whole_rows(table, problems)
        names = row_names(rows, "action", "action", problems)
        spans = _read_spans(section, table, rows, problems)
        for row, cells in rows:
            warn_without_reason(row.line, cells["why"], problems, WHY_THIS_PLACE)
        actions = [
            Action(
                name, section.render_line(cells["action"]), span, section.render_line(cells["why"])
            )
            for (_row, cells), name, span in zip(rows, names, spans, strict=True)
        ]
        return Ranking(question, marks, tuple(sorted(actions, key=lambda each: each.span)))

    def to_json(self, body: Ranking) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "actions": [
                {
                    "key": action.key,
                    "words": action.words.to_json(),
                    "first": action.span[0],
                    "last": action.span[1],
                    "reason": action.reason.to_json(),
                }
                for action in body.actions
            ],
        }

    def from_json(self, data: Json) -> Ranking:
        return Ranking(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            actions=tuple(
                Action(
                    each["key"],
                    Rich.from_json(each["words"]),
                    (each["first"], each["last"]),
                    Rich.from_json(each["reason"]),
                )
                for each in data["actions"]
            ),
        )

    def marks_of(self, body: Ranking) -> Fraction:
        return body.marks

    def slots(self, body: Ranking) -> tuple[Slot, ...]:
        places = tuple(str(place) for place in range(1, len(body.actions) + 1))
        return tuple(Slot(action.key, places) for action in body.actions)

    def credit(self, body: Ranking, slot: str, choice: str) -> Fraction:
        span = next(action.span for action in body.actions if action.key == slot)
        most = len(body.actions) - 1
        return Fraction(points(span, int(choice), most), most)

    def line(self, body: Ranking, slot: str, choice: str) -> str:
        action = next(action for action in body.actions if action.key == slot)
        return f"{choice}. {action.words.markdown}"

    def describe(self, body: Ranking, ids: Mapping[str, str], response: str | None) -> list[str]:
        chosen = self.chosen(body, ids, response)
        in_order = sorted(chosen.items(), key=lambda pair: int(pair[1]))
        return [self.line(body, action, place) for action, place in in_order]

    def status(self, body: Ranking, response: str | None) -> str | None:
        return super().status(body, response) or _said_twice(answers_in(response).values())

    def mark(self, body: Ranking, chosen: Mapping[str, str]) -> Fraction:
        times = Counter(chosen.values())
        own = {action: place for action, place in chosen.items() if times[place] == 1}
        return body.marks * corrected(self.share(body, own), self.chance_taken_out(body))

    def chance_taken_out(self, body: Ranking) -> Fraction:
        return chance_share(_spans(body))

    def chance_mark(self, body: Ranking) -> Fraction:
        return body.marks * chance_after_correction(_spans(body))

    def candidate_view(self, body: Ranking, ids: Mapping[str, str], order: Sequence[str]) -> Json:
        check_ids(self.local_keys(body), ids, order)
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "actions": shown({action.key: action.words for action in body.actions}, ids, order),
        }

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        most = len(body["actions"]) - 1
        given = {shown[part]: int(place) for part, place in answer.get("answers", {}).items()}
        every = list(given.values())
        earned = by_chance = 0
        for action in body["actions"]:
            allowed = range(action["first"], action["last"] + 1)
            steps = [min(abs(place - each) for each in allowed) for place in range(1, most + 2)]
            by_chance += sum(max(0, most - step) for step in steps)
            place = given.get(action["key"])
            if place is not None and every.count(place) == 1:
                earned += max(0, most - steps[place - 1])
        chance = Fraction(by_chance, most + 1)
        share = (earned - chance) / (most * (most + 1) - chance)
        return Fraction(body["marks"]) * max(Fraction(0), share)


def points(span: Span, place: int, most: int) -> int:
    """Return what an action earns at `place`: `most` less the steps to the nearest place of its
    span, and never below 0."""
    first, last = span
    return max(0, most - max(0, first - place, place - last))


def _spans(body: Ranking) -> tuple[Span, ...]:
    return tuple(action.span for action in body.actions)


def chance_share(spans: Sequence[Span]) -> Fraction:
    """Return the mean share, before correction, of all orders of the actions."""
    n = len(spans)
    return mean(
        [Fraction(points(span, place, n - 1), n - 1) for span in spans for place in range(1, n + 1)]
    )


@cache
def chance_after_correction(spans: tuple[Span, ...]) -> Fraction:
    """Return the mean corrected share of all n! orders, each as likely as the next.

    Orders are counted by the set of places taken so far and the points so far, so that eight
    actions take 2⁸ steps and not 8!.
    """
    n, chance = len(spans), chance_share(spans)
    counts: dict[tuple[int, int], int] = {(0, 0): 1}
    for span in spans:
        after: Counter[tuple[int, int]] = Counter()
        for (taken, earned), times in counts.items():
            for place in range(n):
                if not taken >> place & 1:
                    point = points(span, place + 1, n - 1)
                    after[taken | 1 << place, earned + point] += times
        counts = dict(after)
    best = n * (n - 1)
    total = sum(
        times * corrected(Fraction(earned, best), chance)
        for (_taken, earned), times in counts.items()
    )
    return Fraction(total) / sum(counts.values())


def _said_twice(places: Iterable[str]) -> str | None:
    twice = sorted(place for place, times in Counter(places).items() if times > 1)
    if not twice:
        return None
    return _("Place {place} is given twice: each has a place of its own").format(place=twice[0])


def _read_spans(
    section: Section,
    table: Table,
    rows: Sequence[tuple[Row, dict[str, str]]],
    problems: Problems,
) -> list[Span]:
    """Read the places and check that together they are 1 to n, with ties as `2=` on each."""
    _check_count(section, table, len(rows), problems)
    found = [_PLACE.fullmatch(cells["place"].replace(" ", "")) for _row, cells in rows]
    for (row, cells), place in zip(rows, found, strict=True):
        if place is None:
            problems.error(
                row.line,
                _("“{place}” is no place: write 1, 2, 3, and “2=” on each of a tie").format(
                    place=cells["place"]
                ),
            )
    if any(place is None for place in found):
        return [(1, 1)] * len(rows)
    places = [(int(place["place"]), bool(place["tied"])) for place in found if place]
    times = Counter(place for place, _tied in places)
    spans = [(place, place + times[place] - 1) for place, _tied in places]
    wrong = any(tied != (times[place] > 1) for place, tied in places)
    covered = sorted(each for span in set(spans) for each in range(span[0], span[1] + 1))
    if wrong or covered != list(range(1, len(rows) + 1)):
        problems.error(
            table.line,
            _(
                "the places must be 1 to {n}, each once; actions that share a place have “2=” "
                "each, and the next place after two of them is 4"
            ).format(n=len(rows)),
        )
    if len(rows) > 1 and len(set(spans)) == 1:
        problems.error(table.line, _("every action has the same place, so there is no order"))
    return spans


def _check_count(section: Section, table: Table, found: int, problems: Problems) -> None:
    if not FEWEST <= found <= MOST:
        problems.error(
            table.line,
            _("rank between {few} and {most} actions, and not {found}").format(
                few=FEWEST, most=MOST, found=found
            ),
        )
    said = section.setting(RANKING)
    if said and said["of"] and int(said["of"]) != found:
        problems.error(
            section.notation.line,
            _("the line says “ranking of {of}”, and there are {found} actions; change one").format(
                of=said["of"], found=found
            ),
        )


FORMAT = RankingFormat()
