"""Names that may be the same, what a page may send of a device, and calendar files."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.preparation.calendar import Entry, fold, write_calendar
from proficiency.preparation.rules import (
    Adjustment,
    Asked,
    Connection,
    Link,
    Probe,
    Verdict,
    connections_from_text,
    connections_problem,
    connections_to_text,
    may_be_same,
    phone_from_text,
    phone_problem,
    read_findings,
    read_names,
    told_to_text,
    worst,
)
from proficiency.sittings.rules import Measure

ENTRY = Entry(
    uid="booking-abc@example.org",
    changes=2,
    changed_at=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
    starts_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
    ends_at=datetime(2026, 11, 21, 12, tzinfo=UTC),
    title="Certificate of Proficiency: November, part 1; first",
    text="Sign in at\nhttps://example.org/bookings/abc \\ bring a pen",
    url="https://example.org/bookings/abc",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour Case Management Ltd", "harbour case management"),
        ("Dr Eluned Parry", "Eluned Parry"),
        ("Zoë O’Brien", "Zoe OBrien"),
        ("Jane Anne Smith", "Jane Smith"),
    ],
)
def test_names_that_may_mean_the_same_are_found(one: str, other: str) -> None:
    assert may_be_same(one, other)
    assert may_be_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jane Smith", "John Smith"), ("Smith", "Jane Smith"), ("Ltd", "Ltd"), ("", "Jane Smith")],
)
def test_names_that_mean_others_are_not(one: str, other: str) -> None:
    assert not may_be_same(one, other)


def test_names_are_read_line_by_line_and_kept_as_they_are() -> None:
    read = tuple(read_names(Link.TRAINER, "  Ann   Other \n\n Ann Other\nBob"))
    assert read == (Connection(Link.TRAINER, "Ann Other"), Connection(Link.TRAINER, "Bob"))
    assert connections_from_text(connections_to_text(read)) == read
    assert connections_from_text(None) == ()
    assert connections_problem(read) is None


@pytest.mark.parametrize("phone", ["", "020 7946 0000", "+44 (0)20 7946-0000 x12"])
def test_a_telephone_number_is_kept_beside_the_connections(phone: str) -> None:
    text = told_to_text([Connection(Link.TRAINER, "Ann Other")], phone)
    assert phone_problem(phone) is None
    assert phone_from_text(text) == phone
    assert connections_from_text(text) == (Connection(Link.TRAINER, "Ann Other"),)
    assert phone_from_text(None) == ""


@pytest.mark.parametrize("phone", ["call me", "12345", "0" * 41])
def test_what_is_no_telephone_number_is_said(phone: str) -> None:
    assert phone_problem(phone) is not None
    assert connections_problem([Connection(Link.TRAINER, "x" * 201)]) is not None
    assert connections_problem([Connection(Link.TRAINER, str(n)) for n in range(61)]) is not None


def test_what_is_asked_comes_back_as_it_was() -> None:
    asked = Asked(Adjustment(25, 10, 30, (Measure.READER, Measure.PAPER)), "Because.")
    assert Asked.from_text(asked.to_text()) == asked
    assert "Extra time: 25 % + 10 min" in asked.adjustment.lines
    assert Adjustment().is_nothing


def test_findings_are_taken_only_as_the_page_makes_them() -> None:
    sent = [
        {"probe": "clock", "verdict": "warn", "detail": "x" * 500},
        {"probe": "browser", "verdict": "good", "detail": ""},
    ]
    read = read_findings(sent)
    assert [each.probe for each in read] == [Probe.BROWSER, Probe.CLOCK]
    assert len(read[1].detail) == 160
    assert worst(read) is Verdict.WARN
    for wrong in (
        [], {}, "clock", [{"probe": "clock"}], [{"probe": "x", "verdict": "good", "detail": ""}],
        [{"probe": "clock", "verdict": "x", "detail": ""}], [None], sent * 4,
    ):  # fmt: skip
        with pytest.raises(ValueError):
            read_findings(wrong)


def unfolded(made: bytes) -> list[str]:
    return made.replace(b"\r\n ", b"").decode("utf-8").split("\r\n")


def test_a_calendar_file_says_when_in_utc_and_escapes_words() -> None:
    lines = unfolded(write_calendar(ENTRY, "Proficiency"))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    for line in (
        "VERSION:2.0", "METHOD:PUBLISH", "UID:booking-abc@example.org", "SEQUENCE:2",
        "DTSTAMP:20261101T093000Z", "DTSTART:20261121T090000Z", "DTEND:20261121T120000Z",
        "SUMMARY:Certificate of Proficiency: November\\, part 1\\; first", "STATUS:CONFIRMED",
        "DESCRIPTION:Sign in at\\nhttps://example.org/bookings/abc \\\\ bring a pen",
    ):  # fmt: skip
        assert line in lines
    cancelled = unfolded(write_calendar(replace(ENTRY, is_cancelled=True), "Proficiency"))
    assert "STATUS:CANCELLED" in cancelled
    assert "BEGIN:VALARM" not in cancelled


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_no_line_is_too_long_and_none_is_torn(words: str) -> None:
    folded = fold(f"SUMMARY:{words}")
    assert folded.endswith(b"\r\n")
    for line in folded[:-2].split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    assert folded.replace(b"\r\n ", b"")[:-2].decode("utf-8") == f"SUMMARY:{words}"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_words_can_add_a_line_of_their_own(words: str) -> None:
    made = write_calendar(replace(ENTRY, title=words), "Proficiency")
    names = [line.split(":")[0] for line in unfolded(made)]
    plain = [line.split(":")[0] for line in unfolded(write_calendar(ENTRY, "Proficiency"))]
    assert names == plain


def test_a_zone_other_than_utc_is_converted() -> None:

    summer = datetime(2026, 7, 1, 10, tzinfo=ZoneInfo("Europe/London"))
    lines = unfolded(write_calendar(replace(ENTRY, starts_at=summer), "Proficiency"))
    assert "DTSTART:20260701T090000Z" in lines
    assert ENTRY.ends_at - ENTRY.starts_at == timedelta(hours=3)
