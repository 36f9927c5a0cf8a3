"""What the editor shows: the text, what is wrong in it, the candidate's view, what to insert."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from math import ceil

from sqlalchemy.orm import Session

from proficiency.authoring.parsing import parse_work
from proficiency.authoring.queries import RevisionView, find_buffer, get_newest, get_state
from proficiency.authoring.rules import OPEN_STATES, STATE_NAMES, CaseState
from proficiency.core.text import _
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, Theme, load_framework
from proficiency.items.rules import all_formats
from proficiency.items.section import Problem
from proficiency.scenarios.advice import reading_minutes
from proficiency.scenarios.content import CandidateStage
from proficiency.scenarios.drafts import PASTED, candidate_stages


@dataclass(frozen=True)
class Editor:
    """A case in work as its writer finds it. `kept_at` says since when unsaved words are kept."""

    work_id: str
    title: str
    revision: int
    state: CaseState
    base_id: str
    text: str
    kept_at: datetime | None
    newest: RevisionView
    is_behind: bool
    """Whether what was kept was made from an older revision than the newest."""

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class Look:
    """One reading of a text: what was found, and what of it can be shown."""

    problems: tuple[Problem, ...]
    stages: Sequence[CandidateStage]
    questions: int
    marks: str
    reading: int
    errors: int
    files: tuple[str, Mapping[str, str]] | None = None
    """The address of its pictures and documents: endpoint, and what that needs."""

    @property
    def summary(self) -> str:
        """The size of the case and what is wrong with it, in a line."""
        advice = len(self.problems) - self.errors
        return _(
            "{questions} questions, {marks} marks, about {reading} minutes to read · {state}"
        ).format(
            questions=self.questions,
            marks=self.marks,
            reading=self.reading,
            state=_("{errors} to put right, {advice} to think about").format(
                errors=self.errors, advice=advice
            ),
        )


@dataclass(frozen=True)
class Insertion:
    """A small question of one format, to be put in where the writer is."""

    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Insertions:
    """What the editor can put in: questions of each format, and the standards to pick from."""

    questions: tuple[Insertion, ...]
    themes: tuple[Theme, ...]


def make_editor(session: Session, work_id: str, person_id: str) -> Editor:
    """Return the editor of a case in work for one person. Raises `NotFound`."""
    newest, state = get_newest(session, work_id), get_state(session, work_id)
    kept = find_buffer(session, work_id, person_id)
    return Editor(
        work_id=work_id,
        title=newest.title,
        revision=newest.number,
        state=state,
        base_id=kept.base_id if kept else newest.id,
        text=kept.text if kept else newest.text,
        kept_at=kept.at if kept else None,
        newest=newest,
        is_behind=kept is not None and kept.base_id != newest.id,
    )


def look_at(session: Session, text: str, newest: RevisionView) -> Look:
    """Read a text as the checker does, and show what can be shown in spite of errors.

    The files are those of the `newest` revision, for they are saved at once.
    """
    parsed = parse_work(session, text, newest.files, file=PASTED)
    sketch = parsed.sketch
    marks = sketch.max_mark if sketch else 0
    return Look(
        problems=parsed.problems,
        stages=candidate_stages(sketch, files_by_name=True) if sketch else (),
        questions=len(sketch.items) if sketch else 0,
        marks=str(marks),
        reading=ceil(reading_minutes(sketch)) if sketch else 0,
        errors=len(parsed.errors),
        files=("authoring.file", {"work_id": newest.work_id}),
    )


@cache
def make_insertions() -> Insertions:
    """Return what can be put in; the same for every case."""
    formats = sorted(all_formats().values(), key=lambda each: each.title)
    return Insertions(
        tuple(Insertion(each.name, each.title, each.example) for each in formats),
        load_framework(STANDARDS_OF_PROFICIENCY).themes,
    )
