"""A sitting in moderation and the advisory group, made by the real operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.marking.queries import ResponseView, list_responses
from proficiency.moderation.operations import change_mark, open_moderation, sign_off
from tests.factories import person
from tests.marking.factory import World, even, in_marking


@dataclass(frozen=True)
class Group:
    """The advisory group around a sitting whose marking is closed."""

    world: World
    mo: Actor
    mia: Actor
    lay: Actor
    officer: Actor

    @property
    def sitting_id(self) -> str:
        return self.world.sitting_id

    def do(self, operation: Any, actor: Actor, **kwargs: Any) -> Any:
        return self.world.do(operation, actor, **kwargs)

    def read(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        return self.world.read(query, *args, **kwargs)

    def responses(self, *, written: bool = True) -> list[ResponseView]:
        """The responses that people marked, or those that the machine marked."""
        wanted = {item.id for item in self.world.written}
        found = self.read(list_responses, self.sitting_id)
        return [each for each in found if (each.form_item_id in wanted) is written]

    def change(self, actor: Actor, response: ResponseView, level: int = 2, **more: Any) -> Any:
        """Give a written response one level on every criterion."""
        item = next(i for i in self.world.items if i.id == response.form_item_id)
        given = {"levels": even(item, level), "reason": "Both read over the second page."} | more
        return self.do(change_mark, actor, response_id=response.id, **given)

    def sign(self, actor: Actor, capacity: str = "moderator") -> Any:
        return self.do(sign_off, actor, sitting_id=self.sitting_id, capacity=capacity)

    def sign_all(self) -> None:
        """The three signatures that the default scheme wants."""
        self.sign(self.mo)
        self.sign(self.mia)
        self.sign(self.lay, "lay_member")


def closed(
    database: Database,
    candidates: int = 2,
    levels: Mapping[str, int] | None = None,
    **more: Any,
) -> Group:
    """A sitting whose marking is closed; `levels` by assessor may make them differ."""
    world = in_marking(database, candidates, **more)
    world.mark_everything(levels)
    world.adjudicate_everything()
    world.close()
    return Group(
        world=world,
        mo=person(database, Role.MODERATOR, name="Mo Derator"),
        mia=person(database, Role.MODERATOR, name="Mia Derator"),
        lay=person(database, Role.LAY_MEMBER, name="Lea Layperson"),
        officer=person(database, Role.EXAM_OFFICER, name="Otto Officer"),
    )


def in_moderation(database: Database, candidates: int = 2, **more: Any) -> Group:
    """A sitting whose moderation is open."""
    group = closed(database, candidates, **more)
    group.do(open_moderation, group.mo, sitting_id=group.sitting_id)
    return group
