"""Keeping the bytes of pictures and documents, and reading them again.

They are in the database, so that several machines serve them and a backup holds them. Invariants
kept: the same bytes are stored once; what is stored was found to be what its type says; nobody
changes it (the table refuses). Who may see which file is decided by whoever asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.scenarios.files import CSV, PDF, TEXT, FileFacts, examine
from proficiency.scenarios.models import CaseFile
from proficiency.scenarios.pictures import JPEG, PNG, WEBP

_KEEP = """
INSERT INTO case_file (id, media_type, size, width, height, data)
VALUES (:id, :media_type, :size, :width, :height, :data) ON CONFLICT (id) DO NOTHING"""

ENDING = {PNG: "png", JPEG: "jpg", WEBP: "webp", PDF: "pdf", TEXT: "txt", CSV: "csv"}


@dataclass(frozen=True)
class Kept:
    """A stored file: what it is, and its bytes."""

    media_type: str
    data: bytes


def keep_file(session: Session, name: str, data: bytes) -> FileFacts:
    """Store bytes under their hash, unless they are there already, and return what they are.

    Raises `Invalid`, with every fault in words, for what may not be used in a case.
    """
    facts = examine(name, data)
    if facts.faults:
        raise Invalid(_("This file can’t be used in a case."), facts.faults)
    session.execute(
        sa.text(_KEEP).bindparams(sa.bindparam("data", type_=sa.LargeBinary)),
        {
            "id": facts.sha256,
            "media_type": facts.media_type,
            "size": facts.size,
            "width": facts.width,
            "height": facts.height,
            "data": data,
        },
    )
    return facts


def get_kept(session: Session, sha256: str) -> Kept:
    """Return stored bytes with their type. Raises `NotFound`."""
    found = session.execute(
        sa.select(CaseFile.media_type, CaseFile.data).where(CaseFile.id == sha256)
    ).first()
    if found is None:
        raise NotFound(_("There is no such file."))
    return Kept(found.media_type, found.data)


def facts_of(session: Session, names: Mapping[str, str]) -> dict[str, FileFacts]:
    """Return what stored files are, without reading their bytes. `names` gives their hashes.

    Raises `NotFound` for a hash under which nothing is stored.
    """
    if not names:
        return {}
    rows = session.execute(
        sa.select(
            CaseFile.id, CaseFile.media_type, CaseFile.size, CaseFile.width, CaseFile.height
        ).where(CaseFile.id.in_(set(names.values())))
    )
    found = {row.id: FileFacts(*row) for row in rows}
    if found.keys() != set(names.values()):
        raise NotFound(_("A file of this case is missing from the database."))
    return {name: found[sha256] for name, sha256 in names.items()}


def bytes_of(session: Session, names: Mapping[str, str]) -> dict[str, bytes]:
    """Return the bytes of stored files by name. Raises `NotFound`."""
    return {name: get_kept(session, sha256).data for name, sha256 in names.items()}
