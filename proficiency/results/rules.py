"""Totals, themes and outcomes from the evidence, exactly. Pure."""

from enum import StrEnum


class ReleaseKind(StrEnum):
    """The life of a sitting's results."""

    COMPUTED = "computed"
    APPROVED = "approved"
    RELEASED = "released"
