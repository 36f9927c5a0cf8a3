"""Takes all pictures, or with `--only NAME …` some of them again: see the package's own words."""

import argparse
import tempfile
from pathlib import Path

from tests.journeys.server import browser
from tests.screens import around, watching, writing
from tests.screens.album import Album
from tests.screens.scene import scene


def main() -> None:
    """Take the pictures and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=(), metavar="NAME")
    only = frozenset(parser.parse_args().only)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        album = Album(chromium, only)
        with scene(Path(folder), chromium) as found:
            around.take_before(album, found)
            writing.take_all(album, found)
            around.take_after(album, found)
            watching.take_all(album, found)
    album.write_page()


main()
