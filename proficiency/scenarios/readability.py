"""How hard a case is to read: sentence length and Flesch's reading ease.

Flesch (1948), “A new readability yardstick”: 206.835 − 1.015 × words per sentence − 84.6 ×
syllables per word. About 60 is plain English, below 30 is for specialists. Syllables are counted
by groups of vowels, with the endings that English does not sound; that is near enough for means.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")
_APART = re.compile(
    r"ia(?!l\b)|io(?!n|us)|(?<=[aeiou][a-z])ea$|(?<![tcs])ie(?=nt|t$|nc)|ua|(?<=[^qg])uo|ying|iu|"
    r"ier\b|ism\b"
)
_SILENT = re.compile(
    r"(?:[^aeiouyl]|[aeiouy]l|rl)e$|[^aeiouytd]ed$|[^aeiouyscxzgh]es$|[aeiouy]\w?(?<=v)es$"
)
_SENTENCE_END = re.compile(r"[.!?](?=[\s”\"’)]|$)|\n\s*\n|\n\s*[-|*]")


@dataclass(frozen=True)
class Readability:
    """What was counted in the words of a case."""

    words: int
    sentences: int
    syllables: int

    @property
    def sentence_length(self) -> Fraction:
        """Words a sentence, on average."""
        return Fraction(self.words, max(self.sentences, 1))

    @property
    def ease(self) -> Fraction:
        """Flesch's reading ease; 0 for a text without words."""
        if not self.words:
            return Fraction(0)
        per_word = Fraction(self.syllables, self.words)
        return (
            Fraction(206_835, 1000)
            - Fraction(1015, 1000) * self.sentence_length
            - Fraction(846, 10) * per_word
        )


def count_syllables(word: str) -> int:
    """Return how many syllables an English word most likely has; at least one."""
    small = re.sub(r"['’](?:s|t|d|m|ll|ve|re)?$", "", word.casefold())
    count = len(_VOWELS.findall(small)) + len(_APART.findall(small))
    return max(count - bool(_SILENT.search(small)), 1)


def read_ease(texts: Iterable[str]) -> Readability:
    """Count words, sentences and syllables of paragraphs of plain text."""
    words = sentences = syllables = 0
    for text in texts:
        found = [each[0] for each in _WORD.finditer(text)]
        words += len(found)
        syllables += sum(map(count_syllables, found))
        pieces = _SENTENCE_END.split(text)
        sentences += sum(_WORD.search(piece) is not None for piece in pieces)
    return Readability(words, sentences, syllables)
