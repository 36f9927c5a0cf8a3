"""Signing in and out, and one's own account. The people of the installation are in `people.py`."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from proficiency.accounts import people, resume
from proficiency.accounts import sign_in as signing_in
from proficiency.accounts.forms import ChangePasswordForm, NewPasswordForm, SignInForm
from proficiency.accounts.operations import close_sign_ins, set_password, use_password_link
from proficiency.accounts.passwords import prepare_password
from proficiency.accounts.queries import (
    find_password_link,
    get_account,
    get_person,
    list_open_sign_ins,
)
from proficiency.accounts.rules import ROLE_DUTIES, ROLE_NAMES, Role
from proficiency.accounts.sign_in_operations import close_sign_in
from proficiency.core import web
from proficiency.core.access import SYSTEM, public, signed_in
from proficiency.core.errors import Invalid, Refused, TooMany
from proficiency.core.text import _

bp = Blueprint("accounts", __name__)
people.add_views(bp)


@bp.route("/sign-in", methods=["GET", "POST"])
@public("whoever signs in is a visitor until then")
def sign_in() -> ResponseReturnValue:
    """The door: an address and a password."""
    target = signing_in.safe_next(request.args.get("next"))
    if web.actor().is_signed_in and request.method == "GET":
        return redirect(target, 303)
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        try:
            actor = signing_in.sign_in(form.email.data, form.password.data)
        except (Invalid, TooMany) as error:
            form.password.errors = [error.message]
            status = error.status
        else:
            kept = resume.open_kept(form.kept.data, actor)
            if kept is not None:
                return render_template("accounts/send_again.html", kept=kept)
            return redirect(target, 303)
    elif request.method == "POST":
        status = 422
    return render_template("accounts/sign_in.html", form=form), status


@bp.post("/sign-out")
@public("signing out twice must not be refused")
def sign_out() -> ResponseReturnValue:
    """End this sign-in, here and in the table."""
    if web.actor().is_signed_in:
        with web.transaction() as writing:
            close_sign_in(writing, web.actor(), web.now())
    _forget_browser()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


def _forget_browser() -> None:
    logout_user()
    session.clear()


@bp.get("/account")
@signed_in
def account() -> str:
    """One's own account: roles, password, sign-ins."""
    return _account_page(ChangePasswordForm())


def _account_page(form: ChangePasswordForm) -> str:
    actor = web.actor()
    person = get_person(web.session(), actor.id)
    return render_template(
        "accounts/account.html",
        form=form,
        person=person,
        roles=[(ROLE_NAMES[role], ROLE_DUTIES[role]) for role in Role if role in person.roles],
        sign_ins=list_open_sign_ins(web.session(), actor.id, web.now()),
        this_sign_in=actor.session_id,
    )


@bp.post("/account")
@signed_in
def change_password() -> ResponseReturnValue:
    """Change one's own password; every other sign-in of the account ends."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return _account_page(form), 422
    mine = get_account(web.session(), web.actor().id)
    try:
        field = form.current
        signing_in.check_password(mine.email, form.current.data)
        field = form.password
        new = prepare_password(form.password.data, email=mine.email, display_name=mine.display_name)
        with web.transaction() as writing:
            set_password(writing, web.actor(), web.now(), account_id=mine.id, password=new)
    except (Invalid, TooMany) as error:
        field.errors = getattr(error, "details", ()) or [error.message]
        return _account_page(form), error.status
    flash(_("Your password is changed, and every other sign-in of yours has ended."), "success")
    return redirect(url_for("accounts.account"), 303)


@bp.post("/account/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """End every sign-in of one's own account, this one too."""
    with web.transaction() as writing:
        close_sign_ins(writing, web.actor(), web.now(), account_id=web.actor().id)
    _forget_browser()
    flash(_("You are signed out everywhere."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/set-password/<token>", methods=["GET", "POST"])
@public("the link itself is the proof: it is random, works once and ends after three days")
def set_password_by_link(token: str) -> ResponseReturnValue:
    """Set a password with a link that an officer gave."""
    owner = find_password_link(web.session(), token, web.now())
    if owner is None:
        return render_template("accounts/set_password_by_link.html", form=None, person=None), 404
    person, form, status = get_person(web.session(), owner.id), NewPasswordForm(), 200
    if form.validate_on_submit():
        try:
            new = prepare_password(
                form.password.data, email=person.email, display_name=person.display_name
            )
            with web.transaction() as writing:
                use_password_link(writing, SYSTEM, web.now(), token=token, password=new)
        except (Invalid, Refused) as error:
            form.password.errors = getattr(error, "details", ()) or [error.message]
            status = error.status
        else:
            flash(_("Your password is set. Sign in with it."), "success")
            return redirect(url_for("accounts.sign_in"), 303)
    elif request.method == "POST":
        status = 422
    return (
        render_template("accounts/set_password_by_link.html", form=form, person=person),
        status,
    )
