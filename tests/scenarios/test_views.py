"""The pages of cases: who may open them, what they show, and what writing one feels like."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader

from proficiency.accounts.rules import Role
from proficiency.core.access import Actor
from proficiency.core.db import Database
from proficiency.core.sights import Sight
from proficiency.scenarios.content import Item
from proficiency.scenarios.models import CaseVersion
from proficiency.scenarios.queries import list_case_versions
from proficiency.scenarios.skeleton import SKELETON
from tests.factories import person, sign_in_as
from tests.items.factory import BEST_ITEM, SEVERAL_ITEM, WRITTEN_ITEM, one_more_format, view
from tests.scenarios.factory import SMALL_CASE, changed, line_of, read, with_question
from tests.scenarios.test_content import canary_case
from tests.scenarios.test_operations import REWORDED, publish


@pytest.fixture
def author(client: FlaskClient, sqlite_database: Database) -> Actor:
    """A content author, signed in."""
    actor = person(sqlite_database, Role.CONTENT_AUTHOR, name="Elin Prys")
    sign_in_as(client, actor)
    return actor


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """The words of a page that must answer with `status`."""
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def send(client: FlaskClient, path: str, status: int, **fields: object) -> str:
    """The answer to a posted form."""
    answer = client.post(path, data=fields, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the test client leaves large bodies open
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def sights(database: Database, actor: Actor) -> list[tuple[str, str]]:
    """What an actor saw, and for what."""
    with database.read() as session:
        rows = session.execute(
            sa.select(Sight.subject_id, Sight.purpose)
            .where(Sight.aggregate_id == actor.id)
            .order_by(Sight.pos)
        )
        return [(row.subject_id, row.purpose) for row in rows]


# Reading


def test_the_list_shows_titles_and_no_words(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    assert "No case is published yet" in page(client, "/cases")
    publish(sqlite_database)
    text = page(client, "/cases")
    assert "The spare key" in text
    assert "Owen" not in text
    assert sights(sqlite_database, author) == []


def test_a_case_shows_its_versions_with_their_hashes(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    first = publish(sqlite_database)
    second = publish(sqlite_database, REWORDED, author)
    text = page(client, "/cases/the-spare-key")
    assert first.content_hash in text
    assert text.index(second.content_hash) < text.index(first.content_hash)
    assert "Elin Prys" in text
    assert "no published case" in page(client, "/cases/nothing", 404)


def test_the_preview_is_the_candidates_view_and_is_recorded_once(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database)
    for _time in range(2):
        text = page(client, f"/cases/versions/{version.id}/preview")
    assert "Owen Rees, 38" in text
    assert "Exhibit 1: rota of the team" in text
    assert "His home, his decision." not in text
    assert text.count("<h1>") == 1
    assert sights(sqlite_database, author) == [("the-spare-key", "preview")]


def test_no_canary_is_in_the_candidates_page(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database, canary_case())
    text = page(client, f"/cases/versions/{version.id}/preview")
    assert "canary" not in text.casefold()
    assert "canary" in page(client, f"/cases/versions/{version.id}/mark-scheme").casefold()


def test_the_mark_scheme_has_everything_that_assessors_need(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database)
    text = page(client, f"/cases/versions/{version.id}/mark-scheme")
    for words in (
        "His home, his decision.",
        "Asks him and acts on it",
        "Offers an advocate",
        "Hides the loss from Owen",
        "Critical:",
        "Locksmith today",
        "Watches, at least.",
        "The key stands for trust.",
        "UK GDPR, article 6",
        "/standards/13.4",
    ):
        assert words in text, words
    assert sights(sqlite_database, author) == [("the-spare-key", "mark_scheme")]


def test_the_source_is_the_file_as_it_was_written(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database)
    answer = client.get(f"/cases/versions/{version.id}/source")
    assert answer.get_data(as_text=True) == SMALL_CASE
    assert answer.headers["Content-Disposition"] == 'attachment; filename="the-spare-key-v1.md"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sights(sqlite_database, author) == [("the-spare-key", "writing")]


@pytest.mark.parametrize("role", [Role.CANDIDATE, Role.ASSESSOR, Role.INVIGILATOR])
@pytest.mark.parametrize(
    "path",
    ["", "/the-spare-key"]
    + [f"/versions/{{id}}/{which}" for which in ("preview", "mark-scheme", "source")],
)
def test_those_who_do_not_work_on_cases_see_none(
    client: FlaskClient, sqlite_database: Database, role: Role, path: str
) -> None:
    version = publish(sqlite_database)
    actor = person(sqlite_database, role)
    sign_in_as(client, actor)
    page(client, "/cases" + path.format(id=version.id), 403)
    assert sights(sqlite_database, actor) == []


def test_a_moderator_reads_and_does_not_write(
    client: FlaskClient, sqlite_database: Database
) -> None:
    version = publish(sqlite_database)
    sign_in_as(client, person(sqlite_database, Role.MODERATOR))
    assert "Markdown file" not in page(client, "/cases/the-spare-key")
    page(client, f"/cases/versions/{version.id}/mark-scheme")
    page(client, f"/cases/versions/{version.id}/source", 403)
    page(client, "/cases/drafts/write", 403)
    send(client, "/cases/drafts/publish", 403, text=SMALL_CASE, use="sample")


# Writing


def test_a_good_case_is_checked_shown_and_published(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    assert "Paste the whole file" in page(client, "/cases/drafts/write")
    checked = send(client, "/cases/drafts/check", 200, text=SMALL_CASE, use="sample")
    assert "Ready to publish" in checked
    assert "As candidates would see it" in checked
    with sqlite_database.read() as session:
        assert list_case_versions(session) == []
    answer = client.post(
        "/cases/drafts/publish", data={"text": SMALL_CASE, "use": "sample"}, follow_redirects=True
    )
    assert "Version 1 of “The spare key” is published." in answer.get_data(as_text=True)
    assert ("the-spare-key", "writing") in sights(sqlite_database, author)


def test_an_author_can_begin_with_the_shape_of_a_case_that_is_right(
    client: FlaskClient, author: Actor
) -> None:
    assert "begin=skeleton" in page(client, "/cases/drafts/write")
    assert "# Title of the case" in page(client, "/cases/drafts/write?begin=skeleton")
    assert read(SKELETON).report() == []


def test_every_problem_stands_beside_its_line_and_the_words_stay_in_the_box(
    client: FlaskClient, author: Actor
) -> None:
    text = changed("nation: Wales", "nation: Wels", changed("choose 2 of 4", "choose 3 of 4"))
    for path in ("/cases/drafts/check", "/cases/drafts/publish"):
        answer = send(client, path, 422, text=text, use="sample")
        assert "<title>Error:" in answer
        assert "2 things must be put right" in answer
        assert "did you mean “Wales”?" in answer
        assert f'data-line="{line_of(text, "choose 3 of 4")}"' in answer
        assert '<code dir="auto">nation: Wels</code>' in answer
        assert "The key stands for trust." in answer


def test_a_file_goes_before_the_box_and_is_named(client: FlaskClient, author: Actor) -> None:
    data = changed("nation: Wales", "nation: Wels").encode()
    answer = send(
        client, "/cases/drafts/check", 422, text="", use="sample", file=(io.BytesIO(data), "key.md")
    )
    assert "What was found in key.md" in answer
    assert "Owen Rees, 38" in answer


def test_line_ends_of_a_browser_do_not_change_the_case(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    first = publish(sqlite_database)
    windows = SMALL_CASE.replace("\n", "\r\n")
    client.post("/cases/drafts/publish", data={"text": windows, "use": "sample"})
    with sqlite_database.read() as session:
        assert [version.id for version in list_case_versions(session)] == [first.id]


def test_nothing_sent_is_an_error_with_what_to_do(client: FlaskClient, author: Actor) -> None:
    answer = send(client, "/cases/drafts/check", 422, text="  ", use="sample")
    assert "Paste a case here, or choose its file." in answer


def test_the_next_version_begins_with_the_words_of_the_last(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database)
    text = page(client, f"/cases/versions/{version.id}/write")
    assert "Owen Rees, 38" in text
    client.post("/cases/drafts/publish", data={"text": REWORDED, "use": "sample"})
    with sqlite_database.read() as session:
        assert session.scalar(sa.select(sa.func.max(CaseVersion.pos))) == 2


def test_a_sample_cannot_be_published_again_as_a_live_case(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    publish(sqlite_database)
    answer = send(client, "/cases/drafts/publish", 409, text=SMALL_CASE, use="live")
    assert "already published as a public sample" in answer
    assert "Owen Rees, 38" in answer


# Bad input


def test_a_case_of_five_megabytes_is_refused_with_what_to_do(
    client: FlaskClient, author: Actor
) -> None:
    data = io.BytesIO(SMALL_CASE.encode() + b"word " * 1_000_000)
    answer = send(client, "/cases/drafts/check", 422, use="sample", text="", file=(data, "big.md"))
    assert "5.0 MB, and a case may have 1 MB" in answer
    assert len(answer) < 50_000
    pasted = send(client, "/cases/drafts/check", 422, use="sample", text="word " * 1_000_000)
    assert "a case may have 1 MB" in pasted


def test_a_file_that_is_no_text_is_refused_with_what_to_do(
    client: FlaskClient, author: Actor
) -> None:
    data = io.BytesIO(b"PK\x03\x04\xff\xfe\x00\x00")
    answer = send(client, "/cases/drafts/check", 422, use="sample", text="", file=(data, "a.docx"))
    assert "save it as plain text in UTF-8" in answer


def test_script_in_a_case_is_refused_and_shown_as_words(client: FlaskClient, author: Actor) -> None:
    text = changed("His sister asks", "<script>alert(1)</script> His sister asks")
    answer = send(client, "/cases/drafts/check", 422, text=text, use="sample")
    assert "write “&lt;script&gt;” without the &lt; and &gt;" in answer
    assert "<script>alert" not in answer


@pytest.mark.parametrize(
    "text",
    ["\x00", "---\n\ud800", "---", "\u202eabc", "🗝️" * 50],
    ids=["NUL", "half a pair", "front matter only", "right to left", "emoji"],
)
def test_odd_text_is_answered_with_problems_and_not_with_a_fault(
    client: FlaskClient, author: Actor, text: str
) -> None:
    data = text.encode("utf-8", "surrogatepass")
    answer = send(
        client, "/cases/drafts/check", 422, use="sample", text="", file=(io.BytesIO(data), "odd.md")
    )
    assert "Not ready to publish" in answer


def test_an_unknown_use_is_refused(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    send(client, "/cases/drafts/publish", 422, text=SMALL_CASE, use="both")
    with sqlite_database.read() as session:
        assert list_case_versions(session) == []


# The templates of the formats


def test_every_control_has_a_label_and_posts_what_the_format_reads(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    version = publish(sqlite_database)
    text = page(client, f"/cases/versions/{version.id}/preview")
    names = re.findall(r'<(?:input|textarea)[^>]* name="(q\d[^"]*)"', text)
    assert names == [
        "q1:present", "q1:choice", "q1:choice", "q1:choice",
        "q2:present", "q2:choices", "q2:choices", "q2:choices", "q2:choices",
        "q3:present", "q3:text",
    ]  # fmt: skip
    assert text.count('data-item="q') == 3
    assert 'for="q3:text"' in text
    assert "maxlength" not in text
    assert not re.search(r"style=|\bon[a-z]+=", text)


def test_a_stored_answer_is_shown_again_and_a_closed_one_is_read_only(app: Flask) -> None:
    def shown(item: Item, response: object, *, locked: bool = False) -> str:
        macros: Any = app.jinja_env.get_template(f"items/{item.format}.html").module
        return str(macros.candidate(view(item), response, locked))

    best = shown(BEST_ITEM, {"choice": "r1"})
    assert re.findall(r'value="(r\d)" checked', best) == ["r1"]
    several = shown(SEVERAL_ITEM, {"choices": ["r0", "r1", "r3"]})
    assert re.findall(r'value="(r\d)" checked', several) == ["r0", "r1", "r3"]
    assert "3 chosen, choose 2" in several
    assert "is-over" in several
    words = shown(WRITTEN_ITEM, {"text": "</textarea><script>alert(1)</script> 🙂 שלום"})
    assert "&lt;/textarea&gt;&lt;script&gt;" in words
    assert "🙂 שלום" in words
    assert "disabled" in shown(BEST_ITEM, {"choice": "r1"}, locked=True)
    assert "readonly" in shown(WRITTEN_ITEM, {"text": "kept"}, locked=True)
    assert "checked" not in shown(BEST_ITEM, None)


def test_publishing_needs_no_script_and_no_second_sending(
    client: FlaskClient, sqlite_database: Database, author: Actor
) -> None:
    for _time in range(2):
        client.post("/cases/drafts/publish", data={"text": SMALL_CASE, "use": "sample"})
    with sqlite_database.read() as session:
        assert len(list_case_versions(session)) == 1


TOY_TEMPLATE = """
{% macro facts(item) %}yes or no{% endmacro %}
{% macro candidate(item, response=none) %}<p>{{ item.question_html|safe }}</p>{% endmacro %}
{% macro assessor(body) %}<p>worth {{ body.marks|mark }}</p>{% endmacro %}
"""


def test_a_new_format_is_one_new_file_and_one_template(
    app: Flask, client: FlaskClient, sqlite_database: Database, author: Actor, tmp_path: Path
) -> None:
    loader = DictLoader({"items/yes_or_no.html": TOY_TEMPLATE})
    app.jinja_env.loader = ChoiceLoader([loader, app.jinja_env.loader])  # type: ignore[list-item]
    question = "yes or no · 2 marks · standards 2.3 · name is-it\n\nDo you tell him?\n"
    with one_more_format(tmp_path):
        version = publish(sqlite_database, with_question(question))
        preview = page(client, f"/cases/versions/{version.id}/preview")
        scheme = page(client, f"/cases/versions/{version.id}/mark-scheme")
    assert "Do you tell him?" in preview
    assert "yes or no" in preview
    assert "worth 2" in scheme
