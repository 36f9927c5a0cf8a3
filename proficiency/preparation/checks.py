"""What candidates' devices could do when they last tried."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.preparation.models import SystemCheck
from proficiency.preparation.rules import Finding, Probe, Verdict, read_findings, worst


@dataclass(frozen=True)
class CheckView:
    """The last system check for a booking."""

    booking_id: str
    at: datetime
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return worst(self.findings)

    @property
    def troubles(self) -> tuple[Probe, ...]:
        """What needs attention."""
        return tuple(each.probe for each in self.findings if each.verdict is Verdict.BAD)


def find_checks(session: Session, booking_ids: Collection[str]) -> dict[str, CheckView]:
    """Return the last check of each booking that has one."""
    rows = session.scalars(sa.select(SystemCheck).where(SystemCheck.booking_id.in_(booking_ids)))
    return {
        row.booking_id: CheckView(row.booking_id, row.at, read_findings(json.loads(row.findings)))
        for row in rows
    }
