"""Reading the documents for candidates: their versions, and which a candidate has accepted.

Until an officer has written a version of their own, the first words are ours and come with the
program. They become a version, with an id and in the chain, when somebody accepts them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.errors import NotFound
from proficiency.core.text import _, clean_text
from proficiency.exams.queries import Frozen
from proficiency.preparation.models import CheckInConfirmation, DocumentVersion
from proficiency.preparation.place import Place
from proficiency.preparation.rules import DOCUMENT_NAMES, Document
from proficiency.scenarios.markdown import blocks_to_html

FOLDER = Path(__file__).parent / "data"
LEAST_HEADING = 3


@dataclass(frozen=True)
class DocumentView:
    """One version of a document. `id`, `at` and `by` are None for the words that came with us."""

    document: Document
    id: str | None
    number: int
    text: str
    html: str
    at: datetime | None
    by: str | None

    @property
    def name(self) -> str:
        return DOCUMENT_NAMES[self.document]

    @property
    def digest(self) -> str:
        """What a page sends back, so that exactly these words are accepted."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@cache
def first_words(document: Document) -> DocumentView:
    """Return the words with which every installation begins."""
    text = clean_text((FOLDER / f"{document}.md").read_text(encoding="utf-8")).strip()
    return DocumentView(document, None, 0, text, to_html(text), None, None)


def to_html(text: str) -> str:
    """Return the sanitised HTML of a document's Markdown."""
    return blocks_to_html(text, LEAST_HEADING)


_versions: Frozen[DocumentView] = Frozen(60)


def current_ids(session: Session) -> dict[Document, str | None]:
    """Return the ids of the versions that hold now; None for words that came with the program."""
    newest = {row.document: row.id for row in session.execute(_VERSIONS)}
    return {document: newest.get(document) for document in Document}


_VERSIONS = sa.select(DocumentVersion.document, DocumentVersion.id).order_by(DocumentVersion.pos)


def current_documents(session: Session) -> Mapping[Document, DocumentView]:
    """Return the versions that hold now."""
    return documents_of(session, current_ids(session))


def documents_of(
    session: Session, ids: Mapping[Document, str | None]
) -> Mapping[Document, DocumentView]:
    """Return these versions; for None, the words that came with the program."""
    return {
        document: first_words(document) if id is None else get_version(session, id)
        for document, id in ids.items()
    }


def get_version(session: Session, version_id: str) -> DocumentView:
    """Return one version, kept in memory, for it never changes. Raises `NotFound`."""
    kept = _versions.find(version_id)
    if kept is not None:
        return kept
    row = session.get(DocumentVersion, version_id)
    if row is None:
        raise NotFound(_("There is no such version."))
    _versions.keep(version_id, _view(row))
    return _view(row)


def list_versions(session: Session, document: Document) -> list[DocumentView]:
    """Return every stored version of a document, the newest first."""
    rows = session.scalars(
        sa.select(DocumentVersion)
        .where(DocumentVersion.document == document)
        .order_by(DocumentVersion.pos.desc())
    )
    return [_view(row) for row in rows]


def _view(row: DocumentVersion) -> DocumentView:
    return DocumentView(
        Document(row.document), row.id, row.pos, row.text, row.html, row.at, row.actor_id
    )


@dataclass(frozen=True)
class Confirmation:
    """What a candidate accepted and declared at check-in."""

    id: str
    at: datetime
    versions: Mapping[Document, str]
    allowed_seconds: int
    rest_seconds: int


def find_confirmation(session: Session, booking_id: str) -> Confirmation | None:
    """Return the newest confirmation of a booking, or None."""
    row = session.scalar(
        sa.select(CheckInConfirmation)
        .where(CheckInConfirmation.aggregate_id == booking_id)
        .order_by(CheckInConfirmation.pos.desc())
        .limit(1)
    )
    return None if row is None else _confirmation(row)


def _confirmation(row: CheckInConfirmation) -> Confirmation:
    versions = {
        Document.HANDBOOK: row.handbook_id,
        Document.RULES: row.rules_id,
        Document.PRIVACY: row.privacy_id,
    }
    return Confirmation(row.id, row.at, versions, row.allowed_seconds, row.rest_seconds)


def list_confirmations(session: Session) -> dict[str, list[Confirmation]]:
    """Return everything that was ever confirmed, by booking, each in its order."""
    found: dict[str, list[Confirmation]] = {}
    for row in session.scalars(sa.select(CheckInConfirmation).order_by(CheckInConfirmation.pos)):
        found.setdefault(row.booking_id, []).append(_confirmation(row))
    return found


def superseded_at(session: Session) -> dict[str, datetime]:
    """Return when each version of a document that no longer holds was followed by another."""
    rows = session.execute(
        sa.select(DocumentVersion.document, DocumentVersion.id, DocumentVersion.at).order_by(
            DocumentVersion.document, DocumentVersion.pos
        )
    ).all()
    return {one.id: other.at for one, other in pairwise(rows) if one.document == other.document}


def confirmation_problem(session: Session, place: Place) -> str | None:
    """Return why a candidate must confirm (again) before the start, in words, or None."""
    found = find_confirmation(session, place.booking.id)
    if found is None:
        return _("Check in first: read the rules, and confirm them and your time.")
    changed = [
        DOCUMENT_NAMES[document]
        for document, id in current_ids(session).items()
        if id != found.versions[document]
    ]
    if changed:
        words = _("This was changed since you checked in: {names}. Read it and confirm again.")
        return words.format(names=", ".join(changed))
    if (found.allowed_seconds, found.rest_seconds) != seconds_of(place):
        return _("Your time has changed since you checked in. Confirm it again.")
    return None


def seconds_of(place: Place) -> tuple[int, int]:
    """Return the time to write and the time for breaks, in seconds, as they are confirmed."""
    return int(place.allowed.total_seconds()), int(place.breaks.total.total_seconds())
