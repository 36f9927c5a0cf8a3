"""Cross-row rules of this room, for `proficiency verify`."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.scenarios.content import Case, from_content, to_content
from proficiency.scenarios.files import FileFacts
from proficiency.scenarios.models import CaseFile, CaseVersion


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each version that contradicts itself, and each file that is another."""
    yield from _check_files(session)
    stored = _stored(session)
    for row in session.scalars(sa.select(CaseVersion).order_by(CaseVersion.id)):
        if hashlib.sha256(row.content.encode()).hexdigest() != row.content_hash:
            yield f"case_version {row.id}: its content is not what its hash says"
            continue
        case = from_content(row.content)
        if case.name != row.aggregate_id:
            yield f"case_version {row.id}: its content is of the case {case.name}"
        if to_content(case) != row.content:
            yield f"case_version {row.id}: its content is not read back as it was written"
        facts = (case.title, case.nation.value, case.framework)
        if facts != (row.title, row.nation, row.framework):
            yield f"case_version {row.id}: its title, nation or framework is not its content's"
        yield from _check_shown(row.id, case, stored)


def _check_files(session: Session) -> Iterator[str]:
    """Compute every hash again, one file at a time."""
    for file_id in session.scalars(sa.select(CaseFile.id).order_by(CaseFile.id)).all():
        row = session.execute(
            sa.select(CaseFile.size, CaseFile.data).where(CaseFile.id == file_id)
        ).one()
        if hashlib.sha256(row.data).hexdigest() != file_id or len(row.data) != row.size:
            yield f"case_file {file_id}: its bytes are not what its hash says"


def _stored(session: Session) -> dict[str, FileFacts]:
    columns = (CaseFile.id, CaseFile.media_type, CaseFile.size, CaseFile.width, CaseFile.height)
    return {row.id: FileFacts(*row) for row in session.execute(sa.select(*columns))}


def _check_shown(version_id: str, case: Case, stored: dict[str, FileFacts]) -> Iterator[str]:
    for file in case.files:
        facts = FileFacts(file.sha256, file.media_type, file.size, file.width, file.height)
        if stored.get(file.sha256) != facts:
            yield f"case_version {version_id}: its file {file.place} is missing or is another"
