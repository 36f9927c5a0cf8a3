"""One answer of the demonstration that came late, and waits for two people to decide about it."""

from datetime import datetime, timedelta

from proficiency.core.access import Actor
from proficiency.core.operation import transaction
from proficiency.delivery.saving import Save, Sender, ledger_of
from proficiency.demo.answers import answer
from proficiency.demo.story import (
    DEVICE,
    Stage,
    begin,
    lock_overdue,
    write_all,
)
from proficiency.items.rules import get_format
from proficiency.sittings.operations import book_candidate

TIME = timedelta(minutes=150)
READING = timedelta(minutes=60)
LEFT = timedelta(minutes=7)
"""How long before the end the last answer was changed, by the device's own account."""

SILENT = timedelta(minutes=23)
"""How long after the end the device reached the server again."""


def sit_and_lose_the_connection(
    stage: Stage, sitting_id: str, candidate: Actor, opened: datetime
) -> None:
    """Sit everything; change the last answer while the network is away; send it after the end."""
    booking = stage.act(
        book_candidate, "officer", opened - timedelta(hours=20), sitting_id=sitting_id,
        candidate_id=candidate.id,
    )  # fmt: skip
    attempt_id = begin(stage, candidate, booking.id, opened)
    write_all(stage, candidate, attempt_id, opened + READING, ability=0)
    arrived = opened + TIME + SILENT
    lock_overdue(stage, arrived - timedelta(minutes=1))
    _arrive(stage, attempt_id, arrived)


def _arrive(stage: Stage, attempt_id: str, at: datetime) -> None:
    """Let the newest words arrive as the page sends them, with what it says of their age."""
    item = stage.items[-1]
    kind = get_format(item.format)
    raw = answer(item, attempt_id, ability=100)
    save = Save(
        Sender(attempt_id, epoch=1, device_id=DEVICE, is_trusted=True),
        item.id,
        item.stage,
        at,
        seq=len(stage.items) + 1,
        text=kind.read_response(item.body, item.ids, raw),
        claimed_age=(LEFT + SILENT) // timedelta(microseconds=1),
    )
    with transaction(stage.database) as session:
        ledger_of(session).keep(save)
