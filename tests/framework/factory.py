"""Builds frameworks and wordings for tests; all of it invented."""

from typing import Any

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.framework.operations import import_official_wording, import_packaged_framework
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, load_framework
from tests.factories import act

TOY = """\
name = "bakers-craft"
version = 1
title = "The craft"
publisher = "The bakers of nowhere"
cited_as = "craft"

[[themes]]
code = "K"
title = "Kneading"
summary = "Makes dough."

[[themes.standards]]
code = "K1"
heading = "Ovens"
title = "Knowing heat"

[themes.standards.summaries]
"K1.1" = "Feels it."
"K1.2" = "Rests it."

[[themes]]
code = "L"
title = "Leaven"
summary = "Keeps what lives alive."
"""
"""A further framework as an operator writes it."""


def small_framework(**changes: Any) -> dict[str, Any]:
    """The data of a framework with one theme, one standard and two sub-standards."""
    standard = {
        "code": "1",
        "heading": "Opening",
        "title": "Beginning",
        "summaries": {"1.1": "Begins.", "1.2": "Goes on."},
    }
    theme = {
        "code": "A",
        "title": "First theme",
        "summary": "What comes first.",
        "standards": [standard],
    }
    data = {"name": "small", "version": 1, "title": "A small framework", "publisher": "Nobody"}
    return {**data, "themes": [theme], **changes}


def invented_wording() -> str:
    """A text with an invented wording for every code of the Standards of Proficiency."""
    lines = []
    for theme in load_framework(STANDARDS_OF_PROFICIENCY).themes:
        lines.append(f"[{theme.code}] Standards of something")
        for standard in theme.standards:
            lines += [
                standard.heading,
                f"{standard.code}. Bakers follow rule {standard.code} and must",
            ]
            lines += [
                f"{sub.code}. do the invented thing {sub.code}." for sub in standard.sub_standards
            ]
    return "\n".join(lines)


def hold_standards(database: Database, *, wording: bool = False) -> None:
    """Take in the Standards of Proficiency and, if wanted, an invented wording of them."""
    act(database, import_packaged_framework, SYSTEM)
    if wording:
        act(database, import_official_wording, SYSTEM, text=invented_wording())
