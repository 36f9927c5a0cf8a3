"""What waits for a person: one section for each kind of work that their roles give them.

Every line says how many or what, and leads to the page where it is done. The rooms say what waits;
nothing is decided here. No section shows an outcome.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from proficiency.accounts.rules import Role
from proficiency.authoring.waiting import Duty, list_waiting
from proficiency.core.access import Actor
from proficiency.core.show import duration, when_text
from proficiency.core.text import _
from proficiency.delivery.late import list_waiting_sittings
from proficiency.delivery.queries import AttemptSummary, find_attempts_of_bookings, list_attempts
from proficiency.delivery.rules import Phase
from proficiency.marking.queries import rounds_by_sitting
from proficiency.marking.readiness import broken, check_closing, check_opening
from proficiency.marking.rules import RoundKind
from proficiency.marking.worklist import SittingWork, list_work
from proficiency.moderation.sittings import list_moderations
from proficiency.pages.queries import get_health
from proficiency.preparation.arrangements import list_waiting_requests
from proficiency.preparation.details import find_details
from proficiency.preparation.place import get_place
from proficiency.results.board import PROGRESS_WORDS, Progress, SittingProgress, list_progress
from proficiency.results.queries import find_released_result
from proficiency.scenarios.queries import list_cases
from proficiency.sittings.queries import (
    SittingView,
    count_bookings,
    get_sitting,
    list_candidate_bookings,
    list_sittings,
)
from proficiency.sittings.rules import SittingPhase
from proficiency.standard_setting.page import list_cut_scores


class Tone(StrEnum):
    """How a status is shown; in words it says the same."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Link:
    """A page and its address's values; the page may not exist in this installation."""

    endpoint: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One thing that waits, or that a person should know."""

    name: str
    link: Link | None = None
    status: str = ""
    tone: Tone = Tone.NEUTRAL
    hint: str = ""


@dataclass(frozen=True)
class Section:
    """What one kind of work has for this person. `nothing` says it kindly when there is none."""

    title: str
    tasks: tuple[Task, ...]
    nothing: str


Lines = Iterator[Task]
Builder = Callable[[Session, Actor, datetime], Lines]


@dataclass(frozen=True)
class _Part:
    """A section before it is asked what waits, and the roles that have it."""

    title: str
    roles: tuple[Role, ...]
    build: Builder
    nothing: str


def what_waits(session: Session, actor: Actor, now: datetime) -> list[Section]:
    """Return a section for each kind of work that the actor's roles give them, in a fixed order."""
    return [
        Section(part.title, tuple(part.build(session, actor, now)), part.nothing)
        for part in PARTS
        if actor.has(*part.roles)
    ]


def _of(title: str, what: str) -> str:
    """A line's name says which sitting it is of, for links are also read out of their context."""
    return _("{title}: {what}").format(title=title, what=what)


# Candidates


def _exams(session: Session, actor: Actor, now: datetime) -> Lines:
    bookings = [each for each in list_candidate_bookings(session, actor.id) if each.is_booked]
    attempts = find_attempts_of_bookings(session, [booking.id for booking in bookings])
    for booking in bookings:
        sitting = get_sitting(session, booking.sitting_id)
        if booking.id in attempts:
            yield _sat_exam(session, sitting, attempts[booking.id])
        else:
            yield _booked_exam(sitting, booking.id, now)
            if get_place(session, booking.id).stands(now) and not find_details(session, booking.id):
                link = Link("preparation.details", {"booking_id": booking.id})
                what = _of(sitting.title, _("tell us four things that we need from you"))
                yield Task(what, link, _("to do"), Tone.WARN)


def _sat_exam(session: Session, sitting: SittingView, attempt: AttemptSummary) -> Task:
    if attempt.phase is Phase.WRITING:
        link = Link("delivery.attempt", {"attempt_id": attempt.id})
        return Task(sitting.title, link, _("go on writing"), Tone.WARN, _("Your exam is open."))
    link = Link("results.my_result", {"attempt_id": attempt.id})
    hint = _("You sat it on {when}.").format(when=when_text(attempt.started_at))
    if find_released_result(session, attempt.id) is None:
        return Task(sitting.title, link, _("result not ready yet"), Tone.NEUTRAL, hint)
    return Task(sitting.title, link, _("result ready"), Tone.GOOD, hint)


def _booked_exam(sitting: SittingView, booking_id: str, now: datetime) -> Task:
    link = Link("preparation.booking", {"booking_id": booking_id})
    phase = sitting.phase(now)
    if phase is SittingPhase.SCHEDULED:
        hint = _("Starts from {start} to {end}.").format(
            start=when_text(sitting.opens_at), end=when_text(sitting.last_start_at)
        )
        return Task(sitting.title, link, _("booked"), Tone.INFO, hint)
    if phase is SittingPhase.OPEN:
        hint = _("You can start until {end}.").format(end=when_text(sitting.last_start_at))
        link = Link("delivery.check_in", {"booking_id": booking_id})
        return Task(sitting.title, link, _("open now"), Tone.WARN, hint)
    if phase is SittingPhase.CANCELLED:
        return Task(sitting.title, link, _("cancelled"), Tone.BAD)
    return Task(sitting.title, link, _("not sat"), Tone.NEUTRAL, _("Its time is over."))


# Marking


def _marking(session: Session, actor: Actor, now: datetime) -> Lines:
    for work in list_work(session, actor):
        yield from _marking_of(work)
    if actor.has(Role.LEAD_ASSESSOR):
        yield from _rounds(session, now)
        yield from _under_way(session)


def _marking_of(work: SittingWork) -> Lines:
    if work.conflict is not None:
        return
    queue = Link("marking.queue")
    for question in work.questions:
        waiting = question.waiting + question.is_held
        if waiting:
            what = _("mark question {n}").format(n=question.question)
            status = _("{n} to mark").format(n=waiting)
            yield Task(_of(work.title, what), queue, status, Tone.INFO)
    for answers in work.answers:
        if answers.waiting:
            what = _("decide about answers to question {n}").format(n=answers.question)
            values = {"sitting_id": work.sitting_id, "form_item_id": answers.form_item_id}
            status = _("{n} to decide").format(n=answers.waiting)
            yield Task(_of(work.title, what), Link("marking.answers", values), status, Tone.INFO)
    if work.adjudications:
        status = _("{n} to settle").format(n=work.adjudications)
        yield Task(_of(work.title, _("adjudicate")), queue, status, Tone.WARN)


def _rounds(session: Session, now: datetime) -> Lines:
    """Markings that can be opened or closed now."""
    rounds = rounds_by_sitting(session)
    for sitting in list_sittings(session):
        values = {"sitting_id": sitting.id}
        happened = rounds.get(sitting.id, frozenset())
        if not happened and not broken(check_opening(session, sitting.id, now)):
            link = Link("marking.opening", values)
            yield Task(_of(sitting.title, _("open the marking")), link, _("ready"), Tone.INFO)
        if happened == {RoundKind.OPENED} and not broken(check_closing(session, sitting.id)):
            link = Link("marking.closing", values)
            yield Task(_of(sitting.title, _("close the marking")), link, _("ready"), Tone.INFO)


def _under_way(session: Session) -> Lines:
    """Markings that go on, for whoever keeps an eye on them."""
    rounds = rounds_by_sitting(session)
    for sitting in list_sittings(session):
        is_open = rounds.get(sitting.id, frozenset()) == {RoundKind.OPENED}
        if is_open and broken(check_closing(session, sitting.id)):
            link = Link("marking.overview", {"sitting_id": sitting.id})
            yield Task(_of(sitting.title, _("see how the marking goes")), link, _("in marking"))


# Moderation


def _moderation(session: Session, actor: Actor, now: datetime) -> Lines:
    for line in list_moderations(session, actor):
        if line.conflict is not None or line.state.is_signed_off:
            continue
        if not line.state.is_opened:
            link = Link("moderation.sittings")
            yield Task(_of(line.title, _("open the moderation")), link, _("ready"), Tone.INFO)
            continue
        link = Link("moderation.review", {"sitting_id": line.sitting_id})
        if line.waits_for_reader:
            what = _("review and sign the marks")
            yield Task(_of(line.title, what), link, _("waits for your signature"), Tone.WARN)
        else:
            status = _("you signed; {n} more needed").format(n=line.state.missing.people)
            yield Task(_of(line.title, _("review the marks")), link, status)


# The board


def _decisions(session: Session, actor: Actor, now: datetime) -> Lines:
    lines = list_progress(session, actor)
    progress = {line.sitting_id: line for line in lines}
    for cut in list_cut_scores(session, actor):
        link = Link("standard_setting.cut_score", {"sitting_id": cut.sitting_id})
        if cut.waits_for_reader:
            status = _("waits for your signature")
            yield Task(_of(cut.title, _("adopt the cut score")), link, status, Tone.WARN)
        elif cut.state is None and progress[cut.sitting_id].progress in _NEAR_RESULTS:
            what = _("propose a cut score")
            yield Task(_of(cut.title, what), link, _("none yet"), Tone.INFO)
    yield from _results_to_decide(lines)
    yield from _late_work(session, actor)


_NEAR_RESULTS = {Progress.MARKING, Progress.MODERATION, Progress.CUT_SCORE}


def _results_to_decide(lines: Iterable[SittingProgress]) -> Lines:
    for line in lines:
        link = Link("results.sitting", {"sitting_id": line.sitting_id})
        if line.waits_for_reader:
            what = _("approve the results")
            yield Task(_of(line.title, what), link, _("waits for you"), Tone.WARN)
        elif line.progress is Progress.COMPUTING:
            yield Task(_of(line.title, _("compute the results")), link, _("ready"), Tone.INFO)


# Officers and invigilators


def _sittings_now(session: Session, actor: Actor, now: datetime) -> Lines:
    yield from _requests(session, actor)
    booked = count_bookings(session)
    marked = rounds_by_sitting(session)  # opened only when nobody writes any more
    for sitting in list_sittings(session):
        if sitting.id in marked:
            continue
        phase = sitting.phase(now)
        link = Link("sittings.sitting", {"sitting_id": sitting.id})
        if phase is SittingPhase.SCHEDULED:
            hint = _("Opens {when}.").format(when=when_text(sitting.opens_at))
            status = _("{n} booked").format(n=booked.get(sitting.id, 0))
            yield Task(sitting.title, link, status, Tone.NEUTRAL, hint)
        elif phase is not SittingPhase.CANCELLED:
            yield from _running(session, sitting, phase, booked.get(sitting.id, 0))
    yield from _late_work(session, actor)


def _requests(session: Session, actor: Actor) -> Lines:
    """Adjustments that candidates ask for; only exam officers read and decide them."""
    count = len(list_waiting_requests(session)) if actor.has(Role.EXAM_OFFICER) else 0
    if count:
        status = _("{n} to decide").format(n=count)
        name = _("Requests for adjustments")
        yield Task(name, Link("preparation.requests"), status, Tone.WARN)


def _late_work(session: Session, actor: Actor) -> Lines:
    for line in list_waiting_sittings(session, actor.id):
        if line.waiting_for_reader:
            link = Link("delivery.late_sitting", {"sitting_id": line.sitting_id})
            status = _("{n} to decide").format(n=line.waiting_for_reader)
            yield Task(_of(line.title, _("decide about late answers")), link, status, Tone.WARN)


def _running(session: Session, sitting: SittingView, phase: SittingPhase, booked: int) -> Lines:
    attempts = list_attempts(session, sitting.id)
    writing = sum(attempt.phase is Phase.WRITING for attempt in attempts)
    if phase is SittingPhase.RUNNING and not writing:
        return
    hint = _("{started} of {booked} have started, {writing} are writing.").format(
        started=len(attempts), booked=booked, writing=writing
    )
    status = _("open now") if phase is SittingPhase.OPEN else _("still writing")
    link = Link("invigilation.room", {"sitting_id": sitting.id})
    yield Task(_of(sitting.title, _("watch over the room")), link, status, Tone.WARN, hint)


def _next_steps(session: Session, actor: Actor, now: datetime) -> Lines:
    lines = list_progress(session, actor)
    yield from _rounds(session, now)
    yield from _results_to_decide(lines)
    for line in lines:
        if line.progress in _UNDER_WAY:
            link = Link("results.sitting", {"sitting_id": line.sitting_id})
            words, tone = PROGRESS_WORDS[line.progress]
            yield Task(line.title, link, words, Tone(tone))
    yield from _problems(session, now)


_UNDER_WAY = {Progress.MARKING, Progress.MODERATION, Progress.CUT_SCORE}


# Authors, panels, operators


def _cases(session: Session, actor: Actor, now: datetime) -> Lines:
    waiting = list_waiting(session, actor)
    for duty, (what, status, tone) in _CASE_DUTIES.items():
        mine = [each for each in waiting if each.duty is duty]
        for each in mine[:MOST_CASES]:
            link = Link("authoring.work", {"work_id": each.work_id})
            yield Task(_of(each.title, what), link, status, tone)
        if len(mine) > MOST_CASES:
            more = _("{n} more").format(n=len(mine) - MOST_CASES)
            yield Task(_of(_("Other cases"), what), Link("authoring.works"), more, tone)
    if actor.has(Role.CONTENT_AUTHOR):
        yield Task(_("Write a case"), Link("authoring.works"))
        status = _("{n} published").format(n=len(list_cases(session)))
        yield Task(_("Published cases"), Link("scenarios.cases"), status)


MOST_CASES = 5
"""Cases of one kind that are named; the others are counted."""

_CASE_DUTIES: Mapping[Duty, tuple[str, str, Tone]] = {
    Duty.RETURNED: (_("read why, and write on"), _("returned to you"), Tone.WARN),
    Duty.REVIEW: (_("review it as a peer"), _("to review"), Tone.INFO),
    Duty.SIGN: (_("review and sign it"), _("to sign"), Tone.WARN),
    Duty.SETTLE: (_("settle the reported leak"), _("frozen"), Tone.BAD),
    Duty.RELEASE: (_("make it live, or note its pilot"), _("approved"), Tone.INFO),
}


def _released(session: Session, actor: Actor, now: datetime) -> Lines:
    released = [
        line for line in list_progress(session, actor) if line.progress is Progress.RELEASED
    ]
    for line in released:
        link = Link("results.sitting", {"sitting_id": line.sitting_id})
        yield Task(line.title, link, _("released"), Tone.GOOD)


def _installation(session: Session, actor: Actor, now: datetime) -> Lines:
    if get_health(session, now).is_working:
        yield Task(_("Background worker"), Link("pages.health"), _("alive"), Tone.GOOD)
    yield from _problems(session, now)
    yield Task(_("People and their roles"), Link("accounts.people"))


def _problems(session: Session, now: datetime) -> Lines:
    """What does not work by itself at this moment."""
    health = get_health(session, now)
    link = Link("pages.health")
    if health.forgetful:
        hint = " ".join(health.forgetful)
        yield Task(_("The database may forget"), link, _("no exam opens"), Tone.BAD, hint)
    if not health.is_working:
        seen = _("never seen")
        if health.worker_age is not None:
            seen = _("silent for {age}").format(age=duration(health.worker_age))
        hint = _("Mail waits, and attempts whose time is over are recorded late.")
        yield Task(_("Background worker"), link, seen, Tone.BAD, hint)
    if health.failing_messages:
        status = _("{n} failing").format(n=health.failing_messages)
        hint = _("They are tried again by themselves. If it stays so, tell the operator.")
        yield Task(_("Messages that could not be sent"), link, status, Tone.BAD, hint)


PARTS = (
    _Part(
        _("Your exams"),
        (Role.CANDIDATE,),
        _exams,
        _("You are not booked for an exam. When an officer books you, it appears here."),
    ),
    _Part(
        _("Marking"),
        (Role.ASSESSOR, Role.LEAD_ASSESSOR),
        _marking,
        _("Nothing to mark. Responses appear here when the marking of a sitting is opened."),
    ),
    _Part(
        _("Moderation"),
        (Role.MODERATOR, Role.LAY_MEMBER),
        _moderation,
        _("Nothing to review. Marks come here when the marking of a sitting is closed."),
    ),
    _Part(
        _("Decisions of the board"),
        (Role.ASSESSMENT_BOARD,),
        _decisions,
        _("Nothing to decide."),
    ),
    _Part(
        _("Sittings now and to come"),
        (Role.EXAM_OFFICER, Role.INVIGILATOR),
        _sittings_now,
        _("No sitting is open or scheduled."),
    ),
    _Part(
        _("On the way to results"),
        (Role.EXAM_OFFICER,),
        _next_steps,
        _("No sitting is between its exam and its results."),
    ),
    _Part(
        _("Case studies"),
        (Role.CONTENT_AUTHOR, Role.EXAM_OFFICER, Role.MODERATOR, Role.LAY_MEMBER),
        _cases,
        _("No case waits for you. Cases to review and to sign appear here."),
    ),
    _Part(
        _("Released results"),
        (Role.PANEL_MEMBER,),
        _released,
        _("No results are released yet. A panel sees a sitting’s results from their release."),
    ),
    _Part(
        _("The installation"),
        (Role.OPERATOR,),
        _installation,
        "",
    ),
    _Part(
        _("Standard setting"),
        (Role.JUDGE,),
        lambda session, actor, now: iter(()),
        _("Rating exercises are not held on this site yet."),
    ),
)
"""In the order of an exam's life. A person with several roles has several sections."""
