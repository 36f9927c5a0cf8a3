"""Advice on a whole case: flaws that no single question shows. All of it is warnings.

Figures behind the times: people read unfamiliar text on a screen at about 200 words a minute when
they must remember it; what a question takes to answer is its author's figure, else its format's.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from html import unescape
from math import ceil
from typing import Any

from proficiency.core.text import _, count_words
from proficiency.items.section import Block, BulletList, Problems, Words
from proficiency.scenarios.content import Case, Item, candidate_stage, plain_file_ids, plain_keys
from proficiency.scenarios.giveaways import warn_about_giveaways
from proficiency.scenarios.parser import Reading
from proficiency.scenarios.readability import Readability, read_ease
from proficiency.scenarios.wording import warn_about_labels, warn_about_terms

WORDS_PER_MINUTE = 200

SHORTEST = 5
"""Words that a piece of text must have to count as a sentence."""

_TAG = re.compile(r"<[^>]*>")
_BLOCK_END = re.compile(r"</(?:p|li|td|th|h[1-6])>")

TIME = "time"


def advise(reading: Reading, problems: Problems) -> None:
    """Add the warnings that need the whole case."""
    lines = list(_candidate_lines(reading))
    warn_about_labels(lines, problems)
    warn_about_terms(lines, problems)
    warn_about_giveaways(reading.questions, problems)
    if reading.case is not None:
        _warn_about_minutes(reading.case, reading.about.minutes_line, problems)


def _candidate_lines(reading: Reading) -> Iterator[Words]:
    for block in _candidate_blocks(reading):
        # A reason stands below its option, and candidates never get it.
        hidden = _reason_lines(block) if isinstance(block, BulletList) else set()
        for place, text in enumerate(block.source.split("\n")):
            if block.line + place not in hidden:
                yield Words(text, block.line + place)


def _reason_lines(block: BulletList) -> set[int]:
    return {
        below.line for bullet in block.bullets if bullet.box is not None for below in bullet.below
    }


def _candidate_blocks(reading: Reading) -> Iterator[Block]:
    for stage in reading.outline.stages:
        yield from stage.blocks
        for question in stage.questions:
            yield from question.blocks


def _warn_about_minutes(case: Case, line: int, problems: Problems) -> None:
    reading = reading_minutes(case)
    needed = ceil(reading + sum((answering_minutes(item) for item in case.items), Fraction(0)))
    if needed > case.minutes:
        problems.warn(
            line,
            _(
                "the case allows {minutes} minutes and needs about {needed}, {reading} of them for "
                "reading: shorten it or allow more"
            ).format(minutes=case.minutes, needed=needed, reading=ceil(reading)),
            TIME,
        )
    elif needed * 2 < case.minutes:
        problems.warn(
            line,
            _("the case allows {minutes} minutes and needs about {needed}: allow less").format(
                minutes=case.minutes, needed=needed
            ),
            TIME,
        )


def reading_minutes(case: Case) -> Fraction:
    """Return how long a candidate reads, in minutes, at `WORDS_PER_MINUTE`."""
    return Fraction(_words(case), WORDS_PER_MINUTE)


def _words(case: Case) -> int:
    return sum(count_words(_plain(html)) for html in _candidate_html(case))


def _plain(html: str) -> str:
    return unescape(_TAG.sub(" ", html))


def readability(case: Case) -> Readability:
    """Return how hard the candidate's part of a case is to read.

    What is shorter than `SHORTEST` words (a heading, a cell of a table, a label) is no sentence.
    """
    return read_ease(
        piece
        for html in _candidate_html(case)
        for piece in _plain(_BLOCK_END.sub("\n\n", html)).split("\n\n")
        if count_words(piece) >= SHORTEST
    )


def ease_in_words(case: Case) -> str:
    """Return in a line how long and how hard a case is to read."""
    counted = readability(case)
    return _(
        "{words:,} words, about {minutes} minutes to read; {length:.0f} words a sentence, "
        "reading ease {ease:.0f} (Flesch; 60 is plain English)"
    ).format(
        words=_words(case),
        minutes=ceil(reading_minutes(case)),
        length=float(counted.sentence_length),
        ease=float(counted.ease),
    )


def _candidate_html(case: Case) -> Iterator[str]:
    keys, file_ids = plain_keys(case), plain_file_ids(case)
    for stage in case.stages:
        view = candidate_stage(case, stage.number, keys, file_ids).to_json()
        yield from _strings(view)


def answering_minutes(item: Item) -> Fraction:
    """Return how long one question takes to answer: its author's figure, else its format's."""
    if item.minutes is not None:
        return Fraction(item.minutes)
    return item.kind.expected_minutes(item.body)


def _strings(value: Any) -> Iterator[str]:
    """Yield every text within plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
