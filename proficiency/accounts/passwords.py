"""Hashing of passwords with Argon2id, a few at a time.

One hash takes 19 MiB and two passes (OWASP's first choice). When a whole room signs in at once, two
hashes per process run side by side and the others wait, so that memory stays bounded. Checking an
account that doesn't exist takes as long as checking one that does.
"""

from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from proficiency.accounts.rules import password_problems
from proficiency.core.errors import Invalid
from proficiency.core.text import _

AT_ONCE = 2
"""Hashes that one process computes side by side: 2 × 19 MiB."""

_hasher = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_room = BoundedSemaphore(AT_ONCE)

_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""What an unknown account's password is compared with: no password gives this hash."""


def hash_password(password: str) -> str:
    """Return the hash to store for `password`; its parameters and salt are in it."""
    with _room:
        return _hasher.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether `password` gives the `stored` hash; with None it takes as long and is False."""
    with _room:
        try:
            return _hasher.verify(stored or _NOBODY, password)
        except VerifyMismatchError:
            return False


def needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with other parameters than the present ones."""
    return _hasher.check_needs_rehash(stored)


@dataclass(frozen=True)
class NewPassword:
    """A password that was found good and hashed before the transaction."""

    hash: str


def prepare_password(password: str, *, email: str, display_name: str) -> NewPassword:
    """Check and hash a new password. It takes long: do it before the transaction begins.

    Raises `Invalid` with everything that is wrong with it.
    """
    problems = password_problems(password, email=email, display_name=display_name)
    if problems:
        raise Invalid(_("This password can’t be used."), problems)
    return NewPassword(hash_password(password))


def hash_of(email: str, display_name: str, password: str | NewPassword) -> str:
    """Return the hash of a new password, made now unless it was prepared."""
    if isinstance(password, NewPassword):
        return password.hash
    return prepare_password(password, email=email, display_name=display_name).hash
