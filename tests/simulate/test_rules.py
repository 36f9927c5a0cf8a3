"""What a simulated candidate does: by the seed, at a hand's speed, and by the page's own rules."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.simulate.figures import Figures, summarise
from proficiency.simulate.pages import (
    Control,
    Question,
    answer_of,
    filled,
    find_form,
    list_files,
    list_imports,
    read_exam,
)
from proficiency.simulate.plans import (
    Burst,
    Choice,
    Pause,
    Timetable,
    choose,
    make_plan,
    stage_actions,
)
from proficiency.simulate.sender import AT_LATEST, QUIET, Draft

TIMES = Timetable(
    candidates=300, stages=4, sign_in=36, start=1.2, writing=60, finish=10, offline_share=0.05
)
PAGE = """
<form method="post" action="/sign-out"><button name="go" value="x">Sign out</button></form>
<form method="post" action="/attempt/a1/answers" id="answers">
<input type="hidden" name="csrf_token" value="t&amp;o"><input type="hidden" name="epoch" value="2">
<input type="hidden" name="q1:present" value="1">
<input type="radio" name="q1:choice" value="a">
<input type="radio" name="q1:choice" value="b" checked>
<input type="checkbox" name="q1:flag" value="1">
<textarea name="q2:text" rows="3">
Ask &lt;him&gt;
first</textarea>
<select name="q3:place"><option value="">-</option><option value="1">1</option>
<option value="2" selected>2</option></select>
</form>
<link rel="stylesheet" href="/static/app.css?v=1">
<script type="module" src="/static/js/exam.js?v=2"></script>
<script type="application/json" id="exam-config">{"attempt": "a1", "stage": 1, "epoch": 2}</script>
"""


def test_the_questions_of_a_page_are_read_as_a_browser_would_post_them() -> None:
    page = read_exam(PAGE)
    assert page is not None
    assert page.config["epoch"] == 2
    assert {question.id: question.answer for question in page.questions} == {
        "q1": {"choice": ("b",)},
        "q2": {"text": ("Ask <him>\nfirst",)},
        "q3": {"place": ("2",)},
    }
    assert [question.is_written for question in page.questions] == [False, True, False]
    assert read_exam("<p>Something else</p>") is None


def test_the_right_form_is_found_and_filled_willingly() -> None:
    form = find_form(PAGE, "answers")
    assert form is not None
    assert ("csrf_token", "t&o") in filled(form)
    assert dict(filled(form, **{"q2:text": "other"}))["q2:text"] == "other"
    assert find_form(PAGE, "finish") is None
    own = find_form('<form method="post"><input name="a" value="1"></form>', "/here", "/here")
    assert own is not None
    assert own.action == "/here"


def test_the_files_of_a_page_and_the_imports_of_a_script_are_found() -> None:
    assert list_files(PAGE) == ("/static/app.css?v=1", "/static/js/exam.js?v=2")
    script = 'import { post } from "./exam/post.js";\nimport "./b.js";\nconst words = "import x";\n'
    assert list_imports(script) == ("./exam/post.js", "./b.js")


@pytest.mark.parametrize("number", range(0, 300, 37))
def test_the_same_seed_gives_the_same_plan_and_everybody_arrives_in_time(number: int) -> None:
    plan = make_plan("a seed", number, TIMES)
    assert plan == make_plan("a seed", number, TIMES)
    assert 0 <= plan.sign_in_at < TIMES.sign_in
    assert 0 <= plan.start_at < TIMES.start
    assert TIMES.writing <= plan.finish_at <= TIMES.writing + TIMES.finish
    for spell in plan.spells:
        assert spell.begins + spell.lasts <= TIMES.writing


def test_about_the_share_that_was_asked_for_loses_its_connection() -> None:
    plans = [make_plan("a seed", number, TIMES) for number in range(TIMES.candidates)]
    assert 5 <= sum(bool(plan.spells) for plan in plans) <= 30


def test_a_third_loses_it_at_the_same_moment() -> None:
    times = Timetable(
        candidates=300, stages=4, sign_in=1, start=1, writing=60, finish=1, offline_share=0,
        cut_share=1 / 3, cut_at=20, cut_seconds=15,
    )  # fmt: skip
    plans = [make_plan("a seed", number, times) for number in range(300)]
    hit = [plan.spells for plan in plans if plan.spells]
    assert len(hit) == 100
    assert {(spell.begins, spell.lasts) for (spell,) in hit} == {(20, 15)}


WRITTEN = Question("w", (Control("textarea", "w:text", ""),), {"text": ("",)})
CHOSEN = Question(
    "c", (Control("radio", "c:choice", "a", False), Control("radio", "c:choice", "b", False)), {}
)


@given(st.text(alphabet="abcdef", min_size=1, max_size=8))
def test_every_question_is_answered_and_what_is_taken_back_was_there(seed: str) -> None:
    typed, chosen = "", 0
    for action in islice(stage_actions(seed, [CHOSEN, WRITTEN]), 200):
        if isinstance(action, Burst):
            assert 0 <= action.cut <= len(typed)
            typed = typed[: len(typed) - action.cut] + action.words
        elif isinstance(action, Choice):
            chosen += 1
            assert action.answer["choice"][0] in {"a", "b"}
        elif isinstance(action, Pause):
            assert action.seconds > 0
    assert chosen
    assert typed


def test_choosing_puts_something_in_every_field() -> None:
    controls = [
        *[Control("checkbox", "q:chosen", value, False) for value in "abc"],
        Control("select", "q:place", "", True, ("", "1", "2")),
        Control("text", "q:value", ""),
    ]
    answer = choose("a seed", controls)
    assert len(answer["chosen"]) in {1, 2}
    assert answer["place"][0] in {"1", "2"}
    assert int(answer["value"][0]) > 0
    assert answer_of([Control("text", "q:value", "")]) == {"value": ("",)}


# The page's rules of sending


def test_a_pause_sends_and_typing_without_one_sends_all_the_same() -> None:
    draft = Draft("q", {"text": ("",)}, "text")
    assert draft.due is None
    takes = draft.begin(100.0, 0, "0123456789", 5.0)
    assert takes == 2.0
    assert draft.due == pytest.approx(min(100 + AT_LATEST, 100 + 9 / 5 + QUIET))
    assert draft.text(100.9) == "01234"
    assert draft.take(100.9) == {"text": ("01234",)}
    assert draft.first == pytest.approx(101.0), "the next key is the first that no message has"
    assert not draft.is_unsent(100.95)
    assert draft.is_unsent(101.0)
    assert draft.take(104.0) == {"text": ("0123456789",)}
    assert draft.due is None


def test_words_are_taken_back_from_what_is_there() -> None:
    draft = Draft("q", {"text": ("before",)}, "text")
    draft.begin(10.0, 3, "XY", 2.0)
    assert draft.text(9.9) == "bef"
    assert draft.text(60.0) == "befXY"
    assert draft.last_change(60.0) == pytest.approx(10.5)


def test_a_choice_is_due_after_the_pause() -> None:
    draft = Draft("q", {}, None)
    draft.choose(5.0, {"choice": ("a",)})
    assert draft.due == pytest.approx(5.0 + QUIET)
    assert draft.take(5.8) == {"choice": ("a",)}


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), min_size=1, max_size=6),
    st.floats(0.05, 0.9),
)
def test_however_messages_fall_the_last_one_has_all_that_was_typed(
    bursts: list[tuple[int, int]], step: float
) -> None:
    """Played in steps, each taking what is due: nothing typed is left without a message."""
    draft, now, expected, last = Draft("q", {"text": ("",)}, "text"), 0.0, "", ""
    for length, cut in bursts:
        words = "abcdefgh"[:8] * (length // 8 + 1)
        cut = min(cut, len(expected))
        expected = expected[: len(expected) - cut] + words[:length]
        until = now + draft.begin(now, cut, words[:length], 4.0)
        while now < until:
            now += step
            if draft.due is not None and draft.due <= now:
                last = draft.take(now)["text"][0]
        now += 0.01
    while draft.due is not None:
        now = max(now, draft.due)
        last = draft.take(now)["text"][0]
    assert last == expected


# Figures


def test_latencies_are_summed_up_in_milliseconds() -> None:
    found = summarise([each / 1000 for each in range(1, 101)])
    assert found is not None
    assert (found.count, found.longest) == (100, pytest.approx(100))
    assert found.p99 == pytest.approx(100)
    assert summarise([]) is None


def test_problems_are_counted_even_when_there_are_too_many_to_keep() -> None:
    figures = Figures()
    for number in range(1000):
        figures.fault(f"fault {number}")
    assert figures.counts["problems"] == 1000
    assert len(figures.problems) < 1000
