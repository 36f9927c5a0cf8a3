"""Looks into PNG, JPEG and WebP files: how large the picture is, and what else the file holds.

Only the outer structure is read, chunk by chunk, so that no picture can keep the program busy.
Invariant kept: a picture that passes holds nothing but a picture. What a camera or a program wrote
about who made it, where and with what could tell a candidate or a reader something about a person.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proficiency.core.text import _

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_SILENT = frozenset({b"Software"})
"""Words in a PNG that say nothing of a person: which program made it."""
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True)
class Picture:
    """What a file says of its picture: pixels across and down, and what must be put right."""

    width: int
    height: int
    faults: tuple[str, ...] = ()


class Unreadable(Exception):
    """The file ends too early or says something that cannot be."""


def picture_type(data: bytes) -> str | None:
    """Return the media type of a picture by its first bytes, or None when it is none."""
    if data.startswith(_PNG_HEAD):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    return None


def read_picture(media_type: str, data: bytes) -> Picture:
    """Return size and faults of a picture. Never raises: what cannot be read is a fault."""
    readers: dict[str, Callable[[bytes], Picture]] = {
        PNG: _read_png,
        JPEG: _read_jpeg,
        WEBP: _read_webp,
    }
    try:
        found = readers[media_type](data)
    except Unreadable:
        return Picture(0, 0, (_broken(),))
    return found if found.width and found.height else Picture(0, 0, (_broken(),))


def _broken() -> str:
    return _("the picture is damaged or cut off: save it again from the program that made it")


def _about_person() -> str:
    return _(
        "it holds notes of a camera or a program (such as EXIF: place, time, author): save a copy "
        "without them (“remove properties” or “export without metadata”), or take a screenshot of "
        "it and use that"
    )


def _moves() -> str:
    return _("it moves: save one still picture, which everybody can look at as long as they need")


def _more() -> str:
    return _("something stands behind the end of the picture: save it again as a plain picture")


def _faults(*found: tuple[bool, Callable[[], str]]) -> tuple[str, ...]:
    return tuple(words() for is_so, words in found if is_so)


# PNG: chunks of length, name, content and checksum


def _read_png(data: bytes) -> Picture:
    width = height = 0
    tells = moves = False
    end = 0
    for name, content, after in _png_chunks(data):
        if name == b"IHDR" and len(content) == 13:
            width, height = _number(content[:4]), _number(content[4:8])
        elif name in {b"tEXt", b"zTXt", b"iTXt"}:
            tells = tells or content.partition(b"\x00")[0] not in _PNG_SILENT
        tells = tells or name in {b"eXIf", b"tIME"}
        moves = moves or name == b"acTL"
        if name == b"IEND":
            end = after
            break
    if not end:
        raise Unreadable
    faults = _faults((tells, _about_person), (moves, _moves), (end != len(data), _more))
    return Picture(width, height, faults)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    place = len(_PNG_HEAD)
    while place < len(data):
        name, size = data[place + 4 : place + 8], _number(data[place : place + 4])
        after = place + 12 + size
        if after > len(data):
            raise Unreadable
        content = data[place + 8 : after - 4]
        if zlib.crc32(name + content) != _number(data[after - 4 : after]):
            raise Unreadable
        yield name, content, after
        place = after


# JPEG: segments, each with a marker and a length, and then the scans


def _read_jpeg(data: bytes) -> Picture:
    width = height = 0
    tells = False
    end = 0
    for marker, content, after in _jpeg_segments(data):
        if marker in _JPEG_SIZES and len(content) >= 5:
            height, width = _number(content[1:3]), _number(content[3:5])
        tells = tells or _may_tell(marker, content)
        end = after
    faults = _faults((tells, _about_person), (end != len(data), _more))
    return Picture(width, height, faults)


def _may_tell(marker: int, content: bytes) -> bool:
    """Of the segments of programs the first names the format, the 14th colours, one a profile."""
    if marker == 0xE2:
        return not content.startswith(b"ICC_PROFILE\x00")
    return marker == 0xFE or (0xE1 <= marker <= 0xEF and marker != 0xEE)


def plain_jpeg(data: bytes) -> bytes | None:
    """Return a JPEG without what programs wrote into it and behind it; None when it is damaged.

    Browsers add notes of their own when a page makes a picture: they are taken out, not refused.
    """
    kept, start = [data[:2]], 2
    try:
        for marker, content, after in _jpeg_segments(data):
            if not _may_tell(marker, content):
                kept.append(data[start:after])
            start = after
    except Unreadable:
        return None
    return b"".join(kept)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield each segment with where it ends; the last one is the end of the picture."""
    place = 2
    while True:
        if data[place : place + 1] != b"\xff":
            raise Unreadable
        while data[place : place + 1] == b"\xff":
            place += 1
        marker = _number(data[place : place + 1])
        place += 1
        if marker == 0xD9:
            yield marker, b"", place
            return
        if marker in _JPEG_ALONE:
            continue
        size = _number(data[place : place + 2])
        if size < 2 or place + size > len(data):
            raise Unreadable
        yield marker, data[place + 2 : place + size], place + size
        place += size
        if marker == 0xDA:
            place = _after_scan(data, place)


def _after_scan(data: bytes, place: int) -> int:
    """Return where the next marker stands after the coded pixels of a scan."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Unreadable
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7:
            return place
        place += 2


# WebP: a RIFF container of chunks


def _read_webp(data: bytes) -> Picture:
    width = height = 0
    tells = moves = False
    size = int.from_bytes(data[4:8], "little") + 8
    if size > len(data):
        raise Unreadable
    for name, content in _webp_chunks(data[:size]):
        if name == b"VP8X" and len(content) >= 10:
            width, height = (int.from_bytes(content[n : n + 3], "little") + 1 for n in (4, 7))
        elif name == b"VP8 " and not width and content[3:6] == b"\x9d\x01\x2a":
            width, height = (int.from_bytes(content[n : n + 2], "little") & 0x3FFF for n in (6, 8))
        elif name == b"VP8L" and not width and content[:1] == b"\x2f":
            bits = int.from_bytes(content[1:5], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        tells = tells or name in {b"EXIF", b"XMP "}
        moves = moves or name in {b"ANIM", b"ANMF"}
    faults = _faults((tells, _about_person), (moves, _moves), (size != len(data), _more))
    return Picture(width, height, faults)


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if place + 8 + size > len(data):
            raise Unreadable
        yield data[place : place + 4], data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _number(data: bytes) -> int:
    if not data:
        raise Unreadable
    return int.from_bytes(data, "big")
