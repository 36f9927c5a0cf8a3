"""Cut scores for tests, made by the real operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.standard_setting.operations import adopt_cut_score, propose_cut_score
from proficiency.standard_setting.rules import Method
from tests.factories import act, person
from tests.sittings import factory as sittings

SCORE = Fraction(69, 2)
WHY = "Two rounds of ratings by eight judges; the spread fell from 6 marks to 2."


@dataclass(frozen=True)
class World:
    """A sitting and four members of the board."""

    database: Database
    sitting_id: str
    board: Sequence[Actor]


def world(database: Database, **settings: Any) -> World:
    """A sitting whose form holds the sample cases, and a board."""
    sitting = sittings.sitting(database, **settings)
    return World(database, sitting.id, [person(database, Role.ASSESSMENT_BOARD) for _ in range(4)])


def proposed(world: World, score: Fraction = SCORE, by: int = 0, **details: Any) -> str:
    """Propose a cut score as a member of the board; return the proposal's id."""
    given = {"method": Method.ANGOFF, "rationale": WHY} | details
    event = act(
        world.database,
        propose_cut_score,
        world.board[by],
        sitting_id=world.sitting_id,
        cut_score=score,
        **given,
    )
    return str(event.id)


def adopted(world: World, score: Fraction = SCORE) -> str:
    """Propose a cut score and let two others adopt it; return the proposal's id."""
    proposal_id = proposed(world, score)
    for member in world.board[1:3]:
        act(world.database, adopt_cut_score, member, proposal_id=proposal_id)
    return proposal_id
