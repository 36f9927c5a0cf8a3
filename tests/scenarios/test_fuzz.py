"""Whatever is in a file, reading it gives problems with lines and never anything else.

CommonMark's own examples would be the natural set beside these. The parser's package does not ship
them, no other package that is installed has them, and the tests have no network. So `MARKDOWN`
holds examples of our own for each kind of thing that its chapters name; mutation puts them
anywhere.
"""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proficiency.core.config import ROOT
from proficiency.items.rules import all_formats
from proficiency.scenarios.content import from_content, to_content
from proficiency.scenarios.drafts import candidate_stages
from proficiency.scenarios.rules import Parsed, format_case, parse_case, parse_case_file
from tests.scenarios.factory import FRONT, SMALL_CASE, STORY, with_question

BANK = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "scenarios").glob("*.md"))]
EXAMPLES = [with_question(each.example) for each in all_formats().values()]

HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<svg onload=alert(1)>",
    "[press me](javascript:alert(1))",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "<!-- hidden -->",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "> " * 60 + "deep",
    "- " * 60 + "deep",
    "[" * 400,
    "*" * 400,
    "`" * 399,
    "| a " * 300 + "|",
    "|---" * 300 + "|",
    "## Question 99999999999999999999",
    "#### ###### #",
    "---",
    "\u202egnp.elif",
    "\u200b\u200b",
    "e\u0301" * 30,
    "\U0001f469\u200d\U0001f9bd",
    "\x00",
    "\ud800",
    "\r",
    "\t\t\tx",
    "{{ 7 * 7 }}{% for x in y %}",
    "%s %n {0} {name}",
    "best answer · -1 marks · standards 0.0.0",
    "choose 999 of 0, 1e9 marks",
    "ranking of 99 · 0.0000001 marks",
    "| £9,99 to £1 | 99999999999 | |",
)

# One or two of each kind of thing that Markdown knows, in words of our own.
MARKDOWN = (
    "\tcode after a tab\n",
    "\\*not emphasis\\* and \\# no heading\n",
    "&copy; &#35; &unknown; &#0;\n",
    "- `one\n- two`\n",
    "***\n---\n___\n",
    "# one\n####### seven\n#none\n# closed ##\n",
    "Heading\n=======\n\nOther\n---\n",
    "    indented\n\n    code\n",
    "```\nfenced\n~~~\n```\n",
    "~~~ info `x`\nnever closed\n",
    "<div>\n*block*\n</div>\n",
    "<pre><code>x</code></pre>\n",
    "[name]: /address 'title'\n\n[name]\n",
    "one\n\n\n\ntwo  \nthree\\\nfour\n",
    "> quote\nlazy line\n> > deeper\n",
    "> ```\ncode that leaves the quote\n",
    "- a\n\n  b\n- c\n   1. d\n      - e\n",
    "1) one\n1. other\n10000000000. too many digits\n",
    "-\n  empty first line\n",
    "* a\n+ b\n- c\n",
    "`` code with ` in it ``\n",
    "*a **b* c** _d_e_f __g__\n",
    '[link](</a b> "t") [ref][x] ![image](y)\n',
    "<https://example.org> <me@example.org> <b>tag</b>\n",
    "hard  \nbreak and soft\nbreak\n",
    "| a | b |\n|:--|--:|\n| 1 |\n| 1 | 2 | 3 |\n| \\| | `|` |\n",
    "| only a head |\n|---|\n",
    "| no | line | below |\n",
    "<!DOCTYPE x>\n\n<?program ?>\n\n<![CDATA[words]]>\n\n</div>\n",
    "![a ![b](c) [d](e)](f) [g [h](i)](j)\n",
    "***a** b* **c*d**e* a*b*c a_b_c * d * \\**e*\n",
    "- a\n - b\n  - c\n   - d\n    - e\n\n\n- f\n\n\n      g\n",
    "> - a\n>\n> 1. > b\nlazy\n\n> c\n---\n",
    "# *a* \\# `b` #\n\na\n b\n===\n",
    "[Name]: <a b>\n'title\nover lines'\n[name]: /again\n\n[NAME][] ![Name]\n",
    "a&nbsp;b&#x1F469;&amp;lt;c &#99999999; &MadeUp;\n",
    "- [ ] box\n- [x] tick\n- [X] Tick\n- [] none\n  - [ ] inner\n",
    "[gap 1] **[gap 2]** `[gap 3]`\n",
)


def looks_right(parsed: Parsed, text: str) -> None:
    """What every reading must hold, whatever was read."""
    for problem in parsed.problems:
        assert problem.message.strip()
        assert "Traceback" not in problem.message
        assert 1 <= problem.line <= max(text.count("\n") + text.count("\r") + 1, 1)
    assert (parsed.case is None) == bool(parsed.errors)
    if parsed.sketch is not None:
        candidate_stages(parsed.sketch)
    if parsed.case is not None:
        assert from_content(to_content(parsed.case)) == parsed.case


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good case with some of its lines removed, doubled, moved, cut or replaced."""
    lines = draw(st.sampled_from([*BANK, *EXAMPLES, SMALL_CASE])).split("\n")
    for _change in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(lines) - 1, 0)))
        lines[at : at + 1] = draw(st.sampled_from(ways_to_change(lines, at))) if lines else []
    inserted = draw(st.sampled_from([*HOSTILE, *MARKDOWN]) | st.text(max_size=60))
    lines.insert(draw(st.integers(0, len(lines))), inserted)
    return "\n".join(lines)


def ways_to_change(lines: list[str], at: int) -> list[list[str]]:
    line = lines[at]
    return [
        [],
        [line, line],
        [line[: len(line) // 2]],
        [line + line],
        [f"> {line}"],
        [f"  {line}"],
        [line.replace("|", "", 1)],
        [line.replace("[x]", "[ ]").replace("- [ ]", "- [x]", 1)],
        [re.sub(r"\d+", "0", line)],
        [line.swapcase()],
        lines[max(at - 3, 0) : at + 1][::-1],
        lines[:3],
    ]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_changed_case_gives_problems_and_nothing_else(text: str) -> None:
    looks_right(parse_case(text, file="case.md"), text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_writing_names_in_never_fails_and_changes_no_reading(text: str) -> None:
    named = format_case(text)
    assert format_case(named) == named
    assert len(named) >= len(text)


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    parsed = parse_case_file(data, file="case.md")
    assert parsed.errors
    assert all(problem.line >= 1 for problem in parsed.problems)


@pytest.mark.parametrize("snippet", HOSTILE, ids=repr)
@pytest.mark.parametrize("place", ["story", "question", "option", "exhibit"])
def test_hostile_words_are_refused_or_made_harmless(snippet: str, place: str) -> None:
    text = {
        "story": SMALL_CASE.replace("His sister asks", f"{snippet}\n\nHis sister asks"),
        "question": SMALL_CASE.replace("What do you say first?", f"What first? {snippet}"),
        "option": SMALL_CASE.replace("Owen does. Let us", f"{snippet} Owen does. Let us"),
        "exhibit": SMALL_CASE.replace("> A note below", f"> {snippet}\n>\n> A note below"),
    }[place]
    parsed = parse_case(text, file="case.md")
    looks_right(parsed, text)
    if parsed.sketch is not None:
        refuse_active_html(candidate_stages(parsed.sketch))


def refuse_active_html(stages: Any) -> None:
    """No element or attribute that a browser would run, whatever the words say."""
    for html in strings(stages):
        tags = re.findall(r"<\s*([a-zA-Z][^>]*)>", html)
        for tag in tags:
            name = tag.split()[0].lower().strip("/")
            assert name not in {"script", "svg", "img", "iframe", "style", "a", "object", "form"}
            assert not re.search(r"\bon\w+\s*=|javascript:|style\s*=", tag, re.I)


def strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)
    elif hasattr(value, "to_json"):
        yield from strings(value.to_json())


@pytest.mark.parametrize("markdown", MARKDOWN, ids=repr)
@pytest.mark.parametrize("place", ["story", "question", "part"])
def test_every_kind_of_markdown_anywhere_gives_problems_and_nothing_else(
    markdown: str, place: str
) -> None:
    text = {
        "story": f"{FRONT}{STORY}\n{markdown}\n",
        "question": with_question(f"best answer · 1 mark · standards 2.3\n\n{markdown}\n"),
        "part": with_question(
            f"written response · 1 mark · standards 2.3\n\nQ?\n\n### Rubric\n\n{markdown}\n"
        ),
    }[place]
    parsed = parse_case(text, file="case.md")
    looks_right(parsed, text)
    if parsed.sketch is not None:
        refuse_active_html(candidate_stages(parsed.sketch))


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000_000,
        "[" * 999_000,
        "# a\n" * 200_000,
        "| a |\n|---|\n" * 60_000,
        "- [ ] x\n" * 100_000,
        "## Question 1\nbest answer\n" * 30_000,
        "\n" * 999_000,
    ],
    ids=["quotes", "brackets", "headings", "tables", "options", "questions", "lines"],
)
def test_what_is_too_much_is_refused_before_it_takes_time(text: str) -> None:
    parsed = parse_case(text, file="case.md")
    assert parsed.errors
    assert len(parsed.problems) <= 301
