"""The one place where text from people is cleaned, and the one canonical form of JSON.

Keeps invariant 11: stored text is well-formed Unicode with LF line ends and without NUL, the same
on both databases, and it is cleaned before anything hashes it.
"""

import json
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def _(text: str) -> str:
    """Mark `text` as meant for a reader, so that translations can be added in one place."""
    return text


def clean_text(text: str) -> str:
    """Return `text` with LF line ends, and with NUL and lone surrogates made visible.

    NUL and lone surrogates become U+FFFD: nothing is dropped silently, and both databases can
    store the outcome. Emoji, right-to-left text and combining characters stay as they are.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", REPLACEMENT)
    # Two halves of a pair, sent apart, are one character; what then remains lone is replaced.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def canonical_json(value: Any) -> str:
    """Return the one JSON text for `value`: sorted keys, no spaces, cleaned strings.

    Raises `TypeError` for floats (marks are exact) and for anything JSON cannot hold.
    """
    return json.dumps(
        _cleaned(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, float):
        raise TypeError("canonical JSON holds no floats: use integers or a pair of them")
    return value


def count_words(text: str) -> int:
    """Count words as the candidate's page counts them: runs of anything but white space."""
    return len(text.split())
