"""Blindness is a type: what an assessor's page is built from has no place for an identity."""

from dataclasses import fields

import pytest

from proficiency.core.db import Database
from proficiency.core.errors import NotFound
from proficiency.marking.blind import BlindScript, OwnMark, StageText, get_blind_script
from tests.marking.factory import in_marking, wordy

ALLOWED = {
    BlindScript: {
        "allocation_id", "code", "sitting_id", "form_item_id", "question", "case_name",
        "case_title", "nation", "stages", "body", "max_mark", "text", "own",
    },
    StageText: {"number", "title", "blocks"},
    OwnMark: {"mark", "levels", "indicators", "traps", "words"},
}  # fmt: skip


@pytest.mark.parametrize("kind", ALLOWED, ids=lambda kind: kind.__name__)
def test_a_blind_script_has_the_fields_that_were_thought_about_and_no_more(kind: type) -> None:
    assert {field.name for field in fields(kind)} == ALLOWED[kind]


def test_it_holds_the_words_as_they_were_stored_and_the_case_as_it_was_read(
    database: Database,
) -> None:
    text = "Línea uno 🙂\n\nמימין לשמאל  end"
    world = in_marking(database, candidates=1, answers=lambda item, n: wordy(item, n, text))
    first, last = world.written[0], world.written[-1]
    assert (first.stage, last.stage) == (1, 2)
    early = world.read(get_blind_script, world.ann, world.claim(world.ann, first).id)
    late = world.read(get_blind_script, world.ann, world.claim(world.ann, last).id)
    assert early.text == text
    assert early.words == 6
    # A later stage may give an earlier answer away, so it is not there beside it.
    assert [stage.number for stage in early.stages] == [1]
    assert [stage.number for stage in late.stages] == [1, 2]


def test_it_shows_a_person_their_own_mark_and_nobody_elses(database: Database) -> None:
    world = in_marking(database, candidates=1)
    mine, other = world.claim(world.ann), world.claim(world.bob)
    world.mark(world.bob, level=3, comment="Bob was here.")
    assert world.read(get_blind_script, world.ann, mine.id).own is None
    mark = world.mark(world.ann, level=1, comment="Thin.")
    own = world.read(get_blind_script, world.ann, mine.id).own
    assert (own.mark, own.words) == (mark.mark, "Thin.")
    with pytest.raises(NotFound):
        world.read(get_blind_script, world.ann, other.id)
