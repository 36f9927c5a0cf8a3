"""Reading a case: what a good file gives, and what each mistake is told, with its line."""

import re
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.framework.rules import load_framework
from proficiency.scenarios import parser
from proficiency.scenarios.content import Exhibit, Nation
from proficiency.scenarios.markdown import new_parser
from proficiency.scenarios.rules import MAX_PROBLEMS, parse_case, parse_case_file
from tests.scenarios.factory import (
    ABOUT,
    SMALL_CASE,
    changed,
    line_of,
    read,
    small_case,
    with_question,
)

# What a good file gives


def test_a_good_case_has_no_problems() -> None:
    assert read().report() == []


def test_the_front_matter_means_what_its_author_meant() -> None:
    case = small_case()
    assert case.name == "the-spare-key"
    assert case.title == "The spare key"
    assert case.nation is Nation.WALES
    assert case.law_checked == date(2026, 11, 21)
    assert case.minutes == 20
    assert case.authors == ("Case-writing group 9", "Elin Prys")


def test_each_source_is_a_record_of_its_own() -> None:
    assert [reference.citation for reference in small_case().references] == [
        "Social Services and Well-being (Wales) Act 2014, section 35",
        "UK GDPR, article 6",
        "A second source: with a colon",
    ]


@pytest.mark.parametrize("setting", ["No", "Notice: a Friday", "2026-01-01", "yes: and no", "[x]y"])
def test_front_matter_is_not_yaml(setting: str) -> None:
    text = changed("setting: support at home after a spinal injury", f"setting: {setting}")
    assert small_case(text).setting == setting


def test_a_date_may_be_written_in_words() -> None:
    text = changed("law-checked: 2026-11-21", "law-checked: 1 March 2026")
    assert small_case(text).law_checked == date(2026, 3, 1)


def test_authors_may_stand_in_lines_of_their_own() -> None:
    text = changed(
        "authors: [Case-writing group 9, Elin Prys]",
        "authors:\n  - Case-writing group 9\n    of the south\n  - Elin Prys",
    )
    assert small_case(text).authors == ("Case-writing group 9 of the south", "Elin Prys")


def test_stages_hold_their_text_exhibits_and_questions() -> None:
    first, second = small_case().stages
    assert (first.number, first.title, second.title) == (1, "The spare key", "A week later")
    assert [item.number for item in first.items] == [1, 2]
    assert [item.format for item in second.items] == ["written_response"]
    assert [exhibit.title for exhibit in first.exhibits] == ["rota of the team"]


def test_paragraphs_are_numbered_through_the_case_and_within_each_exhibit() -> None:
    first, second = small_case().stages
    assert [block.number for block in (*first.blocks, *second.blocks)] == [1, 2, 1, 3, 2]
    exhibit = first.blocks[2]
    assert isinstance(exhibit, Exhibit)
    assert [block.number for block in exhibit.blocks] == [1, 2]


def test_headings_within_a_text_are_not_numbered_and_start_at_the_third_level() -> None:
    text = changed("His sister asks", "### Family\n\nHis sister asks")
    stage = small_case(text).stages[0]
    heading = stage.blocks[1]
    assert not isinstance(heading, Exhibit)
    assert (heading.number, heading.text.html.strip()) == (None, "<h3>Family</h3>")


def test_headings_in_an_exhibit_are_smaller_than_its_title() -> None:
    text = changed("> A note below the table.", "> # NOTE\n>\n> A note below the table.")
    exhibit = small_case(text).stages[0].exhibits[0]
    assert "<h4>NOTE</h4>" in "".join(block.text.html for block in exhibit.blocks)


def test_a_tables_alignment_is_a_class_and_not_a_style() -> None:
    html = small_case().stages[0].exhibits[0].blocks[0].text.html
    assert '<th class="align-right" scope="col">Hours</th>' in html
    assert "style" not in html


def test_the_line_under_a_question_may_go_on_in_the_next_line() -> None:
    text = changed(
        "best answer · 1 mark · standards 2.3, 13.4 · name who-decides",
        "best answer · 1 mark · standards 2.3,\n13.4 · name who-decides",
    )
    item = small_case(text).item("who-decides")
    assert item.standards == ("2.3", "13.4")
    assert item.body.question.markdown.startswith("The sister asks")


def test_the_questions_text_may_begin_right_below_the_line() -> None:
    text = changed("name who-decides\n\nThe sister", "name who-decides\nThe sister")
    assert small_case(text).item("who-decides").body.question.markdown.startswith("The sister")


def test_a_whole_standard_or_theme_may_be_cited() -> None:
    text = changed("standards 2.3, 13.4 ·", "standards 2 and B ·")
    assert small_case(text).item("who-decides").standards == ("2", "B")


def test_the_title_in_the_front_matter_may_repeat_the_heading() -> None:
    text = changed("nation: Wales", "title: The spare key\nnation: Wales")
    assert small_case(text) == small_case()


def test_line_ends_of_every_kind_are_read() -> None:
    assert read(SMALL_CASE.replace("\n", "\r\n")).report() == []
    assert read("\ufeff" + SMALL_CASE).report() == []
    assert read(SMALL_CASE.replace("\n", "\r")).report() == []


def test_emoji_and_right_to_left_words_are_kept() -> None:
    text = changed("The key is missing.", "The key 🗝️ is missing. המפתח אבד")
    assert "🗝️ is missing. המפתח אבד" in small_case(text).stages[1].blocks[0].text.html  # type: ignore[union-attr]


def test_a_case_is_worth_the_sum_of_its_questions() -> None:
    assert small_case().max_mark == Fraction(9)


# What each mistake is told. The line is that of the words in the third column.

MISTAKES = [
    # front matter
    ("case: the-spare-key", "case: The Spare Key", "case: The", "“spare-key”"),
    ("case: the-spare-key\n", "", "---", "“case” is missing"),
    ("nation: Wales", "nation: Wels", "Wels", "did you mean “Wales”?"),
    ("nation: Wales", "natoin: Wales", "natoin", "did you mean “nation”?"),
    ("nation: Wales", "nation: Wales\nnation: UK", "nation: UK", "given twice"),
    ("nation: Wales", "nation Wales", "nation Wales", "“key: value”"),
    ("law-checked: 2026-11-21", "law-checked: 2026-11-31", "law-checked", "is no date"),
    ("law-checked: 2026-11-21", "law-checked: soon", "law-checked", "21 November 2026"),
    ("minutes: 20", "minutes: twenty", "minutes: twenty", "whole number"),
    ("minutes: 20", "minutes: 0", "minutes: 0", "whole number"),
    ("ircm-standards-of-proficiency/1", "ircm-standards/9", "ircm-standards/9", "Available:"),
    ("authors: [Case-writing group 9, Elin Prys]", "authors:", "authors:", "is empty"),
    ("nation: Wales", "title: Another\nnation: Wales", "title: Another", "differs"),
    # outline
    ("# The spare key", "The spare key", "# Stage 2", "has no title"),
    ("# Stage 2: A week later", "# Stage 3: A week later", "# Stage 3", "Stage 2"),
    ("# Stage 2: A week later", "# A week later", "# A week", "Stage 2"),
    ("## Question 2", "## Question 3", "choose 2", "next in order is 2"),
    ("## Question 2", "## Background", "## Background", "## Question 3"),
    ("You are a case", "Hello\n---\n\nYou are a case", "Hello", "leave an empty line"),
    ("You are a case", "    You are a case", "You are a case", "computer code"),
    # exhibits
    ("> **Exhibit 1: rota of the team**", "> **Exhibit 1**", "**Exhibit 1**", "begins"),
    ("> **Exhibit 2: text", "> **Exhibit 3: text", "Exhibit 3", "next in order is 2"),
    ("See Exhibit 1.", "See Exhibit 7.", "Exhibit 7", "no exhibit 7"),
    ("See Exhibit 1.", "See Exhibit 2.", "Exhibit 2.", "comes in stage 2"),
    ("> | Monday | 4 |", "> | Monday | 4 | 5 |", "Monday", "would be cut"),
    ("> |---|--:|", "> |---|", "| Day |", "looks like a table and is none"),
    # the line under a question
    ("best answer · 1 mark", "best anwser · 1 mark", "anwser", "Did you mean “best answer”?"),
    ("best answer · 1 mark ·", "best answer ·", "name who-decides", "does not say its marks"),
    ("best answer · 1 mark", "best answer · no marks", "no marks", "number above 0"),
    ("best answer · 1 mark", "best answer · 0 marks", "0 marks", "number above 0"),
    ("· 1 mark ·", "· 1 mark · 2 marks ·", "2 marks", "twice"),
    ("· 1 mark ·", "· 1 mark · quickly ·", "quickly", "“quickly” is not understood"),
    ("· 10 minutes ·", "· ten minutes ·", "ten minutes", "whole number"),
    ("standards 2.3, 13.4", "standards 2.33, 13.4", "2.33", "2.3"),
    (" · standards 2.3, 13.4", "", "name who-decides", "cites no standard"),
    ("name before-the-key", "name who-decides", "choose 2", "belongs to an earlier question"),
    ("name before-the-key", "name Before The Key", "Before The Key", "small letters"),
    (
        "best answer · 1 mark · standards 2.3, 13.4 · name who-decides\n",
        "",
        "The sister",
        "unknown",
    ),
    # options
    ('- [x] "Owen does', '- [ ] "Owen does', "name who-decides", "exactly one"),
    ('- [ ] "I do,', '- [x] "I do,', "name who-decides", "has 2"),
    ('- [ ] "I do,', '- "I do,', '"I do,', "has no box"),
    ("  - It takes the decision", "- It takes the decision", "It takes", "indent it"),
    ("  - It takes the decision from him.", "\n  More.", '"I do,', "one paragraph"),
    ("choose 2 of 4", "choose 3 of 4", "choose 3", "2 are marked"),
    ("choose 2 of 4", "choose 2 of 5", "choose 2", "there are 4 options"),
    ("choose 2 of 4", "several answers", "several answers", "how many to choose"),
    ("  - Not relevant here.", "  - Not relevant here.\n\nAnd more.", "And more.", "move it above"),
    (
        "- [ ] What his neighbours think of the sister",
        "- [ ] What Owen wants, in his own words.",
        "his own words.",
        "is the same as the one on line",
    ),
    (
        "What do you say first?",
        "What?\n\n| a |\n|---|\n| b |",
        "| a |",
        "data belongs in an exhibit",
    ),
    (
        "What do you say first?",
        "What?\n\n> **Exhibit 2: late**\n>\n> Text.",
        "**Exhibit 2: late**",
        "move the exhibit",
    ),
    ("Which two things", "### Options\n\nWhich two things", "### Options", "no such parts"),
    # rubric
    (
        "### Expected response\n\n1. Asks Owen first (7.1)\n2. Makes the flat safe and records why "
        "(1.2, 3.5)\n",
        "",
        "## Question 3",
        "expected response is missing",
    ),
    ("### Rubric\n", "### Rubrik\n", "### Rubrik", "Did you mean “### Rubric”?"),
    (
        "| Criterion | Weight | Standards | 0",
        "| Criterion | Weigth | Standards | 0",
        "| Criterion | Weigth",
        "no column “Weight”",
    ),
    ("| 0 Not shown | 1 Partly |", "| Poor | 1 Partly |", "| Poor |", "“Poor” is not known"),
    ("| 0 Not shown | 1 Partly |", "| 0 Not shown | 2 Partly |", "2 Partly", "count up from 0"),
    ("| Asks Owen | 2 | 7.1 |", "| Asks Owen | two | 7.1 |", "| two |", "“two” is not a number"),
    ("| Asks Owen | 2 | 7.1 |", "| Asks Owen | 3 | 7.1 |", "written response", "adds up to 8"),
    ("| Asks Owen | 2 | 7.1 |", "| Asks Owen | 2 | 7.99 |", "7.99", "no standard “7.99”"),
    ("| Decides alone |", "| |", "| Asks Owen | 2 | 7.1 |", "what level 0 looks like"),
    ("| Decides alone |", "|", "| Asks Owen | 2 | 7.1 |", "5 cells"),
    (
        "| Makes it safe | 1 | 1.2",
        "| Asks Owen | 1 | 1.2",
        "| Asks Owen | 1 |",
        "is already on line",
    ),
    ("- Offers an advocate (7.1)", "- Offers an advocate (7.77)", "7.77", "no standard “7.77”"),
    ("- Offers an advocate (7.1)", "Offers an advocate", "Offers", "a list"),
    # example responses
    ("#### Meets the standard: 6 of 6", "#### Meets the standard", "#### Meets the", "2 of 12"),
    ("#### Meets the standard: 6 of 6", "#### Meets the standard: 5 of 6", "5 of 6", "add up to 6"),
    ("#### Below the standard: 1 of 6", "#### Below the standard: 1 of 9", "1 of 9", "at most 6"),
    ("| Asks Owen | 0 | Decides for him. |", "| Asks Owne | 0 | No. |", "Owne", "“Asks Owen”"),
    ("| Asks Owen | 0 | Decides for him. |", "| Asks Owen | 7 | No. |", "| 7 | No.", "0, 1, 2"),
    ("> I would wait and see.\n", "", "1 of 6", "write it as a quote"),
    # what Markdown would do behind the author's back
    ("His sister asks", "<b>His</b> sister asks", "<b>His", "without the < and >"),
    ("His sister asks", "<!-- todo -->\n\nHis sister asks", "<!-- todo", "HTML comment"),
    ("His sister asks", "<script>alert(1)</script> His sister asks", "alert", "“<script>”"),
    (
        "His sister asks",
        "![map](map.png) His sister asks",
        "map.png",
        "on a line of its own within an exhibit",
    ),
    ("His sister asks", "His\x00 sister asks", "His\x00", "NUL"),
    ("His sister asks", "His \ud800 sister asks", "\ud800", "retype it"),
]


@pytest.mark.parametrize(("old", "new", "where", "what"), MISTAKES)
def test_a_mistake_is_reported_with_its_line(old: str, new: str, where: str, what: str) -> None:
    text = changed(old, new)
    parsed = read(text)
    assert parsed.case is None
    line = line_of(text, where)
    found = [problem for problem in parsed.errors if what in problem.message]
    assert found, "\n".join(parsed.report())
    assert {problem.line for problem in found} & {line, line - 1}


def test_every_mistake_is_reported_in_one_run() -> None:
    text = SMALL_CASE
    mistakes = {
        ("nation: Wales", "nation: Wels"): "did you mean “Wales”?",
        ("law-checked: 2026-11-21", "law-checked: soon"): "is no date",
        ("See Exhibit 1.", "See Exhibit 7."): "no exhibit 7",
        ("standards 2.3, 13.4", "standards 2.33, 13.4"): "no standard “2.33”",
        ("choose 2 of 4", "choose 3 of 4"): "2 are marked",
        ("# Stage 2: A week later", "# A week later"): "reads “# Stage 2: …”",
        ("| Asks Owen | 2 | 7.1 |", "| Asks Owen | two | 7.1 |"): "“two” is not a number",
        ("- Offers an advocate (7.1)", "Offers an advocate"): "a list",
        ("> I would wait and see.\n", ""): "write it as a quote",
        ("The key stands for trust.", "<i>The key</i> stands for trust."): "without the < and >",
    }
    for old, new in mistakes:
        text = changed(old, new, text)
    messages = "\n".join(read(text).report())
    assert [what for what in mistakes.values() if what not in messages] == []


def test_a_report_reads_file_line_and_what_to_write() -> None:
    text = changed("standards 2.3, 13.4", "standards 2.33, 13.4")
    (line,) = read(text).report()
    assert line == (
        f"case.md:{line_of(text, '2.33')}: there is no standard “2.33” in "
        "ircm-standards-of-proficiency/1. Did you mean 2.3 or 12.3 or 20.3?"
    )


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    parsed = read(with_question("a riddle of 5 · 4 marks · standards 15.2\n\nOrder these.\n"))
    (problem,) = parsed.errors
    assert problem.message.startswith("unknown format “a riddle of 5”; the line under a question")
    assert "“best answer”" in problem.message
    assert "“ranking of 5”" in problem.message


def test_a_file_without_front_matter_is_told_so_on_line_1() -> None:
    parsed = read(SMALL_CASE.split("---\n", 2)[2])
    assert parsed.errors[0].line == 1
    assert "begins with a line “---”" in parsed.errors[0].message


def test_front_matter_that_is_not_closed_still_lets_the_rest_be_read() -> None:
    text = changed(
        "  - A second source: with a colon\n---\n", "  - A second source: with a colon\n"
    )
    parsed = read(text)
    assert [problem.message for problem in parsed.errors] == [
        "the front matter is not closed: write a line “---” below its entries"
    ]


def test_a_framework_that_is_given_must_be_the_one_that_the_case_names() -> None:
    framework = load_framework("ircm-standards-of-proficiency/1")
    assert parse_case(SMALL_CASE, file="c.md", framework=framework).case == small_case()
    other = changed("ircm-standards-of-proficiency/1", "babicm-competencies/1")
    (error,) = parse_case(other, file="c.md", framework=framework).errors
    assert "write “ircm-standards-of-proficiency/1”" in error.message


def test_a_file_that_is_not_utf8_is_refused_with_its_line() -> None:
    data = SMALL_CASE.encode().replace(b"The key is missing.", b"The key is missing, caf\xe9.")
    parsed = parse_case_file(data, file="case.md")
    assert parsed.case is None
    assert parsed.errors[0].line == line_of(SMALL_CASE, "The key is missing.")


def test_a_criterion_may_be_a_heading_with_a_line_for_each_level() -> None:
    table = SMALL_CASE[
        SMALL_CASE.index("| Criterion | Weight") : SMALL_CASE.index("\n### Positive")
    ]
    text = changed(
        table,
        "#### Asks Owen (7.1), weight 2\n\n- 0 Not shown: Decides alone\n- 1 Partly: Informs him\n"
        "- 2 Meets the standard: Asks him and acts on it\n\n"
        "#### Makes it safe (1.2, 3.5), weight 1\n\n- 0 Not shown: Waits\n"
        "- 1 Partly: Locks or record, not both\n"
        "- **2 Meets the standard:** Locks today, with a record\n",
    )
    assert small_case(text) == small_case()


# Limits


def test_a_file_of_five_megabytes_is_refused_before_anything_parses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(parser, "read_blocks")
    monkeypatch.delattr(parser, "read_front_matter")
    (error,) = read(SMALL_CASE + "word " * 1_000_000).problems
    assert error.line == 1
    assert "5.0 MB, and a case may have 1 MB" in error.message


def test_a_file_of_too_many_lines_is_refused() -> None:
    (error,) = read(SMALL_CASE + "\n" * 10_000).problems
    assert "lines, and a case may have 10,000" in error.message


def test_a_long_paragraph_is_refused_and_the_rest_is_read() -> None:
    text = changed("You are a case manager", "[" * 100_000 + "\n\nYou are a case manager")
    (error,) = read(text).problems
    assert error.line == line_of(text, "[[[[")
    assert "divide it with empty lines" in error.message


def test_what_makes_parsing_slow_is_off() -> None:
    """Each opening bracket would search the rest of its paragraph for the end of a link."""
    active = {rule for rules in new_parser().get_active_rules().values() for rule in rules}
    assert active.isdisjoint({"link", "image", "autolink", "reference", "html_block"})
    assert "table" in active


def test_a_heading_is_no_paragraph() -> None:
    (error,) = read(changed("# Stage 2: A week later", f"# Stage 2: {'week ' * 50}")).errors
    assert "may have 200: shorten it" in error.message


def test_more_options_than_anybody_can_weigh_up_are_refused() -> None:
    many = "".join(f"- [ ] Option number {n}\n  - Why.\n" for n in range(40))
    text = with_question(f"best answer · 1 mark · standards 2.3\n\nWhich?\n\n- [x] Key\n{many}")
    (error,) = read(text).errors
    assert error.message == "a question may have 30 options, and this one has 41"


def test_a_flood_of_problems_ends_with_how_many_more_there_are() -> None:
    parsed = read(SMALL_CASE + "<b>\n" * 2_000)
    assert len(parsed.problems) == MAX_PROBLEMS + 1
    assert "1,700 more" in parsed.problems[-1].message


def test_nesting_beyond_what_is_read_is_refused_not_lost() -> None:
    parsed = read(changed("The key is missing.", "> " * 30 + "The key is missing."))
    assert "nested too deeply" in "\n".join(parsed.report())


# Advice


WARNINGS = [
    ("\"Owen does. Let", "\"Owen does, as he always did and always will do. Let", "longest option"),
    ("\"The agency does. Its policy on keys settles it.\"", "None of the above", "part knowledge"),
    ("What do you say first?", "Which reply is not right?", "put negatively"),
    ("What do you say first?", "All of these are right, except which?", "put negatively"),
    ("- [ ] How much the flat would sell for today\n  - Not relevant here.",
     "- [ ] How much the flat would sell for today", "no reason is given"),
    ("- [ ] How much the flat would sell for today", "- [ ] What his neighbours think", "overlaps"),
    ("| Makes it safe | 1 | 1.2, 3.5 |", "| Makes it safe | 1 | |", "cites no standard"),
    ("standards 1.2, 3.5, 7.1 ·", "standards 3.5, 7.1 ·", "rubric claims 1.2"),
    ("standards 1.2, 3.5, 7.1 ·", "standards 1.2, 3.5, 7.1, 9.1 ·", "question lists 9.1"),
    ("minutes: 20", "minutes: 9", "needs about"),
    ("minutes: 20", "minutes: 200", "allow less"),
    ("up to 120 words · 10 minutes", "up to 900 words · 10 minutes", "no time to think"),
    ("Owen Rees, 38,", "Owen Rees, 38, is confined to a wheelchair and", "uses a wheelchair"),
    ("2 Meets the standard |\n|---", "2 Fine |\n|---", "no level is called"),
    ("- Blames the sister (1.2)", "- Blames the sister", "no standard is cited"),
    ("His sister asks", "[His](https://example.org) sister asks", "a link does not work"),
    (ABOUT, "", "For assessors"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "what"), WARNINGS)
def test_advice_is_a_warning_and_never_stops_a_case(old: str, new: str, what: str) -> None:
    parsed = read(changed(old, new))
    assert parsed.case is not None, parsed.report()
    assert any(what in problem.message for problem in parsed.warnings), parsed.report()
    assert any("warning: " in line for line in parsed.report())


def test_ranges_that_overlap_are_found() -> None:
    options = "- [x] 24 to 72 hours\n  - Why.\n- [ ] 48 hours\n  - Why.\n- [ ] 5 days\n  - Why.\n"
    parsed = read(with_question(f"best answer · 1 mark · standards 2.3\n\nHow long?\n\n{options}"))
    assert [problem.line for problem in parsed.warnings if "overlaps" in problem.message] == [
        line_of(with_question("x\n\nHow long?\n\n" + options), "48 hours")
    ]


# Nothing that an author writes raises


LINES = SMALL_CASE.split("\n")
PIECES = st.sampled_from(
    ["#", "## ", "### ", "---", "|", "|---|", "> ", "- [x] ", "- [", "**", "Exhibit", "· ", "```",
     "standards ", "name ", "choose 9 of 1", "(", "1.", "\t", "    ", "\\", "\x00", "é", "\u2028"]
)  # fmt: skip


@st.composite
def spoilt_cases(draw: st.DrawFn) -> str:
    """The small case with lines removed, repeated, moved and strewn with pieces of syntax."""
    lines = list(LINES)
    for _count in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["drop", "repeat", "move", "insert", "replace", "cut"]))
        line = lines[place]
        if change == "drop" and len(lines) > 1:
            del lines[place]
        elif change == "repeat":
            lines.insert(place, line)
        elif change == "move":
            lines.insert(draw(st.integers(0, len(lines))), lines.pop(place))
        elif change == "insert":
            at = draw(st.integers(0, len(line)))
            lines[place] = line[:at] + draw(PIECES) + line[at:]
        elif change == "replace":
            lines[place] = draw(PIECES | st.text(max_size=20))
        else:
            lines[place] = line[: draw(st.integers(0, len(line)))]
    return "\n".join(lines)


@given(spoilt_cases())
def test_a_spoilt_case_is_reported_and_never_raises(text: str) -> None:
    parsed = read(text)
    assert (parsed.case is None) == bool(parsed.errors)
    # Markdown and a text editor disagree on no line end that we divide at.
    count = len(re.split(r"\r\n|\r|\n", text))
    assert all(1 <= problem.line <= count for problem in parsed.problems)


@given(st.text(max_size=400))
def test_any_text_is_reported_and_never_raises(text: str) -> None:
    assert read(text).case is None


@given(st.binary(max_size=400))
def test_any_bytes_are_reported_and_never_raise(data: bytes) -> None:
    assert parse_case_file(data, file="x").case is None
