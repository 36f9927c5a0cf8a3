"""Matching: one list of options, two stems or more. Each stem is right or wrong, with equal marks.

An option may be used once, more than once or not at all, so that the last stem is never given away
by what is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.names import derive_names, nearest
from proficiency.items.numbers import plain
from proficiency.items.options import MAX_OPTIONS, given_name, is_naming
from proficiency.items.pairs import PairsFormat, Slot, check_ids, shown
from proficiency.items.reasons import WHY_THIS_OPTION, warn_without_reason
from proficiency.items.rules import Decided, Json
from proficiency.items.section import (
    Bullet,
    BulletList,
    Part,
    Problems,
    Rich,
    Row,
    Section,
    Table,
)
from proficiency.items.tables import (
    has_columns,
    no_parts,
    only_blocks,
    row_names,
    table_of,
    whole_rows,
)

_EXAMPLE = """\
matching · 2 marks · standards 11.1

Who should the client go to first for each need?

### Options

- The first place
- The second place
- The third place

### Stems

| Need | Answer | Why |
|---|---|---|
| What the client needs | The first place | Why it is theirs. |
| What else is needed | The third place | Why it is theirs. |
"""


@dataclass(frozen=True)
class Stem:
    """One need, the key of the option that answers it, and why."""

    key: str
    words: Rich
    answer: str
    reason: Rich


@dataclass(frozen=True)
class Matching:
    """A question whose stems are each matched with one option."""

    question: Rich
    marks: Fraction
    options: tuple[tuple[str, Rich], ...]
    stems: tuple[Stem, ...]


class MatchingFormat(PairsFormat[Matching]):
    """Stores `{"answers": {stem id: option id}}`."""

    name = "matching"
    title = "Matching"
    notation = "matching"
    example = _EXAMPLE
    parts = ("Options", "Stems")

    def recognises(self, words: str, *settings: str) -> bool:
        return words in ("matching", "extended matching")

    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> Matching | None:
        _check_text(section, problems)
        bullets = _read_options(section, problems)
        options = [bullet.text for bullet in bullets]
        rows = _read_stems(section, options, problems)
        stem_names = row_names(rows, "need", "stem", problems)
        names = derive_names(
            [*(cells["need"] for _row, cells in rows), *options],
            [*stem_names, *_option_names(bullets, stem_names, problems)],
            "option",
        )[len(rows) :]
        by_words = dict(zip((option.casefold() for option in options), names, strict=True))
        return Matching(
            question=section.rich_text(section.blocks),
            marks=marks,
            options=tuple(zip(names, map(section.render_line, options), strict=True)),
            stems=tuple(
                Stem(
                    name,
                    section.render_line(cells["need"]),
                    by_words.get(cells["answer"].casefold(), ""),
                    section.render_line(cells["why"]),
                )
                for (_row, cells), name in zip(rows, stem_names, strict=True)
            ),
        )

    def to_json(self, body: Matching) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "options": [{"key": key, "words": words.to_json()} for key, words in body.options],
            "stems": [
                {
                    "key": stem.key,
                    "words": stem.words.to_json(),
                    "answer": stem.answer,
                    "reason": stem.reason.to_json(),
                }
                for stem in body.stems
            ],
        }

    def from_json(self, data: Json) -> Matching:
        return Matching(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            options=tuple((each["key"], Rich.from_json(each["words"])) for each in data["options"]),
            stems=tuple(
                Stem(
                    each["key"],
                    Rich.from_json(each["words"]),
                    each["answer"],
                    Rich.from_json(each["reason"]),
                )
                for each in data["stems"]
            ),
        )

    def marks_of(self, body: Matching) -> Fraction:
        return body.marks

    def slots(self, body: Matching) -> tuple[Slot, ...]:
        choices = tuple(key for key, _words in body.options)
        return tuple(Slot(stem.key, choices) for stem in body.stems)

    def credit(self, body: Matching, slot: str, choice: str) -> Fraction:
        return Fraction(any(s.key == slot and s.answer == choice for s in body.stems))

    def line(self, body: Matching, slot: str, choice: str) -> str:
        stem = next(stem for stem in body.stems if stem.key == slot)
        return f"{stem.words.markdown}: {dict(body.options)[choice].markdown}"

    def candidate_view(self, body: Matching, ids: Mapping[str, str], order: Sequence[str]) -> Json:
        check_ids(self.local_keys(body), ids, order)
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "stems": shown({stem.key: stem.words for stem in body.stems}, ids, order),
            "options": shown(dict(body.options), ids, order),
        }

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        given = {shown[part]: shown[each] for part, each in answer.get("answers", {}).items()}
        right = [stem for stem in body["stems"] if given.get(stem["key"]) == stem["answer"]]
        return Fraction(body["marks"]) * len(right) / len(body["stems"])


def _check_text(section: Section, problems: Problems) -> None:
    if not section.blocks:
        problems.error(section.line, _("the question has no text: write it above “### Options”"))
    for block in section.blocks:
        if isinstance(block, Table):
            problems.error(block.line, _("the table of a matching question stands in “### Stems”"))


def _read_options(section: Section, problems: Problems) -> list[Bullet]:
    part = section.part("Options")
    if part is None:
        problems.error(
            section.line, _("the part “### Options” is missing: list the options, each as “- …”")
        )
        return []
    only_blocks(part, (BulletList,), _("a list of options"), problems)
    no_parts(part, problems)
    return _check_options(part, problems)


def _check_options(part: Part, problems: Problems) -> list[Bullet]:
    lists = [block for block in part.blocks if isinstance(block, BulletList)]
    bullets = [bullet for each in lists for bullet in each.bullets]
    seen: set[str] = set()
    kept = []
    for bullet in bullets:
        is_named = len(bullet.below) == 1 and is_naming(bullet.below[0])
        is_list = bool(bullet.below) and not is_named
        if bullet.box is not None or is_list or bullet.has_more or not bullet.text:
            problems.error(
                bullet.line,
                _(
                    "an option to match with is words only: “- …”, without a box, and below it at "
                    "most its name, as in “  - name housing-office”"
                ),
            )
        if bullet.text.casefold() in seen:
            problems.error(bullet.line, _("this option stands twice: keep one"))
            continue
        seen.add(bullet.text.casefold())
        kept.append(bullet)
    if not 3 <= len(kept) <= MAX_OPTIONS:
        problems.error(
            part.line,
            _("write between 3 and {most} options, and not {found}").format(
                most=MAX_OPTIONS, found=len(kept)
            ),
        )
    return kept


def _option_names(
    bullets: Sequence[Bullet], stems: Sequence[str], problems: Problems
) -> list[str | None]:
    """Return the names written below the options; stems and options share their names' space."""
    taken, names = set(stems), list[str | None]()
    for bullet in bullets:
        name = given_name(bullet, problems)
        if name in taken:
            problems.error(
                bullet.below[0].line,
                _("the name “{name}” stands twice in this question: change one").format(name=name),
            )
            name = None
        if name:
            taken.add(name)
        names.append(name)
    return names


def _read_stems(
    section: Section, options: Sequence[str], problems: Problems
) -> list[tuple[Row, dict[str, str]]]:
    table = table_of(section.part("Stems"), "Stems", section, problems)
    if table is None or not has_columns(table, ("Need", "Answer", "Why"), _("“Stems”"), problems):
        return []
    rows = whole_rows(table, problems)
    if len(rows) < 2:
        problems.error(table.line, _("a matching question has at least two stems"))
    for row, cells in rows:
        _check_answer(row, cells, options, problems)
    if options and len({cells["answer"].casefold() for _row, cells in rows}) == 1 < len(rows):
        problems.warn(table.line, _("every stem has the same answer; vary what they ask"))
    return rows


def _check_answer(
    row: Row, cells: Mapping[str, str], options: Sequence[str], problems: Problems
) -> None:
    if options and cells["answer"].casefold() not in {each.casefold() for each in options}:
        near = nearest(cells["answer"], options)
        hint = _(" Did you mean “{near}”?").format(near=near) if near else ""
        problems.error(
            row.line,
            _("“{answer}” is none of the options.").format(answer=cells["answer"]) + hint,
        )
    warn_without_reason(row.line, cells["why"], problems, WHY_THIS_OPTION)


FORMAT = MatchingFormat()
