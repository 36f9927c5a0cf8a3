"""Reading a framework from the file that an operator wrote: TOML, as the packaged ones are.

Pure. Promises kept: every fault is found in one reading and said where it stands, in the file's own
words; a framework that is read is whole, and its codes can be cited in a case.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from proficiency.core.errors import Invalid
from proficiency.core.text import _, clean_text
from proficiency.framework.rules import (
    CITED_AS_STANDARDS,
    MAX_CODE_LENGTH,
    FaultyFrameworkError,
    Framework,
    build_framework,
)

MAX_TEXT = 1_000
"""Characters of a summary; it is one sentence on a page."""
MAX_TITLE = 200
MAX_NAME = 60
MAX_CODES = 3_000
"""Many times what any published framework has; more is another kind of file."""
MAX_FAULTS = 100
MAX_VERSION = 9_999

RESERVED = frozenset({"standard", "name", "choose", "up", "and", "about", "scale", "in"})
"""Words that begin something else in the line under a question: no codes may follow them."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")
_CITED_AS = re.compile(r"[a-z]+(?:-[a-z]+)*")

_FRAMEWORK = ("name", "version", "title", "publisher", "cited_as", "themes")
_THEME = ("code", "title", "summary", "standards")
_STANDARD = ("code", "heading", "title", "summaries")

Data = Mapping[str, Any]


def read_framework(text: str) -> Framework:
    """Return the framework that `text` describes; docs/guides/operator.md shows the form.

    Raises `Invalid`, whose details list every fault, when it is not TOML, a field is missing,
    unknown or of the wrong kind, a code is repeated or could not be cited, or nothing is in it.
    """
    reader = _Reader()
    data = reader.framework(_parse(clean_text(text)))
    if not reader.faults:
        try:
            return build_framework(data)
        except FaultyFrameworkError as faulty:
            reader.faults += faulty.faults
    raise Invalid(_("The framework was not taken in. Put right what is listed."), reader.shown())


def _parse(text: str) -> Data:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Invalid(
            _("This is not TOML, the form in which a framework is written: {why}.").format(
                why=str(fault).rstrip(".")
            )
        ) from None


class _Reader:
    """Goes through the tables once and keeps everything that is wrong, each with its place."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._codes: dict[str, str] = {}

    def shown(self) -> list[str]:
        """The faults, no more than anybody reads at once."""
        more = len(self.faults) - MAX_FAULTS
        rest = [_("and {count:,} more").format(count=more)] if more > 0 else []
        return [*self.faults[:MAX_FAULTS], *rest]

    def framework(self, data: Data) -> dict[str, Any]:
        """Return the checked tables of a whole framework."""
        where = _("at the top")
        self._known(data, _FRAMEWORK, where)
        found = {
            "name": self._like(data, "name", where, _NAME, MAX_NAME),
            "version": self._version(data),
            "title": self._text(data, "title", where, MAX_TITLE),
            "publisher": self._text(data, "publisher", where, MAX_TITLE),
            "cited_as": self._cited_as(data),
            "themes": [
                self._theme(theme, _("theme {n}").format(n=n))
                for n, theme in self._tables(data, "themes", where)
            ],
        }
        if not found["themes"]:
            self._fault(where, _("no theme: write at least one [[themes]]"))
        if len(self._codes) > MAX_CODES:
            self._fault(where, _("more than {most:,} codes").format(most=MAX_CODES))
        return found

    def _theme(self, data: Data, where: str) -> Data:
        self._known(data, _THEME, where)
        code = self._code(data, where)
        where = _("theme “{code}”").format(code=code) if code else where
        return {
            "code": code,
            "title": self._text(data, "title", where, MAX_TITLE),
            "summary": self._text(data, "summary", where),
            "standards": [
                self._standard(each, _("{where}, standard {n}").format(where=where, n=n))
                for n, each in self._tables(data, "standards", where)
            ],
        }

    def _standard(self, data: Data, where: str) -> Data:
        self._known(data, _STANDARD, where)
        code = self._code(data, where)
        where = _("standard “{code}”").format(code=code) if code else where
        return {
            "code": code,
            "heading": self._text(data, "heading", where, MAX_TITLE),
            "title": self._text(data, "title", where, MAX_TITLE),
            "summaries": self._summaries(data, where),
        }

    def _summaries(self, data: Data, where: str) -> dict[str, str]:
        summaries = data.get("summaries", {})
        if not isinstance(summaries, dict):
            self._fault(where, _("“summaries” is a table of codes, each with its sentence"))
            return {}
        for code in summaries:
            self._take_code(code, where)
        return {code: self._text(summaries, code, where) for code in summaries}

    # Single fields

    def _version(self, data: Data) -> int:
        version = data.get("version")
        if type(version) is int and 1 <= version <= MAX_VERSION:
            return version
        self._fault(_("at the top"), _("“version” is a whole number from 1, as in version = 1"))
        return 1

    def _cited_as(self, data: Data) -> str:
        where = _("at the top")
        if "cited_as" not in data or data["cited_as"] == CITED_AS_STANDARDS:
            return CITED_AS_STANDARDS
        word = self._like(data, "cited_as", where, _CITED_AS, MAX_CODE_LENGTH)
        if word in RESERVED:
            self._fault(
                where,
                _("“{word}” means something else in a case: cite by another").format(word=word),
            )
        return word

    def _code(self, data: Data, where: str) -> str:
        code = self._text(data, "code", where)
        if code:
            self._take_code(code, where)
        return code

    def _take_code(self, code: str, where: str) -> None:
        if not _CODE.fullmatch(code) or len(code) > MAX_CODE_LENGTH or code in RESERVED:
            self._fault(
                where,
                _(
                    "“{code}” can’t be a code: use letters, digits, points and hyphens, no more "
                    "than {most} of them"
                ).format(code=code[:40], most=MAX_CODE_LENGTH),
            )
        alike = self._codes.setdefault(code.casefold(), code)
        if alike != code:
            self._fault(
                where, _("“{code}” and “{alike}” look alike").format(code=code, alike=alike)
            )

    def _like(self, data: Data, field: str, where: str, pattern: re.Pattern[str], most: int) -> str:
        text = self._text(data, field, where, most)
        if text and not pattern.fullmatch(text):
            self._fault(
                where,
                _("“{field}” is of small letters, with hyphens between words: not “{text}”").format(
                    field=field, text=text[:40]
                ),
            )
        return text

    def _text(self, data: Data, field: str, where: str, most: int = MAX_TEXT) -> str:
        text = data.get(field)
        if not isinstance(text, str) or not text.strip():
            self._fault(where, _("“{field}” is missing: write it in quotes").format(field=field))
            return ""
        if len(text) > most:
            self._fault(
                where,
                _("“{field}” is longer than {most:,} characters").format(field=field, most=most),
            )
        return " ".join(text.split())

    def _tables(self, data: Data, field: str, where: str) -> Iterator[tuple[int, Data]]:
        tables = data.get(field, [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            self._fault(where, _("“{field}” is a list of tables").format(field=field))
            return
        yield from enumerate(tables, start=1)

    def _known(self, data: Data, fields: tuple[str, ...], where: str) -> None:
        for field in data.keys() - set(fields):
            near = get_close_matches(field[:MAX_NAME], fields, 1)
            hint = _(" Did you mean “{near}”?").format(near=near[0]) if near else ""
            self._fault(where, _("“{field}” is not known.").format(field=field[:MAX_NAME]) + hint)

    def _fault(self, where: str, what: str) -> None:
        self.faults.append(f"{where}: {what}")
