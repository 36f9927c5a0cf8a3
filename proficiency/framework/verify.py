"""Cross-row rules of this room, for `proficiency verify`."""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.framework.models import FrameworkVersion, OfficialWording
from proficiency.framework.rules import content_hash, from_content


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each framework version or wording that contradicts itself."""
    codes = dict[str, tuple[str, set[str]]]()
    for row in session.scalars(sa.select(FrameworkVersion).order_by(FrameworkVersion.id)):
        if row.content_hash != content_hash(row.content):
            yield f"framework_version {row.id}: its content is not what its hash says"
            continue
        framework = from_content(row.content)
        codes[row.id] = framework.name_version, set(framework.codes)
        if framework.name_version != f"{row.aggregate_id}/{row.pos}":
            yield f"framework_version {row.id}: its content is of {framework.name_version}"
    for wording in session.scalars(sa.select(OfficialWording).order_by(OfficialWording.id)):
        name, known = codes.get(wording.framework_version_id, ("", set()))
        if wording.aggregate_id != name:
            yield f"official_wording {wording.id}: it is not of the framework version it names"
        elif foreign := sorted(json.loads(wording.wording).keys() - known):
            yield f"official_wording {wording.id}: it has unknown codes: {', '.join(foreign)}"
