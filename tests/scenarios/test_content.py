"""The frozen form of a case, and what a candidate gets of it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.scenarios.content import (
    ItemKeys,
    candidate_stage,
    from_content,
    plain_keys,
    to_content,
)
from proficiency.scenarios.sanitise import CLASSES, TAGS, sanitise
from tests.scenarios.factory import SMALL_CASE, changed, read, small_case, with_question

# The frozen form


def test_content_is_read_back_as_the_same_case() -> None:
    case = small_case()
    assert from_content(to_content(case)) == case


def test_the_same_case_gives_the_same_bytes_whatever_its_line_ends() -> None:
    windows = SMALL_CASE.replace("\n", "\r\n")
    assert to_content(small_case(windows)) == to_content(small_case())


def test_one_changed_word_changes_the_content() -> None:
    text = changed("Gossip about a third person.", "Gossip about some other person.")
    assert to_content(small_case(text)) != to_content(small_case())


def test_content_of_an_unknown_version_is_refused() -> None:
    data = json.loads(to_content(small_case())) | {"content_version": 99}
    with pytest.raises(ValueError, match="version 99"):
        from_content(json.dumps(data))


WORDS = st.text(
    st.characters(codec="utf-8", categories=["L", "N"]) | st.sampled_from(" ,.?“”é&'"), min_size=1
).map(lambda text: "w" + " ".join(text.split()))


@st.composite
def choices(draw: st.DrawFn) -> tuple[str, list[tuple[str, bool, str]]]:
    """A question of several answers: its text, and (words, is key, reason) of each option."""
    options = draw(
        st.lists(WORDS, min_size=2, max_size=7, unique_by=lambda w: w.casefold().rstrip("."))
    )
    keys = draw(st.integers(1, len(options) - 1))
    places = set(draw(st.permutations(range(len(options))))[:keys])
    return draw(WORDS), [(words, n in places, draw(WORDS)) for n, words in enumerate(options)]


@given(choices())
def test_what_was_written_is_what_is_read_and_kept(
    written: tuple[str, list[tuple[str, bool, str]]],
) -> None:
    question, options = written
    keys = sum(is_key for _words, is_key, _reason in options)
    lines = [
        f"- [{'x' if is_key else ' '}] {words}\n  - {reason}\n" for words, is_key, reason in options
    ]
    line = f"choose {keys} of {len(options)} · {keys} marks · standards 2.3"
    case = small_case(with_question(f"{line}\n\n{question}\n\n{''.join(lines)}"))
    body = from_content(to_content(case)).items[0].body
    assert body.question.markdown == question
    assert [(o.words.markdown, o.is_key, o.reason.markdown) for o in body.options] == options
    assert len(set(case.items[0].kind.local_keys(body))) == len(options)


# What a candidate gets

CANARIES = {
    "Case-writing group 9": "CanaryAuthor",
    "support at home after a spinal injury": "CanarySetting",
    "UK GDPR, article 6": "CanaryReference",
    "It takes the decision from him.": "CanaryWrongReason",
    "His home, his decision.": "CanaryKeyReason",
    "Gossip about a third person.": "CanarySeveralReason",
    "name who-decides": "name canary-item-name",
    "name before-the-key": "name canary-second-name",
    "name what-now": "name canary-third-name",
    "1. Asks Owen first (7.1)": "1. CanaryExpected (7.1)",
    "| Asks Owen | 2 | 7.1 |": "| CanaryCriterion | 2 | 7.1 |",
    "Decides alone": "CanaryDescriptor",
    "| 1 Partly |": "| 1 CanaryLevel |",
    "- Offers an advocate (7.1)": "- CanaryIndicator (7.1)",
    "hides the loss from Owen": "CanaryTrap",
    "#### Below the standard: 1 of 6": "#### CanaryExampleTitle: 1 of 6",
    "> I would wait and see.": "> CanaryExampleText",
    "| Asks Owen | 0 | Decides for him. |": "| CanaryCriterion | 0 | CanaryExampleWhy |",
    "| Asks Owen | 2 | Asks before acting. |": "| CanaryCriterion | 2 | CanaryOtherWhy |",
    "The key stands for trust.": "CanaryAbout",
    "  - Not relevant here.": "  - CanaryLastReason\n  - name canary-option-name",
    "standards 2.3, 13.4": "standards 22.1, 22.2",
}


def canary_case() -> str:
    """The small case with a canary in every place that only assessors may read."""
    text = SMALL_CASE
    for old, new in CANARIES.items():
        text = changed(old, new, text)
    return text


def form_keys(text: str) -> dict[str, ItemKeys]:
    """Identifiers as a form draws them: random, telling nothing, in another order."""
    return {
        item.name: ItemKeys(
            item_id=f"item{place}",
            ids={key: f"id{place}x{n}" for n, key in enumerate(item.kind.local_keys(item.body))},
            order=tuple(reversed(item.kind.local_keys(item.body))),
        )
        for place, item in enumerate(small_case(text).items)
    }


def all_views(text: str) -> str:
    """Every byte of every stage that a candidate gets, as JSON."""
    case = small_case(text)
    keys = form_keys(text)
    return json.dumps([candidate_stage(case, n.number, keys).to_json() for n in case.stages])


def test_no_canary_reaches_a_candidate() -> None:
    text = canary_case()
    content = to_content(small_case(text)).casefold()
    assert content.count("canary") >= len(CANARIES) - 1
    assert "canary" not in all_views(text).casefold()
    assert "22." not in all_views(text)


def test_the_canary_test_would_notice_a_leak() -> None:
    text = changed("Owen Rees, 38,", "Owen Rees, CanaryStory,", canary_case())
    assert "canarystory" in all_views(text).casefold()


def test_a_candidate_gets_exactly_the_listed_fields() -> None:
    stage = candidate_stage(small_case(), 1, form_keys(SMALL_CASE)).to_json()
    assert set(stage) == {"case_title", "nation", "number", "title", "blocks", "items"}
    best, several = stage["items"]
    common = {"id", "number", "minutes", "format", "marks", "question_html", "options"}
    assert set(best) == common
    assert set(several) == common | {"choose"}
    assert all(set(option) == {"id", "html"} for option in best["options"] + several["options"])
    written = candidate_stage(small_case(), 2, form_keys(SMALL_CASE)).to_json()["items"][0]
    assert set(written) == common - {"options"} | {"word_limit", "max_characters"}


def test_options_show_in_the_forms_order_under_the_forms_ids() -> None:
    case = small_case()
    view = candidate_stage(case, 1, form_keys(SMALL_CASE)).items[0]
    assert [option["id"] for option in view["options"]] == ["id0x2", "id0x1", "id0x0"]
    assert view["options"][0]["html"].startswith("&quot;The agency") or view["options"][0][
        "html"
    ].startswith('"The agency')


def test_a_stage_shows_nothing_of_a_later_one() -> None:
    case = small_case()
    first = json.dumps(candidate_stage(case, 1, form_keys(SMALL_CASE)).to_json())
    assert "The key is missing" not in first
    assert "Set out what you do today" not in first


def test_identifiers_that_do_not_fit_are_refused() -> None:
    case = small_case()
    keys = plain_keys(case)
    item = keys["who-decides"]
    keys["who-decides"] = ItemKeys(item.item_id, item.ids, item.order[:2])
    with pytest.raises(ValueError, match="order"):
        candidate_stage(case, 1, keys)
    keys["who-decides"] = ItemKeys(item.item_id, {"other": "x"}, item.order)
    with pytest.raises(ValueError, match="ids"):
        candidate_stage(case, 1, keys)


# HTML


def html_of(value: Any) -> Iterator[str]:
    """Every piece of HTML in plain data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "html" or key.endswith("_html"):
                yield inner
            else:
                yield from html_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from html_of(inner)


def test_stored_html_has_no_style_script_link_or_handler() -> None:
    html = " ".join(html_of(json.loads(to_content(small_case()))))
    assert html.count("<") > 40
    assert not re.search(r"style=|<script|<a |href|src=|\bon\w+=", html)


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<p onclick=alert(1)>words</p>",
        "<a href='javascript:alert(1)'>words</a>",
        "<p style='position:fixed'>words</p>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<td class='align-left evil'>words</td>",
        "<!-- comment -->",
    ],
)
def test_nothing_but_the_listed_tags_and_attributes_gets_through(evil: str) -> None:
    clean = sanitise(f"<p>before</p>{evil}<p>after</p>")
    assert "<p>before</p>" in clean
    assert not re.search(rf"<(?!/?(?:{'|'.join(TAGS)})\b)", clean)
    assert not re.search(r"<[^>]*\b(?:on\w+|style|href|src)\s*=", clean)
    assert set(re.findall(r'class="([^"]*)"', clean)) <= CLASSES | {""}


def test_what_is_sanitised_once_stays_the_same() -> None:
    for html in html_of(json.loads(to_content(small_case()))):
        assert sanitise(html) == html


def test_script_in_a_case_never_becomes_content() -> None:
    parsed = read(changed("His sister asks", "<script>alert(1)</script>"))
    assert parsed.case is None
    assert any("<script>" in problem.message for problem in parsed.errors)
