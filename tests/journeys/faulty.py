"""The web application with one page more, which fails: to see what people are shown then."""

from flask import Flask

from proficiency.app import from_environment as whole
from proficiency.core.access import public


@public("Fails, whoever asks; only tests have it.")
def fails() -> str:
    """Raise what nobody foresaw."""
    raise RuntimeError("a fault on purpose")


def from_environment() -> Flask:
    """Return the application with the page that fails."""
    app = whole()
    app.add_url_rule("/fails", "fails", fails)
    return app
