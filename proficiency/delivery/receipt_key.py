"""The key that signs receipts: it follows from the installation's secret, and its public half is in
every receipt.

Every machine of an installation has the same secret already, so all sign with the same key and
nothing has to be copied. A new secret means a new key; receipts name theirs, and stay valid.
"""

from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proficiency.delivery.receipt_rules import signed_bytes

PURPOSE = b"proficiency receipt key"
"""What the key is for; whatever else is derived from the secret can't be the same."""


class ReceiptKey:
    """Signs receipts (Ed25519)."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, attempt_id: str, digest: str, at: datetime) -> str:
        """Return the signature over a receipt, the same each time, as 128 hexadecimal digits."""
        return self._key.sign(signed_bytes(attempt_id, digest, at)).hex()


@lru_cache(maxsize=4)
def key_of(secret: str) -> ReceiptKey:
    """Return the key that follows from an installation's secret."""
    return ReceiptKey(secret)


def signature_holds(
    public_key: str, signature: str, attempt_id: str, digest: str, at: datetime
) -> bool:
    """Whether the holder of `public_key` signed this; False also for what is no key at all."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), signed_bytes(attempt_id, digest, at))
    except (InvalidSignature, ValueError):
        return False
    return True
