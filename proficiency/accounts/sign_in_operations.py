"""Beginning and ending sign-ins, and counting those that fail.

A password is checked before the transaction, because it takes long; whether this try may be made at
all is checked again inside it, under a lock, so that a thousand tries at once gain nothing.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.models import SignIn, SignInFailure
from proficiency.accounts.queries import count_failures, get_account
from proficiency.accounts.rules import SIGN_IN_LIFETIME, digest
from proficiency.accounts.throttle import Failures, Keys, time_to_wait
from proficiency.core.access import Actor, operation
from proficiency.core.audit import record
from proficiency.core.chance import new_id
from proficiency.core.db import lock
from proficiency.core.errors import TooMany
from proficiency.core.show import duration
from proficiency.core.text import _


@operation()
def open_sign_in(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    token: str,
    browser: str,
    keys: Keys | None = None,
    new_hash: str | None = None,
) -> SignIn:
    """Write down that the actor has signed in: `token` is the secret that their browser keeps.

    With `keys`, failures under them are forgotten; `new_hash` is the same password under newer
    parameters. Raises `TooMany` when so many tries failed meanwhile that this one must wait.
    """
    if keys is not None:
        _refuse_early(session, now, keys)
        _forget_failures(session, keys)
    if new_hash is not None:
        lock(session, actor.id)
        get_account(session, actor.id).password_hash = new_hash
        record(session, actor, now, "password_rehashed", "account", actor.id)
    row = SignIn(
        id=digest(token),
        account_id=actor.id,
        browser=browser,
        created_at=now,
        expires_at=now + SIGN_IN_LIFETIME,
    )
    session.add(row)
    session.flush()
    return row


@operation()
def note_failure(session: Session, actor: Actor, now: datetime, *, keys: Keys) -> None:
    """Count a failed sign-in. Raises `TooMany` when it came before its time."""
    _refuse_early(session, now, keys)
    session.add(SignInFailure(id=new_id(), account_key=keys.account, network=keys.network, at=now))


def _refuse_early(session: Session, now: datetime, keys: Keys) -> None:
    lock(session, keys.account)
    refuse_early(count_failures(session, keys, now), now)


def refuse_early(failures: Failures, now: datetime) -> None:
    """Raise `TooMany`, which says how long to wait, if the next try may not be made at `now`."""
    wait = time_to_wait(failures, now)
    if wait:
        words = _(
            "Too many tries. Wait {wait}, then try again. "
            "If you don’t know the password, ask your exam officer for a link to set a new one."
        )
        raise TooMany(words.format(wait=duration(wait)))


def _forget_failures(session: Session, keys: Keys) -> None:
    session.execute(
        sa.delete(SignInFailure).where(
            SignInFailure.account_key == keys.account, SignInFailure.network == keys.network
        )
    )


@operation()
def close_sign_in(session: Session, actor: Actor, now: datetime) -> None:
    """End the sign-in that asks."""
    session.execute(sa.update(SignIn).where(SignIn.id == actor.session_id).values(revoked_at=now))
