"""Faults of the database that are nobody's fault: a full disk, a server that is away.

They are told in words and with a status of their own, so that the exam's page knows to send again,
and so that nobody reads of a broken program. Whatever else a database reports is a fault of ours
and is not dressed up here.
"""

import errno
from typing import Any

import psycopg
import sqlalchemy as sa

from proficiency.core.db import SqliteFault
from proficiency.core.errors import Busy, ProficiencyError
from proficiency.core.text import _


class NoRoom(ProficiencyError):
    """The disk is full. What was sent is not kept; sending it again later is safe."""

    status = 507


DISK_FULL = frozenset({"53100", "58030"})
"""What PostgreSQL calls a full disk and a disk that refuses."""

AWAY = frozenset({"57P01", "57P02", "57P03", "53300"})
"""What PostgreSQL says when it stops, has crashed, is starting, or takes no more connections."""

_SQLITE_FULL = ("database or disk is full", "disk i/o error")


def refusal_of(fault: BaseException) -> ProficiencyError | None:
    """Return what to tell a person of a fault of the database; None for any other fault."""
    cause = fault.orig if isinstance(fault, sa.exc.DBAPIError) and fault.orig else fault
    if _is_full(cause):
        return NoRoom(
            _(
                "The server has no room left to keep this, so it was not saved. What was saved "
                "before is safe. An exam’s page keeps what you type and sends it again by itself."
            )
        )
    if _is_away(cause) or isinstance(fault, sa.exc.TimeoutError):
        return Busy(
            _(
                "The database is away for a moment, so this was not done. What was saved before "
                "is safe. An exam’s page keeps what you type and sends it again by itself."
            )
        )
    return None


def _is_full(cause: Any) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in {errno.ENOSPC, errno.EDQUOT}
    if isinstance(cause, SqliteFault):
        return str(cause).lower().startswith(_SQLITE_FULL)
    return isinstance(cause, psycopg.Error) and cause.sqlstate in DISK_FULL


def _is_away(cause: Any) -> bool:
    """A lost connection has no code of its own: the driver then says nothing but that."""
    if not isinstance(cause, psycopg.OperationalError):
        return False
    return cause.sqlstate is None or cause.sqlstate in AWAY or cause.sqlstate.startswith("08")
