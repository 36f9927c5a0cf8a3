"""The line under a question's heading: format, marks, minutes, standards and name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from proficiency.core.text import _
from proficiency.items.names import is_name
from proficiency.items.numbers import read_number
from proficiency.items.section import Citation, Cited, Problems, Words

_DIVIDER = re.compile(r"[·,]")
_MARKS = re.compile(r"(?P<number>\S+) marks?", re.I)
_MINUTES = re.compile(r"(?P<number>\S+) (?:minutes?|min)", re.I)
_STANDARDS = re.compile(r"standards?:?(?:\s+(?P<codes>.*))?", re.I)
_NAME = re.compile(r"name:?(?:\s+(?P<name>.*))?", re.I)
_LIKE_CODE = re.compile(r"(?:and\s+)?(?:[A-Za-z]|[0-9][0-9A-Za-z.]*)", re.I)
_CODE_DIVIDER = re.compile(r"[,;\s]+")
_MAX_SUGGESTIONS = 100
"""After so many errors the file is not a case with slips, and comparing codes takes its time."""

_MAX_SUGGESTED = 12
"""Characters of a faulty code that are worth comparing with the known ones."""


class StandardsFramework(Protocol):
    """What reading a case needs of a framework (see `proficiency.framework.rules.Framework`)."""

    @property
    def name_version(self) -> str: ...

    def __contains__(self, code: object) -> bool: ...

    def nearest_codes(self, code: str, limit: int = 3) -> tuple[str, ...]: ...


Further = Mapping[str, StandardsFramework]
"""Other frameworks that a case may cite, by the word before their codes: `babicm`, `scope`."""

NO_FURTHER: Further = {}


@dataclass(frozen=True)
class Notation:
    """The line, read. `rest` are the parts that only the format understands."""

    format: Words
    rest: tuple[Words, ...]
    marks: Fraction | None
    minutes: int | None
    standards: tuple[str, ...]
    name: str | None
    further: tuple[Citation, ...] = ()

    @property
    def kind_words(self) -> tuple[str, ...]:
        """What a format is recognised by: the first part of the line and what only it knows."""
        return (self.format.text, *(words.text for words in self.rest))


def read_notation(
    lines: Sequence[Words],
    heading_line: int,
    framework: StandardsFramework,
    problems: Problems,
    further: Further = NO_FURTHER,
) -> Notation:
    """Read the line under a question; the format itself is only named here, not looked up.

    `further` are other frameworks that it may cite, by the word before their codes.
    """
    parts = divided(lines, further)
    if not parts:
        problems.error(
            heading_line,
            _(
                "the line under the question is missing: write for example “best answer · 1 mark · "
                "standards 2.3”"
            ),
        )
        return Notation(Words("", heading_line), (), None, None, (), None)
    first, *others = parts
    reader = _Reader(first.line, problems)
    cited, others = _further_citations(others, further, problems)
    rest = tuple(words for words in others if not reader.take(words))
    codes = _codes(reader, framework, problems)
    if reader.codes is None or not reader.codes.text:
        problems.error(
            first.line,
            _("the question cites no standard: add for example “standards 2.3, 13.4”"),
        )
    return Notation(first, rest, reader.marks, reader.minutes, codes, reader.name, cited)


def _further_citations(
    parts: Sequence[Words], further: Further, problems: Problems
) -> tuple[tuple[Citation, ...], list[Words]]:
    """Take the parts that cite another framework; returns what they cite and the other parts."""
    cited: dict[Citation, None] = {}
    rest = []
    for words in parts:
        short, _space, codes = words.text.partition(" ")
        framework = further.get(short.casefold().rstrip(":"))
        if framework is None:
            rest.append(words)
            continue
        for code in read_codes(codes, words.line, framework, problems):
            cited[Citation(framework.name_version, code)] = None
    return tuple(cited), rest


def read_cited(
    text: str, line: int, framework: StandardsFramework, further: Further, problems: Problems
) -> Cited:
    """Read words such as `2.3, 2.4; babicm 7a`: codes of the case's framework, then of others."""
    parts = [Words(part.strip(), line) for part in text.split(";")]
    cited, rest = _further_citations(parts, further, problems)
    codes = ", ".join(words.text for words in rest)
    return Cited(read_codes(codes, line, framework, problems), cited)


def divided(lines: Sequence[Words], further: Further = NO_FURTHER) -> list[Words]:
    """Divide at dots and commas, keeping the codes of a list of standards together."""
    parts: list[Words] = []
    for line in lines:
        for piece in _DIVIDER.split(line.text):
            text = " ".join(piece.split())
            if not text:
                continue
            if parts and _continues(parts[-1].text, text, further):
                parts[-1] = Words(f"{parts[-1].text}, {text}", parts[-1].line)
            else:
                parts.append(Words(text, line.line))
    return parts


def _continues(earlier: str, text: str, further: Further) -> bool:
    """Whether `text` goes on with the list of codes in `earlier`."""
    if _STANDARDS.fullmatch(earlier):
        return _LIKE_CODE.fullmatch(text) is not None
    framework = further.get(earlier.split(" ", 1)[0].casefold().rstrip(":"))
    return framework is not None and text in framework


class _Reader:
    """Takes the parts that every format has, each at most once."""

    def __init__(self, line: int, problems: Problems) -> None:
        self.line = line
        self.problems = problems
        self.marks: Fraction | None = None
        self.minutes: int | None = None
        self.codes: Words | None = None
        self.name: str | None = None
        self._seen: set[str] = set()

    def take(self, words: Words) -> bool:
        """Whether `words` is one of those parts; reads it if so."""
        for kind, pattern, read in (
            (_("the marks"), _MARKS, self._marks),
            (_("the minutes"), _MINUTES, self._minutes),
            (_("the standards"), _STANDARDS, self._standards),
            (_("the name"), _NAME, self._name),
        ):
            found = pattern.fullmatch(words.text)
            if found:
                if kind in self._seen:
                    self.problems.error(
                        words.line, _("the line gives {kind} twice: keep one").format(kind=kind)
                    )
                self._seen.add(kind)
                read(found, words)
                return True
        return False

    def _marks(self, found: re.Match[str], words: Words) -> None:
        self.marks = read_number(found["number"])
        if not self.marks:
            self.marks = None
            self.problems.error(
                words.line,
                _("“{text}”: write marks as a number above 0, as in “4 marks”").format(
                    text=words.text
                ),
            )

    def _minutes(self, found: re.Match[str], words: Words) -> None:
        number = read_number(found["number"])
        if number is None or number.denominator != 1 or not 0 < number <= 600:
            self.problems.error(
                words.line,
                _("“{text}”: write minutes as a whole number, as in “18 minutes”").format(
                    text=words.text
                ),
            )
        else:
            self.minutes = int(number)

    def _standards(self, found: re.Match[str], words: Words) -> None:
        self.codes = Words(found["codes"] or "", words.line)

    def _name(self, found: re.Match[str], words: Words) -> None:
        name = found["name"] or ""
        if is_name(name):
            self.name = name
        else:
            self.problems.error(
                words.line,
                _(
                    "“{text}” is no name: use small letters, digits and hyphens, as in “name "
                    "spending-limit”"
                ).format(text=words.text),
            )


def _codes(reader: _Reader, framework: StandardsFramework, problems: Problems) -> tuple[str, ...]:
    if reader.codes is None:
        return ()
    return read_codes(reader.codes.text, reader.codes.line, framework, problems)


def read_codes(
    text: str, line: int, framework: StandardsFramework, problems: Problems
) -> tuple[str, ...]:
    """Return the known codes in words such as `1.1, 11.5`; reports each unknown one, once."""
    written = dict.fromkeys(
        code for code in _CODE_DIVIDER.split(text.strip(" .")) if code not in ("", "and")
    )
    for code in written:
        if code not in framework:
            suggests = problems.error_count < _MAX_SUGGESTIONS
            problems.error(line, _unknown_code(code, framework, suggests=suggests))
    return tuple(code for code in written if code in framework)


def _unknown_code(code: str, framework: StandardsFramework, *, suggests: bool) -> str:
    near = framework.nearest_codes(code) if suggests and len(code) <= _MAX_SUGGESTED else ()
    hint = _(" Did you mean {codes}?").format(codes=_(" or ").join(near)) if near else ""
    return (
        _("there is no standard “{code}” in {framework}.").format(
            code=code[:40], framework=framework.name_version
        )
        + hint
    )
