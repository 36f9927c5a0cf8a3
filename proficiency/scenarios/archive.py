"""Zip archives of cases: made in one way only, and opened only when nothing in them plays tricks.

Invariants kept: the same files give the same bytes, whenever and wherever they are packed. Nothing
is unpacked before names, counts and sizes of everything have been looked at; nothing is written to
a disk; every fault is said at once, in words.
"""

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence

from proficiency.core.errors import Invalid
from proficiency.core.text import _

MAX_ARCHIVE_BYTES = 50_000_000
MAX_ENTRIES = 2_000
MAX_ENTRY_BYTES = 2_100_000
MAX_TOTAL_BYTES = 200_000_000
MAX_RATIO = 200
"""Times that an entry may grow when unpacked; a case grows by less than ten."""

MAX_SHOWN = 20

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can say: when it was packed is nobody's business here."""

_FREE_TO_GROW = 10_000
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NESTED = re.compile(r"\.(?:zip|7z|rar|tar|t?gz|bz2|xz|zst|jar|cab|iso)$", re.I)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of `files` by path, in the order of their names; the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=6)
    return packed.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip by path.

    Raises `Invalid`, whose details say what is wrong with which entry, for what is no zip or is
    too large, for entries that are links, encrypted, archives themselves, twice there, or whose
    names lead out of the archive.
    """
    if len(data) > MAX_ARCHIVE_BYTES:
        raise _refused([_("it has more than {most:,} bytes").format(most=MAX_ARCHIVE_BYTES)])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            faults = list(_faults(entries))
            if faults:
                raise _refused(faults)
            files = {each.filename: archive.read(each) for each in entries if not each.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as fault:
        raise _refused([_("it is no zip, or it is damaged")]) from fault
    nested = [name for name, content in files.items() if content.startswith(_MAGIC)]
    if nested:
        raise _refused([_nested(name) for name in nested])
    return files


def _refused(faults: Sequence[str]) -> Invalid:
    more = [_("and {n} more").format(n=len(faults) - MAX_SHOWN)] if len(faults) > MAX_SHOWN else []
    return Invalid(_("This archive was not opened."), [*faults[:MAX_SHOWN], *more])


def _faults(entries: Sequence[zipfile.ZipInfo]) -> Iterator[str]:
    if len(entries) > MAX_ENTRIES:
        yield _("it has {n:,} entries, and may have {most:,}").format(
            n=len(entries), most=MAX_ENTRIES
        )
        return
    total = sum(each.file_size for each in entries)
    if total > MAX_TOTAL_BYTES:
        yield _("unpacked it would have {n:,} bytes, and may have {most:,}").format(
            n=total, most=MAX_TOTAL_BYTES
        )
    seen: set[str] = set()
    for each in entries:
        folded = unicodedata.normalize("NFC", each.filename).casefold().rstrip("/")
        if folded in seen:
            yield _("“{name}” is there twice").format(name=_shown(each.filename))
        seen.add(folded)
        yield from _name_faults(each.filename)
        yield from _entry_faults(each)


def _name_faults(name: str) -> Iterator[str]:
    """Say what is wrong with a name. Backslashes count as slashes, as Windows reads them."""
    parts = name.replace("\\", "/").removesuffix("/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        yield _("“{name}” says where it wants to be: names begin inside of the archive").format(
            name=_shown(name)
        )
    elif "\\" in name or _CONTROL.search(name) or any(part in ("", ".", "..") for part in parts):
        yield _("“{name}” leads elsewhere or cannot be read as a name").format(name=_shown(name))
    if _NESTED.search(name):
        yield _nested(name)


def _entry_faults(entry: zipfile.ZipInfo) -> Iterator[str]:
    name, kind = _shown(entry.filename), stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield _("“{name}” is a link or a device: only files are read").format(name=name)
    if entry.flag_bits & _ENCRYPTED:
        yield _("“{name}” is encrypted: pack it without a password").format(name=name)
    if entry.compress_type not in _METHODS:
        yield _("“{name}” is packed in a way that is not read here").format(name=name)
    if entry.file_size > MAX_ENTRY_BYTES:
        yield _("“{name}” has {n:,} bytes, and may have {most:,}").format(
            name=name, n=entry.file_size, most=MAX_ENTRY_BYTES
        )
    grown = entry.file_size > max(entry.compress_size, 1) * MAX_RATIO
    if grown and entry.file_size > _FREE_TO_GROW:
        yield _("“{name}” grows more than {most} times when unpacked").format(
            name=name, most=MAX_RATIO
        )


def _nested(name: str) -> str:
    return _("“{name}” is an archive within the archive: unpack it first").format(name=_shown(name))


def _shown(name: str) -> str:
    return _CONTROL.sub("�", name)[:80]
