"""Reading people, their roles and their sign-ins."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, RoleGrant, SignIn
from proficiency.accounts.rules import Role, clean_email
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _


def get_account(session: Session, account_id: str) -> Account:
    """Return an account by its id. Raises `NotFound`."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(_("There is no such account."))
    return account


def find_account(session: Session, email: str) -> Account | None:
    """Return the account with this address, whatever its capitals, or None."""
    return session.scalar(sa.select(Account).where(Account.email == clean_email(email)))


def get_actor(session: Session, account_id: str) -> Actor:
    """Return an account as somebody who acts, with the roles held now. Raises `NotFound`."""
    account = get_account(session, account_id)
    roles = roles_of(session, [account_id])[account_id]
    return Actor(account.id, account.display_name, roles)


def roles_of(session: Session, account_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Return the roles held now by each of `account_ids`."""
    held: dict[str, set[str]] = defaultdict(set)
    rows = session.execute(
        sa.select(RoleGrant.account_id, RoleGrant.role).where(RoleGrant.account_id.in_(account_ids))
    )
    for account_id, role in rows:
        held[account_id].add(role)
    return {account_id: frozenset(held[account_id]) for account_id in account_ids}


def list_accounts(session: Session) -> list[Account]:
    """Return every account, by name."""
    return list(session.scalars(sa.select(Account).order_by(Account.display_name, Account.id)))


def list_people(session: Session, role: Role) -> list[Account]:
    """Return the active accounts that hold `role`, by name."""
    return list(
        session.scalars(
            sa.select(Account)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(RoleGrant.role == role, Account.is_active)
            .order_by(Account.display_name, Account.id)
        )
    )


def names_of(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """Return the name of each person in `ids`; the system is called Proficiency."""
    wanted = set(ids)
    rows = session.execute(
        sa.select(Account.id, Account.display_name).where(Account.id.in_(wanted))
    )
    names = {row.id: row.display_name for row in rows}
    if SYSTEM.id in wanted:
        names[SYSTEM.id] = SYSTEM.display_name
    return names


def find_signed_in(session: Session, sign_in_id: str, now: datetime) -> Actor | None:
    """Return who acts under a sign-in, in one query; None when it is over or its account is."""
    rows = session.execute(
        sa.select(Account.id, Account.display_name, RoleGrant.role)
        .join(SignIn, SignIn.account_id == Account.id)
        .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            SignIn.id == sign_in_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            Account.is_active,
        )
    ).all()
    if not rows:
        return None
    roles = frozenset(row.role for row in rows if row.role is not None)
    return Actor(rows[0].id, rows[0].display_name, roles, sign_in_id)
