"""What an author waits for: checking the whole bank, and the preview of the longest case.

The preview is asked for as the editor asks: a request with all of the text over HTTP to the
product's own server, signed in, and the answer read to its end.
"""

import http.client
import json
import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import get_actor
from proficiency.accounts.rules import Role
from proficiency.accounts.sign_in_operations import open_sign_in
from proficiency.app import create_app
from proficiency.authoring.operations import begin_case
from proficiency.core import migrate
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.chance import new_token
from proficiency.core.clock import read_clock
from proficiency.core.config import ROOT
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.framework.operations import import_packaged_framework
from proficiency.scenarios.drafts import candidate_stages
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.keeping import keep_file
from proficiency.scenarios.rules import parse_case, parse_case_file
from tests.bench.scene import SECRET, session_cookie, settings
from tests.bench.servers import PRODUCT, running
from tests.factories import act

CHECK_SECONDS = 2.0
PREVIEW_MS = 100.0
WARM, TURNS = 8, 21
"""Requests before it counts, so that each process has read what it keeps; and those timed."""

_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Desk:
    """An author signed in, with the longest case in work."""

    database: Database
    folder: Path
    work_id: str
    text: str
    cookies: str


def line() -> str:
    """Measure all, and say in a line how it stands to what is promised."""
    files = sorted((ROOT / "scenarios").glob("*.md"))
    _check(files)  # the first turn also reads the frameworks
    start = time.perf_counter()
    _check(files)
    check = time.perf_counter() - start
    longest = max(files, key=lambda path: path.stat().st_size)
    reading, asking = _reading_ms(longest), _asking_ms(longest)
    return (
        f"authoring: checking {len(files)} cases {check:.2f} s (promised {CHECK_SECONDS:.0f}); "
        f"preview of {longest.stem}: reading it {reading:.0f} ms, the whole request "
        f"{asking:.0f} ms (promised {PREVIEW_MS:.0f})"
    )


def _check(files: list[Path]) -> None:
    for path in files:
        parse_case_file(path.read_bytes(), file=path.name, files=examine_all(read_files(path)))


def _reading_ms(path: Path) -> float:
    """The median milliseconds of reading a case and making its candidate's view; no page."""
    text, files = path.read_text(encoding="utf-8"), examine_all(read_files(path))
    taken = []
    for _turn in range(9):
        start = time.perf_counter()
        sketch = parse_case(text, file="case.md", files=files).sketch
        if sketch is None:
            raise RuntimeError("the longest case cannot be read")
        candidate_stages(sketch)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def _asking_ms(path: Path) -> float:
    """The median milliseconds from sending the editor's request to the last byte of its answer."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        desk = _desk(path, Path(name))
        environment = {
            "PROFICIENCY_DATABASE_URL": desk.database.url.render_as_string(hide_password=False),
            "PROFICIENCY_INSTANCE": name,
            "PROFICIENCY_SECRET_KEY": SECRET,
            "PROFICIENCY_DEMO": "",
        }
        desk.database.close()
        with running(PRODUCT, environment) as server:
            return _ask(server.port, desk)


def _desk(path: Path, folder: Path) -> Desk:
    now, token = read_clock(), new_token()
    database = Database(f"sqlite:///{folder / 'authoring.db'}")
    migrate.upgrade(database)
    act(database, import_packaged_framework, SYSTEM, now)
    account = act(
        database, create_account, SYSTEM, now, email="author@example.org", display_name="An author",
        password=None, roles=(Role.CONTENT_AUTHOR,),
    )  # fmt: skip
    with database.read() as session:
        author: Actor = get_actor(session, account.id)
    act(database, open_sign_in, author, now, token=token, browser="A measurement")
    with transaction(database) as session:
        kept = [keep_file(session, name, data) for name, data in read_files(path).items()]
    text = path.read_text(encoding="utf-8")
    files = {facts.name: facts.sha256 for facts in kept}
    work = act(database, begin_case, author, now, text=text, files=files).work_id
    app = create_app(settings(database, folder), database)
    return Desk(database, folder, work, text, session_cookie(app, token))


def _ask(port: int, desk: Desk) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": desk.cookies}
    page = _answer(connection, "GET", f"/cases/works/{desk.work_id}/edit", None, headers)
    csrf = _CSRF.search(page.decode())
    if csrf is None:
        raise RuntimeError("the editor's page has no token")
    headers |= {"Content-Type": "application/json", "X-CSRFToken": csrf[1]}
    headers |= {"Accept-Encoding": "gzip"}
    taken = []
    for turn in range(WARM + TURNS):
        # As after another key: no text is asked about twice.
        body = json.dumps({"text": f"{desk.text}\n{turn}\n"}).encode()
        start = time.perf_counter()
        _answer(connection, "POST", f"/cases/works/{desk.work_id}/look", body, headers)
        taken.append((time.perf_counter() - start) * 1000)
    connection.close()
    return statistics.median(taken[WARM:])


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
) -> bytes:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    read = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: status {answer.status}")
    return read
