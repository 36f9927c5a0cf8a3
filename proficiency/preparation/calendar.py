"""An exam as an entry of a calendar, as RFC 5545 says (iCalendar). Pure.

Invariants kept: lines end with CR LF and have at most 75 bytes, folded between characters; words
are escaped; times are UTC; the same booking keeps its UID, and SEQUENCE grows with every change, so
that a calendar replaces what it has.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LINE = 75


@dataclass(frozen=True)
class Entry:
    """One exam in a calendar. `changed_at` is the moment of the last of `changes` changes."""

    uid: str
    changes: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    text: str
    url: str
    is_cancelled: bool = False


def write_calendar(entry: Entry, maker: str) -> bytes:
    """Return the file for one entry; `maker` names the program and who runs it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_escape(maker)}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_escape(entry.uid)}",
        f"SEQUENCE:{entry.changes}",
        f"DTSTAMP:{_utc(entry.changed_at)}",
        f"DTSTART:{_utc(entry.starts_at)}",
        f"DTEND:{_utc(entry.ends_at)}",
        f"SUMMARY:{_escape(entry.title)}",
        f"DESCRIPTION:{_escape(entry.text)}",
        f"URL:{entry.url}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "CLASS:PRIVATE",
        *(() if entry.is_cancelled else _alarm(entry.title)),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) for line in lines)


def _alarm(title: str) -> tuple[str, ...]:
    """A reminder half an hour before."""
    return (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escape(title)}",
        "TRIGGER:-PT30M",
        "END:VALARM",
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(words: str) -> str:
    """Escape a text: backslash first, then what separates, then the ends of lines."""
    for sign, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        words = words.replace(sign, escaped)
    return words.replace("\r", "")


def fold(line: str) -> bytes:
    """Return a line as bytes with its end, folded so that none has more than 75 and none is torn.

    A folded line goes on after CR LF and one blank, which counts.
    """
    pieces, piece, room = [], b"", LONGEST_LINE
    for character in line:
        encoded = character.encode("utf-8")
        if len(piece) + len(encoded) > room:
            pieces.append(piece)
            piece, room = b"", LONGEST_LINE - 1
        piece += encoded
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
