"""The one place where HTML is made safe, at publication and never later.

Two sanitisers of different make in a row: bleach, and then nh3. What either refuses does not get
through. The outcome is stored with `VERSION`, so that one can tell which content a fault in one of
them concerns.
"""

from importlib.metadata import version
from typing import Final

import bleach
import nh3

TAGS: Final = frozenset(
    {"p", "br", "strong", "em", "code", "ul", "ol", "li", "blockquote", "hr"}
    | {"table", "thead", "tbody", "tr", "th", "td", "h3", "h4", "h5", "h6"}
)
CLASSES: Final = frozenset({"align-left", "align-center", "align-right"})
ATTRIBUTES: Final = {"ol": {"start"}, "th": {"scope"}}

VERSION: Final = f"1 bleach/{version('bleach')} nh3/{version('nh3')}"
"""The number counts changes of the lists above."""


def sanitise(html: str) -> str:
    """Return `html` with nothing in it but the tags and attributes listed here.

    Tags that are not allowed become visible text, so that an author sees that they do not work.
    There are no links, pictures, styles or scripts: a candidate's page leads nowhere.
    """
    once = bleach.clean(html, tags=TAGS, attributes=_is_allowed, protocols=(), strip=False)
    return nh3.clean(
        once,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        allowed_classes={"td": set(CLASSES), "th": set(CLASSES)},
        link_rel=None,
        url_schemes=set(),
    )


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return tag in {"td", "th"} and value in CLASSES
    if name == "start":
        return tag == "ol" and value.isdecimal()
    return name == "scope" and tag == "th" and value == "col"
