"""Passages of a record: choose k entries of an exhibit. Equal credit; more than k scores 0.

The candidate ticks in the exhibit itself, so every entry of it is there to be chosen, in its order,
and nothing in what is sent tells the keys from the rest.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.names import derive_names, nearest
from proficiency.items.options import MAX_OPTIONS, Option, read_key_bullets
from proficiency.items.rules import Json, Setting
from proficiency.items.section import Block, Bullet, BulletList, Problems, Prose, Section, Table
from proficiency.items.several_answers import (
    CHOOSE,
    SeveralAnswers,
    SeveralAnswersFormat,
    check_numbers,
)

_PASSAGES = re.compile(r"passages of exhibit (?P<number>[0-9]{1,3})", re.I)
_MARKUP = re.compile(r"[*_`]")


_EXAMPLE = """\
passages of Exhibit 1 · choose 1 · 1 mark · standards 11.7

Which entry falls short of a proper record?

- [x] Quote the entry here, word for word.
  - What is wrong with it.
"""


class PassagesFormat(SeveralAnswersFormat):
    """Stores `{"choices": [id, …]}` as several answers does; only the reading differs."""

    name = "passages"
    title = "Passages of a record"
    notation = "passages of Exhibit 3, choose 2"
    example = _EXAMPLE
    settings = (Setting(CHOOSE, "choose 2"),)

    def recognises(self, words: str, *settings: str) -> bool:
        return _PASSAGES.fullmatch(words) is not None

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> SeveralAnswers | None:
        found, choose = section.setting(_PASSAGES), section.setting(CHOOSE)
        entries = _read_entries(section, int(found["number"]) if found else 0, problems)
        text = [block for block in section.blocks if not isinstance(block, BulletList)]
        if not text:
            problems.error(section.line, _("the question has no text: write it above the keys"))
        if choose is None:
            problems.error(
                section.notation.line, _("the line does not say how many to choose: “choose 2”")
            )
            return None
        options = _with_keys(section, entries, problems)
        check_numbers(section, int(choose["choose"]), choose["of"], options, problems)
        return SeveralAnswers(section.rich_text(text), marks, int(choose["choose"]), options)

    def candidate_view(
        self, body: SeveralAnswers, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        view = super().candidate_view(body, ids, order)
        by_id = {option["id"]: option for option in view["options"]}
        # A record is read in its own order; the drawn one is for lists that have none.
        return {**view, "options": [by_id[ids[option.key]] for option in body.options]}


def _read_entries(section: Section, number: int, problems: Problems) -> list[str]:
    blocks = section.find_exhibit(number)
    if blocks is None:
        problems.error(
            section.notation.line,
            _("there is no exhibit {number} that candidates have seen by this question").format(
                number=number
            ),
        )
        return []
    entries = [entry for block in blocks for entry in _entries(block)]
    if not 3 <= len(entries) <= MAX_OPTIONS:
        problems.error(
            section.notation.line,
            _(
                "exhibit {number} has {found} entries; between 3 and {most} can be chosen from"
            ).format(number=number, found=len(entries), most=MAX_OPTIONS),
        )
    return entries


def _entries(block: Block) -> list[str]:
    """Return what can be chosen of a block: each bullet, each row of a table, a paragraph."""
    if isinstance(block, BulletList):
        return [bullet.text for bullet in block.bullets]
    if isinstance(block, Table):
        return [" · ".join(cell for cell in row.cells if cell) for row in block.rows]
    if isinstance(block, Prose):
        return [" ".join(block.source.split())]
    return []


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub("", text).replace("|", "·").split()).casefold()


def _with_keys(section: Section, entries: Sequence[str], problems: Problems) -> tuple[Option, ...]:
    """Return every entry of the exhibit as an option, with the author's keys and reasons."""
    names = derive_names(entries, [None] * len(entries), "entry")
    options = {
        _plain(entry): Option(name, section.render_line(entry), is_key=False, reason=None)
        for entry, name in zip(entries, names, strict=True)
    }
    if len(options) != len(entries):
        problems.error(section.notation.line, _("two entries of the exhibit are the same"))
    for bullet, written in read_key_bullets(section, problems):
        found = options.get(_plain(bullet.text))
        if found is None:
            _report_not_quoted(bullet, entries, problems)
        else:
            options[_plain(bullet.text)] = replace(
                found, is_key=written.is_key, reason=written.reason
            )
    return tuple(options.values())


def _report_not_quoted(bullet: Bullet, entries: Sequence[str], problems: Problems) -> None:
    if not entries:
        return  # that the exhibit is missing was said already
    near = nearest(bullet.text, entries)
    hint = _(" Did you mean “{near}”?").format(near=near[:80]) if near else ""
    problems.error(
        bullet.line,
        _("this is no entry of the exhibit: quote one word for word.") + hint,
    )


FORMAT = PassagesFormat()
