"""What is typed before a page knows of an unsent answer is put beside it: no word is lost."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.journey

SCRIPT = Path(__file__).parents[2] / "static/js/exam/merge.js"
MERGE = """async ([script, ...texts]) => {
  const { merge } = await import("data:text/javascript," + encodeURIComponent(script));
  return merge(...texts);
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Page:
    return chromium.new_page()


def merge(page: Page, base: str, kept: str, typed: str) -> str:
    """The merged text, with a bar where the writer goes on."""
    before, after = page.evaluate(MERGE, [SCRIPT.read_text(encoding="utf-8"), base, kept, typed])
    return f"{before}|{after}"


@pytest.mark.parametrize(
    ("base", "kept", "typed", "merged"),
    [
        ("Ask.", "Ask.", "Ask. Now", "Ask. Now|"),
        ("Ask.", "Ask. Note it.", "Ask. Now", "Ask. Note it. Now|"),
        ("Ask.", "Ask. Note it.", "First: Ask.", "First: |Ask. Note it."),
        ("Ask. Go.", "First: Ask. Go.", "Ask. Then Go.", "First: Ask. Then |Go."),
        ("Ask him. Go.", "Ask Owen. Go.", "Ask him.", "Ask Owen.|"),
        ("Ask him.", "Ask Owen.", "Ask everybody.", "Ask Owen everybody|."),
        ("Ask.", "", "Ask. Now", " Now|"),
        ("", "Ask.", "Now", "Ask. Now|"),
        ("", "Ask.", "Ask.", "Ask.|"),
        ("", "Ask.", "Ask. Now", "Ask. Now|"),
        ("", "Ask. Now", "Ask.", "Ask.| Now"),
        ("Ask him.", "Ask Owen.", "Ask Owen.", "Ask Owen|."),
        ("Ask him.", "Ask.", "Ask him now.", "Ask now|."),
        ("Ask.", "Ask. Note it.", "", "| Note it."),
        ("Key 😀", "Key 😁", "Key 😀!", "Key 😁 !|"),
        ("Key 😀", "Key 😁", "Key 😂", "Key 😁 😂|"),
    ],
)
def test_both_changes_of_a_text_stand_in_it(
    page: Page, base: str, kept: str, typed: str, merged: str
) -> None:
    assert merge(page, base, kept, typed) == merged


TEXT = st.text("ab ", max_size=8)


@settings(max_examples=200, deadline=None)
@given(base=TEXT, at=st.integers(0, 8), words=st.text("XY", max_size=3), kept=TEXT)
def test_what_was_typed_goes_into_whatever_was_kept_and_takes_nothing_from_it(
    page: Page, base: str, at: int, words: str, kept: str
) -> None:
    before, _, after = merge(page, base, kept, base[:at] + words + base[at:]).partition("|")
    assert before.endswith(words)
    without = before.removesuffix(words) + after
    assert without.replace(" ", "") == kept.replace(" ", "")  # the words may have a gap before them
