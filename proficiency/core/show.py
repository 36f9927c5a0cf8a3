"""How values are shown to people: moments with their zone, durations, marks, percentages, codes."""

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from proficiency.core.exact import mark_text

HOME_ZONE = ZoneInfo("Europe/London")


def when_text(moment: datetime) -> str:
    """Return a moment as `21 November 2026, 14:05 GMT`, in the institution's zone."""
    local = moment.astimezone(HOME_ZONE)
    return f"{local.day} {local:%B %Y, %H:%M} {local.tzname()}"


def when(moment: datetime | None) -> Markup:
    """Return a moment as an HTML `time` element; an em dash for none."""
    if moment is None:
        return Markup("—")
    return Markup('<time datetime="{}">{}</time>').format(
        escape(moment.isoformat(timespec="seconds")), when_text(moment)
    )


def clock_text(moment: datetime) -> str:
    """Return the time of day as `14:05`, in the institution's zone, where the page names it."""
    return f"{moment.astimezone(HOME_ZONE):%H:%M}"


def clock(moment: datetime | None) -> Markup:
    """Return the time of day as an HTML `time` element, which holds the date and the zone too."""
    if moment is None:
        return Markup("—")
    return Markup('<time datetime="{}">{}</time>').format(
        escape(moment.isoformat(timespec="seconds")), clock_text(moment)
    )


def duration(span: timedelta) -> str:
    """Return a span in words: `3 h 45 min`, `12 min`, `40 s`."""
    seconds = int(span.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    if not parts or (left and not hours and minutes < 5):
        parts.append(f"{left} s")
    return " ".join(parts)


def percent(part: Fraction) -> str:
    """Return a fraction as a percentage with at most one decimal."""
    return f"{mark_text(part * 100, 1)} %"


def grouped(code: str, first: int | None = None) -> str:
    """Return a code, or its `first` characters, so that people can read it aloud: `K7QF 2M90`."""
    shown = code[:first].upper()
    return " ".join(shown[place : place + 4] for place in range(0, len(shown), 4))


def sentence(words: str) -> str:
    """Return words with a capital letter in front; nothing else of them changes."""
    return words[:1].upper() + words[1:]


FILTERS = {
    "when": when,
    "clock": clock,
    "duration": duration,
    "mark": mark_text,
    "percent": percent,
    "grouped": grouped,
    "sentence": sentence,
}
