"""What is done to accounts, on both databases."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from proficiency.accounts import jobs
from proficiency.accounts.cli import group
from proficiency.accounts.models import Account, PasswordLink, SignIn, SignInFailure
from proficiency.accounts.operations import (
    activate_account,
    close_sign_ins,
    create_account,
    deactivate_account,
    grant_role,
    make_password_link,
    revoke_role,
    set_password,
    set_roles,
    use_password_link,
)
from proficiency.accounts.passwords import password_matches
from proficiency.accounts.queries import (
    count_failures,
    find_account,
    find_password_link,
    find_signed_in,
    get_actor,
    list_account_events,
    list_people,
    names_of,
    refuse_demo_accounts,
)
from proficiency.accounts.rules import Role, digest
from proficiency.accounts.sign_in_operations import note_failure, open_sign_in
from proficiency.accounts.throttle import Keys
from proficiency.accounts.verify import check
from proficiency.core.access import SYSTEM, VISITOR, Actor
from proficiency.core.db import Database
from proficiency.core.errors import (
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
    TooMany,
)
from proficiency.core.operation import transaction
from tests.accounts.factory import change_behind_its_back
from tests.factories import NOW, act, person

GOOD = "lamp river seventeen"
HERE = Keys("a" * 64, "n" * 64)


def account(database: Database, email: str = "ann@example.org", **more):
    values = {"display_name": "Ann Other", "password": None, "roles": ()} | more
    return act(database, create_account, SYSTEM, email=email, **values)


def signed_in(database: Database, actor: Actor, token: str = "t", now=NOW) -> Actor | None:
    act(database, open_sign_in, actor, now, token=token, browser="A test")
    with database.read() as session:
        return find_signed_in(session, digest(token), now)


def test_an_account_has_its_roles_and_one_spelling_of_its_address(database):
    made = account(database, " Ann@Example.org ", roles=[Role.JUDGE, Role.ASSESSOR, Role.JUDGE])
    with database.read() as session:
        found = find_account(session, "ANN@example.org")
        assert found.id == made.id
        assert get_actor(session, made.id).roles == {"judge", "assessor"}
        assert [person.id for person in list_people(session, Role.JUDGE)] == [made.id]
        assert names_of(session, [made.id, "system", "nobody"]) == {
            made.id: "Ann Other",
            "system": "Proficiency",
        }


def test_two_accounts_never_share_an_address(database):
    account(database)
    with pytest.raises(Refused):
        account(database, "ANN@example.org")


def test_the_database_refuses_an_address_in_capitals(database):
    with pytest.raises(sa.exc.IntegrityError), transaction(database) as session:
        session.add(
            Account(id="x" * 20, email="Ann@example.org", display_name="Ann", created_at=NOW)
        )


def test_a_bad_account_is_refused_with_every_problem(database):
    with pytest.raises(Invalid) as caught:
        account(database, "ann", display_name="", password="ann")
    assert len(caught.value.details) >= 3


@pytest.mark.parametrize("actor_roles", [(), (Role.ASSESSOR,), (Role.ASSESSMENT_BOARD,)])
def test_only_those_who_look_after_people_make_accounts(sqlite_database, actor_roles):
    actor = person(sqlite_database, *actor_roles)
    with pytest.raises(Forbidden):
        act(
            sqlite_database, create_account, actor,
            email="a@b.cd", display_name="A", password=None, roles=(),
        )  # fmt: skip
    with pytest.raises(Forbidden):
        act(sqlite_database, grant_role, VISITOR, account_id=actor.id, role=Role.JUDGE)


def test_giving_twice_and_taking_what_is_not_held_change_nothing(database):
    made = account(database, roles=[Role.JUDGE])
    act(database, grant_role, SYSTEM, account_id=made.id, role=Role.JUDGE)
    act(database, revoke_role, SYSTEM, account_id=made.id, role=Role.ASSESSOR)
    with database.read() as session:
        actions = [event.action for event in list_account_events(session, made.id)]
    assert actions == ["role_granted", "account_created"]


def test_roles_change_together_with_one_reason(database):
    made = account(database, roles=[Role.JUDGE, Role.ASSESSOR])
    act(
        database, set_roles, SYSTEM,
        account_id=made.id, roles=[Role.ASSESSOR, Role.MODERATOR], reason="New term.",
    )  # fmt: skip
    with database.read() as session:
        assert get_actor(session, made.id).roles == {"assessor", "moderator"}
        changed = list_account_events(session, made.id)[:2]
    assert {(event.action, event.role) for event in changed} == {
        ("role_granted", "moderator"),
        ("role_revoked", "judge"),
    }
    assert {event.reason for event in changed} == {"New term."}


def test_roles_do_not_change_without_a_reason(sqlite_database):
    made = account(sqlite_database)
    with pytest.raises(Invalid):
        act(sqlite_database, set_roles, SYSTEM, account_id=made.id, roles=[], reason=" \n")


def test_only_an_operator_makes_or_unmakes_an_operator(database):
    officer, operator = person(database, Role.EXAM_OFFICER), person(database, Role.OPERATOR)
    other = person(database, Role.OPERATOR)
    with pytest.raises(Forbidden):
        act(database, grant_role, officer, account_id=officer.id, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        act(database, revoke_role, officer, account_id=other.id, role=Role.OPERATOR)
    for operation, more in (
        (make_password_link, {}),
        (deactivate_account, {}),
        (close_sign_ins, {}),
        (set_password, {"password": GOOD}),
    ):
        with pytest.raises(Forbidden):
            act(database, operation, officer, account_id=operator.id, **more)
    act(database, revoke_role, operator, account_id=other.id, role=Role.OPERATOR)


def test_nobody_takes_away_their_own_last_way_in(database):
    officer = person(database, Role.EXAM_OFFICER)
    person(database, Role.EXAM_OFFICER)
    with pytest.raises(Refused):
        act(database, revoke_role, officer, account_id=officer.id, role=Role.EXAM_OFFICER)
    with pytest.raises(Refused):
        act(database, deactivate_account, officer, account_id=officer.id)


def test_who_holds_both_roles_may_give_one_back(database):
    both = person(database, Role.EXAM_OFFICER, Role.OPERATOR)
    act(database, revoke_role, both, account_id=both.id, role=Role.EXAM_OFFICER)
    with pytest.raises(Refused):
        act(database, revoke_role, both, account_id=both.id, role=Role.OPERATOR)


def test_the_last_person_who_looks_after_people_stays(database):
    officer = person(database, Role.EXAM_OFFICER)
    with pytest.raises(Refused):
        act(database, revoke_role, SYSTEM, account_id=officer.id, role=Role.EXAM_OFFICER)
    with pytest.raises(Refused):
        act(database, deactivate_account, SYSTEM, account_id=officer.id)


def test_deactivating_ends_every_sign_in_and_activating_brings_the_roles_back(database):
    officer, judge = person(database, Role.EXAM_OFFICER), person(database, Role.JUDGE)
    assert signed_in(database, judge) is not None
    act(database, deactivate_account, officer, account_id=judge.id, reason="Left.")
    with database.read() as session:
        assert find_signed_in(session, digest("t"), NOW) is None
        assert list_people(session, Role.JUDGE) == []
    act(database, activate_account, officer, account_id=judge.id, reason="Came back.")
    with database.read() as session:
        assert find_signed_in(session, digest("t"), NOW) is None
        assert get_actor(session, judge.id).has(Role.JUDGE)


def test_a_sign_in_knows_who_acts_and_ends_after_twelve_hours(database):
    judge = person(database, Role.JUDGE, name="Jo Judge")
    actor = signed_in(database, judge)
    assert actor == Actor(judge.id, "Jo Judge", frozenset({"judge"}), digest("t"))
    with database.read() as session:
        assert find_signed_in(session, digest("t"), NOW + timedelta(hours=11, minutes=59))
        assert find_signed_in(session, digest("t"), NOW + timedelta(hours=12)) is None
        assert find_signed_in(session, digest("other"), NOW) is None


def test_somebody_without_roles_can_sign_in(database):
    nobody = person(database)
    actor = signed_in(database, nobody)
    assert actor is not None
    assert actor.roles == frozenset()


def test_a_new_password_ends_the_other_sign_ins(database):
    judge = person(database, Role.JUDGE)
    here, _there = signed_in(database, judge, "here"), signed_in(database, judge, "there")
    act(database, set_password, here, account_id=judge.id, password=GOOD)
    with database.read() as session:
        assert find_signed_in(session, digest("here"), NOW) is not None
        assert find_signed_in(session, digest("there"), NOW) is None
        account = session.get(Account, judge.id)
        assert password_matches(account.password_hash, GOOD)


def test_nobody_sets_the_password_of_somebody_else(sqlite_database):
    judge, other = person(sqlite_database, Role.JUDGE), person(sqlite_database, Role.JUDGE)
    with pytest.raises(Forbidden):
        act(sqlite_database, set_password, judge, account_id=other.id, password=GOOD)
    with pytest.raises(Forbidden):
        act(sqlite_database, close_sign_ins, judge, account_id=other.id)


def test_a_password_that_can_not_be_used_changes_nothing(sqlite_database):
    made = account(sqlite_database, password=GOOD)
    with pytest.raises(Invalid):
        act(sqlite_database, set_password, SYSTEM, account_id=made.id, password="Ann Other")
    with sqlite_database.read() as session:
        assert password_matches(session.get(Account, made.id).password_hash, GOOD)


def test_a_link_sets_the_password_once(database):
    made = account(database)
    token = act(database, make_password_link, SYSTEM, account_id=made.id)
    act(database, use_password_link, SYSTEM, token=token, password=GOOD)
    with pytest.raises(Refused):
        act(database, use_password_link, SYSTEM, token=token, password=GOOD)
    with database.read() as session:
        assert password_matches(session.get(Account, made.id).password_hash, GOOD)


def test_a_link_ends_after_three_days_or_when_another_is_made(database):
    made = account(database)
    first = act(database, make_password_link, SYSTEM, account_id=made.id)
    with database.read() as session:
        assert find_password_link(session, first, NOW + timedelta(hours=71)).id == made.id
        assert find_password_link(session, first, NOW + timedelta(hours=72)) is None
    second = act(database, make_password_link, SYSTEM, account_id=made.id)
    with database.read() as session:
        assert find_password_link(session, first, NOW) is None
        assert find_password_link(session, second, NOW) is not None


def test_no_secret_is_stored_as_it_is(database):
    made = account(database, password=GOOD)
    token = act(database, make_password_link, SYSTEM, account_id=made.id)
    signed_in(database, Actor(made.id, "Ann"), "cookie-token")
    with database.read() as session:
        stored = [
            *session.scalars(sa.select(PasswordLink.id)),
            *session.scalars(sa.select(SignIn.id)),
            *session.scalars(sa.select(Account.password_hash)),
        ]
    assert not {token, "cookie-token", GOOD} & set(stored)


def test_the_sixth_try_from_one_network_must_wait_and_then_may_go_on(database):
    for second in range(5):
        act(database, note_failure, SYSTEM, NOW + timedelta(seconds=second), keys=HERE)
    judge = person(database, Role.JUDGE)
    with pytest.raises(TooMany, match=r"Wait 30 s"):
        act(
            database, open_sign_in, judge, NOW + timedelta(seconds=4),
            token="t", browser="x", keys=HERE,
        )  # fmt: skip
    with pytest.raises(TooMany):
        act(database, note_failure, SYSTEM, NOW + timedelta(seconds=30), keys=HERE)
    act(
        database, open_sign_in, judge, NOW + timedelta(seconds=34),
        token="t", browser="x", keys=HERE,
    )  # fmt: skip
    with database.read() as session:
        assert count_failures(session, HERE, NOW + timedelta(minutes=1)).here == 0


def test_failures_are_counted_apart_by_account_and_by_network(database):
    elsewhere = Keys(HERE.account, "m" * 64)
    neighbour = Keys("b" * 64, HERE.network)
    for keys in (HERE, HERE, elsewhere, neighbour):
        act(database, note_failure, SYSTEM, keys=keys)
    with database.read() as session:
        here = count_failures(session, HERE, NOW)
        assert (here.here, here.account, here.network, here.last) == (2, 3, 3, NOW)
        assert count_failures(session, neighbour, NOW).here == 1
        later = count_failures(session, HERE, NOW + timedelta(hours=24))
        assert (later.here, later.account, later.network) == (0, 0, 0)


def test_a_hash_under_newer_parameters_replaces_the_old_one_at_sign_in(database):
    made = account(database, password=GOOD)
    act(
        database, open_sign_in, Actor(made.id, "Ann"),
        token="t", browser="x", keys=HERE, new_hash="$argon2id$new",
    )  # fmt: skip
    with database.read() as session:
        assert session.get(Account, made.id).password_hash == "$argon2id$new"


def test_old_traces_are_forgotten(database):
    made = account(database)
    act(database, note_failure, SYSTEM, keys=HERE)
    signed_in(database, Actor(made.id, "Ann"))
    jobs.forget_old_traces(database, NOW + timedelta(hours=24))
    with database.read() as session:
        assert session.scalars(sa.select(SignInFailure)).all() == []
        assert len(session.scalars(sa.select(SignIn)).all()) == 1
    jobs.forget_old_traces(database, NOW + timedelta(days=91))
    with database.read() as session:
        assert session.scalars(sa.select(SignIn)).all() == []


def test_a_server_outside_the_demonstration_refuses_its_accounts(database):
    account(database)
    with database.read() as session:
        refuse_demo_accounts(session)
    account(database, "demo@example.org", is_demo=True)
    with database.read() as session, pytest.raises(Misconfigured, match="PROFICIENCY_DEMO"):
        refuse_demo_accounts(session)


def test_verify_agrees_with_what_the_operations_did(database):
    officer, judge = person(database, Role.EXAM_OFFICER), person(database, Role.JUDGE)
    act(database, set_roles, officer, account_id=judge.id, roles=[Role.ASSESSOR], reason="x")
    act(database, deactivate_account, officer, account_id=judge.id)
    with database.read() as session:
        assert list(check(session)) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM role_grant", "lacks the role judge"),
        ("UPDATE role_grant SET role = 'operator'", "holds the role operator"),
        ("UPDATE account SET is_active = false", "is_active is not what"),
    ],
)
def test_verify_finds_what_was_changed_behind_its_back(database, statement, words):
    person(database, Role.JUDGE)
    change_behind_its_back(database, statement)
    with database.read() as session:
        assert any(words in problem for problem in check(session))


def run(database: Database, *words: str, line: str = ""):
    """Run the command with one line of standard input."""
    settings = SimpleNamespace(
        database=database, config=SimpleNamespace(address="https://exam.example.org")
    )
    return CliRunner().invoke(group, words, obj=settings, input=line, catch_exceptions=True)


def test_the_command_adds_and_lists_people(sqlite_database):
    added = run(
        sqlite_database, "add", "Ann@example.org", "--name", "Ann Other", "--role", "judge",
        "--role", "assessor", line=f"{GOOD}\n",
    )  # fmt: skip
    assert (added.exit_code, added.output) == (0, "Added ann@example.org.\n")
    with sqlite_database.read() as session:
        assert password_matches(find_account(session, "ann@example.org").password_hash, GOOD)
    assert run(sqlite_database, "list").output == "ann@example.org  Ann Other  assessor, judge\n"
    assert run(sqlite_database, "list", "--role", "moderator").output == ""


def test_the_command_refuses_a_weak_password_and_makes_nothing(sqlite_database):
    added = run(sqlite_database, "add", "ann@example.org", "--name", "Ann", line="ann\n")
    assert isinstance(added.exception, Invalid)
    assert run(sqlite_database, "list").output == ""


def test_the_command_changes_roles_passwords_and_access(sqlite_database):
    made = account(sqlite_database, roles=[Role.JUDGE])
    changed = run(
        sqlite_database, "roles", "ann@example.org", "--add", "assessor", "--remove", "judge",
        "--reason", "New term.",
    )  # fmt: skip
    assert changed.output == "ann@example.org: assessor\n"
    assert run(sqlite_database, "password", "ann@example.org", line=f"{GOOD}\n").exit_code == 0
    assert "deactivated" in run(
        sqlite_database, "deactivate", "ann@example.org", "--reason", "Left."
    ).output  # fmt: skip
    assert "(deactivated)" in run(sqlite_database, "list").output
    run(sqlite_database, "deactivate", "ann@example.org", "--reason", "Back.", "--undo")
    with sqlite_database.read() as session:
        kept = session.get(Account, made.id)
        assert kept.is_active
        assert password_matches(kept.password_hash, GOOD)


def test_the_command_prints_a_link_that_works(sqlite_database):
    printed = run(sqlite_database, "add", "a@example.org", "--name", "Ann", "--link").output
    token = printed.split("https://exam.example.org/set-password/")[1].split()[0]
    with sqlite_database.read() as session:
        found = find_account(session, "a@example.org")
        assert found.password_hash is None
    act(sqlite_database, use_password_link, SYSTEM, NOW, token=token, password=GOOD)
    printed = run(sqlite_database, "password", "a@example.org", "--link").output
    assert "/set-password/" in printed


def test_the_command_says_when_nobody_has_the_address(sqlite_database):
    outcome = run(sqlite_database, "deactivate", "x@example.org", "--reason", "Left.")
    assert isinstance(outcome.exception, NotFound)
