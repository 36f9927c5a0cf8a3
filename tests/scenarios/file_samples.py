"""Files as authors send them, made here byte by byte: pictures, documents, and hostile ones."""

import struct
import zlib

from tests.scenarios.factory import SMALL_CASE

PLAN = "![Plan of the flat: the door is too narrow](plan.png)"
LETTER = "[Attached: referral letter](letters/referral.pdf)"


def chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png(width: int = 4, height: int = 3, *extra: bytes, shade: int = 128) -> bytes:
    """A grey picture; `extra` chunks stand before its pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes([shade]) * width for _row in range(min(height, 50)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def segment(marker: int, content: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(width: int = 4, height: int = 3, *extra: bytes) -> bytes:
    """The frame of a JPEG with a scan that holds a stuffed byte and a restart marker."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
        + b"".join(extra)
        + segment(0xC0, frame)
        + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
        + b"\x12\xff\x00\x34\xff\xd0\x56"
        + b"\xff\xd9"
    )


def webp(width: int = 4, height: int = 3, *extra: tuple[bytes, bytes]) -> bytes:
    """A WebP with the large header, and `extra` chunks."""
    large = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = [(b"VP8X", large), *extra, (b"VP8L", b"\x2f" + bytes(5))]
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf(*objects: bytes) -> bytes:
    """A small PDF with these objects."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, each) for n, each in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def object_stream(content: bytes, filter_name: bytes = b"/FlateDecode") -> bytes:
    """An object that holds other objects, packed."""
    packed = zlib.compress(content)
    return (
        b"<< /Type /ObjStm /Filter %s /Length %d >>\nstream\n" % (filter_name, len(packed))
        + packed
        + b"\nendstream"
    )


FILES = {"plan.png": png(), "letters/referral.pdf": pdf(b"<< /Type /Catalog >>")}


def with_lines(*lines: str, text: str = SMALL_CASE) -> str:
    """The small case with these lines in its first exhibit."""
    place = text.index("> **Exhibit 1")
    end = text.index("\n\n", place)
    return text[:end] + "".join(f"\n>\n> {line}" for line in lines) + text[end:]


CASE_WITH_FILES = with_lines(PLAN, LETTER)
