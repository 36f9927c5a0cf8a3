"""The application on a database that does not wait for the disk: the trace must find that out.

A method that finds nothing proves something only if it finds what is there. The product's own start
refuses such a database; this is started without that check, for the drill alone.
"""

from typing import Any

from flask import Flask
from sqlalchemy import event

from proficiency.app import from_environment as whole
from proficiency.core.db import Database


def from_environment() -> Flask:
    """Return the application, whose connections do not flush what they commit."""
    app = whole()
    database: Database = app.extensions["proficiency.database"]

    if not database.is_sqlite:
        return app  # PostgreSQL is told by the environment: see `traced.Careless`

    @event.listens_for(database.writer, "connect")
    def spare_the_disk(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA synchronous=NORMAL").close()

    return app
