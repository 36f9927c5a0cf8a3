"""The candidate's tools: each changes the page for one person, and nothing leaves the browser."""

import ast
import operator
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Request, expect

from proficiency.core.clock import read_clock
from proficiency.delivery.operations import submit_attempt
from tests.delivery.factory import Sat
from tests.factories import act
from tests.journeys.looking import Eyes
from tests.journeys.server import PHONE, Site, serve
from tests.journeys.test_formats import begin, sitting_of_each

pytestmark = pytest.mark.journey

TOOLS = "html[data-tools=ready]"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("tools"), template=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def sitting_id(site: Site) -> str:
    return sitting_of_each(site)


@pytest.fixture
def written(site: Site, chromium: Browser, sitting_id: str) -> tuple[Sat, Page]:
    sat, page = begin(site, chromium, sitting_id)
    page.locator(TOOLS).wait_for(state="attached")
    return sat, page


def pick(page: Page, name: str, value: str) -> None:
    page.locator(f'#tools input[name="{name}"][value="{value}"]').check()


def open_tools(page: Page) -> None:
    page.keyboard.press("Alt+Shift+T")
    expect(page.get_by_role("dialog", name="Tools")).to_be_visible()


LOOKS = [
    ("size", "xxl"),
    ("spacing", "wider"),
    ("font", "round"),
    ("theme", "strong"),
    ("theme", "dark"),
    ("focus", "6"),
    ("clock", "hidden"),
    ("exhibits", "tabs"),
]


def test_what_was_chosen_holds_on_every_page_and_from_its_first_moment(
    written: tuple[Sat, Page],
) -> None:
    sat, page = written
    open_tools(page)
    pick(page, "theme", "strong")
    pick(page, "size", "l")
    page.keyboard.press("Escape")
    page.goto(f"/attempt/{sat.attempt_id}/overview", wait_until="commit")
    page.wait_for_function("() => document.body !== null")
    assert page.evaluate("() => ({...document.documentElement.dataset}).theme") == "strong"
    page.goto(f"/attempt/{sat.attempt_id}")
    page.locator(TOOLS).wait_for(state="attached")
    open_tools(page)
    page.get_by_role("button", name="Everything as it was").click()
    assert page.evaluate("() => document.documentElement.dataset.theme") is None


def test_the_page_stays_sound_with_every_choice_at_400_percent(written: tuple[Sat, Page]) -> None:
    _sat, page = written
    eyes = Eyes(page)
    open_tools(page)
    eyes.look()
    for name, value in LOOKS:
        pick(page, name, value)
        if name == "theme":
            page.keyboard.press("Escape")
            eyes.look()
            open_tools(page)
    page.keyboard.press("Escape")
    eyes.look()
    assert eyes.faults == []


def test_the_next_person_at_the_device_sees_the_page_as_usual(
    site: Site,
    chromium: Browser,
    written: tuple[Sat, Page],
    sitting_id: str,
) -> None:
    _sat, page = written
    open_tools(page)
    pick(page, "theme", "dark")
    kept = page.evaluate("() => localStorage.getItem('proficiency-look')")
    _other, theirs = begin(site, chromium, sitting_id)
    theirs.evaluate("(kept) => localStorage.setItem('proficiency-look', kept)", kept)
    theirs.reload()
    assert theirs.evaluate("() => document.documentElement.dataset.theme") is None


def test_a_page_that_is_only_opened_sends_no_answer(written: tuple[Sat, Page]) -> None:
    _sat, page = written
    assert page.locator("#answers select").count() > 0
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.reload()
    page.locator("html[data-exam=ready]").wait_for(state="attached")
    page.wait_for_timeout(3000)
    assert [url for url in sent if url.endswith("/save")] == []


def test_tools_send_nothing(written: tuple[Sat, Page]) -> None:
    _sat, page = written
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    open_tools(page)
    pick(page, "overlay", "blue")
    page.get_by_role("button", name="Notes").click()
    page.keyboard.type("ask about the van")
    page.keyboard.press("Alt+Shift+K")
    page.keyboard.type("2*21")
    page.keyboard.press("Enter")
    expect(page.locator("#sum-result")).to_have_text("= 42")
    posted = [each.url for each in sent if each.method != "GET"]
    assert [url for url in posted if not url.endswith("/contact")] == []


def test_notes_and_marks_are_there_again_and_gone_with_the_exam(written: tuple[Sat, Page]) -> None:
    sat, page = written
    page.keyboard.press("Alt+Shift+M")
    page.keyboard.type("ask about the van")
    page.keyboard.press("Escape")
    number = page.locator("button.para-number").first
    number.focus()
    page.keyboard.press("Enter")
    expect(number).to_have_accessible_name("Paragraph 1, highlighted: press to strike it out")
    page.reload()
    page.locator(TOOLS).wait_for(state="attached")
    expect(page.locator("button.para-number").first).to_have_accessible_name(
        "Paragraph 1, highlighted: press to strike it out"
    )
    assert page.locator("#notes-text").input_value() == "ask about the van"
    own = "() => Object.keys(localStorage).filter((key) => key.startsWith('proficiency-own'))"
    assert len(page.evaluate(own)) == 2
    act(sat.database, submit_attempt, sat.candidate, read_clock(), attempt_id=sat.attempt_id,
        epoch=1)  # fmt: skip
    page.wait_for_function(f"() => ({own})().length === 0")


SELECT = """([from, to]) => {
  const text = document.querySelector("#case .para p").firstChild;
  const range = document.createRange();
  range.setStart(text, from);
  range.setEnd(text, to);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
PAINTED = "() => [...CSS.highlights.get('case-highlight')].map(String)"


def test_selected_words_are_highlighted_struck_out_and_cleared(written: tuple[Sat, Page]) -> None:
    _sat, page = written
    words = page.evaluate("() => document.querySelector('#case .para p').firstChild.data")
    page.evaluate(SELECT, [0, 12])
    page.get_by_role("button", name="Highlight", exact=True).click()
    assert page.evaluate(PAINTED) == [words[:12]]
    page.evaluate(SELECT, [4, 8])
    page.keyboard.press("Alt+Shift+X")
    assert page.evaluate(PAINTED) == [words[:4], words[8:12]]
    page.evaluate(SELECT, [0, 6])
    page.locator("[data-mark=clear]").click()
    assert page.evaluate(PAINTED) == [words[8:12]]


def test_shortcuts_go_from_question_to_question_and_flag(written: tuple[Sat, Page]) -> None:
    _sat, page = written
    page.locator("#question-1").focus()
    page.keyboard.press("Alt+Shift+N")
    assert page.evaluate("() => document.activeElement.id") == "question-2"
    page.keyboard.press("Alt+Shift+F")
    expect(page.locator("#question-2 .flag input")).to_be_checked()
    page.keyboard.press("Alt+Shift+P")
    assert page.evaluate("() => document.activeElement.id") == "question-1"


def test_the_tools_are_reached_by_touch_on_a_phone(
    site: Site,
    chromium: Browser,
    sitting_id: str,
) -> None:
    _sat, page = begin(site, chromium, sitting_id, size=PHONE, has_touch=True)
    page.locator("#open-tools").tap()
    page.locator("#tools [data-open=calculator]").tap()
    for key in ("7", "*", "8"):
        page.locator(f'#sum-keys [data-key="{key}"]').tap()
    page.locator('#sum-keys [data-key="="]').tap()
    expect(page.locator("#sum-result")).to_have_text("= 56")


# Sums


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def exact(text: str) -> Fraction:
    """The value of a sum, worked out by other means."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        return Fraction(ast.get_source_segment(text, node) or "")

    return value(ast.parse(text, mode="eval").body)


numbers = st.decimals(0, 10_000, places=2, allow_nan=False).map(lambda n: f"{n:f}")
sums = st.recursive(
    numbers,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"
    ),
    max_leaves=6,
)


def test_the_calculator_is_exact(written: tuple[Sat, Page]) -> None:
    _sat, page = written

    @settings(max_examples=60, deadline=None)
    @given(st.lists(sums, min_size=1, max_size=20))
    def agree(texts: list[str]) -> None:
        found = page.evaluate(
            """async (texts) => {
                const { compute } = await import("/static/js/tools/sum.js");
                return texts.map((text) => {
                    try { const { over, under } = compute(text); return `${over}/${under}`; }
                    catch (fault) { return fault.name; }
                });
            }""",
            texts,
        )
        for text, answer in zip(texts, found, strict=True):
            try:
                right = exact(text)
            except ZeroDivisionError:
                assert answer == "RangeError"
            else:
                assert Fraction(answer) == right

    agree()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.1+0.2", "= 0.3"),
        ("1/3", "= ≈ 0.3333333333"),
        ("£1,250.50 × 12", "= 15006"),
        ("200*10%", "= 20"),
        ("2-5", "= −3"),
        ("alert(1)", "This sum can’t be read yet."),
        ("2*", "This sum can’t be read yet."),
        ("5/0", "Nothing can be divided by 0."),
    ],
)
def test_a_sum_is_shown_as_people_write_it(
    site: Site,
    chromium: Browser,
    sitting_id: str,
    text: str,
    shown: str,
) -> None:
    page = _page_for_sums(site, chromium, sitting_id)
    page.locator("#sum").fill(text)
    page.locator("#sum").press("Enter")
    expect(page.locator("#sum-result")).to_have_text(shown)


_kept: list[Page] = []


def _page_for_sums(site: Site, chromium: Browser, sitting: str) -> Page:
    if not _kept:
        _sat, page = begin(site, chromium, sitting)
        page.locator(TOOLS).wait_for(state="attached")
        page.keyboard.press("Alt+Shift+K")
        _kept.append(page)
    return _kept[0]
