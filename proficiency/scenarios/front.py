"""What a case says about itself: the entries of its front matter, checked one by one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from proficiency.core.text import _
from proficiency.items.names import is_name, nearest, slug
from proficiency.items.section import Problems, Words
from proficiency.scenarios.content import Nation, Reference
from proficiency.scenarios.reader import Field, FrontMatter

KEYS = (
    "case",
    "title",
    "nation",
    "law-checked",
    "framework",
    "also",
    "setting",
    "minutes",
    "authors",
    "references",
)
MAX_MINUTES = 600

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_ISO_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_WORDED_DATE = re.compile(r"(?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]+) (?P<year>[0-9]{4})")


@dataclass(frozen=True)
class About:
    """The front matter, read. Where an entry was faulty its value is a placeholder."""

    name: str
    title: Words
    nation: Nation
    law_checked: date
    framework: Words
    also: tuple[Words, ...]
    """Further frameworks that questions may cite, as written."""
    setting: str
    minutes: int
    minutes_line: int
    authors: tuple[str, ...]
    references: tuple[Reference, ...]


def read_about(front: FrontMatter, problems: Problems) -> About:
    """Check every entry of the front matter and report each that is missing or faulty."""
    return About(
        name=_name(front, problems),
        title=front.value("title"),
        nation=_nation(front, problems),
        law_checked=_law_checked(front, problems),
        framework=_required(front, "framework", "ircm-standards-of-proficiency/1", problems),
        also=_entries(front, "also", problems) if "also" in front.fields else (),
        setting=_required(
            front, "setting", _("vocational rehabilitation, insurer-funded"), problems
        ).text,
        minutes=_minutes(front, problems),
        minutes_line=front.value("minutes").line,
        authors=tuple(words.text for words in _entries(front, "authors", problems)),
        references=_references(front, problems),
    )


def _required(front: FrontMatter, key: str, example: str, problems: Problems) -> Words:
    words = front.value(key)
    if not words.text:
        problems.error(
            words.line,
            _("“{key}” is missing: write in the front matter “{key}: {example}”").format(
                key=key, example=example
            ),
        )
    return words


def _name(front: FrontMatter, problems: Problems) -> str:
    words = _required(front, "case", "the-depot-job", problems)
    if words.text and not is_name(words.text):
        problems.error(
            words.line,
            _(
                "“case: {name}” is no name: use small letters, digits and hyphens, as in “{near}”"
            ).format(name=words.text[:60], near=slug(words.text) or "the-depot-job"),
        )
        return ""
    return words.text


def _nation(front: FrontMatter, problems: Problems) -> Nation:
    known = [nation.value for nation in Nation]
    words = _required(front, "nation", " | ".join(known), problems)
    by_folded = {nation.value.casefold(): nation for nation in Nation}
    found = by_folded.get(words.text.casefold())
    if words.text and found is None:
        near = nearest(words.text, known)
        hint = _("did you mean “{near}”?").format(near=near) if near else ", ".join(known)
        problems.error(
            words.line,
            _("the nation “{nation}” is not known: {hint}").format(nation=words.text, hint=hint),
        )
    return found or Nation.UK


def _law_checked(front: FrontMatter, problems: Problems) -> date:
    words = _required(front, "law-checked", "2026-11-21", problems)
    found = read_date(words.text)
    if words.text and found is None:
        problems.error(
            words.line,
            _("“law-checked: {text}” is no date: write 2026-11-21 or 21 November 2026").format(
                text=words.text
            ),
        )
    return found or date.min


def read_date(text: str) -> date | None:
    """Read `2026-11-21` or `21 November 2026`; None for anything else."""
    found = _ISO_DATE.fullmatch(text)
    if found:
        return _date(int(found["year"]), int(found["month"]), int(found["day"]))
    found = _WORDED_DATE.fullmatch(text)
    if found and found["month"].casefold() in _MONTHS:
        month = _MONTHS.index(found["month"].casefold()) + 1
        return _date(int(found["year"]), month, int(found["day"]))
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 31 November is a date in form only
        return None


def _minutes(front: FrontMatter, problems: Problems) -> int:
    words = _required(front, "minutes", "70", problems)
    text = words.text.removesuffix("minutes").strip()
    minutes = int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
    if words.text and not 0 < minutes <= MAX_MINUTES:
        problems.error(
            words.line,
            _("“minutes: {text}” is not a whole number from 1 to {most}").format(
                text=words.text, most=MAX_MINUTES
            ),
        )
    return minutes


def _entries(front: FrontMatter, key: str, problems: Problems) -> tuple[Words, ...]:
    field: Field | None = front.fields.get(key)
    if field is None:
        problems.error(
            1, _("“{key}” is missing: write in the front matter “{key}: …”").format(key=key)
        )
        return ()
    found = field.entries or (Words(field.value, field.line),)
    entries = tuple(words for words in found if words.text)
    if not entries:
        problems.error(field.line, _("“{key}” is empty: write at least one").format(key=key))
    return entries


def _references(front: FrontMatter, problems: Problems) -> tuple[Reference, ...]:
    """Read sources, each a record of its own, also where one line names several."""
    if "references" not in front.fields:
        return ()
    parts = [
        part.strip()
        for words in _entries(front, "references", problems)
        for part in words.text.split(";")
    ]
    found: Mapping[str, Reference] = {
        reference.key: reference for part in parts if part for reference in [_reference(part)]
    }
    return tuple(found.values())


def _reference(citation: str) -> Reference:
    return Reference(slug(citation, words=10) or "source", citation)
