"""What the page for writing a case shows: each problem beside the words that it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proficiency.core.text import _
from proficiency.framework.rules import FindFramework, load_framework
from proficiency.items.section import Problem, Problems
from proficiency.scenarios.content import (
    CandidateStage,
    Case,
    candidate_stage,
    named_file_ids,
    plain_file_ids,
    plain_keys,
)
from proficiency.scenarios.files import FileFacts
from proficiency.scenarios.reader import MAX_BYTES, Source, decode
from proficiency.scenarios.rules import Parsed, parse_case

PASTED = _("the case")
MAX_SHOWN = 200
"""Characters of a line that stand beside its problem."""


@dataclass(frozen=True)
class FaultyLine:
    """One line of a draft with everything that was said about it."""

    number: int
    words: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Draft:
    """A draft that was read: its text, its problems by line, and the case if it has no errors."""

    file: str
    text: str
    lines: tuple[FaultyLine, ...]
    errors: int
    warnings: int
    case: Case | None
    stages: tuple[CandidateStage, ...]


def read_draft(
    file: str,
    text: str,
    files: Mapping[str, FileFacts] | None = None,
    frameworks: FindFramework = load_framework,
) -> Draft:
    """Read a draft and put each problem beside its line. `files` stand with the case."""
    return _draft(text, parse_case(text, file=file, files=files, frameworks=frameworks))


def read_file(
    file: str,
    data: bytes,
    files: Mapping[str, FileFacts] | None = None,
    frameworks: FindFramework = load_framework,
) -> Draft:
    """Read a draft that was sent as a file. What is not UTF-8 is a problem like others."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return _draft("", Parsed(file, None, problems.in_order()))
    return read_draft(file, text, files, frameworks)


def _draft(text: str, parsed: Parsed) -> Draft:
    return Draft(
        file=parsed.file,
        # A text beyond the limit would only be refused again, and slowly, if it were sent back.
        text=text if len(text) <= MAX_BYTES else "",
        lines=_faulty_lines(Source.of(text).lines, parsed.problems),
        errors=len(parsed.errors),
        warnings=len(parsed.warnings),
        case=parsed.case,
        stages=candidate_stages(parsed.case) if parsed.case else (),
    )


def _faulty_lines(lines: Sequence[str], problems: Sequence[Problem]) -> tuple[FaultyLine, ...]:
    numbers = dict.fromkeys(problem.line for problem in problems)
    return tuple(
        FaultyLine(
            number=number,
            words=_shown(lines[number - 1] if number <= len(lines) else ""),
            problems=tuple(problem for problem in problems if problem.line == number),
        )
        for number in numbers
    )


def _shown(line: str) -> str:
    words = line.strip()
    return words if len(words) <= MAX_SHOWN else f"{words[:MAX_SHOWN]}…"


def candidate_stages(case: Case, *, files_by_name: bool = False) -> tuple[CandidateStage, ...]:
    """Return every stage as a candidate would see it, options in the author's order.

    A file is known by its place in the case, or with `files_by_name` by its name.
    """
    keys = plain_keys(case)
    file_ids = named_file_ids(case) if files_by_name else plain_file_ids(case)
    return tuple(candidate_stage(case, stage.number, keys, file_ids) for stage in case.stages)
