"""Where a case was used: forms, sittings, bookings and attempts, and what its questions gave.

Results are read from sittings whose marking is closed: before that a mark is not final. Whoever
is shown what was picked has seen the case, and the page records that first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.accounts.queries import names_of
from proficiency.bank.exposure import (
    PURPOSE_NAMES,
    ItemResult,
    Picks,
    count_picks,
    item_result,
)
from proficiency.bank.queries import get_figures
from proficiency.bank.rules import BankItem
from proficiency.core.sights import Seen, list_seen
from proficiency.delivery.queries import list_attempts
from proficiency.exams.queries import (
    FormView,
    ItemUse,
    get_form,
    get_form_item,
    list_item_uses,
)
from proficiency.items.rules import Pick, get_format
from proficiency.marking.answers import stored_answers
from proficiency.marking.queries import final_marks, is_marking_closed, list_responses
from proficiency.scenarios.operations import SIGHT
from proficiency.scenarios.queries import VersionSummary, get_versions
from proficiency.sittings.queries import BookingView, SittingView, list_bookings, list_sittings
from proficiency.sittings.sights import ASSESSMENT


@dataclass(frozen=True)
class SittingUse:
    """A sitting of a form with the case. `bookings` are those that stand."""

    sitting: SittingView
    bookings: tuple[BookingView, ...]
    attempts: int
    is_marked: bool


@dataclass(frozen=True)
class FormUse:
    """A form that holds a version of the case, with its sittings."""

    form: FormView
    version: int
    items: tuple[ItemUse, ...]
    sittings: tuple[SittingUse, ...]

    @property
    def attempts(self) -> int:
        return sum(use.attempts for use in self.sittings)


@dataclass(frozen=True)
class ItemExposure:
    """One question of the newest version: where it was used, and what it gave so far."""

    item: BankItem
    forms: int
    sittings: int
    attempts: int
    result: ItemResult


def list_form_uses(session: Session, name: str) -> list[FormUse]:
    """Return every form with a version of the case, the newest first. Raises `NotFound`."""
    versions = {version.id: version for version in get_versions(session, name)}
    by_form: dict[str, list[ItemUse]] = defaultdict(list)
    for use in list_item_uses(session, list(versions)):
        by_form[use.form_id].append(use)
    sittings = list_sittings(session)
    found = [
        FormUse(
            form=get_form(session, form_id),
            version=versions[items[0].case_version_id].version,
            items=tuple(items),
            sittings=tuple(
                _sitting_use(session, sitting) for sitting in sittings if sitting.form_id == form_id
            ),
        )
        for form_id, items in by_form.items()
    ]
    return sorted(found, key=lambda use: (use.form.made_at, use.form.id), reverse=True)


def _sitting_use(session: Session, sitting: SittingView) -> SittingUse:
    return SittingUse(
        sitting=sitting,
        bookings=tuple(each for each in list_bookings(session, sitting.id) if each.is_booked),
        attempts=len(list_attempts(session, sitting.id)),
        is_marked=is_marking_closed(session, sitting.id),
    )


def list_item_exposures(
    session: Session, newest: VersionSummary, uses: Sequence[FormUse]
) -> list[ItemExposure]:
    """Return each question of the newest version with its uses in any version, by its name."""
    shares = _shares_by_item(session, uses)
    return [
        _item_exposure(item, uses, shares[item.name])
        for item in get_figures(session, newest.id).items
    ]


def _item_exposure(
    item: BankItem, uses: Sequence[FormUse], shares: Sequence[Fraction]
) -> ItemExposure:
    held = [use for use in uses if any(each.name == item.name for each in use.items)]
    return ItemExposure(
        item=item,
        forms=len(held),
        sittings=sum(len(use.sittings) for use in held),
        attempts=sum(use.attempts for use in held),
        result=item_result(shares),
    )


def _shares_by_item(session: Session, uses: Sequence[FormUse]) -> dict[str, list[Fraction]]:
    """Return by name of the question the share of its marks that each settled response got."""
    shares: dict[str, list[Fraction]] = defaultdict(list)
    for use in uses:
        names = {each.form_item_id: each.name for each in use.items}
        for sitting in _marked(use):
            for final in final_marks(session, sitting.id).values():
                if final.form_item_id in names:
                    shares[names[final.form_item_id]].append(final.mark / final.max_mark)
    return shares


def _marked(use: FormUse) -> Iterator[SittingView]:
    return (each.sitting for each in use.sittings if each.is_marked)


def count_item_picks(session: Session, item_name: str, uses: Sequence[FormUse]) -> Picks:
    """Return what was picked in a question, over all responses in sittings that are marked."""
    return count_picks(_responses(session, item_name, uses))


def _responses(
    session: Session, item_name: str, uses: Sequence[FormUse]
) -> Iterator[tuple[Pick, ...]]:
    for use in uses:
        for held in use.items:
            if held.name != item_name:
                continue
            item = get_form_item(session, held.form_item_id)
            kind = get_format(item.format)
            for sitting in _marked(use):
                given = dict(stored_answers(session, sitting.id, item))
                for each in list_responses(session, sitting.id, form_item_id=item.id):
                    yield kind.picks(item.body, item.ids, given.get(each.id))


# Who has seen a case


@dataclass(frozen=True)
class SightLine:
    """A person, or everybody who sat it, and what they saw the case for."""

    who: str
    purpose: str
    seen: Seen


@dataclass(frozen=True)
class Sights:
    """Who has seen a case. `candidates` sat it, and are not among `lines` when not to be named."""

    lines: tuple[SightLine, ...]
    candidates: int


def list_sights(session: Session, name: str, *, names_candidates: bool) -> Sights:
    """Return who was ever shown a case and for what, the latest first.

    Those who sat it are named only on request: who reviews marks must not learn who they are.
    """
    seen = list_seen(session, SIGHT, name)
    sat = {each.person_id for each in seen if each.purpose == ASSESSMENT}
    told = [each for each in seen if names_candidates or each.purpose != ASSESSMENT]
    people = names_of(session, {each.person_id for each in told})
    return Sights(
        lines=tuple(
            SightLine(
                who=people.get(each.person_id, each.person_id),
                purpose=PURPOSE_NAMES.get(each.purpose, each.purpose),
                seen=each,
            )
            for each in told
        ),
        candidates=len(sat),
    )
