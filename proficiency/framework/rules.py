"""What a framework of standards is, and how its codes are found, ordered and suggested.

Pure: the packaged frameworks are read-only data beside this module, and nothing here knows the
database, the web or the time.

Invariants kept: within a framework each code names exactly one theme, standard or sub-standard; a
version that cannot be read whole is not read at all; the summaries are the project's own words, for
the official wording belongs to its publisher (see `wording.py`).
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Any

from proficiency.core.errors import NotFound
from proficiency.core.text import _, canonical_json

STANDARDS_OF_PROFICIENCY = "ircm-standards-of-proficiency/1"
CITED_AS_STANDARDS = "standards"
"""The word before the codes of the framework that a case follows."""
LEAST_LIKENESS = 0.5
MAX_DIGITS = 9
MAX_CODE_LENGTH = 20

_NAME_VERSION = re.compile(r"([a-z][a-z0-9-]*)/([1-9][0-9]*)")
_DATA_FILE = re.compile(r"([a-z][a-z0-9-]*)-([1-9][0-9]*)\.toml")
_CODE_PART = re.compile(r"\d+|[^\W\d_]+")
_NUMBERS = re.compile(r"\d+(?:\s*[.,]\s*\d+)?")


class UnknownFramework(NotFound):
    """No framework of that name and version is packaged; the message lists those that are."""


class UnknownCode(NotFound):
    """The framework has no such code. `suggestions` holds the nearest codes, the best first."""

    def __init__(self, code: str, suggestions: Sequence[str]) -> None:
        self.code = code
        self.suggestions = tuple(suggestions)
        message = _("There is no standard {code}.").format(code=code)
        if suggestions:
            message += " " + _("Did you mean {codes}?").format(codes=", ".join(suggestions))
        super().__init__(message)


class FaultyFrameworkError(ValueError):
    """A framework contradicts itself; `faults` says each way in which it does."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True)
class SubStandard:
    """One thing that a case manager does, such as `11.2`, with our own one-sentence summary."""

    code: str
    summary: str


@dataclass(frozen=True)
class Standard:
    """One standard, such as `11`: the group heading of the Standards, and our own short title."""

    code: str
    heading: str
    title: str
    sub_standards: tuple[SubStandard, ...]


@dataclass(frozen=True)
class Theme:
    """One theme, such as `B`, with its standards."""

    code: str
    title: str
    summary: str
    standards: tuple[Standard, ...]

    @property
    def sub_standards(self) -> tuple[SubStandard, ...]:
        """All sub-standards of the theme, in order."""
        return tuple(sub for standard in self.standards for sub in standard.sub_standards)


Entry = Theme | Standard | SubStandard


@dataclass(frozen=True)
class Place:
    """Where a code stands: what it names, the theme above it and, below a theme, the standard."""

    entry: Entry
    theme: Theme
    standard: Standard | None


@dataclass(frozen=True)
class Framework:
    """A versioned set of standards. `name_version` is what a case's front matter writes.

    `cited_as` is the word that authors write before its codes, as in `babicm 7a`.
    """

    name: str
    version: int
    title: str
    publisher: str
    themes: tuple[Theme, ...]
    cited_as: str = CITED_AS_STANDARDS

    @property
    def name_version(self) -> str:
        """Name and version in one, as in `ircm-standards-of-proficiency/1`."""
        return f"{self.name}/{self.version}"

    @property
    def standards(self) -> tuple[Standard, ...]:
        """All standards, in order."""
        return tuple(standard for theme in self.themes for standard in theme.standards)

    @property
    def sub_standards(self) -> tuple[SubStandard, ...]:
        """All sub-standards, in order."""
        return tuple(sub for theme in self.themes for sub in theme.sub_standards)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code in natural order: themes, then each standard before its sub-standards."""
        return tuple(sorted(self._places, key=code_order))

    @cached_property
    def _places(self) -> dict[str, Place]:
        return {place.entry.code: place for place in places(self.themes)}

    def __contains__(self, code: object) -> bool:
        return code in self._places

    def lookup(self, code: str) -> Entry:
        """Return the theme, standard or sub-standard with exactly this code.

        Raises `UnknownCode`, which names the nearest codes.
        """
        return self.place_of(code).entry

    def theme_of(self, code: str) -> Theme:
        """Return the theme that `code` belongs to, or is. Raises `UnknownCode`."""
        return self.place_of(code).theme

    def place_of(self, code: str) -> Place:
        """Return what `code` names together with what stands above it. Raises `UnknownCode`."""
        place = self._places.get(code)
        if place is None:
            raise UnknownCode(code, self.nearest_codes(code))
        return place

    def nearest_codes(self, code: str, limit: int = 3) -> tuple[str, ...]:
        """Return up to `limit` existing codes that a writer of `code` may have meant, best first.

        A slip of notation (`11,2`, `Standard 11.2`, `b`) finds its code first. After that codes
        rank by how alike they look and, among equals, by how near their numbers are. Empty when
        nothing is alike.
        """
        wanted = plain_code(code)[:MAX_CODE_LENGTH]
        likeness = {known: SequenceMatcher(None, wanted, known).ratio() for known in self.codes}
        alike = [known for known in self.codes if likeness[known] >= LEAST_LIKENESS]
        alike.sort(key=lambda known: (-likeness[known], _distance(wanted, known)))
        return tuple(alike[:limit])


def places(themes: Iterable[Theme]) -> Iterator[Place]:
    """Yield every theme, standard and sub-standard in document order, with its place."""
    for theme in themes:
        yield Place(theme, theme, None)
        for standard in theme.standards:
            yield Place(standard, theme, standard)
            for sub in standard.sub_standards:
                yield Place(sub, theme, standard)


def code_order(code: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts letters before numbers and `2` before `10`.

    Themes come first, then each standard before its own sub-standards: A, B, 1, 1.1, 1.2, 2, 10.
    """
    return tuple(
        (1, int(part), "") if part.isdecimal() else (0, 0, part)
        for part in _CODE_PART.findall(code)
    )


def plain_code(written: str) -> str:
    """Return `written` in the notation of codes: a number with a point, or a capital letter.

    `Standard 11,2`, `11.02` and ` 11.2. ` give `11.2`; `b` gives `B`. It may not be a known code.
    """
    numbers = _NUMBERS.search(written)
    if numbers is None:
        return written.strip(" .[]()").upper()
    parts = re.split(r"\s*[.,]\s*", numbers.group())
    return ".".join(str(int(part[:MAX_DIGITS])) for part in parts)


def _distance(wanted: str, known: str) -> tuple[int, ...]:
    """How far two codes are apart, counted in numbers: first the standards, then within them."""
    ours, theirs = _numbers(wanted), _numbers(known)
    return abs(ours[0] - theirs[0]), abs(ours[1] - theirs[1])


def _numbers(code: str) -> tuple[int, int]:
    found = [int(number) for number in re.findall(r"\d+", code)] + [0, 0]
    return found[0], found[1]


def available_frameworks() -> tuple[str, ...]:
    """Return the `name/version` of every packaged framework, in order."""
    matches = (
        _DATA_FILE.fullmatch(path.name) for path in files(__package__).joinpath("data").iterdir()
    )
    found = [(match[1], int(match[2])) for match in matches if match]
    return tuple(f"{name}/{version}" for name, version in sorted(found))


def split_name_version(name_version: str) -> tuple[str, int]:
    """Return name and version of `some-standards/1`.

    Raises `UnknownFramework` if it is not written like that.
    """
    match = _NAME_VERSION.fullmatch(name_version)
    if match is None:
        raise UnknownFramework(
            _("Write a framework as name/version, such as {example}, not as {name}.").format(
                example=STANDARDS_OF_PROFICIENCY, name=name_version
            )
        )
    return match[1], int(match[2])


@cache
def load_framework(name_version: str) -> Framework:
    """Return the packaged framework called `name_version`, such as `some-standards/1`.

    Raises `UnknownFramework`, which says what there is, and `FaultyFrameworkError` if the packaged
    data repeats a code, leaves a text empty, or says another name or version than its file.
    """
    name, version = split_name_version(name_version)
    if name_version not in available_frameworks():
        raise unknown_framework(name_version, available_frameworks())
    path = files(__package__).joinpath("data", f"{name}-{version}.toml")
    framework = build_framework(tomllib.loads(path.read_text(encoding="utf-8")))
    if framework.name_version != name_version:
        raise FaultyFrameworkError(f"{path.name} calls itself {framework.name_version}")
    return framework


FindFramework = Callable[[str], Framework]
"""What gives the framework of a `name/version`, or raises `UnknownFramework`."""


def unknown_framework(name_version: str, known: Iterable[str]) -> UnknownFramework:
    """Return the error for a framework that is not among those `known`."""
    return UnknownFramework(
        _("There is no framework {name}. Available: {known}.").format(
            name=name_version, known=", ".join(known)
        )
    )


def build_framework(data: Mapping[str, Any]) -> Framework:
    """Build a framework from the tables of its data file.

    Raises `FaultyFrameworkError`, naming every fault, if a code is repeated, a text is empty, or a
    sub-standard's code does not begin with its standard's; `KeyError` if a field is absent.
    """
    framework = Framework(
        name=data["name"],
        version=data["version"],
        title=data["title"],
        publisher=data["publisher"],
        themes=tuple(_theme(theme) for theme in data["themes"]),
        cited_as=data.get("cited_as", CITED_AS_STANDARDS),
    )
    if faults := _faults(framework):
        raise FaultyFrameworkError(*faults)
    return framework


def to_content(framework: Framework) -> str:
    """Return the canonical JSON of a framework, which is stored, hashed and frozen."""
    content: dict[str, Any] = {
        "name": framework.name,
        "version": framework.version,
        "title": framework.title,
        "publisher": framework.publisher,
        "themes": [_theme_data(theme) for theme in framework.themes],
    }
    # Left out where it says nothing new, so that what was stored before keeps its hash.
    if framework.cited_as != CITED_AS_STANDARDS:
        content["cited_as"] = framework.cited_as
    return canonical_json(content)


@lru_cache(maxsize=16)
def from_content(content: str) -> Framework:
    """Return the framework that `to_content` gave `content` for."""
    return build_framework(json.loads(content))


def content_hash(content: str) -> str:
    """Return the SHA-256 of stored content, in hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


def _theme_data(theme: Theme) -> dict[str, Any]:
    standards = [_standard_data(standard) for standard in theme.standards]
    return {
        "code": theme.code,
        "title": theme.title,
        "summary": theme.summary,
        "standards": standards,
    }


def _standard_data(standard: Standard) -> dict[str, Any]:
    return {
        "code": standard.code,
        "heading": standard.heading,
        "title": standard.title,
        "summaries": {sub.code: sub.summary for sub in standard.sub_standards},
    }


def _theme(data: Mapping[str, Any]) -> Theme:
    standards = tuple(_standard(standard) for standard in data["standards"])
    return Theme(data["code"], data["title"], data["summary"], standards)


def _standard(data: Mapping[str, Any]) -> Standard:
    summaries = data["summaries"]
    # Canonical JSON sorts its keys as text, which puts 1.10 before 1.2.
    subs = tuple(SubStandard(code, summaries[code]) for code in sorted(summaries, key=code_order))
    return Standard(data["code"], data["heading"], data["title"], subs)


def _faults(framework: Framework) -> list[str]:
    faults, seen = [], set[str]()
    for place in places(framework.themes):
        code = place.entry.code
        if code in seen:
            faults.append(_("{code} is there twice").format(code=code))
        seen.add(code)
        if not all(text.strip() for text in _texts(place.entry)):
            faults.append(_("{code} has an empty text").format(code=code))
        if isinstance(place.entry, SubStandard) and place.standard is not None:
            faults += _misplaced(code, place.standard.code)
    return faults


def _misplaced(code: str, standard: str) -> list[str]:
    if code.startswith(f"{standard}."):
        return []
    return [_("{code} stands under standard {standard}").format(code=code, standard=standard)]


def _texts(entry: Entry) -> tuple[str, ...]:
    match entry:
        case SubStandard():
            return (entry.code, entry.summary)
        case Standard():
            return (entry.code, entry.heading, entry.title)
        case Theme():
            return (entry.code, entry.title, entry.summary)
