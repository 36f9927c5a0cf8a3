"""Watches what every template of an application is given: view models, and no row of the database.

A row brings all its columns and, through its session, everything around it; what a page shows would
then be decided in a template (invariant 7). The fixture `app` watches in every test that uses it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask, template_rendered
from jinja2 import Template
from sqlalchemy.orm import Query, Session

from proficiency.core.db import Base

ROWS = (Base, sa.Row, sa.RowMapping, sa.Result, sa.ScalarResult, Query, Session)
FRAMEWORK = {"g", "request", "session", "config"}
"""What Flask gives to every template; pages of ours don't build on it."""

OURS = ("proficiency.", "tests.", "wtforms.")
"""Where the classes of what we give to templates come from, forms and their fields included."""

PLAIN = (str, bytes, int, float, type(None))


def parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a template can reach in `value`, each with its name."""
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", each) for key, each in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{place}]", each) for place, each in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        yield from ((f".{field.name}", getattr(value, field.name)) for field in fields(value))
    elif type(value).__module__.startswith(OURS) and hasattr(value, "__dict__"):
        yield from ((f".{name}", each) for name, each in vars(value).items())


def find_rows(value: Any, name: str, seen: dict[int, Any]) -> Iterator[str]:
    """Yield the way to each row in `value`, as a template would write it.

    `seen` holds what was looked at before, so that what leads back to itself comes to an end.
    """
    if isinstance(value, PLAIN) or id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, ROWS):
        yield f"{name} is a {type(value).__name__}"
        return
    for step, each in parts(value):
        yield from find_rows(each, name + step, seen)


@contextmanager
def watch(app: Flask) -> Iterator[list[str]]:
    """Yield the list of the rows that templates of `app` are given while this is open."""
    found: list[str] = []

    def look(sender: Flask, template: Template, context: dict[str, Any], **_more: Any) -> None:
        seen: dict[int, Any] = {}
        for name in sorted(context.keys() - FRAMEWORK):
            found.extend(f"{template.name}: {row}" for row in find_rows(context[name], name, seen))

    with template_rendered.connected_to(look, app):
        yield found
