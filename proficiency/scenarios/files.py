"""The files that belong to a case: which may, and what each is by its content.

Invariant kept: what a file is called decides nothing. Its type is found in its bytes; a name that
says something else is refused, as is everything that could run, lead elsewhere or hide more than it
shows. Nothing here raises on what an author sends: every fault is said, in words.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from proficiency.core.text import _
from proficiency.scenarios.pdf import is_pdf, pdf_faults
from proficiency.scenarios.pictures import JPEG, PNG, WEBP, picture_type, read_picture

MAX_FILE_BYTES = 2_000_000
MAX_FILES = 20
MAX_PIXELS = 20_000_000
MAX_NAME = 80

PDF, TEXT, CSV = "application/pdf", "text/plain", "text/csv"
PICTURES = frozenset({PNG, JPEG, WEBP})
ENDINGS = {
    "png": PNG,
    "jpg": JPEG,
    "jpeg": JPEG,
    "webp": WEBP,
    "pdf": PDF,
    "txt": TEXT,
    "csv": CSV,
}
CALLED = {
    PNG: "PNG",
    JPEG: "JPEG",
    WEBP: "WebP",
    PDF: "PDF",
    TEXT: _("plain text"),
    CSV: _("table as CSV"),
}
"""What each type is called on a page."""

_PART = r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_NAME = re.compile(rf"(?:{_PART}/)?{_PART}")
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|iframe|body|head|\?xml)\b|<\?xml", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_FORMULA = re.compile(r'(?:^|[,;\t])"?[ ]*[=@]', re.M)
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


@dataclass(frozen=True)
class FileFacts:
    """What a file is, by its content. `faults` say why it may not be used; pictures have pixels."""

    sha256: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    faults: tuple[str, ...] = ()

    @property
    def is_picture(self) -> bool:
        """Whether a page can show it."""
        return self.media_type in PICTURES


def name_fault(name: str) -> str | None:
    """Return what is wrong with the name of a file, or None."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        return _(
            "a file's name is up to {most} letters a to z, digits, hyphens and one dot before its "
            "ending, in one folder at most, such as “genogram.png” or “letters/referral.pdf”"
        ).format(most=MAX_NAME)
    if _ending(name) not in ENDINGS:
        return _(
            "“{name}” is of a kind that is not used in cases: use PNG, JPEG, WebP, PDF, plain text "
            "(.txt) or a table as CSV (.csv)"
        ).format(name=name)
    return None


def _ending(name: str) -> str:
    return name.rpartition(".")[2].casefold() if "." in name else ""


def examine(name: str, data: bytes) -> FileFacts:
    """Return what the bytes of a file are. Never raises: what is wrong is in `faults`."""
    digest = hashlib.sha256(data).hexdigest()
    wrong = name_fault(name)
    if wrong is not None:
        return FileFacts(digest, "", len(data), faults=(wrong,))
    if not data or len(data) > MAX_FILE_BYTES:
        return FileFacts(digest, "", len(data), faults=(_about_size(name, data),))
    media_type = _type_of(data, _ending(name))
    if media_type is None:
        return FileFacts(digest, "", len(data), faults=(_about_type(name, data),))
    width, height, faults = None, None, _type_faults(name, media_type)
    if media_type in PICTURES:
        picture = read_picture(media_type, data)
        width, height = picture.width, picture.height
        faults += (*_size_faults(name, width, height), *_of(name, picture.faults))
    elif media_type == PDF:
        faults += _of(name, pdf_faults(data))
    elif media_type == CSV and _FORMULA.search(data.decode("utf-8")):
        faults += (_formula(name),)
    return FileFacts(digest, media_type, len(data), width, height, faults)


def _type_of(data: bytes, ending: str) -> str | None:
    """Return a type by content. Only text is told from a table by the name's ending."""
    if found := picture_type(data):
        return found
    if is_pdf(data):
        return PDF
    if _MARKUP.search(data[:4096]) or data.startswith(_ARCHIVES):
        return None
    try:
        words = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if _CONTROL.search(words.replace("\r\n", "\n")):
        return None
    return CSV if ending == "csv" else TEXT


def _type_faults(name: str, media_type: str) -> tuple[str, ...]:
    if ENDINGS[_ending(name)] == media_type:
        return ()
    endings = " or ".join(f".{ending}" for ending, kind in ENDINGS.items() if kind == media_type)
    words = _("“{name}” is {kind} by its content: give it the ending {endings}")
    return (words.format(name=name, kind=CALLED[media_type], endings=endings),)


def _about_size(name: str, data: bytes) -> str:
    if not data:
        return _("“{name}” is empty: choose the file again").format(name=name)
    return _(
        "“{name}” has {size:.1f} MB, and a file may have {limit:.0f} MB: make it smaller"
    ).format(name=name, size=len(data) / 1e6, limit=MAX_FILE_BYTES / 1e6)


def _about_type(name: str, data: bytes) -> str:
    if data.startswith(_ARCHIVES):
        words = _(
            "“{name}” is an archive or an office document by its content: unpack it, or save it as "
            "PDF"
        )
    elif _MARKUP.search(data[:4096]):
        words = _(
            "“{name}” is a web page or a drawing that can hold programs (HTML, SVG, XML): save it "
            "as PNG or PDF"
        )
    else:
        words = _(
            "“{name}” is none of the types that cases use, or text that is not UTF-8: save it as "
            "PNG, JPEG, WebP, PDF or plain text in UTF-8"
        )
    return words.format(name=name)


def _size_faults(name: str, width: int, height: int) -> tuple[str, ...]:
    if width * height <= MAX_PIXELS:
        return ()
    words = _("“{name}” has {width} × {height} pixels, and {limit} million are the most")
    return (words.format(name=name, width=width, height=height, limit=MAX_PIXELS // 1_000_000),)


def _formula(name: str) -> str:
    return _(
        "“{name}” has a cell that begins with = or @, which a spreadsheet would run: write what it "
        "comes to"
    ).format(name=name)


def _of(name: str, faults: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"“{name}”: {fault}" for fault in faults)


def examine_all(files: Mapping[str, bytes]) -> dict[str, FileFacts]:
    """Return what each of a case's files is, by its name."""
    return {name: examine(name, data) for name, data in files.items()}
