"""People who sign in, the roles they hold, and their sign-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from proficiency.accounts.rules import Role
from proficiency.core.db import Base, Kind, Moment, kind, one_of


class Account(Base):
    """A person who may sign in. `email` is kept in lower case."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    display_name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_demo: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Moment)


class RoleGrant(Base):
    """A role that a person holds now. Granting and revoking are audited."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint("account_id", "role"),
        one_of("role", Role),
        kind(Kind.STATE),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    role: Mapped[str] = mapped_column(String(20))
    granted_at: Mapped[datetime] = mapped_column(Moment)
    granted_by: Mapped[str] = mapped_column(String(20))


class SignIn(Base):
    """One sign-in on one browser. `id` is the SHA-256 of the token in the cookie.

    `browser` is what its owner is shown to recognise it, such as `Firefox on Windows`.
    """

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_account_id", "account_id"), kind(Kind.OPERATIONAL))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    browser: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class PasswordLink(Base):
    """A link with which a person sets their password once. `id` is the SHA-256 of its token."""

    __tablename__ = "password_link"
    __table_args__ = (Index("ix_password_link_account_id", "account_id"), kind(Kind.OPERATIONAL))

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class SignInFailure(Base):
    """A failed sign-in. `account_key` is a hash of what was typed, `network` of where from."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_account_key_at", "account_key", "at"),
        Index("ix_sign_in_failure_network_at", "network", "at"),
        kind(Kind.OPERATIONAL),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    account_key: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
