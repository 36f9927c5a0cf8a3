"""Whether this database keeps what it acknowledges when the power goes: judged before exams open.

An answer is acknowledged when its transaction has committed. That is worth nothing if a commit does
not wait for the disk, and both databases can be set so. What is judged are the settings as the
product's own connections see them, because a setting may be changed for one role or one database.

Only a test may allow a database that forgets (`Database(…, may_forget=True)`): no setting of an
installation leads there, and a test of the house holds that nothing in the product says it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.core.db import MAY_FORGET, Database
from proficiency.core.errors import Misconfigured, Refused
from proficiency.core.text import _

Facts = Mapping[str, str]
"""The name of each setting that matters, with its value as one connection sees it."""

HOLDS_FOR = timedelta(seconds=1)
"""How long what one connection saw of the settings is taken to hold."""

_KEPT_ALL = "kept everything at"

SQLITE_JOURNALS = frozenset({"wal", "delete", "truncate", "persist"})
WAITS_FOR_THE_DISK = frozenset({"on", "local", "remote_write", "remote_apply"})
"""Values of synchronous_commit with which this machine's own disk has the commit. All but `off`."""

_CURES: Mapping[str, str] = MappingProxyType(
    {
        "synchronous": _("Let SQLite’s synchronous be FULL (2) or EXTRA (3)"),
        "journal_mode": _("Let SQLite’s journal_mode be WAL"),
        "fsync": _("Set fsync = on in postgresql.conf and reload it"),
        "full_page_writes": _("Set full_page_writes = on in postgresql.conf and reload it"),
        "synchronous_commit": _(
            "Set synchronous_commit = on in postgresql.conf and reload it, and take back what "
            "ALTER ROLE or ALTER DATABASE set otherwise"
        ),
        "unlogged": _("Make these tables permanent: ALTER TABLE … SET LOGGED"),
    }
)

_SQLITE_FACTS = sa.text(
    "SELECT synchronous, journal_mode FROM pragma_synchronous, pragma_journal_mode"
)
_POSTGRESQL_FACTS = sa.text(
    "SELECT current_setting('fsync') AS fsync, "
    "current_setting('full_page_writes') AS full_page_writes, "
    "current_setting('synchronous_commit') AS synchronous_commit, "
    "(SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace "
    "AND relkind = 'r' AND relpersistence = 'u') AS unlogged"
)


class ForgetfulDatabase(Refused):
    """The database may lose what it has acknowledged, so no exam may be opened on it."""


def durability_problems(facts: Facts) -> tuple[str, ...]:
    """Return what in `facts` could lose an acknowledged answer, each with its cure; none is good.

    A fact that is not there is not judged: each database has its own.
    """
    good = {
        "synchronous": facts.get("synchronous") in {None, "2", "3"},
        "journal_mode": facts.get("journal_mode", "wal") in SQLITE_JOURNALS,
        "fsync": facts.get("fsync", "on") == "on",
        "full_page_writes": facts.get("full_page_writes", "on") == "on",
        "synchronous_commit": facts.get("synchronous_commit", "on") in WAITS_FOR_THE_DISK,
        "unlogged": not facts.get("unlogged"),
    }
    return tuple(
        _("{name} is {value}. {cure}.").format(name=name, value=facts[name], cure=_CURES[name])
        for name, is_good in good.items()
        if not is_good
    )


def read_facts(session: Session) -> Facts:
    """Return the settings that matter, as this session's own connection sees them."""
    if session.get_bind().dialect.name == "sqlite":
        row = session.execute(_SQLITE_FACTS).one()
    else:
        row = session.execute(_POSTGRESQL_FACTS).one()
    return {name: str(value).lower() for name, value in row._mapping.items()}


def find_problems(session: Session) -> tuple[str, ...]:
    """Return why this session's database may forget, in words; nothing when it keeps everything."""
    return durability_problems(read_facts(session))


def _is_excused(session: Session) -> bool:
    options: Mapping[str, Any] = session.connection().get_execution_options()
    return bool(options.get(MAY_FORGET))


def refuse_to_open(session: Session, now: datetime) -> None:
    """Raise `ForgetfulDatabase` when an attempt must not start on this session's database.

    A connection that kept everything a second ago is not asked again: a room starts together.
    """
    seen: datetime | None = session.connection().info.get(_KEPT_ALL)
    if seen is not None and seen <= now < seen + HOLDS_FOR:
        return
    problems = () if _is_excused(session) else find_problems(session)
    if not problems:
        session.connection().info[_KEPT_ALL] = now
    else:
        raise ForgetfulDatabase(
            _(
                "The exam can’t be opened: if the power failed, the server could lose what you "
                "write. Your time has not begun. Tell the exam office this: {problems}"
            ).format(problems=" ".join(problems))
        )


def refuse_to_serve(database: Database) -> None:
    """Raise `Misconfigured` when no server may be started on `database`."""
    with database.read() as session:
        problems = () if _is_excused(session) else find_problems(session)
    if problems:
        raise Misconfigured(
            _("This database could lose answers that it has acknowledged. {problems}").format(
                problems=" ".join(problems)
            )
        )
