"""A room of the demonstration: people sit before an invigilator, each in another state.

Everything that an invigilator meets in an hour is there at once: somebody waits at the door, a
clock is stopped, a hand is up. No browser is open for these people, so their pages count as silent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from proficiency.core.access import Actor
from proficiency.core.chance import new_id
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.delivery.admission import CheckMeans, DocumentType
from proficiency.delivery.checking_in import admit, arrive, check_identity
from proficiency.delivery.time_operations import record_pause
from proficiency.demo import story
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.invigilation.operations import raise_hand, send_message, write_down
from proficiency.invigilation.rules import EntryKind, Topic

PAPER = "Watched paper"
CASES = ("after-ten-oclock", "the-depot-job")
"""Between them they ask in every format."""

CANDIDATES = 7
OPEN_FOR = timedelta(hours=18)
HELP_PHONE = "0808 157 0192"
"""A number that is kept for stories, so that nobody is rung up."""

MINUTE = timedelta(minutes=1)


def make_paper(
    database: Database, officer: Actor, versions: Mapping[str, str], at: datetime
) -> None:
    """Make a paper whose candidates show who they are, are let in and are watched over."""
    with transaction(database) as session:
        scheme = create_scheme_version(
            session,
            officer,
            at,
            name="watched-over",
            title="Certificate of Proficiency, with an invigilator (demonstration)",
            kind=SchemeKind.DEMONSTRATION,
            settings=SchemeSettings(
                minutes=150,
                break_minutes=20,
                invigilated=True,
                identity_check=True,
                help_phone=HELP_PHONE,
            ),
        )
        assemble_form(
            session, officer, at,
            scheme_version_id=scheme.id, title=PAPER,
            case_version_ids=[versions[name] for name in CASES],
        )  # fmt: skip


def fill(stage: story.Stage, title: str, now: datetime, candidates: Sequence[Actor]) -> None:
    """Open a sitting half an hour ago; nobody came yet of the first, and so on to a raised hand."""
    opened = now - 30 * MINUTE
    sitting_id, bookings = story.schedule(stage, title, opened, OPEN_FOR, candidates)
    _absent, at_the_door, let_in, *writing = zip(candidates, bookings, strict=True)
    stage.act(arrive, at_the_door[0], now - 4 * MINUTE, booking_id=at_the_door[1])
    _let_in(stage, *let_in, now - 6 * MINUTE)
    attempts = [
        _write(stage, *each, opened + place * MINUTE, 3 + 2 * place)
        for place, each in enumerate(writing)
    ]
    _tell_all(stage, sitting_id, opened + 5 * MINUTE)
    stage.act(
        record_pause, "invigilator", now - 5 * MINUTE,
        attempt_id=attempts[1], reason="The fire alarm of their house is ringing.",
    )  # fmt: skip
    stage.act(
        write_down, "invigilator", now - 4 * MINUTE,
        sitting_id=sitting_id, booking_id=writing[1][1], kind=EntryKind.INCIDENT,
        text="A fire alarm. They went out to the street and rang from there.", key=new_id(),
    )  # fmt: skip
    _call(stage, *writing[2], now - 2 * MINUTE, Topic.QUESTION_WRONG, stage.items[4].id)


def _let_in(stage: story.Stage, candidate: Actor, booking_id: str, at: datetime) -> None:
    """Arrive, show a passport to the camera, and be let in."""
    stage.act(arrive, candidate, at, booking_id=booking_id)
    stage.act(
        check_identity, "invigilator", at + MINUTE,
        booking_id=booking_id, document=DocumentType.PASSPORT, means=CheckMeans.BY_CAMERA,
    )  # fmt: skip
    stage.act(admit, "invigilator", at + MINUTE, booking_id=booking_id)


def _write(
    stage: story.Stage, candidate: Actor, booking_id: str, at: datetime, answers: int
) -> str:
    """Be let in, start, and answer so many questions; return the attempt's id."""
    _let_in(stage, candidate, booking_id, at)
    attempt_id = story.begin(stage, candidate, booking_id, at + 2 * MINUTE)
    in_first_stage = [item for item in stage.items if item.stage == 1]
    for place in range(min(answers, len(in_first_stage))):
        story.write(stage, candidate, attempt_id, place, at + (3 + place) * MINUTE, ability=60)
    return attempt_id


def _tell_all(stage: story.Stage, sitting_id: str, at: datetime) -> None:
    stage.act(
        send_message, "invigilator", at,
        sitting_id=sitting_id, booking_id=None, key=new_id(),
        text="Good morning. I am here for the whole time: press Help whenever you need me.",
    )  # fmt: skip


def _call(
    stage: story.Stage,
    candidate: Actor,
    booking_id: str,
    at: datetime,
    topic: Topic,
    item_id: str,
) -> None:
    stage.act(
        raise_hand, candidate, at,
        booking_id=booking_id, topic=topic, item_id=item_id, key=new_id(),
        text="Two of the answers seem to say the same.",
    )  # fmt: skip
