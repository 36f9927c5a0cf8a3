"""Reading, checking and naming case studies: what the rest of the room and other rooms call.

Promises kept: every mistake is reported in one run, as `file:line: what is wrong, and what to write
instead`; nothing an author writes raises an exception; `format_case` changes only the lines under
questions that have no name yet, and leaves every other byte alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from proficiency.core.text import _
from proficiency.framework.rules import FindFramework, load_framework
from proficiency.items.rules import find_format
from proficiency.items.section import Problem, Problems, Severity, Words
from proficiency.scenarios.advice import advise
from proficiency.scenarios.blocks import read_blocks
from proficiency.scenarios.content import Case
from proficiency.scenarios.files import FileFacts
from proficiency.scenarios.front import KEYS
from proficiency.scenarios.notation import StandardsFramework, divided, read_notation
from proficiency.scenarios.outline import read_outline
from proficiency.scenarios.parser import (
    BYTE_ORDER_MARK,
    AnyCode,
    Reading,
    question_names,
    read_case,
)
from proficiency.scenarios.reader import (
    Source,
    clean_lines,
    decode,
    is_within_limits,
    read_front_matter,
)

MAX_PROBLEMS = 300
"""More than anybody reads at once; a file with more gets a last line that says how many."""


@dataclass(frozen=True)
class Parsed:
    """What reading a file gave: a case, unless there were errors, and all that was found."""

    file: str
    case: Case | None
    problems: tuple[Problem, ...]
    sketch: Case | None = None
    """What could be read in spite of errors, to look at; None when nothing could."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What stops publication."""
        return tuple(problem for problem in self.problems if problem.is_error)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Likely flaws that may be deliberate."""
        return tuple(problem for problem in self.problems if not problem.is_error)

    def report(self) -> list[str]:
        """Return one line per problem, as `file:line: what is wrong, and what to write`."""
        return [problem.show(self.file) for problem in self.problems]


def parse_case(
    text: str,
    *,
    file: str,
    framework: StandardsFramework | None = None,
    files: Mapping[str, FileFacts] | None = None,
    frameworks: FindFramework = load_framework,
) -> Parsed:
    """Read a case study. Never raises; `case` is None when there is any error.

    `file` is the name that messages show. Without a `framework`, the one that the front matter
    names is found with `frameworks`: among the packaged ones, unless the caller knows of more.
    `files` are the pictures and documents that stand with the case, by name.
    """
    problems = Problems()
    reading = read_case(text, framework, problems, files, frameworks)
    if reading is not None:
        advise(reading, problems)
    return _parsed(file, reading, problems)


def parse_case_file(
    data: bytes,
    *,
    file: str,
    framework: StandardsFramework | None = None,
    files: Mapping[str, FileFacts] | None = None,
    frameworks: FindFramework = load_framework,
) -> Parsed:
    """Read a case study from the bytes of a file, which must be UTF-8."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return _parsed(file, None, problems)
    return parse_case(text, file=file, framework=framework, files=files, frameworks=frameworks)


def _parsed(file: str, reading: Reading | None, problems: Problems) -> Parsed:
    found = problems.in_order()
    case, sketch = (reading.case, reading.sketch) if reading else (None, None)
    if len(found) <= MAX_PROBLEMS:
        return Parsed(file, case, found, sketch)
    # Errors first: a flood of warnings must not hide what stops publication.
    kept = sorted(sorted(found, key=lambda problem: not problem.is_error)[:MAX_PROBLEMS])
    rest = Problem(
        kept[-1].line,
        Severity.ERROR if problems.error_count else Severity.WARNING,
        _("and {count:,} more: put these right first").format(count=len(found) - MAX_PROBLEMS),
    )
    return Parsed(file, case, (*kept, rest), sketch)


def format_case(text: str) -> str:
    """Return `text` with a name written in for each question that has none.

    Names are derived from the question's words, as reading the case does, so they do not change
    when they are written down. Lines that need nothing stay the same, byte for byte; so does a
    file that cannot be read at all.
    """
    source = Source.of(text)
    silent = Problems()
    if not is_within_limits(text, silent):
        return text
    lines = clean_lines(Source.of(text.removeprefix(BYTE_ORDER_MARK)), silent)
    front = read_front_matter(lines, KEYS, silent)
    outline = read_outline(read_blocks(lines[front.body :], front.body + 1, silent), silent)
    questions = [each for stage in outline.stages for each in stage.questions]
    notations = [read_notation(each.notation, each.line, AnyCode(), silent) for each in questions]
    changed = {}
    for question, notation, name in zip(
        questions, notations, question_names(questions, notations), strict=True
    ):
        if find_format(*notation.kind_words) and not _says_name(question.notation):
            place = question.notation[-1].line - 1
            changed[place] = _with_name(source.lines[place], name)
    return source.replaced(changed)


def _says_name(lines: tuple[Words, ...]) -> bool:
    """Whether the line gives a name, be it a good one or not."""
    return any(words.text.casefold().split()[0] in ("name", "name:") for words in divided(lines))


def _with_name(line: str, name: str) -> str:
    words = line.rstrip()
    after = line[len(words) :]
    if words.endswith((",", "·")):
        return f"{words} name {name}{after}"
    divider = " · " if "·" in words or "," not in words else ", "
    return f"{words}{divider}name {name}{after}"
