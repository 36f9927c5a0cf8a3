"""Schemes and forms, on both databases."""

import json
from fractions import Fraction

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.authoring.life_operations import make_live, report_leak
from proficiency.authoring.release import find_release
from proficiency.core.access import SYSTEM
from proficiency.core.chain import append, row_values
from proficiency.core.chance import new_id
from proficiency.core.db import Database
from proficiency.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from proficiency.core.operation import transaction
from proficiency.exams import operations
from proficiency.exams.figures import add_up, get_figures, list_choices
from proficiency.exams.models import Form, FormItem, FormStage
from proficiency.exams.operations import assemble_form, create_scheme_version, drawn_order
from proficiency.exams.queries import (
    get_form,
    get_form_item,
    get_scheme,
    list_form_cases,
    list_form_items,
    list_form_stages,
    list_forms,
    list_scheme_versions,
    list_schemes,
)
from proficiency.exams.rules import SchemeKind, SchemeSettings
from proficiency.exams.verify import check
from proficiency.scenarios.content import from_content
from proficiency.scenarios.models import CaseVersion
from proficiency.scenarios.operations import publish_case
from tests.authoring.factory import approved, group, live_version
from tests.exams.factory import CASES, case_text, form, live, published, scheme
from tests.factories import act, person
from tests.scenarios.test_content import canary_case


def assemble(database: Database, scheme_version_id: str, *version_ids: str, title: str = "Paper"):
    return act(
        database, assemble_form, SYSTEM,
        scheme_version_id=scheme_version_id, title=title, case_version_ids=version_ids,
    )  # fmt: skip


def test_cases_of_different_standards_make_no_form(database):
    versions = [published(database, file) for file in CASES]
    with transaction(database) as session:
        old = session.get_one(CaseVersion, versions[1].id)
        values = {**row_values(old), "id": new_id(), "aggregate_id": "of-other-standards"}
        values["content"] = old.content.replace("ircm-standards-of-proficiency/1", "other/2")
        other = append(session, CaseVersion(**values))
    with pytest.raises(Refused, match="different versions of standards"):
        assemble(database, scheme(database).id, versions[0].id, other.id)
    assemble(database, scheme(database).id, *(version.id for version in versions))


def test_saving_a_scheme_again_makes_its_next_version(database):
    scheme(database, minutes=90)
    scheme(database, minutes=150)
    with database.read() as session:
        newest = get_scheme(session, "certificate")
        assert (newest.version, newest.settings.minutes) == (2, 150)
        assert [each.version for each in list_scheme_versions(session, "certificate")] == [2, 1]
        assert [each.version for each in list_schemes(session)] == [2]


def test_a_scheme_that_somebody_else_saved_meanwhile_is_not_overwritten(database):
    first = scheme(database)
    scheme(database, minutes=150)
    with pytest.raises(Conflict):
        act(
            database, create_scheme_version, SYSTEM,
            name="certificate", title="T", kind=SchemeKind.DEMONSTRATION,
            settings=SchemeSettings(), based_on=first.id,
        )  # fmt: skip


def test_a_demonstration_never_becomes_a_live_exam(sqlite_database):
    scheme(sqlite_database)
    with pytest.raises(Refused):
        scheme(sqlite_database, SchemeKind.LIVE)


def test_impossible_settings_are_refused_with_every_problem(sqlite_database):
    with pytest.raises(Invalid) as caught:
        scheme(sqlite_database, name="No Name", minutes=0, release_quorum=1)
    assert len(caught.value.details) == 3


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EXAM_OFFICER])
def test_only_an_officer_makes_schemes_and_forms(sqlite_database, role):
    actor = person(sqlite_database, role)
    with pytest.raises(Forbidden):
        act(
            sqlite_database, create_scheme_version, actor,
            name="n", title="T", kind=SchemeKind.LIVE, settings=SchemeSettings(),
        )  # fmt: skip
    with pytest.raises(Forbidden):
        act(
            sqlite_database, assemble_form, actor,
            scheme_version_id="x", title="T", case_version_ids=["x"],
        )  # fmt: skip


def test_a_form_numbers_stages_and_questions_through_its_cases(database):
    made = form(database)
    with database.read() as session:
        stages, items = list_form_stages(session, made.id), list_form_items(session, made.id)
        cases = list_form_cases(session, made.id)
        view = get_form(session, made.id)
    assert [stage.number for stage in stages] == [1, 2, 3, 4]
    assert [stage.candidate["number"] for stage in stages] == [1, 2, 3, 4]
    assert [item.number for item in items] == list(range(1, len(items) + 1))
    assert [item.candidate["number"] for item in items] == [item.number for item in items]
    assert [item.stage for item in items] == sorted(item.stage for item in items)
    assert [case.name for case in cases] == [file.removesuffix(".md") for file in CASES]
    assert {stage.case_name for stage in stages} == {case.name for case in cases}
    assert view.max_mark == sum((item.max_mark for item in items), Fraction(0))
    assert view.stage_count == 4


def test_the_order_of_the_cases_is_the_officers(database):
    made = form(database, tuple(reversed(CASES)))
    with database.read() as session:
        names = [case.name for case in list_form_cases(session, made.id)]
    assert names == ["a-place-to-land", "one-file-too-many"]


def test_a_form_keeps_the_version_of_its_scheme_and_of_its_cases(database):
    made = form(database, minutes=90)
    scheme(database, minutes=150)
    with database.read() as session:
        assert get_form(session, made.id).settings.minutes == 90
        assert get_form(session, made.id).scheme_version == 1


def test_what_candidates_get_has_random_ids_in_an_order_that_the_seed_decides(database):
    made, other = form(database), form(database)
    with database.read() as session:
        items, again = list_form_items(session, made.id), list_form_items(session, other.id)
        seed = session.get_one(Form, made.id).seed
    for item, twin in zip(items, again, strict=True):
        assert item.id != twin.id
        assert not set(item.ids.values()) & set(twin.ids.values())
        keys = list(item.ids)
        authored = [option.key for option in getattr(item.body, "options", ())]
        assert item.order == drawn_order(seed, item.case_name, item.name, authored)
        shown = [option["id"] for option in item.candidate.get("options", ())]
        assert shown == [item.ids[key] for key in item.order]
        assert item.candidate["id"] == item.id
        assert not set(keys) & set(json.dumps(item.candidate).split('"'))
    orders = {tuple(item.order) == tuple(sorted(item.order)) for item in items if item.order}
    assert False in orders


def test_one_item_is_found_by_its_id_and_a_forged_one_is_not(database):
    made = form(database)
    with database.read() as session:
        first = list_form_items(session, made.id)[0]
        assert get_form_item(session, first.id) == first
        with pytest.raises(NotFound):
            get_form_item(session, "0" * 20)
        with pytest.raises(NotFound):
            get_form(session, "0" * 20)
        assert list_form_items(session, "0" * 20) == []


def test_no_canary_is_in_anything_that_is_stored_for_candidates(database):
    version = act(database, publish_case, SYSTEM, text=canary_case(), file="canary.md")
    made = assemble(database, scheme(database).id, version.id)
    with database.read() as session:
        stored = [
            *session.scalars(sa.select(FormStage.candidate).where(FormStage.form_id == made.id)),
            *session.scalars(sa.select(FormItem.candidate).where(FormItem.form_id == made.id)),
        ]
        served = [
            *(stage.candidate for stage in list_form_stages(session, made.id)),
            *(item.candidate for item in list_form_items(session, made.id)),
        ]
        held = from_content(version.content)
    assert "canary" in version.content.casefold()
    assert stored
    for text in (*stored, json.dumps(served)):
        assert "canary" not in text.casefold()
    everything = "".join(stored)
    for item in held.items:
        assert item.name not in everything
        for standard in item.standards:
            assert f'"{standard}"' not in everything


def test_a_live_exam_refuses_public_samples(database):
    sample, live_id = published(database), live(database, CASES[1])
    scheme_id = scheme(database, SchemeKind.LIVE, "live").id
    with pytest.raises(Refused, match="One file too many"):
        assemble(database, scheme_id, live_id, sample.id)
    assert assemble(database, scheme_id, live_id).max_num > 0


def test_a_live_exam_takes_only_what_its_reviewers_brought_to_live(database):
    people = group(database)
    step = approved(database, people, case_text(CASES[0]))
    unreviewed = published(database, CASES[1], is_sample=False)
    scheme_id = scheme(database, SchemeKind.LIVE, "live").id
    with pytest.raises(Refused, match="not live, but approved") as refused:
        assemble(database, scheme_id, step.case_version_id, unreviewed.id)
    assert "published without a review. Begin it under Cases" in refused.value.message
    with database.read() as session:
        work_id = find_release(session, step.case_version_id).work_id
    act(database, make_live, people.officer, work_id=work_id, reason="Ready.")
    form_id = assemble(database, scheme_id, step.case_version_id).id
    act(database, report_leak, people.lay, work_id=work_id, reason="Read it on a forum.")
    with pytest.raises(Refused, match="somebody reported a leak"):
        assemble(database, scheme_id, step.case_version_id)
    with database.read() as session:
        assert list(check(session)) == [], "the form was made while the case was live"
        assert [each.id for each in list_forms(session)] == [form_id]


def test_a_leak_of_one_version_keeps_the_others_out_of_live_exams_too(database):
    people = group(database)
    first = approved(database, people, case_text(CASES[0]))
    text = case_text(CASES[0]).replace("minutes: ", "minutes: 1", 1)
    second = live_version(database, text, people)
    with database.read() as session:
        work_id = find_release(session, first.case_version_id).work_id
    act(database, report_leak, people.lay, work_id=work_id, reason="Read it on a forum.")
    with pytest.raises(Refused, match="frozen"):
        assemble(database, scheme(database, SchemeKind.LIVE, "live").id, second)


def test_a_practice_exam_takes_cases_that_nobody_reviewed(sqlite_database):
    version = published(sqlite_database, is_sample=False)
    assert assemble(sqlite_database, scheme(sqlite_database).id, version.id).max_num > 0


def test_verify_finds_a_live_form_of_a_case_that_was_not_live(sqlite_database, monkeypatch):
    version = published(sqlite_database, is_sample=False)
    scheme_id = scheme(sqlite_database, SchemeKind.LIVE, "live").id
    monkeypatch.setattr(operations, "refusals_for_live_use", lambda session, ids: [])
    assemble(sqlite_database, scheme_id, version.id)
    with sqlite_database.read() as session:
        assert [each for each in check(session) if "was not live then" in each]


def test_a_form_without_a_case_or_with_one_twice_is_refused(database):
    version, scheme_id = published(database), scheme(database).id
    with pytest.raises(Invalid):
        assemble(database, scheme_id)
    with pytest.raises(Refused, match="only once"):
        assemble(database, scheme_id, version.id, version.id)
    with pytest.raises(NotFound):
        assemble(database, scheme_id, "0" * 20)
    with pytest.raises(NotFound):
        assemble(database, "0" * 20, version.id)
    with pytest.raises(Invalid):
        assemble(database, scheme_id, version.id, title=" ")
    with database.read() as session:
        assert list_forms(session) == []


def test_two_versions_of_one_case_are_one_case(sqlite_database):
    text = canary_case()
    first = act(sqlite_database, publish_case, SYSTEM, text=text, file="a.md")
    changed = text.replace("minutes: 20", "minutes: 25")
    second = act(sqlite_database, publish_case, SYSTEM, text=changed, file="a.md")
    assert first.id != second.id
    with pytest.raises(Refused, match="only once"):
        assemble(sqlite_database, scheme(sqlite_database).id, first.id, second.id)


@pytest.mark.parametrize("table", ["scheme_version", "form", "form_stage", "form_item"])
def test_a_form_and_its_scheme_never_change(database, table):
    form(database)
    for statement in (f"UPDATE {table} SET pos = pos + 1", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError), transaction(database) as session:
            session.execute(sa.text(statement))


def test_figures_add_up_and_show_themes_that_nothing_cites(database):
    for file in CASES:
        published(database, file)
    with database.read() as session:
        cases = list_choices(session)
        totals = add_up(cases)
        assert get_figures(session, cases[0].version_id) == cases[0]
    assert totals.items == sum(case.items for case in cases) >= 14
    assert [code for code, _title, _count in totals.themes] == ["A", "B", "C", "D"]
    assert all(count > 0 for _code, _title, count in totals.themes)
    assert add_up(cases[:1]).marks < totals.marks


def test_verify_agrees_with_what_was_assembled(database):
    form(database)
    with database.read() as session:
        assert list(check(session)) == []


def unguarded(database: Database, statement: str) -> None:
    """Change evidence as somebody could who owns the file and drops its guards."""
    with database.writer.begin() as connection:
        for table in ("form", "form_item", "form_stage"):
            for verb in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS guard_{table}_{verb}"))
        connection.execute(sa.text(statement))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE form SET max_num = max_num + 1", "marks, and it says"),
        ("UPDATE form SET seed = 'another'", "not in the order that the seed decides"),
        ("UPDATE form_item SET max_num = max_num + 1 WHERE number = 2", "not those of its case"),
        (
            "UPDATE form_item SET candidate = replace(candidate, '<p>', '<p>Hint ')",
            "not what its case gives",
        ),
        (
            "UPDATE form_stage SET candidate = replace(candidate, 'Tom', 'Tim')",
            "not what its case gives",
        ),
        ("UPDATE form_item SET stage = 2 WHERE number = 1", "not those of its case's stage"),
        ("DELETE FROM form_item WHERE number = 3", "without a gap"),
    ],
)
def test_verify_finds_a_form_that_was_changed(sqlite_database, statement, words):
    form(sqlite_database)
    unguarded(sqlite_database, statement)
    with sqlite_database.read() as session:
        assert any(words in problem for problem in check(session))
