"""Somebody with a keyboard and nothing else, and what such a person needs of every page.

Each press of Tab is looked at. It fails where the focus can't be seen, where it has no name that a
screen reader could say, where it hides behind something else, and where the order goes back up the
page more than once. Names and roles are those of the browser's own accessibility tree.
"""

from dataclasses import dataclass, field

from playwright.sync_api import CDPSession, expect

from tests.journeys.people import PASSWORD, Person

MOST_STOPS = 150
"""A page on which one must press Tab more often than this is a fault of its own."""
MOST_CIRCLES = 12

LOOK = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const label = focused.closest("label");
  const framed = [focused, label].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return outlined || style.boxShadow !== "none";
  });
  const box = (label ?? focused).getBoundingClientRect();
  let [down, floats] = [box.top + scrollY, false];
  for (let each = focused; each; each = each.parentElement) {
    const style = getComputedStyle(each);
    floats ||= ["sticky", "fixed"].includes(style.position);
    if (each !== focused && each !== document.scrollingElement) down += each.scrollTop;
  }
  const inside = (at, from, to) => Math.min(Math.max(at, from + 1), to - 1);
  const covered = [0.1, 0.5, 0.9].every((across) => [0.1, 0.5, 0.9].every((along) => {
    const x = inside(box.left + box.width * across, box.left, box.right);
    const y = inside(box.top + box.height * along, box.top, box.bottom);
    const top = document.elementFromPoint(x, y);
    return !top || !(focused.contains(top) || label?.contains(top) || top.contains(focused));
  }));
  return {
    framed, covered, floats, is_first: focused === document.querySelector("body a[href]"),
    page: performance.timeOrigin, tag: focused.outerHTML.slice(0, 120),
    left: box.left, right: box.right, top: down, bottom: down + box.height,
  };
}"""


@dataclass(frozen=True)
class Stop:
    """Where the focus is: its name, its role, and its place on the page (not on the screen)."""

    name: str
    role: str
    tag: str
    page: float
    left: float
    right: float
    top: float
    bottom: float
    floats: bool
    is_first: bool

    def goes_back_from(self, before: "Stop") -> bool:
        """Whether the eye must jump back: above what came before, and not in a further column."""
        if self.is_first or self.floats or before.floats or self.page != before.page:
            return False
        return self.bottom <= before.top and self.left < before.right


@dataclass
class Keyboard:
    """A person's hands on the keys. Nothing here can point or click."""

    person: Person
    jumps: dict[float, list[str]] = field(default_factory=dict)
    _last: Stop | None = None
    _tree: CDPSession | None = None

    def sign_in(self) -> None:
        """Come in by the front door."""
        self.person.page.goto("/")
        self.tab_to("Sign in", "link")
        self.press("Enter")
        self.person.reads("Sign in")
        self.write("E-mail address", self.person.email)
        self.write("Password", PASSWORD)
        self.press("Enter")
        self.person.reads("What waits for you")

    def follow(self, name: str) -> None:
        """Go to a link and take it."""
        self.tab_to(name, "link")
        self.press("Enter")

    def push(self, name: str) -> None:
        """Go to a button and press it."""
        self.tab_to(name, "button")
        self.press("Enter")

    def write(self, label: str, words: str) -> None:
        """Go to a field and type over what is in it."""
        self.tab_to(label, "textbox")
        self.press("ControlOrMeta+a")
        self.type(words)

    def tick(self, label: str) -> None:
        """Go to a box and tick it."""
        self.tab_to(label, "checkbox")
        self.press("Space")

    def choose(self, group: str, option: str) -> None:
        """Go to a group of circles, and by the arrows to the one that is meant."""
        self.tab_to(group, "radio")
        self.arrow_to(option)

    def arrow_to(self, option: str) -> None:
        """Go by the arrows to the circle whose name holds `option`; each one met is chosen."""
        for _step in range(MOST_CIRCLES):
            stop = self.look()
            if stop is not None and stop.role == "radio" and option in stop.name:
                self.press("Space")
                return
            self.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {option!r}")

    def press(self, keys: str) -> None:
        """Press keys together, such as Control+Enter."""
        self.person.page.keyboard.press(keys)

    def type(self, words: str) -> None:
        """Type words, or paste many at once as people do."""
        keys = self.person.page.keyboard
        if len(words) < 200:
            keys.type(words)
        else:
            keys.insert_text(words)

    def tab_to(self, name: str, role: str, *, back: bool = False) -> Stop:
        """Press Tab until the focus is on a `role` whose name begins with `name`."""
        met: list[str] = []
        for _step in range(MOST_STOPS):
            self.press("Shift+Tab" if back else "Tab")
            stop = self.look()
            if stop is None:  # between the end of the page and its beginning
                self._last = None
                continue
            met.append(f"{stop.role} {stop.name!r}")
            if not back:
                self._mind_the_order(stop)
            self._last = stop
            if stop.role == role and stop.name.startswith(name):
                return stop
        raise AssertionError(f"Tab does not reach the {role} {name!r}: {', '.join(met)}")

    def look(self) -> Stop | None:
        """Return where the focus is, or None. Fails where it is not seen or has no name."""
        page = self.person.page
        seen = page.evaluate(LOOK)
        if seen is None:
            return None
        name, role = self._name_and_role()
        where = f"{seen['tag']} on {page.url}"
        assert seen.pop("framed"), f"nothing shows that the focus is on {where}"
        assert not seen.pop("covered"), (
            f"the focus is behind something else or out of sight: {where}"
        )
        assert name, f"no name says where the focus is: {where}"
        return Stop(name=name, role=role, **seen)

    def _name_and_role(self) -> tuple[str, str]:
        if self._tree is None:
            self._tree = self.person.page.context.new_cdp_session(self.person.page)
        found = self._tree.send("Runtime.evaluate", {"expression": "document.activeElement"})
        asked = {"objectId": found["result"]["objectId"], "fetchRelatives": False}
        node = self._tree.send("Accessibility.getPartialAXTree", asked)["nodes"][0]
        role = node["role"]["value"]
        return node.get("name", {}).get("value", ""), ROLES.get(role, role)

    def _mind_the_order(self, stop: Stop) -> None:
        if self._last is None or not stop.goes_back_from(self._last):
            return
        jumps = self.jumps.setdefault(stop.page, [])
        jumps.append(f"from {self._last.tag} to {stop.tag}")
        assert len(jumps) <= 1, f"the order goes back up {self.person.page.url}: {jumps}"

    def sees(self, words: str) -> None:
        """Reads these words on the page."""
        self.person.sees(words)

    def reads(self, heading: str) -> None:
        """Is on the page of which this is a heading."""
        self.person.reads(heading)

    def waits_for(self, selector: str, words: str) -> None:
        """Waits until a part of the page is shown and says so."""
        part = self.person.page.locator(selector)
        expect(part).to_be_visible()
        expect(part).to_contain_text(words)


ROLES = {"DisclosureTriangle": "summary", "button": "button"}
"""What the browser calls a role, where it is not the name in the standard."""
