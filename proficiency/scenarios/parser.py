"""Reads a case study from its Markdown, and reports everything that is wrong with it at once.

The reader never raises on what an author wrote. Where something cannot be read it says so, goes on
with the next thing, and gives a case only when there was no error at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proficiency.core.text import _
from proficiency.framework.rules import (
    CITED_AS_STANDARDS,
    FindFramework,
    UnknownFramework,
    load_framework,
)
from proficiency.items.names import derive_names, nearest
from proficiency.items.rules import ItemFormat, all_formats, find_format
from proficiency.items.section import Block, Cited, Problems, Prose, Section, Words
from proficiency.scenarios.blocks import read_blocks
from proficiency.scenarios.content import Case, Exhibit, Item, Stage, TextBlock
from proficiency.scenarios.exhibits import NarrativeReader, check_mentions, refuse_exhibits
from proficiency.scenarios.file_lines import find_file_lines
from proficiency.scenarios.files import FileFacts
from proficiency.scenarios.front import KEYS, About, read_about
from proficiency.scenarios.markdown import render_line, render_text
from proficiency.scenarios.notation import (
    Further,
    Notation,
    StandardsFramework,
    read_cited,
    read_codes,
    read_notation,
)
from proficiency.scenarios.outline import Outline, QuestionOutline, read_outline
from proficiency.scenarios.reader import (
    Source,
    clean_lines,
    is_within_limits,
    read_front_matter,
    refuse_html,
)

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True)
class Question:
    """A question as it was read, with what advice needs. `item` is None when it is faulty."""

    outline: QuestionOutline
    stage: int
    notation: Notation
    name: str
    item: Item | None


@dataclass(frozen=True)
class Reading:
    """Everything that one reading of a file gave. `case` is None when there was an error.

    `sketch` is what could be read all the same, for showing a draft: faulty questions are left out
    of it and faulty entries of the front matter have a placeholder. It is never published.
    """

    case: Case | None
    sketch: Case
    about: About
    outline: Outline
    questions: tuple[Question, ...]


class AnyCode:
    """Stands in for a framework that is not known, so that its codes are not reported too."""

    name_version = ""

    def __contains__(self, code: object) -> bool:
        return True

    def nearest_codes(self, code: str, limit: int = 3) -> tuple[str, ...]:
        """Suggest nothing."""
        return ()


def read_case(
    text: str,
    framework: StandardsFramework | None,
    problems: Problems,
    files: Mapping[str, FileFacts] | None = None,
    frameworks: FindFramework = load_framework,
) -> Reading | None:
    """Read a whole case; None when the file is beyond the limits. `problems` gets every fault.

    Without a `framework` the one that the front matter names is found with `frameworks`, as those
    that it cites beside it are. `files` are the files that stand with the case, by their names.
    """
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not is_within_limits(text, problems):
        return None
    lines = clean_lines(Source.of(text), problems)
    file_lines = find_file_lines(lines)
    refuse_html(lines, problems, file_lines)
    front = read_front_matter(lines, KEYS, problems)
    about = read_about(front, problems)
    standards = _framework(about.framework, framework, frameworks, problems)
    further = _further(about, frameworks, problems)
    outline = read_outline(read_blocks(lines[front.body :], front.body + 1, problems), problems)
    _check_title(about, outline, problems)
    narrative = NarrativeReader(problems, files)
    texts = {stage.number: narrative.read(stage.number, stage.blocks) for stage in outline.stages}
    check_mentions(outline, narrative.exhibit_stages, problems)
    narrative.files.finish(file_lines)
    questions = _read_questions(outline, standards, further, narrative, problems)
    stages = _stages(outline, texts, questions)
    sketch = _case(about, outline, stages)
    case = None if problems.error_count else sketch
    return Reading(case, sketch, about, outline, questions)


def _framework(
    written: Words, given: StandardsFramework | None, find: FindFramework, problems: Problems
) -> StandardsFramework:
    if not written.text:
        return given or AnyCode()
    if given is None:
        try:
            return find(written.text)
        except UnknownFramework as unknown:
            problems.error(written.line, unknown.message)
            return AnyCode()
    if given.name_version != written.text:
        problems.error(
            written.line,
            _("the framework “{written}” is not known here; write “{known}”").format(
                written=written.text, known=given.name_version
            ),
        )
    return given


def _further(about: About, find: FindFramework, problems: Problems) -> Further:
    """Return the other frameworks that the case may cite, by the word before their codes."""
    found: dict[str, StandardsFramework] = {}
    for written in about.also:
        try:
            framework = find(written.text)
        except UnknownFramework as unknown:
            problems.error(written.line, unknown.message)
            continue
        if framework.cited_as == CITED_AS_STANDARDS:
            problems.error(
                written.line,
                _(
                    "“{name}” is a framework of standards: a case follows one, in “framework”"
                ).format(name=written.text),
            )
        other = found.setdefault(framework.cited_as, framework)
        if other is not framework:
            problems.error(
                written.line,
                _("“{name}” and “{other}” are both cited as “{word}”: name one of them").format(
                    name=written.text, other=other.name_version, word=framework.cited_as
                ),
            )
    return found


def _check_title(about: About, outline: Outline, problems: Problems) -> None:
    if about.title.text and outline.title.text and about.title.text != outline.title.text:
        problems.error(
            about.title.line,
            _("“title” differs from the heading on line {line}: leave it out here").format(
                line=outline.title.line
            ),
        )


# Questions


def _read_questions(
    outline: Outline,
    framework: StandardsFramework,
    further: Further,
    narrative: NarrativeReader,
    problems: Problems,
) -> tuple[Question, ...]:
    outlines = [(stage.number, each) for stage in outline.stages for each in stage.questions]
    notations = [
        read_notation(each.notation, each.line, framework, problems, further)
        for _stage, each in outlines
    ]
    _check_numbers([each for _stage, each in outlines], problems)
    names = question_names([each for _stage, each in outlines], notations)
    _check_names(notations, problems)
    return tuple(
        _read_question(stage, each, notation, name, framework, further, narrative, problems)
        for (stage, each), notation, name in zip(outlines, notations, names, strict=True)
    )


def question_names(outlines: Sequence[QuestionOutline], notations: Sequence[Notation]) -> list[str]:
    """Return each question's name: the one its author gave, else one made of its first words."""
    texts = [
        next((block.source for block in outline.blocks if isinstance(block, Prose)), "")
        for outline in outlines
    ]
    return derive_names(texts, [notation.name for notation in notations], "question")


def _check_numbers(outlines: Sequence[QuestionOutline], problems: Problems) -> None:
    for expected, outline in enumerate(outlines, start=1):
        if outline.number not in (0, expected):
            problems.error(
                outline.line,
                _("this is question {number}, and the next in order is {expected}").format(
                    number=outline.number, expected=expected
                ),
            )


def _check_names(notations: Sequence[Notation], problems: Problems) -> None:
    seen: set[str] = set()
    for notation in notations:
        if notation.name in seen:
            problems.error(
                notation.format.line,
                _("the name “{name}” belongs to an earlier question: give another").format(
                    name=notation.name
                ),
            )
        if notation.name:
            seen.add(notation.name)


def _read_question(
    stage: int,
    outline: QuestionOutline,
    notation: Notation,
    name: str,
    framework: StandardsFramework,
    further: Further,
    narrative: NarrativeReader,
    problems: Problems,
) -> Question:
    refuse_exhibits(outline.blocks, problems)
    kind = find_format(*notation.kind_words)
    if kind is None:
        _report_unknown_format(notation.format, problems)
        return Question(outline, stage, notation, name, None)
    section = _section(stage, outline, notation, framework, further, narrative)
    body = kind.parse(section, problems)
    if body is None:
        return Question(outline, stage, notation, name, None)
    item = Item(
        number=outline.number,
        name=name,
        format=kind.name,
        standards=notation.standards,
        minutes=notation.minutes,
        body=body,
        further=notation.further,
    )
    return Question(outline, stage, notation, name, item)


def _report_unknown_format(written: Words, problems: Problems) -> None:
    if not written.text:
        return  # the missing line was reported already
    formats: Sequence[ItemFormat[Any]] = list(all_formats().values())
    near = nearest(written.text, [each.notation for each in formats])
    hint = _(" Did you mean “{near}”?").format(near=near) if near else ""
    problems.error(
        written.line,
        _(
            "unknown format “{written}”; the line under a question begins with one of: {known}."
        ).format(
            written=written.text[:80], known=", ".join(f"“{each.notation}”" for each in formats)
        )
        + hint,
    )


def _section(
    stage: int,
    outline: QuestionOutline,
    notation: Notation,
    framework: StandardsFramework,
    further: Further,
    narrative: NarrativeReader,
) -> Section:
    def codes(text: str, line: int, problems: Problems) -> tuple[str, ...]:
        return read_codes(text, line, framework, problems)

    def cited(text: str, line: int, problems: Problems) -> Cited:
        return read_cited(text, line, framework, further, problems)

    def exhibit(number: int) -> tuple[Block, ...] | None:
        seen_from = narrative.exhibit_stages.get(number, stage + 1)
        return narrative.exhibit_blocks.get(number) if seen_from <= stage else None

    return Section(
        line=outline.line,
        notation=notation.format,
        settings=notation.rest,
        marks=notation.marks,
        minutes=notation.minutes,
        standards=notation.standards,
        blocks=outline.blocks,
        parts=outline.parts,
        render_line=render_line,
        render_text=render_text,
        read_codes=codes,
        read_cited=cited,
        find_exhibit=exhibit,
    )


# The whole


def _stages(
    outline: Outline,
    texts: Mapping[int, tuple[TextBlock | Exhibit, ...]],
    questions: Sequence[Question],
) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            number=stage.number,
            title=stage.title,
            blocks=texts[stage.number],
            items=tuple(
                question.item
                for question in questions
                if question.stage == stage.number and question.item is not None
            ),
        )
        for stage in outline.stages
    )


def _case(about: About, outline: Outline, stages: tuple[Stage, ...]) -> Case:
    return Case(
        name=about.name,
        title=outline.title.text,
        nation=about.nation,
        law_checked=about.law_checked,
        framework=about.framework.text,
        setting=about.setting,
        minutes=about.minutes,
        authors=about.authors,
        references=about.references,
        stages=stages,
        about=render_text("\n\n".join(block.source for block in outline.about or ())),
    )
