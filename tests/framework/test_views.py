"""The pages of the standards: open to everybody, searchable, honest about whose words they show."""

import pytest
from flask.testing import FlaskClient

from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.framework import operations
from proficiency.framework.rules import STANDARDS_OF_PROFICIENCY, build_framework, load_framework
from tests.factories import act
from tests.framework.factory import hold_standards, small_framework

PINNED = f"/standards/{STANDARDS_OF_PROFICIENCY}"


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def test_a_visitor_reads_all_themes_standards_and_sub_standards(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    text = page(client, "/standards")
    framework = load_framework(STANDARDS_OF_PROFICIENCY)
    assert "4 themes, 22 standards, 98 sub-standards" in text
    assert all(theme.title in text for theme in framework.themes)
    assert all(f'/standards/{standard.code}"' in text for standard in framework.standards)
    assert all(f"#standard-{sub.code.replace('.', '-')}" in text for sub in framework.sub_standards)


def test_the_page_says_so_when_no_standards_are_held(
    client: FlaskClient, sqlite_database: Database
) -> None:
    assert "No standards have been loaded yet" in page(client, "/standards")
    assert "not held here" in page(client, "/standards/11", status=404)


def test_summaries_are_called_summaries_until_official_wording_is_loaded(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    for path in ("/standards", "/standards/11"):
        assert "These are summaries" in page(client, path)
    assert "Official wording" not in page(client, "/standards/11")


def test_official_wording_takes_the_summaries_place_and_is_called_so(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database, wording=True)
    index, standard = page(client, "/standards"), page(client, "/standards/11")
    for text in (index, standard):
        assert "These are summaries" not in text
        assert "Official wording of the Institute of Registered Case Managers" in text
        assert "do the invented thing 11.2." in text
    assert "Makes proper checks" not in index
    assert "Our summary: Makes proper checks" in " ".join(standard.replace("</", " ").split())
    assert "Bakers follow rule 11 and must" in standard


def test_a_standard_has_a_page_with_its_neighbours(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    text = page(client, "/standards/11")
    assert "Coordination" in text
    assert 'rel="prev" href="/standards/10"' in text
    assert 'rel="next" href="/standards/12"' in text
    assert 'rel="prev"' not in page(client, "/standards/1")
    assert 'rel="next"' not in page(client, "/standards/22")


@pytest.mark.parametrize(
    ("code", "place"),
    [("11.2", "/standards/11#standard-11-2"), ("B", "/standards#standard-B")],
)
def test_every_code_is_an_address(
    client: FlaskClient, sqlite_database: Database, code: str, place: str
) -> None:
    hold_standards(sqlite_database)
    answer = client.get(f"/standards/{code}")
    assert (answer.status_code, answer.location) == (302, place)


def test_an_unknown_code_suggests_the_nearest_ones(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    assert "Did you mean 11.7, 11.6, 11.5?" in page(client, "/standards/11.8", status=404)


def test_a_word_finds_sub_standards_and_is_marked(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    text = page(client, "/standards?q=providers")
    assert "2 sub-standards found for “providers”." in text
    assert "Makes proper checks on outside <mark>providers</mark> before referring" in text
    assert "#standard-12-1" in text
    assert "#standard-11-3" not in text


def test_a_code_finds_what_stands_under_it(client: FlaskClient, sqlite_database: Database) -> None:
    hold_standards(sqlite_database)
    assert "1 sub-standard found for “11.2”." in page(client, "/standards?q=11.2")
    assert "7 sub-standards found for “standard 11”." in page(client, "/standards?q=standard+11")
    assert "38 sub-standards found for “b”." in page(client, "/standards?q=b")


def test_official_wording_is_searched_too(client: FlaskClient, sqlite_database: Database) -> None:
    hold_standards(sqlite_database, wording=True)
    text = page(client, "/standards?q=invented+proper")
    assert "do the <mark>invented</mark> thing 11.2." in text
    assert "Our summary:" not in text


def test_a_match_in_the_summary_alone_shows_the_summary_too(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database, wording=True)
    text = page(client, "/standards?q=providers")
    assert "do the invented thing 11.2." in text
    assert "Our summary: Makes proper checks on outside <mark>providers</mark>" in text


def test_a_search_without_success_says_what_to_try(
    client: FlaskClient, sqlite_database: Database
) -> None:
    hold_standards(sqlite_database)
    assert "Nothing found for “zebra”" in page(client, "/standards?q=zebra")
    text = page(client, "/standards?q=11.8")
    assert 'Did you mean <a href="/standards/11.7">11.7</a>' in text


@pytest.mark.parametrize(
    "query", ["<script>alert(1)</script>", '"><b>', "%00", "%ED%A0%80", "9" * 6000]
)
def test_whatever_is_searched_for_is_shown_as_text(
    client: FlaskClient, sqlite_database: Database, query: str
) -> None:
    hold_standards(sqlite_database)
    text = page(client, f"/standards?q={query}")
    assert "Nothing found" in text
    assert "<script>alert" not in text
    assert "<b>" not in text


def test_an_address_with_a_version_keeps_showing_that_version(
    client: FlaskClient, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_standards(sqlite_database)
    name = STANDARDS_OF_PROFICIENCY.partition("/")[0]
    second = build_framework(small_framework(name=name, version=2))
    monkeypatch.setattr(operations, "load_framework", lambda wanted: second)
    act(sqlite_database, operations.import_packaged_framework, SYSTEM, name_version=f"{name}/2")
    assert "First theme" in page(client, "/standards")
    old = page(client, f"{PINNED}/11")
    assert "Coordination" in old
    assert "This is version 1" in old
    assert f'href="{PINNED}/12"' in old
    assert "This is version 1" in page(client, PINNED)
    assert "not held here" in page(client, f"/standards/{name}/3", status=404)


def test_the_pages_ask_for_few_statements(client: FlaskClient, sqlite_database: Database) -> None:
    import sqlalchemy as sa

    hold_standards(sqlite_database, wording=True)
    seen = list[str]()
    sa.event.listen(
        sqlite_database.reader,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: seen.append(statement),
    )
    page(client, "/standards/11")
    assert len([statement for statement in seen if "framework" in statement]) <= 2
