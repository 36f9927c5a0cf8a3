"""Reading the remarks on a case: each with its replies, its outcome and where it stands today."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.authoring.models import CaseComment, CaseRevision
from proficiency.authoring.places import Place, follow, follow_lines, lines_of
from proficiency.authoring.queries import RevisionView
from proficiency.authoring.rules import CommentKind
from proficiency.core.errors import NotFound
from proficiency.core.text import _

ROOTS = (CommentKind.COMMENT, CommentKind.SUGGESTION)
OUTCOMES = (CommentKind.RESOLVED, CommentKind.ACCEPTED, CommentKind.DECLINED)


@dataclass(frozen=True)
class Reply:
    """What somebody said about a remark, or what became of it."""

    kind: CommentKind
    person_id: str
    at: datetime
    body: str
    revision_id: str


@dataclass(frozen=True)
class Remark:
    """A comment or a suggestion. `line` and `quote` are of the revision that it was made on.

    `now_at` is the line where the quoted words stand in the newest revision; None when they have
    changed, or when the remark is about a question or the whole case.
    """

    id: str
    work_id: str
    kind: CommentKind
    person_id: str
    at: datetime
    revision_id: str
    revision: int
    line: int | None
    item_name: str | None
    quote: str
    body: str
    replacement: str | None
    replies: tuple[Reply, ...] = ()
    outcome: Reply | None = None
    now_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has settled it yet."""
        return self.outcome is None

    @property
    def is_suggestion(self) -> bool:
        return self.kind is CommentKind.SUGGESTION

    @property
    def count(self) -> int:
        """How many lines it is about."""
        return len(lines_of(self.quote)) if self.line else 0

    @property
    def last_line(self) -> int | None:
        """The last line that it is about, in the revision that it was made on."""
        return self.line + self.count - 1 if self.line else None

    @property
    def has_moved_on(self) -> bool:
        """Whether it is about lines that have changed since."""
        return self.line is not None and self.now_at is None


def list_remarks(session: Session, work_id: str) -> list[Remark]:
    """Return the remarks on a case in the order in which they were made."""
    rows = session.execute(
        sa.select(CaseComment, CaseRevision.pos)
        .join(CaseRevision, CaseRevision.id == CaseComment.revision_id)
        .where(CaseComment.aggregate_id == work_id)
        .order_by(CaseComment.pos)
    ).all()
    threads = _threads(row for row, _pos in rows)
    return [
        _remark(row, pos, threads.get(row.id, [])) for row, pos in rows if row.thread_id is None
    ]


def get_remark(session: Session, work_id: str, remark_id: str) -> Remark:
    """Return one remark on a case. Raises `NotFound`."""
    for remark in list_remarks(session, work_id):
        if remark.id == remark_id:
            return remark
    raise NotFound(_("There is no such remark on this case."))


def count_open_remarks(session: Session) -> dict[str, int]:
    """Return how many remarks of each case nobody has settled yet."""
    settled = sa.select(CaseComment.thread_id).where(CaseComment.kind.in_(OUTCOMES))
    rows = session.execute(
        sa.select(CaseComment.aggregate_id, sa.func.count().label("number"))
        .where(CaseComment.kind.in_(ROOTS), CaseComment.id.not_in(settled))
        .group_by(CaseComment.aggregate_id)
    )
    return {row.aggregate_id: row.number for row in rows}


def locate(session: Session, remarks: Iterable[Remark], newest: RevisionView) -> list[Remark]:
    """Return the remarks with the line at which each stands in the newest revision."""
    remarks = list(remarks)
    others = {each.revision_id for each in remarks if each.line} - {newest.id}
    texts = {
        row.id: row.text
        for row in session.execute(
            sa.select(CaseRevision.id, CaseRevision.text).where(CaseRevision.id.in_(others))
        )
    }
    kept = {revision_id: follow_lines(text, newest.text) for revision_id, text in texts.items()}
    return [replace(each, now_at=_now_at(each, kept, newest.id)) for each in remarks]


def _now_at(remark: Remark, kept: dict[str, dict[int, int]], newest_id: str) -> int | None:
    if remark.line is None:
        return None
    if remark.revision_id == newest_id:
        return remark.line
    return follow(kept[remark.revision_id], remark.line, remark.count)


def question_of(remark: Remark, places: Iterable[Place]) -> Place | None:
    """Return the question of the newest revision that a remark is about, or None."""
    for place in places:
        if remark.item_name == place.name:
            return place
        if remark.now_at is not None and place.first <= remark.now_at <= place.last:
            return place
    return None


def _threads(rows: Iterable[CaseComment]) -> dict[str, list[Reply]]:
    threads: dict[str, list[Reply]] = {}
    for row in rows:
        if row.thread_id is not None:
            said = Reply(CommentKind(row.kind), row.actor_id, row.at, row.body, row.revision_id)
            threads.setdefault(row.thread_id, []).append(said)
    return threads


def _remark(row: CaseComment, revision: int, said: list[Reply]) -> Remark:
    return Remark(
        id=row.id,
        work_id=row.aggregate_id,
        kind=CommentKind(row.kind),
        person_id=row.actor_id,
        at=row.at,
        revision_id=row.revision_id,
        revision=revision,
        line=row.line,
        item_name=row.item_name,
        quote=row.quote,
        body=row.body,
        replacement=row.replacement,
        replies=tuple(each for each in said if each.kind is CommentKind.REPLY),
        outcome=next((each for each in said if each.kind in OUTCOMES), None),
    )
