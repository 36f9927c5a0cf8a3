"""Pieces of a page that are the same for all who sit a form: made once, and kept in this process.

A question that is not answered yet holds nothing of a person: it follows from the frozen form
(invariant 3) and from the states that the key names. A piece is made by a macro of a template of
its own, which sees what it is given and nothing of the page around it.
"""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from proficiency.exams.queries import Frozen

_pieces: Frozen[Markup] = Frozen(1000)


def shared(key: str, macro: Callable[..., Markup], *given: Any) -> Markup:
    """Return what `macro` makes of `given`: frozen values, all of which `key` determines."""
    piece = _pieces.find(key)
    if piece is None:
        piece = macro(*given)
        _pieces.keep(key, piece)
    return piece
