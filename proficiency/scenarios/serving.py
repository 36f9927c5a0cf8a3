"""Sending a picture or a document of a case to a browser, whoever may see it.

Invariants kept: the type is the one found in the bytes, and no browser may guess another; nothing
of the author's name for the file is told; a document is saved and never opened within our address.
"""

from flask import Response

from proficiency.core.text import _
from proficiency.scenarios.files import PICTURES, TEXT
from proficiency.scenarios.keeping import ENDING, Kept

POLICY = "default-src 'none'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; sandbox"


def send_file(kept: Kept, exhibit: int | None = None) -> Response:
    """Return the answer that holds a file, under a neutral name: a picture within the page."""
    words = _("file") if exhibit is None else f"{_('exhibit')}-{exhibit}"
    words = f"{words}.{ENDING[kept.media_type]}"
    how = "inline" if kept.media_type in PICTURES else "attachment"
    is_text = kept.media_type.partition("/")[0] == TEXT.partition("/")[0]
    return Response(
        kept.data,
        content_type=f"{kept.media_type}; charset=utf-8" if is_text else kept.media_type,
        headers={
            "Content-Disposition": f'{how}; filename="{words}"',
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
