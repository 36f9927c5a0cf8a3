"""Evidence that is added by the thousand is held to what every single row is held to."""

import pytest
from sqlalchemy.exc import DBAPIError

from proficiency.core.audit import AuditEvent
from proficiency.core.chain import append_in_bulk, find_head, find_words
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from tests.clock import NOW
from tests.core.test_chain import ACTOR, problems, tombstone, write_three


def test_rows_added_in_bulk_make_the_chains_that_single_ones_would(database: Database) -> None:
    write_three(database)
    rows = [
        AuditEvent(id=f"row-{number}", aggregate_id=chain, at=NOW, actor_id=ACTOR.id,
                   action="tested", subject="thing", details="{}")
        for number, chain in enumerate(["thing-1", "new", "thing-1", "new"])
    ]  # fmt: skip
    with transaction(database) as session:
        heads = {"thing-1": find_head(session, AuditEvent, "thing-1")}
        append_in_bulk(session, rows, {"row-2": "because"}, heads)
    assert [row.pos for row in rows] == [4, 1, 5, 2]
    assert problems(database) == []
    with database.read() as session:
        assert find_words(session, "row-2") == "because"


def test_rows_added_in_bulk_hold_cleaned_text_only(database: Database) -> None:
    with pytest.raises(ValueError, match="cleaned"), transaction(database) as session:
        append_in_bulk(session, [tombstone("words", id="row", reason="a\r\nb")], {}, {})
    with pytest.raises(ValueError, match="cleaned"), transaction(database) as session:
        append_in_bulk(session, [tombstone("words", id="row")], {"row": "a\x00b"}, {})


def test_rows_added_in_bulk_to_a_chain_that_went_on_are_refused(database: Database) -> None:
    write_three(database)
    row = AuditEvent(id="row", aggregate_id="thing-1", at=NOW, actor_id=ACTOR.id,
                     action="tested", subject="thing", details="{}")  # fmt: skip
    with pytest.raises(DBAPIError, match="audit_event"), transaction(database) as session:
        append_in_bulk(session, [row], {}, {})
