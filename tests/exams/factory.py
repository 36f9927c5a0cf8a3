"""Cases, schemes and forms for tests, made by the real operations."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proficiency.core.access import SYSTEM
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.scenarios.operations import publish_case
from tests.authoring.factory import live_version
from tests.factories import act

CASES = ("one-file-too-many.md", "a-place-to-land.md")


def case_text(file: str) -> str:
    """The words of one of the public sample cases."""
    return Path(ROOT / "scenarios" / file).read_text(encoding="utf-8")


def published(database: Database, file: str = CASES[0], *, is_sample: bool = True) -> Any:
    """A published version of a sample case."""
    return act(database, publish_case, SYSTEM, text=case_text(file), file=file, is_sample=is_sample)


def live(database: Database, file: str = CASES[0]) -> str:
    """The id of a version with the same words that was reviewed, approved and made live."""
    return live_version(database, case_text(file))


def scheme(
    database: Database,
    kind: SchemeKind = SchemeKind.DEMONSTRATION,
    name: str = "certificate",
    **settings: Any,
) -> Any:
    """A scheme's newest version, with the default settings but for those given."""
    return act(
        database,
        create_scheme_version,
        SYSTEM,
        name=name,
        title="Certificate of Proficiency",
        kind=kind,
        settings=SchemeSettings(**settings),
    )


def form(database: Database, files: Sequence[str] = CASES, **settings: Any) -> Any:
    """A form of the sample cases in a scheme for demonstration."""
    versions = [published(database, file).id for file in files]
    return act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=scheme(database, **settings).id,
        title="Paper A",
        case_version_ids=versions,
    )
