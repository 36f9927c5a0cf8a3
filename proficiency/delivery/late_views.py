"""The pages of late work: what came late, deciding about it, and taking in answer files.

They show when an answer was written as far as anybody can tell, and never its words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from proficiency.accounts.queries import names_of
from proficiency.accounts.rules import Role
from proficiency.core import web
from proficiency.core.access import requires
from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.delivery.answer_file import MOST_BYTES, load_secret, public_key_text
from proficiency.delivery.answer_files import (
    FileView,
    list_files,
    open_answer_file,
    receive_answer_file,
)
from proficiency.delivery.late import (
    DECIDERS,
    get_late_answer,
    is_for_others,
    lacking_people,
    late_answers_of,
    list_late_sittings,
    why_closed,
)
from proficiency.delivery.late_operations import decide_late_answer
from proficiency.delivery.late_reading import LateAnswer
from proficiency.delivery.late_rules import (
    DECIDED,
    DEFAULT_LATE_RULE,
    GROUND_WORDS,
    STANDING_NAMES,
    Ground,
    Standing,
    Verdict,
)
from proficiency.delivery.queries import list_attempts
from proficiency.exams.queries import get_form
from proficiency.sittings.queries import get_sitting

KEPT_SECRET = "proficiency.answer_file_secret"  # noqa: S105 - where it is kept

TONES = {
    Standing.UNDECIDED: "warn",
    Standing.ONE_DECIDED: "info",
    Standing.DIFFER: "warn",
    Standing.COUNTS: "good",
    Standing.DOES_NOT_COUNT: "neutral",
}

OUTCOMES = {
    Standing.UNDECIDED: _("Your decision is kept. Somebody else decides next."),
    Standing.ONE_DECIDED: _("Your decision is kept. Somebody else decides next."),
    Standing.DIFFER: _("Your decision is kept. You two differ, so a third person decides."),
    Standing.COUNTS: _("Decided: the answer counts."),
    Standing.DOES_NOT_COUNT: _("Decided: the answer does not count. It is kept all the same."),
}

if set(TONES) != set(Standing) or set(OUTCOMES) != set(Standing):
    raise AssertionError("every standing needs a tone and an outcome")


@dataclass(frozen=True)
class Given:
    """A verdict, as it may be shown to this person."""

    by: str
    words: str
    reason: str
    verdict: Verdict


@dataclass(frozen=True)
class Card:
    """One late answer on the page of a sitting. Others' verdicts are shown once it is decided."""

    answer: LateAnswer
    candidate_number: str
    standing: str
    tone: str
    given: Sequence[Given]
    can_decide: bool
    lacks_people: bool


@dataclass(frozen=True)
class Problem:
    """What was wrong with a verdict that was sent, and what was typed."""

    event_id: str
    message: str
    ground: str
    reason: str


def add_views(bp: Blueprint) -> None:
    """Add these addresses to the room's blueprint."""
    bp.get("/late")(late_work)
    bp.get("/late/<sitting_id>")(late_sitting)
    bp.post("/late/answers/<event_id>")(decide_late)
    bp.post("/late/files")(take_in_file)
    bp.post("/late/files/<file_id>/open")(open_file)


def answer_file_secret() -> bytes:
    """Return the installation's secret for answer files, read once."""
    kept: dict[str, bytes] = current_app.extensions
    if KEPT_SECRET not in kept:
        kept[KEPT_SECRET] = load_secret(web.config().answer_file_secret)
    return kept[KEPT_SECRET]


def answer_file_key(sitting_id: str) -> str:
    """Return the public key with which a page seals an answer file."""
    return public_key_text(answer_file_secret(), sitting_id)


@requires(*DECIDERS)
def late_work() -> str:
    """What came late, sitting by sitting, and the answer files."""
    return _work_page()


def _work_page(problem: str | None = None) -> str:
    session = web.session()
    files = list_files(session)
    return render_template(
        "delivery/late_work.html",
        sittings=list_late_sittings(session, web.actor().id),
        files=files,
        names=names_of(session, _people(files)),
        me=web.actor().id,
        can_take=web.actor().has(Role.EXAM_OFFICER, Role.INVIGILATOR),
        problem=problem,
    )


def _people(files: Sequence[FileView]) -> set[str]:
    people = {file.received_by for file in files} | {file.opened_by for file in files}
    return {person for person in people if person}


@requires(*DECIDERS)
def late_sitting(sitting_id: str) -> str:
    """The late answers of one sitting, each with what is known of when it was written."""
    return _sitting_page(sitting_id)


def _sitting_page(sitting_id: str, problem: Problem | None = None) -> str:
    session = web.session()
    sitting = get_sitting(session, sitting_id)
    rule = get_form(session, sitting.form_id).settings.late_rule or DEFAULT_LATE_RULE
    return render_template(
        "delivery/late_sitting.html",
        sitting=sitting,
        cards=_cards(sitting_id),
        rule=[line.strip() for line in rule.splitlines() if line.strip()],
        closed=why_closed(session, sitting_id),
        grounds=[(ground.value, GROUND_WORDS[ground]) for ground in Ground],
        problem=problem,
    )


def _cards(sitting_id: str) -> list[Card]:
    session, me = web.session(), web.actor().id
    attempts = {attempt.id: attempt for attempt in list_attempts(session, sitting_id)}
    answers = late_answers_of(session, sitting_id)
    names = names_of(session, {d.actor_id for answer in answers for d in answer.decisions})
    closed = why_closed(session, sitting_id) is not None
    lacking = lacking_people(session, answers)
    cards = []
    for answer in answers:
        attempt = attempts[answer.attempt_id]
        is_open = answer.standing not in DECIDED and not closed and answer.is_over
        can_decide = (
            is_open
            and not answer.was_decided_by(me)
            and attempt.candidate_id != me
            and not is_for_others(session, me, attempt.booking_id)
        )
        cards.append(
            Card(
                answer=answer,
                candidate_number=attempt.candidate_number,
                standing=STANDING_NAMES[answer.standing],
                tone=TONES[answer.standing],
                given=_given(answer, names, me),
                can_decide=can_decide,
                lacks_people=is_open and answer.event_id in lacking,
            )
        )
    return cards


def _given(answer: LateAnswer, names: dict[str, str], me: str) -> list[Given]:
    """Each decides by themselves: what others said is shown only when it is decided."""
    return [
        Given(
            names.get(each.actor_id, each.actor_id),
            GROUND_WORDS[each.ground],
            each.reason or _("(erased)"),
            each.verdict,
        )
        for each in answer.decisions
        if each.actor_id == me or answer.standing in DECIDED
    ]


@requires(*DECIDERS)
def decide_late(event_id: str) -> ResponseReturnValue:
    """Keep a verdict on one late answer."""
    answer = get_late_answer(web.session(), event_id)
    given, reason = request.form.get("ground", ""), request.form.get("reason", "")
    try:
        ground = _read_ground(given)
        with web.transaction() as session:
            standing = decide_late_answer(
                session, web.actor(), web.now(), event_id=event_id, ground=ground, reason=reason
            )
    except Invalid as fault:
        problem = Problem(event_id, fault.message, given, reason)
        return _sitting_page(answer.sitting_id, problem), fault.status
    flash(OUTCOMES[standing], "success")
    return redirect(url_for("delivery.late_sitting", sitting_id=answer.sitting_id), 303)


def _read_ground(given: str) -> Ground:
    if given not in {ground.value for ground in Ground}:
        raise Invalid(_("Choose whether it counts, and why."))
    return Ground(given)


@requires(Role.EXAM_OFFICER, Role.INVIGILATOR)
def take_in_file() -> ResponseReturnValue:
    """Keep an answer file that a candidate sent."""
    request.max_content_length = MOST_BYTES + 64 * 1024
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise Invalid(_("Choose the file that the candidate sent."))
        with web.transaction() as session:
            receive_answer_file(session, web.actor(), web.now(), content=sent.read())
    except (Invalid, NotFound) as fault:
        return _work_page(fault.message), 422
    flash(_("The answer file is kept. A second person opens it."), "success")
    return redirect(url_for("delivery.late_work"), 303)


def _opened(kept: int) -> str:
    if kept == 0:
        return _("The file held nothing that the server did not have already.")
    if kept == 1:
        return _("The file held one answer that the server lacked. Two people decide about it.")
    words = _("The file held {n} answers that the server lacked. Two people decide about each.")
    return words.format(n=kept)


@requires(Role.EXAM_OFFICER, Role.INVIGILATOR)
def open_file(file_id: str) -> ResponseReturnValue:
    """Open an answer file that somebody else took in."""
    with web.transaction() as session:
        kept = open_answer_file(
            session, web.actor(), web.now(), file_id=file_id, secret=answer_file_secret()
        )
    flash(_opened(kept), "success")
    return redirect(url_for("delivery.late_work"), 303)
