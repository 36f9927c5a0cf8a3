"""The words of rendered HTML as paragraphs, for comparing what people see. Pure.

Invariant kept: a text comes out if and only if a reader gets it, on the screen or read aloud.
"""

from html.parser import HTMLParser

_SILENT = {"script", "style", "svg", "template"}
_ENDS = {
    "p", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "div", "section", "dt", "dd", "legend",
    "summary", "label", "caption", "blockquote", "option", "br", "fieldset", "thead", "tbody",
    "table", "ul", "ol", "dl", "details",
}  # fmt: skip
_CELLS = {"td", "th"}
_VOID = {"br", "input", "img", "hr", "wbr", "col", "source"}
CELL = " | "


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self._words: list[str] = []
        self._hidden: list[str] = []
        self._cell_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in _SILENT or ("aria-hidden", "true") in attrs:
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        if tag in _CELLS:
            self._cell_depth += 1
        if tag == "img":
            self._words.append(dict(attrs).get("alt") or "")
        self._end(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
            return
        if tag in _CELLS:
            self._cell_depth -= 1
            self._words.append(CELL)
        self._end(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)

    def _end(self, tag: str) -> None:
        """End a paragraph; within a row of a table only the row ends one."""
        if tag in _ENDS and (not self._cell_depth or tag == "tr"):
            self.close_paragraph()
        elif tag in _ENDS:
            self._words.append(" ")

    def close_paragraph(self) -> None:
        words = " ".join("".join(self._words).split()).removesuffix(CELL.rstrip()).strip()
        if words:
            self.paragraphs.append(words)
        self._words = []


def paragraphs_of(html: str) -> list[str]:
    """Return the words of rendered HTML, a paragraph, list entry or table row at a time."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.close_paragraph()
    return reader.paragraphs
