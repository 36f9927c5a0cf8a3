"""Where things stand in the text of a case, and where they went in a later one. Pure.

Lines are counted from 1 and end at LF, as stored texts do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from proficiency.items.section import Problems
from proficiency.scenarios.blocks import read_blocks
from proficiency.scenarios.front import KEYS
from proficiency.scenarios.notation import read_notation
from proficiency.scenarios.outline import QuestionOutline, read_outline
from proficiency.scenarios.parser import AnyCode, question_names
from proficiency.scenarios.reader import (
    Source,
    clean_lines,
    is_within_limits,
    read_front_matter,
)


@dataclass(frozen=True)
class Place:
    """One question in a text: its name, its number, and the lines from `first` to `last`."""

    name: str
    number: int
    first: int
    last: int


def find_questions(text: str) -> tuple[Place, ...]:
    """Return where each question stands, in order; nothing for a text that can't be read."""
    problems = Problems()
    if not is_within_limits(text, problems):
        return ()
    lines = clean_lines(Source.of(text), problems)
    front = read_front_matter(lines, KEYS, problems)
    outline = read_outline(read_blocks(lines[front.body :], front.body + 1, problems), problems)
    questions = [each for stage in outline.stages for each in stage.questions]
    starts = [stage.line for stage in outline.stages] + [each.line for each in questions]
    ends = sorted([*starts, outline.about_line, len(lines) + 1])
    return tuple(
        Place(name, place, each.line, next(end for end in ends if end > each.line) - 1)
        for place, (each, name) in enumerate(zip(questions, _names(questions), strict=True), 1)
    )


def _names(questions: Sequence[QuestionOutline]) -> list[str]:
    silent = Problems()
    notations = [read_notation(each.notation, each.line, AnyCode(), silent) for each in questions]
    return question_names(questions, notations)


def lines_of(text: str) -> list[str]:
    """Return the lines of a stored text."""
    return text.split("\n")


def follow_lines(old: str, new: str) -> dict[int, int]:
    """Return where each line of `old` that still stands is in `new`."""
    matcher = SequenceMatcher(None, lines_of(old), lines_of(new), autojunk=False)
    return {
        block.a + step + 1: block.b + step + 1
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }


def follow(kept: Mapping[int, int], first: int, count: int) -> int | None:
    """Return where `count` lines from `first` on went, or None unless all stand together still."""
    start = kept.get(first)
    if start is None:
        return None
    together = all(kept.get(first + step) == start + step for step in range(count))
    return start if together else None


def with_lines(text: str, first: int, count: int, replacement: str) -> str:
    """Return `text` with `count` lines from `first` on replaced; "" takes them away."""
    lines = lines_of(text)
    put = lines_of(replacement) if replacement else []
    return "\n".join([*lines[: first - 1], *put, *lines[first - 1 + count :]])
