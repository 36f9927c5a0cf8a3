"""The rules of the house that a machine can hold: one clock, declared access, one shape."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask

from proficiency import features
from proficiency.core import web
from proficiency.core.config import ROOT

PACKAGE = ROOT / "proficiency"
MODULES = sorted(PACKAGE.rglob("*.py"))

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
          ("time", "time"), ("time", "time_ns")}  # fmt: skip
CHANCE = {"random", "secrets", "uuid"}


def outside_core() -> list[Path]:
    return [path for path in MODULES if "core" not in path.relative_to(PACKAGE).parts[:1]]


def calls(path: Path) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            yield name, node.func.attr, node.lineno


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("path", outside_core(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_core_reads_the_clock_or_draws_by_chance(path: Path) -> None:
    assert not [call for call in calls(path) if call[:2] in CLOCKS]
    assert CHANCE.isdisjoint(imports(path))


def test_every_public_function_of_an_operations_module_declares_who_may_run_it() -> None:
    undeclared = []
    for path in PACKAGE.glob("*/operations*.py"):
        module = import_module(f"proficiency.{path.parent.name}.{path.stem}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                takes_session = "session" in inspect.signature(function).parameters
                if takes_session and not hasattr(function, "__operation__"):
                    undeclared.append(f"{module.__name__}.{name}")
    assert undeclared == []


def test_an_application_with_an_undeclared_view_does_not_start(app: Flask) -> None:
    app.view_functions["forgotten"] = lambda: "anybody may see this"
    with pytest.raises(RuntimeError, match="forgotten"):
        web.refuse_undeclared(app)


def test_no_template_has_an_inline_script_style_or_handler() -> None:
    offences = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8").lower()
        for forbidden in (" style=", "<style", " onclick=", " onload=", "javascript:"):
            if forbidden in text:
                offences.append(f"{path.name}: {forbidden}")
        for chunk in text.split("<script")[1:]:
            if "src=" not in chunk.split(">")[0] and "application/json" not in chunk.split(">")[0]:
                offences.append(f"{path.name}: inline script")
    assert offences == []


def test_every_room_is_named_in_the_list_of_rooms() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms - {"core", "demo"} == set(features.ROOMS)


def test_no_file_names_a_package_registry_or_a_path_of_a_machine() -> None:
    for path in (ROOT / "requirements").iterdir():
        assert "://" not in path.read_text(encoding="utf-8")
