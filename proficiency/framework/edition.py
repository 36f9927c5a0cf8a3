"""What the pages of the standards show: view models, with their addresses and marked words.

Invariants kept: a text is always labelled as official wording or as our summary; an address
without a version shows the newest one, an address with a version always shows that one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import url_for

from proficiency.framework.queries import HeldFramework
from proficiency.framework.rules import Framework, Standard, SubStandard, Theme
from proficiency.framework.search import Found, Part, find_code, mark_words, search_words


@dataclass(frozen=True)
class SubStandardView:
    """A sub-standard as shown: its text in parts, and our summary below an official wording."""

    code: str
    anchor: str
    parts: tuple[Part, ...]
    is_official: bool
    summary_parts: tuple[Part, ...]

    @property
    def is_found_in_summary_only(self) -> bool:
        """Whether a search found words in our summary, and none in the official wording."""
        in_summary = any(part.is_match for part in self.summary_parts)
        return in_summary and not any(part.is_match for part in self.parts)


@dataclass(frozen=True)
class StandardView:
    """A standard as shown; `opening` is the official sentence that leads its sub-standards in."""

    code: str
    heading: str
    title: str
    href: str
    opening: str
    sub_standards: tuple[SubStandardView, ...]


@dataclass(frozen=True)
class ThemeView:
    """A theme as shown."""

    code: str
    anchor: str
    href: str
    title: str
    summary: str
    standards: tuple[StandardView, ...]


@dataclass(frozen=True)
class EditionView:
    """What every page of one framework version says about it."""

    title: str
    version: int
    publisher: str
    newest: int
    href: str
    wording_at: datetime | None
    counts: tuple[int, int, int]


@dataclass(frozen=True)
class Edition:
    """A framework version to be shown, and how it was asked for: by its version, or as newest."""

    held: HeldFramework
    newest: int
    is_pinned: bool

    @property
    def framework(self) -> Framework:
        return self.held.framework

    def href(self, anchor: str | None = None) -> str:
        """The address of the index."""
        return url_for("framework.index", name=self._name, version=self._version, _anchor=anchor)

    def standard_href(self, code: str, anchor: str | None = None) -> str:
        """The address of the page of the standard `code`."""
        return url_for(
            "framework.standard",
            code=code,
            name=self._name,
            version=self._version,
            _anchor=anchor,
        )

    @property
    def _name(self) -> str | None:
        return self.framework.name if self.is_pinned else None

    @property
    def _version(self) -> int | None:
        return self.framework.version if self.is_pinned else None


def anchor_of(code: str) -> str:
    """The id of a theme's or sub-standard's place on its page."""
    return f"standard-{code.replace('.', '-')}"


def view_edition(edition: Edition) -> EditionView:
    """What every page of `edition` says about it."""
    framework = edition.framework
    return EditionView(
        title=framework.title,
        version=framework.version,
        publisher=framework.publisher,
        newest=edition.newest,
        href=edition.href(),
        wording_at=edition.held.wording_at,
        counts=(len(framework.themes), len(framework.standards), len(framework.sub_standards)),
    )


def view_theme(edition: Edition, theme: Theme) -> ThemeView:
    """A whole theme."""
    views = [view_standard(edition, entry, entry.sub_standards) for entry in theme.standards]
    return _theme_view(edition, theme, views)


def view_found(edition: Edition, found: Sequence[Found], query: str) -> list[ThemeView]:
    """What a search found, under its themes and standards, with the words of `query` marked."""
    words = () if find_code(edition.framework, query) else search_words(query)
    themes = []
    for theme, in_theme in groupby(found, key=lambda entry: entry.theme):
        standards = [
            view_standard(edition, standard, [entry.sub_standard for entry in entries], words)
            for standard, entries in groupby(in_theme, key=lambda entry: entry.standard)
        ]
        themes.append(_theme_view(edition, theme, standards))
    return themes


def _theme_view(edition: Edition, theme: Theme, standards: Sequence[StandardView]) -> ThemeView:
    return ThemeView(
        code=theme.code,
        anchor=anchor_of(theme.code),
        href=edition.href(anchor_of(theme.code)),
        title=theme.title,
        summary=theme.summary,
        standards=tuple(standards),
    )


def view_standard(
    edition: Edition,
    standard: Standard,
    subs: Iterable[SubStandard] = (),
    words: Sequence[str] = (),
) -> StandardView:
    """A standard with those of its sub-standards that are to be shown, `words` marked in them."""
    return StandardView(
        code=standard.code,
        heading=standard.heading,
        title=standard.title,
        href=edition.standard_href(standard.code),
        opening=edition.held.wordings.get(standard.code, ""),
        sub_standards=tuple(_view_sub_standard(edition, sub, words) for sub in subs),
    )


def _view_sub_standard(edition: Edition, sub: SubStandard, words: Sequence[str]) -> SubStandardView:
    official = edition.held.wordings.get(sub.code)
    return SubStandardView(
        code=sub.code,
        anchor=anchor_of(sub.code),
        parts=mark_words(official or sub.summary, words),
        is_official=official is not None,
        summary_parts=mark_words(sub.summary, words),
    )
