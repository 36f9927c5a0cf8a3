"""Telling words: those that carry a sentence's meaning, in a form that its endings don't change.

A rough comparison for advice only. Names of people are left out, since every option may name them.
"""

import re

STEM = 6
"""Letters by which two forms of a word are taken for the same."""

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_SMALL_WORDS = """
about above after again against agree agreed also already always among another anybody anyone
    anything around asked asks because become been before begin being below best better between
    both call case change client come could decide does doing done down during each either else
    even ever every everybody find first from further gets give given gives goes going have having
    help helps here himself herself into itself keep kept know known later least leave less like
    likely made make makes many matter matters might more most much must named need needed needs
    never next nobody nothing now once only other others over own part people person plan point
    question rather reply right said same says seen send sent set shall should show shows since
    some somebody something soon still such take taken takes tell tells than that their them
    themselves then there these they thing things this those three through time today together
    told under until upon used uses using very want wants week were what when where whether which
    while whole whom whose will with within without word words work works would write written year
    your yourself
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def telling_words(text: str, shortest: int = 5) -> frozenset[str]:
    """Return the stems of the telling words of `text` that have `shortest` letters or more."""
    return frozenset(
        _stem(found[0])
        for found in _WORD.finditer(text)
        if len(found[0]) >= shortest
        and found[0].casefold() not in _SMALL
        and not _is_name(text, found)
    )


def _stem(word: str) -> str:
    folded = re.sub(r"['’]s$", "", word.casefold())
    return re.sub(r"(?:ing|ed|es|s)$", "", folded)[:STEM] if len(folded) > 4 else folded


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Whether a capital stands where no sentence begins."""
    before = text[: found.start()].rstrip(" \n\"“‘'*_([")
    return found[0][0].isupper() and bool(before) and before[-1] not in '.!?:;”"'
