"""An event loop where there may be one already."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Told = TypeVar("Told")


def apart(call: Callable[[], Told]) -> Told:
    """Call in a thread of its own: a browser opened by other tests leaves its loop running here."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(call).result()
