"""What a simulated browser reads out of a page: its form, the exam's settings, its questions.

Pages are read by their tags and attributes as a browser would, without a tree, for a driver that
costs more than the server measures itself. A field of a question is named `<item>:<field>`.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from proficiency.simulate.wire import Fields

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL | re.IGNORECASE)
_CONTROL = re.compile(
    r"<(input|textarea|select|button)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE
)
_OPTION = re.compile(r"<option\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")
_CONFIG = re.compile(r'<script type="application/json" id="exam-config">(.*?)</script>', re.DOTALL)
_LOADED = re.compile(r'<(?:link|script)\b[^>]*?\s(?:href|src)="(/[^"]+\.(?:css|js)[^"]*)"')
_IMPORTED = re.compile(r'^(?:import|export)\b[^"\']*["\'](\.[^"\']+\.js)["\']', re.MULTILINE)

Answer = Mapping[str, tuple[str, ...]]
"""What a browser would post of one question: each field's name with all its values."""


@dataclass(frozen=True)
class Control:
    """One field of a page. `value` is what it sends; `on` says whether it would."""

    kind: str
    name: str
    value: str
    on: bool = True
    choices: tuple[str, ...] = ()
    is_disabled: bool = False


@dataclass(frozen=True)
class Form:
    """One form: where it goes, how, and its fields."""

    action: str
    is_post: bool
    controls: tuple[Control, ...]


def _attributes(text: str) -> dict[str, str]:
    return {
        match[1].lower(): html.unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(text)
    }


def _controls(text: str) -> Iterator[Control]:
    for match in _CONTROL.finditer(text):
        tag, said = match[1].lower(), _attributes(match[2])
        name = said.get("name", "")
        if not name:
            continue
        disabled = "disabled" in said
        if tag == "textarea":
            inner = text[match.end() : text.index("</textarea>", match.end())]
            words = html.unescape(inner.removeprefix("\n"))
            yield Control(tag, name, words, is_disabled=disabled)
        elif tag == "select":
            yield _select(name, text[match.end() : text.index("</select>", match.end())], disabled)
        elif tag == "button":
            yield Control(tag, name, said.get("value", ""), on=False)
        else:
            kind = said.get("type", "text")
            is_choice = kind in {"radio", "checkbox"}
            value = said.get("value", "on" if is_choice else "")
            yield Control(
                kind, name, value, on=not is_choice or "checked" in said, is_disabled=disabled
            )


def _select(name: str, inner: str, disabled: bool) -> Control:
    options = [_attributes(match[1]) for match in _OPTION.finditer(inner)]
    values = tuple(option.get("value", "") for option in options)
    chosen = next((o.get("value", "") for o in options if "selected" in o), None)
    first = values[0] if values else ""
    return Control("select", name, first if chosen is None else chosen, True, values, disabled)


def find_form(page: str, part_of_action: str, default_action: str = "") -> Form | None:
    """Return the form whose action holds `part_of_action`, or None.

    A form without an action goes to the page's own address, `default_action`.
    """
    for match in _FORM.finditer(page):
        said = _attributes(match[1])
        action = said.get("action") or default_action
        is_post = said.get("method", "get").lower() == "post"
        if part_of_action in action and is_post:
            return Form(action, is_post, tuple(_controls(match[2])))
    return None


def filled(form: Form, **words: str) -> Fields:
    """Return what a willing person sends: all boxes ticked, the first of each choice, `words`."""
    sent: list[tuple[str, str]] = []
    chosen: set[str] = set()
    for control in form.controls:
        if control.kind == "button" or control.is_disabled:
            continue
        if control.kind == "radio":
            if control.name not in chosen:
                chosen.add(control.name)
                sent.append((control.name, words.get(control.name, control.value)))
        elif control.kind == "select":
            real = [value for value in control.choices if value]
            sent.append((control.name, control.value or (real[0] if real else "")))
        else:
            sent.append((control.name, words.get(control.name, control.value)))
    return sent


@dataclass(frozen=True)
class Question:
    """One question as its page holds it: its fields, and what they hold now."""

    id: str
    controls: tuple[Control, ...]
    answer: Answer

    @property
    def is_written(self) -> bool:
        return any(control.kind == "textarea" for control in self.controls)


@dataclass(frozen=True)
class ExamPage:
    """A page of the exam: what its script is told, its questions, and the files that it loads."""

    config: Mapping[str, Any]
    questions: tuple[Question, ...]
    files: tuple[str, ...]


def read_exam(page: str) -> ExamPage | None:
    """Return what is on a page of the exam; None for a page of another kind."""
    found = _CONFIG.search(page)
    if found is None:
        return None
    return ExamPage(json.loads(found[1]), _questions(page), list_files(page))


def _questions(text: str) -> tuple[Question, ...]:
    by_item: dict[str, list[Control]] = {}
    for control in _controls(text):
        item, colon, part = control.name.partition(":")
        if colon and part not in {"present", "flag"} and control.kind != "hidden":
            by_item.setdefault(item, []).append(control)
    return tuple(
        Question(item, tuple(controls), answer_of(controls)) for item, controls in by_item.items()
    )


def answer_of(controls: list[Control] | tuple[Control, ...]) -> Answer:
    """Return what a browser would post of these fields."""
    found: dict[str, tuple[str, ...]] = {}
    for control in controls:
        if control.on:
            part = control.name.partition(":")[2]
            found[part] = (*found.get(part, ()), control.value)
    return found


def list_files(page: str) -> tuple[str, ...]:
    """Return the addresses of stylesheets and scripts that a page loads from this server."""
    return tuple(dict.fromkeys(_LOADED.findall(page)))


@lru_cache(maxsize=256)
def list_imports(script: str) -> tuple[str, ...]:
    """Return what a script imports, as it says it: relative addresses."""
    return tuple(_IMPORTED.findall(script))
