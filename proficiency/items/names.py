"""Names that stay the same when a case is renumbered or reworded.

Items, options, criteria and traps are known to statistics and marks by a short name. An author may
write it; where nobody has, it is derived from the words, always in the same way.
"""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_NAME = 60
"""Characters in a name, so that it fits a column, a page and a file name."""

_SMALL_WORD = re.compile(
    r"a|an|and|are|as|at|be|but|by|do|does|for|from|has|have|he|her|his|how|i|in|is|it|its|my|of|on|"
    r"or|our|she|so|that|the|their|them|there|they|this|to|was|we|what|when|where|which|who|whom|"
    r"why|will|with|would|you|your"
)


def is_name(text: str) -> bool:
    """Whether `text` may serve as a name: small letters, digits and single hyphens."""
    return len(text) <= MAX_NAME and NAME.fullmatch(text) is not None


def slug(text: str, *, words: int = 6) -> str:
    """Return a name made of the first telling `words` of `text`, or "" if it has no letters."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    found = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    telling = [word for word in found if not _SMALL_WORD.fullmatch(word)] or found
    name = "-".join(telling[:words])
    return name[:MAX_NAME].strip("-")


def _base(wanted: str, fallback: str) -> str:
    return (wanted or fallback)[: MAX_NAME - 6].strip("-")


def derive_names(texts: Sequence[str], given: Sequence[str | None], fallback: str) -> list[str]:
    """Return one name per text: the given one, else one derived from the words, none twice."""
    taken = {name for name in given if name}
    last = Counter[str]()
    names = []
    for text, name in zip(texts, given, strict=True):
        chosen = name or ""
        base = _base(slug(text), fallback)
        while not chosen:
            # Counting on from the last number used keeps a thousand like names quick.
            last[base] += 1
            candidate = base if last[base] == 1 else f"{base}-{last[base]}"
            chosen = "" if candidate in taken else candidate
        taken.add(chosen)
        names.append(chosen)
    return names


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` most likely means, or None when none is near."""
    by_folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
