"""Answers that are given away: the stem of another question, which can be read while the question
is open, holds what the key of this one says.

A stage is closed when the next is opened, so a later stage may tell what an earlier one asked.
"""

import re
from collections.abc import Iterator, Sequence

from proficiency.core.text import _
from proficiency.items.section import BulletList, Problems, Prose
from proficiency.items.telling import telling_words
from proficiency.scenarios.parser import Question

GIVEN_AWAY = "given-away"
ENOUGH = 3
"""Telling words of a key that must meet in one stem before it says the same; one less if all do."""

_SHARE = 7
"""Tenths of the key's own telling words that the stem must hold."""


def warn_about_giveaways(questions: Sequence[Question], problems: Problems) -> None:
    """Warn of every key that another question's stem tells, at the key's line."""
    stems = [(each, _stem(each)) for each in questions]
    for question in questions:
        others = [(each, stem) for each, stem in stems if _is_open(each, question)]
        for line, other in _given_away(question, others):
            problems.warn(
                line,
                _(
                    "question {number} tells this answer; word one of the two so that neither "
                    "helps with the other, or ask it in a later stage"
                ).format(number=other.outline.number),
                GIVEN_AWAY,
            )


def _is_open(other: Question, question: Question) -> bool:
    """Whether a candidate who answers `question` can read `other`."""
    return other is not question and other.stage <= question.stage


def _stem(question: Question) -> str:
    return "\n".join(each.source for each in question.outline.blocks if isinstance(each, Prose))


def _given_away(
    question: Question, others: Sequence[tuple[Question, str]]
) -> Iterator[tuple[int, Question]]:
    for line, words in _keys(question):
        other = next((other for other, stem in others if _tells(stem, words)), None)
        if other is not None:
            yield line, other
    for line, phrase in _accepted(question):
        whole = re.compile(rf"\b{re.escape(phrase)}\b", re.I)
        other = next((other for other, stem in others if whole.search(stem)), None)
        if other is not None:
            yield line, other


def _tells(stem: str, words: frozenset[str]) -> bool:
    shared = len(words & telling_words(stem, shortest=4))
    enough = shared >= ENOUGH and shared * 10 >= len(words) * _SHARE
    return enough or shared == len(words) == ENOUGH - 1


def _keys(question: Question) -> Iterator[tuple[int, frozenset[str]]]:
    """Yield each key's line and the telling words that only it has within its question."""
    lists = [each for each in question.outline.blocks if isinstance(each, BulletList)]
    bullets = [bullet for each in lists for bullet in each.bullets]
    others = [bullet.text for bullet in bullets if bullet.box is False]
    if not others:
        return  # quotes from an exhibit, which the candidate has before their eyes
    known = telling_words("\n".join([_stem(question), *others]), shortest=4)
    for bullet in bullets:
        if bullet.box:
            yield bullet.line, telling_words(bullet.text, shortest=4) - known


def _accepted(question: Question) -> Iterator[tuple[int, str]]:
    """Yield the accepted answers of several words, which a stem could hold as they are."""
    if question.item is None:
        return
    for answer in question.item.kind.accepted_answers(question.item.body):
        if answer.marks > 0 and len(answer.answer.split()) > 1:
            yield question.outline.line, answer.answer
