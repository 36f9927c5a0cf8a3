"""Divides a case into its stages and questions, by headings, before anything in them is read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from proficiency.core.text import _
from proficiency.items.section import Block, Part, Problems, Prose, Words
from proficiency.scenarios.blocks import Heading

_QUESTION = re.compile(r"question\s+(?P<number>[0-9]{1,3})\.?", re.I)
_STAGE = re.compile(r"stage\s+(?P<number>[0-9]{1,2})(?:\s*[:.–-]\s*(?P<title>\S.*))?", re.I)
_ASSESSORS = re.compile(r"for assessors\b.*", re.I)


@dataclass(frozen=True)
class QuestionOutline:
    """A question: the lines under its heading that say what it is, and what stands below."""

    number: int
    line: int
    notation: tuple[Words, ...]
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...]


@dataclass
class StageOutline:
    """A stage: its text and its questions."""

    number: int
    title: str
    line: int
    blocks: list[Block] = field(default_factory=list)
    questions: list[QuestionOutline] = field(default_factory=list)


@dataclass
class Outline:
    """The whole case. `about` are the blocks for assessors, None when they are missing."""

    title: Words
    stages: list[StageOutline]
    about: list[Block] | None = None
    about_line: int = 1


def read_outline(blocks: Sequence[Block], problems: Problems) -> Outline:
    """Divide the blocks of a case; reports headings that are wrong, missing or out of order."""
    chapters = _split(blocks, 1)
    before = chapters[0][1]
    if before:
        problems.error(
            before[0].line, _("this stands above the title: begin with “# ” and the case's title")
        )
    first = chapters[1][0] if len(chapters) > 1 else None
    if first is None or _STAGE.fullmatch(first.title) or _ASSESSORS.fullmatch(first.title):
        problems.error(
            first.line if first else 1,
            _("the case has no title: write “# ” and the title below the “---”, as stage 1"),
        )
        chapters.insert(1, (None, []))
    heading, inner = chapters[1]
    title = Words(heading.title, heading.line) if heading else Words("", 1)
    outline = Outline(title, [])
    if heading is not None:
        outline.stages.append(_stage(1, title.text, title.line, inner, problems))
    for later, inner in chapters[2:]:
        if later is not None:
            _add_chapter(outline, later, inner, problems)
    _check_outline(outline, problems)
    return outline


def _add_chapter(
    outline: Outline, heading: Heading, inner: list[Block], problems: Problems
) -> None:
    if _ASSESSORS.fullmatch(heading.title):
        if outline.about is not None:
            problems.error(heading.line, _("a second part for assessors: join the two"))
        outline.about, outline.about_line = inner, heading.line
        return
    if outline.about is not None:
        problems.error(
            heading.line, _("“# For assessors” comes last: move it below everything else")
        )
    expected = max(2, len(outline.stages) + 1)
    found = _STAGE.fullmatch(heading.title)
    if found is None or int(found["number"]) != expected:
        problems.error(
            heading.line,
            _(
                "“# {title}”: after the title, a heading with one # reads “# Stage {number}: …” or "
                "“# For assessors: about this case”; use ### for a heading within a text"
            ).format(title=heading.title, number=expected),
        )
    title = (found["title"] or "") if found else heading.title
    outline.stages.append(_stage(expected, title, heading.line, inner, problems))


def _check_outline(outline: Outline, problems: Problems) -> None:
    if outline.stages and outline.stages[0].number == 1 and not outline.title.text:
        problems.error(outline.title.line, _("the title is empty: write it after “# ”"))
    for stage in outline.stages:
        if not stage.questions:
            problems.error(
                stage.line,
                _("stage {number} has no question: write “## Question {next}”").format(
                    number=stage.number, next=_last_number(outline, stage) + 1
                ),
            )
    if outline.about is None:
        problems.warn(
            outline.title.line,
            _(
                "there is no “# For assessors: about this case”: say there what the case is about "
                "and what a good case manager would learn from it"
            ),
        )


def _last_number(outline: Outline, until: StageOutline) -> int:
    numbers = [
        question.number
        for stage in outline.stages
        if stage.number < until.number
        for question in stage.questions
    ]
    return max(numbers, default=0)


def _stage(
    number: int, title: str, line: int, blocks: Sequence[Block], problems: Problems
) -> StageOutline:
    divided = _split(blocks, 2)
    stage = StageOutline(number, title, line, list(divided[0][1]))
    for heading, inner in divided[1:]:
        if heading is not None:
            stage.questions.append(_question(heading, inner, problems))
    if not stage.blocks:
        problems.error(
            line, _("this stage has no text: write what happens above its first question")
        )
    return stage


def _question(heading: Heading, blocks: Sequence[Block], problems: Problems) -> QuestionOutline:
    found = _QUESTION.fullmatch(heading.title)
    if found is None:
        problems.error(
            heading.line,
            _(
                "“## {title}”: a heading with ## is a question and reads “## Question 3”; use ### "
                "for a heading within a text"
            ).format(title=heading.title),
        )
    divided = _split(blocks, 3)
    own = list(divided[0][1])
    notation = _take_notation(own)
    for stray in own:
        if isinstance(stray, Heading):
            problems.error(stray.line, _("a part of a question begins with ###, and then ####"))
    return QuestionOutline(
        number=int(found["number"]) if found else 0,
        line=heading.line,
        notation=notation,
        blocks=tuple(block for block in own if not isinstance(block, Heading)),
        parts=tuple(_part(below, inner, problems) for below, inner in divided[1:] if below),
    )


def _part(heading: Heading, blocks: Sequence[Block], problems: Problems) -> Part:
    divided = _split(blocks, heading.level + 1)
    for block in divided[0][1]:
        if isinstance(block, Heading):
            problems.error(
                block.line, _("a heading this small is not used within a question: make it a line")
            )
    return Part(
        title=heading.title,
        line=heading.line,
        blocks=tuple(block for block in divided[0][1] if not isinstance(block, Heading)),
        parts=tuple(_part(below, inner, problems) for below, inner in divided[1:] if below),
    )


def _take_notation(blocks: list[Block]) -> tuple[Words, ...]:
    """Take the line of the format off a question's first paragraph.

    It may go on in the next line after a comma or a dot. What follows in the same paragraph is
    the question's text.
    """
    if not blocks or not isinstance(blocks[0], Prose):
        return ()
    first = blocks[0]
    lines = first.source.split("\n")
    count = 1
    while count < len(lines) and lines[count - 1].rstrip().endswith((",", "·")):
        count += 1
    rest = "\n".join(lines[count:])
    blocks[:1] = [Prose(first.line + count, rest)] if rest.strip() else []
    return tuple(Words(text.strip(), first.line + n) for n, text in enumerate(lines[:count]))


def _split(blocks: Sequence[Block], level: int) -> list[tuple[Heading | None, list[Block]]]:
    """Divide at headings of exactly `level`; the first piece is what stands before any of them."""
    pieces: list[tuple[Heading | None, list[Block]]] = [(None, [])]
    for block in blocks:
        if isinstance(block, Heading) and block.level == level:
            pieces.append((block, []))
        else:
            pieces[-1][1].append(block)
    return pieces
