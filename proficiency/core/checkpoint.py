"""Checkpoints: each minute one signed statement of where every chain stood (invariant 2).

A checkpoint lists the heads that changed since the last one, takes the Merkle root over them, links
to the checkpoint before, is signed with Ed25519 and appended to a file that is meant to leave the
machine. Truncating a chain, or rewriting one with fresh hashes, then contradicts a signed root.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import SEEK_END
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from proficiency.core.access import SYSTEM
from proficiency.core.chain import (
    Chained,
    append,
    encode_fields,
    evidence_models,
    find_head,
)
from proficiency.core.clock import to_micros
from proficiency.core.config import keep_secret
from proficiency.core.db import Base, Database, lock
from proficiency.core.errors import Invalid
from proficiency.core.operation import transaction
from proficiency.core.text import _

PERIOD = timedelta(minutes=1)
"""How often the worker takes one."""

CHAIN = "checkpoints"
"""The aggregate of all checkpoints: they form one chain."""

OVERLAP = timedelta(minutes=10)
"""Rows are dated when their request began; one that took long is still found in this margin."""


class Checkpoint(Chained, Base):
    """A signed statement over the heads that changed since the one before."""

    __tablename__ = "checkpoint"

    root: Mapped[str] = mapped_column(String(64))
    heads: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))


@dataclass(frozen=True, order=True)
class Head:
    """Where a chain stands: its table, aggregate, newest position and that row's hash."""

    table: str
    chain: str
    pos: int
    hash: str


def merkle_root(heads: list[Head]) -> str:
    """Return the SHA-256 Merkle root over `heads` in order; leaves and nodes are told apart."""
    level = [
        hashlib.sha256(
            b"\x00"
            + encode_fields((h.table.encode(), h.chain.encode(), b"%d" % h.pos, h.hash.encode()))
        ).digest()
        for h in sorted(heads)
    ] or [hashlib.sha256(b"\x00").digest()]
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(pair)).digest() for pair in pairs]
    return level[0].hex()


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """Return the signing key at `path`; the first call makes one that only its owner can read."""
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        keep_secret(path, pem)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} is not an Ed25519 key")
    return key


def read_public_key(path: Path) -> str:
    """Return the public key in the PEM file at `path`, as checkpoints name their signer.

    Raises `Invalid` for a file that holds no Ed25519 public key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Invalid(
            _("{file} holds no public key that signs checkpoints (Ed25519, as PEM).").format(
                file=path
            )
        )
    return _named(key)


def _named(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def signed_bytes(root: str, previous: str, at: int) -> bytes:
    """Return the bytes that a checkpoint's signature covers."""
    return encode_fields((b"proficiency checkpoint", root.encode(), previous.encode(), b"%d" % at))


def current_heads(session: Session, since: datetime | None) -> list[Head]:
    """Return the heads of all chains that have rows newer than `since` less the overlap."""
    heads: list[Head] = []
    for model in evidence_models():
        if model is not Checkpoint:
            heads += _heads_of(session, model, since)
    return sorted(heads)


def _heads_of(session: Session, model: type[Chained], since: datetime | None) -> list[Head]:
    newest = sa.select(model.aggregate_id, sa.func.max(model.pos).label("pos"))
    if since is not None:
        recent = sa.select(model.aggregate_id).where(model.at >= since - OVERLAP)
        newest = newest.where(model.aggregate_id.in_(recent))
    top = newest.group_by(model.aggregate_id).subquery()
    rows = session.execute(
        sa.select(model.aggregate_id, model.pos, model.hash).join(
            top,
            sa.and_(top.c.aggregate_id == model.aggregate_id, top.c.pos == model.pos),
        )
    )
    table = model.__tablename__
    return [Head(table, row.aggregate_id, row.pos, row.hash) for row in rows]


def read_heads(text: str) -> list[Head]:
    """Return the heads that a checkpoint lists. Raises `ValueError` or `TypeError` for others."""
    return [
        Head(str(table), str(chain), int(pos), str(hash_))
        for table, chain, pos, hash_ in json.loads(text)
    ]


def _fresh_heads(session: Session, now: datetime) -> list[Head]:
    """Return the heads that no checkpoint lists yet.

    Most are found by the date of their rows. A clock that was wrong would hide some, so the first
    checkpoint of each hour looks at every chain.
    """
    last = session.scalar(sa.select(sa.func.max(Checkpoint.at)))
    is_sweep = last is None or _hour(last) != _hour(now)
    fresh = set(current_heads(session, None if is_sweep else last))
    earlier = sa.select(Checkpoint.heads)
    if last is not None and not is_sweep:
        earlier = earlier.where(Checkpoint.at >= last - 3 * OVERLAP)
    for heads in session.scalars(earlier.execution_options(yield_per=1000)):
        fresh.difference_update(read_heads(heads))
    return sorted(fresh)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def take_checkpoint(
    database: Database, now: datetime, key: Ed25519PrivateKey, export: Path | None
) -> Checkpoint | None:
    """Take one checkpoint and append it to `export`; None when nothing changed since the last.

    All heads come from one consistent snapshot, read before the short writing transaction. Raises
    `OSError` when `export` can't be written; the next call makes up for what is missing there.
    """
    with database.read(snapshot=True) as session:
        heads = _fresh_heads(session, now)
    checkpoint = _append_checkpoint(database, now, key, heads) if heads else None
    if export is not None:
        export_checkpoints(database, export)
    return checkpoint


def _append_checkpoint(
    database: Database, now: datetime, key: Ed25519PrivateKey, heads: list[Head]
) -> Checkpoint:
    root = merkle_root(heads)
    with transaction(database) as session:
        lock(session, CHAIN)
        _, previous = find_head(session, Checkpoint, CHAIN)
        return append(
            session,
            Checkpoint(
                aggregate_id=CHAIN,
                at=now,
                actor_id=SYSTEM.id,
                root=root,
                heads=json.dumps([[h.table, h.chain, h.pos, h.hash] for h in heads]),
                public_key=_named(key.public_key()),
                signature=key.sign(signed_bytes(root, previous, to_micros(now))).hex(),
            ),
        )


def export_checkpoints(database: Database, path: Path) -> None:
    """Append a line of JSON to the file at `path` for each checkpoint after its last line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with database.read() as session, path.open("a+b") as file:
        missing = (
            sa.select(Checkpoint)
            .where(Checkpoint.pos > _last_exported(file))
            .order_by(Checkpoint.pos)
        )
        for checkpoint in session.scalars(missing):
            file.write(_export_line(checkpoint))


def _last_exported(file: BinaryIO) -> int:
    """Return the position in the last whole line of `file`, and end one that was cut off."""
    file.seek(max(0, file.seek(0, SEEK_END) - 4096))
    lines = file.read().split(b"\n")
    if lines[-1]:
        file.write(b"\n")
    for line in reversed(lines):
        with suppress(ValueError):
            return int(json.loads(line)["pos"])
    return 0


def _export_line(checkpoint: Checkpoint) -> bytes:
    entry = {
        "pos": checkpoint.pos,
        "at": checkpoint.at.isoformat(),
        "root": checkpoint.root,
        "hash": checkpoint.hash,
        "signature": checkpoint.signature,
        "public_key": checkpoint.public_key,
    }
    return json.dumps(entry).encode() + b"\n"
