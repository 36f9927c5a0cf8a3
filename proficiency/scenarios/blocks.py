"""Turns Markdown into a flat list of headings and blocks with line numbers.

Only the structure is read here, not the words within a line. What would silently vanish when the
case is shown (cells beyond a table's columns, tables that are none, code) is reported instead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.rules_block.table import escapedSplit
from markdown_it.tree import SyntaxTreeNode

from proficiency.core.text import _
from proficiency.items.section import (
    Block,
    Bullet,
    BulletList,
    Problems,
    Prose,
    Quote,
    Row,
    Table,
)
from proficiency.scenarios.markdown import MAX_NESTING, new_parser

_BOX = re.compile(r"\[(?P<mark> |x|X)\](?:\s+|$)")
_QUOTE_MARK = re.compile(r"^ {0,3}> ?")
_SPACES = re.compile(r"[ \t\n\f\v]+")
MAX_HEADING = 200

_PARSER = new_parser().disable("inline")
"""Reads structure only: the text of a line stays as the author wrote it."""


@dataclass(frozen=True)
class Heading(Block):
    """A heading of level 1 to 6. `source` is its whole line."""

    level: int
    title: str


def read_blocks(lines: Sequence[str], first_line: int, problems: Problems) -> list[Block]:
    """Return the headings and blocks of `lines`, the first of which is line `first_line`."""
    tokens = _PARSER.parse("\n".join(lines))
    if any(token.level >= MAX_NESTING - 2 for token in tokens):
        problems.error(
            first_line,
            _("lists and quotes are nested too deeply to be read: use at most six levels"),
        )
        return []
    reader = _BlockReader(lines, first_line, problems)
    return [block for node in SyntaxTreeNode(tokens).children if (block := reader.read(node))]


@dataclass(frozen=True)
class _BlockReader:
    lines: Sequence[str]
    first_line: int
    problems: Problems

    def read(self, node: SyntaxTreeNode) -> Block | None:
        """Return the block that a top-level node is; None for what carries no words."""
        line, source = self._line(node), self._source(node)
        if node.type == "heading":
            return self._heading(node, line, source)
        self._check(node)
        if node.type in {"bullet_list", "ordered_list"}:
            return BulletList(line, source, tuple(self._bullet(item) for item in node.children))
        if node.type == "table":
            return self._table(node, line, source)
        if node.type == "blockquote":
            return Quote(line, source, unquoted(source))
        return Prose(line, source) if node.type == "paragraph" else None

    def _line(self, node: SyntaxTreeNode) -> int:
        return self.first_line + (node.map[0] if node.map else 0)

    def _source(self, node: SyntaxTreeNode) -> str:
        start, end = node.map or (0, 0)
        return "\n".join(self.lines[start:end]).rstrip()

    def _heading(self, node: SyntaxTreeNode, line: int, source: str) -> Block:
        if not node.markup.startswith("#"):
            self.problems.error(
                line,
                _(
                    "a row of = or - below words makes a heading of them: leave an empty line "
                    "between, or begin a heading with #"
                ),
            )
            return Prose(line, source)
        title = _one_line(content(node))
        if len(title) > MAX_HEADING:
            self.problems.error(
                line,
                _("this heading has {length} characters, and may have {limit}: shorten it").format(
                    length=len(title), limit=MAX_HEADING
                ),
            )
        return Heading(line, source, int(node.tag[1:]), title[:MAX_HEADING])

    def _check(self, top: SyntaxTreeNode) -> None:
        """Report, anywhere within a block, what would not be shown as it was meant."""
        for node in top.walk():
            line = self._line(node) if node.map else self._line(top)
            if node.type in {"fence", "code_block"}:
                self.problems.error(
                    line,
                    _(
                        "four spaces or ``` at the start of a line show words as computer code: "
                        "take them away, or use a quote (> )"
                    ),
                )
            elif node.type == "paragraph" and content(node).lstrip().startswith("|"):
                self.problems.error(
                    line,
                    _(
                        "this looks like a table and is none: its second line needs |---| once for "
                        "each column of the first"
                    ),
                )
            elif node.type == "table" and node.level > 0:
                self._check_inner_table(node)

    def _check_inner_table(self, node: SyntaxTreeNode) -> None:
        """Report rows of a table in a quote that are longer than its first row."""
        start, end = node.map or (0, 0)
        inner = [unquoted(line) for line in self.lines[start:end]]
        width = len(split_cells(inner[0])) if inner else 0
        for place, text in enumerate(inner[2:], start + 2):
            if len(split_cells(text)) > width:
                self.problems.error(
                    self.first_line + place,
                    _("this row has more cells than the first row of its table, and would be cut"),
                )

    def _bullet(self, item: SyntaxTreeNode) -> Bullet:
        children = list(item.children)
        text = content(children.pop(0)) if children and children[0].type == "paragraph" else ""
        box = _BOX.match(text)
        lists = [child for child in children if child.type in {"bullet_list", "ordered_list"}]
        return Bullet(
            line=self._line(item),
            text=_one_line(text[box.end() :] if box else text),
            box=None if box is None else box["mark"] != " ",
            below=tuple(self._bullet(below) for child in lists for below in child.children),
            has_more=len(lists) != len(children),
        )

    def _table(self, node: SyntaxTreeNode, line: int, source: str) -> Table:
        rows = [_cells(row) for row in _rows(node)]
        texts = source.split("\n")
        return Table(
            line=line,
            source=source,
            columns=tuple(rows[0]),
            rows=tuple(
                Row(line + place, tuple(cells), len(split_cells(texts[place])))
                for place, cells in enumerate(rows[1:], 2)
            ),
        )


def unquoted(source: str) -> str:
    """Return the Markdown of a quote without the marks before its lines."""
    return "\n".join(_QUOTE_MARK.sub("", line) for line in source.split("\n"))


def split_cells(line: str) -> list[str]:
    """Return the cells that an author wrote in a table's row, as the parser divides them."""
    words = line.strip()
    cells: list[str] = escapedSplit(words)
    if words.startswith("|"):
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    return cells


def content(node: SyntaxTreeNode) -> str:
    """Return the words of a node's lines, unparsed."""
    return next((child.content for child in node.children if child.type == "inline"), "")


def _rows(table: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for part in table.children:
        yield from part.children


def _cells(row: SyntaxTreeNode) -> list[str]:
    return [_one_line(content(cell)) for cell in row.children]


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
