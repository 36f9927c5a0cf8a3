"""Looking at a page as a test can: what axe finds, what the console says, how wide it is."""

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SMALL_PHONE = {"width": 320, "height": 640}
SCHEMES = ({"color_scheme": "dark"}, {"contrast": "more"})
USUAL = {"color_scheme": "light", "contrast": "no-preference"}
CONTRAST_ONLY = {"runOnly": ["color-contrast"]}


@dataclass
class Eyes:
    """What was seen on a page that is being watched; `faults` stays empty when all is well."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("console", lambda line: self._hear(line.type, line.text))

    def _hear(self, kind: str, text: str) -> None:
        # That a page was refused is what some tests want; the browser says so in its console.
        if kind == "error" and "server responded with a status of" not in text:
            self._note(text)

    def _note(self, what: str) -> None:
        self.faults.append(f"{self.page.url}: {what}")

    def look(self, *, schemes: bool = False) -> None:
        """Note what is wrong with the page as it stands; `schemes` looks at other colours too."""
        self.page.wait_for_load_state()
        self._ask_axe("light", {})
        for scheme in SCHEMES if schemes else ():
            self.page.emulate_media(**(USUAL | scheme))
            self._ask_axe(str(scheme), CONTRAST_ONLY)
        self.page.emulate_media(**USUAL)
        self._measure()

    def _ask_axe(self, scheme: str, options: dict[str, Any]) -> None:
        for found in Axe().run(self.page, options=options).response["violations"]:
            where = found["nodes"][0]["target"]
            self._note(f"{found['id']} at {where} in {scheme}: {found['help']}")

    def _measure(self) -> None:
        size = self.page.viewport_size
        self.page.set_viewport_size(SMALL_PHONE)
        wide = self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self._note(f"{wide} px wider than a page 320 px wide")
        if size is not None:
            self.page.set_viewport_size(size)


def covers(page: Page, one: str, other: str) -> bool:
    """Whether two things on the page lie over each other, by their selectors."""
    boxes = [page.locator(selector).first.bounding_box() for selector in (one, other)]
    assert None not in boxes, f"{one} or {other} is not shown"
    first, second = boxes
    return not any(
        a[side] + a[size] <= b[side]
        for a, b in ((first, second), (second, first))
        for side, size in (("x", "width"), ("y", "height"))
    )


IN_SIGHT = """thing => {
    const { left, top, right, bottom } = thing.getBoundingClientRect();
    const isInside = left >= 0 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
    const onTop = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return isInside && thing.contains(onTop);
}"""


def is_in_sight(page: Page, selector: str) -> bool:
    """Whether the whole of a thing is in the window, and its middle neither covered nor cut off."""
    return bool(page.locator(selector).first.evaluate(IN_SIGHT))
