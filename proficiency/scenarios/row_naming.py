"""Names written into tables of answers, and below the options of a matching question.

Invariants kept: a name is the one that reading the question gives, so that writing it down changes
nothing that is read; a table that has a column "Name" is left as it is; only lines of the table or
of the option change.
"""

from collections.abc import Iterator, Mapping, Sequence

from proficiency.items.matching import Matching
from proficiency.items.section import BulletList, Part, Problems, Table
from proficiency.items.tables import NAME_COLUMN, row_names, whole_rows
from proficiency.scenarios.parser import Question
from proficiency.scenarios.reader import Source

FIRST_COLUMNS: Mapping[str, str] = {
    "action": "action",
    "reply": "reply",
    "need": "stem",
    "answer": "answer",
}
"""The first column of each kind of table, and what a row is called whose words give no name."""

TABLE_PARTS = ("stems", "accepted")


def row_lines(question: Question, source: Source) -> dict[int, str]:
    """Return the lines, from 0, that change so that each row and matching option has its name."""
    if question.item is None:
        return {}
    changed: dict[int, str] = {}
    for table in _tables(question):
        changed |= _with_names(table, source)
    if isinstance(question.item.body, Matching):
        changed |= _option_lines(question, question.item.body, source)
    return changed


def _tables(question: Question) -> Iterator[Table]:
    parts = [part for part in question.outline.parts if part.title.casefold() in TABLE_PARTS]
    for blocks in (question.outline.blocks, *(part.blocks for part in parts)):
        yield from (block for block in blocks if isinstance(block, Table))


def _with_names(table: Table, source: Source) -> dict[int, str]:
    columns = [column.casefold() for column in table.columns]
    if NAME_COLUMN in columns or columns[0] not in FIRST_COLUMNS:
        return {}
    silent = Problems()
    rows = whole_rows(table, silent)
    names = row_names(rows, columns[0], FIRST_COLUMNS[columns[0]], silent)
    lines = [row.line for row, _cells in rows]
    return column_lines(table, dict(zip(lines, names, strict=True)), source)


def column_lines(table: Table, names: Mapping[int, str], source: Source) -> dict[int, str]:
    """Return the lines of a table with a last column "Name"; `names` are given by line, from 1."""
    cells = {table.line - 1: "Name", table.line: "---"}
    cells |= {line - 1: name for line, name in names.items()}
    return {at: _with_cell(source.lines[at], cell) for at, cell in cells.items()}


def _with_cell(line: str, cell: str) -> str:
    row = line.rstrip()
    is_rule = cell == "---"
    if row.endswith("|"):
        return f"{row}{cell}|" if is_rule else f"{row} {cell} |"
    return f"{row}|{cell}" if is_rule else f"{row} | {cell}"


def _option_lines(question: Question, body: Matching, source: Source) -> dict[int, str]:
    part = next(part for part in question.outline.parts if part.title.casefold() == "options")
    bullets = [
        bullet for block in part.blocks if isinstance(block, BulletList) for bullet in block.bullets
    ]
    ends = _ends(part, [bullet.line for bullet in bullets], source)
    changed = {}
    for (key, _words), bullet, end in zip(body.options, bullets, ends, strict=True):
        if not bullet.below:
            first = source.lines[bullet.line - 1]
            indent = first[: len(first) - len(first.lstrip())]
            ending = source.endings[end] or source.endings[0] or "\n"
            changed[end] = f"{source.lines[end]}{ending}{indent}  - name {key}"
    return changed


def _ends(part: Part, starts: Sequence[int], source: Source) -> Iterator[int]:
    """Yield the last line, from 0, of each option: its words may go on below their bullet."""
    lists = [block for block in part.blocks if isinstance(block, BulletList)]
    behind = [block.line + block.source.count("\n") + 1 for block in lists]
    for start in starts:
        end = min(line for line in (*starts, *behind) if line > start) - 2
        while end > start - 1 and not source.lines[end].strip():
            end -= 1
        yield end
