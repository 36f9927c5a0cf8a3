"""The rules of the house that a machine can hold: one clock, declared access, one shape."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from flask import Blueprint, Flask

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.app import create_app
from proficiency.core.access import VISITOR, Actor
from proficiency.core.config import ROOT, Config
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden
from tests.clock import NOW
from tests.factories import person, sign_in_as

PACKAGE = ROOT / "proficiency"
MODULES = sorted(PACKAGE.rglob("*.py"))

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
          ("time", "time"), ("time", "time_ns"), ("os", "urandom")}  # fmt: skip
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


def all_operations() -> list[Callable[..., object]]:
    modules = [
        import_module(f"proficiency.{path.parent.name}.{path.stem}")
        for path in sorted(PACKAGE.glob("*/*.py"))
        if "operation" in path.stem and path.parent.name != "core"
    ]
    return [
        function
        for module in modules
        for _name, function in inspect.getmembers(module, inspect.isfunction)
        if hasattr(function, "__operation__") and function.__module__ == module.__name__
    ]


@pytest.mark.parametrize("function", all_operations(), ids=lambda found: found.__qualname__)
def test_every_operation_checks_again_who_acts(function: Callable[..., object]) -> None:
    """It refuses before it looks at anything, so no session and no arguments are needed."""
    roles = function.__operation__  # type: ignore[attr-defined]
    with pytest.raises(Forbidden):
        function(None, VISITOR, NOW)
    if roles:
        others = frozenset(set(Role) - roles)
        with pytest.raises(Forbidden):
            function(None, Actor(user_id="somebody", roles=others), NOW)


DRIVERS = {f"delivery/{name}.py" for name in ("autosave", "saving", "writers")}
"""Where a room may use the driver itself: it writes evidence only, and a test holds it to that."""


@pytest.mark.parametrize("path", outside_core(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_goes_around_the_one_transaction(path: Path) -> None:
    """The audit is checked where statements run and commit; nothing may run or commit elsewhere."""
    if str(path.relative_to(PACKAGE)) in DRIVERS:
        return
    around = {"raw_connection", "driver_connection", "cursor", "commit", "begin_nested"}
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    used = {node.attr for node in tree if isinstance(node, ast.Attribute)}
    assert used.isdisjoint(around)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/*views*.py")), ids=lambda path: str(path))
def test_a_view_opens_transactions_through_the_web_only(path: Path) -> None:
    """There a reading request is refused one."""
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert "proficiency.core.operation.transaction" not in imported
    assert "proficiency.core.operation" not in imported


def test_every_form_that_changes_something_carries_its_token() -> None:
    bare = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL | re.IGNORECASE):
            posts = re.search(r"""method=["']post""", form.split(">")[0], re.IGNORECASE)
            if posts and not re.search(r"csrf_token|hidden_tag", form):
                bare.append(f"{path.name}: {form.split('>')[0]}")
    assert bare == []


def test_nothing_is_changed_by_a_request_that_another_site_forged(
    app: Flask, sqlite_database: Database
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    sign_in_as(client, person(sqlite_database, *Role))
    exempt = {
        name for module in features.view_modules() for name in getattr(module, "TOKEN_VIEWS", ())
    }
    taken = []
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in exempt:
            values = dict.fromkeys(rule.arguments, "1")
            with app.test_request_context("/"):
                address = app.url_map.bind("localhost").build(rule.endpoint, values, "POST")
            if client.post(address, headers={"Origin": "https://evil.example"}).status_code != 400:
                taken.append(rule.endpoint)
    assert taken == []


def test_an_application_with_an_undeclared_view_does_not_start(
    config: Config, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = ModuleType("a_room")
    room.bp = Blueprint("a_room", __name__)  # type: ignore[attr-defined]
    room.bp.add_url_rule("/seen", "forgotten", lambda: "anybody may see this")
    rooms = features.view_modules()
    monkeypatch.setattr(features, "view_modules", lambda: [*rooms, room])
    with pytest.raises(RuntimeError, match=r"a_room\.forgotten"):
        create_app(config, sqlite_database)


def test_a_view_that_declares_nothing_lets_nobody_in(app: Flask, sqlite_database: Database) -> None:
    app.add_url_rule("/seen", "forgotten", lambda: "anybody may see this")
    client = app.test_client()
    assert client.get("/seen").status_code == 303
    sign_in_as(client, person(sqlite_database, *Role))
    assert client.get("/seen").status_code == 403


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


PARTIAL = {"_DECIDES_ALONE", "DUTY_OF"}
"""Which kinds of mark decide alone, and which have a duty: some have none, and that is said."""


def tables_by_kind() -> Iterator[tuple[str, Mapping[Enum, object]]]:
    """Yield every mapping of the package whose keys are members of one enumeration."""
    for path in MODULES:
        if path.stem not in {"__main__", "__init__"}:
            parts = path.relative_to(ROOT).with_suffix("").parts
            for name, value in vars(import_module(".".join(parts))).items():
                keys = list(value) if isinstance(value, Mapping) and name not in PARTIAL else []
                if len({type(key) for key in keys}) == 1 and isinstance(keys[0], Enum):
                    yield f"{'.'.join(parts)}.{name}", value


def test_every_table_by_kind_names_every_kind() -> None:
    found = dict(tables_by_kind())
    assert "proficiency.delivery.rules.TRANSITIONS" in found
    incomplete = {
        name: set(type(next(iter(table)))) - set(table)
        for name, table in found.items()
        if set(type(next(iter(table)))) != set(table)
    }
    assert incomplete == {}


def test_every_room_is_named_in_the_list_of_rooms() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms - {"core", "demo", "simulate"} == set(features.ROOMS)


def test_no_file_names_a_package_registry_or_a_path_of_a_machine() -> None:
    for path in (ROOT / "requirements").iterdir():
        assert "://" not in path.read_text(encoding="utf-8")
