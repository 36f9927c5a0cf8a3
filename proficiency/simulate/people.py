"""Makes what a rehearsal needs, by the product's own operations: accounts, a paper, a sitting.

The accounts are candidates with one random password, known to the file only that is written for
the rehearsal. Their attempts stay in the evidence like everybody's: evidence is never deleted. So
an installation in which there are real people is refused, unless its operator says that it stays.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from proficiency.accounts.operations import create_account
from proficiency.accounts.passwords import NewPassword, prepare_password
from proficiency.accounts.queries import list_accounts
from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.chance import new_id, new_token
from proficiency.core.config import ROOT, Config, keep_secret
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, Misconfigured
from proficiency.core.operation import transaction
from proficiency.delivery.paper import get_paper
from proficiency.demo.people import DOMAIN
from proficiency.exams.operations import assemble_form, create_scheme_version
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.framework.operations import import_packaged_framework
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.operations import publish_case
from proficiency.simulate.candidate import Person
from proficiency.sittings.operations import book_candidate, schedule_sitting

CASES = ("a-place-to-land", "one-file-too-many")
"""Public sample cases, so that a rehearsal shows nobody a live one."""

REHEARSAL_DOMAIN = "rehearsal.invalid"
SPARE_MINUTES = 120
"""Minutes of the exam beyond those that are played, so that a rehearsal never ends by the clock."""

AT_ONCE = 50
"""Accounts and bookings made in one transaction."""


@dataclass(frozen=True)
class Rehearsal:
    """A sitting that is open, the people booked into it, and how many stages its paper has."""

    address: str
    sitting_id: str
    stages: int
    people: tuple[Person, ...]

    def to_json(self) -> str:
        """Return what a file keeps of it."""
        people = [{"email": each.email, "password": each.password} for each in self.people]
        return json.dumps(
            {
                "for": "proficiency simulate",
                "address": self.address,
                "sitting_id": self.sitting_id,
                "stages": self.stages,
                "people": people,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> "Rehearsal":
        """Return what a file keeps. Raises `Invalid` for any other file."""
        try:
            data = json.loads(text)
            people = tuple(Person(each["email"], each["password"]) for each in data["people"])
            return cls(data["address"], data["sitting_id"], int(data["stages"]), people)
        except (ValueError, KeyError, TypeError) as fault:
            raise Invalid(
                "This is not a file of people for a rehearsal: make one with "
                "“proficiency simulate people FILE”."
            ) from fault


def refuse_real_people(config: Config, database: Database, *, stays: bool) -> None:
    """Raise `Misconfigured` for an installation with real people, unless the operator allows it."""
    if config.demo or stays:
        return
    with database.read() as session:
        real = [
            a for a in list_accounts(session) if not a.email.endswith((REHEARSAL_DOMAIN, DOMAIN))
        ]
    if real:
        raise Misconfigured(
            f"There are {len(real)} accounts of real people here, and what a rehearsal does stays "
            "in the evidence for ever. Rehearse on an installation of its own on the same machine. "
            "If it must be this one, say --it-stays."
        )


def make_rehearsal(
    database: Database, address: str, count: int, minutes: float, now: datetime
) -> Rehearsal:
    """Make `count` candidates and an open sitting for them, in which `minutes` can be written."""
    form_id, stages = _make_form(database, now, int(minutes) + SPARE_MINUTES)
    with transaction(database) as session:
        sitting_id = schedule_sitting(
            session, SYSTEM, now, form_id=form_id, title=f"Rehearsal of {now:%-d %B %Y}",
            opens_at=now, last_start_at=now + timedelta(hours=12),
        ).id  # fmt: skip
    tag, password = new_id()[:8], new_token()
    hashed = prepare_password(password, email=f"{tag}@{REHEARSAL_DOMAIN}", display_name="Nobody")
    emails = [f"rehearsal-{tag}-{number}@{REHEARSAL_DOMAIN}" for number in range(1, count + 1)]
    for first in range(0, count, AT_ONCE):
        _book(database, now, sitting_id, emails[first : first + AT_ONCE], hashed)
    people = tuple(Person(email, password) for email in emails)
    return Rehearsal(address, sitting_id, stages, people)


def _make_form(database: Database, now: datetime, minutes: int) -> tuple[str, int]:
    with transaction(database) as session:
        import_packaged_framework(session, SYSTEM, now)
    version_ids = []
    for name in CASES:
        path = ROOT / "scenarios" / f"{name}.md"
        text = path.read_text(encoding="utf-8")
        with transaction(database) as session:
            version = publish_case(
                session, SYSTEM, now, text=text, file=path.name, files=read_files(path),
                is_sample=True,
            )  # fmt: skip
            version_ids.append(version.id)
    with transaction(database) as session:
        scheme = create_scheme_version(
            session, SYSTEM, now, name="rehearsal", title="Rehearsal of a sitting",
            kind=SchemeKind.DEMONSTRATION,
            settings=SchemeSettings(minutes=min(minutes, 24 * 60)),
        )  # fmt: skip
        form = assemble_form(
            session, SYSTEM, now, scheme_version_id=scheme.id, title="Rehearsal paper",
            case_version_ids=version_ids,
        )  # fmt: skip
        form_id = form.id
    with database.read() as session:
        return form_id, get_paper(session, form_id).last_stage


def _book(
    database: Database, now: datetime, sitting_id: str, emails: Sequence[str], hashed: NewPassword
) -> None:
    with transaction(database) as session:
        for email in emails:
            name = f"Candidate {email.split('@')[0].rpartition('-')[2]} of a rehearsal"
            account = create_account(
                session, SYSTEM, now, email=email, display_name=name, password=hashed,
                roles=(Role.CANDIDATE,),
            )  # fmt: skip
            book_candidate(session, SYSTEM, now, sitting_id=sitting_id, candidate_id=account.id)


def write_people(path: Path, rehearsal: Rehearsal) -> None:
    """Keep a rehearsal's people in a file for its owner's eyes. Raises `Invalid` if it exists."""
    if path.exists():
        raise Invalid(f"{path.name} exists already: choose another name.")
    keep_secret(path, rehearsal.to_json().encode())
