"""Reading the official wording of a framework from the plain text of its publication.

Pure. The text is what one gets by saving the published document as text: pages with headers and
numbers, wrapped lines with or without blank lines between them, odd spaces, headings that hang
directly below a wording.

Invariants kept: a wording is passed on word for word, only its line breaks and odd spaces are
mended; whatever is in doubt is reported as a problem with its line, never guessed; all problems
are found in one reading.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, zip_longest
from types import MappingProxyType

from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.framework.rules import Framework, code_order

MAX_CHARACTERS = 1_000_000
MAX_HEADING_LINES = 3
MAX_HEADING_WORDS = 8
PAGE_HEADER_REPEATS = 3

_SUB_STANDARD = re.compile(r"(\d{1,2})\s?\.\s?(\d{1,2})(\s?[.)](?!\d)|\s|$)(.*)")
_STANDARD = re.compile(r"(\d{1,2})\s?[.)](?:\s(.*)|$)")
_THEME = re.compile(r"\[([A-Z])\](.*)")
_PAGE_NUMBER = re.compile(r"page \d+(?: of \d+)?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?][’”\"')]*$")
_NEW_SENTENCE = re.compile(r"[‘“\"'(]*[A-Z•]")
_BROKEN_AT = re.compile(r"\w[-–/]$")

# What text saved from a document holds in place of plain letters and spaces.
_ODD_CHARACTERS = {
    **dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\u2007\u202f\u2009\u200a\u3000\t\v"), " "),
    **dict.fromkeys(map(ord, "\N{SOFT HYPHEN}\u200b\u200c\u200d\u2060\ufeff\r\x00"), ""),
    **{ord("ﬀ"): "ff", ord("ﬁ"): "fi", ord("ﬂ"): "fl", ord("ﬃ"): "ffi", ord("ﬄ"): "ffl"},
    ord("\N{NON-BREAKING HYPHEN}"): "-",
}


class ProblemKind(StrEnum):
    """What can be wrong with a text of official wording."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    EMPTY = "empty"
    STRAY_HEADING = "stray_heading"
    STRAY_SENTENCE = "stray_sentence"
    PAGE_HEADER = "page_header"


_MESSAGES = {
    ProblemKind.MISSING: _("{code} was not found: each wording begins on a line of its own."),
    ProblemKind.UNKNOWN: _("the framework has no {code}: check the number."),
    ProblemKind.DUPLICATE: _("{code} was already found above: leave only one of the two."),
    ProblemKind.EMPTY: _("{code} has no wording: put it after the number."),
    ProblemKind.STRAY_HEADING: _(
        "“{text}” looks like a heading, not like a part of {code}: delete the line, "
        "or join it to the line above if it belongs there."
    ),
    ProblemKind.STRAY_SENTENCE: _(
        "“{text}” begins a new sentence after {code} had ended: delete the line, "
        "or join it to the line above if it belongs there."
    ),
    ProblemKind.PAGE_HEADER: _(
        "“{text}” looks like the header, footer or number of a page, in the middle of {code}: "
        "delete the line, or join it to the line above if it belongs there."
    ),
}


@dataclass(frozen=True)
class WordingProblem:
    """One doubt about a text of official wording. `line` counts from 1; None if it has no line."""

    kind: ProblemKind
    code: str
    line: int | None = None
    text: str = ""

    @property
    def message(self) -> str:
        """What is wrong and what to do, in a sentence that begins with the line if there is one."""
        said = _MESSAGES[self.kind].format(code=self.code, text=self.text)
        return said if self.line is None else _("line {line}: ").format(line=self.line) + said


@dataclass(frozen=True)
class WordingReading:
    """What was read: sub-standards and the opening sentences of standards by code; the doubts."""

    framework: Framework
    sub_standards: Mapping[str, str]
    standards: Mapping[str, str]
    problems: tuple[WordingProblem, ...]

    @property
    def count(self) -> str:
        """How much was found, in a sentence."""
        return _(
            "Found {subs} of {all_subs} sub-standards and {standards} of {all_standards} standards."
        ).format(
            subs=len(self.sub_standards),
            all_subs=len(self.framework.sub_standards),
            standards=len(self.standards),
            all_standards=len(self.framework.standards),
        )


@dataclass(frozen=True)
class _Line:
    number: int
    text: str


@dataclass(frozen=True)
class _Block:
    """A code and its lines, from the one that the code opens (less the code) to the next code."""

    code: str
    lines: tuple[_Line, ...]

    @property
    def is_sub_standard(self) -> bool:
        return "." in self.code

    @property
    def is_theme(self) -> bool:
        return self.code.isalpha()


def parse_official_wording(text: str, framework: Framework) -> WordingReading:
    """Read `text`, the official publication of `framework` as plain text.

    Lines that begin with a code (`11.1.`, `11.`, `[B]`) open a wording, which runs to the next
    one; what precedes the first is skipped, and so are the headings that the framework knows. All
    problems are listed, in the order of the text, what is missing last. Raises `Invalid` if the
    text is longer than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise Invalid(
            _("The text has more than {limit} characters: is it the right file?").format(
                limit=f"{MAX_CHARACTERS:,}"
            )
        )
    blocks = list(_blocks(_lines(text), framework))
    wordings, problems = _wordings(blocks, framework)
    problems += _page_headers(blocks)
    problems.sort(key=lambda problem: problem.line or 0)
    problems += _missing(blocks, framework)
    return WordingReading(
        framework=framework,
        sub_standards=_chosen(wordings, [sub.code for sub in framework.sub_standards]),
        standards=_chosen(wordings, [standard.code for standard in framework.standards]),
        problems=tuple(problems),
    )


def read_whole_wording(text: str, framework: Framework) -> dict[str, str]:
    """Return the wording by code of every standard and sub-standard in `text`.

    Raises `Invalid`, listing every problem, unless all of them were found beyond doubt.
    """
    reading = parse_official_wording(text, framework)
    if reading.problems:
        raise Invalid(
            f"{reading.count} " + _("Nothing was loaded. Put this right in the text, then repeat:"),
            [problem.message for problem in reading.problems],
        )
    return {**reading.standards, **reading.sub_standards}


def _chosen(wordings: Mapping[str, str], codes: Iterable[str]) -> Mapping[str, str]:
    return MappingProxyType({code: wordings[code] for code in codes if code in wordings})


# ---------------------------------------------------------------- lines and pages


def _lines(text: str) -> list[_Line]:
    """Return the lines that say something, without the headers and numbers of pages."""
    pages: list[list[_Line]] = [[]]
    for number, raw in enumerate(text.split("\n"), start=1):
        first, *after_breaks = raw.split("\f")
        _append(pages[-1], number, first)
        for part in after_breaks:
            pages.append([])
            _append(pages[-1], number, part)
    return [line for page in _without_running_lines(pages) for line in page]


def _append(page: list[_Line], number: int, raw: str) -> None:
    text = " ".join(raw.translate(_ODD_CHARACTERS).split())
    if text and not _PAGE_NUMBER.fullmatch(text) and not _is_contents_line(text):
        page.append(_Line(number, text))


def _is_contents_line(text: str) -> bool:
    """Whether this is a line of a table of contents: a title, a row of dots, a page number."""
    without_number = text.rstrip("0123456789")
    return without_number != text and without_number.rstrip().endswith("....")


def _without_running_lines(pages: list[list[_Line]]) -> Iterator[list[_Line]]:
    """Drop headers and footers: what is, numbers apart, at the edge of half the pages or more."""
    edges = Counter(text for page in pages for text in {_masked(line) for line in _edge(page)})
    enough = max(2, len(pages) / 2)
    for page in pages:
        running = {line for line in _edge(page) if edges[_masked(line)] >= enough}
        yield [line for line in page if line not in running]


def _edge(page: Sequence[_Line]) -> Sequence[_Line]:
    return [*page[:1], *page[-1:]]


def _masked(line: _Line) -> str:
    return re.sub(r"\d+", "#", line.text)


# ---------------------------------------------------------------- blocks


def _blocks(lines: Iterable[_Line], framework: Framework) -> Iterator[_Block]:
    code, held = "", list[_Line]()
    for line in lines:
        opened = _opening(line, framework)
        if opened is None:
            held.append(line)
            continue
        if code:
            yield _Block(code, tuple(held))
        code, rest = opened
        held = [_Line(line.number, rest)]
    if code:
        yield _Block(code, tuple(held))


def _opening(line: _Line, framework: Framework) -> tuple[str, str] | None:
    """Return the code that opens this line and what follows it, or None for a line of text."""
    if match := _SUB_STANDARD.fullmatch(line.text):
        code = f"{int(match[1])}.{int(match[2])}"
        # "1.5 hours" may begin a wrapped line; with a full stop after it, it is meant as a code.
        is_meant = bool(match[3].strip()) or code in framework
        return (code, match[4]) if is_meant else None
    if match := _STANDARD.fullmatch(line.text):
        return str(int(match[1])), match[2] or ""
    if match := _THEME.fullmatch(line.text):
        return match[1], match[2].strip()
    return None


# ---------------------------------------------------------------- wordings and doubts


def _wordings(
    blocks: Sequence[_Block], framework: Framework
) -> tuple[dict[str, str], list[WordingProblem]]:
    headings = {_bare(standard.heading) for standard in framework.standards}
    wordings, problems = dict[str, str](), list[WordingProblem]()
    for block, following in zip_longest(blocks, blocks[1:]):
        is_last = following is None or not following.is_sub_standard
        lines = _without_heading(block.lines, headings) if is_last else block.lines
        refusal = _refusal(block, lines, framework, wordings)
        if refusal is not None:
            problems.append(WordingProblem(refusal, block.code, block.lines[0].number))
        elif not block.is_theme:
            wordings[block.code] = _joined(lines)
            problems += _doubts(block.code, lines, is_last)
    return wordings, problems


def _refusal(
    block: _Block, lines: Iterable[_Line], framework: Framework, found: Collection[str]
) -> ProblemKind | None:
    if block.code not in framework:
        return ProblemKind.UNKNOWN
    if block.code in found:
        return ProblemKind.DUPLICATE
    if not block.is_theme and not _joined(lines):
        return ProblemKind.EMPTY
    return None


def _without_heading(lines: tuple[_Line, ...], headings: Collection[str]) -> tuple[_Line, ...]:
    """Take a heading that the framework knows, wrapped or not, off the end of a wording."""
    for count in range(1, min(MAX_HEADING_LINES, len(lines) - 1) + 1):
        tail = lines[-count:]
        if tail[0].text[0].isupper() and _bare(_joined(tail)) in headings:
            return lines[:-count]
    return lines


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _joined(lines: Iterable[_Line]) -> str:
    """Join wrapped lines. A hyphen at a line's end is kept: it may belong to the word."""
    text = ""
    for line in lines:
        text += line.text if not text or _BROKEN_AT.search(text) else f" {line.text}"
    return text.strip()


def _doubts(code: str, lines: tuple[_Line, ...], is_last: bool) -> Iterator[WordingProblem]:
    heading = lines[-1] if is_last and len(lines) > 1 and _is_like_heading(lines[-1]) else None
    for before, after in pairwise(lines):
        if after is not heading and _is_new_sentence(before, after):
            yield WordingProblem(ProblemKind.STRAY_SENTENCE, code, after.number, after.text)
    if heading is not None:
        yield WordingProblem(ProblemKind.STRAY_HEADING, code, heading.number, heading.text)


def _is_new_sentence(before: _Line, after: _Line) -> bool:
    ended, begins = _SENTENCE_END.search(before.text), _NEW_SENTENCE.match(after.text)
    return bool(ended and begins)


def _is_like_heading(line: _Line) -> bool:
    is_short = len(line.text.split()) <= MAX_HEADING_WORDS
    return is_short and line.text[0].isupper() and not line.text.endswith((".", ",", ";", ":"))


def _page_headers(blocks: Iterable[_Block]) -> Iterator[WordingProblem]:
    """Find what may be headers of pages whose breaks the text does not show."""
    inner = [
        (block.code, line) for block in blocks if not block.is_theme for line in block.lines[1:]
    ]
    repeats = Counter(_masked(line) for _code, line in inner if not line.text[0].islower())
    for code, line in inner:
        if line.text.isdecimal() or repeats[_masked(line)] >= PAGE_HEADER_REPEATS:
            yield WordingProblem(ProblemKind.PAGE_HEADER, code, line.number, line.text)


def _missing(blocks: Iterable[_Block], framework: Framework) -> list[WordingProblem]:
    wanted = {standard.code for standard in framework.standards}
    wanted |= {sub.code for sub in framework.sub_standards}
    absent = sorted(wanted - {block.code for block in blocks}, key=code_order)
    return [WordingProblem(ProblemKind.MISSING, code) for code in absent]
