"""Which texts of a case can be compared, and what each reader's side of them says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from proficiency.authoring.parsing import parse_work
from proficiency.authoring.queries import get_revision, list_revisions
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.scenarios.content import Case, from_content
from proficiency.scenarios.queries import get_case_version, list_case_versions


@dataclass(frozen=True)
class Choice:
    """A revision or a published version that can be compared. `key` names it in an address."""

    key: str
    label: str
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True)
class Side:
    """One text: its Markdown, and the case as far as it could be read."""

    text: str
    case: Case | None


VERSION, REVISION = "v", "r"


def list_texts(session: Session, work_id: str | None, name: str) -> list[Choice]:
    """Return what can be compared of a case: the work's revisions, then published versions."""
    revisions = list_revisions(session, work_id) if work_id else ()
    versions = list_case_versions(session, name) if name else []
    return [
        *(
            Choice(
                f"{REVISION}{each.id}",
                _("Revision {n}").format(n=each.number),
                each.at,
                each.by,
                each.note,
            )
            for each in revisions
        ),
        *(
            Choice(
                f"{VERSION}{each.id}",
                _("Published version {n}").format(n=each.version),
                each.published_at,
                each.published_by,
            )
            for each in versions
        ),
    ]


def choose(choices: Sequence[Choice], old: str, new: str) -> tuple[Choice, Choice]:
    """Return the two texts that were asked for; else the newest and the one before it.

    Where the case was published before, that is what a new work is compared with. Raises
    `NotFound` when there is nothing to compare.
    """
    by_key = {each.key: each for each in choices}
    if not choices:
        raise NotFound(_("There is nothing to compare."))
    first = choices[0]
    published = [each for each in choices[1:] if each.key.startswith(VERSION)]
    before = (published or [*choices[1:2], first])[0]
    return by_key.get(old, before), by_key.get(new, first)


def read_side(session: Session, work_id: str | None, choice: Choice) -> Side:
    """Return the words of a choice. What has errors is read as far as it can be."""
    key = choice.key[1:]
    if choice.key.startswith(VERSION):
        version = get_case_version(session, key)
        return Side(version.source, from_content(version.content))
    revision = get_revision(session, work_id or "", key)
    return Side(revision.text, parse_work(session, revision.text, revision.files).sketch)
