"""The web application of a dishonest installation: it says of some answers that they are saved, and
drops them.

The file `drop` in the installation's folder holds a word; while it is there, each version of an
answer with this word is acknowledged like any other and then undone.
"""

import os
from pathlib import Path

from proficiency.delivery import saving

FOLDER = Path(os.environ["PROFICIENCY_INSTANCE"])
_keep = saving.Ledger.keep


def keep(self: saving.Ledger, save: saving.Save) -> saving.Kept:
    """Keep what is sent, and forget it again when it holds the word."""
    file = FOLDER / "drop"
    if save.text is None or not file.exists() or file.read_text() not in save.text:
        return _keep(self, save)
    self._cursor.execute("SAVEPOINT dropped", {})
    kept = _keep(self, save)
    self._cursor.execute("ROLLBACK TO dropped", {})
    return kept


saving.Ledger.keep = keep  # type: ignore[method-assign]

from proficiency.app import from_environment  # noqa: E402, F401 - after what it uses was altered
