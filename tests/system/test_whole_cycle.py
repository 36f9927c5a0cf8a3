"""The life of an exam from Markdown to a released result, on both databases, by real operations.

This is the walking path: it stays green at every commit. Then the evidence that it left behind is
attacked, one changed byte at a time.
"""

import shutil
from contextlib import closing
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from proficiency import features
from proficiency.core.access import SYSTEM
from proficiency.core.chain import evidence_models
from proficiency.core.checkpoint import load_or_make_key, take_checkpoint
from proficiency.core.config import ROOT
from proficiency.core.db import Base, Database, sqlite_driver
from proficiency.core.jobs import work_all
from proficiency.core.verify import verify_all
from proficiency.demo import people, story
from proficiency.demo.prepare import SAT_CASES
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.framework.operations import import_packaged_framework
from proficiency.results.queries import find_released_result, list_results
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from tests.clock import NOW
from tests.factories import act

CANDIDATES = 3


def live_through(database: Database) -> str:
    """Publish, sit, mark, moderate, decide and release; return the sitting's id."""
    staff = people.make_staff(database, NOW)
    act(database, import_packaged_framework, SYSTEM)
    versions = {
        path.stem: act(
            database,
            publish_case,
            staff["author"],
            text=path.read_text(encoding="utf-8"),
            file=path.name,
            files=read_files(path),
        ).id
        for path in sorted((ROOT / "scenarios").glob("*.md"))
    }
    scheme = act(
        database,
        create_scheme_version,
        staff["officer"],
        name="certificate",
        title="Certificate of Proficiency",
        kind=SchemeKind.DEMONSTRATION,
        settings=SchemeSettings(minutes=150),
    )
    form = act(
        database,
        assemble_form,
        staff["officer"],
        scheme_version_id=scheme.id,
        title="Paper 1",
        case_version_ids=[versions[name] for name in SAT_CASES],
    )
    stage = story.set_stage(database, staff, form.id)
    day = NOW + timedelta(days=2)
    candidates = people.make_candidates(database, NOW, 1, CANDIDATES)
    sitting_id, bookings = story.schedule(stage, "A sitting", day, timedelta(hours=1), candidates)
    for place, (candidate, booking) in enumerate(zip(candidates, bookings, strict=True)):
        story.sit(
            stage, candidate, booking, day + timedelta(minutes=place), ability=40 + 25 * place
        )
    story.mark(stage, sitting_id, day + timedelta(days=1))
    story.adjudicate(stage, sitting_id, day + timedelta(days=2))
    story.moderate(stage, sitting_id, day + timedelta(days=3))
    story.release(stage, sitting_id, day + timedelta(days=4))
    work_all(database, day + timedelta(days=4))
    return sitting_id


def problems(database: Database) -> list[str]:
    return verify_all(database, features.room_checks()).problems


def test_the_whole_life_of_an_exam(database: Database, tmp_path: Path) -> None:
    sitting_id = live_through(database)
    with database.read() as session:
        results = list_results(session, sitting_id)
        assert len(results) == CANDIDATES
        for result in results:
            released = find_released_result(session, result.attempt_id)
            assert released is not None
            themes = sum((theme.mark for theme in released.themes), Fraction(0))
            assert themes == released.total
    take_checkpoint(database, NOW + timedelta(days=7), load_or_make_key(tmp_path / "key"), None)
    assert problems(database) == []


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which an exam was lived through, with a checkpoint."""
    folder = tmp_path_factory.mktemp("lived")
    shutil.copy(sqlite_template, folder / "lived.db")
    database = Database(f"sqlite:///{folder}/lived.db")
    live_through(database)
    take_checkpoint(database, NOW + timedelta(days=7), load_or_make_key(folder / "key"), None)
    database.close()
    with closing(sqlite_driver.connect(folder / "lived.db", isolation_level=None)) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "lived.db"


def evidence_columns() -> list[tuple[str, str]]:
    return [
        (model.__tablename__, column.name)
        for model in evidence_models()
        for column in Base.metadata.tables[model.__tablename__].columns
    ]


def changed(column: sa.Column[object]) -> str:
    """An SQL expression for the column's value with one byte or one unit changed."""
    name = f'"{column.name}"'
    if isinstance(column.type, sa.String):
        first = f"CASE substr({name}, 1, 1) WHEN 'z' THEN 'y' ELSE 'z' END"
        return f"{first} || substr({name}, 2)"
    if isinstance(column.type, sa.Boolean):
        return f"1 - {name}"
    return f"{name} + 1000000"


@pytest.mark.parametrize(("table", "column"), evidence_columns())
def test_one_changed_byte_anywhere_in_the_evidence_is_found(
    lived: Path, tmp_path: Path, table: str, column: str
) -> None:
    shutil.copy(lived, tmp_path / "attacked.db")
    expression = changed(Base.metadata.tables[table].columns[column])
    with closing(sqlite_driver.connect(tmp_path / "attacked.db", isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        rows = raw.execute(
            f'UPDATE "{table}" SET "{column}" = {expression} WHERE rowid = '
            f'(SELECT rowid FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT 1)'
        ).rowcount
    with closing(Database(f"sqlite:///{tmp_path}/attacked.db")) as attacked:
        found = [problem for problem in verify_all(attacked).problems if "guard" not in problem]
    assert found or not rows
