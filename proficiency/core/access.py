"""Who acts, and what each entry point declares about who may (invariant 6).

A view says `@requires(role, …)`, `@signed_in` or `@public("reason")`; an application with a view
that says nothing does not start. An operation says `@operation(role, …)` and checks again, so that
the command line and the jobs obey the same rule.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from proficiency.core.errors import Forbidden
from proficiency.core.operation import run_operation
from proficiency.core.text import _

P = ParamSpec("P")
R = TypeVar("R")
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a signed-in person, nobody, or the system itself.

    `user_id` is None for a visitor. `roles` are the names of the roles held at this moment.
    """

    user_id: str | None = None
    display_name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
    session_id: str | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def is_system(self) -> bool:
        return "system" in self.roles

    @property
    def id(self) -> str:
        """The id that evidence records. Raises `Forbidden` for a visitor."""
        if self.user_id is None:
            raise Forbidden(_("Please sign in first."))
        return self.user_id

    def has(self, *roles: str) -> bool:
        """Whether the actor holds one of `roles`, or is the system."""
        return self.is_system or not self.roles.isdisjoint(roles)


VISITOR = Actor()
SYSTEM = Actor(user_id="system", display_name="Proficiency", roles=frozenset({"system"}))


@dataclass(frozen=True)
class Access:
    """What a view declares: the roles that may enter, or the reason why everybody may."""

    roles: frozenset[str] = frozenset()
    public_reason: str | None = None

    def allows(self, actor: Actor) -> bool:
        if self.public_reason is not None:
            return True
        return actor.is_signed_in and (not self.roles or actor.has(*self.roles))


def requires(*roles: str) -> Callable[[View], View]:
    """Declare that a view is for people who hold one of `roles`."""
    if not roles:
        raise ValueError("name at least one role, or use @signed_in")
    return _declare(Access(roles=frozenset(roles)))


def signed_in(view: View) -> View:
    """Declare that a view is for everybody who is signed in; it must scope its own reading."""
    return _declare(Access())(view)


def public(reason: str) -> Callable[[View], View]:
    """Declare that a view is for everybody, and say why that is right."""
    if not reason:
        raise ValueError("say why this page is public")
    return _declare(Access(public_reason=reason))


def _declare(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__access__ = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return what `view` declares, or None when it declares nothing."""
    return getattr(view, "__access__", None)


Operation = Callable[Concatenate[Session, Actor, datetime, P], R]


def operation(*roles: str) -> Callable[[Operation[P, R]], Operation[P, R]]:
    """Declare a function as one verb in one transaction: `(session, actor, now, *, …)`.

    Raises `Forbidden` when the actor holds none of `roles` and is not the system. Without roles,
    the actor must only be signed in and the operation checks what it concerns.
    """

    def decorate(function: Operation[P, R]) -> Operation[P, R]:
        @wraps(function)
        def guarded(
            session: Session, actor: Actor, now: datetime, /, *args: P.args, **kwargs: P.kwargs
        ) -> R:
            if not actor.is_signed_in or (roles and not actor.has(*roles)):
                raise Forbidden(_("Your account does not have the role that this needs."))
            return run_operation(session, lambda: function(session, actor, now, *args, **kwargs))

        guarded.__operation__ = frozenset(roles)  # type: ignore[attr-defined]
        return guarded

    return decorate
