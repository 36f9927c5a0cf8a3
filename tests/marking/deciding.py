"""A sitting with answers that people decide about, made by the real operations."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.exams.operations import assemble_form
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.items.rules import get_format
from proficiency.marking.answer_operations import decide_answer
from proficiency.marking.answers import digest_of, distinct_answers, load_history
from proficiency.marking.operations import open_marking
from proficiency.marking.queries import list_responses, response_marks
from proficiency.scenarios.operations import publish_case
from tests.exams import factory as exams
from tests.factories import act, person
from tests.marking.factory import World, sit
from tests.scenarios.factory import ABOUT, FRONT, STORY
from tests.sittings import factory as sittings

CASE = f"""{FRONT}{STORY}
## Question 1
short answer · 1 mark · standards 3.5 · name the-duty

What is this duty called? One to three words.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| duty of candour | 1 | Its name. |
| openness | 0.5 | Half of it. |
| politeness | 0 | Another thing. |

## Question 2
key features, write-in · up to 2 answers · 2 marks · standards 14.2 · name first-steps

What do you do first? One action in each box.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| Tell Owen | 1 | It is his home. |
| Change the lock | 1 | Nobody knows who has the key. |

## Question 3
numeric · 2 marks · standards 7.4 · name the-rest

How much is left?

### Accepted

| Answer | Marks | Why |
|---|---|---|
| £4,105 | 2 | All subtracted. |
{ABOUT}"""

Given = Sequence[Mapping[str, Any]]
"""What one candidate sends for each of the three questions, {} for nothing."""


def gave(
    short: str = "Duty of candour",
    boxes: Sequence[str] = ("Tell Owen", "Change the lock"),
    number: str = "£4,105",
) -> Given:
    """What one candidate sends; known answers unless told."""
    return ({"text": short}, {"answers": list(boxes)}, {"text": number})


def form_of_answers(database: Database) -> Any:
    """A form of the three questions."""
    version = act(database, publish_case, SYSTEM, text=CASE, file="case.md", is_sample=True)
    return act(
        database,
        assemble_form,
        SYSTEM,
        scheme_version_id=exams.scheme(database).id,
        title="Paper A",
        case_version_ids=[version.id],
    )


def deciding(database: Database, *given: Given) -> World:
    """A sitting in marking, one candidate for each of `given`; three assessors and a lead."""
    form = form_of_answers(database)
    sitting = sittings.sitting(database, form.id)
    with database.read() as session:
        items = tuple(list_form_items(session, form.id))
    people = tuple(sittings.candidate(database, f"Zebedee Canary {n}") for n in range(len(given)))
    bookings = [sittings.booking(database, sitting.id, each.id) for each in people]
    attempts = tuple(
        sit(database, each, booking.id, items, lambda item, n=n: given[n][item.number - 1] or None)
        for n, (each, booking) in enumerate(zip(people, bookings, strict=True))
    )
    world = World(
        database=database,
        sitting_id=sitting.id,
        form_id=form.id,
        items=items,
        candidates=people,
        attempts=attempts,
        numbers=tuple(booking.candidate_number for booking in bookings),
        lead=person(database, Role.LEAD_ASSESSOR, name="Lena Lead"),
        assessors=tuple(
            person(database, Role.ASSESSOR, name=f"Assessor {name}")
            for name in ("Ann", "Bob", "Cat")
        ),
    )
    world.do(open_marking, world.lead, sitting_id=world.sitting_id)
    return world


def about(world: World, item: FormItemView, text: str) -> dict[str, Any]:
    """The arguments that name one answer."""
    return {
        "sitting_id": world.sitting_id,
        "form_item_id": item.id,
        "digest": digest_of(world.sitting_id, item.id, text),
    }


def decide(
    world: World, actor: Actor, item: FormItemView, text: str, point: str = "", **more: Any
) -> Any:
    """Let one person decide about one answer; worth nothing unless told."""
    return world.do(decide_answer, actor, **about(world, item, text), point=point, **more)


def agree(world: World, item: FormItemView, text: str, point: str = "", **more: Any) -> None:
    """Let Ann and Bob say the same."""
    for actor in (world.ann, world.bob):
        decide(world, actor, item, text, point, **more)


def decide_everything(world: World) -> None:
    """Let Ann and Bob say of every answer that is not decided that it is worth nothing."""
    for item in world.items:
        if get_format(item.format).is_decided_by_people:
            history = world.read(load_history, world.sitting_id, item.id)
            for answer in world.read(distinct_answers, world.sitting_id, item).values():
                if history.state(answer.digest).decision is None:
                    agree(world, item, answer.text)


def marks_of(world: World, item: FormItemView) -> list[Fraction | None]:
    """The newest machine mark of each candidate for an item, in the order of the candidates."""
    found = {}
    for response in world.read(list_responses, world.sitting_id, form_item_id=item.id):
        marks = world.read(response_marks, response.id)
        found[response.attempt_id] = marks[-1].mark if marks else None
    return [found[attempt] for attempt in world.attempts]


def by_name(world: World, name: str) -> FormItemView:
    """One of the three questions by its name."""
    return next(item for item in world.items if item.name == name)
