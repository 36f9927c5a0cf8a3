"""What is done to accounts. Each is one verb in one transaction, audited.

A password never reaches the audit trail or a log; a hash is made before the transaction where the
caller can, because it takes long and SQLite has one writer.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, PasswordLink, RoleGrant, SignIn
from proficiency.accounts.passwords import NewPassword, hash_of
from proficiency.accounts.queries import (
    find_account,
    find_password_link,
    get_account,
    roles_of,
)
from proficiency.accounts.rules import (
    LINK_LIFETIME,
    PEOPLE_ROLES,
    Role,
    account_problems,
    clean_email,
    digest,
)
from proficiency.core.access import Actor, operation
from proficiency.core.audit import record
from proficiency.core.chance import new_id, new_token
from proficiency.core.db import lock
from proficiency.core.errors import Forbidden, Invalid, Refused
from proficiency.core.text import _, clean_text

PEOPLE_LOCK = "accounts"
"""What is locked before roles and accounts change: who is left to look after people is counted."""


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def create_account(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    email: str,
    display_name: str,
    password: str | NewPassword | None,
    roles: Collection[Role],
    is_demo: bool = False,
) -> Account:
    """Make an account. Without a password its owner must first follow a link that sets one.

    Raises `Invalid` for an address, a name or a password that can't be used, `Refused` when the
    address is taken, and `Forbidden` for a role that the actor may not give.
    """
    email, display_name = clean_email(email), clean_text(display_name).strip()
    _refuse_bad_account(email, display_name, password)
    lock(session, PEOPLE_LOCK)
    if find_account(session, email) is not None:
        raise Refused(_("There is already an account with this address."))
    account = Account(
        id=new_id(),
        email=email,
        display_name=display_name,
        password_hash=None if password is None else hash_of(email, display_name, password),
        is_demo=is_demo,
        is_active=True,
        created_at=now,
    )
    session.add(account)
    session.flush()
    record(session, actor, now, "account_created", "account", account.id)
    for role in sorted(set(roles)):
        grant_role(session, actor, now, account_id=account.id, role=role)
    return account


def _refuse_bad_account(email: str, display_name: str, password: str | NewPassword | None) -> None:
    typed = password if isinstance(password, str) else None
    problems = [words for _field, words in account_problems(email, display_name, typed)]
    if problems:
        raise Invalid(_("This account can’t be made yet."), problems)


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def grant_role(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    account_id: str,
    role: Role,
    reason: str | None = None,
) -> None:
    """Give a role; giving it twice changes nothing.

    Raises `NotFound`, and `Forbidden` when somebody who is no operator makes one.
    """
    if role is Role.OPERATOR and not actor.has(Role.OPERATOR):
        raise Forbidden(_("Only an operator can make somebody an operator."))
    lock(session, PEOPLE_LOCK)
    get_account(session, account_id)
    lock(session, account_id)
    if _find_grant(session, account_id, role) is not None:
        return
    session.add(
        RoleGrant(
            id=new_id(), account_id=account_id, role=role, granted_at=now, granted_by=actor.id
        )
    )
    record(
        session, actor, now, "role_granted", "account", account_id,
        details={"role": role}, reason=reason,
    )  # fmt: skip


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def revoke_role(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    account_id: str,
    role: Role,
    reason: str | None = None,
) -> None:
    """Take a role away; taking what isn't held changes nothing.

    Raises `Refused` when the actor would lose their own way to this page, or when nobody would be
    left who looks after people.
    """
    lock(session, PEOPLE_LOCK)
    lock(session, account_id)
    grant = _find_grant(session, account_id, role)
    if grant is None:
        return
    if role is Role.OPERATOR and not actor.has(Role.OPERATOR):
        raise Forbidden(_("Only an operator can take this role away."))
    if role in PEOPLE_ROLES:
        _refuse_lock_out(session, actor, account_id, {role})
    session.delete(grant)
    record(
        session, actor, now, "role_revoked", "account", account_id,
        details={"role": role}, reason=reason,
    )  # fmt: skip


def _find_grant(session: Session, account_id: str, role: Role) -> RoleGrant | None:
    return session.scalar(
        sa.select(RoleGrant).where(RoleGrant.account_id == account_id, RoleGrant.role == role)
    )


def _refuse_lock_out(
    session: Session, actor: Actor, account_id: str, losing: Collection[Role]
) -> None:
    """Refuse what would leave the actor, or everybody, without a role that looks after people."""
    holders = session.execute(
        sa.select(RoleGrant.account_id, RoleGrant.role)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role.in_(PEOPLE_ROLES), Account.is_active)
    ).all()
    lost = {role for holder, role in holders if holder == account_id and role in losing}
    left = {holder for holder, role in holders if holder != account_id or role not in lost}
    if not lost:
        return
    if account_id == actor.id and account_id not in left:
        raise Refused(
            _("You would lose your own way to this page. Ask another officer to do this for you.")
        )
    if not left:
        raise Refused(_("This is the last person who looks after accounts. Name another first."))


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def set_roles(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    account_id: str,
    roles: Collection[Role],
    reason: str,
) -> None:
    """Give and take roles until the account holds exactly `roles`, with one reason.

    Raises `Invalid` without a reason, and what `grant_role` and `revoke_role` raise.
    """
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid(_("Write why the roles change."))
    held = roles_of(session, [account_id])[account_id]
    for role in sorted(set(roles) - held):
        grant_role(session, actor, now, account_id=account_id, role=role, reason=reason)
    for name in sorted(held - set(roles)):
        revoke_role(session, actor, now, account_id=account_id, role=Role(name), reason=reason)


@operation()
def set_password(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    account_id: str,
    password: str | NewPassword,
) -> None:
    """Set a password, by its owner or by somebody who looks after people; ends all sign-ins
    but the one that asks.

    Raises `Forbidden` for anybody else and `Invalid` for a password that can't be used.
    """
    account = _own_or_looked_after(session, actor, account_id)
    account.password_hash = hash_of(account.email, account.display_name, password)
    _revoke_sign_ins(session, now, account_id, but=actor.session_id)
    _end_links(session, now, account_id)
    record(session, actor, now, "password_set", "account", account_id)


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def make_password_link(session: Session, actor: Actor, now: datetime, *, account_id: str) -> str:
    """Return the token of a link with which the person sets their password once, within 72 hours.

    It replaces earlier links. Raises `Refused` for a deactivated account.
    """
    account = _own_or_looked_after(session, actor, account_id)
    if not account.is_active:
        raise Refused(_("This account is deactivated. Activate it first."))
    _end_links(session, now, account_id)
    token = new_token()
    session.add(
        PasswordLink(
            id=digest(token), account_id=account_id, created_at=now, expires_at=now + LINK_LIFETIME
        )
    )
    record(session, actor, now, "password_link_made", "account", account_id)
    return token


@operation()
def use_password_link(
    session: Session, actor: Actor, now: datetime, *, token: str, password: str | NewPassword
) -> None:
    """Set the password of the account that `token` is for; the link works no second time.

    Raises `Refused` for a link that doesn't hold and `Invalid` for a password that can't be used.
    """
    account = find_password_link(session, token, now)
    if account is not None:
        lock(session, account.id)
        account = find_password_link(session, token, now)  # it may have been used meanwhile
    if account is None:
        raise Refused(_("This link has been used or is too old. Ask for a new one."))
    account.password_hash = hash_of(account.email, account.display_name, password)
    _revoke_sign_ins(session, now, account.id)
    _end_links(session, now, account.id)
    record(session, actor, now, "password_set", "account", account.id, details={"by": "link"})


def _own_or_looked_after(session: Session, actor: Actor, account_id: str) -> Account:
    """Lock the account and return it, if it is the actor's own or in their care.

    Only operators have operators in their care, so that nobody becomes one through a password.
    """
    lock(session, account_id)
    account = get_account(session, account_id)
    if account_id == actor.id:
        return account
    is_operator = Role.OPERATOR in roles_of(session, [account_id])[account_id]
    if not actor.has(*({Role.OPERATOR} if is_operator else PEOPLE_ROLES)):
        raise Forbidden(_("Your account does not have the role that this needs."))
    return account


def _end_links(session: Session, now: datetime, account_id: str) -> None:
    session.execute(
        sa.update(PasswordLink)
        .where(PasswordLink.account_id == account_id, PasswordLink.used_at.is_(None))
        .values(used_at=now)
    )


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def deactivate_account(
    session: Session, actor: Actor, now: datetime, *, account_id: str, reason: str | None = None
) -> None:
    """End an account's access at once. What it did stays, and so do its roles.

    Raises `Refused` for one's own account and for the last one that looks after people.
    """
    lock(session, PEOPLE_LOCK)
    account = _own_or_looked_after(session, actor, account_id)
    if account_id == actor.id:
        raise Refused(_("You can’t deactivate your own account. Ask another officer."))
    _refuse_lock_out(session, actor, account_id, PEOPLE_ROLES)
    account.is_active = False
    _revoke_sign_ins(session, now, account_id)
    _end_links(session, now, account_id)
    record(session, actor, now, "account_deactivated", "account", account_id, reason=reason)


@operation(Role.EXAM_OFFICER, Role.OPERATOR)
def activate_account(
    session: Session, actor: Actor, now: datetime, *, account_id: str, reason: str | None = None
) -> None:
    """Give a deactivated account its access back, with the roles that it holds."""
    account = _own_or_looked_after(session, actor, account_id)
    account.is_active = True
    record(session, actor, now, "account_activated", "account", account_id, reason=reason)


@operation()
def close_sign_ins(session: Session, actor: Actor, now: datetime, *, account_id: str) -> None:
    """End every sign-in of an account, the one that asks included.

    Raises `Forbidden` unless the actor is its owner or looks after people.
    """
    _own_or_looked_after(session, actor, account_id)
    _revoke_sign_ins(session, now, account_id)
    record(session, actor, now, "sign_ins_closed", "account", account_id)


def _revoke_sign_ins(
    session: Session, now: datetime, account_id: str, *, but: str | None = None
) -> None:
    mine = sa.and_(SignIn.account_id == account_id, SignIn.revoked_at.is_(None))
    kept = sa.true() if but is None else SignIn.id != but
    session.execute(sa.update(SignIn).where(mine, kept).values(revoked_at=now))
