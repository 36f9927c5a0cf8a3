"""Two people at the same moment: nobody gets the same place, nothing slips behind the closing."""

import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.errors import Refused
from proficiency.marking.models import Allocation, Mark
from proficiency.marking.operations import (
    claim_adjudication,
    claim_response,
    close_marking,
    record_mark,
)
from proficiency.marking.queries import is_marking_closed
from tests.factories import act, person
from tests.marking.factory import AFTER, even, in_marking


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """Run `verbs` in threads that start together; returns what each gave or was refused with."""
    barrier = threading.Barrier(len(verbs))
    results: list[Any] = [None] * len(verbs)

    def run(place: int) -> None:
        barrier.wait()
        try:
            results[place] = verbs[place]()
        except Refused as refusal:
            results[place] = refusal

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(verbs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_three_who_draw_at_once_share_two_places(database: Database) -> None:
    world = in_marking(database, candidates=1)
    draw = {"sitting_id": world.sitting_id, "form_item_id": world.written[0].id}
    drawn = at_once(
        *(
            lambda who=who: act(database, claim_response, who, AFTER, **draw)
            for who in world.assessors
        )
    )
    got = [allocation for allocation in drawn if allocation is not None]
    assert sorted(allocation.slot for allocation in got) == [1, 2]
    assert len({allocation.assessor_id for allocation in got}) == 2


def test_one_person_in_two_windows_draws_one_response(database: Database) -> None:
    world = in_marking(database, candidates=3)
    draw = {"sitting_id": world.sitting_id, "form_item_id": world.written[0].id}
    drawn = at_once(
        *[lambda: act(database, claim_response, world.ann, AFTER, **draw) for _window in range(3)]
    )
    assert len({allocation.id for allocation in drawn}) == 1


def test_two_leads_who_reach_for_one_discrepancy_do_not_both_get_it(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark(world.ann, level=0)
    world.mark(world.bob, level=3)
    leads = [world.lead, person(database, Role.LEAD_ASSESSOR)]
    drawn = at_once(
        *(
            lambda lead=lead: act(
                database, claim_adjudication, lead, AFTER, sitting_id=world.sitting_id
            )
            for lead in leads
        )
    )
    assert sum(allocation is not None for allocation in drawn) == 1


def test_a_double_click_gives_one_mark(database: Database) -> None:
    world = in_marking(database, candidates=1)
    allocation = world.claim(world.ann)
    sent = {"allocation_id": allocation.id, "levels": even(world.written[0], 1)}
    marks = at_once(
        *[lambda: act(database, record_mark, world.ann, AFTER, **sent) for _click in range(2)]
    )
    assert marks[0].id == marks[1].id
    with database.read() as session:
        by_people = sa.select(sa.func.count()).where(Mark.kind == "assessor")
        assert session.scalar(by_people.select_from(Mark)) == 1


def test_a_correction_comes_before_the_closing_or_not_at_all(database: Database) -> None:
    world = in_marking(database, candidates=1)
    world.mark_everything()
    with database.read() as session:
        mine = session.scalars(
            sa.select(Allocation.id).where(Allocation.assessor_id == world.ann.id)
        ).first()
    item = world.written[0]
    with database.read() as session:
        from proficiency.marking.blind import get_blind_script

        script = get_blind_script(session, world.ann, mine or "")
    item = next(each for each in world.items if each.id == script.form_item_id)
    corrected, closed = at_once(
        lambda: act(
            database,
            record_mark,
            world.ann,
            AFTER,
            allocation_id=mine,
            levels=even(item, 3),
            comment="Too strict at first.",
        ),
        lambda: act(database, close_marking, world.lead, AFTER, sitting_id=world.sitting_id),
    )
    came_first = isinstance(corrected, Mark)
    assert came_first or isinstance(corrected, Refused)
    # A correction that came first makes a discrepancy, so that the closing is refused.
    assert world.read(is_marking_closed, world.sitting_id) is not came_first
    assert isinstance(closed, Refused) is came_first
