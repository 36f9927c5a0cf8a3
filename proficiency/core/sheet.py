"""Tables as CSV that a spreadsheet opens as what they are, and never runs."""

import csv
import io
from collections.abc import Iterable, Sequence

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins like this may be taken for a formula (OWASP, “CSV injection”)."""


def sheet_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: with an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(RISKY) or text.startswith(RISKY) else text


def sheet_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as CSV in UTF-8 with a byte order mark, which spreadsheets need.

    Raises `ValueError` for a row that does not have a cell for each column.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError("a row does not fit the columns")
        writer.writerow([sheet_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")
