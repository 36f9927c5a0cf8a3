"""What a question looks like before its format reads it: blocks of Markdown with line numbers.

A format never sees Markdown's syntax. It is handed the question as paragraphs, lists, quotes and
tables, each with the line where it began, and a place to report every problem that it finds.
Nothing here raises on what an author wrote: problems are collected, all of them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """Whether a problem stops publication."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that an author should look at: where it is, and what to write instead."""

    line: int
    severity: Severity
    message: str
    code: str = ""
    """A short name that stays, for advice that docs/guides/advice.md explains; "" for the rest."""

    @property
    def is_error(self) -> bool:
        """Whether the case cannot be published until this is put right."""
        return self.severity is Severity.ERROR

    def show(self, file: str) -> str:
        """Return the problem as editors and terminals expect it: `file:line: message`."""
        word = "" if self.is_error else "warning: "
        return f"{file}:{self.line}: {word}{self.full_message}"

    @property
    def full_message(self) -> str:
        """The message with its code after it, where it has one."""
        return f"{self.message} [{self.code}]" if self.code else self.message


class Problems:
    """Collects problems while a case is read, so that the author sees all of them at once."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}
        self.error_count = 0

    def error(self, line: int, message: str, code: str = "") -> None:
        """Report something that stops publication."""
        self._add(Problem(max(line, 1), Severity.ERROR, message, code))
        self.error_count += 1

    def warn(self, line: int, message: str, code: str = "") -> None:
        """Report a likely flaw that the author may decide to keep, under its stable `code`."""
        self._add(Problem(max(line, 1), Severity.WARNING, message, code))

    def _add(self, problem: Problem) -> None:
        self._found[problem] = None

    def in_order(self) -> tuple[Problem, ...]:
        """Return what was found by line, errors before warnings on the same line, none twice."""
        return tuple(sorted(self._found))


@dataclass(frozen=True)
class Rich:
    """Words of a case: as the author wrote them, and as sanitised HTML made once."""

    markdown: str
    html: str

    def to_json(self) -> dict[str, str]:
        """Return the plain form that content is stored in."""
        return {"html": self.html, "markdown": self.markdown}

    @classmethod
    def from_json(cls, data: dict[str, str]) -> "Rich":
        """Read the plain form back."""
        return cls(markdown=data["markdown"], html=data["html"])


@dataclass(frozen=True)
class Words:
    """A short piece of text and the line on which it stands."""

    text: str
    line: int


@dataclass(frozen=True)
class Bullet:
    """One entry of a list. `box` is True for `[x]`, False for `[ ]`, None without a box."""

    line: int
    text: str
    box: bool | None = None
    below: tuple["Bullet", ...] = ()
    has_more: bool = False
    """Whether something other than a list of bullets follows inside the entry."""


@dataclass(frozen=True)
class Row:
    """One row of a table. `count` is how many cells the author wrote, before any were padded."""

    line: int
    cells: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Block:
    """One block of a question. `source` is its Markdown, for showing it as it is."""

    line: int
    source: str


@dataclass(frozen=True)
class Prose(Block):
    """A paragraph."""


@dataclass(frozen=True)
class Quote(Block):
    """A quotation. `inner` is its Markdown without the `>` marks."""

    inner: str


@dataclass(frozen=True)
class BulletList(Block):
    """A list, numbered or not."""

    bullets: tuple[Bullet, ...]

    @property
    def has_boxes(self) -> bool:
        """Whether any entry is a task-list bullet, which makes the list one of options."""
        return any(bullet.box is not None for bullet in self.bullets)


@dataclass(frozen=True)
class Table(Block):
    """A table with a header row."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """A `###` or `####` heading within a question, with what stands below it."""

    title: str
    line: int
    blocks: tuple[Block, ...]
    parts: tuple["Part", ...] = ()


ExhibitFinder = Callable[[int], tuple[Block, ...] | None]
"""Takes the number of an exhibit; gives its blocks, or None unless candidates have seen it here."""


@dataclass(frozen=True, order=True)
class Citation:
    """A code of a further framework, such as `7a` of `babicm-competencies/1`."""

    framework: str
    code: str


@dataclass(frozen=True)
class Cited:
    """What a question or a criterion is keyed to: codes of the case's framework, and of others."""

    standards: tuple[str, ...] = ()
    further: tuple[Citation, ...] = ()


CodeReader = Callable[[str, int, Problems], tuple[str, ...]]
"""Takes words such as `1.1, 11.5`, their line and a place for problems; gives the known codes."""

CitedReader = Callable[[str, int, Problems], Cited]
"""The same for words such as `1.1, 11.5; babicm 7a`, with the codes of further frameworks."""


@dataclass(frozen=True)
class Section:
    """One question as its author wrote it, ready for its format to read.

    `settings` are the parts of the line under the heading that belong to the format alone; marks,
    minutes, standards and the name were taken out of it before.
    """

    line: int
    notation: Words
    settings: tuple[Words, ...]
    marks: Fraction | None
    minutes: int | None
    standards: tuple[str, ...]
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...]
    render_line: Callable[[str], Rich]
    render_text: Callable[[str], Rich]
    read_codes: CodeReader
    read_cited: CitedReader
    find_exhibit: ExhibitFinder

    def setting(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the first setting that matches `pattern` as a whole, or None."""
        words = (self.notation, *self.settings)
        return next((found for each in words if (found := pattern.fullmatch(each.text))), None)

    def part(self, title: str) -> Part | None:
        """Return the first `###` part with this title, whatever its capitals, or None."""
        wanted = title.casefold()
        return next((part for part in self.parts if part.title.casefold() == wanted), None)

    def rich_text(self, blocks: Sequence[Block]) -> Rich:
        """Return several blocks as one text."""
        return self.render_text("\n\n".join(block.source for block in blocks))
