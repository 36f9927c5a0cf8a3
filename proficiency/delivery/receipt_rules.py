"""What a receipt says, and the bytes that it is computed from. Pure.

A page computes the same from its own copy (`static/js/exam/digest.js`), so that nobody has to take
the server's word. All numbers are over length-prefixed bytes: no two different lists give the same.
Keeps invariant 11: what is hashed is cleaned first, exactly as it is before it is stored.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from proficiency.core.chain import encode_fields
from proficiency.core.clock import to_micros
from proficiency.core.text import clean_text

FIELDS = b"proficiency fields"
RECEIPT = b"proficiency receipt"
SIGNED = b"proficiency receipt signature"
"""What kind of thing is hashed or signed: one can never pass for another."""

NOT_ANSWERS = frozenset({"flag", "present"})
"""Fields that a question's form posts besides its answer."""

CODE_LENGTH = 64


def hash_fields(fields: Mapping[str, Sequence[str]]) -> str:
    """Return the SHA-256 of a question's fields as a page sent them, as 64 hexadecimal digits.

    Names and values are cleaned. Each field is its name and its values in their order; fields are
    put in the order of their bytes, so the order of sending doesn't matter.
    """
    parts = sorted(
        encode_fields(clean_text(each).encode() for each in (name, *values))
        for name, values in fields.items()
        if name not in NOT_ANSWERS
    )
    return hashlib.sha256(encode_fields([FIELDS, *parts])).hexdigest()


@dataclass(frozen=True)
class Entry:
    """The answer that counts for one item: its place in the attempt's chain, and its proof.

    `proof` is the hash of the fields that were sent; the commitment where no page sent fields.
    """

    item_id: str
    pos: int
    proof: str


def digest_of(nonce: str, entries: Iterable[Entry]) -> str:
    """Return the digest over `entries` in form order; `nonce` is the attempt's, drawn by chance."""
    parts = [RECEIPT, nonce.encode()]
    for entry in entries:
        parts += (entry.item_id.encode(), b"%d" % entry.pos, entry.proof.encode())
    return hashlib.sha256(encode_fields(parts)).hexdigest()


def signed_bytes(attempt_id: str, digest: str, at: datetime) -> bytes:
    """Return the bytes that a receipt's signature covers; the moment in microseconds since 1970."""
    return encode_fields([SIGNED, attempt_id.encode(), digest.encode(), b"%d" % to_micros(at)])


def read_code(typed: str) -> str | None:
    """Return the digest that somebody typed or scanned, however it was grouped; None for others."""
    code = "".join(part for part in typed.split()).replace("-", "").lower()
    is_code = len(code) == CODE_LENGTH and all(sign in "0123456789abcdef" for sign in code)
    return code if is_code else None
