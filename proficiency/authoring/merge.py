"""Three-way merge of lines, so that nobody's edit is lost when two people edit one case.

Pure. What only one side changed is taken from that side, what both changed alike is taken once,
and where they differ nothing is chosen for people: both versions are handed back. The approach is
that of diff3 (Khanna, Kunal and Pierce, *A formal investigation of diff3*, 2007): the lines that
both sides kept divide the text into stretches, and each stretch is decided by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """One place where both sides changed the same lines differently.

    `line` is where it begins in the text that was saved first (`theirs`), counted from 1.
    """

    line: int
    base: Lines
    mine: Lines
    theirs: Lines


@dataclass(frozen=True)
class Merged:
    """The outcome. `text` is None when there are conflicts; `with_mine` decides them for one side,
    so that a writer has everything in one text to work on."""

    text: str | None
    with_mine: str
    conflicts: tuple[Conflict, ...] = ()


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Merge two texts that were both made from `base`.

    Lines keep their own ends. Merging is symmetric but for the order of sides in conflicts.
    """
    if mine == theirs or theirs == base:
        return Merged(mine, mine)
    if mine == base:
        return Merged(theirs, theirs)
    pieces: list[str] = []
    conflicts: list[Conflict] = []
    line = 1
    for old, ours, other in _stretches(_lines(base), _lines(mine), _lines(theirs)):
        if ours == other or other == old:
            pieces += ours
        elif ours == old:
            pieces += other
        else:
            conflicts.append(Conflict(line, old, ours, other))
            pieces += ours
        line += len(other)
    text = "".join(pieces)
    return Merged(None if conflicts else text, text, tuple(conflicts))


def _lines(text: str) -> Lines:
    return tuple(text.splitlines(keepends=True))


def _stretches(base: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """Yield the text in stretches: those kept by both sides, and those between them."""
    kept_by_me, kept_by_them = _kept(base, mine), _kept(base, theirs)
    at = here = there = 0
    for line in range(len(base)):
        if line not in kept_by_me or line not in kept_by_them:
            continue
        upto_mine, upto_theirs = kept_by_me[line], kept_by_them[line]
        yield base[at:line], mine[here:upto_mine], theirs[there:upto_theirs]
        yield base[line : line + 1], mine[upto_mine : upto_mine + 1], base[line : line + 1]
        at, here, there = line + 1, upto_mine + 1, upto_theirs + 1
    yield base[at:], mine[here:], theirs[there:]


def _kept(base: Sequence[str], changed: Sequence[str]) -> dict[int, int]:
    """Return where each line of `base` that was kept stands in `changed`."""
    matcher = SequenceMatcher(None, base, changed, autojunk=False)
    return {
        block.a + step: block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }
