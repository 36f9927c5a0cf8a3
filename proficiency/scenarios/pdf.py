"""Looks for what a PDF may not hold: scripts, programs, embedded files, encryption.

A PDF is not understood here, only searched: names may be spelt with `#41` for a letter, and objects
may lie packed in object streams, so both are undone first. What cannot be unpacked is refused,
for nobody can say what is in it.
"""

import re
import zlib
from collections.abc import Iterator

from proficiency.core.text import _

MAX_UNPACKED = 20_000_000
"""Bytes that all object streams of a file may unpack to."""

_NAME = re.compile(rb"/[^\x00-\x20/<>\[\]()%{}]{2,60}")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_ACTIVE = {
    b"/JavaScript": _("a script"),
    b"/Launch": _("a command that starts a program"),
    b"/EmbeddedFile": _("another file"),
    b"/EmbeddedFiles": _("another file"),
    b"/RichMedia": _("a film or a program"),
    b"/XFA": _("a form with a program"),
    b"/SubmitForm": _("a form that sends what is written in it"),
    b"/ImportData": _("a form that reads other files"),
    b"/GoToR": _("a command that opens another file"),
    b"/GoToE": _("a command that opens another file"),
}


def is_pdf(data: bytes) -> bool:
    """Whether the file begins as a PDF does."""
    return data.startswith(b"%PDF-")


def pdf_faults(data: bytes) -> tuple[str, ...]:
    """Return what must be put right in a PDF before candidates may have it."""
    if b"%%EOF" not in data[-1024:]:
        return (_("the PDF is damaged or cut off: save it again"),)
    names = set(_names(data))
    if b"/Encrypt" in names:
        return (_("it is encrypted: save a copy without a password"),)
    unpacked = _unpack(data) if b"/ObjStm" in names else []
    if unpacked is None:
        return (_("it cannot be looked into: print it to a new PDF and use that"),)
    for part in unpacked:
        names.update(_names(part))
    active = {words for name, words in _ACTIVE.items() if name in names}
    return tuple(
        _("it holds {what}, which is not safe: print it to a new PDF and use that").format(
            what=what
        )
        for what in sorted(active)
    )


def _names(data: bytes) -> Iterator[bytes]:
    for found in _NAME.finditer(data):
        yield _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), found[0])


def _unpack(data: bytes) -> list[bytes] | None:
    """Return what lies in the object streams; None when one of them cannot be read."""
    parts, left = [], MAX_UNPACKED
    for found in _STREAM.finditer(data):
        head = data[max(0, found.start() - 1000) : found.start()]
        head = head[head.rfind(b" obj") :]
        if b"/ObjStm" not in set(_names(head)):
            continue
        packed = data[found.end() :]
        part = _inflate(packed, left) if b"/FlateDecode" in set(_names(head)) else None
        if part is None:
            return None
        parts.append(part)
        left -= len(part)
    return parts


def _inflate(packed: bytes, most: int) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        part = unpacker.decompress(packed, max(most, 1))
    except zlib.error:
        return None
    return part if unpacker.eof else None
