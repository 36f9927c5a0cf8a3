"""Advice on a whole case: flaws that no single question shows. All of it is warnings.

Figures behind the times: people read unfamiliar text on a screen at about 200 words a minute when
they must remember it; what a question takes to answer is its author's figure, else its format's.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Any

from proficiency.core.text import _, count_words
from proficiency.items.section import Block, Problems
from proficiency.scenarios.content import Case, Item, candidate_stage, plain_keys
from proficiency.scenarios.parser import Reading

WORDS_PER_MINUTE = 200

_TAG = re.compile(r"<[^>]*>")
_LABELS = {
    r"wheelchair[- ]bound|confined to a wheelchair": _("uses a wheelchair"),
    r"suffer(?:s|ed|ing)? from|afflicted (?:with|by)": _("has"),
    r"the (?:elderly|disabled|mentally ill)": _("older people, disabled people"),
    r"victim of (?:a |an )?(?:stroke|dementia|brain injury|accident)": _("had a stroke"),
    r"mentally (?:retarded|handicapped)|retarded": _("has a learning disability"),
    r"normal (?:people|person|child|children|life)": _("other people"),
    r"(?:an?|the) (?:alcoholic|drug addict|junkie|schizophrenic|epileptic|diabetic)": _(
        "a person with …"
    ),
    r"attention[- ]seeking|non[- ]compliant|manipulative": _("what was said or done"),
}
_LABEL = [(re.compile(rf"\b(?:{pattern})\b", re.I), better) for pattern, better in _LABELS.items()]


def advise(reading: Reading, problems: Problems) -> None:
    """Add the warnings that need the whole case."""
    _warn_about_labels(reading, problems)
    if reading.case is not None:
        _warn_about_minutes(reading.case, reading.about.minutes_line, problems)


def _warn_about_labels(reading: Reading, problems: Problems) -> None:
    for block in _candidate_blocks(reading):
        for place, text in enumerate(block.source.split("\n")):
            for pattern, better in _LABEL:
                found = pattern.search(text)
                if found:
                    problems.warn(
                        block.line + place,
                        _(
                            "“{words}” labels a person; write “{better}”, unless the case means to "
                            "show somebody using these words"
                        ).format(words=found[0], better=better),
                    )


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
        )
    elif needed * 2 < case.minutes:
        problems.warn(
            line,
            _("the case allows {minutes} minutes and needs about {needed}: allow less").format(
                minutes=case.minutes, needed=needed
            ),
        )


def reading_minutes(case: Case) -> Fraction:
    """Return how long a candidate reads, in minutes, at `WORDS_PER_MINUTE`."""
    keys = plain_keys(case)
    words = sum(
        count_words(_TAG.sub(" ", text))
        for stage in case.stages
        for text in _strings(candidate_stage(case, stage.number, keys).to_json())
    )
    return Fraction(words, WORDS_PER_MINUTE)


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
