"""Reads the example responses of a written question: the answer, its levels and the reasons.

They become practice, qualification and seed scripts, so their marks must follow from their levels.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _, count_words
from proficiency.items.names import derive_names, nearest
from proficiency.items.numbers import plain, read_number
from proficiency.items.reasons import WHY_THIS_LEVEL, warn_without_reason
from proficiency.items.rubric import (
    Criterion,
    ExampleLevel,
    ExampleResponse,
    rubric_max,
    score_criteria,
)
from proficiency.items.section import Part, Problems, Quote, Row, Section, Table
from proficiency.items.tables import has_columns, no_parts, only_blocks, whole_rows

_TITLE = re.compile(r"(?P<title>.+?)\s*:\s*(?P<mark>\S+) of (?P<of>\S+)", re.I)
_COLUMNS = ("Criterion", "Level", "Why")
_NEW_LINE = re.compile(r"\s*(?:[-*+]|[0-9]{1,9}[.)])\s")


def read_examples(
    section: Section,
    criteria: Sequence[Criterion],
    word_limit: int | None,
    problems: Problems,
) -> tuple[ExampleResponse, ...]:
    """Read `### Example responses`; warns when there are fewer than two."""
    part = section.part("Example responses")
    below = part.parts if part else ()
    if part:
        only_blocks(
            part, (), _("“#### Below the standard: 2 of 12”, its answer and a table"), problems
        )
    if len(below) < 2:
        problems.warn(
            part.line if part else section.line,
            _(
                "fewer than two example responses: assessors learn the standard from answers just "
                "above and just below it"
            ),
        )
    drafts = [_read_example(each, criteria, word_limit, problems) for each in below]
    found = [draft for draft in drafts if draft is not None]
    names = derive_names([each.title for each in found], [None] * len(found), "example")
    return tuple(
        ExampleResponse(name, each.title, each.mark, each.text, each.levels)
        for name, each in zip(names, found, strict=True)
    )


@dataclass(frozen=True)
class _Draft:
    title: str
    mark: Fraction
    text: str
    levels: tuple[ExampleLevel, ...]


def _read_example(
    part: Part, criteria: Sequence[Criterion], word_limit: int | None, problems: Problems
) -> _Draft | None:
    before = problems.error_count
    title = _TITLE.fullmatch(part.title)
    mark = read_number(title["mark"]) if title else None
    of = read_number(title["of"]) if title else None
    if title is None or mark is None or of is None:
        problems.error(
            part.line,
            _("“#### {title}”: write the level and the marks, as in “#### Below: 2 of 12”").format(
                title=part.title
            ),
        )
        return None
    only_blocks(part, (Quote, Table), _("a quote and a table"), problems)
    no_parts(part, problems)
    text = _read_text(part, word_limit, problems)
    levels = _read_levels(part, criteria, problems)
    if problems.error_count == before and criteria:
        _check_sum(part, mark, of, criteria, levels, problems)
    return _Draft(title["title"], mark, text, levels)


def _read_text(part: Part, word_limit: int | None, problems: Problems) -> str:
    quotes = [block for block in part.blocks if isinstance(block, Quote)]
    if not quotes:
        problems.error(
            part.line,
            _("the answer is missing: write it as a quote, each line with “> ” before it"),
        )
        return ""
    text = "\n\n".join(unwrap(quote.inner) for quote in quotes)
    words = count_words(text)
    if word_limit is not None and words > word_limit:
        problems.warn(
            quotes[0].line,
            _("this example has {words} words, over the question's limit of {limit}").format(
                words=words, limit=word_limit
            ),
        )
    return text


def unwrap(markdown: str) -> str:
    """Join the wrapped lines of each paragraph, as a candidate would have typed it."""
    lines: list[str] = []
    for line in markdown.strip().split("\n"):
        words = line.strip()
        if words and lines and lines[-1] and not _NEW_LINE.match(line):
            lines[-1] += f" {words}"
        else:
            lines.append(words)
    return "\n".join(lines)


def _read_levels(
    part: Part, criteria: Sequence[Criterion], problems: Problems
) -> tuple[ExampleLevel, ...]:
    tables = [block for block in part.blocks if isinstance(block, Table)]
    if len(tables) != 1:
        problems.error(
            part.line,
            _("write one table with the columns Criterion, Level and Why below the answer"),
        )
        return ()
    table = tables[0]
    rows = whole_rows(table, problems)
    if not has_columns(table, _COLUMNS, _("the table of levels"), problems):
        return ()
    found = [
        level
        for row, cells in rows
        if (level := _read_level(row, cells, criteria, problems)) is not None
    ]
    _check_complete(table, found, criteria, problems)
    return tuple(found)


def _read_level(
    row: Row, cells: dict[str, str], criteria: Sequence[Criterion], problems: Problems
) -> ExampleLevel | None:
    by_title = {criterion.title.casefold(): criterion for criterion in criteria}
    criterion = by_title.get(cells["criterion"].casefold())
    if criterion is None:
        if criteria:
            problems.error(row.line, _unknown_criterion(cells["criterion"], criteria))
        return None
    allowed = [str(level.value) for level in criterion.levels]
    if cells["level"] not in allowed:
        problems.error(
            row.line,
            _("“{title}” has no level “{level}”; it has {allowed}").format(
                title=criterion.title, level=cells["level"], allowed=", ".join(allowed)
            ),
        )
        return None
    warn_without_reason(row.line, cells["why"], problems, WHY_THIS_LEVEL)
    return ExampleLevel(criterion.key, int(cells["level"]), cells["why"])


def _unknown_criterion(title: str, criteria: Sequence[Criterion]) -> str:
    titles = [criterion.title for criterion in criteria]
    near = nearest(title, titles)
    known = _("did you mean “{near}”?").format(near=near) if near else ", ".join(titles)
    return _("the rubric has no criterion “{title}”: {known}").format(title=title, known=known)


def _check_complete(
    table: Table,
    found: Sequence[ExampleLevel],
    criteria: Sequence[Criterion],
    problems: Problems,
) -> None:
    given = [level.criterion for level in found]
    for criterion in criteria:
        if given.count(criterion.key) != 1:
            problems.error(
                table.line,
                _("give “{title}” exactly one row with a level").format(title=criterion.title),
            )


def _check_sum(
    part: Part,
    mark: Fraction,
    of: Fraction,
    criteria: Sequence[Criterion],
    levels: Sequence[ExampleLevel],
    problems: Problems,
) -> None:
    top = rubric_max(criteria)
    total = score_criteria(criteria, {level.criterion: level.level for level in levels})
    if total != mark:
        problems.error(
            part.line,
            _("the heading says {mark} marks, and the levels add up to {total}").format(
                mark=plain(mark), total=plain(total)
            ),
        )
    if of != top:
        problems.error(
            part.line,
            _("the heading says “of {of}”, and the rubric gives at most {top}").format(
                of=plain(of), top=plain(top)
            ),
        )
