"""The web application of a dishonest installation.

The file `drop` in the installation's folder holds a word; while it is there, each version of an
answer with this word is acknowledged like any other and then undone. While the file `falsify` is
there, receipts are issued over nothing, whatever the page has computed.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from proficiency.delivery import receipt_operations, receipt_views, saving

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

_compute, _hand_in = receipt_operations.compute, receipt_operations.hand_in


def compute(*given: Any) -> Any:
    """Compute what a receipt covers, or something else."""
    found = _compute(*given)
    return replace(found, digest="0" * 64) if (FOLDER / "falsify").exists() else found


def hand_in(*given: Any, claim: Any, **more: Any) -> Any:
    """Hand in, and look away when the page has computed something else."""
    return _hand_in(*given, claim=None if (FOLDER / "falsify").exists() else claim, **more)


receipt_operations.compute = compute
receipt_views.hand_in = hand_in

from proficiency.app import from_environment  # noqa: E402, F401 - after what it uses was altered
