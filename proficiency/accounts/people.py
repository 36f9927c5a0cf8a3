"""The pages on which exam officers and operators look after people."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.forms import PersonForm, ReasonForm, RolesForm
from proficiency.accounts.operations import (
    activate_account,
    close_sign_ins,
    create_account,
    deactivate_account,
    make_password_link,
    set_roles,
)
from proficiency.accounts.passwords import NewPassword, prepare_password
from proficiency.accounts.queries import (
    AccountEvent,
    get_person,
    list_account_events,
    list_open_sign_ins,
    search_people,
)
from proficiency.accounts.rules import LINK_LIFETIME, ROLE_DUTIES, ROLE_NAMES, Role, clean_email
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Forbidden, Refused
from proficiency.core.show import when
from proficiency.core.text import _, clean_text

HINTS = {role.value: duty for role, duty in ROLE_DUTIES.items()}

EVENT_NAMES = {
    "account_created": _("Account made"),
    "role_granted": _("Role given"),
    "role_revoked": _("Role taken away"),
    "password_set": _("Password set"),
    "password_rehashed": _("Password stored under newer parameters"),
    "password_link_made": _("Link to set a password made"),
    "sign_ins_closed": _("Signed out everywhere"),
    "account_deactivated": _("Deactivated"),
    "account_activated": _("Activated again"),
}

looks_after_people = requires(Role.EXAM_OFFICER, Role.OPERATOR)


@looks_after_people
def people() -> str:
    """Everybody who has an account, searchable."""
    words = clean_text(request.args.get("q", "")).strip()
    role = _read_role(request.args.get("role", ""))
    found = search_people(web.session(), words, role, request.args.get("page", 1, type=int))
    return render_template(
        "accounts/people.html", found=found, words=words, role=role, role_names=ROLE_NAMES
    )


def _read_role(name: str) -> Role | None:
    return Role(name) if name in set(Role) else None


@looks_after_people
def new_person() -> ResponseReturnValue:
    """Make an account."""
    form, status = PersonForm(), 200
    if form.validate_on_submit():
        try:
            return _create_person(form)
        except Refused as error:
            form.email.errors, status = [error.message], error.status
        except Forbidden as error:
            form.roles.errors, status = [error.message], error.status
    elif request.method == "POST":
        status = 422
    return render_template("accounts/new_person.html", form=form, hints=HINTS), status


def _create_person(form: PersonForm) -> ResponseReturnValue:
    email, name = clean_email(form.email.data), form.display_name.data.strip()
    prepared: NewPassword | None = None
    if form.first_password.data == "typed":
        prepared = prepare_password(form.password.data, email=email, display_name=name)
    with web.transaction() as writing:
        account = create_account(
            writing,
            web.actor(),
            web.now(),
            email=email,
            display_name=name,
            password=prepared,
            roles=[Role(role) for role in form.roles.data],
        )
        account_id, token = account.id, None
        if prepared is None:
            token = make_password_link(writing, web.actor(), web.now(), account_id=account_id)
    if token is not None:
        return _link_page(account_id, token)
    flash(_("The account is made. Tell the person their password."), "success")
    return redirect(url_for("accounts.person", account_id=account_id), 303)


def _link_page(account_id: str, token: str) -> str:
    """Show a link this once; only its hash is kept."""
    address = web.config().address + url_for("accounts.set_password_by_link", token=token)
    return render_template(
        "accounts/password_link.html",
        person=get_person(web.session(), account_id),
        address=address,
        holds_until=web.now() + LINK_LIFETIME,
    )


@looks_after_people
def person(account_id: str) -> ResponseReturnValue:
    """One person: roles, access, and what was done to the account."""
    return _person_page(account_id)


def _person_page(
    account_id: str, roles_form: RolesForm | None = None, reason_form: ReasonForm | None = None
) -> str:
    found = get_person(web.session(), account_id)
    is_above = Role.OPERATOR in found.roles and not web.actor().has(Role.OPERATOR)
    return render_template(
        "accounts/person.html",
        person=found,
        roles_form=roles_form or RolesForm(formdata=None, roles=sorted(found.roles)),
        reason_form=reason_form or ReasonForm(formdata=None, prefix="access"),
        hints=HINTS,
        role_names=ROLE_NAMES,
        is_me=account_id == web.actor().id,
        may_change=not is_above,
        sign_ins=list_open_sign_ins(web.session(), account_id, web.now()),
        events=[_event_row(event) for event in list_account_events(web.session(), account_id)],
    )


def _event_row(event: AccountEvent) -> dict[str, object]:
    title = EVENT_NAMES.get(event.action, event.action)
    if event.role is not None:
        title = f"{title}: {ROLE_NAMES[Role(event.role)]}"
    return {"title": title, "when": when(event.at), "by": event.by, "text": event.reason}


@looks_after_people
def change_roles(account_id: str) -> ResponseReturnValue:
    """Give and take roles, with a reason."""
    form = RolesForm()
    if not form.validate_on_submit():
        return _person_page(account_id, roles_form=form), 422
    try:
        with web.transaction() as writing:
            set_roles(
                writing,
                web.actor(),
                web.now(),
                account_id=account_id,
                roles=[Role(role) for role in form.roles.data],
                reason=form.reason.data,
            )
    except (Refused, Forbidden) as error:
        form.roles.errors = [error.message]
        return _person_page(account_id, roles_form=form), error.status
    flash(_("The roles are saved. They hold from the person’s next click."), "success")
    return _back(account_id)


def _back(account_id: str) -> ResponseReturnValue:
    return redirect(url_for("accounts.person", account_id=account_id), 303)


@looks_after_people
def change_access(account_id: str) -> ResponseReturnValue:
    """Deactivate an account, or activate it again, with a reason."""
    form = ReasonForm(prefix="access")
    if not form.validate_on_submit():
        return _person_page(account_id, reason_form=form), 422
    is_active = get_person(web.session(), account_id).is_active
    change = deactivate_account if is_active else activate_account
    try:
        with web.transaction() as writing:
            change(writing, web.actor(), web.now(), account_id=account_id, reason=form.reason.data)
    except Refused as error:
        form.reason.errors = [error.message]
        return _person_page(account_id, reason_form=form), error.status
    done = _("The account is deactivated.") if is_active else _("The account is active again.")
    flash(done, "success")
    return _back(account_id)


@looks_after_people
def new_password_link(account_id: str) -> ResponseReturnValue:
    """Make a link with which the person sets a password; shown this once."""
    with web.transaction() as writing:
        token = make_password_link(writing, web.actor(), web.now(), account_id=account_id)
    return _link_page(account_id, token)


@looks_after_people
def sign_person_out(account_id: str) -> ResponseReturnValue:
    """End every sign-in of a person."""
    with web.transaction() as writing:
        close_sign_ins(writing, web.actor(), web.now(), account_id=account_id)
    flash(_("The person is signed out everywhere."), "success")
    return _back(account_id)


def add_views(bp: Blueprint) -> None:
    """Add the pages of this module to the room's blueprint."""
    bp.add_url_rule("/people", view_func=people)
    bp.add_url_rule("/people/new", view_func=new_person, methods=["GET", "POST"])
    bp.add_url_rule("/people/<account_id>", view_func=person)
    for path, view in (
        ("roles", change_roles),
        ("access", change_access),
        ("password-link", new_password_link),
        ("sign-out", sign_person_out),
    ):
        bp.add_url_rule(f"/people/<account_id>/{path}", view_func=view, methods=["POST"])
