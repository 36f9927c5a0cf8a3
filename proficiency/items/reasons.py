"""Advice on reasons: every option, row and level of a question says why it is worth what it is.

The reason is how others check a key and how assessors and candidates learn from it. A cell that is
empty gives none, and neither do words that only repeat the verdict ("wrong", "see above"). Nothing
here judges whether a reason is a good one.
"""

import re

from proficiency.core.text import _
from proficiency.items.section import Problems

NO_REASON = "no-reason"

BELOW = _("no reason is given: say below it, indented, why")
BELOW_OPTION = _("no reason is given: say below the option, indented, why it is right or wrong")
WHAT_IT_SHOWS = _("no reason is given: say in the column Why what this answer shows")
WHY_THIS_OPTION = _("no reason is given: say why this option answers the need")
WHY_THIS_PLACE = _("no reason is given: say why it has this place")
WHY_THIS_RATING = _("no reason is given: say why it is rated so")
WHY_THIS_LEVEL = _("no reason is given for this level, and assessors learn from it")

_EDGES = " \t\n.,;:!?…–—-*_()[]“”\"'"
_EMPTY = re.compile(
    r"|(?:this |that |it |the answer )?(?:is |was )?(?:simply |just |clearly |obviously )?"
    r"(?:the )?(?:in)?(?:correct|right|wrong|true|false|best|worst|accepted|ok|okay|good|bad|key)"
    r"(?: (?:answer|one|option|place|rating|choice))?"
    r"|yes|no|n/?a|ditto|same|obvious|self[- ]evident|tbc|tbd|to ?do|to follow|x+"
    r"|(?:see|as|same as) (?:above|below|before|exhibit \d+|the exhibit|text)",
    re.I,
)


def says_why(words: str) -> bool:
    """Whether `words` give any reason at all."""
    return _EMPTY.fullmatch(" ".join(words.split()).strip(_EDGES)) is None


def warn_without_reason(line: int, words: str | None, problems: Problems, what: str) -> None:
    """Warn with the sentence `what` when `words`, at `line`, give no reason."""
    if words is None or not says_why(words):
        problems.warn(line, what, NO_REASON)
