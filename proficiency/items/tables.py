"""Answer tables and parts: what may stand where, and what to say when something else does.

Nothing that an author writes is silently ignored: what a part has no use for is an error.
"""

from collections.abc import Sequence

from proficiency.core.text import _
from proficiency.items.names import derive_names, is_name
from proficiency.items.numbers import counted
from proficiency.items.section import Block, Part, Problems, Rich, Row, Section, Table


def has_columns(table: Table, wanted: Sequence[str], of: str, problems: Problems) -> bool:
    """Whether `table` has each column in `wanted`; reports each one that is missing.

    `of` names the table in messages, as in “the rubric”.
    """
    columns = {column.casefold() for column in table.columns}
    missing = [name for name in wanted if name.casefold() not in columns]
    for name in missing:
        problems.error(
            table.line,
            _("{of} has no column “{name}”: its first row begins | {wanted} |").format(
                of=of, name=name, wanted=" | ".join(wanted)
            ),
        )
    return not missing


def whole_rows(table: Table, problems: Problems) -> list[tuple[Row, dict[str, str]]]:
    """Return each row with its cells by column (in small letters).

    Rows with too few or too many cells are reported and left out, because nobody can know which
    cell is missing.
    """
    columns = [column.casefold() for column in table.columns]
    rows = []
    for row in table.rows:
        if row.count == len(columns):
            rows.append((row, dict(zip(columns, row.cells, strict=True))))
        else:
            problems.error(row.line, _wrong_cells(row, table))
    return rows


def _wrong_cells(row: Row, table: Table) -> str:
    return _(
        "this row has {found}, and the table has {wanted}: look at the | marks (within a cell, "
        "write \\|)"
    ).format(
        found=counted(row.count, _("cell"), _("cells")),
        wanted=counted(len(table.columns), _("column"), _("columns")),
    )


def only_blocks(
    part: Part, kinds: tuple[type[Block], ...], wanted: str, problems: Problems
) -> None:
    """Report every block of `part` that is none of `kinds`. `wanted` says what may stand there."""
    for block in part.blocks:
        if not isinstance(block, kinds):
            problems.error(
                block.line,
                _("this is not read under “{title}”, where {wanted} is expected").format(
                    title=part.title, wanted=wanted
                ),
            )


def no_parts(part: Part, problems: Problems) -> None:
    """Report headings below `part`, which has no use for any."""
    for below in part.parts:
        problems.error(
            below.line,
            _("“{title}” has no headings of its own: take this one out").format(title=part.title),
        )


def text_and_table(section: Section, example: str, problems: Problems) -> tuple[Rich, Table | None]:
    """Return the question's text and the one answer table below it.

    `example` is the table's first row, for the message when there is none.
    """
    tables = [block for block in section.blocks if isinstance(block, Table)]
    text = [block for block in section.blocks if not isinstance(block, Table)]
    if not text:
        problems.error(section.line, _("the question has no text: write it above the table"))
    if not tables:
        problems.error(
            section.line, _("the answer table is missing: it begins {row}").format(row=example)
        )
    for extra in tables[1:]:
        problems.error(extra.line, _("a second table: keep one, data belongs in an exhibit"))
    for block in text:
        if tables and block.line > tables[0].line:
            problems.error(block.line, _("text below the answer table: move it above"))
    return section.rich_text(text), tables[0] if tables else None


def table_of(part: Part | None, title: str, section: Section, problems: Problems) -> Table | None:
    """Return the one table of a part; reports a part that is missing or holds something else."""
    if part is None:
        problems.error(
            section.line,
            _("the part “### {title}” is missing: add it with its table").format(title=title),
        )
        return None
    only_blocks(part, (Table,), _("a table"), problems)
    no_parts(part, problems)
    tables = [block for block in part.blocks if isinstance(block, Table)]
    if len(tables) != 1:
        problems.error(part.line, _("“{title}” needs one table").format(title=part.title))
        return None
    return tables[0]


NAME_COLUMN = "name"


def row_names(
    rows: Sequence[tuple[Row, dict[str, str]]], column: str, fallback: str, problems: Problems
) -> list[str]:
    """Return a name for each row: from a column “Name”, else from the words in `column`.

    Reports names that are none, and words or names that stand twice.
    """
    given: list[str | None] = []
    seen: dict[str, int] = {}
    for row, cells in rows:
        words, name = cells[column], cells.get(NAME_COLUMN) or None
        if not words:
            problems.error(row.line, _("this row has no words in its first column"))
        if name and not is_name(name):
            problems.error(
                row.line,
                _("“{name}” is no name: use small letters, digits and hyphens").format(name=name),
            )
            name = None
        for known in {words.casefold(), *([name] if name else [])}:
            if known in seen:
                problems.error(
                    row.line, _("this stands on line {line} already").format(line=seen[known])
                )
            seen[known] = row.line
        given.append(name)
    return derive_names([cells[column] for _row, cells in rows], given, fallback)
