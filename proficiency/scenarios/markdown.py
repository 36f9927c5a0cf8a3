"""Markdown as cases use it: paragraphs, emphasis, lists, quotes, tables and small headings.

Raw HTML, links, pictures and reference definitions are off: they stay visible as plain text, and
the reader of cases refuses or warns about them by line. With links off, parsing is linear.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from proficiency.items.section import Rich
from proficiency.scenarios.sanitise import sanitise

MAX_NESTING = 20
_OFF = ("link", "image", "autolink", "reference", "html_block", "html_inline")
_ALIGN = re.compile(r"text-align:(left|center|right)")


def new_parser() -> MarkdownIt:
    """Return a parser with the rules that cases use."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    return parser.enable("table").disable(_OFF)


_PARSER = new_parser()


def render_text(markdown: str, least_heading: int = 3) -> Rich:
    """Render whole blocks. Headings come out as `least_heading` or smaller, never as h1 or h2."""
    return Rich(markdown, blocks_to_html(markdown, least_heading))


def render_line(markdown: str) -> Rich:
    """Render one line of words, without a paragraph around it."""
    return Rich(markdown, sanitise(_PARSER.renderInline(markdown)))


def blocks_to_html(markdown: str, least_heading: int) -> str:
    """Return the sanitised HTML of whole blocks."""
    tokens = _PARSER.parse(markdown)
    _shift_headings(tokens, least_heading)
    _class_for_style(tokens)
    return sanitise(str(_PARSER.renderer.render(tokens, _PARSER.options, {})))


def _shift_headings(tokens: Sequence[Token], least: int) -> None:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            level = int(token.tag[1:])
            # An author's smallest heading in a text is ###, so ### means "the first level here".
            token.tag = f"h{min(6, max(least, level + least - 3))}"


def _class_for_style(tokens: Sequence[Token]) -> None:
    """Turn the alignment of table cells from a style into a class; the policy forbids styles."""
    for token in tokens:
        if token.type not in {"th_open", "td_open"}:
            continue
        aligned = _ALIGN.search(str(token.attrs.pop("style", "")))
        if aligned:
            token.attrs["class"] = f"align-{aligned[1]}"
        if token.type == "th_open":
            token.attrs["scope"] = "col"
