"""Advice on a question with options: flaws that item-writing guides name, each under its code.

Each may be deliberate, so all of it is warnings. `docs/guides/advice.md` explains every code and
names its source; `docs/advice.md` says how often each is right. Nothing here reads Markdown.
"""

import re
from collections.abc import Sequence

from proficiency.core.text import _
from proficiency.items.grammar_cues import fits_of
from proficiency.items.quantities import read_span
from proficiency.items.section import Bullet, Problems, Words
from proficiency.items.telling import telling_words

LONGEST_KEY = "longest-key"
ALL_OF_THE_ABOVE = "all-of-the-above"
NEGATIVE_STEM = "negative-stem"
OVERLAPPING = "overlapping-options"
GRAMMAR = "grammar-cue"
ABSOLUTE = "absolute-words"
CLANG = "clang"
FEW_OPTIONS = "few-options"

NOTICEABLE = 8
"""Characters by which a key must be longer than every other option before anybody sees it."""

_ALL_OF = re.compile(
    r"\b(?:all|none|any|both|neither|each|every one) of the (?:above|options)\b|"
    r"^(?:all|none|any|both|neither) of (?:these|them)(?: are [a-z]+)?\W*$|"
    r"^(?:[A-E] and [A-E]|in all of these cases)\W*$",
    re.I,
)
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]")
_NEGATIVE = re.compile(
    r"\b(?:not|except|least|never|unlikely|inappropriate|fails? to|do without)\b|n['’]t\b", re.I
)
_ASIDE = re.compile(
    r"(?<=\w )(?:who|whom|that|when|if|because|after|since|although)\b[^,?.]*", re.I
)
"""A clause within the question: what is denied there is part of the story."""
_ABSOLUTE = re.compile(
    r"\b(?:(?<!has )(?<!have )(?<!had )always(?! have| has| had)|never|absolutely|completely|"
    r"totally|entirely|whatsoever|at all times|in (?:all|every) cases?|every single|"
    r"no matter what|without exception|under no circumstances)\b",
    re.I,
)


def advise_on_stem(stem: Words, problems: Problems) -> None:
    """Warn of a question that is put negatively."""
    last = re.split(r"(?<=[.!?:])\s+", stem.text.strip())[-1]
    if _NEGATIVE.search(_ASIDE.sub("", _QUOTED.sub("", last))):
        problems.warn(
            stem.line,
            _(
                "the question is put negatively, which is easily misread; ask for what should be "
                "done, or what matters most"
            ),
            NEGATIVE_STEM,
        )


def advise_on_options(stem: Words, bullets: Sequence[Bullet], problems: Problems) -> None:
    """Warn of what gives the key away, or leaves more than one option right."""
    if bullets and len(bullets) < 3:
        problems.warn(
            bullets[0].line, _("fewer than three options are easily guessed; add one"), FEW_OPTIONS
        )
    _warn_longest_key(bullets, problems)
    _warn_all_of(bullets, problems)
    _warn_overlap(bullets, problems)
    _warn_grammar(stem, bullets, problems)
    _warn_absolute(bullets, problems)
    _warn_clang(stem, bullets, problems)


def advise_on_gap(bullets: Sequence[Bullet], problems: Problems) -> None:
    """Warn of what matters in a gap too, whose options are a few words each."""
    _warn_longest_key(bullets, problems)
    _warn_overlap(bullets, problems)


def _divided(bullets: Sequence[Bullet]) -> tuple[list[Bullet], list[Bullet]]:
    """Return the keys and the other options."""
    return [each for each in bullets if each.box], [each for each in bullets if each.box is False]


def _warn_longest_key(bullets: Sequence[Bullet], problems: Problems) -> None:
    keys, others = _divided(bullets)
    if not keys or not others:
        return
    shortest = min(keys, key=lambda bullet: len(bullet.text))
    key, other = len(shortest.text), max(len(bullet.text) for bullet in others)
    if key * 10 > other * 11 and key - other >= NOTICEABLE:
        problems.warn(
            shortest.line,
            _(
                "the key is the longest option ({key} characters, the next {other}), which gives "
                "it away; make the others as full"
            ).format(key=key, other=other),
            LONGEST_KEY,
        )


def _warn_all_of(bullets: Sequence[Bullet], problems: Problems) -> None:
    for bullet in bullets:
        if _ALL_OF.search(bullet.text):
            problems.warn(
                bullet.line,
                _("“{words}” rewards part knowledge: write an option of its own instead").format(
                    words=bullet.text
                ),
                ALL_OF_THE_ABOVE,
            )


def _warn_overlap(bullets: Sequence[Bullet], problems: Problems) -> None:
    spans = [(bullet, read_span(bullet.text)) for bullet in bullets]
    for place, (bullet, span) in enumerate(spans):
        for earlier, other in spans[:place]:
            both = span is not None and other is not None and span.overlaps(other)
            if both or _contains(bullet.text, earlier.text):
                problems.warn(
                    bullet.line,
                    _(
                        "this option overlaps with the one on line {line}: whoever holds the one "
                        "may hold the other too; make them exclude each other"
                    ).format(line=earlier.line),
                    OVERLAPPING,
                )


def _contains(one: str, other: str) -> bool:
    """Whether the words of one option are all of another's and more, in the same order."""
    short, long = sorted((one.casefold().rstrip("."), other.casefold().rstrip(".")), key=len)
    if short == long or len(short.split()) < 2:
        return False
    return long.startswith(f"{short} ") or (len(short.split()) > 2 and f" {short} " in f" {long} ")


def _warn_grammar(stem: Words, bullets: Sequence[Bullet], problems: Problems) -> None:
    fits = fits_of(stem.text)
    keys, others = _divided(bullets)
    if fits is None or not keys or not all(fits(key.text) for key in keys):
        return
    for bullet in others:
        if not fits(bullet.text):
            problems.warn(
                bullet.line,
                _(
                    "this option does not complete the sentence as the key does, so grammar "
                    "gives the key away; ask a whole question, or word all options alike"
                ),
                GRAMMAR,
            )


def _warn_absolute(bullets: Sequence[Bullet], problems: Problems) -> None:
    keys, others = _divided(bullets)
    if any(_ABSOLUTE.search(key.text) for key in keys):
        return
    for bullet in others:
        found = _ABSOLUTE.search(bullet.text)
        if found:
            problems.warn(
                bullet.line,
                _(
                    "“{word}” tells a practised candidate that this option is wrong; say what "
                    "somebody might truly do"
                ).format(word=found[0]),
                ABSOLUTE,
            )


def _warn_clang(stem: Words, bullets: Sequence[Bullet], problems: Problems) -> None:
    keys, others = _divided(bullets)
    asked = telling_words(stem.text)
    if not keys or any(asked & telling_words(each.text) for each in others):
        return
    shared = [asked & telling_words(key.text, shortest=6) for key in keys]
    if all(shared):
        problems.warn(
            keys[0].line,
            _(
                "the key repeats “{words}” from the question and no other option does, which "
                "points at it; use other words, or let another option repeat it too"
            ).format(words=", ".join(sorted(f"{word}…" for word in shared[0]))),
            CLANG,
        )
