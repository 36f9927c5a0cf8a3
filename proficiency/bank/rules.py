"""What the bank of cases covers, code by code, as pure functions.

Invariants kept: marks are shared out exactly as results share them, so that the marks of all codes
of a framework add up to the marks that are keyed to it; a question counts once in each group that
it touches, however many codes of the group it cites.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from proficiency.core.exact import mark_text
from proficiency.core.text import _
from proficiency.framework.rules import Framework
from proficiency.results.rules import Part, share_equally


@dataclass(frozen=True)
class BankItem:
    """One question of a published case, without its words.

    `parts` gives for each framework what the marks are for; the parts of a framework that the case
    does not follow may add up to less than `marks`, for not every part speaks to it.
    """

    case_name: str
    case_title: str
    nation: str
    is_sample: bool
    number: int
    name: str
    format: str
    format_title: str
    marks: Fraction
    chance: Fraction
    parts: Mapping[str, tuple[Part, ...]]


@dataclass(frozen=True)
class Citing:
    """A question that cites a code, and the share of its marks that the code gets."""

    item: BankItem
    share: Fraction


class Depth(StrEnum):
    """How well something is covered."""

    GAP = "gap"
    THIN = "thin"
    COVERED = "covered"


DEPTH_NAMES = {
    Depth.GAP: _("Gap: nothing"),
    Depth.THIN: _("Thin"),
    Depth.COVERED: _("Covered"),
}

if set(DEPTH_NAMES) != set(Depth):
    raise AssertionError("every depth needs a name")

LEAST_CASES = 2
"""With one case only, whoever knows that case knows all that is asked about the code."""

LEAST_FOR_STANDARD = 4
"""Questions that speak to a standard before it counts as covered: fewer can't stand for it."""


class Level(StrEnum):
    """What a line of the map is about."""

    THEME = "theme"
    STANDARD = "standard"
    SUB_STANDARD = "sub-standard"


LEVEL_NAMES = {
    Level.THEME: _("theme"),
    Level.STANDARD: _("standard"),
    Level.SUB_STANDARD: _("sub-standard"),
}

LEAST_ITEMS: Mapping[Level, int] = {
    Level.THEME: LEAST_FOR_STANDARD,
    Level.STANDARD: LEAST_FOR_STANDARD,
    Level.SUB_STANDARD: 2,
}

if set(LEAST_ITEMS) != set(Level) or set(LEVEL_NAMES) != set(Level):
    raise AssertionError("every level needs a name and a least number of questions")


@dataclass(frozen=True)
class CodeLine:
    """One code of the map with all that speaks to it or to a code below it.

    `marks` are exact; `formats` and `cases` are titles and names, each once and in order.
    """

    level: Level
    code: str
    parent: str
    title: str
    items: int
    marks: Fraction
    formats: tuple[str, ...]
    cases: tuple[str, ...]
    depth: Depth


@dataclass(frozen=True)
class StandardCover:
    """A standard and its sub-standards."""

    line: CodeLine
    sub_standards: tuple[CodeLine, ...]

    @property
    def gaps(self) -> int:
        """How many of its sub-standards nothing speaks to."""
        return sum(line.depth is Depth.GAP for line in self.sub_standards)


@dataclass(frozen=True)
class ThemeCover:
    """A theme and its standards."""

    line: CodeLine
    standards: tuple[StandardCover, ...]


@dataclass(frozen=True)
class Tally:
    """Questions of one format, or of one case, added up. `chance` are marks that guessing earns."""

    name: str
    title: str
    items: int
    marks: Fraction
    chance: Fraction
    codes: int


@dataclass(frozen=True)
class Coverage:
    """The map of a bank in one framework. `marks` are those of all its questions."""

    themes: tuple[ThemeCover, ...]
    formats: tuple[Tally, ...]
    cases: tuple[Tally, ...]
    items: int
    marks: Fraction
    keyed: Fraction

    @property
    def lines(self) -> tuple[CodeLine, ...]:
        """Every line of the map, each theme and standard before what is below it."""
        found: list[CodeLine] = []
        for theme in self.themes:
            found.append(theme.line)
            for standard in theme.standards:
                found += [standard.line, *standard.sub_standards]
        return tuple(found)

    def count(self, level: Level, depth: Depth) -> int:
        """How many codes of a level are covered to this depth."""
        return sum(line.level is level and line.depth is depth for line in self.lines)


def code_shares(parts: Iterable[Part]) -> dict[str, Fraction]:
    """Return the share of a question's marks that each code gets; they add up to its parts' marks.

    A part's marks are shared equally among its codes, as results do it for themes.
    """
    shares: dict[str, Fraction] = {}
    for part in parts:
        for code, share in share_equally(part.max_mark, part.standards, str).items():
            shares[code] = shares.get(code, Fraction(0)) + share
    return shares


def find_citing(items: Iterable[BankItem], framework: str) -> dict[str, list[Citing]]:
    """Return for each code of a framework the questions that cite it, in the order of `items`."""
    found: dict[str, list[Citing]] = {}
    for item in items:
        for code, share in code_shares(item.parts.get(framework, ())).items():
            found.setdefault(code, []).append(Citing(item, share))
    return found


def cover(framework: Framework, items: Sequence[BankItem]) -> Coverage:
    """Return the map of `items` in a framework. Codes that it does not have are left out."""
    citing = find_citing(items, framework.name_version)
    themes = []
    for theme in framework.themes:
        standards = []
        for standard in theme.standards:
            subs = tuple(
                _line(Level.SUB_STANDARD, sub.code, standard.code, sub.summary, [sub.code], citing)
                for sub in standard.sub_standards
            )
            codes = [standard.code, *(sub.code for sub in subs)]
            line = _line(Level.STANDARD, standard.code, theme.code, standard.title, codes, citing)
            standards.append(StandardCover(line, subs))
        codes = [theme.code, *codes_below(framework, theme.code)]
        line = _line(Level.THEME, theme.code, "", theme.title, codes, citing)
        themes.append(ThemeCover(line, tuple(standards)))
    return Coverage(
        themes=tuple(themes),
        formats=_tally(items, framework.name_version, by_case=False),
        cases=_tally(items, framework.name_version, by_case=True),
        items=len(items),
        marks=sum((item.marks for item in items), Fraction(0)),
        keyed=sum((theme.line.marks for theme in themes), Fraction(0)),
    )


def codes_below(framework: Framework, code: str) -> tuple[str, ...]:
    """Return the codes below a theme or a standard, in order; none below a sub-standard.

    Raises `UnknownCode`.
    """
    place = framework.place_of(code)
    if place.standard is None:
        return tuple(
            each
            for standard in place.theme.standards
            for each in (standard.code, *(sub.code for sub in standard.sub_standards))
        )
    if place.standard.code == code:
        return tuple(sub.code for sub in place.standard.sub_standards)
    return ()


def _line(
    level: Level,
    code: str,
    parent: str,
    title: str,
    codes: Collection[str],
    citing: Mapping[str, Sequence[Citing]],
) -> CodeLine:
    found = [each for one in codes for each in citing.get(one, ())]
    items = {(each.item.case_name, each.item.name): each.item for each in found}.values()
    cases = tuple(sorted({item.case_name for item in items}))
    return CodeLine(
        level=level,
        code=code,
        parent=parent,
        title=title,
        items=len(items),
        marks=sum((each.share for each in found), Fraction(0)),
        formats=tuple(sorted({item.format_title for item in items})),
        cases=cases,
        depth=depth_of(level, len(items), len(cases)),
    )


def depth_of(level: Level, items: int, cases: int) -> Depth:
    """Return how well a code is covered by so many questions of so many cases."""
    if not items:
        return Depth.GAP
    return Depth.COVERED if items >= LEAST_ITEMS[level] and cases >= LEAST_CASES else Depth.THIN


def _tally(items: Sequence[BankItem], framework: str, *, by_case: bool) -> tuple[Tally, ...]:
    groups: dict[tuple[str, str], list[BankItem]] = {}
    for item in items:
        key = (item.case_title, item.case_name) if by_case else (item.format_title, item.format)
        groups.setdefault(key, []).append(item)
    return tuple(
        Tally(
            name=name,
            title=title,
            items=len(group),
            marks=sum((item.marks for item in group), Fraction(0)),
            chance=sum((item.chance for item in group), Fraction(0)),
            codes=len(find_citing(group, framework)),
        )
        for (title, name), group in sorted(groups.items())
    )


def gather(citing: Mapping[str, Sequence[Citing]], codes: Collection[str]) -> list[Citing]:
    """Return each question that cites one of `codes` once, with its shares of them added up."""
    found: dict[tuple[str, str], Citing] = {}
    for code in codes:
        for each in citing.get(code, ()):
            key = (each.item.case_name, each.item.name)
            share = found[key].share if key in found else Fraction(0)
            found[key] = Citing(each.item, share + each.share)
    return [found[key] for key in sorted(found, key=lambda key: (key[0], found[key].item.number))]


# Choosing part of the bank


class Use(StrEnum):
    """Which cases are looked at."""

    ALL = "all"
    LIVE = "live"
    SAMPLE = "sample"


USE_NAMES = {
    Use.ALL: _("All cases"),
    Use.LIVE: _("Live cases"),
    Use.SAMPLE: _("Public samples"),
}

if set(USE_NAMES) != set(Use):
    raise AssertionError("every use needs a name")


@dataclass(frozen=True)
class Choice:
    """Which part of the bank a map is of; an empty nation or case means all of them."""

    use: Use = Use.ALL
    nation: str = ""
    case: str = ""

    def takes(self, item: BankItem) -> bool:
        """Whether a question belongs to the part that is chosen."""
        is_used = self.use is Use.ALL or item.is_sample == (self.use is Use.SAMPLE)
        return is_used and self.nation in ("", item.nation) and self.case in ("", item.case_name)


# The same as a table for a spreadsheet

COLUMNS = (
    "framework", "level", "code", "parent", "title", "questions", "marks", "cases", "formats",
    "depth",
)  # fmt: skip


def sheet_rows(framework: str, coverage: Coverage) -> list[list[str]]:
    """Return the map as rows of text below `COLUMNS`, marks with up to four decimals."""
    return [
        [
            framework,
            line.level.value,
            line.code,
            line.parent,
            line.title,
            str(line.items),
            mark_text(line.marks, 4),
            "; ".join(line.cases),
            "; ".join(line.formats),
            line.depth.value,
        ]
        for line in coverage.lines
    ]
