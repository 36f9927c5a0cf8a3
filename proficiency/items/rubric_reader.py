"""Reads what assessors mark a written response by, from the `###` parts of its question.

Every problem is reported with its line, and reading goes on: a faulty rubric still gets its example
responses checked as far as that makes sense.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.example_reader import read_examples
from proficiency.items.names import derive_names, is_name, nearest
from proficiency.items.numbers import counted, plain, read_number
from proficiency.items.rubric import Criterion, ExampleResponse, Level, Sign, rubric_max
from proficiency.items.section import (
    Bullet,
    BulletList,
    Cited,
    Part,
    Problems,
    Rich,
    Row,
    Section,
    Table,
    Words,
)
from proficiency.items.tables import has_columns, no_parts, only_blocks, whole_rows

MEETS = "meets the standard"
_LEVEL = re.compile(r"(?P<value>[0-9]{1,2})(?:[.:]?\s+(?P<label>\S.*))?")
_LEVEL_BULLET = re.compile(
    r"\**(?P<value>[0-9]{1,2})(?:[.]?\s+(?P<label>[^:*]+?))?\s*\**\s*:\s*\**\s*(?P<words>\S.*)"
)
_CODES_AT_END = re.compile(r"(?P<words>.*?) ?\((?P<codes>[^()]*)\) ?\.?", re.S)
_CODE = re.compile(r"[A-Za-z]|[0-9]{1,3}[a-z]?(?:\.[0-9]{1,3})?")
_HEADING = re.compile(
    r"(?P<title>.+?)(?:\s*\((?P<codes>[^()]*)\))?\s*[,·]\s*weight (?P<weight>\S+?)"
    r"(?:\s*[,·]\s*name (?P<name>\S+))?",
    re.I,
)
_CRITICAL = re.compile(r"\*\*\s*critical\s*:?\s*\*\*\s*:?\s*", re.I)


@dataclass(frozen=True)
class Marking:
    """Everything about a written response that the candidate does not get."""

    expected: Rich
    expected_standards: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    indicators: tuple[Sign, ...]
    traps: tuple[Sign, ...]
    examples: tuple[ExampleResponse, ...]


def read_rubric(
    section: Section, marks: Fraction, word_limit: int | None, problems: Problems
) -> Marking:
    """Read the parts below a written question and check that they agree with one another."""
    expected, expected_standards = _read_expected(section, problems)
    before = problems.error_count
    criteria = _read_criteria(section, problems)
    if problems.error_count > before:
        # What is compared with a faulty rubric would only add errors that follow from the first.
        criteria = ()
    _check_sum(section, criteria, marks, problems)
    indicators = _read_signs(section, "Positive indicators", problems)
    traps = _read_signs(section, "Bear traps", problems)
    examples = read_examples(section, criteria, word_limit, problems)
    _warn_about_standards(section, criteria, problems)
    return Marking(expected, expected_standards, criteria, indicators, traps, examples)


def codes_at_end(text: str) -> tuple[str, str]:
    """Split `… (3.5, 9.1)` into words and codes; codes are "" where the end is no code."""
    found = _CODES_AT_END.fullmatch(text)
    if found is None:
        return text, ""
    codes = [code.strip() for code in found["codes"].split(",")]
    if not all(_CODE.fullmatch(code) for code in codes):
        return text, ""
    return found["words"], found["codes"]


def part_bullets(part: Part) -> list[Bullet]:
    """Return the entries of all lists of a part, at their first level."""
    lists = [block for block in part.blocks if isinstance(block, BulletList)]
    return [bullet for block in lists for bullet in block.bullets]


def _read_expected(section: Section, problems: Problems) -> tuple[Rich, tuple[str, ...]]:
    part = section.part("Expected response")
    if part is None or not part.blocks:
        problems.error(
            part.line if part else section.line,
            _("the expected response is missing: list it under “### Expected response”"),
        )
        return Rich("", ""), ()
    no_parts(part, problems)
    codes: dict[str, None] = {}
    for bullet in part_bullets(part):
        written = codes_at_end(bullet.text)[1]
        codes |= dict.fromkeys(section.read_codes(written, bullet.line, problems))
    return section.rich_text(part.blocks), tuple(codes)


# Criteria: a table, or a heading with a bullet per level where cells grow long


def _read_criteria(section: Section, problems: Problems) -> tuple[Criterion, ...]:
    part = section.part("Rubric")
    if part is None:
        problems.error(
            section.line,
            _(
                "the rubric is missing: write “### Rubric” and a table with the columns Criterion, "
                "Weight, Standards, and one for each level (“0 Not shown”, “1 Partly” …)"
            ),
        )
        return ()
    only_blocks(part, (Table,), _("a table, or headings “#### Title (1.1), weight 1”"), problems)
    tables = [block for block in part.blocks if isinstance(block, Table)]
    drafts = [draft for table in tables for draft in _from_table(table, section, problems)]
    drafts += [draft for below in part.parts for draft in _from_part(below, section, problems)]
    if not drafts:
        problems.error(
            part.line,
            _("the rubric has no criteria: write a table, or “#### Title (1.1), weight 1” each"),
        )
    return _named(drafts, problems)


@dataclass(frozen=True)
class _Draft:
    line: int
    title: str
    name: str | None
    weight: Fraction
    cited: Cited
    levels: tuple[Level, ...]


def _named(drafts: Sequence[_Draft], problems: Problems) -> tuple[Criterion, ...]:
    names = derive_names(
        [draft.title for draft in drafts], [draft.name for draft in drafts], "criterion"
    )
    seen: dict[str, int] = {}
    for draft in drafts:
        folded = draft.title.casefold()
        if folded in seen:
            problems.error(
                draft.line,
                _("the criterion “{title}” is already on line {line}: join the two").format(
                    title=draft.title, line=seen[folded]
                ),
            )
        seen.setdefault(folded, draft.line)
        if not draft.cited.standards:
            problems.warn(
                draft.line,
                _("the criterion “{title}” cites no standard: say which it shows").format(
                    title=draft.title
                ),
                "no-standard",
            )
    return tuple(
        Criterion(
            name,
            draft.title,
            draft.weight,
            draft.cited.standards,
            draft.levels,
            draft.cited.further,
        )
        for name, draft in zip(names, drafts, strict=True)
    )


def _from_table(table: Table, section: Section, problems: Problems) -> list[_Draft]:
    has_all = has_columns(table, ("Criterion", "Weight", "Standards"), _("the rubric"), problems)
    levels = _level_columns(table, problems)
    rows = whole_rows(table, problems)
    if not has_all or not levels:
        return []
    return [_from_row(row, cells, levels, section, problems) for row, cells in rows]


def _level_columns(table: Table, problems: Problems) -> list[tuple[int, int, str]] | None:
    """Return (place, level, label) of each level's column; None and a problem if they are wrong."""
    found = []
    for place, column in enumerate(table.columns):
        if column.casefold() in {"criterion", "weight", "standards", "name"}:
            continue
        match = _LEVEL.fullmatch(column)
        if match is None:
            problems.error(table.line, _unknown_column(column))
            return None
        found.append((place, int(match["value"]), match["label"] or ""))
    _check_levels(table.line, [(value, label) for _place, value, label in found], problems)
    return found


def _unknown_column(column: str) -> str:
    near = nearest(column, ("Criterion", "Weight", "Standards", "Name"))
    hint = _(" Did you mean “{near}”?").format(near=near) if near else ""
    return (
        _(
            "the rubric's column “{column}” is not known. A level's column begins with its number, "
            "as in “2 Meets the standard”."
        ).format(column=column)
        + hint
    )


def _check_levels(line: int, levels: Sequence[tuple[int, str]], problems: Problems) -> None:
    if [value for value, _label in levels] != list(range(len(levels))) or len(levels) < 2:
        problems.error(
            line,
            _("levels count up from 0 without a gap: 0, 1, 2 …; found {found}").format(
                found=", ".join(str(value) for value, _label in levels) or _("none")
            ),
        )
        return
    named = {value: label.casefold() for value, label in levels if label}
    if named and MEETS not in named.values():
        problems.warn(
            line,
            _(
                "no level is called “Meets the standard”: assessors and judges need to know which "
                "one a competent case manager reaches"
            ),
        )


def _from_row(
    row: Row,
    cells: dict[str, str],
    levels: Sequence[tuple[int, int, str]],
    section: Section,
    problems: Problems,
) -> _Draft:
    title = cells["criterion"]
    if not title:
        problems.error(row.line, _("this row of the rubric does not name its criterion"))
    for place, value, _label in levels:
        if not row.cells[place]:
            problems.error(
                row.line,
                _("“{title}” does not say what level {value} looks like").format(
                    title=title, value=value
                ),
            )
    return _Draft(
        line=row.line,
        title=title,
        name=_read_name(cells.get("name", ""), row.line, problems),
        weight=_read_weight(cells["weight"], row.line, problems),
        cited=section.read_cited(cells["standards"], row.line, problems),
        levels=tuple(
            Level(value, label, section.render_line(row.cells[place]))
            for place, value, label in levels
        ),
    )


def _from_part(part: Part, section: Section, problems: Problems) -> list[_Draft]:
    found = _HEADING.fullmatch(part.title)
    if found is None:
        problems.error(
            part.line,
            _("“#### {title}” is no criterion: write “#### Risk (1.1), weight 2”").format(
                title=part.title
            ),
        )
        return []
    only_blocks(part, (BulletList,), _("a list with a line for each level"), problems)
    levels = tuple(
        level
        for bullet in part_bullets(part)
        if (level := _read_level(bullet, section, problems)) is not None
    )
    _check_levels(part.line, [(level.value, level.label) for level in levels], problems)
    draft = _Draft(
        line=part.line,
        title=found["title"],
        name=_read_name(found["name"] or "", part.line, problems),
        weight=_read_weight(found["weight"], part.line, problems),
        cited=section.read_cited(found["codes"] or "", part.line, problems),
        levels=levels,
    )
    return [draft] if levels else []


def _read_level(bullet: Bullet, section: Section, problems: Problems) -> Level | None:
    found = _LEVEL_BULLET.fullmatch(bullet.text)
    if found is None:
        problems.error(
            bullet.line,
            _("a level reads “- 2 Meets the standard: what such an answer shows”"),
        )
        return None
    return Level(int(found["value"]), found["label"] or "", section.render_line(found["words"]))


def _read_weight(text: str, line: int, problems: Problems) -> Fraction:
    weight = read_number(text)
    if weight is None or weight == 0:
        problems.error(
            line,
            _("the weight “{text}” is not a number above 0, such as 1 or 0.5").format(text=text),
        )
        return Fraction(1)
    return weight


def _read_name(text: str, line: int, problems: Problems) -> str | None:
    if not text:
        return None
    if not is_name(text):
        problems.error(
            line,
            _("“{name}” is no name: use small letters, digits and hyphens").format(name=text),
        )
        return None
    return text


def _check_sum(
    section: Section, criteria: Sequence[Criterion], marks: Fraction, problems: Problems
) -> None:
    """Σ weight × top level must be the question's marks; says the sum when it is not."""
    if not criteria or section.marks is None:
        return
    total = rubric_max(criteria)
    if total != marks:
        problems.error(
            section.notation.line,
            _(
                "the question gives {marks}, and the rubric adds up to {total} (weight × top level "
                "of each criterion): change one"
            ).format(marks=counted(marks, _("mark"), _("marks")), total=plain(total)),
            "rubric-marks",
        )


# Indicators and traps


def _read_signs(section: Section, title: str, problems: Problems) -> tuple[Sign, ...]:
    part = section.part(title)
    if part is None:
        problems.warn(
            section.line,
            _("there is no “### {title}”: list what assessors should look for").format(title=title),
        )
        return ()
    no_parts(part, problems)
    only_blocks(part, (BulletList,), _("a list, each line with “- ” before it,"), problems)
    found = [_read_sign(bullet, section, problems) for bullet in part_bullets(part)]
    if not found:
        problems.error(part.line, _("“### {title}” is empty: add a list").format(title=title))
    names = derive_names([words.text for words, *_rest in found], [None] * len(found), "sign")
    return tuple(
        Sign(name, section.render_line(words.text), codes, is_critical)
        for name, (words, codes, is_critical) in zip(names, found, strict=True)
    )


def _read_sign(
    bullet: Bullet, section: Section, problems: Problems
) -> tuple[Words, tuple[str, ...], bool]:
    text, written = codes_at_end(bullet.text)
    codes = section.read_codes(written, bullet.line, problems)
    found = _CRITICAL.match(text)
    words = text[found.end() :] if found else text
    if not words.strip():
        problems.error(bullet.line, _("this entry has no words"))
    if not codes:
        problems.warn(
            bullet.line, _("no standard is cited: add its code at the end, as in “(3.5)”")
        )
    return Words(words[:1].upper() + words[1:], bullet.line), codes, found is not None


def _warn_about_standards(
    section: Section, criteria: Sequence[Criterion], problems: Problems
) -> None:
    """A rubric may only judge what the task asks for, and should judge all of it."""
    claimed = {code for criterion in criteria for code in criterion.standards}
    asked = set(section.standards)
    for code in sorted(claimed - asked):
        problems.warn(
            section.notation.line,
            _("the rubric claims {code}, which the question's line does not list").format(
                code=code
            ),
            "standard-not-asked",
        )
    for code in sorted(asked - claimed) if criteria else ():
        problems.warn(
            section.notation.line,
            _("the question lists {code}, and no criterion of its rubric cites it").format(
                code=code
            ),
            "standard-not-judged",
        )
