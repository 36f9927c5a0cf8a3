"""The whole life of an exam, on real pages: from an empty editor to two released results.

Fifteen people, each in a browser of their own, do what their roles give them, and nothing is done
behind their backs: the test makes their accounts, takes in the framework and lets time pass.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser

from proficiency import features
from proficiency.accounts.rules import Role
from proficiency.core.verify import verify_all
from tests.journeys.acts_before_marking import (
    a_candidate_sits,
    identity_of,
    others_review_and_sign_it,
    the_author_writes_a_case,
    the_case_is_frozen,
    the_officer_makes_an_exam_of_it,
    the_officer_schedules_a_sitting_and_books,
)
from tests.journeys.acts_of_marking_and_results import (
    GOOD,
    POOR,
    a_candidate_reads_that_they_did_not,
    a_candidate_reads_that_they_passed,
    a_quorum_signs_and_no_one_alone,
    an_assessor_marks,
    nobody_can_close_it_yet,
    nobody_sees_an_outcome,
    others_adopt_it,
    pages_of_outcomes,
    the_adjudicator_settles_the_discrepancy,
    the_board_walks_back_to_the_words_and_forward_again,
    the_chair_approves_them_alone,
    the_chair_proposes_a_cut_score,
    the_lead_closes_the_marking,
    the_lead_opens_the_marking,
    the_moderator_changes_a_mark,
    the_officer_computes_the_results,
    the_officer_releases_them,
)
from tests.journeys.acts_of_review import makes_it_live
from tests.journeys.people import close, come_in, institution, pass_time
from tests.journeys.server import Site

pytestmark = pytest.mark.journey

PARTS = {
    "author": ("Gwenllian Ash", Role.CONTENT_AUTHOR),
    "peer": ("Piers Underhill", Role.CONTENT_AUTHOR),
    "officer": ("Oswin Tarrant", Role.EXAM_OFFICER),
    "hannah": ("Hannah Quill", Role.CANDIDATE),
    "idris": ("Idris Yewdale", Role.CANDIDATE),
    "first": ("Ferelith Moss", Role.ASSESSOR),
    "second": ("Sorley Nairn", Role.ASSESSOR),
    "adjudicator": ("Adaeze Birch", Role.LEAD_ASSESSOR),
    "lead": ("Leofric Dunmore", Role.LEAD_ASSESSOR),
    "moderator": ("Merryn Oakes", Role.MODERATOR),
    "other_moderator": ("Mungo Pryce", Role.MODERATOR),
    "lay_member": ("Lettice Vane", Role.LAY_MEMBER),
    "chair": ("Cosmo Hartley", Role.ASSESSMENT_BOARD),
    "board": ("Bronagh Lisle", Role.ASSESSMENT_BOARD),
    "other_board": ("Barnaby Stroud", Role.ASSESSMENT_BOARD),
}


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    with institution(tmp_path, sqlite_template) as running:
        yield running


@pytest.fixture
def cast(site: Site, chromium: Browser) -> Iterator[SimpleNamespace]:
    people = {part: come_in(chromium, site, name, role) for part, (name, role) in PARTS.items()}
    yield SimpleNamespace(**people)
    assert close(people.values()) == []


def test_the_whole_life_of_an_exam(site: Site, cast: SimpleNamespace) -> None:
    candidates = (cast.hannah, cast.idris)
    for person in vars(cast).values():
        person.sign_in()

    address = the_author_writes_a_case(cast.author)
    signers = (cast.moderator, cast.other_moderator, cast.lay_member)
    others_review_and_sign_it(cast.author, cast.peer, signers, address)
    makes_it_live(cast.officer, address)
    the_case_is_frozen(cast.author)
    the_officer_makes_an_exam_of_it(cast.officer)
    the_officer_schedules_a_sitting_and_books(cast.officer, site, candidates)
    a_candidate_sits(cast.hannah, is_sure=True, time="20 min", words=GOOD)
    a_candidate_sits(cast.idris, is_sure=False, time="20 min + 25 % = 25 min", words=POOR)
    secrets = identity_of(cast.officer, candidates)
    addresses = pages_of_outcomes(cast.officer, candidates)

    pass_time(site, timedelta(hours=1))
    the_lead_opens_the_marking(cast.lead)
    an_assessor_marks(cast.first, secrets, {GOOD: (2, 2), POOR: (1, 1)}, "Told, not asked.")
    an_assessor_marks(
        cast.second, secrets, {GOOD: (2, 1), POOR: (0, 0)}, "A key.", sees_trap=True,
        never_sees=("Told, not asked.", cast.first.name),
    )  # fmt: skip
    nobody_can_close_it_yet(cast.lead)
    secrets |= {cast.first.name, cast.second.name}
    the_adjudicator_settles_the_discrepancy(cast.adjudicator, secrets)
    the_lead_closes_the_marking(cast.lead)

    the_moderator_changes_a_mark(cast.moderator, secrets)
    a_quorum_signs_and_no_one_alone(cast.moderator, cast.other_moderator, cast.lay_member)
    nobody_sees_an_outcome(vars(cast).values(), addresses)

    the_chair_proposes_a_cut_score(cast.chair)
    others_adopt_it(cast.board, cast.other_board)
    nobody_sees_an_outcome(vars(cast).values(), addresses)

    deciding = (cast.officer, cast.chair, cast.board, cast.other_board)
    others = [person for person in vars(cast).values() if person not in deciding]
    the_officer_computes_the_results(cast.officer)
    nobody_sees_an_outcome(others, addresses)
    the_chair_approves_them_alone(cast.chair)
    nobody_sees_an_outcome(candidates, addresses)
    the_officer_releases_them(cast.officer)
    a_candidate_reads_that_they_passed(cast.hannah)
    a_candidate_reads_that_they_did_not(cast.idris)

    the_board_walks_back_to_the_words_and_forward_again(cast.board)
    assert verify_all(site.database, features.room_checks()).problems == []
