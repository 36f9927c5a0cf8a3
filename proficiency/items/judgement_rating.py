"""Judgement rating: how appropriate is each reply? Scored by distance from the panel's rating.

On a scale of m points a rating earns 1 − d/⌈m/2⌉ at distance d from the panel's, and nothing on
the wrong side of the midpoint. The mean over the replies is corrected for chance, exactly.

The near-miss rule is that of the rating questions of situational judgement tests in medical
selection; that the wrong side earns nothing is the IRCM's own rule (`docs/guides/formats.md`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.names import nearest
from proficiency.items.numbers import plain
from proficiency.items.pairs import PairsFormat, Slot, check_ids, corrected, mean, shown
from proficiency.items.reasons import WHY_THIS_RATING, warn_without_reason
from proficiency.items.rules import Decided, Json
from proficiency.items.section import Block, Problems, Rich, Row, Section, Table
from proficiency.items.tables import has_columns, row_names, text_and_table, whole_rows

FEWEST_POINTS, MOST_POINTS = 3, 7
MOST_REPLIES = 12

_SCALE = re.compile(r"^\s*Scale:\s*(?P<points>.+?)\.?\s*$", re.I | re.M)
_PANEL = re.compile(r"panel of (?P<size>[0-9]{1,3})", re.I)
_COLUMNS = ("Reply", "Rating", "Why")


_EXAMPLE = """\
judgement rating · 3 marks · standards 2.3

How appropriate is each reply?
Scale: appropriate, rather appropriate, rather inappropriate, inappropriate.

| Reply | Rating | Why |
|---|---|---|
| "The first reply." | appropriate | What it does well. |
| "The second reply." | rather appropriate | What it leaves out. |
| "The third reply." | inappropriate | What is wrong with it. |
"""


@dataclass(frozen=True)
class Reply:
    """One reply with the panel's rating, a point of the scale from 1, and how the panel voted.

    `votes` counts the panel's ratings point by point; empty where no panel is written down.
    """

    key: str
    words: Rich
    rating: int
    votes: tuple[int, ...]
    reason: Rich


@dataclass(frozen=True)
class JudgementRating:
    """A question whose replies are each rated on one scale, from one pole to the other."""

    question: Rich
    marks: Fraction
    scale: tuple[str, ...]
    replies: tuple[Reply, ...]


class JudgementRatingFormat(PairsFormat[JudgementRating]):
    """Stores `{"answers": {reply id: point}}`, the point as a numeral from 1."""

    name = "judgement_rating"
    title = "Judgement rating"
    notation = "judgement rating"
    example = _EXAMPLE

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "judgement rating"

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> JudgementRating | None:
        question, table = text_and_table(section, "| Reply | Rating | Why |", problems)
        scale = _read_scale(section, question.markdown, problems)
        if table is None or not has_columns(table, _COLUMNS, _("the answer table"), problems):
            return None
        rows = whole_rows(table, problems)
        if not 2 <= len(rows) <= MOST_REPLIES:
            problems.error(
                table.line,
                _("write between 2 and {most} replies, and not {found}").format(
                    most=MOST_REPLIES, found=len(rows)
                ),
            )
        names = row_names(rows, "reply", "reply", problems)
        panel = _panel_column(table)
        replies = tuple(
            _read_reply(section, row, cells, name, scale, panel, problems)
            for (row, cells), name in zip(rows, names, strict=True)
        )
        return JudgementRating(
            section.render_text(_SCALE.sub("", question.markdown).strip()), marks, scale, replies
        )

    def to_json(self, body: JudgementRating) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "scale": list(body.scale),
            "replies": [
                {
                    "key": reply.key,
                    "words": reply.words.to_json(),
                    "rating": reply.rating,
                    "votes": list(reply.votes),
                    "reason": reply.reason.to_json(),
                }
                for reply in body.replies
            ],
        }

    def from_json(self, data: Json) -> JudgementRating:
        return JudgementRating(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            scale=tuple(data["scale"]),
            replies=tuple(
                Reply(
                    each["key"],
                    Rich.from_json(each["words"]),
                    each["rating"],
                    tuple(each["votes"]),
                    Rich.from_json(each["reason"]),
                )
                for each in data["replies"]
            ),
        )

    def marks_of(self, body: JudgementRating) -> Fraction:
        return body.marks

    def slots(self, body: JudgementRating) -> tuple[Slot, ...]:
        points = tuple(str(point) for point in range(1, len(body.scale) + 1))
        return tuple(Slot(reply.key, points) for reply in body.replies)

    def credit(self, body: JudgementRating, slot: str, choice: str) -> Fraction:
        reply = next(reply for reply in body.replies if reply.key == slot)
        return closeness(reply.rating, int(choice), len(body.scale))

    def line(self, body: JudgementRating, slot: str, choice: str) -> str:
        reply = next(reply for reply in body.replies if reply.key == slot)
        return f"{reply.words.markdown}: {body.scale[int(choice) - 1]}"

    def mark(self, body: JudgementRating, chosen: Mapping[str, str]) -> Fraction:
        return body.marks * corrected(self.share(body, chosen), self.chance_taken_out(body))

    def chance_taken_out(self, body: JudgementRating) -> Fraction:
        return chance_share([reply.rating for reply in body.replies], len(body.scale))

    def chance_mark(self, body: JudgementRating) -> Fraction:
        ratings = [reply.rating for reply in body.replies]
        return body.marks * chance_after_correction(ratings, len(body.scale))

    def candidate_view(
        self, body: JudgementRating, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        check_ids(self.local_keys(body), ids, order)
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "scale": list(body.scale),
            "replies": shown({reply.key: reply.words for reply in body.replies}, ids, order),
        }

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        size, replies = len(body["scale"]), body["replies"]
        given = {shown[part]: int(point) for part, point in answer.get("answers", {}).items()}
        earned = by_chance = Fraction(0)
        for reply in replies:
            key = reply["rating"]
            worth = {}
            for point in range(1, size + 1):
                # Twice the distance from the middle of the scale, which stays a whole number.
                sides = (2 * key - size - 1) * (2 * point - size - 1)
                half = (size + 1) // 2
                near = Fraction(half - abs(point - key), half)
                worth[point] = Fraction(0) if sides < 0 else max(Fraction(0), near)
            by_chance += sum(worth.values(), Fraction(0)) / size
            earned += worth.get(given.get(reply["key"], 0), Fraction(0))
        share = (earned - by_chance) / (len(replies) - by_chance)
        return Fraction(body["marks"]) * max(Fraction(0), share)


def closeness(key: int, given: int, points: int) -> Fraction:
    """Return the credit for rating `given` where the panel rated `key`, on a scale of `points`."""
    middle = Fraction(points + 1, 2)
    if (key - middle) * (given - middle) < 0:
        return Fraction(0)
    return max(Fraction(0), 1 - Fraction(abs(given - key), -(-points // 2)))


def _credits(key: int, points: int) -> list[Fraction]:
    return [closeness(key, given, points) for given in range(1, points + 1)]


def chance_share(ratings: Sequence[int], points: int) -> Fraction:
    """Return the mean share of rating blindly, before correction."""
    return mean([credit for key in ratings for credit in _credits(key, points)])


def chance_after_correction(ratings: Sequence[int], points: int) -> Fraction:
    """Return the mean corrected share of all ways to rate, each as likely as the next."""
    sums: Counter[Fraction] = Counter({Fraction(0): 1})
    for key in ratings:
        after: Counter[Fraction] = Counter()
        for earned, times in sums.items():
            for credit in _credits(key, points):
                after[earned + credit] += times
        sums = after
    chance = chance_share(ratings, points)
    total = sum(
        (times * corrected(earned / len(ratings), chance) for earned, times in sums.items()),
        Fraction(0),
    )
    return total / sum(sums.values())


def _read_scale(section: Section, question: str, problems: Problems) -> tuple[str, ...]:
    found = _SCALE.search(question)
    if found is None:
        problems.error(
            section.line,
            _(
                "the scale is missing: write it above the table, as in “Scale: appropriate, rather "
                "appropriate, rather inappropriate, inappropriate.”"
            ),
        )
        return ()
    points = tuple(" ".join(point.split()) for point in found["points"].split(","))
    line = _line_of_scale(section.blocks, section.line)
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS or not all(points):
        problems.error(
            line,
            _("a scale has between {few} and {most} points, divided by commas").format(
                few=FEWEST_POINTS, most=MOST_POINTS
            ),
        )
    if len({point.casefold() for point in points}) != len(points):
        problems.error(line, _("two points of the scale are the same"))
    return points


def _line_of_scale(blocks: Sequence[Block], otherwise: int) -> int:
    for block in blocks:
        for place, line in enumerate(block.source.split("\n")):
            if _SCALE.match(line):
                return block.line + place
    return otherwise


def _panel_column(table: Table) -> tuple[str, int] | None:
    """Return the column of the panel's votes and the panel's size, if the table has one."""
    for column in table.columns:
        found = _PANEL.fullmatch(column.strip())
        if found:
            return column.casefold(), int(found["size"])
    return None


def _read_reply(
    section: Section,
    row: Row,
    cells: Mapping[str, str],
    name: str,
    scale: Sequence[str],
    panel: tuple[str, int] | None,
    problems: Problems,
) -> Reply:
    points = [point.casefold() for point in scale]
    rating = (
        points.index(cells["rating"].casefold()) + 1 if cells["rating"].casefold() in points else 0
    )
    if scale and not rating:
        near = nearest(cells["rating"], scale)
        hint = _(" Did you mean “{near}”?").format(near=near) if near else ""
        problems.error(
            row.line,
            _("“{rating}” is no point of the scale.").format(rating=cells["rating"]) + hint,
        )
    votes = _read_votes(row, cells[panel[0]], panel[1], scale, problems) if panel else ()
    if votes and rating and votes[rating - 1] != max(votes):
        problems.error(
            row.line,
            _("most of the panel rated this “{point}”: change the rating or the votes").format(
                point=scale[votes.index(max(votes))]
            ),
        )
    warn_without_reason(row.line, cells["why"], problems, WHY_THIS_RATING)
    return Reply(
        name, section.render_line(cells["reply"]), rating, votes, section.render_line(cells["why"])
    )


def _read_votes(
    row: Row, written: str, size: int, scale: Sequence[str], problems: Problems
) -> tuple[int, ...]:
    parts = [part.strip() for part in written.split(",")]
    votes = tuple(int(part) for part in parts if part.isdecimal() and len(part) <= 3)
    if len(votes) != len(scale) or len(parts) != len(scale) or sum(votes) != size:
        problems.error(
            row.line,
            _("“{written}”: write one number for each point of the scale, {size} together").format(
                written=written, size=size
            ),
        )
        return ()
    return votes


FORMAT = JudgementRatingFormat()
