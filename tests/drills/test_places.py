"""What a drilled server wrote down of requests that the program did not expect to fail."""

from pathlib import Path

from proficiency.core.db import Database
from tests.drills.places import Installation

LOG = """\
[2026-11-22 09:00:00 +0000] [7] [INFO] Booting worker with pid: 7
[2026-11-22 09:00:01,5] ERROR in error_pages: a request failed
Traceback (most recent call last):
  File "/srv/proficiency/delivery/calls.py", line 7, in save
  File "/srv/proficiency/delivery/writers.py", line 9, in run
  File "/srv/lib/sqlalchemy/engine.py", line 1, in do
    work(cursor)
OperationalError: database is locked

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "calls.py", line 2, in save
RuntimeError: something else
[2026-11-22 09:00:02,5] ERROR in error_pages: the database could not keep or give something: full
[2026-11-22 09:00:03,5] ERROR in error_pages: a request failed
Traceback (most recent call last):
  File "calls.py", line 1, in save
KeyError: 'seq'
"""


def test_what_each_failed_request_died_of_is_read_from_the_log(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/a.db")
    place = Installation("SQLite", database, tmp_path)
    (tmp_path / "server.log").write_text("[7] [INFO] all is well\n")
    assert place.failed_requests() == []
    (tmp_path / "server.log").write_text(LOG)
    assert place.failed_requests() == [
        "a request failed: OperationalError: database is locked, "
        "proficiency/delivery/writers.py:9, proficiency/delivery/calls.py:7",
        "a request failed: KeyError: 'seq'",
    ]
    database.close()
