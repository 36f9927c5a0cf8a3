"""Options with keys and reasons, as several formats use them. Their advice is in `option_advice`.

An option is a task-list bullet: `[x]` marks a key, a bullet below it is its reason, and a bullet
`name …` below it is its name. The candidate gets an option's words and nothing else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from proficiency.core.text import _
from proficiency.items.names import derive_names, is_name
from proficiency.items.option_advice import (
    advise_on_gap,
    advise_on_options,
    advise_on_stem,
)
from proficiency.items.reasons import BELOW, BELOW_OPTION, warn_without_reason
from proficiency.items.section import (
    Block,
    Bullet,
    BulletList,
    Part,
    Problems,
    Prose,
    Quote,
    Rich,
    Section,
    Table,
    Words,
)

MAX_OPTIONS = 30
"""More than anybody can weigh up."""

_NAMED = re.compile(r"name\s+(\S+)")


@dataclass(frozen=True)
class Option:
    """One option. `reason` says why it is or isn't a key; it is for assessors only."""

    key: str
    words: Rich
    is_key: bool
    reason: Rich | None

    def to_json(self) -> dict[str, Any]:
        """Return the plain form for the frozen content."""
        return {
            "key": self.key,
            "words": self.words.to_json(),
            "is_key": self.is_key,
            "reason": self.reason.to_json() if self.reason else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Option":
        """Read the plain form back."""
        reason = data["reason"]
        return cls(
            key=data["key"],
            words=Rich.from_json(data["words"]),
            is_key=data["is_key"],
            reason=None if reason is None else Rich.from_json(reason),
        )


def options_view(
    options: Sequence[Option], ids: Mapping[str, str], order: Sequence[str]
) -> list[dict[str, str]]:
    """Return the options as a candidate sees them: random id and words, in the form's order.

    Raises `ValueError` unless `ids` and `order` name each option once.
    """
    by_key = {option.key: option for option in options}
    if set(ids) != set(by_key) or len(set(ids.values())) != len(by_key):
        raise ValueError("the form's ids do not fit the question's options")
    if sorted(order) != sorted(by_key):
        raise ValueError("the form's order does not name each option once")
    return [{"id": ids[key], "html": by_key[key].words.html} for key in order]


@dataclass(frozen=True)
class Chosen:
    """The question's text and its options, as read from a section."""

    question: Rich
    options: tuple[Option, ...]


def read_choices(section: Section, problems: Problems) -> Chosen:
    """Read the question's text and, below it, its options."""
    first = next(
        (
            place
            for place, block in enumerate(section.blocks)
            if isinstance(block, BulletList) and block.has_boxes
        ),
        len(section.blocks),
    )
    text, rest = section.blocks[:first], section.blocks[first:]
    _check_text(text, section, problems)
    bullets = _option_bullets(rest, section, problems)
    options = _read_options(bullets, section, problems)
    question = section.rich_text(text)
    stem = Words(question.markdown, _stem_line(section))
    advise_on_stem(stem, problems)
    if len(options) <= MAX_OPTIONS:
        _warn_without_reasons(options, bullets, problems)
        advise_on_options(stem, bullets, problems)
    else:
        problems.error(
            bullets[0].line,
            _("a question may have {most} options, and this one has {found}").format(
                most=MAX_OPTIONS, found=len(options)
            ),
        )
    return Chosen(question, options)


def read_gap_options(
    part: Part, prefix: str, section: Section, problems: Problems
) -> tuple[Option, ...]:
    """Read the options of a part; their keys begin with `prefix`, so that parts can't clash.

    A reason is welcome and not asked for: most options of a gap are wrong in one word.
    """
    bullets = _option_bullets(part.blocks, section, problems)
    options = _read_options(bullets, section, problems)
    advise_on_gap(bullets, problems)
    return tuple(replace(option, key=f"{prefix}-{option.key}") for option in options)


def read_key_bullets(section: Section, problems: Problems) -> list[tuple[Bullet, Option]]:
    """Read the bullets of a question that quotes its options from elsewhere, each with its option.

    Only keys need a reason here.
    """
    bullets = _option_bullets(
        [block for block in section.blocks if isinstance(block, BulletList)], section, problems
    )
    options = _read_options(bullets, section, problems)
    for option, bullet in zip(options, bullets, strict=True):
        if option.is_key:
            warn_without_reason(bullet.line, _reason_text(option), problems, BELOW)
    return list(zip(bullets, options, strict=True))


def _stem_line(section: Section) -> int:
    """The last line of text above the options, which is where the question itself stands."""
    lines = [block.line for block in section.blocks if isinstance(block, Prose)]
    return max(lines, default=section.line)


def _reason_text(option: Option) -> str | None:
    return None if option.reason is None else option.reason.markdown


def _warn_without_reasons(
    options: Sequence[Option], bullets: Sequence[Bullet], problems: Problems
) -> None:
    for option, bullet in zip(options, bullets, strict=True):
        if bullet.box is not None:
            warn_without_reason(bullet.line, _reason_text(option), problems, BELOW_OPTION)


def _check_text(text: Sequence[Block], section: Section, problems: Problems) -> None:
    if not text:
        problems.error(
            section.line, _("the question has no text: write it between the line and the options")
        )
    for block in text:
        if isinstance(block, Table):
            problems.error(
                block.line,
                _(
                    "a table under a question is an answer table, which this format does not have; "
                    "data belongs in an exhibit (“> **Exhibit 1: …**”)"
                ),
            )


def _option_bullets(
    blocks: Sequence[Block], section: Section, problems: Problems
) -> tuple[Bullet, ...]:
    bullets: list[Bullet] = []
    for block in blocks:
        if isinstance(block, BulletList):
            bullets += block.bullets
        else:
            problems.error(block.line, _text_after_options(block))
    if not bullets:
        problems.error(
            section.line,
            _("the question has no options: write each as “- [ ] …”, and the key as “- [x] …”"),
        )
    return tuple(bullets)


def _text_after_options(block: Block) -> str:
    if isinstance(block, Prose | Quote):
        return _("text after the options: move it above them, or indent a reason by two spaces")
    return _("only options may follow the options: move this above them or into an exhibit")


def _read_options(
    bullets: Sequence[Bullet], section: Section, problems: Problems
) -> tuple[Option, ...]:
    given = [given_name(bullet, problems) for bullet in bullets]
    names = derive_names([bullet.text for bullet in bullets], given, "option")
    _check_twice(bullets, given, problems)
    return tuple(
        _read_option(bullet, name, section, problems)
        for bullet, name in zip(bullets, names, strict=True)
    )


def is_naming(bullet: Bullet) -> bool:
    """Whether a bullet below an option says its name, be it a good one or not."""
    return _NAMED.fullmatch(bullet.text) is not None


def given_name(bullet: Bullet, problems: Problems) -> str | None:
    """Return the name that a bullet `name …` below an option gives it; reports what is none."""
    """Return the name that a bullet `name …` below an option gives it; reports what is none."""
    for below in bullet.below:
        found = _NAMED.fullmatch(below.text)
        if found and is_name(found[1]):
            return found[1]
        if found:
            problems.error(
                below.line,
                _("“{name}” is no name: use small letters, digits and hyphens").format(
                    name=found[1]
                ),
            )
    return None


def _check_twice(
    bullets: Sequence[Bullet], given: Sequence[str | None], problems: Problems
) -> None:
    seen_words: dict[str, int] = {}
    seen_names: dict[str, int] = {}
    for bullet, name in zip(bullets, given, strict=True):
        folded = " ".join(bullet.text.casefold().split()).rstrip(".")
        if folded in seen_words:
            problems.error(
                bullet.line,
                _("this option is the same as the one on line {line}; change or remove it").format(
                    line=seen_words[folded]
                ),
            )
        seen_words.setdefault(folded, bullet.line)
        if name in seen_names:
            problems.error(bullet.line, _("the name “{name}” is used twice").format(name=name))
        if name:
            seen_names.setdefault(name, bullet.line)


def _read_option(bullet: Bullet, name: str, section: Section, problems: Problems) -> Option:
    if bullet.box is None:
        problems.error(
            bullet.line,
            _(
                "this bullet has no box: write “- [ ] …” for an option and “- [x] …” for a key; if "
                "it is the reason of the option above, indent it by two spaces"
            ),
        )
    elif not bullet.text:
        problems.error(bullet.line, _("this option has no words: write them after the box"))
    if bullet.has_more:
        problems.error(
            bullet.line,
            _("an option is one paragraph, with its reason as a bullet below it, indented"),
        )
    reasons = [below.text for below in bullet.below if not _NAMED.fullmatch(below.text)]
    if any(below.box is not None for below in bullet.below):
        problems.error(
            bullet.below[0].line,
            _("an option within an option: take away the spaces before “- [ ]”"),
        )
    return Option(
        key=name,
        words=section.render_line(bullet.text),
        is_key=bullet.box is True,
        reason=section.render_line(" ".join(reasons)) if reasons else None,
    )
