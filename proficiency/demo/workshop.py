"""A case in work for the demonstration: remarked on, sent back once, and in peer review again."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from proficiency.authoring.life_operations import return_case, send_to_peers
from proficiency.authoring.operations import begin_case
from proficiency.authoring.queries import get_newest
from proficiency.authoring.remark_operations import (
    accept_suggestion,
    add_comment,
    add_suggestion,
    reply,
)
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.operation import transaction

CASE = Path(__file__).with_name("the-tuesday-bus.md")
FINAL = "| 20 October | J refuses to try. |"
AT_FIRST = "| 20 October | J lacks motivation. |"


def put_in_review(database: Database, staff: Mapping[str, Actor], day: datetime) -> str:
    """Bring the case to its second peer review within three days, and return the work's id."""

    def does(login: str, hours: int, operation: Callable[..., Any], **what: Any) -> Any:
        at = day + timedelta(hours=hours)
        with transaction(database) as session:
            return operation(session, staff[login], at, **what)

    final = CASE.read_text(encoding="utf-8")
    begun = does("author", 0, begin_case, text=final.replace(FINAL, AT_FIRST))
    work, on = {"work_id": begun.work_id}, {"work_id": begun.work_id, "revision_id": begun.id}
    line = begun.text.split("\n").index(f"> {AT_FIRST}") + 1
    does("author", 1, send_to_peers, **on, reason="Read in the group.")
    words = "Question 3 is about the word “refuses”, so the note should hold it."
    suggested = does(
        "moderator2", 24, add_suggestion, **on, line=line, replacement=f"> {FINAL}", body=words
    )
    asked = does("lay", 25, add_comment, **on, item_name="two-for-the-plan", body=QUESTION)
    does("moderator2", 26, return_case, **on, reason="One word in exhibit 1; see my suggestion.")
    does("author", 48, accept_suggestion, **work, thread_id=suggested.id)
    does("author", 49, reply, **work, thread_id=asked.id, body=REPLY)
    with database.read() as session:
        newest = get_newest(session, begun.work_id)
    does("author", 50, send_to_peers, **work, revision_id=newest.id, reason="As suggested.")
    return newest.work_id


QUESTION = "Would somebody who has never used a bus know what a depot is?"
REPLY = "I think so: the stem says bus, and nothing hangs on the word. Shall I write “garage”?"
