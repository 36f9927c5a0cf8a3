"""The people of the demonstration. Their one password is public, and only a demo accepts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from proficiency.accounts.operations import create_account
from proficiency.accounts.queries import find_account, get_actor
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, Actor
from proficiency.core.db import Database
from proficiency.core.operation import transaction

PASSWORD = "just for the demo"  # noqa: S105 - public on purpose; other servers refuse demo accounts
DOMAIN = "demo.example"


@dataclass(frozen=True)
class Part:
    """One of the staff: the name before the @, the name on pages, and the roles held."""

    login: str
    name: str
    roles: tuple[Role, ...]


STAFF = (
    Part("officer", "Morwenna Tregear", (Role.EXAM_OFFICER,)),
    Part("author", "Gethin Prosser", (Role.CONTENT_AUTHOR,)),
    Part("assessor", "Ifeoma Nwachukwu", (Role.ASSESSOR,)),
    Part("assessor2", "Callum Strachan", (Role.ASSESSOR,)),
    Part("lead", "Siobhan McAleer", (Role.LEAD_ASSESSOR,)),
    Part("moderator", "Devinder Kaur Gill", (Role.MODERATOR,)),
    Part("moderator2", "Tomasz Wrona", (Role.MODERATOR,)),
    Part("lay", "Beatrice Okafor-Lunn", (Role.LAY_MEMBER,)),
    Part("board", "Hester Vaughan", (Role.ASSESSMENT_BOARD,)),
    Part("board2", "Anselm Achebe", (Role.ASSESSMENT_BOARD,)),
    Part("board3", "Ruth Feldstein", (Role.ASSESSMENT_BOARD,)),
    Part("invigilator", "Pádraig Dunne", (Role.INVIGILATOR,)),
    Part("judge", "Yusuf Demir", (Role.JUDGE,)),
    Part("panel", "Marguerite Oyelaran", (Role.PANEL_MEMBER,)),
    Part("operator", "Lowri Bevan", (Role.OPERATOR,)),
)

GIVEN_NAMES = (
    "Aisling", "Benedict", "Catrin", "Dmitri", "Esther", "Fergus", "Gulnaz", "Harriet",
    "Imran", "Jocelyn", "Kwabena", "Leila", "Magnus", "Niamh", "Olwen", "Perpetua",
    "Quentin", "Rosalind", "Sunil", "Tabitha", "Una", "Viktor", "Wanjiru", "Xanthe",
)  # fmt: skip
FAMILY_NAMES = (
    "Keane", "Osei", "Howells", "Halloran", "Adeyemi", "Baillie", "Rahimi", "Penrose",
    "Sadiq", "Tran", "Boateng", "Farouk", "Isbister", "Corrigan", "Pritchard", "Mensah",
    "Abara", "Meek", "Perera", "Croft", "Kilbride", "Lange", "Kamau", "Pell", "Zielinska",
)  # fmt: skip
"""One more than given names, so that the pairs come round again only after 600 candidates."""


def email_of(login: str) -> str:
    """Return the demonstration's address of `login`."""
    return f"{login}@{DOMAIN}"


def _make(
    database: Database, now: datetime, login: str, name: str, roles: tuple[Role, ...]
) -> Actor:
    with transaction(database) as session:
        known = find_account(session, email_of(login))
        if known is None:
            known = create_account(
                session,
                SYSTEM,
                now,
                email=email_of(login),
                display_name=name,
                password=PASSWORD,
                roles=roles,
                is_demo=True,
            )
        return get_actor(session, known.id)


def make_staff(database: Database, now: datetime) -> Mapping[str, Actor]:
    """Return the staff by login, making the accounts that do not exist yet."""
    return {part.login: _make(database, now, part.login, part.name, part.roles) for part in STAFF}


def candidate_name(number: int) -> str:
    """Return the name of the candidate of this number, from 1; the first 600 differ."""
    place = number - 1
    given, family = GIVEN_NAMES[place % len(GIVEN_NAMES)], FAMILY_NAMES[place % len(FAMILY_NAMES)]
    return f"{given} {family}"


def make_candidates(database: Database, now: datetime, first: int, count: int) -> list[Actor]:
    """Return `count` candidates, numbered from `first`; a number always means the same person."""
    return [
        _make(database, now, f"candidate{number}", candidate_name(number), (Role.CANDIDATE,))
        for number in range(first, first + count)
    ]
