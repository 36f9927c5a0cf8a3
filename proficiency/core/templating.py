"""How templates are compiled: their fixed words become part of the page's text, once.

A page says `_("…")` a hundred times. A call for each, with the escaping of what it returns, would
cost more than reading the candidate's answers; the words are the same at every view, so they are
put in while the template is compiled. (Another language means another set of compiled templates.)
"""

from collections.abc import Iterator

from flask import Flask
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from proficiency.core.show import FILTERS
from proficiency.core.text import _

CALL = ("name", "lparen", "string", "rparen")


class FixedWords(Extension):
    """Puts the words of `_("…")` in place of the call."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Yield the tokens of a template; `_`, `(`, a string and `)` become a string."""
        held: list[Token] = []
        for token in stream:
            held.append(token)
            if not _may_be_call(held):
                yield from held[:-1]
                held = held[-1:]
                if not _may_be_call(held):
                    yield held.pop()
            elif len(held) == len(CALL):
                yield Token(held[2].lineno, "string", _(held[2].value))
                held = []
        yield from held


def _may_be_call(held: list[Token]) -> bool:
    """Whether these tokens are the beginning of `_("…")`."""
    fits = all(token.type == wanted for token, wanted in zip(held, CALL, strict=False))
    return fits and held[0].value == "_"


def init_app(app: Flask) -> None:
    """Set up the template engine of `app`."""
    app.jinja_env.add_extension(FixedWords)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["_"] = _


def load_all(app: Flask) -> None:
    """Compile every template now.

    Otherwise the first to ask for a page wait for it, and when a room starts together, each thread
    compiles the same templates beside the others.
    """
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
