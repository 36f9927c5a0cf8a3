"""The files of a case in work: each change a revision, and what is approved has them."""

import io

import pytest
from flask.testing import FlaskClient

from proficiency.accounts.rules import Role
from proficiency.authoring.file_operations import attach_files, take_file_away
from proficiency.authoring.life_operations import _read_whole
from proficiency.authoring.operations import begin_case, save_revision
from proficiency.authoring.queries import get_newest, list_revisions
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, NotFound
from tests.factories import act, person, sign_in_as
from tests.scenarios.file_samples import CASE_WITH_FILES, FILES, png


def test_each_change_of_files_is_a_revision_and_saving_words_keeps_them(database: Database) -> None:
    author = person(database, Role.CONTENT_AUTHOR)
    first = act(database, begin_case, author, text=CASE_WITH_FILES)
    second = act(database, attach_files, author, work_id=first.work_id, files=FILES)
    again = act(database, attach_files, author, work_id=first.work_id, files=FILES)
    assert (first.files, set(second.files), again.id) == ({}, set(FILES), second.id)
    saved = act(
        database, save_revision, author, work_id=first.work_id, base_id=first.id,
        text=CASE_WITH_FILES.replace("lives alone", "lives by himself"),
    ).revision  # fmt: skip
    assert saved.files == second.files
    fewer = act(database, take_file_away, author, work_id=first.work_id, name="plan.png")
    with database.read() as session:
        held = [each.files for each in list_revisions(session, first.work_id)]
        with pytest.raises(Invalid) as refused:
            _read_whole(session, get_newest(session, first.work_id), "")
        assert any("no file “plan.png”" in line for line in refused.value.details)
    assert held == [fewer.files, second.files, second.files, {}]
    act(database, attach_files, author, work_id=first.work_id, files={"plan.png": png(shade=3)})
    with database.read() as session:
        case = _read_whole(session, get_newest(session, first.work_id), "it is right")
    assert [file.name for file in case.files] == ["plan.png", "letters/referral.pdf"]


def test_what_is_faulty_or_not_there_changes_nothing(database: Database) -> None:
    author = person(database, Role.CONTENT_AUTHOR)
    work_id = act(database, begin_case, author, text=CASE_WITH_FILES).work_id
    for files in ({}, {"plan.png": b"<svg>"}, {f"{n}.png": png() for n in range(21)}):
        with pytest.raises(Invalid):
            act(database, attach_files, author, work_id=work_id, files=files)
    with pytest.raises(NotFound):
        act(database, take_file_away, author, work_id=work_id, name="plan.png")
    with database.read() as session:
        assert len(list_revisions(session, work_id)) == 1


def test_the_editor_takes_files_shows_them_and_takes_them_away(
    client: FlaskClient, sqlite_database: Database
) -> None:
    author = person(sqlite_database, Role.CONTENT_AUTHOR)
    sign_in_as(client, author)
    work_id = act(sqlite_database, begin_case, author, text=CASE_WITH_FILES).work_id
    address = f"/cases/works/{work_id}"
    sent = {"files": [(io.BytesIO(png()), "plan.png"), (io.BytesIO(b"<svg>"), "bad.png")]}
    shown = client.post(f"{address}/files", data=sent, follow_redirects=True)
    assert "can hold programs" in shown.get_data(as_text=True)
    sent = {"files": [(io.BytesIO(png()), "plan.png")]}
    shown = client.post(f"{address}/files", data=sent, follow_redirects=True).get_data(as_text=True)
    assert f'src="{address}/files/plan.png" alt="Plan of the flat' in shown
    assert client.get(f"{address}/files/plan.png").data == png()
    assert client.get(f"{address}/files/other.png").status_code == 404
    client.post(f"{address}/files/take-away", data={"name": "plan.png"})
    assert client.get(f"{address}/files/plan.png").status_code == 404
