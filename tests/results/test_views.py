"""The pages of results: who may see what, and that nothing is seen before its time."""

import re
from contextlib import closing
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database, sqlite_driver
from proficiency.core.show import grouped
from proficiency.core.sights import Sight, has_seen
from proficiency.delivery.receipt_jobs import issue_missing
from proficiency.delivery.receipt_key import ReceiptKey
from proficiency.delivery.receipt_queries import find_receipt
from tests.factories import NOW, person, sign_in_as
from tests.results.factory import (
    APART,
    GOOD,
    SILENT,
    WEAK,
    WORDS,
    World,
    adopt,
    compute,
    decided,
    moderated,
    release,
    sign,
)
from tests.sittings import factory as sittings

EVERYBODY = (GOOD, WEAK, APART, SILENT)
TOTALS = ("8.5", "17/2")


@pytest.fixture
def ready(sqlite_database: Database) -> World:
    """A world in which results can be computed."""
    return decided(sqlite_database, *EVERYBODY)


def get(client: FlaskClient, who: Actor | None, address: str) -> str:
    """The bytes of a page as `who` gets them; it must be there."""
    if who is not None:
        sign_in_as(client, who)
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return answer.get_data(as_text=True)


def post(client: FlaskClient, who: Actor, address: str) -> Any:
    sign_in_as(client, who)
    return client.post(address)


def test_the_board_takes_a_sitting_from_computing_to_release(
    client: FlaskClient, ready: World
) -> None:
    page = get(client, ready.board[0], f"/results/{ready.sitting_id}")
    assert "Compute the results" in page
    answer = post(client, ready.board[0], f"/results/{ready.sitting_id}/compute")
    page = get(client, None, answer.location)
    assert "computed twice, independently, and both agree." in page
    assert "2 more approvals" in page
    assert "8.5" in page
    run = re.search(r'action="(/results/runs/\w+/approve)"', page)
    assert run is not None
    answer = post(client, ready.board[0], run[1])
    page = get(client, None, answer.location)
    assert "Your approval is recorded" in page
    assert "You have approved these results already" in page
    assert "1 of 2 approvals" in page
    assert "Waits for you" in get(client, ready.officer, "/results")
    page = get(client, ready.officer, f"/results/{ready.sitting_id}")
    assert "Approve and release" in page
    answer = post(client, ready.officer, run[1])
    assert "The results are released" in get(client, None, answer.location)


def test_a_refusal_is_told_on_the_page(client: FlaskClient, sqlite_database: Database) -> None:
    world = adopt(moderated(sqlite_database, GOOD))
    answer = post(client, world.officer, f"/results/{world.sitting_id}/compute")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "There is a problem" in page
    assert "moderation has signed the marks off" in page
    assert "Steps" in page


def test_an_approval_twice_is_told_on_the_page(client: FlaskClient, ready: World) -> None:
    run_id = compute(ready)
    assert post(client, ready.board[0], f"/results/runs/{run_id}/approve").status_code == 303
    answer = post(client, ready.board[0], f"/results/runs/{run_id}/approve")
    assert answer.status_code == 409
    assert "approved these results already" in answer.get_data(as_text=True)


# Nothing is seen before its time


def test_no_outcome_is_on_any_page_of_the_board_before_results_are_computed(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = sign(moderated(sqlite_database, *EVERYBODY))
    for is_adopted in (False, True):
        if is_adopted:
            adopt(world)
        for reader in (world.board[0], world.officer):
            for address in (
                "/results",
                f"/results/{world.sitting_id}",
                "/cut-scores",
                f"/cut-scores/{world.sitting_id}",
            ):
                page = get(client, reader, address)
                for total in TOTALS:
                    assert total not in page
                assert "below the cut score" not in page.lower()
                assert not re.search(r"tag good\">\s*pass", page)
                assert "results are too few" not in page
            for attempt in world.attempts:
                assert client.get(f"/trace/{attempt}").status_code == 404
            form_item = world.written.id
            for address in (
                f"/trace/question/{world.sitting_id}/{form_item}",
                f"/trace/standard/{world.sitting_id}/1.2",
            ):
                assert client.get(address).status_code == 404


def test_a_candidate_sees_only_that_it_is_not_ready_until_release(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = sign(moderated(sqlite_database, GOOD, WEAK))
    candidate, attempt = world.candidates[0], world.attempts[0]
    seen = set()
    steps = [lambda: None, lambda: adopt(world), lambda: steps_run.append(compute(world))]
    steps_run: list[str] = []
    for step in steps:
        step()
        page = get(client, candidate, f"/results/mine/{attempt}")
        seen.add(re.sub(r'value="[^"]+"', "", page))
        assert "not ready yet" in page
        assert "Not ready yet" in get(client, candidate, "/results/mine")
    assert len(seen) == 1, "the page is the same at every stage before release"
    assert not any(total in page for page in seen for total in TOTALS)
    release(world, steps_run[0])
    page = get(client, candidate, f"/results/mine/{attempt}")
    assert "You passed" in page
    assert "8.5 of 9 marks" in page


def test_after_one_approval_of_two_nothing_is_shown(client: FlaskClient, ready: World) -> None:
    run_id = compute(ready)
    post(client, ready.board[0], f"/results/runs/{run_id}/approve")
    page = get(client, ready.candidates[0], f"/results/mine/{ready.attempts[0]}")
    assert "not ready yet" in page


# The candidate's page


def test_a_result_is_told_kindly_and_with_its_themes(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    page = get(client, ready.candidates[1], f"/results/mine/{ready.attempts[1]}")
    assert "You did not reach the mark needed to pass this time" in page
    assert "2 of 9 marks" in page
    assert "fail" not in page.lower()
    assert "Moral and ethical conduct" in page
    assert page.count('class="bar"') == 3
    assert "not about registration" in page
    passed = get(client, ready.candidates[0], f"/results/mine/{ready.attempts[0]}")
    assert "This is not registration." in passed


def test_feedback_names_no_question_key_or_criterion(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    for candidate, attempt in zip(ready.candidates, ready.attempts, strict=True):
        page = get(client, candidate, f"/results/mine/{attempt}")
        for item in ready.items:
            assert item.name not in page
            for option in getattr(item.body, "options", ()):
                assert option.words.markdown not in page
                assert option.reason.markdown not in page
        for criterion in ready.written.body.criteria:
            assert criterion.title not in page
            assert all(level.descriptor.markdown not in page for level in criterion.levels)
        assert "explains" not in page
        assert WORDS not in page


def test_a_total_just_below_the_cut_score_is_told_apart_from_it(
    client: FlaskClient, sqlite_database: Database
) -> None:
    world = adopt(sign(moderated(sqlite_database, GOOD)), Fraction(8_500_001, 1_000_000))
    release(world, compute(world))
    page = get(client, world.candidates[0], f"/results/mine/{world.attempts[0]}")
    assert "8.500001 marks" in page
    assert "did not reach" in page


def test_nobody_reads_the_result_of_another(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    sign_in_as(client, ready.candidates[0])
    assert client.get(f"/results/mine/{ready.attempts[1]}").status_code == 404
    sign_in_as(client, ready.officer)
    assert client.get(f"/results/mine/{ready.attempts[0]}").status_code == 403


@pytest.mark.parametrize(
    "role", [Role.CANDIDATE, Role.ASSESSOR, Role.LEAD_ASSESSOR, Role.MODERATOR, Role.LAY_MEMBER]
)
def test_others_see_neither_results_nor_traces(
    client: FlaskClient, ready: World, role: Role
) -> None:
    release(ready, compute(ready))
    sign_in_as(client, person(ready.database, role))
    for address in (
        "/results",
        f"/results/{ready.sitting_id}",
        f"/trace/{ready.attempts[0]}",
        f"/trace/question/{ready.sitting_id}/{ready.written.id}",
        f"/trace/standard/{ready.sitting_id}/1.2",
    ):
        assert client.get(address).status_code == 403


def test_a_panel_hears_only_of_what_was_released(client: FlaskClient, ready: World) -> None:
    run_id = compute(ready)
    panel = person(ready.database, Role.PANEL_MEMBER)
    assert "November sitting" not in get(client, panel, "/results")
    assert client.get(f"/results/{ready.sitting_id}").status_code == 404
    assert client.get(f"/trace/{ready.attempts[0]}").status_code == 404
    release(ready, run_id)
    assert "November sitting" in get(client, panel, "/results")
    assert "Approve these" not in get(client, panel, f"/results/{ready.sitting_id}")
    assert "Every link holds" in get(client, panel, f"/trace/{ready.attempts[0]}")


# Traces


def test_a_trace_walks_from_the_result_to_the_words_and_the_standard(
    client: FlaskClient, ready: World
) -> None:
    release(ready, compute(ready))
    issue_missing(ready.database, NOW, ReceiptKey("a secret that is long enough for a test"))
    page = get(client, ready.board[0], f"/trace/{ready.attempts[2]}")
    assert "Every link holds" in page
    assert "7 ≥ 5" in page
    assert "Two rounds of ratings by eight judges" in page
    assert "Board Name0" in page
    assert WORDS in page
    assert "the adjudicator’s mark, because two marks lay too far apart" in page
    for words in ("Assessor 1 explains.", "Assessor 2 explains.", "The adjudicator explains."):
        assert words in page
    assert "Saved once" in page
    with ready.database.read() as session:
        receipt = find_receipt(session, ready.attempts[2])
    assert receipt is not None
    assert f'receipt code: <code class="hash">{grouped(receipt.digest)}</code>' in page
    assert "The spare key, version 1" in page
    assert "As published" in page
    assert f'href="/trace/standard/{ready.sitting_id}/7.1"' in page
    assert page.count("tag bad") == 0


def test_a_trace_of_nothing_answered_says_so(client: FlaskClient, ready: World) -> None:
    compute(ready)
    page = get(client, ready.officer, f"/trace/{ready.attempts[3]}")
    assert "Nothing was answered." in page
    assert "Never saved" in page


def test_names_are_behind_a_link_for_officers_and_panels_only(
    client: FlaskClient, ready: World
) -> None:
    release(ready, compute(ready))
    address = f"/trace/{ready.attempts[0]}"
    hidden = ("Candidate Surname0", "Assessor Name1", "Assessor Name2")
    for reader in (ready.board[0], ready.officer):
        page = get(client, reader, address)
        assert not any(name in page for name in hidden)
    shown = get(client, ready.officer, f"{address}?names=shown")
    assert all(name in shown for name in hidden)
    sign_in_as(client, ready.board[0])
    assert "names=shown" not in client.get(address).get_data(as_text=True)
    assert client.get(f"{address}?names=shown").status_code == 403


def test_looking_at_a_trace_is_recorded(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    get(client, ready.officer, f"/trace/{ready.attempts[0]}?names=shown")
    with ready.database.read() as session:
        purposes = session.scalars(
            sa.select(Sight.purpose).where(
                Sight.aggregate_id == ready.officer.id, Sight.subject_id == ready.attempts[0]
            )
        ).all()
        assert purposes == ["trace, with names"]
        assert has_seen(session, ready.officer.id, "the-spare-key")


def test_who_is_booked_for_one_of_the_cases_reads_no_trace(
    client: FlaskClient, ready: World
) -> None:
    release(ready, compute(ready))
    both = person(ready.database, Role.ASSESSMENT_BOARD, Role.CANDIDATE)
    other = sittings.sitting(ready.database, ready.form_id)
    sittings.booking(ready.database, other.id, both.id)
    sign_in_as(client, both)
    for address in (
        f"/trace/{ready.attempts[0]}",
        f"/trace/question/{ready.sitting_id}/{ready.written.id}",
        f"/trace/standard/{ready.sitting_id}/1.2",
    ):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "booked as a candidate" in answer.get_data(as_text=True)


def tamper(database: Database, statement: str) -> None:
    """Change evidence as somebody with the database file in their hands could."""
    with closing(sqlite_driver.connect(database.url.database, isolation_level=None)) as raw:
        triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(statement)


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE payload SET text = replace(text, 'I ring', 'I rung')", "Not the words that were"),
        ("UPDATE mark SET mark_num = mark_num + 1, max_num = 99", "Changed after it was written"),
        (
            "UPDATE cut_score_event SET cut_num = 4 WHERE kind = 'proposed'",
            "Changed after it was written",
        ),
        (
            "UPDATE case_version SET content = replace(content, 'Owen', 'Ewan')",
            "Not the text that was published",
        ),
    ],
)
def test_a_trace_shows_a_broken_link(
    client: FlaskClient, ready: World, statement: str, finding: str
) -> None:
    compute(ready)
    tamper(ready.database, statement)
    page = get(client, ready.officer, f"/trace/{ready.attempts[0]}")
    assert "A link is broken" in page
    assert finding in page


def test_from_a_standard_forward_to_every_result(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    page = get(client, ready.officer, f"/trace/standard/{ready.sitting_id}/7.1")
    assert "Asks Owen" in page
    for attempt in ready.attempts:
        assert f'href="/trace/{attempt}"' in page
    theme = get(client, ready.officer, f"/trace/standard/{ready.sitting_id}/B")
    assert "Theme B: what rests on it" in theme
    unused = get(client, ready.officer, f"/trace/standard/{ready.sitting_id}/22.1")
    assert "No mark of this sitting rests on this standard" in unused
    sign_in_as(client, ready.officer)
    missing = client.get(f"/trace/standard/{ready.sitting_id}/99.9")
    assert missing.status_code == 404
    assert "There is no standard 99.9" in missing.get_data(as_text=True)


def test_from_a_question_forward_to_every_mark(client: FlaskClient, ready: World) -> None:
    release(ready, compute(ready))
    page = get(client, ready.officer, f"/trace/question/{ready.sitting_id}/{ready.written.id}")
    assert "these 4 results rest on it" in page
    assert "5.5" in page
    assert "the exact mean of two independent marks" in page
    sign_in_as(client, ready.officer)
    assert client.get(f"/trace/question/{ready.sitting_id}/nothing").status_code == 404
