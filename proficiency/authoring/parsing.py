"""Reading a text in work as the checker does: with its files, and the frameworks held here."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from proficiency.framework.queries import framework_finder
from proficiency.scenarios.keeping import facts_of
from proficiency.scenarios.rules import Parsed, parse_case


def parse_work(
    session: Session, text: str, files: Mapping[str, str], *, file: str = "case"
) -> Parsed:
    """Read `text`. `files` are a revision's, name to digest; `file` is the name in messages."""
    return parse_case(
        text, file=file, files=facts_of(session, files), frameworks=framework_finder(session)
    )
