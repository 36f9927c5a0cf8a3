"""Which published versions a live exam may use: those whose review brought them to live.

Invariant kept: a form is made while nobody can report a leak of its cases, or after it, never
beside it, because both wait for the lock of the same works (invariant 9).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseRevision, CaseStep
from proficiency.authoring.rules import STATE_NAMES, CaseState, StepKind, state_after
from proficiency.core.db import lock
from proficiency.core.text import _
from proficiency.scenarios.queries import get_case_version


@dataclass(frozen=True)
class Release:
    """The work that approved a published version, and what happened to it, with the times."""

    work_id: str
    case_version_id: str
    case_name: str
    history: tuple[tuple[StepKind, datetime], ...]

    @property
    def state(self) -> CaseState:
        """Where the version is in its life."""
        return state_after(kind for kind, _at in self.history)

    def was_live(self, at: datetime) -> bool:
        """Whether the version was live at some instant of the moment `at`."""
        states = [
            (state_after(kind for kind, _at in self.history[:place]), since)
            for place, (_kind, since) in enumerate(self.history, start=1)
        ]
        ends = [since for _state, since in states[1:]]
        spans = zip(states, [*ends, None], strict=True)
        return any(
            state is CaseState.LIVE and since <= at and (end is None or end >= at)
            for (state, since), end in spans
        )


def find_release(session: Session, case_version_id: str) -> Release | None:
    """Return the reviewed life of a published version, or None when it had no review here."""
    found = _releases(session, CaseStep.case_version_id == case_version_id)
    return found[0] if found else None


def list_releases(session: Session, names: Collection[str] | None = None) -> list[Release]:
    """Return the reviewed life of every approved version, or of those of the cases called so."""
    if names is None:
        return _releases(session, sa.true())
    return _releases(session, CaseRevision.case_name.in_(names))


def _releases(session: Session, condition: sa.ColumnElement[bool]) -> list[Release]:
    approvals = session.execute(
        sa.select(CaseStep.aggregate_id, CaseStep.case_version_id, CaseRevision.case_name)
        .join(CaseRevision, CaseRevision.id == CaseStep.revision_id)
        .where(CaseStep.case_version_id.is_not(None), condition)
        .order_by(CaseStep.aggregate_id)
    ).all()
    histories = _histories(session, [row.aggregate_id for row in approvals])
    return [
        Release(row.aggregate_id, row.case_version_id, row.case_name, histories[row.aggregate_id])
        for row in approvals
    ]


def _histories(
    session: Session, work_ids: Collection[str]
) -> dict[str, tuple[tuple[StepKind, datetime], ...]]:
    steps: dict[str, list[tuple[StepKind, datetime]]] = {work_id: [] for work_id in work_ids}
    rows = session.execute(
        sa.select(CaseStep.aggregate_id, CaseStep.kind, CaseStep.at)
        .where(CaseStep.aggregate_id.in_(work_ids))
        .order_by(CaseStep.aggregate_id, CaseStep.pos)
    )
    for work_id, kind, at in rows:
        steps[work_id].append((StepKind(kind), at))
    return {work_id: tuple(each) for work_id, each in steps.items()}


def frozen_cases(releases: Iterable[Release]) -> set[str]:
    """Return the names of cases of which a leak is reported and not settled.

    Versions of one case share most of their words, so a leak of one concerns them all.
    """
    return {each.case_name for each in releases if each.state is CaseState.FROZEN}


def refusals_for_live_use(session: Session, case_version_ids: Sequence[str]) -> list[str]:
    """Return for each of these versions that a live exam may not use now, why not.

    Called in a transaction that makes a form, it keeps the answer true until that ends. Raises
    `NotFound` for a version that there is not.
    """
    versions = [get_case_version(session, version_id) for version_id in case_version_ids]
    names = [version.aggregate_id for version in versions]
    for release in list_releases(session, names):
        lock(session, release.work_id)
    releases = list_releases(session, names)
    frozen = frozen_cases(releases)
    by_version = {each.case_version_id: each for each in releases}
    found = [
        _refusal(version.title, by_version.get(version.id), version.aggregate_id in frozen)
        for version in versions
    ]
    return [words for words in found if words]


def _refusal(title: str, release: Release | None, is_frozen: bool) -> str | None:
    if is_frozen:
        return _(
            "“{title}” is frozen, because somebody reported a leak. Settle that on its page."
        ).format(title=title)
    if release is None:
        return _(
            "“{title}” was published without a review. Begin it under Cases, and let it be "
            "reviewed and approved."
        ).format(title=title)
    if release.state is not CaseState.LIVE:
        return _("“{title}” is not live, but {state}. Make it live on its page.").format(
            title=title, state=STATE_NAMES[release.state].lower()
        )
    return None
