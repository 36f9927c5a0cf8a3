"""Drop-downs in a passage: each gap is right or wrong, with equal marks.

The passage is a quote with **[gap 1]** where a gap is; the options of each stand in a part of its
own, `### Gap 1`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.numbers import plain
from proficiency.items.options import Option, read_gap_options
from proficiency.items.pairs import PairsFormat, Slot, check_ids, shown, text_of
from proficiency.items.rules import Decided, Json
from proficiency.items.section import Problems, Quote, Rich, Section, Table

MOST_GAPS = 10
_GAP = re.compile(r"(?:\*\*)?\[\s*gap\s+(?P<number>[0-9]{1,2})\s*\](?:\*\*)?", re.I)
_SHOWN_GAP = re.compile(r"(?:<strong>)?\[\s*gap\s+(?P<number>[0-9]{1,2})\s*\](?:</strong>)?", re.I)


_EXAMPLE = """\
drop-downs · 2 marks · standards 14.2

Complete the note.

> I must tell the **[gap 1]** within **[gap 2]**.

### Gap 1

- [x] right body
- [ ] other body
- [ ] third body

### Gap 2

- [ ] 24 hours
- [x] 72 hours
- [ ] one month
"""


@dataclass(frozen=True)
class Gap:
    """One gap with its options, of which one is the key. `key` is `gap-1`, `gap-2` and so on."""

    key: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class DropDowns:
    """A question whose passage has gaps to fill."""

    question: Rich
    marks: Fraction
    passage: Rich
    gaps: tuple[Gap, ...]


class DropDownsFormat(PairsFormat[DropDowns]):
    """Stores `{"answers": {gap id: option id}}`."""

    name = "drop_downs"
    title = "Drop-downs in a passage"
    notation = "drop-downs"
    example = _EXAMPLE
    parts = tuple(f"Gap {number}" for number in range(1, MOST_GAPS + 1))

    def recognises(self, words: str, *settings: str) -> bool:
        return words in ("drop-downs", "drop-downs in a passage", "dropdowns")

    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> DropDowns | None:
        quotes = [block for block in section.blocks if isinstance(block, Quote)]
        text = [block for block in section.blocks if not isinstance(block, Quote)]
        for block in text:
            if isinstance(block, Table):
                problems.error(
                    block.line, _("a table does not stand here: gaps have their own part")
                )
        if not text:
            problems.error(section.line, _("the question has no text: write it above the passage"))
        if len(quotes) != 1:
            problems.error(
                section.line,
                _("write one passage as a quote, with **[gap 1]** where the first gap is"),
            )
            return None
        return DropDowns(
            question=section.rich_text(text),
            marks=marks,
            passage=section.render_text(quotes[0].inner),
            gaps=_read_gaps(section, quotes[0], problems),
        )

    def to_json(self, body: DropDowns) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "passage": body.passage.to_json(),
            "gaps": [
                {"key": gap.key, "options": [option.to_json() for option in gap.options]}
                for gap in body.gaps
            ],
        }

    def from_json(self, data: Json) -> DropDowns:
        return DropDowns(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            passage=Rich.from_json(data["passage"]),
            gaps=tuple(
                Gap(each["key"], tuple(Option.from_json(option) for option in each["options"]))
                for each in data["gaps"]
            ),
        )

    def marks_of(self, body: DropDowns) -> Fraction:
        return body.marks

    def slots(self, body: DropDowns) -> tuple[Slot, ...]:
        return tuple(Slot(gap.key, tuple(each.key for each in gap.options)) for gap in body.gaps)

    def credit(self, body: DropDowns, slot: str, choice: str) -> Fraction:
        return Fraction(_option(body, slot, choice).is_key)

    def line(self, body: DropDowns, slot: str, choice: str) -> str:
        return f"{slot.replace('-', ' ')}: {_option(body, slot, choice).words.markdown}"

    def candidate_view(self, body: DropDowns, ids: Mapping[str, str], order: Sequence[str]) -> Json:
        check_ids(self.local_keys(body), ids, order)
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "pieces": [_piece(body, piece, ids, order) for piece in pieces(body.passage.html)],
        }

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        given = {shown[part]: shown[each] for part, each in answer.get("answers", {}).items()}
        keys = {
            gap["key"]: option["key"]
            for gap in body["gaps"]
            for option in gap["options"]
            if option["is_key"]
        }
        right = sum(1 for gap, key in keys.items() if given.get(gap) == key)
        return Fraction(body["marks"]) * Fraction(right, len(keys))


def pieces(html: str) -> list[str | int]:
    """Divide a passage at its gaps: HTML, the number of a gap, HTML, and so on."""
    found = _SHOWN_GAP.split(html)
    return [int(piece) if place % 2 else piece for place, piece in enumerate(found)]


def _piece(body: DropDowns, piece: str | int, ids: Mapping[str, str], order: Sequence[str]) -> Json:
    if isinstance(piece, str):
        return {"html": piece}
    gap = next(gap for gap in body.gaps if gap.key == f"gap-{piece}")
    words = {option.key: option.words for option in gap.options}
    return {"number": piece, "id": ids[gap.key], "options": shown(words, ids, order)}


def _option(body: DropDowns, slot: str, choice: str) -> Option:
    gap = next(gap for gap in body.gaps if gap.key == slot)
    return next(option for option in gap.options if option.key == choice)


def _read_gaps(section: Section, passage: Quote, problems: Problems) -> tuple[Gap, ...]:
    """Read the gaps that the passage names, and check that each has its part and its one key."""
    numbers = [int(found["number"]) for found in _GAP.finditer(passage.inner)]
    if not numbers or numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MOST_GAPS:
        problems.error(
            passage.line,
            _(
                "gaps are numbered in order, each once, and there are at most {most}: **[gap 1]**, "
                "**[gap 2]**"
            ).format(most=MOST_GAPS),
        )
    html = section.render_text(passage.inner).html
    if [piece for piece in pieces(html) if isinstance(piece, int)] != numbers:
        problems.error(passage.line, _("a gap may not stand within code or be part of a word"))
    for part in section.parts:
        if part.title.casefold() not in {f"gap {number}" for number in numbers}:
            problems.error(
                part.line, _("the passage has no **[{gap}]**").format(gap=part.title.casefold())
            )
    return tuple(_read_gap(section, number, passage.line, problems) for number in numbers)


def _read_gap(section: Section, number: int, line: int, problems: Problems) -> Gap:
    part = section.part(f"Gap {number}")
    if part is None:
        problems.error(line, _("gap {number} has no part “### Gap {number}”").format(number=number))
        return Gap(f"gap-{number}", ())
    options = read_gap_options(part, f"gap-{number}", section, problems)
    keys = sum(option.is_key for option in options)
    if options and keys != 1:
        problems.error(
            part.line,
            _("a gap has exactly one “- [x]”, and this one has {keys}").format(keys=keys),
        )
    if any("<" in text_of(option.words) for option in options):
        problems.error(part.line, _("an option of a gap is plain words"))
    return Gap(f"gap-{number}", options)


FORMAT = DropDownsFormat()
