"""The verbs of moderation, on both databases."""

from fractions import Fraction

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from proficiency.accounts.rules import Role
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.marking.judging import InvalidJudgement
from proficiency.marking.operations import record_moderated_mark
from proficiency.marking.queries import final_marks, response_marks, standing_of
from proficiency.marking.rules import MarkKind, MarkSource
from proficiency.moderation.operations import (
    accept_response,
    change_mark,
    comment,
    open_moderation,
    sign_off,
)
from proficiency.moderation.queries import get_state, is_signed_off, last_decisions, list_acts
from proficiency.moderation.rules import Decision, ModerationKind
from proficiency.moderation.verify import check
from tests.factories import NOW, person
from tests.marking.factory import even, in_marking
from tests.moderation.factory import closed, in_moderation
from tests.sittings import factory as sittings


def test_moderation_opens_once_and_only_when_marking_is_closed(database: Database) -> None:
    open_world = in_marking(database, candidates=1)
    moderator = person(database, Role.MODERATOR)
    with pytest.raises(Refused, match="begins when marking is closed"):
        open_world.do(open_moderation, moderator, sitting_id=open_world.sitting_id)
    open_world.mark_everything()
    open_world.close()
    open_world.do(open_moderation, moderator, sitting_id=open_world.sitting_id)
    with pytest.raises(Refused, match="opened before"):
        open_world.do(open_moderation, moderator, sitting_id=open_world.sitting_id)


def test_nothing_is_said_or_decided_before_it_is_open(sqlite_database: Database) -> None:
    group = closed(sqlite_database, candidates=1)
    response = group.responses()[0]
    with pytest.raises(Refused, match="not open"):
        group.do(comment, group.mo, sitting_id=group.sitting_id, text="Well marked.")
    with pytest.raises(Refused, match="not open"):
        group.do(accept_response, group.mo, response_id=response.id, reason="Well marked.")
    with pytest.raises(Refused, match="not open"):
        group.change(group.mo, response)
    with pytest.raises(Refused, match="not open"):
        group.sign(group.mo)


def test_a_changed_mark_stands_beside_the_old_ones_with_its_reason(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    response = group.responses()[0]
    before = group.read(response_marks, response.id)
    decision = group.change(group.mo, response, level=2)
    after = group.read(response_marks, response.id)
    assert after[:2] == before
    assert (after[2].kind, after[2].comment) == (
        MarkKind.MODERATOR,
        "Both read over the second page.",
    )
    assert decision.mark_id == after[2].id
    final = group.read(final_marks, group.sitting_id)[response.id]
    assert (final.source, final.mark) == (MarkSource.MODERATOR, after[2].mark)
    assert group.read(last_decisions, group.sitting_id) == {response.id: Decision.MARK_CHANGED}


def test_a_second_change_supersedes_the_first(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    response = group.responses()[0]
    first = group.change(group.mo, response, level=2)
    second = group.change(group.mia, response, level=0)
    newest = group.read(response_marks, response.id)[-1]
    assert (newest.id, newest.supersedes_id) == (second.mark_id, first.mark_id)
    assert group.read(standing_of, response.id).mark == 0


def test_a_question_without_a_rubric_takes_an_exact_mark(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    response = group.responses(written=False)[0]
    third = Fraction(1, 3)
    given = {"response_id": response.id, "reason": "Two options were defensible."}
    group.do(change_mark, group.mo, mark=third, **given)
    assert group.read(standing_of, response.id).mark == third
    with pytest.raises(InvalidJudgement):
        group.do(change_mark, group.mo, mark=Fraction(99), **given)
    with pytest.raises(Refused, match="no rubric"):
        group.do(change_mark, group.mo, levels={}, **given)
    with pytest.raises(Refused, match="up to four decimals"):
        group.do(change_mark, group.mo, mark=Fraction(1, 999_999_999_999), **given)
    assert group.read(standing_of, response.id).mark == third


def test_no_mark_changes_without_a_reason_or_without_a_change(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    response = group.responses()[0]
    with pytest.raises(InvalidJudgement) as refusal:
        group.change(group.mo, response, reason=" ")
    assert refusal.value.needs_words
    with pytest.raises(Refused, match="has already"):
        group.change(group.mo, response, level=1)
    with pytest.raises(Refused, match="change its levels"):
        group.do(
            change_mark, group.mo, response_id=response.id, mark=Fraction(1), reason="Because."
        )
    assert len(group.read(response_marks, response.id)) == 2


def test_words_are_needed_to_comment_or_accept(sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses()[0]
    with pytest.raises(Invalid):
        group.do(comment, group.lay, sitting_id=group.sitting_id, text="")
    with pytest.raises(Invalid):
        group.do(accept_response, group.mo, response_id=response.id, reason="\n")


def test_comments_may_be_about_the_sitting_a_question_or_a_response(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    response = group.responses()[0]
    about = [{}, {"form_item_id": response.form_item_id}, {"response_id": response.id}]
    for more in about:
        group.do(comment, group.lay, sitting_id=group.sitting_id, text="Plain words.", **more)
    acts = group.read(list_acts, group.sitting_id)
    assert [act.kind for act in acts] == [ModerationKind.OPENED] + [ModerationKind.COMMENTED] * 3
    [one] = group.read(list_acts, group.sitting_id, response_id=response.id)
    assert (one.by, one.words) == ("Lea Layperson", "Plain words.")
    with pytest.raises(NotFound):
        group.do(comment, group.mo, sitting_id=group.sitting_id, text="?", form_item_id="nowhere")


def test_who_marked_a_response_decides_nothing_about_it_and_signs_nothing(
    database: Database,
) -> None:
    world = in_marking(database, candidates=1)
    both = person(database, Role.ASSESSOR, Role.MODERATOR)
    own = world.mark(both)
    world.mark(world.ann)
    for item in world.written[1:]:
        world.mark(world.ann, item)
        world.mark(world.bob, item)
    world.close()
    world.do(open_moderation, both, sitting_id=world.sitting_id)
    with pytest.raises(Refused, match="others must decide"):
        world.do(accept_response, both, response_id=own.response_id, reason="Mine.")
    with pytest.raises(Refused, match="others must decide"):
        world.do(
            change_mark,
            both,
            response_id=own.response_id,
            levels=even(world.written[0], 3),
            reason="Mine.",
        )
    with pytest.raises(Refused, match="others must sign"):
        world.do(sign_off, both, sitting_id=world.sitting_id, capacity="moderator")


def test_a_candidate_of_the_same_case_takes_no_part(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    both = person(database, Role.CANDIDATE, Role.MODERATOR)
    next_sitting = sittings.sitting(database, group.world.form_id, opens_at=NOW.replace(day=28))
    sittings.booking(database, next_sitting.id, both.id)
    with pytest.raises(Refused, match="booked as a candidate"):
        group.do(comment, both, sitting_id=group.sitting_id, text="Hm.")
    with pytest.raises(Refused, match="booked as a candidate"):
        group.sign(both)


def test_the_quorum_signs_off_and_then_the_marks_stand(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    group.sign(group.mo)
    assert not group.read(is_signed_off, group.sitting_id)
    group.sign(group.mia)
    assert not group.read(is_signed_off, group.sitting_id)
    group.sign(group.lay, "lay_member")
    assert group.read(is_signed_off, group.sitting_id)
    with pytest.raises(Refused, match="signed off"):
        group.change(group.mo, group.responses()[0])
    with pytest.raises(Refused, match="signed off"):
        group.do(comment, group.mo, sitting_id=group.sitting_id, text="One more thing.")


def test_a_change_after_a_signature_makes_it_void(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    group.sign(group.mo)
    group.sign(group.mia)
    group.change(group.mia, group.responses()[0])
    state = group.read(get_state, group.sitting_id)
    assert (state.round, state.signatures, state.missing.people) == (1, (), 3)
    group.sign_all()
    assert group.read(is_signed_off, group.sitting_id)
    with database.read() as session:
        assert list(check(session)) == []


def test_nobody_signs_twice_in_a_round_or_in_a_role_they_lack(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    group.sign(group.mo)
    with pytest.raises(Refused, match="signed already"):
        group.sign(group.mo)
    with pytest.raises(Forbidden):
        group.sign(group.mia, "lay_member")
    with pytest.raises(Forbidden):
        group.sign(group.lay, "moderator")
    with pytest.raises(Forbidden):
        group.sign(group.officer)


def test_lay_members_comment_and_sign_but_decide_no_mark(sqlite_database: Database) -> None:
    group = in_moderation(sqlite_database, candidates=1)
    response = group.responses()[0]
    with pytest.raises(Forbidden):
        group.do(accept_response, group.lay, response_id=response.id, reason="Fair.")
    with pytest.raises(Forbidden):
        group.change(group.lay, response)


def test_the_database_itself_refuses_a_second_signature_in_a_round(database: Database) -> None:
    group = in_moderation(database, candidates=1)
    group.sign(group.mo)
    columns = "sitting_id, kind, capacity, at, actor_id, prev_hash, round, aggregate_id"
    forged = sa.text(
        f"INSERT INTO moderation_event (id, pos, hash, {columns}) "
        f"SELECT 'another', pos + 1, 'x', {columns} FROM moderation_event "
        "WHERE kind = 'signed_off'"
    )
    with database.writer.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(forged)


def test_critical_traps_stay_as_they_were_settled(sqlite_database: Database) -> None:
    world = in_marking(sqlite_database, candidates=1)
    item = next(i for i in world.written if any(sign.is_critical for sign in i.body.traps))
    trap = next(sign.key for sign in item.body.traps if sign.is_critical)
    mark = world.mark(world.ann, item, traps=[trap])
    world.mark(world.bob, item, traps=[trap])
    world.mark_everything()
    world.close()
    moderator = person(sqlite_database, Role.MODERATOR)
    world.do(
        record_moderated_mark,
        moderator,
        response_id=mark.response_id,
        levels=even(item, 2),
        reason="The plan is there.",
    )
    assert world.read(standing_of, mark.response_id).critical_traps == {trap}
