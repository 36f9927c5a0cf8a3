"""The look keeps its promises: contrast in every scheme, no inline style, fields that are named.

Contrast is computed from the tokens of the stylesheet by the formula of WCAG 2.2 (relative
luminance), for every pair of roles that it puts together. Macros are rendered with real forms and
their HTML is read back.
"""

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    validators,
)
from wtforms.fields.choices import SelectChoice

from proficiency.core.config import ROOT
from proficiency.core.show import FILTERS

STYLESHEET = (ROOT / "static" / "app.css").read_text(encoding="utf-8")
TOOLS = (ROOT / "static" / "tools.css").read_text(encoding="utf-8")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TONES = ("good", "bad", "warn", "info")
VOID = {"br", "hr", "img", "input", "link", "meta", "circle", "path", "rect", "line"}


# Colours


def tokens(*conditions: str) -> dict[str, str]:
    """Return the colour of each role when these media conditions hold, later rules winning."""
    found: dict[str, str] = {}
    for query, body in re.findall(
        r"^(?:@media ([^{]*)\{\n  )?:root \{(.*?)\}", STYLESHEET, re.M | re.S
    ):
        asked = re.findall(r"\((.*?)\)", query)
        if "print" not in query and all(part in conditions for part in asked):
            found.update(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", body))
    return found


DARK, CONTRAST = "prefers-color-scheme: dark", "prefers-contrast: more"
SCHEMES = {
    "light": tokens(),
    "dark": tokens(DARK),
    "high contrast": tokens(CONTRAST),
    "dark high contrast": tokens(DARK, CONTRAST),
} | {
    f"chosen: {name}": dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", body))
    for name, body in re.findall(r"^:root\[data-theme=(\w+)\] \{\n(.*?)\}", TOOLS, re.M | re.S)
}

TEXT_PAIRS = [
    *[(ink, ground) for ink in ("ink", "ink-2") for ground in ("ground", "panel", "panel-2")],
    *[("ink", f"{tone}-soft") for tone in TONES],
    *[(tone, f"{tone}-soft") for tone in TONES],
    *[(tone, ground) for tone in TONES for ground in ("ground", "panel")],
    *[(link, ground) for link in ("link", "link-hover") for ground in ("ground", "panel")],
    *[("link", f"{tone}-soft") for tone in TONES],
    *[("on-action", f"{fill}{state}") for fill in ("action", "danger") for state in ("", "-hover")],
    ("action", "ground"),
    ("action-hover", "panel-2"),
    ("ink", "mark"),
]
CONTROL_PAIRS = [
    *[(line, ground) for line in ("edge", "brand", "action") for ground in ("ground", "panel")],
    ("danger", "ground"),
    ("action", "good-soft"),
    ("action", "panel-2"),
    ("focus", "halo"),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    full = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_known_ratios() -> None:
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_controls_stand_out_in_every_scheme(scheme: str) -> None:
    colours = SCHEMES[scheme]
    weak = [
        f"{front} on {back}: {contrast(colours[front], colours[back]):.2f}"
        for pairs, least in ((TEXT_PAIRS, 4.5), (CONTROL_PAIRS, 3.0))
        for front, back in pairs
        if contrast(colours[front], colours[back]) < least
    ]
    assert weak == []


def test_no_component_names_a_colour_of_its_own() -> None:
    outside = re.sub(r":root \{.*?\}", "", STYLESHEET, flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", outside) == []


def test_every_token_that_is_used_exists() -> None:
    defined = set(re.findall(r"(--[\w-]+):", STYLESHEET))
    assert set(re.findall(r"var\((--[\w-]+)", STYLESHEET)) <= defined


@pytest.mark.parametrize("theme", ["light", "dark", "strong"])
def test_colours_that_a_candidate_chose_name_every_role(theme: str) -> None:
    assert SCHEMES["light"].keys() <= SCHEMES[f"chosen: {theme}"].keys()


def test_a_candidates_colours_are_those_of_the_device() -> None:
    for name in ("light", "dark"):
        chosen = SCHEMES[f"chosen: {name}"]
        assert {role: chosen[role] for role in SCHEMES[name]} == SCHEMES[name]


# Weight and the strict policy


def test_the_stylesheet_stays_small() -> None:
    """What a candidate waits for is what is sent, and that is compressed."""
    assert len(gzip.compress(STYLESHEET.encode())) <= 9_000


def test_nothing_comes_from_elsewhere() -> None:
    assert "@import" not in STYLESHEET
    assert "@font-face" not in STYLESHEET
    assert "url(" not in STYLESHEET


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_hold_no_inline_style_or_script(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", source) == []
    # A block of data is not run, and the policy has no say over it.
    assert re.findall(r"<script(?![^>]*\ssrc=| type=\"application/json\")", source) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", source) == []


# Macros


class Page(HTMLParser):
    """What a test asks of rendered HTML: ids, references to ids, controls, tags left open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: set[str] = set()
        self.labelled: set[str] = set()
        self.controls: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.append(given["id"])
        for name in ("aria-describedby", "aria-labelledby"):
            self.references |= set(given.get(name, "").split())
        if given.get("href", "").startswith("#"):
            self.references.add(given["href"][1:])
        if tag == "label" and "for" in given:
            self.labelled.add(given["for"])
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self.controls.append(given["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture
def bench() -> Iterator[Flask]:
    """A bare application that renders the components as the real one does."""
    app = Flask(
        "bench",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.jinja_env.globals["_"] = lambda text: text
    app.jinja_env.globals["asset"] = lambda name: f"/static/{name}"
    app.jinja_env.globals["nav"] = list
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.secret_key = "only for this test"
    with app.test_request_context("/"):
        yield app


class Example(Form):
    """One field of every kind."""

    email = StringField("Email address", [validators.DataRequired("Enter your email address")])
    reason = TextAreaField(
        "Reason", [validators.DataRequired("Give a reason")], description="Say why"
    )
    nation = SelectField(
        "Nation", [validators.DataRequired("Choose a nation")], choices=["", "Wales"]
    )
    decision = RadioField(
        "Decision",
        [validators.DataRequired("Choose a decision")],
        choices=[SelectChoice("a", "Accept"), SelectChoice("c", "Change")],
    )
    roles = SelectMultipleField(
        "Roles",
        [validators.DataRequired("Choose a role")],
        choices=[SelectChoice("x", "Assessor"), SelectChoice("y", "Judge")],
    )
    accept = BooleanField("I accept the rules", [validators.DataRequired("Accept the rules")])
    day = DateField("Day", [validators.DataRequired("Enter a day")])
    time = TimeField("Time", [validators.DataRequired("Enter a time")])


FORM = """
{% import "components/forms.html" as f %}
{{ f.error_summary(form) }}{{ f.form_start("token") }}
{{ f.text_field(form.email, hint="As registered", width=30) }}
{{ f.textarea_field(form.reason, words=50) }}
{{ f.select_field(form.nation) }}
{{ f.radios_field(form.decision, hints={"c": "Say what"}) }}
{{ f.checkboxes_field(form.roles) }}
{{ f.checkbox_field(form.accept) }}
{{ f.date_time_fields("Opens", form.day, form.time, hint="UK time") }}
{{ f.form_end() }}
"""


@pytest.mark.parametrize("is_sent", [False, True])
def test_fields_are_named_described_and_reachable_from_the_summary(
    bench: Flask, is_sent: bool
) -> None:
    form = Example(MultiDict({"email": ""}) if is_sent else None)
    assert not is_sent or not form.validate()
    html = render_template_string(FORM, form=form)
    page = Page(html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert set(page.controls) <= page.labelled
    assert html.count('class="field-error"') == (8 if is_sent else 0)
    assert html.count('<li><a href="#') == (8 if is_sent else 0)


def test_a_value_is_escaped_and_kept_in_its_field(bench: Flask) -> None:
    form = Example(
        MultiDict({"reason": "</textarea><script>", "decision": "c", "roles": ["y"], "accept": "y"})
    )
    html = render_template_string(FORM, form=form)
    assert "&lt;/textarea&gt;&lt;script&gt;" in html
    assert "<script" not in html
    assert re.findall(r'value="(\w)" checked', html) == ["c", "y"]


def test_a_list_of_problems_needs_no_form(bench: Flask) -> None:
    html = render_template_string(
        '{% from "components/forms.html" import error_summary %}{{ error_summary(problems) }}',
        problems=[{"text": "Line 3: no standard 99", "href": None}],
    )
    assert "<li>Line 3: no standard 99</li>" in html


def test_no_problems_make_no_summary(bench: Flask) -> None:
    source = '{% from "components/forms.html" import error_summary %}{{ error_summary([]) }}'
    assert render_template_string(source).strip() == ""


CHARTS = """
{% from "components/charts.html" import bar_chart %}
{{ bar_chart("themes", "By theme", rows, "Theme", "Marks", line=0.6, line_text="cut score") }}
"""


def test_pictures_stay_inside_their_frame_and_say_their_figures(bench: Flask) -> None:
    rows = [
        {"label": "A", "value": 9, "max": 12},
        {"label": "B", "value": 13, "max": 12},
        {"label": "C", "value": 0, "max": 0},
    ]
    html = render_template_string(CHARTS, rows=rows)
    assert re.findall(r'bar-value " width="([\d.]+)%', html) == ["75.00", "100.00", "0.00"]
    assert '<td class="number">13</td>' in html
    assert Page(html).open == []


def test_pages_of_a_list_show_the_ends_and_the_neighbours(bench: Flask) -> None:
    source = (
        '{% from "components/content.html" import pagination %}'
        '{{ pagination(page, pages, "?page={page}") }}'
    )
    html = render_template_string(source, page=5, pages=12)
    numbers = re.findall(r'href="\?page=(\d+)"[^>]*aria-label', html)
    assert numbers == ["1", "4", "5", "6", "12"]
    assert re.search(r'href="\?page=5" aria-current="page"', html)
    assert render_template_string(source, page=1, pages=1).strip() == ""


EXAM = """
{% import "components/exam.html" as e %}
{% import "components/marking.html" as m %}
{% import "components/work.html" as w %}
{% call e.exam_bar("Stage 1 of 2", "9 min", "device", "Kept on this device") %}Overview{% endcall %}
{{ e.question_nav([
  {"number": 1, "href": "#question-1", "answered": True},
  {"number": 2, "href": "#question-1", "flagged": True, "current": True},
]) }}
{% call w.panes() %}
{% call w.pane("case", "The case") %}
{{ e.case_text(["One.", "Two."]) }}
{% call e.exhibit(1, "letter") %}<p>Dear</p>{% endcall %}
{% endcall %}
{% call w.pane("answers", "Questions", kind="answers") %}
{% call e.question(1, ["1 mark"]) %}
{{ e.option_cards("q1", [{"value": "a", "text": "Yes"}, {"value": "b", "text": "No"}], "radio",
                  "Which?", ["b"]) }}
{{ e.answer_box("q2", "Your answer", answer, words=50, hint="Points are welcome") }}
{{ e.flag_box("f1") }}
{% endcall %}
{{ m.criterion("c1", "Risk", [{"level": 0, "descriptor": "no"}, {"level": 2, "descriptor": "yes"}],
               2, ["1.1"], chosen=0) }}
{{ m.indicators("Traps", "t", [{"value": "x", "text": "Hides it", "critical": True}], ["x"]) }}
{{ m.response_text(answer, "R7") }}
{% call w.work_foot() %}<p>2 of 4</p>{% endcall %}
{% endcall %}
{% endcall %}
"""


def test_exam_and_marking_pieces_keep_the_words_and_say_states(bench: Flask) -> None:
    answer = "\n<b>first</b>\n  second שלום"
    html = render_template_string(EXAM, answer=answer)
    page = Page(html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    # A browser drops one line break after the opening tag: it gets one above the writer's own.
    assert ">\n\n&lt;b&gt;first&lt;/b&gt;\n  second שלום</textarea>" in html
    assert 'value="b" checked' in html
    assert 'id="c1-0" name="c1" value="0" checked' in html
    assert ", answered</span>" in html
    assert ", not answered, flagged</span>" in html
    assert "<strong>Critical:</strong>" in html


CONTENT = """
{% import "components/content.html" as c %}
{% call c.notice("bad", "Stop", live=True) %}<p>Wait</p>{% endcall %}
{{ c.summary_list([{"key": "Employer", "value": ""}, {"key": "Count", "value": 0}]) }}
{{ c.task_list([
  {"name": "One", "href": "/a", "status": "Done"},
  {"name": "Two", "href": "/b", "status": "To do"},
]) }}
{{ c.data_table("t", "Marks", ["Item", {"text": "Mark", "number": True}], [["1", 2]],
                foot=["All", 2]) }}
{{ c.steps(["A", "B"], 2) }}
{{ c.timeline([{"title": "Released", "by": "two people"}]) }}
{{ c.tiles([{"value": 0, "label": "left"}]) }}
{{ c.empty("Nothing", "Come back") }}
{{ c.hash_code("abcdef", 3) }}
{{ c.breadcrumbs([("Home", "/")]) }}
"""


def test_content_pieces_are_well_formed(bench: Flask) -> None:
    html = render_template_string(CONTENT)
    page = Page(html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)
    assert 'role="alert"' in html
    assert html.count("Not given") == 1  # an empty value, but not a nought
    assert "<dd>0</dd>" in html
    assert '<td class="number">2</td>' in html


# The frame


def frame(layout: str, **context: object) -> str:
    """Render a page of this layout in the frame."""
    source = (
        '{% extends "base.html" %}{% block layout_class %}' + layout + "{% endblock %}"
        "{% block main %}<h1>Hello</h1>{% endblock %}"
    )
    given: dict[str, object] = {
        "institution": "The Institute",
        "nav": lambda: [{"label": "Home", "href": "/", "current": True}],
        "current_actor": type("Somebody", (), {"is_signed_in": True, "display_name": "Ada <b>"})(),
        "csrf_token": lambda: "token",
    }
    return render_template_string(source, **(given | context))


def test_a_page_has_its_frame(bench: Flask) -> None:
    html = frame("page", demo_mode=True)
    assert html.index("Skip to main content") < html.index("<header")
    assert '<a href="/" aria-current="page">Home</a>' in html
    assert 'action="/sign-out"><input type="hidden" name="csrf_token" value="token">' in html
    assert "Ada &lt;b&gt;" in html
    assert "Demonstration." in html
    assert Page(html).open == []


def test_an_exam_page_leads_nowhere_else_and_prints_only_a_notice(bench: Flask) -> None:
    html = frame("exam", demo_mode=False)
    assert "<nav" not in html
    assert "<footer" not in html
    assert "/sign-out" not in html
    assert "print-only" in html
    assert re.findall(r'<a [^>]*href="([^"]*)"', html) == ["#main"]
    assert Page(html).open == []


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500])
def test_an_error_says_what_to_do(bench: Flask, status: int) -> None:
    with bench.app_context():
        html = bench.jinja_env.get_template("errors/error.html").render(
            status=status,
            message="It was <not> done.",
            details=("line 3",),
            csrf_token=lambda: "token",
        )
    assert "It was &lt;not&gt; done." in html
    assert "<li>line 3</li>" in html
    assert f"Code for support: {status}" in html
    assert html.count("<h1>") == 1
