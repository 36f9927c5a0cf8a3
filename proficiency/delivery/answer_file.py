"""The answer file: what a candidate's device wrote, sealed for the sitting, if all else fails.

It holds answers and no questions. The page seals it with the sitting's public key (ECDH on P-256
with a key of its own, HKDF-SHA-256, AES-256-GCM; the attempt is bound as associated data), so that
who carries it can neither read nor change it. The private key of a sitting follows from a secret of
the installation, which is not in the database: a copy of the database opens no file.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proficiency.core.chance import new_token
from proficiency.core.config import keep_secret
from proficiency.core.errors import Invalid
from proficiency.core.text import _

KIND = "proficiency answer file"
VERSION = 1
MOST_BYTES = 8 * 1024 * 1024
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the group of P-256 (FIPS 186-5)."""


@dataclass(frozen=True)
class FiledAnswer:
    """One answer in a file. `age` is how many milliseconds before the file was made it changed."""

    item_id: str
    epoch: int
    fields: Mapping[str, list[str]]
    age: int | None


@dataclass(frozen=True)
class Opened:
    """What a file holds. `made_at`: milliseconds since 1970, by the server's clock."""

    attempt_id: str
    nonce: str
    made_at: int
    answers: tuple[FiledAnswer, ...]


def load_secret(path: Path) -> bytes:
    """Return the installation's secret for answer files; the first call makes it."""
    if not path.exists():
        keep_secret(path, new_token().encode())
    return path.read_bytes()


def private_key(secret: bytes, sitting_id: str) -> ec.EllipticCurvePrivateKey:
    """Return the key that opens the files of one sitting."""
    # 128 bits more than the order has, so that the remainder is as good as drawn at random.
    derived = HKDF(SHA256(), 48, None, b"answer file " + sitting_id.encode()).derive(secret)
    number = int.from_bytes(derived, "big") % (P256_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


@lru_cache(maxsize=64)
def public_key_text(secret: bytes, sitting_id: str) -> str:
    """Return the sitting's public key as the page takes it: the uncompressed point in base64."""
    return base64.b64encode(_point(private_key(secret, sitting_id).public_key())).decode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Sealed:
    """The outside of a file: whose it is, and what is needed to open it."""

    attempt_id: str
    key: bytes
    iv: bytes
    data: bytes


def read_sealed(content: bytes) -> Sealed:
    """Return the outside of a file. Raises `Invalid` for anything that is no answer file."""
    data = _object(content, _not_ours())
    if data.get("kind") != KIND or data.get("version") != VERSION:
        raise _not_ours()
    attempt_id = data.get("attempt")
    if not isinstance(attempt_id, str) or not attempt_id.isalnum() or len(attempt_id) > 40:
        raise _not_ours()
    return Sealed(attempt_id, *(_bytes(data.get(name)) for name in ("key", "iv", "data")))


def open_file(sealed: Sealed, key: ec.EllipticCurvePrivateKey) -> Opened:
    """Return what a file holds. Raises `Invalid` for one that was changed or is another's."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed.key)
        shared = key.exchange(ec.ECDH(), theirs)
        aes = HKDF(SHA256(), 32, sealed.key, KIND.encode()).derive(shared)
        plain = AESGCM(aes).decrypt(sealed.iv, sealed.data, sealed.attempt_id.encode())
    except (ValueError, InvalidTag):
        raise _changed() from None
    data = _object(plain, _changed())
    if data.get("attempt") != sealed.attempt_id:
        raise _changed()
    answers = data.get("answers")
    if not isinstance(answers, list) or len(answers) > 2000:
        raise _changed()
    return Opened(
        sealed.attempt_id,
        str(data.get("nonce", "")),
        _whole(data.get("made_at")),
        tuple(_answer(each) for each in answers),
    )


def _answer(value: Any) -> FiledAnswer:
    if not isinstance(value, dict):
        raise _changed()
    age, fields = value.get("age"), value.get("fields")
    if not isinstance(fields, dict) or not isinstance(value.get("item"), str):
        raise _changed()
    for name, values in fields.items():
        if not isinstance(values, list) or not all(
            isinstance(each, str) for each in [name, *values]
        ):
            raise _changed()
    return FiledAnswer(
        value["item"],
        _whole(value.get("epoch")),
        fields,
        None if age is None else _whole(age),
    )


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 2**53:
        raise _changed()
    return value


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _not_ours() from None


def _object(content: bytes, fault: Invalid) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise fault from None
    if not isinstance(data, dict):
        raise fault
    return data


def _not_ours() -> Invalid:
    return Invalid(
        _("This is not an answer file. Ask the candidate for the file that the exam made.")
    )


def _changed() -> Invalid:
    return Invalid(
        _("This answer file can’t be opened: it is damaged, or it is of another installation.")
    )
