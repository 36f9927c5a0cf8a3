"""What tests of state need: a change that no operation made."""

from proficiency.core.db import Database


def change_behind_its_back(database: Database, statement: str) -> None:
    """Run SQL as somebody could who has the database and none of the program."""
    connection = database.writer.raw_connection()
    try:
        connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()
