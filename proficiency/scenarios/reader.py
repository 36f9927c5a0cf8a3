"""Reads a file before anything parses it: limits, characters, lines, raw HTML, front matter.

Limits come first, so that no text can keep the parser busy. The front matter is `key: value`, read
as the author meant it: a date is a date, `No` is a word, and a colon may stand within a value.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from proficiency.core.text import REPLACEMENT, _
from proficiency.items.names import nearest
from proficiency.items.section import Problems, Words

MAX_BYTES = 1_000_000
MAX_LINES = 10_000
MAX_PARAGRAPH_BYTES = 20_000
FENCE = "---"

_ENDINGS = re.compile(r"(\r\n|\r|\n)")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HTML = re.compile(r"<!--|<[!?][A-Za-z\[]|</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]{0,400})?(?:/?>|$)")
_LINK = re.compile(r"\]\([^)\s]{1,300}[)\s]")
_FIELD = re.compile(r"(?P<key>[^\s:#\[][^:]{0,60}?)\s*:(?:\s+(?P<value>.*))?")


@dataclass(frozen=True)
class Source:
    """The lines of a file with their line ends, exactly as they are."""

    lines: tuple[str, ...]
    endings: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Source":
        """Split `text` at CR LF, CR and LF, as Markdown does, and at nothing else."""
        pieces = _ENDINGS.split(text)
        return cls(tuple(pieces[0::2]), (*pieces[1::2], ""))

    def replaced(self, changed: Mapping[int, str]) -> str:
        """Return the whole text again; `changed` gives new words for lines, counted from 0."""
        return "".join(
            changed.get(place, line) + ending
            for place, (line, ending) in enumerate(zip(self.lines, self.endings, strict=True))
        )


def decode(data: bytes, problems: Problems) -> str | None:
    """Decode a file. Returns None, with a problem that names the line, if it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        problems.error(
            line,
            _("the file is not UTF-8 text from here on: save it as plain text in UTF-8"),
        )
        return None


def is_within_limits(text: str, problems: Problems) -> bool:
    """Whether `text` is small enough to be looked at; reports why if it is not."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        problems.error(
            1,
            _(
                "the file has {size:.1f} MB, and a case may have {limit:.0f} MB: leave out "
                "everything that is not part of this one case"
            ).format(size=size / 1e6, limit=MAX_BYTES / 1e6),
        )
        return False
    lines = len(_ENDINGS.findall(text)) + 1
    if lines > MAX_LINES:
        problems.error(
            1,
            _("the file has {lines:,} lines, and a case may have {limit:,}: divide it").format(
                lines=lines, limit=MAX_LINES
            ),
        )
        return False
    return True


def clean_lines(source: Source, problems: Problems) -> list[str]:
    """Return lines that are safe to parse, and report what had to be taken out of them."""
    lines = [_clean_line(line, place, problems) for place, line in enumerate(source.lines, 1)]
    for start, end in _paragraphs(lines):
        size = sum(len(line.encode()) + 1 for line in lines[start:end])
        if size > MAX_PARAGRAPH_BYTES:
            problems.error(
                start + 1,
                _(
                    "this paragraph has {size:,} bytes, and one may have {limit:,}: divide it with "
                    "empty lines"
                ).format(size=size, limit=MAX_PARAGRAPH_BYTES),
            )
            lines[start:end] = [""] * (end - start)
    return lines


def _clean_line(line: str, number: int, problems: Problems) -> str:
    if "\x00" in line or _SURROGATE.search(line):
        problems.error(
            number,
            _("this line holds characters that no text can hold (NUL or half a pair): retype it"),
        )
    return _SURROGATE.sub(REPLACEMENT, line.replace("\x00", REPLACEMENT))


def _paragraphs(lines: list[str]) -> Iterator[tuple[int, int]]:
    start = None
    for place, line in enumerate([*lines, ""]):
        if line.strip() and start is None:
            start = place
        elif not line.strip() and start is not None:
            yield start, place
            start = None


def refuse_html(lines: list[str], problems: Problems, allowed: Collection[int] = ()) -> None:
    """Report every raw tag, comment, link and picture, with its line.

    `allowed` are the numbers of lines that show a file, which whoever reads exhibits judges.
    """
    for number, line in enumerate(lines, 1):
        for found in _HTML.finditer(line):
            problems.error(number, _about_html(found[0]))
        for found in _LINK.finditer(line) if number not in allowed else ():
            opening = line.rfind("[", 0, found.start())
            _report_link(number, opening > 0 and line[opening - 1] == "!", problems)


def _about_html(words: str) -> str:
    if words == "<!--":
        return _(
            "an HTML comment would show on the candidate's page: delete it, or move the note below "
            "“# For assessors: about this case”"
        )
    return _("raw HTML is not used in cases: write “{words}” without the < and >").format(
        words=words[:60]
    )


def _report_link(line: int, is_picture: bool, problems: Problems) -> None:
    if is_picture:
        problems.error(
            line,
            _(
                "a picture stands on a line of its own within an exhibit: “> ![what it shows, in "
                "words](plan.png)”"
            ),
        )
    else:
        problems.warn(
            line,
            _(
                "a link does not work in an exam and shows as it is written here: put what "
                "candidates need into an exhibit, and sources into “references”"
            ),
        )


# Front matter


@dataclass(frozen=True)
class Field:
    """One entry of the front matter: a value, or a list with the line of each entry."""

    line: int
    value: str
    entries: tuple[Words, ...] = ()


@dataclass(frozen=True)
class FrontMatter:
    """The entries by key, and the place (counted from 0) of the first line after them."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    body: int = 0

    def value(self, key: str) -> Words:
        """Return one value; empty words on line 1 when it is not there."""
        found = self.fields.get(key)
        return Words(found.value, found.line) if found else Words("", 1)


def read_front_matter(lines: list[str], known: tuple[str, ...], problems: Problems) -> FrontMatter:
    """Read the lines between the two `---`; reports faults and gives what could be read."""
    if not lines or lines[0].strip() != FENCE:
        problems.error(
            1,
            _("a case begins with a line “---”, entries such as “nation: Wales”, and “---”"),
        )
        return FrontMatter()
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if end is None:
        problems.error(1, _("the front matter is not closed: write a line “---” below its entries"))
        end = next(
            (n for n, line in enumerate(lines) if n and (line.startswith("#") or not line.strip())),
            len(lines),
        )
        return FrontMatter(_read_fields(lines[:end], known, problems), end)
    return FrontMatter(_read_fields(lines[:end], known, problems), end + 1)


def _read_fields(lines: list[str], known: tuple[str, ...], problems: Problems) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    key: str | None = None
    for number, line in enumerate(lines[1:], 2):
        words = line.strip()
        if not words:
            continue
        if line[0] in " \t-":
            if key is not None:
                fields[key] = _continued(fields[key], words, number)
            else:
                problems.error(number, _("this line belongs to no entry: write “key: value”"))
            continue
        found = _FIELD.fullmatch(words)
        if found is None:
            problems.error(number, _("an entry reads “key: value”, with a space after the colon"))
            key = None
            continue
        key = found["key"].strip().casefold()
        _check_key(key, number, known, fields, problems)
        fields[key] = _first(found["value"] or "", number)
    return fields


def _check_key(
    key: str,
    line: int,
    known: tuple[str, ...],
    fields: Mapping[str, Field],
    problems: Problems,
) -> None:
    if key in fields:
        problems.error(line, _("“{key}” is given twice: keep one").format(key=key))
    if key not in known:
        near = nearest(key, known)
        hint = _("did you mean “{near}”?").format(near=near) if near else ", ".join(known)
        problems.error(line, _("“{key}” is not known here: {hint}").format(key=key, hint=hint))


def _first(value: str, line: int) -> Field:
    words = value.strip()
    if words.startswith("[") and words.endswith("]"):
        entries = tuple(Words(part, line) for part in _split_entries(words[1:-1]))
        return Field(line, words, entries)
    return Field(line, _unquoted(words))


def _continued(earlier: Field, words: str, line: int) -> Field:
    """Add an indented line: `- entry` begins a new entry, other words continue the last one."""
    if words == "-" or words.startswith("- "):
        entry = Words(_unquoted(words[1:].strip()), line)
        return Field(earlier.line, earlier.value, (*earlier.entries, entry))
    if earlier.entries:
        last = earlier.entries[-1]
        joined = Words(f"{last.text} {words}".strip(), last.line)
        return Field(earlier.line, earlier.value, (*earlier.entries[:-1], joined))
    return Field(earlier.line, f"{earlier.value} {words}".strip())


def _split_entries(text: str) -> list[str]:
    return [_unquoted(part.strip()) for part in text.split(",") if part.strip()]


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
