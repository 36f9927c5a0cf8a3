"""The web application of an installation whose clock a test can put forward.

A story that takes days is told in a minute: `pass_time` writes into the installation's folder how
far its clock is ahead, and each request reads it. Everything else is the product's own. Importing
this changes the one clock of the process, so only the server's processes import it (by `LATER`).
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from proficiency.core import clock

FOLDER = Path(os.environ["PROFICIENCY_INSTANCE"])
_present = clock.read_clock


def read_clock() -> datetime:
    """Return the present moment, as far ahead as the test has put it."""
    file = FOLDER / "seconds-ahead"
    return _present() + timedelta(seconds=int(file.read_text()) if file.exists() else 0)


clock.read_clock = read_clock

from proficiency.app import from_environment  # noqa: E402, F401 - after the clock, which it binds
