"""That nothing acknowledged was lost: compares the database with what the driver was told."""

import hashlib
import json
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from proficiency import features
from proficiency.core.db import Database
from proficiency.core.verify import verify_all
from proficiency.delivery.models import AttemptEvent
from proficiency.delivery.queries import current_answers


def find_losses(database: Database, told: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each answer whose last acknowledged text is not the one that counts."""
    by_attempt: dict[str, dict[str, str]] = {}
    for key, digest in told.items():
        attempt_id, item_id = key.split()
        by_attempt.setdefault(attempt_id, {})[item_id] = digest
    with database.read() as session:
        for attempt_id, expected in by_attempt.items():
            answers = current_answers(session, attempt_id)
            kept = {item: _digest(answer.text) for item, answer in answers.items()}
            for item_id, digest in expected.items():
                if kept.get(item_id) != digest:
                    yield f"attempt {attempt_id}, question {item_id}: not what was acknowledged"


def _digest(stored: str | None) -> str:
    text = "" if stored is None else json.loads(stored)["text"]
    return hashlib.sha256(text.encode()).hexdigest()


def count_saves(database: Database) -> int:
    """Return how many answers were kept."""
    query = sa.select(sa.func.count()).where(AttemptEvent.kind == "answer_saved")
    with database.read() as session:
        return session.scalar(query) or 0


def find_problems(database: Database, told: Mapping[str, str], acknowledged: int) -> list[str]:
    """Return everything that is not as it should be, in words; nothing when all is well."""
    problems = [*find_losses(database, told)]
    if (kept := count_saves(database)) != acknowledged:
        problems.append(f"{acknowledged} saves were acknowledged, {kept} are kept")
    return problems + verify_all(database, features.room_checks()).problems
