"""The page of one case in work: where it is, what was said, who signed, and the next step.

Whoever opens it is written into the sight log before the words are sent.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from proficiency.authoring import life_operations as operations
from proficiency.authoring.overview import Overview, get_overview
from proficiency.authoring.queries import get_newest
from proficiency.authoring.release import find_release
from proficiency.authoring.review import READERS, ROLES, WITNESSES, Move
from proficiency.authoring.review_forms import WordsForm
from proficiency.authoring.revising import sight_subject
from proficiency.authoring.rules import APPROVERS
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Conflict, Invalid, Refused
from proficiency.core.text import _
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import get_case_version

Problems = Sequence[dict[str, str | None]]


@requires(*READERS)
def work(work_id: str) -> str:
    """One case in work: its way, its remarks beside the candidate's view, its next step."""
    return work_page(work_id)


def open_work(work_id: str) -> Overview:
    """Read a case in work for this request's actor, and record that they see it."""
    newest = get_newest(web.session(), work_id)
    web.record_sight(SIGHT, sight_subject(newest.case_name, work_id), "review")
    return get_overview(web.session(), web.actor(), work_id)


def work_page(work_id: str, problems: Problems = (), words: str = "") -> str:
    """Render the page of a case, with what stopped a step and the `words` that were sent."""
    overview = open_work(work_id)
    return render_template(
        "authoring/work.html",
        overview=overview,
        form=WordsForm(formdata=None, revision_id=overview.newest.id, reason=words),
        problems=problems,
        approvers=APPROVERS,
    )


def told(refused: Invalid | Refused | Conflict) -> Problems:
    """Return what a refusal says, as the error summary shows it."""
    details = getattr(refused, "details", ())
    return [{"text": words, "href": None} for words in (refused.message, *details)]


@requires(*ROLES[Move.SEND])
def send(work_id: str) -> ResponseReturnValue:
    """Send a draft to peer review."""
    done = _("The case is with its peers now. It can’t be changed until it comes back.")
    return _step(operations.send_to_peers, work_id, done, with_revision=True)


@requires(*ROLES[Move.RETURN])
def give_back(work_id: str) -> ResponseReturnValue:
    """Return a case to its writers, or take it back as one of them."""
    done = _("The case is a draft again, and its writers have your reason.")
    return _step(operations.return_case, work_id, done, with_revision=True)


@requires(*ROLES[Move.PILOT])
def pilot(work_id: str) -> ResponseReturnValue:
    """Note that an approved case is being tried out."""
    return _step(operations.pilot_case, work_id, _("The case is in a pilot."))


@requires(*ROLES[Move.MAKE_LIVE])
def make_live(work_id: str) -> ResponseReturnValue:
    """Let an approved case into live exams."""
    return _step(operations.make_live, work_id, _("The case is live: new forms may use it."))


@requires(*ROLES[Move.SETTLE_LEAK])
def settle_leak(work_id: str) -> ResponseReturnValue:
    """Find that a reported leak was none."""
    done = _("The report is settled. The case is approved; make it live when it should be.")
    return _step(operations.settle_leak, work_id, done)


@requires(*ROLES[Move.RETIRE])
def retire(work_id: str) -> ResponseReturnValue:
    """Take a case out of use, or give a draft up."""
    return _step(operations.retire_case, work_id, _("The case is retired."))


def _step(
    operation: Callable[..., Any], work_id: str, done: str, *, with_revision: bool = False
) -> ResponseReturnValue:
    """Make one step with the reason that was sent, or show the case with what stopped it."""
    form = WordsForm()
    what = {"revision_id": form.revision_id.data or ""} if with_revision else {}
    words = form.reason.data or ""
    try:
        with web.transaction() as session:
            operation(session, web.actor(), web.now(), work_id=work_id, reason=words, **what)
    except (Invalid, Refused, Conflict) as refused:
        return work_page(work_id, told(refused), words), refused.status
    flash(done, "success")
    return redirect(url_for("authoring.work", work_id=work_id), 303)


@requires(*ROLES[Move.BEGIN_NEXT])
def begin_next(work_id: str) -> ResponseReturnValue:
    """Begin the next version with the approved words, in the editor."""
    try:
        with web.transaction() as session:
            begun = operations.begin_next_version(session, web.actor(), web.now(), work_id=work_id)
    except Refused as refused:
        return work_page(work_id, told(refused)), refused.status
    flash(_("The next version begins with the approved words."), "success")
    return redirect(url_for("authoring.edit", work_id=begun.work_id), 303)


@requires(*WITNESSES)
def leak(version_id: str) -> str:
    """The page on which somebody reports that a case may be known outside."""
    return _leak_page(version_id)


def _leak_page(version_id: str, problems: Problems = (), words: str = "") -> str:
    version = get_case_version(web.session(), version_id)
    return render_template(
        "authoring/leak.html",
        version_id=version.id,
        title=version.title,
        name=version.aggregate_id,
        release=find_release(web.session(), version_id),
        form=WordsForm(formdata=None, reason=words),
        problems=problems,
    )


@requires(*WITNESSES)
def report_leak(version_id: str) -> ResponseReturnValue:
    """Freeze a case at once, with what was seen and where."""
    form, release = WordsForm(), find_release(web.session(), version_id)
    if release is None:
        return _leak_page(version_id), 409
    words = form.reason.data or ""
    try:
        with web.transaction() as session:
            operations.report_leak(
                session, web.actor(), web.now(), work_id=release.work_id, reason=words
            )
    except (Invalid, Refused) as refused:
        return _leak_page(version_id, told(refused), words), refused.status
    flash(_("Thank you. The case is frozen, and no new live form can use it."), "success")
    return redirect(url_for("authoring.leak", version_id=version_id), 303)


def add_views(bp: Blueprint) -> None:
    """Attach these pages to the room's blueprint."""
    at = "/cases/works/<work_id>"
    bp.add_url_rule(at, view_func=work)
    for name, view in (
        ("send", send),
        ("return", give_back),
        ("pilot", pilot),
        ("live", make_live),
        ("settle", settle_leak),
        ("retire", retire),
        ("next", begin_next),
    ):
        bp.add_url_rule(f"{at}/{name}", view_func=view, methods=["POST"])
    bp.add_url_rule("/cases/versions/<version_id>/leak", view_func=leak)
    bp.add_url_rule("/cases/versions/<version_id>/leak", view_func=report_leak, methods=["POST"])
