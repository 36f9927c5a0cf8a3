"""Options that don't fit their stem's grammar while the key does: the key is then found unread.

Only stems that an option completes can give such a cue; a whole question gives none.
"""

import re
from collections.abc import Callable

_END = re.compile(r"[\s:…_.]+$")
_LAST = re.compile(r"([A-Za-z]+)$")
_VOWEL = re.compile(r"(?!uni|use|usu|eu|one\b|once)[aeiou]|hour|honest|heir", re.I)
_NOUN_BEGINS = re.compile(r"(?:the|a|an|his|her|their|its|that|this|some)\b", re.I)
_ING = re.compile(r"(?:[a-z]+ly )?[a-z]{2,}ing\b", re.I)
_PLURAL_WORDS = re.compile(r"\b(?:people|children|men|women|two|three|four|both)\b", re.I)
_HEAD = re.compile(r"^(.*?)(?:\s+(?:of|from|with|to|on|in|for|by|at|that|who|which)\b.*)?$", re.I)

Fits = Callable[[str], bool]


def fits_of(stem: str) -> Fits | None:
    """Return the test of whether an option completes `stem`; None where the stem asks for none."""
    words = _END.sub("", stem)
    found = _LAST.search(words)
    if found is None or stem.rstrip().endswith(("?", "!", ".")):
        return None
    return _FITS.get(found[1].casefold())


def _after_an(option: str) -> bool:
    return _VOWEL.match(option) is not None


def _after_a(option: str) -> bool:
    return not _after_an(option)


def _is_plural(option: str) -> bool:
    found = _HEAD.match(option.rstrip("."))
    head = found[1] if found else option
    joined = " and " in head or "," in head
    return joined or _PLURAL_WORDS.search(head) is not None or head.endswith("s")


def _base_verb(option: str) -> bool:
    return not (_NOUN_BEGINS.match(option) or _ING.match(option) or option.startswith("to "))


def _ing_form(option: str) -> bool:
    return _ING.match(option) is not None


_FITS: dict[str, Fits] = {
    "a": _after_a,
    "an": _after_an,
    "are": _is_plural,
    "were": _is_plural,
    "by": _ing_form,
    **dict.fromkeys(("should", "must", "to", "will", "can", "may", "could", "would"), _base_verb),
}
