"""Answers that a question knows, as short answer, write-in and numeric questions list them.

They stand in a table under `### Accepted`: Answer, Marks, Why. Rows worth 0 are near misses on
which people have decided beforehand. Words are compared in one normal form and by nothing cleverer:
whatever is not in the table goes to people.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proficiency.core.text import _, clean_text
from proficiency.items.numbers import counted, plain, read_number
from proficiency.items.reasons import WHAT_IT_SHOWS, warn_without_reason
from proficiency.items.rules import AcceptedAnswer, InvalidResponse, wrong_shape
from proficiency.items.section import Part, Problems, Rich, Row, Section, Table
from proficiency.items.tables import has_columns, row_names, table_of, whole_rows

COLUMNS = ("Answer", "Marks", "Why")
MAX_ACCEPTED = 100
"""More than anybody can keep apart."""

_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛ʼ`´′", "'") | dict.fromkeys("“”„‟«»″", '"'))
_OUTER = " \t\n.,;:!?'\"()[]{}<>-‐‑–—−•*·_"
_ARTICLE = re.compile(r"(?:the|an|a) (?=\S)")


def normal_form(text: str) -> str:
    """Return the one spelling in which words are compared.

    Unicode's compatibility form, small letters, straight quotes, single spaces, without outer
    punctuation and without a leading article. What is nothing but punctuation stays as it is. The
    normal form of a normal form is itself.
    """
    before = None
    while text != before:
        before = text
        text = _normalised_once(text)
    return text


def _normalised_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold()
    text = " ".join(text.split())
    text = text.strip(_OUTER) or text
    return _ARTICLE.sub("", text, count=1) if _ARTICLE.match(text) else text


@dataclass(frozen=True)
class Accepted:
    """One row of the table. `answer` is what the author wrote, as plain words."""

    key: str
    answer: str
    marks: Fraction
    reason: Rich | None

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {
            "key": self.key,
            "answer": self.answer,
            "marks": str(self.marks),
            "reason": self.reason.to_json() if self.reason else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Accepted":
        """Read the plain form back."""
        reason = data["reason"]
        return cls(
            key=data["key"],
            answer=data["answer"],
            marks=Fraction(data["marks"]),
            reason=None if reason is None else Rich.from_json(reason),
        )

    def as_accepted_answer(self) -> AcceptedAnswer:
        """Return the row for those who decide about further answers."""
        html = self.reason.html if self.reason else ""
        return AcceptedAnswer(self.key, self.answer, self.marks, html)


def find_accepted(accepted: Sequence[Accepted], form: str) -> Accepted | None:
    """Return the row whose words have the normal form `form`, or None."""
    return next((each for each in accepted if normal_form(each.answer) == form), None)


# Reading what an author wrote


@dataclass(frozen=True)
class AcceptedRow:
    """One row with the line on which it stands."""

    line: int
    accepted: Accepted


def read_question(section: Section, problems: Problems) -> Rich:
    """Return the question's text; reports that there is none, and a table in it."""
    if not section.blocks:
        problems.error(
            section.line, _("the question has no text: write it below the line of the format")
        )
    for block in section.blocks:
        if isinstance(block, Table):
            problems.error(
                block.line,
                _(
                    "this format's table stands under “### Accepted”; data belongs in an exhibit "
                    "(“> **Exhibit 1: …**”)"
                ),
            )
    return section.rich_text(section.blocks)


def read_accepted(section: Section, marks: Fraction, problems: Problems) -> tuple[AcceptedRow, ...]:
    """Read the table under `### Accepted`; no row may give more than `marks`."""
    part = section.part("Accepted")
    table = table_of(part, "Accepted", section, problems)
    if table is None or not has_columns(table, COLUMNS, _("“Accepted”"), problems):
        return ()
    rows = whole_rows(table, problems)
    _check_count(part, rows, problems)
    names = row_names(rows, "answer", "answer", problems)
    return tuple(
        AcceptedRow(row.line, _read_row(row, cells, name, section, marks, problems))
        for (row, cells), name in zip(rows, names, strict=True)
    )


def _check_count(part: Part | None, rows: Sequence[object], problems: Problems) -> None:
    line = part.line if part else 1
    if not rows:
        problems.error(line, _("the table has no rows: write at least the one right answer"))
    if len(rows) > MAX_ACCEPTED:
        problems.error(
            line,
            _("the table has {found} rows, and may have {most}").format(
                found=len(rows), most=MAX_ACCEPTED
            ),
        )


def _read_row(
    row: Row,
    cells: Mapping[str, str],
    name: str,
    section: Section,
    marks: Fraction,
    problems: Problems,
) -> Accepted:
    warn_without_reason(row.line, cells["why"], problems, WHAT_IT_SHOWS)
    return Accepted(
        key=name,
        answer=cells["answer"],
        marks=_read_marks(row, cells["marks"], marks, problems),
        reason=section.render_line(cells["why"]) if cells["why"] else None,
    )


def _read_marks(row: Row, text: str, most: Fraction, problems: Problems) -> Fraction:
    marks = read_number(text)
    if marks is None:
        problems.error(
            row.line,
            _("“{text}” is no mark: write a number such as 1, 0.5, or 0 for a near miss").format(
                text=text
            ),
        )
        return Fraction(0)
    if marks > most:
        problems.error(
            row.line,
            _("this answer gives {marks}, and the whole question {most}; change one").format(
                marks=counted(marks, _("mark"), _("marks")), most=plain(most)
            ),
        )
    return marks


def check_wordings(rows: Sequence[AcceptedRow], problems: Problems) -> None:
    """Report rows that the machine could not tell from an earlier one."""
    seen: dict[str, int] = {}
    for row in rows:
        form = normal_form(row.accepted.answer)
        if form in seen:
            problems.error(
                row.line,
                _(
                    "capitals, outer punctuation and a leading “the” or “a” make no difference, so "
                    "this answer is the same as the one on line {line}; keep one"
                ).format(line=seen[form]),
            )
        seen.setdefault(form, row.line)


# Reading what a browser sent


def read_line(value: object, limit: int) -> str:
    """Return what was typed into a box for one line, cleaned and otherwise as it was typed.

    Raises `InvalidResponse` for what is no text, and beyond `limit` characters, which the page says
    beforehand: nothing is ever cut.
    """
    if not isinstance(value, str):
        raise wrong_shape()
    text = clean_text(value)
    if len(text) > limit:
        raise InvalidResponse(
            _(
                "This answer has {length:,} characters, and the box takes up to {limit}, so it was "
                "not saved. Nothing was cut: what you typed is still on your screen. Shorten it, "
                "and it will be saved."
            ).format(length=len(text), limit=limit)
        )
    return text
