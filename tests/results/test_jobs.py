"""The message that a result is ready: sent once per candidate, and never with the result in it."""

import email
from pathlib import Path

import pytest

from proficiency.core.db import Database
from proficiency.core.jobs import work_all
from proficiency.results import jobs
from tests.results.factory import GOOD, RELEASE, WEAK, compute, decided, release


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that messages are written to."""
    monkeypatch.setenv("PROFICIENCY_INSTANCE", str(tmp_path))
    monkeypatch.setenv("PROFICIENCY_SECRET_KEY", "x" * 40)
    monkeypatch.delenv("PROFICIENCY_SMTP_URL", raising=False)
    return tmp_path / "mail"


def test_each_candidate_is_told_once_and_without_the_result(database: Database, post: Path) -> None:
    world = decided(database, GOOD, WEAK)
    run_id = compute(world)
    work_all(database, RELEASE)
    assert not post.exists(), "nothing is sent before release"
    release(world, run_id)
    work_all(database, RELEASE)
    jobs.tell_candidate(database, world.attempts[0], RELEASE)  # a worker died half-way
    messages = [email.message_from_bytes(path.read_bytes()) for path in post.iterdir()]
    assert len(messages) == 2
    for message in messages:
        text = message.get_payload(decode=True).decode()
        assert message["Subject"] == "Your result is ready"
        assert "/results/mine/" in text
        assert "Candidate Surname" in text
        for word in ("pass", "fail", "8.5", "marks", "cut"):
            assert word not in text.lower()
