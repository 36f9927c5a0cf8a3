"""The one source of chance (invariant 5). Every draw can be repeated from its stored seed."""

import random
import secrets
from collections.abc import Sequence
from typing import TypeVar

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: read aloud without mistakes
_ID_LENGTH = 20  # 100 bits

T = TypeVar("T")


def new_id() -> str:
    """Return a random identifier of 20 characters (100 bits) that tells nothing about order."""
    bits = secrets.randbits(5 * _ID_LENGTH)
    return "".join(_ALPHABET[(bits >> (5 * place)) & 31] for place in range(_ID_LENGTH))


def new_token() -> str:
    """Return a secret of 256 bits, safe in a cookie or an address."""
    return secrets.token_urlsafe(32)


def new_salt() -> str:
    """Return 128 random bits as hexadecimal, for a commitment."""
    return secrets.token_hex(16)


def new_seed() -> str:
    """Return a seed to be stored beside the outcome of the draw that it decides."""
    return secrets.token_hex(16)


def draw_order(seed: str, things: Sequence[T]) -> list[T]:
    """Return `things` in the order that `seed` decides; the same seed gives the same order."""
    shuffled = list(things)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - repeatable by design, not a secret
    return shuffled


def draw_number(seed: str, below: int) -> int:
    """Return the whole number in [0, below) that `seed` decides."""
    return random.Random(seed).randrange(below)  # noqa: S311 - repeatable by design


def random_digits(count: int) -> str:
    """Return `count` random decimal digits, the first not zero (for candidate numbers)."""
    return str(secrets.randbelow(9 * 10 ** (count - 1)) + 10 ** (count - 1))
