"""Takes the pictures that `words.py` names, and writes the page that shows them in its order."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from proficiency.core.config import ROOT
from tests.screens.palette import shrink
from tests.screens.words import PARTS

FOLDER = ROOT / "docs" / "screenshots"
PAGE = ROOT / "docs" / "screens.md"
SIZE = (1280, 800)
MOST_BYTES = 100_000
"""A picture of more bytes shows more than one thing, and makes every clone heavier."""

HEAD = """\
# What people see

Every picture was taken by `make screenshots` from a running server with a real browser: the people,
the network that goes and the clock that runs out are real, and nothing was painted.
"""


@dataclass
class Album:
    """The pictures of one run. `only` limits it to these names; none means all."""

    chromium: Browser
    only: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)

    def wants(self, *names: str) -> bool:
        """Whether one of these pictures is to be taken."""
        return not self.only or bool(self.only & set(names))

    def take(
        self,
        page: Page,
        name: str,
        size: tuple[int, int] = SIZE,
        *,
        show: str | None = None,
        at: str = "center",
    ) -> None:
        """Take a picture of what `page` shows; `show` is brought to this place of the window."""
        if not self.wants(name):
            return
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if show is not None:
            page.locator(show).first.evaluate("(it, block) => it.scrollIntoView({ block })", at)
        page.wait_for_timeout(400)  # until what the new size moves has come to rest
        picture = shrink(self.chromium, page.screenshot(animations="disabled"))
        (FOLDER / f"{name}.png").write_bytes(picture)
        if len(picture) > MOST_BYTES:
            raise ValueError(f"{name}.png has {len(picture)} bytes: show less of the page")
        self.taken.add(name)

    def write_page(self) -> None:
        """Write the page. Raises `ValueError` when a picture that it names was not taken."""
        if self.only:
            return
        named = {name for pictures in PARTS.values() for name in pictures}
        if named != self.taken:
            raise ValueError(f"named or taken, but not both: {sorted(named ^ self.taken)}")
        lines = [HEAD]
        for title, pictures in PARTS.items():
            lines.append(f"## {title}\n")
            for name, words in pictures.items():
                lines.append(f"{words}\n\n![{words}](screenshots/{name}.png)\n")
        PAGE.write_text("\n".join(lines), encoding="utf-8")
