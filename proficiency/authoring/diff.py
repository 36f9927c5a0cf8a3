"""A comparison of two texts for readers: words within changed paragraphs, the rest folded. Pure.

Invariants kept: what the comparison shows as old and as new is exactly the old and the new text;
nothing is left out but unchanged paragraphs, and it says how many.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import groupby

CONTEXT = 1
"""Unchanged paragraphs that stay in sight on each side of a change."""

ALIKE = 0.45
"""Paragraphs with less than this in common are shown as one taken out and one put in."""

MOST_WORDS = 4000
"""Beyond this many words a paragraph is compared as a whole, so that a page comes in time."""

MOST_PAIRS = 400
"""Changed paragraphs of which each is tried with each; beyond, only those at the same place."""

_WORDS = re.compile(r"\w+|[^\w\s]|\s+")


class Mark(StrEnum):
    """What happened to words or to a paragraph."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Run:
    """Words of a paragraph that share one fate."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Paragraph:
    """One paragraph of the comparison; `old` and `new` are its numbers there, from 1, or None."""

    mark: Mark
    runs: tuple[Run, ...]
    old: int | None
    new: int | None

    @property
    def old_text(self) -> str:
        return "".join(run.text for run in self.runs if run.mark is not Mark.ADDED)

    @property
    def new_text(self) -> str:
        return "".join(run.text for run in self.runs if run.mark is not Mark.REMOVED)


@dataclass(frozen=True)
class Stretch:
    """Paragraphs in a row; a folded stretch is unchanged and far from any change."""

    is_folded: bool
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything from the first paragraph to the last."""

    stretches: tuple[Stretch, ...]

    @property
    def changes(self) -> int:
        """How many paragraphs were changed, put in or taken out."""
        return sum(
            paragraph.mark is not Mark.KEPT
            for stretch in self.stretches
            for paragraph in stretch.paragraphs
        )


def compare(old: Sequence[str], new: Sequence[str]) -> Comparison:
    """Compare two texts, given as their paragraphs."""
    return Comparison(tuple(_fold(list(_align(old, new)))))


def _align(old: Sequence[str], new: Sequence[str]) -> Iterator[Paragraph]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            for step in range(a_end - a):
                runs = (Run(Mark.KEPT, old[a + step]),)
                yield Paragraph(Mark.KEPT, runs, a + step + 1, b + step + 1)
        else:
            yield from _pair(list(enumerate(old[a:a_end], a)), list(enumerate(new[b:b_end], b)))


Numbered = list[tuple[int, str]]


def _pair(old: Numbered, new: Numbered) -> Iterator[Paragraph]:
    """Show paragraphs that are alike as changed ones, in order, and the others on their own."""
    if len(old) * len(new) > MOST_PAIRS:
        yield from _pair_by_place(old, new)
        return
    best = _most_alike(old, new)
    if best is None:
        yield from _apart(old, new)
        return
    a, b = best
    yield from _pair(old[:a], new[:b])
    yield _changed(old[a], new[b])
    yield from _pair(old[a + 1 :], new[b + 1 :])


def _pair_by_place(old: Numbered, new: Numbered) -> Iterator[Paragraph]:
    """Where there are too many to try each with each, only those at the same place are."""
    both = min(len(old), len(new))
    for one, other in zip(old, new, strict=False):
        if _likeness(one[1], other[1]) >= ALIKE:
            yield _changed(one, other)
        else:
            yield from _apart([one], [other])
    yield from _apart(old[both:], new[both:])


def _changed(old: tuple[int, str], new: tuple[int, str]) -> Paragraph:
    return Paragraph(Mark.CHANGED, compare_words(old[1], new[1]), old[0] + 1, new[0] + 1)


def _apart(old: Numbered, new: Numbered) -> Iterator[Paragraph]:
    for place, text in old:
        yield Paragraph(Mark.REMOVED, (Run(Mark.REMOVED, text),), place + 1, None)
    for place, text in new:
        yield Paragraph(Mark.ADDED, (Run(Mark.ADDED, text),), None, place + 1)


def _most_alike(old: Numbered, new: Numbered) -> tuple[int, int] | None:
    """Return the places of the two paragraphs that have most in common, if they have enough."""
    pairs = [(a, b) for a in range(len(old)) for b in range(len(new))]
    scored = [(_likeness(old[a][1], new[b][1]), -a, -b) for a, b in pairs]
    best, a, b = max(scored, default=(0.0, 0, 0))
    return (-a, -b) if best >= ALIKE else None


def _likeness(old: str, new: str) -> float:
    """Return the share of words that two paragraphs have in common, between 0 and 1."""
    one, other = _words(old), _words(new)
    if not one or not other or max(len(one), len(other)) > MOST_WORDS:
        return float(bool(one) and bool(other))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _words(text: str) -> list[str]:
    return text.split()


def compare_words(old: str, new: str) -> tuple[Run, ...]:
    """Return a paragraph's words with what was put in and taken out.

    Words that changed next to each other, with only a space between, are one change.
    """
    one, other = _tokens(old), _tokens(new)
    if max(len(one), len(other)) > MOST_WORDS:
        return (Run(Mark.REMOVED, old), Run(Mark.ADDED, new))
    runs: list[Run] = []
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            runs.append(Run(Mark.KEPT, "".join(one[a:a_end])))
            continue
        runs += [Run(Mark.REMOVED, "".join(one[a:a_end])), Run(Mark.ADDED, "".join(other[b:b_end]))]
    return tuple(_joined(runs))


def _tokens(text: str) -> list[str]:
    """Words, signs and spaces; a word is kept with the space after it, so spaces match nothing."""
    tokens: list[str] = []
    for piece in _WORDS.findall(text):
        if piece.isspace() and tokens and not tokens[-1][-1].isspace():
            tokens[-1] += piece
        else:
            tokens.append(piece)
    return tokens


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Bring changes together that only a short kept word parts, removed words before added ones."""
    kept: list[Run] = []
    for is_change, group in groupby(_absorbed(list(runs)), lambda run: run.mark is not Mark.KEPT):
        members = list(group)
        marks = (Mark.REMOVED, Mark.ADDED) if is_change else (Mark.KEPT,)
        kept += [
            Run(mark, "".join(run.text for run in members if run.mark is mark)) for mark in marks
        ]
    return (run for run in kept if run.text)


SHORT = 3


def _absorbed(runs: Sequence[Run]) -> Iterator[Run]:
    """Turn a kept bit of a few letters between two changes into a part of both."""
    for place, run in enumerate(runs):
        is_between = 0 < place < len(runs) - 1
        if run.mark is Mark.KEPT and is_between and len(run.text.strip()) <= SHORT:
            yield Run(Mark.REMOVED, run.text)
            yield Run(Mark.ADDED, run.text)
        else:
            yield run


def _fold(paragraphs: Sequence[Paragraph]) -> Iterator[Stretch]:
    """Fold what is unchanged and not next to a change; one paragraph alone is not worth a fold."""
    changed = [place for place, each in enumerate(paragraphs) if each.mark is not Mark.KEPT]
    near = {place + step for place in changed for step in range(-CONTEXT, CONTEXT + 1)}
    numbered = enumerate(paragraphs)
    for is_far, group in groupby(numbered, lambda pair: pair[0] not in near):
        members = tuple(each for _place, each in group)
        yield Stretch(is_far and len(members) > 1, members)
