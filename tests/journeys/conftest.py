"""One browser for the run and, where a journey needs a whole institution, the demonstration."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.demo import prepare
from tests.journeys import server


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    with server.browser() as found:
        yield found


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a demonstration that was prepared just now."""
    folder = tmp_path_factory.mktemp("demonstration")
    config = Config(
        instance=folder,
        database_url=f"sqlite:///{folder}/demo.db",
        secret_key=server.SECRET,
        demo=True,
    )
    with closing(Database(config.database_url)) as database:
        prepare(config, database, read_clock(), lambda line: None)
    return folder / "demo.db"


@pytest.fixture(scope="module")
def demo_site(
    demonstration: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[server.Site]:
    """A copy of the demonstration on a real server."""
    folder = tmp_path_factory.mktemp("site")
    with server.serve(folder, template=demonstration, workers=1) as site:
        yield site
