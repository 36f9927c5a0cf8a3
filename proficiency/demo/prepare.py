"""Prepares the demonstration at its first start, and opens a fresh sitting at a later one."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from proficiency.accounts.queries import list_accounts
from proficiency.core import migrate
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.config import ROOT, Config
from proficiency.core.db import Database
from proficiency.core.jobs import work_all
from proficiency.core.operation import transaction
from proficiency.demo import before, late, people, room, story, workshop
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.queries import get_form, list_forms
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.framework.operations import import_packaged_framework
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from proficiency.sittings.queries import list_bookings, list_sittings
from proficiency.sittings.rules import SittingPhase, sitting_phase

Say = Callable[[str], object]
OPEN_FOR = timedelta(hours=18)
CANDIDATES_PER_SITTING = 6

INSTRUCTIONS = """\
You will read two case studies. Each has two stages. When you open the second stage you can still
read the first, and you can no longer change what you wrote there.

Everything that you write is saved as you write it. The page always says whether it is on the
server. If your connection fails, go on writing: it catches up by itself.

Spelling, grammar and typing speed are not marked. Points are welcome.
"""
EXAM_RULES = """\
I will work alone and without help from other people or tools that write for me.

I will not copy, photograph or pass on the questions.

I understand that the room is watched by an invigilator for the whole time.
"""


def prepare(config: Config, database: Database, now: datetime, say: Say) -> None:
    """Bring the demonstration to where a newcomer can use it; the second time this is quick."""
    migrate.upgrade(database)
    with database.read() as session:
        is_new = not list_accounts(session)
    if is_new:
        say("Preparing the demonstration: people, cases, six sittings. About ten seconds …")
        _first_time(database, now)
    elif not _has_open_sitting(database, now):
        say("Opening a fresh sitting …")
        _open_sittings(database, people.make_staff(database, now), now)
    _tell(database, now, say)


SAT_CASES = ("a-place-to-land", "one-file-too-many")
"""The cases of the demonstration's paper; the rest of the bank is there to look at."""

PAPER = "Demonstration paper"


def _first_time(database: Database, now: datetime) -> None:
    long_ago = now - timedelta(days=40)
    staff = people.make_staff(database, long_ago)
    with transaction(database) as session:
        import_packaged_framework(session, SYSTEM, long_ago)
    versions = {}
    for path in sorted((ROOT / "scenarios").glob("*.md")):
        with transaction(database) as session:
            version = publish_case(
                session, staff["author"], long_ago,
                text=path.read_text(encoding="utf-8"), file=path.name, files=read_files(path),
            )  # fmt: skip
            versions[version.aggregate_id] = version.id
    with transaction(database) as session:
        scheme = create_scheme_version(
            session,
            staff["officer"],
            long_ago,
            name="certificate-of-proficiency",
            title="Certificate of Proficiency (demonstration)",
            kind=SchemeKind.DEMONSTRATION,
            settings=SchemeSettings(minutes=150, instructions=INSTRUCTIONS, exam_rules=EXAM_RULES),
        )
    with transaction(database) as session:
        form = assemble_form(
            session, staff["officer"], long_ago,
            scheme_version_id=scheme.id, title=PAPER,
            case_version_ids=[versions[name] for name in SAT_CASES],
        )  # fmt: skip
        form_id = form.id
    room.make_paper(database, staff["officer"], versions, long_ago)
    before.offer_practice(database, staff["officer"], versions, long_ago)
    stage = story.set_stage(database, staff, form_id)
    _released(stage, now - timedelta(days=30))
    _in_moderation(stage, now - timedelta(days=14))
    _in_marking(stage, now - timedelta(days=6))
    _open_sittings(database, staff, now)
    _with_late_work(stage, now - timedelta(days=2))
    workshop.put_in_review(database, staff, now - timedelta(days=4))
    work_all(database, now)


def _sat(stage: story.Stage, title: str, opens_at: datetime, first: int, count: int) -> str:
    candidates = people.make_candidates(stage.database, opens_at - timedelta(days=2), first, count)
    sitting_id, bookings = story.schedule(stage, title, opens_at, timedelta(hours=1), candidates)
    for place, (candidate, booking) in enumerate(zip(candidates, bookings, strict=True)):
        start = opens_at + timedelta(minutes=place)
        story.sit(stage, candidate, booking, start, ability=25 + 65 * place // (count - 1))
    return sitting_id


def _released(stage: story.Stage, day: datetime) -> None:
    sitting_id = _sat(stage, "Autumn sitting 1", day, 1, 8)
    story.mark(stage, sitting_id, day + timedelta(days=2))
    story.adjudicate(stage, sitting_id, day + timedelta(days=3))
    story.moderate(stage, sitting_id, day + timedelta(days=5))
    story.release(stage, sitting_id, day + timedelta(days=8))


def _in_moderation(stage: story.Stage, day: datetime) -> None:
    sitting_id = _sat(stage, "Autumn sitting 2", day, 9, 6)
    story.mark(stage, sitting_id, day + timedelta(days=2))
    story.adjudicate(stage, sitting_id, day + timedelta(days=3))
    story.review_one(stage, sitting_id, day + timedelta(days=4))


def _in_marking(stage: story.Stage, day: datetime) -> None:
    sitting_id = _sat(stage, "Autumn sitting 3", day, 15, 6)
    story.mark(stage, sitting_id, day + timedelta(days=2), at_most=14)


def _with_late_work(stage: story.Stage, day: datetime) -> None:
    first = 21 + CANDIDATES_PER_SITTING + room.CANDIDATES
    sitting_id = _sat(stage, "Autumn sitting 4", day, first, 2)
    (candidate,) = people.make_candidates(stage.database, day - timedelta(days=2), first + 2, 1)
    late.sit_and_lose_the_connection(stage, sitting_id, candidate, day)


def _open_sittings(database: Database, staff: Mapping[str, Actor], now: datetime) -> None:
    """Open a sitting to start at once, and one in which people sit before an invigilator."""
    _open_sitting(_stage(database, staff, PAPER), now)
    stage = _stage(database, staff, room.PAPER)
    candidates = _new_candidates(database, now, room.CANDIDATES)
    room.fill(stage, f"Watched sitting of {now:%-d %B %Y}", now, candidates)


def _new_candidates(database: Database, now: datetime, count: int) -> list[Actor]:
    with database.read() as session:
        known = sum("candidate" in account.email for account in list_accounts(session))
    return people.make_candidates(database, now - timedelta(days=2), known + 1, count)


def _open_sitting(stage: story.Stage, now: datetime) -> None:
    candidates = _new_candidates(stage.database, now, CANDIDATES_PER_SITTING)
    opens_at = now - timedelta(minutes=10)
    _sitting_id, bookings = story.schedule(
        stage, f"Sitting of {now:%-d %B %Y}", opens_at, OPEN_FOR, candidates
    )
    before.prepare_candidates(stage, candidates, bookings, opens_at)


def _stage(database: Database, staff: Mapping[str, Actor], paper: str) -> story.Stage:
    with database.read() as session:
        form_id = next(form.id for form in list_forms(session) if form.title == paper)
    return story.set_stage(database, staff, form_id)


def _has_open_sitting(database: Database, now: datetime) -> bool:
    with database.read() as session:
        return any(
            sitting_phase(s.opens_at, s.last_start_at, s.cancelled_at, now) is SittingPhase.OPEN
            for s in list_sittings(session)
        )


def _tell(database: Database, now: datetime, say: Say) -> None:
    say("")
    say(f"Sign in with the password: {people.PASSWORD}")
    for email, what in _candidates_to_be(database, now):
        say(f"  {'candidate':<17} {email}  ({what})")
    for part in people.STAFF:
        say(f"  {part.roles[0]:<17} {people.email_of(part.login)}")
    say("")


def _candidates_to_be(database: Database, now: datetime) -> list[tuple[str, str]]:
    """Return whom a newcomer can be: at the start of an exam, before a door, with a result."""
    booked: dict[bool, list[str]] = {}
    with database.read() as session:
        emails = {account.id: account.email for account in list_accounts(session)}
        for sitting in list_sittings(session):
            if sitting.phase(now) is SittingPhase.OPEN:
                is_watched = get_form(session, sitting.form_id).settings.invigilated
                bookings = list_bookings(session, sitting.id)
                booked[is_watched] = sorted((emails[b.candidate_id] for b in bookings), key=_number)
    return [
        (booked[False][-1], "booked on the sitting that is open now"),
        (booked[True][0], "booked where candidates show who they are and are let in"),
        (people.email_of("candidate8"), "has a released result"),
    ]


def _number(email: str) -> int:
    return int(email.split("@")[0].removeprefix("candidate"))


__all__ = ["prepare"]
