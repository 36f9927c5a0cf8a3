"""Answer tables and parts: what may stand where, and what to say when something else does.

Nothing that an author writes is silently ignored: what a part has no use for is an error.
"""

from collections.abc import Sequence

from proficiency.core.text import _
from proficiency.items.numbers import counted
from proficiency.items.section import Block, Part, Problems, Row, Table


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
