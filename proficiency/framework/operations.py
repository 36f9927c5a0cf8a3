"""Taking in frameworks, packaged or written by an operator, and their official wording.

Invariants kept: a framework version never changes once it is held; official wording is complete
and free of doubts, or it is not taken in at all; a correction is a new row, and the old one stays.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Refused
from proficiency.core.text import _, canonical_json, clean_text
from proficiency.framework.file import read_framework
from proficiency.framework.models import FrameworkVersion, OfficialWording
from proficiency.framework.queries import find_framework_version, find_official_wording
from proficiency.framework.rules import (
    STANDARDS_OF_PROFICIENCY,
    Framework,
    available_frameworks,
    content_hash,
    from_content,
    load_framework,
    split_name_version,
    to_content,
)
from proficiency.framework.wording import read_whole_wording


@operation(Role.OPERATOR, Role.EXAM_OFFICER)
def import_packaged_framework(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    name_version: str = STANDARDS_OF_PROFICIENCY,
) -> FrameworkVersion:
    """Take the packaged framework `name_version` into the database; again changes nothing.

    Raises `UnknownFramework` if it is not packaged, and `Refused` if this version is held with
    other content, or if the version before it is not held.
    """
    return _hold(session, actor, now, load_framework(name_version))


@operation(Role.OPERATOR, Role.EXAM_OFFICER)
def import_framework(
    session: Session, actor: Actor, now: datetime, *, text: str
) -> FrameworkVersion:
    """Take the framework that `text` describes into the database; again changes nothing.

    `text` is that of a file as `framework.file` reads it; raises `Invalid`, listing every fault,
    when it is not whole. Raises `Refused` if this version is held, or packaged, with other content,
    or if the version before it is not held.
    """
    framework = read_framework(text)
    if framework.name_version in available_frameworks():
        packaged = to_content(load_framework(framework.name_version))
        _refuse_other_content(framework, content_hash(packaged))
    return _hold(session, actor, now, framework)


def _hold(session: Session, actor: Actor, now: datetime, framework: Framework) -> FrameworkVersion:
    content = to_content(framework)
    lock(session, framework.name)
    held = find_framework_version(session, framework.name, framework.version)
    if held is not None:
        _refuse_other_content(framework, held.content_hash)
        return held
    _refuse_gap(session, framework)
    row = FrameworkVersion(
        aggregate_id=framework.name,
        at=now,
        actor_id=actor.id,
        title=framework.title,
        content=content,
        content_hash=content_hash(content),
    )
    return append(session, row)


def _refuse_other_content(framework: Framework, known_hash: str) -> None:
    if content_hash(to_content(framework)) != known_hash:
        raise Refused(
            _(
                "{name} is already held with other content, and a version never changes. "
                "Give the changed framework the next version."
            ).format(name=framework.name_version)
        )


def _refuse_gap(session: Session, framework: Framework) -> None:
    newest = find_framework_version(session, framework.name)
    held = newest.pos if newest else 0
    if framework.version != held + 1:
        raise Refused(
            _("Version {wanted} of {name} comes next; import it before version {given}.").format(
                wanted=held + 1, name=framework.name, given=framework.version
            )
        )


@operation(Role.OPERATOR, Role.EXAM_OFFICER)
def import_official_wording(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    text: str,
    name_version: str = STANDARDS_OF_PROFICIENCY,
) -> OfficialWording:
    """Take in the official wording of a held framework from the plain text of its publication.

    The same wording again changes nothing; another one becomes current, and the old one stays.
    Raises `Refused` if the framework is not held, and `Invalid`, listing every doubt with its
    line, if the text is incomplete or doubtful.
    """
    name, version = split_name_version(name_version)
    held = find_framework_version(session, name, version)
    if held is None:
        raise Refused(
            _("{name} is not held here. Run: proficiency framework import").format(
                name=name_version
            )
        )
    text = clean_text(text)
    wording = canonical_json(read_whole_wording(text, from_content(held.content)))
    lock(session, name_version)
    newest = find_official_wording(session, held.id)
    if newest is not None and newest.wording == wording:
        return newest
    row = OfficialWording(
        aggregate_id=name_version,
        at=now,
        actor_id=actor.id,
        framework_version_id=held.id,
        wording=wording,
        source_hash=content_hash(text),
    )
    return append(session, row)
