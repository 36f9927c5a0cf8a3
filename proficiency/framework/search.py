"""Finding sub-standards by words or by code. Pure.

Invariants kept: a search never fails, whatever is typed; what is marked as found is really there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from proficiency.framework.rules import Framework, Standard, SubStandard, Theme, plain_code

_CODE_QUERY = re.compile(r"(?:(?:sub-?)?standard\s|theme\s)?([\d\s.,]+|[a-z])", re.IGNORECASE)
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


@dataclass(frozen=True)
class Part:
    """A piece of a text, and whether it is one of the words that were looked for."""

    text: str
    is_match: bool = False


@dataclass(frozen=True)
class Found:
    """A sub-standard, with the standard and the theme that it stands under."""

    sub_standard: SubStandard
    standard: Standard
    theme: Theme


def search_words(query: str) -> tuple[str, ...]:
    """Return the distinct words of a query, in small letters and without punctuation round them."""
    words = (word.strip(".,;:!?()[]\"'") for word in _plain(query).split())
    return tuple(dict.fromkeys(word for word in words if word))


def find_code(framework: Framework, query: str) -> str | None:
    """Return the code that the query as a whole names (`11.2`, `Standard 11`, `b`), or None."""
    match = _CODE_QUERY.fullmatch(query.strip())
    code = plain_code(match[1]) if match else ""
    return code if code in framework else None


def find_sub_standards(
    framework: Framework, query: str, wordings: Mapping[str, str]
) -> tuple[Found, ...]:
    """Return the sub-standards that `query` finds, in order.

    A query that is a code finds what stands under it. Otherwise every word must occur, as a word or
    within one, in the summary, the official wording, or the standard's heading or title. An empty
    query finds nothing.
    """
    code = find_code(framework, query)
    if code is not None:
        return tuple(found for found in _all(framework) if code in _codes(found))
    words = search_words(query)
    if not words:
        return ()
    return tuple(
        found
        for found in _all(framework)
        if all(word in _haystack(found, wordings) for word in words)
    )


def _all(framework: Framework) -> Iterator[Found]:
    for theme in framework.themes:
        for standard in theme.standards:
            for sub in standard.sub_standards:
                yield Found(sub, standard, theme)


def mark_words(text: str, words: Sequence[str]) -> tuple[Part, ...]:
    """Cut `text` into parts so that each occurrence of one of `words` is a part of its own.

    The parts joined are `text`. `words` are as `search_words` gives them.
    """
    if not words:
        return (Part(text),)
    longest_first = sorted(words, key=len, reverse=True)
    pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)
    found, at = list[Part](), 0
    # The characters made plain are as many as before, so that places in one are places in both.
    for match in pattern.finditer(text.translate(_STRAIGHT)):
        found.append(Part(text[at : match.start()]))
        found.append(Part(text[match.start() : match.end()], is_match=True))
        at = match.end()
    found.append(Part(text[at:]))
    return tuple(part for part in found if part.text)


def _codes(found: Found) -> set[str]:
    return {found.theme.code, found.standard.code, found.sub_standard.code}


def _haystack(found: Found, wordings: Mapping[str, str]) -> str:
    texts = (
        found.sub_standard.summary,
        wordings.get(found.sub_standard.code, ""),
        found.standard.heading,
        found.standard.title,
    )
    return _plain("\n".join(texts))


def _plain(text: str) -> str:
    return text.translate(_STRAIGHT).lower()
