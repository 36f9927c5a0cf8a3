"""Reading people, their roles and their sign-ins."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, PasswordLink, RoleGrant, SignIn, SignInFailure
from proficiency.accounts.rules import Role, clean_email, digest
from proficiency.accounts.throttle import (
    ACCOUNT_SPAN,
    NETWORK_SPAN,
    REMEMBERED,
    Failures,
    Keys,
)
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.audit import AuditEvent
from proficiency.core.chain import find_words
from proficiency.core.errors import Misconfigured, NotFound
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


SIGNED_IN = (
    sa.select(Account.id, Account.display_name, RoleGrant.role)
    .join(SignIn, SignIn.account_id == Account.id)
    .outerjoin(RoleGrant, RoleGrant.account_id == Account.id)
    .where(
        SignIn.id == sa.bindparam("sign_in_id"),
        SignIn.revoked_at.is_(None),
        SignIn.expires_at > sa.bindparam("now"),
        Account.is_active,
    )
)
"""Made once: every request asks this, and making the statement costs more than running it."""


def find_signed_in(session: Session, sign_in_id: str, now: datetime) -> Actor | None:
    """Return who acts under a sign-in, in one query; None when it is over or its account is."""
    rows = session.execute(SIGNED_IN, {"sign_in_id": sign_in_id, "now": now}).all()
    if not rows:
        return None
    roles = frozenset(row.role for row in rows if row.role is not None)
    return Actor(rows[0].id, rows[0].display_name, roles, sign_in_id)


def find_sign_in_owner(session: Session, sign_in_id: str) -> str | None:
    """Return whose sign-in this is or was, whether or not it still holds."""
    return session.scalar(sa.select(SignIn.account_id).where(SignIn.id == sign_in_id))


@dataclass(frozen=True)
class OpenSignIn:
    """A sign-in that still holds, as its owner sees it."""

    id: str
    browser: str
    created_at: datetime
    expires_at: datetime


def list_open_sign_ins(session: Session, account_id: str, now: datetime) -> list[OpenSignIn]:
    """Return the sign-ins of an account that hold at `now`, the newest first."""
    rows = session.scalars(
        sa.select(SignIn)
        .where(
            SignIn.account_id == account_id, SignIn.revoked_at.is_(None), SignIn.expires_at > now
        )
        .order_by(SignIn.created_at.desc())
    )
    return [OpenSignIn(row.id, row.browser, row.created_at, row.expires_at) for row in rows]


def count_failures(session: Session, keys: Keys, now: datetime) -> Failures:
    """Return what is remembered of failed sign-ins for these keys at `now`."""
    mine = SignInFailure.account_key == keys.account
    here = sa.and_(mine, SignInFailure.network == keys.network)
    count, last = session.execute(
        sa.select(sa.func.count(), sa.func.max(SignInFailure.at)).where(
            here, SignInFailure.at > now - REMEMBERED
        )
    ).one()
    return Failures(
        here=count,
        last=last,
        account=_count(session, mine, now - ACCOUNT_SPAN),
        network=_count(session, SignInFailure.network == keys.network, now - NETWORK_SPAN),
    )


def _count(session: Session, which: sa.ColumnElement[bool], since: datetime) -> int:
    statement = sa.select(sa.func.count()).select_from(SignInFailure)
    return session.scalars(statement.where(which, SignInFailure.at > since)).one()


def find_password_link(session: Session, token: str, now: datetime) -> Account | None:
    """Return whose password a link sets; None when it was used, replaced, is too old or unknown."""
    return session.scalar(
        sa.select(Account)
        .join(PasswordLink, PasswordLink.account_id == Account.id)
        .where(
            PasswordLink.id == digest(token),
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > now,
            Account.is_active,
        )
    )


@dataclass(frozen=True)
class Person:
    """One account in a list."""

    id: str
    display_name: str
    email: str
    is_active: bool
    is_demo: bool
    has_password: bool
    roles: frozenset[str]


@dataclass(frozen=True)
class PeoplePage:
    """One page of a search, counted from 1. `total` counts everybody found."""

    people: tuple[Person, ...]
    total: int
    page: int
    pages: int


PAGE_SIZE = 50


def search_people(
    session: Session, words: str = "", role: Role | None = None, page: int = 1
) -> PeoplePage:
    """Return a page of the accounts whose name or address has `words`, and who hold `role`."""
    found = sa.select(Account)
    if words:
        found = found.where(
            sa.or_(
                Account.display_name.icontains(words, autoescape=True),
                Account.email.icontains(words.lower(), autoescape=True),
            )
        )
    if role is not None:
        holders = sa.select(RoleGrant.account_id).where(RoleGrant.role == role)
        found = found.where(Account.id.in_(holders))
    total = session.scalars(sa.select(sa.func.count()).select_from(found.subquery())).one()
    pages = max(-(-total // PAGE_SIZE), 1)
    page = min(max(page, 1), pages)
    rows = session.scalars(
        found.order_by(sa.func.lower(Account.display_name), Account.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return PeoplePage(tuple(_people(session, rows)), total, page, pages)


def get_person(session: Session, account_id: str) -> Person:
    """Return one person with their roles. Raises `NotFound`."""
    return _people(session, [get_account(session, account_id)])[0]


def people_by_id(session: Session, ids: Collection[str]) -> dict[str, Person]:
    """Return everybody in `ids` who has an account."""
    rows = session.scalars(sa.select(Account).where(Account.id.in_(ids))).all()
    return {person.id: person for person in _people(session, rows)}


def people_by_email(session: Session, emails: Collection[str]) -> dict[str, Person]:
    """Return everybody with one of these addresses, by the address as it is stored."""
    wanted = {clean_email(email) for email in emails}
    rows = session.scalars(sa.select(Account).where(Account.email.in_(wanted))).all()
    return {person.email: person for person in _people(session, rows)}


def _people(session: Session, rows: Collection[Account]) -> list[Person]:
    roles = roles_of(session, [row.id for row in rows])
    return [
        Person(
            id=row.id,
            display_name=row.display_name,
            email=row.email,
            is_active=row.is_active,
            is_demo=row.is_demo,
            has_password=row.password_hash is not None,
            roles=roles[row.id],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class AccountEvent:
    """Something that was done to an account."""

    at: datetime
    by: str
    action: str
    role: str | None
    reason: str | None


def list_account_events(session: Session, account_id: str) -> list[AccountEvent]:
    """Return what was done to an account, the newest first."""
    rows = session.scalars(
        sa.select(AuditEvent)
        .where(AuditEvent.aggregate_id == account_id, AuditEvent.subject == "account")
        .order_by(AuditEvent.pos.desc())
    ).all()
    names = names_of(session, [row.actor_id for row in rows])
    return [
        AccountEvent(
            at=row.at,
            by=names.get(row.actor_id, row.actor_id),
            action=row.action,
            role=json.loads(row.details).get("role"),
            reason=None if row.commitment is None else find_words(session, row.id),
        )
        for row in rows
    ]


def refuse_demo_accounts(session: Session) -> None:
    """Raise `Misconfigured` if a demonstration's account is in this database."""
    found = session.scalar(sa.select(Account.id).where(Account.is_demo).limit(1))
    if found is not None:
        raise Misconfigured(
            _(
                "This database holds demonstration accounts, whose passwords are public. "
                "Use a database of its own, or set PROFICIENCY_DEMO=1 for a demonstration."
            )
        )
