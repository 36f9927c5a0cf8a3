"""Cross-row rules of this room, for `proficiency verify`."""

import hashlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.scenarios.content import from_content, to_content
from proficiency.scenarios.models import CaseVersion


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each published version that contradicts itself."""
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
