"""Publishing a case study: reading it, refusing it with every problem, or freezing a version.

Invariants kept: a version never changes (invariant 3); the same content twice is one version; who
publishes a case has seen it, and that is recorded with it.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor, operation
from proficiency.core.chain import append
from proficiency.core.db import lock
from proficiency.core.errors import Invalid, Refused
from proficiency.core.sights import append_sight
from proficiency.core.text import _, clean_text
from proficiency.framework.queries import framework_finder
from proficiency.scenarios.content import Case, to_content
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.keeping import keep_file
from proficiency.scenarios.models import CaseVersion
from proficiency.scenarios.queries import find_case_version
from proficiency.scenarios.rules import parse_case
from proficiency.scenarios.sanitise import VERSION as SANITISER

SIGHT = "case"
"""The subject of sights of cases; its id is the case's name."""


@operation(Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.OPERATOR)
def publish_case(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    text: str,
    file: str,
    is_sample: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> CaseVersion:
    """Freeze the case in `text` as a new version, or return the version that it already is.

    `file` is the name that messages show; `is_sample` says that the case is public, for practice
    and demonstration, and may never be in a live exam. `files` are the pictures and documents that
    stand with the case, by name; those that an exhibit shows are stored with it. Words are kept
    with LF line ends, as both databases and every later comparison want them. Raises
    `Invalid`, whose details list every problem, when the case has errors, and `Refused` when the
    same content is published with another `is_sample`.
    """
    text = clean_text(text)
    parsed = parse_case(
        text, file=file, files=examine_all(files or {}), frameworks=framework_finder(session)
    )
    if parsed.case is None:
        raise Invalid(
            _("{file} was not published. Put right what is listed, and publish it again.").format(
                file=file
            ),
            [problem.show(file) for problem in parsed.errors],
        )
    version = _version(parsed.case, text, is_sample)
    lock(session, version.aggregate_id)
    held = find_case_version(session, version.aggregate_id, version.content_hash)
    if held is not None:
        _refuse_other_use(held, is_sample)
        return held
    version.at, version.actor_id = now, actor.id
    if not actor.is_system:
        append_sight(session, actor, now, SIGHT, version.aggregate_id, "writing")
    for shown in parsed.case.files:
        keep_file(session, shown.name, (files or {})[shown.name])
    return append(session, version)


def _version(case: Case, text: str, is_sample: bool) -> CaseVersion:
    content = to_content(case)
    return CaseVersion(
        aggregate_id=case.name,
        title=case.title,
        nation=case.nation.value,
        framework=case.framework,
        source=text,
        content=content,
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        sanitiser=SANITISER,
        is_sample=is_sample,
    )


def _refuse_other_use(held: CaseVersion, is_sample: bool) -> None:
    if held.is_sample != is_sample:
        raise Refused(
            _(
                "This very case is already published as {kind}. A public sample may never be in a "
                "live exam: write a new case instead."
            ).format(kind=_("a public sample") if held.is_sample else _("a live case"))
        )
