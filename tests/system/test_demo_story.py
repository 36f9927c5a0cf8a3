"""The demonstration's people can sit and mark a paper with every format, short answers included."""

from datetime import timedelta

import pytest

from proficiency import features
from proficiency.accounts.models import Account
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.verify import verify_all
from proficiency.demo import deciding, people, story
from proficiency.exams.operations import assemble_form
from proficiency.items.rules import all_formats
from proficiency.marking.deciding import StepKind
from proficiency.marking.models import AnswerDecision
from proficiency.marking.queries import is_marking_closed
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from tests.clock import NOW
from tests.exams import factory as exams
from tests.factories import act

DAY = timedelta(days=1)
CASES = ("after-ten-oclock", "the-depot-job")
"""Together they ask in every format."""


@pytest.fixture
def stage(sqlite_database: Database) -> story.Stage:
    """A paper with a question of every format, and everybody who has a part in the story."""
    staff = people.make_staff(sqlite_database, NOW)
    versions = []
    for name in CASES:
        path = ROOT / "scenarios" / f"{name}.md"
        version = act(
            sqlite_database, publish_case, staff["author"], is_sample=True,
            text=path.read_text(encoding="utf-8"), file=path.name, files=read_files(path),
        )  # fmt: skip
        versions.append(version.id)
    form = act(
        sqlite_database, assemble_form, staff["officer"], title="All formats",
        scheme_version_id=exams.scheme(sqlite_database, minutes=180).id, case_version_ids=versions,
    )  # fmt: skip
    return story.set_stage(sqlite_database, staff, form.id)


def test_short_answers_are_decided_by_two_people_and_settled_by_the_lead(
    stage: story.Stage,
) -> None:
    assert {item.format for item in stage.items} == set(all_formats())
    candidates = people.make_candidates(stage.database, NOW, 1, 8)
    sitting_id, bookings = story.schedule(stage, "All formats", NOW, timedelta(hours=1), candidates)
    for place, (candidate, booking) in enumerate(zip(candidates, bookings, strict=True)):
        story.sit(stage, candidate, booking, NOW, ability=20 + 10 * place)
    story.mark(stage, sitting_id, NOW + DAY)
    deciding.decide(stage, sitting_id, NOW + DAY)
    story.adjudicate(stage, sitting_id, NOW + 2 * DAY)
    story.moderate(stage, sitting_id, NOW + 3 * DAY)

    with stage.database.read() as session:
        assert is_marking_closed(session, sitting_id)
        rows = session.query(AnswerDecision.kind, Account.email).join(
            Account, Account.id == AnswerDecision.actor_id
        )
        who = {(StepKind(row.kind), row.email.split("@")[0]) for row in rows}
    assert who == {
        (StepKind.PROPOSED, "assessor"),
        (StepKind.CONFIRMED, "assessor2"),
        (StepKind.DISPUTED, "assessor2"),
        (StepKind.SETTLED, "lead"),
    }
    assert verify_all(stage.database, features.room_checks()).problems == []
