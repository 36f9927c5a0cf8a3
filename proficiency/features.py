"""The ordered list of rooms: what each brings to the application, lowest first.

A room brings its tables (`models`), what it closes to whom (`sights`) and in rooms below (`gates`),
pages (`views.bp`), commands (`cli.group`) and background work (`jobs`). A room that lacks one of
these simply has no such file.
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from sqlalchemy.orm import Session

ROOMS = (
    "accounts",
    "framework",
    "items",
    "scenarios",
    "authoring",
    "exams",
    "sittings",
    "preparation",
    "delivery",
    "invigilation",
    "marking",
    "standard_setting",
    "moderation",
    "results",
    "bank",
    "pages",
)

CORE_TABLES = ("audit", "chain", "checkpoint", "jobs", "sights")


def _modules(name: str) -> list[ModuleType]:
    paths = [f"proficiency.{room}.{name}" for room in ROOMS]
    return [import_module(path) for path in paths if find_spec(path) is not None]


def load_models() -> None:
    """Import every table, so that the metadata is whole, and every rule of what is closed when.

    They go together, so that no process reads the tables without these rules.
    """
    for name in CORE_TABLES:
        import_module(f"proficiency.core.{name}")
    _modules("models")
    _modules("sights")
    _modules("gates")


def view_modules() -> list[ModuleType]:
    """Return the modules with pages, lowest room first; each has a blueprint `bp`."""
    return _modules("views")


def command_modules() -> list[ModuleType]:
    """Return the modules with commands, lowest room first; each has a click group `group`."""
    return _modules("cli")


def load_jobs() -> None:
    """Import every room's background work, so that its handlers are registered."""
    _modules("jobs")


def room_checks() -> list[Callable[[Session], Iterable[str]]]:
    """Return every room's check of its cross-row rules, for `proficiency verify`."""
    return [module.check for module in _modules("verify")]
