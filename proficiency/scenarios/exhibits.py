"""The text of a stage: numbered paragraphs, and exhibits with paragraphs of their own.

Paragraphs are numbered through the whole case, so that an answer can point at one; headings are
not. Exhibits are referred to by number, and only once the candidate has seen them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from proficiency.core.text import _
from proficiency.items.section import Block, BulletList, Problems, Prose, Quote, Table
from proficiency.scenarios.blocks import Heading, read_blocks
from proficiency.scenarios.content import CaseFile, Exhibit, TextBlock
from proficiency.scenarios.file_lines import FileReader, read_file_line
from proficiency.scenarios.files import FileFacts
from proficiency.scenarios.markdown import render_text
from proficiency.scenarios.outline import Outline

_EXHIBIT = re.compile(
    r"\s*\*\*\s*Exhibit\s+(?P<number>[0-9]{1,3})\s*[:.–—-]"
    r"\s*(?P<title>[^*]{1,300}?)\s*\*\*[ \t]*(?P<rest>.*)",
    re.I | re.S,
)
_LIKE_EXHIBIT = re.compile(r"[\s*_#]*Exhibit\b", re.I)
_MENTION = re.compile(r"\bExhibit\s+(?P<number>[0-9]{1,3})\b", re.I)


class NarrativeReader:
    """Reads the text of one stage after another; numbers go on from stage to stage."""

    def __init__(self, problems: Problems, files: Mapping[str, FileFacts] | None = None) -> None:
        self.problems = problems
        self.files = FileReader(files or {}, problems)
        self.exhibit_stages: dict[int, int] = {}
        """The stage of each exhibit seen so far."""
        self.exhibit_blocks: dict[int, tuple[Block, ...]] = {}
        """What each of them says, for questions that point into it."""
        self._paragraphs = 0

    def read(self, stage: int, blocks: Sequence[Block]) -> tuple[TextBlock | Exhibit, ...]:
        """Return the numbered paragraphs and exhibits of a stage."""
        return tuple(self._read_block(stage, block) for block in blocks)

    def _read_block(self, stage: int, block: Block) -> TextBlock | Exhibit:
        if isinstance(block, Quote) and _LIKE_EXHIBIT.match(block.inner):
            return self._exhibit(stage, block)
        if isinstance(block, Heading):
            return TextBlock(None, render_text(block.source))
        self._check(block)
        self._paragraphs += 1
        return TextBlock(self._paragraphs, render_text(block.source))

    def _check(self, block: Block) -> None:
        if isinstance(block, BulletList) and block.has_boxes:
            self.problems.error(
                block.line,
                _("options stand under a question: write “## Question 1” and its line above them"),
            )
        if isinstance(block, Table):
            for row in block.rows:
                if row.count > len(block.columns):
                    self.problems.error(
                        row.line,
                        _(
                            "this row has more cells than the first row of its table, and would "
                            "be cut"
                        ),
                    )

    def _exhibit(self, stage: int, quote: Quote) -> Exhibit:
        found = _EXHIBIT.fullmatch(quote.inner)
        if found is None:
            self.problems.error(
                quote.line,
                _("an exhibit begins “> **Exhibit 1: letter from the company**”"),
            )
            return Exhibit(0, "", ())
        number = int(found["number"])
        self._check_number(number, stage, quote.line)
        rest_line = quote.line + quote.inner.count("\n", 0, found.start("rest"))
        inner = read_blocks(found["rest"].split("\n"), rest_line, self.problems)
        if not inner:
            self.problems.error(
                quote.line,
                _("exhibit {number} is empty: write its text in the same quote").format(
                    number=number
                ),
            )
        self.exhibit_blocks.setdefault(number, tuple(inner))
        return Exhibit(number, " ".join(found["title"].split()), self._numbered(inner))

    def _numbered(self, blocks: Sequence[Block]) -> tuple[TextBlock | CaseFile, ...]:
        numbered: list[TextBlock | CaseFile] = []
        number = 0
        for block in _divided(blocks):
            line = read_file_line(block.source) if isinstance(block, Prose) else None
            if line is not None:
                file = self.files.read(block.line, line)
                numbered += [file] if file else []
                continue
            is_heading = isinstance(block, Heading)
            number += not is_heading
            text = render_text(block.source, least_heading=4)
            numbered.append(TextBlock(None if is_heading else number, text))
        return tuple(numbered)

    def _check_number(self, number: int, stage: int, line: int) -> None:
        expected = len(self.exhibit_stages) + 1
        if number != expected:
            self.problems.error(
                line,
                _("this is exhibit {number}, and the next in order is {expected}").format(
                    number=number, expected=expected
                ),
            )
        self.exhibit_stages.setdefault(number, stage)


def _divided(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks of an exhibit, with each line that shows a file as a block of its own."""
    for block in blocks:
        if not isinstance(block, Prose) or "](" not in block.source:
            yield block
            continue
        words: list[str] = []
        for place, line in enumerate(block.source.split("\n")):
            if read_file_line(line) is None:
                words.append(line)
                continue
            if words:
                yield Prose(block.line + place - len(words), "\n".join(words))
                words = []
            yield Prose(block.line + place, line)
        if words:
            yield Prose(block.line + place + 1 - len(words), "\n".join(words))


def check_mentions(outline: Outline, exhibit_stages: dict[int, int], problems: Problems) -> None:
    """Report exhibits that a text names and that do not exist, or that come in a later stage."""
    for stage, line, number in _mentions(outline):
        seen_from = exhibit_stages.get(number)
        if seen_from is None:
            problems.error(
                line,
                _("there is no exhibit {number}: change the number or add the exhibit").format(
                    number=number
                ),
            )
        elif seen_from > stage:
            problems.error(
                line,
                _("exhibit {number} comes in stage {later}, which is not open yet here").format(
                    number=number, later=seen_from
                ),
            )


def _mentions(outline: Outline) -> Iterator[tuple[int, int, int]]:
    """Yield (stage, line, number) for each mention in words that candidates read."""
    for stage in outline.stages:
        blocks = [*stage.blocks, *(b for question in stage.questions for b in question.blocks)]
        for block in blocks:
            for place, text in enumerate(block.source.split("\n")):
                for found in _MENTION.finditer(text):
                    yield stage.number, block.line + place, int(found["number"])


def refuse_exhibits(blocks: Sequence[Block], problems: Problems) -> None:
    """Report exhibits that stand within a question."""
    for block in blocks:
        is_quote = isinstance(block, Quote | Prose)
        if is_quote and re.match(r"[>\s]*\*\*\s*Exhibit\b", block.source, re.I):
            problems.error(block.line, _("move the exhibit above the first question of its stage"))
