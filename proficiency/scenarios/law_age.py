"""The warning that the law of a case was checked too long ago.

Reading a case knows no date of today, so that the same file reads the same for ever. Whoever reads
it for people, as the command line does, adds this with the date of the day.
"""

import re
from dataclasses import replace
from datetime import date

from proficiency.items.section import Problem, Severity
from proficiency.scenarios.citing import law_warning
from proficiency.scenarios.rules import Parsed

_LAW_CHECKED = re.compile(r"\s*law-checked\s*:")


def with_law_age(parsed: Parsed, text: str, today: date) -> Parsed:
    """Return what was found in a case with a warning where its law was checked long ago."""
    words = law_warning(parsed.case.law_checked, today) if parsed.case else None
    if words is None:
        return parsed
    lines = enumerate(text.splitlines(), start=1)
    line = next((number for number, each in lines if _LAW_CHECKED.match(each)), 1)
    problem = Problem(line, Severity.WARNING, words)
    return replace(parsed, problems=tuple(sorted((*parsed.problems, problem))))
