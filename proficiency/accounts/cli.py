"""`proficiency users`: people and roles from the command line.

A password is asked for at the terminal, twice, or read as one line from standard input; it is never
an argument, where every user of the machine could read it.
"""

import sys
from typing import Protocol

import click
from sqlalchemy.orm import Session

from proficiency.accounts.models import Account
from proficiency.accounts.operations import (
    activate_account,
    create_account,
    deactivate_account,
    grant_role,
    make_password_link,
    revoke_role,
    set_password,
)
from proficiency.accounts.passwords import NewPassword, prepare_password
from proficiency.accounts.queries import find_account, list_accounts, roles_of
from proficiency.accounts.rules import LINK_LIFETIME, Role, clean_email
from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import NotFound
from proficiency.core.operation import transaction
from proficiency.core.text import _


class Settings(Protocol):
    """What the house's command hands on."""

    @property
    def config(self) -> Config: ...
    @property
    def database(self) -> Database: ...


ROLE = click.Choice([role.value for role in Role])


@click.group("users")
def group() -> None:
    """People: add, list, roles, password, deactivate."""


def _get(session: Session, email: str) -> Account:
    account = find_account(session, email)
    if account is None:
        raise NotFound(_("There is no account with the address {email}.").format(email=email))
    return account


def _read_password(email: str, display_name: str) -> NewPassword:
    """Ask for a password at a terminal, or take one line of standard input."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    return prepare_password(password, email=email, display_name=display_name)


def _show_link(settings: Settings, token: str) -> None:
    hours = int(LINK_LIFETIME.total_seconds() // 3600)
    click.echo(f"{settings.config.address}/set-password/{token}")
    click.echo(f"This link sets the password once, within {hours} hours. It is not shown again.")


@group.command()
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", type=ROLE, multiple=True, help="A role; repeat for several.")
@click.option("--link", is_flag=True, help="Print a link to set a password, and ask for none.")
@click.pass_obj
def add(settings: Settings, email: str, name: str, roles: tuple[str, ...], link: bool) -> None:
    """Add a person with the address EMAIL."""
    email = clean_email(email)
    password = None if link else _read_password(email, name)
    with transaction(settings.database) as session:
        now = read_clock()
        account = create_account(
            session, SYSTEM, now, email=email, display_name=name, password=password,
            roles=[Role(role) for role in roles],
        )  # fmt: skip
        token = make_password_link(session, SYSTEM, now, account_id=account.id) if link else None
    click.echo(f"Added {email}.")
    if token is not None:
        _show_link(settings, token)


@group.command("list")
@click.option("--role", type=ROLE, help="Only people who hold this role.")
@click.pass_obj
def list_people(settings: Settings, role: str | None) -> None:
    """List everybody: address, name, roles."""
    with settings.database.read() as session:
        accounts = list_accounts(session)
        held = roles_of(session, [account.id for account in accounts])
        for account in accounts:
            if role is None or role in held[account.id]:
                roles = ", ".join(sorted(held[account.id])) or "no role"
                ended = "" if account.is_active else "  (deactivated)"
                click.echo(f"{account.email}  {account.display_name}  {roles}{ended}")


@group.command()
@click.argument("email")
@click.option("--add", "given", type=ROLE, multiple=True, help="Give this role.")
@click.option("--remove", "taken", type=ROLE, multiple=True, help="Take this role away.")
@click.option("--reason", required=True, help="Why; kept with the record.")
@click.pass_obj
def roles(
    settings: Settings, email: str, given: tuple[str, ...], taken: tuple[str, ...], reason: str
) -> None:
    """Give roles to EMAIL and take roles away."""
    with transaction(settings.database) as session:
        now, account_id = read_clock(), _get(session, email).id
        for role in given:
            grant_role(session, SYSTEM, now, account_id=account_id, role=Role(role), reason=reason)
        for role in taken:
            revoke_role(session, SYSTEM, now, account_id=account_id, role=Role(role), reason=reason)
        held = roles_of(session, [account_id])[account_id]
    click.echo(f"{clean_email(email)}: {', '.join(sorted(held)) or 'no role'}")


@group.command()
@click.argument("email")
@click.option("--link", is_flag=True, help="Print a link to set a password, and ask for none.")
@click.pass_obj
def password(settings: Settings, email: str, link: bool) -> None:
    """Set the password of EMAIL, and end all of that person's sign-ins."""
    with settings.database.read() as session:
        account = _get(session, email)
    token, new = None, None
    if not link:
        new = _read_password(account.email, account.display_name)
    with transaction(settings.database) as session:
        now = read_clock()
        if new is None:
            token = make_password_link(session, SYSTEM, now, account_id=account.id)
        else:
            set_password(session, SYSTEM, now, account_id=account.id, password=new)
    if token is None:
        click.echo(f"The password of {account.email} is set.")
    else:
        _show_link(settings, token)


@group.command()
@click.argument("email")
@click.option("--reason", required=True, help="Why; kept with the record.")
@click.option("--undo", is_flag=True, help="Activate the account again.")
@click.pass_obj
def deactivate(settings: Settings, email: str, reason: str, undo: bool) -> None:
    """End the access of EMAIL at once; what the person did stays."""
    change = activate_account if undo else deactivate_account
    with transaction(settings.database) as session:
        account = _get(session, email)
        change(session, SYSTEM, read_clock(), account_id=account.id, reason=reason)
    click.echo(f"{clean_email(email)} is {'active again' if undo else 'deactivated'}.")
