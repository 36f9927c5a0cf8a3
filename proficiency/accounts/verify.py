"""Cross-row rules of this room, for `proficiency verify`.

Roles and passwords are state: what holds them to the truth is that the audit trail, which can't be
changed, leads to the same state.
"""

import json
from collections import defaultdict
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account, RoleGrant
from proficiency.core.audit import AuditEvent


def check(session: Session) -> Iterator[str]:
    """Yield a sentence for each account whose state its audit trail does not lead to."""
    audited = _read_trail(session)
    held: dict[str, set[str]] = defaultdict(set)
    for account_id, role in session.execute(sa.select(RoleGrant.account_id, RoleGrant.role)):
        held[account_id].add(role)
    for account in session.scalars(sa.select(Account).order_by(Account.id)):
        roles, is_active = audited.get(account.id, (None, True))
        if roles is None:
            yield f"account {account.id}: nobody is recorded to have made it"
            continue
        for role in sorted(held[account.id] - roles):
            yield f"account {account.id}: holds the role {role}, which nobody gave"
        for role in sorted(roles - held[account.id]):
            yield f"account {account.id}: lacks the role {role}, which nobody took away"
        if account.is_active != is_active:
            yield f"account {account.id}: is_active is not what was last recorded"


def _read_trail(session: Session) -> dict[str, tuple[set[str], bool]]:
    """Replay the audit trail: the roles that each account should hold, and whether it is active."""
    found: dict[str, tuple[set[str], bool]] = {}
    rows = session.execute(
        sa.select(AuditEvent.aggregate_id, AuditEvent.action, AuditEvent.details)
        .where(AuditEvent.subject == "account")
        .order_by(AuditEvent.aggregate_id, AuditEvent.pos)
    )
    for account_id, action, details in rows:
        roles, is_active = found.get(account_id, (set[str](), True))
        if action == "role_granted":
            roles = roles | {json.loads(details)["role"]}
        elif action == "role_revoked":
            roles = roles - {json.loads(details)["role"]}
        elif action in {"account_activated", "account_deactivated"}:
            is_active = action == "account_activated"
        found[account_id] = roles, is_active
    return found
