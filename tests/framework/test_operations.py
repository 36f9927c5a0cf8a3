"""Taking in frameworks and their official wording, on both databases."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM, VISITOR
from proficiency.core.db import Database
from proficiency.core.errors import Forbidden, Invalid, NotFound, Refused
from proficiency.framework import operations, rules
from proficiency.framework.models import FrameworkVersion, OfficialWording
from proficiency.framework.operations import (
    import_framework,
    import_official_wording,
    import_packaged_framework,
)
from proficiency.framework.queries import (
    find_framework,
    framework_finder,
    get_framework,
    list_frameworks,
)
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, build_framework, load_framework
from proficiency.framework.verify import check
from tests.factories import NOW, act, person
from tests.framework.factory import TOY, invented_wording, small_framework

NAME = "ircm-standards-of-proficiency"


def held(database: Database) -> list[str]:
    with database.read() as session:
        return list_frameworks(session)


def wording_rows(database: Database) -> list[OfficialWording]:
    with database.read() as session:
        return list(session.scalars(sa.select(OfficialWording).order_by(OfficialWording.pos)))


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the operations find invented frameworks as if they were packaged."""

    def put(**changes: Any) -> None:
        framework = build_framework(small_framework(**changes))
        monkeypatch.setattr(operations, "load_framework", lambda name: framework)

    return put


def test_a_packaged_framework_is_taken_in_whole(database: Database) -> None:
    row = act(database, import_packaged_framework, SYSTEM)
    with database.read() as session:
        found = get_framework(session, NAME)
    assert found.framework == load_framework(STANDARDS_OF_PROFICIENCY)
    assert (found.id, found.imported_at, found.wording_at) == (row.id, NOW, None)
    assert held(database) == [STANDARDS_OF_PROFICIENCY]


def test_taking_it_in_again_changes_nothing(database: Database) -> None:
    first = act(database, import_packaged_framework, SYSTEM)
    assert act(database, import_packaged_framework, SYSTEM).id == first.id
    assert held(database) == [STANDARDS_OF_PROFICIENCY]


def test_a_held_version_with_other_content_is_refused(
    database: Database, package: Callable[..., None]
) -> None:
    package()
    act(database, import_packaged_framework, SYSTEM, name_version="small/1")
    package(title="Another title")
    with pytest.raises(Refused, match="next version"):
        act(database, import_packaged_framework, SYSTEM, name_version="small/1")


def test_versions_follow_one_another_without_gaps(
    database: Database, package: Callable[..., None]
) -> None:
    package(version=2)
    with pytest.raises(Refused, match="Version 1 of small comes next"):
        act(database, import_packaged_framework, SYSTEM, name_version="small/2")
    package()
    act(database, import_packaged_framework, SYSTEM, name_version="small/1")
    package(version=2, title="Second edition")
    act(database, import_packaged_framework, SYSTEM, name_version="small/2")
    assert held(database) == ["small/1", "small/2"]
    with database.read() as session:
        assert get_framework(session, "small").framework.title == "Second edition"
        assert get_framework(session, "small", 1).framework.title == "A small framework"


def test_an_unknown_framework_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match=STANDARDS_OF_PROFICIENCY):
        act(database, import_packaged_framework, SYSTEM, name_version="nothing/1")
    with database.read() as session:
        assert find_framework(session, "nothing") is None
        with pytest.raises(NotFound):
            get_framework(session, NAME, 9)


def test_a_further_framework_is_taken_in_once_and_found(database: Database) -> None:
    first = act(database, import_framework, SYSTEM, text=TOY)
    again = act(database, import_framework, SYSTEM, text=f"# The same, with a note.\n{TOY}")
    assert again.id == first.id
    assert held(database) == ["bakers-craft/1"]
    with database.read() as session:
        find = framework_finder(session)
        assert "K1.2" in find("bakers-craft/1")
        assert find("babicm-competencies/1") is load_framework("babicm-competencies/1")
        with pytest.raises(NotFound, match="bakers-craft/1, ircm-scope-of-practice/1"):
            find("bakers-craft/2")
        assert list(check(session)) == []


def test_a_further_framework_never_changes_under_its_version(database: Database) -> None:
    act(database, import_framework, SYSTEM, text=TOY)
    other = TOY.replace("Rests it.", "Lets it rest.")
    with pytest.raises(Refused, match="bakers-craft/1 is already held with other content"):
        act(database, import_framework, SYSTEM, text=other)
    act(database, import_framework, SYSTEM, text=other.replace("version = 1", "version = 2"))
    with database.read() as session:
        find = framework_finder(session)
        assert find("bakers-craft/1") != find("bakers-craft/2")
    with pytest.raises(Refused, match="Version 3 of bakers-craft comes next"):
        act(database, import_framework, SYSTEM, text=TOY.replace("version = 1", "version = 4"))


def test_a_packaged_version_is_not_given_other_content(database: Database) -> None:
    text = TOY.replace("bakers-craft", "babicm-competencies")
    with pytest.raises(Refused, match="babicm-competencies/1 is already held"):
        act(database, import_framework, SYSTEM, text=text)
    act(database, import_packaged_framework, SYSTEM, name_version="babicm-competencies/1")
    act(database, import_framework, SYSTEM, text=text.replace("version = 1", "version = 2"))
    assert held(database) == ["babicm-competencies/1", "babicm-competencies/2"]


def test_a_faulty_file_is_refused_whole(database: Database) -> None:
    with pytest.raises(Invalid) as refusal:
        act(database, import_framework, SYSTEM, text=TOY.replace('code = "L"', ""))
    assert refusal.value.details == ("theme 2: “code” is missing: write it in quotes",)
    assert held(database) == []


@pytest.mark.parametrize(
    "operation", [import_packaged_framework, import_framework, import_official_wording]
)
def test_only_operators_and_exam_officers_take_things_in(
    database: Database, operation: Callable[..., Any]
) -> None:
    kwargs = {} if operation is import_packaged_framework else {"text": TOY}
    for actor in (person(database, Role.CONTENT_AUTHOR, Role.ASSESSMENT_BOARD), VISITOR):
        with pytest.raises(Forbidden):
            act(database, operation, actor, **kwargs)
    act(database, import_packaged_framework, person(database, Role.OPERATOR))
    act(database, import_packaged_framework, person(database, Role.EXAM_OFFICER))


def test_official_wording_is_taken_in_code_by_code(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    act(database, import_official_wording, SYSTEM, text=invented_wording())
    with database.read() as session:
        found = get_framework(session, NAME)
    assert found.wordings["11.2"] == "do the invented thing 11.2."
    assert found.wordings["11"] == "Bakers follow rule 11 and must"
    assert len(found.wordings) == 98 + 22
    assert found.wording_at == NOW


def test_the_same_wording_again_changes_nothing_even_from_another_text(
    database: Database,
) -> None:
    act(database, import_packaged_framework, SYSTEM)
    act(database, import_official_wording, SYSTEM, text=invented_wording())
    act(
        database, import_official_wording, SYSTEM, text=invented_wording().replace("\n", "\r\n\r\n")
    )
    assert len(wording_rows(database)) == 1


def test_a_corrected_wording_becomes_current_and_the_old_one_stays(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    act(database, import_official_wording, SYSTEM, text=invented_wording())
    corrected = invented_wording().replace("thing 11.2.", "thing better.")
    act(database, import_official_wording, SYSTEM, text=corrected)
    old, new = (json.loads(row.wording)["11.2"] for row in wording_rows(database))
    assert (old, new) == ("do the invented thing 11.2.", "do the invented thing better.")
    with database.read() as session:
        assert get_framework(session, NAME).wordings["11.2"] == new


def test_a_doubtful_wording_is_refused_whole_with_every_doubt(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    text = invented_wording().replace("11.2. ", "11.9. ").replace("thing 22.3.", "thing.\nFinis")
    with pytest.raises(Invalid) as refusal:
        act(database, import_official_wording, SYSTEM, text=text)
    assert refusal.value.message.startswith(
        "Found 97 of 98 sub-standards and 22 of 22 standards. Nothing was loaded."
    )
    assert len(refusal.value.details) == 3
    assert wording_rows(database) == []


def test_wording_of_a_framework_that_is_not_held_is_refused(database: Database) -> None:
    with pytest.raises(Refused, match="proficiency framework import"):
        act(database, import_official_wording, SYSTEM, text=invented_wording())


def test_text_that_no_database_can_hold_is_cleaned_before_it_is_stored(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    text = invented_wording().replace("thing 11.2.", "thing \ud800 🙂 مرحبا.")
    act(database, import_official_wording, SYSTEM, text=text)
    with database.read() as session:
        assert get_framework(session, NAME).wordings["11.2"].endswith("thing � 🙂 مرحبا.")


def test_a_healthy_database_passes_the_check_of_this_room(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    act(database, import_official_wording, SYSTEM, text=invented_wording())
    with database.read() as session:
        assert list(check(session)) == []


def test_the_check_names_what_contradicts_itself(
    database: Database, package: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that the operations would never write, written by wronging them on purpose."""
    package(name="other")
    wrong_name = act(database, import_packaged_framework, SYSTEM, name_version="other/1")
    package()
    monkeypatch.setattr(operations, "content_hash", lambda content: "0" * 64)
    wrong_hash = act(database, import_packaged_framework, SYSTEM, name_version="small/1")
    monkeypatch.undo()
    act(database, import_packaged_framework, SYSTEM)
    monkeypatch.setattr(operations, "read_whole_wording", lambda text, framework: {"99.9": "?"})
    wrong_code = act(database, import_official_wording, SYSTEM, text="")
    with database.read() as session:
        problems = list(check(session))
    assert wrong_name.id not in "".join(problems)
    assert sorted(problems) == sorted(
        [
            f"framework_version {wrong_hash.id}: its content is not what its hash says",
            f"official_wording {wrong_code.id}: it has unknown codes: 99.9",
        ]
    )


def test_the_database_keeps_a_content_from_being_two_versions(database: Database) -> None:
    act(database, import_packaged_framework, SYSTEM)
    with pytest.raises(sa.exc.IntegrityError), database.writer.begin() as connection:
        connection.execute(
            sa.insert(FrameworkVersion).from_select(
                list(FrameworkVersion.__table__.c.keys()),
                sa.select(
                    *(
                        {"id": sa.literal("x"), "pos": sa.literal(2)}.get(column.name, column)
                        for column in FrameworkVersion.__table__.c
                    )
                ),
            )
        )


def test_stored_content_is_the_same_framework_again() -> None:
    framework = load_framework(STANDARDS_OF_PROFICIENCY)
    assert rules.from_content(rules.to_content(framework)) == framework
