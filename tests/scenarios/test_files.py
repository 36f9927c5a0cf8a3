"""Pictures and documents of a case: what may be used, what is said of the rest, how it is kept."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy.exc import DBAPIError

from proficiency.accounts.rules import Role
from proficiency.core.access import SYSTEM
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.scenarios.cli import check as check_command
from proficiency.scenarios.content import candidate_stage, from_content, plain_keys, to_content
from proficiency.scenarios.files import MAX_FILE_BYTES, FileFacts, examine, examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.keeping import bytes_of, facts_of
from proficiency.scenarios.models import CaseFile, CaseVersion
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.rules import Parsed, parse_case
from proficiency.scenarios.verify import check
from tests.core.test_chain import tamper
from tests.factories import act, person, sign_in_as
from tests.scenarios.factory import SMALL_CASE, small_case
from tests.scenarios.file_samples import (
    CASE_WITH_FILES,
    FILES,
    LETTER,
    PLAN,
    chunk,
    jpeg,
    object_stream,
    pdf,
    png,
    segment,
    webp,
    with_lines,
)


def read(text: str = CASE_WITH_FILES, files: Mapping[str, bytes] = FILES) -> Parsed:
    return parse_case(text, file="case.md", files=examine_all(files))


def errors(text: str, files: Mapping[str, bytes] = FILES) -> list[str]:
    return [problem.show("case.md") for problem in read(text, files).errors]


# What a file is


@pytest.mark.parametrize(
    ("name", "data", "media_type", "size"),
    [
        ("plan.png", png(40, 30), "image/png", (40, 30)),
        ("plan.PNG", png(40, 30, chunk(b"tEXt", b"Software\x00x")), "image/png", (40, 30)),
        ("plan.jpg", jpeg(41, 31), "image/jpeg", (41, 31)),
        ("plan.jpeg", jpeg(4, 3, segment(0xE2, b"ICC_PROFILE\x00x")), "image/jpeg", (4, 3)),
        ("plan.webp", webp(42, 32), "image/webp", (42, 32)),
        ("letter.pdf", pdf(b"<< >>"), "application/pdf", (None, None)),
        ("notes/list.txt", "Tür, 3 × täglich\r\n".encode(), "text/plain", (None, None)),
        ("hours.csv", b"Day,Hours\nMonday,-4\n", "text/csv", (None, None)),
    ],
)  # fmt: skip
def test_what_may_be_used_is_known_by_its_content(name, data, media_type, size) -> None:
    facts = examine(name, data)
    assert facts.faults == ()
    assert (facts.media_type, facts.size) == (media_type, len(data))
    assert (facts.width, facts.height) == size


PNG_EXIF = chunk(b"eXIf", b"MM\x00*")
PNG_AUTHOR = chunk(b"iTXt", b"Author\x00Elin Prys")
SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("../plan.png", png(), "a file's name is"),
        ("/plan.png", png(), "a file's name is"),
        ("a/b/plan.png", png(), "a file's name is"),
        ("a/../plan.png", png(), "a file's name is"),
        (".plan.png", png(), "a file's name is"),
        ("my plan.png", png(), "a file's name is"),
        ("plan\x00.png", png(), "a file's name is"),
        ("plan.svg", b"<svg/>", "of a kind that is not used"),
        ("plan.html", b"<p>", "of a kind that is not used"),
        ("plan", png(), "of a kind that is not used"),
        ("plan.png", b"", "is empty"),
        ("plan.txt", b"x" * (MAX_FILE_BYTES + 1), "may have 2 MB"),
        ("plan.jpg", png(), "is PNG by its content: give it the ending .png"),
        ("plan.png", jpeg(), "is JPEG by its content: give it the ending .jpg or .jpeg"),
        ("plan.png", b"<svg xmlns='x' onload='a()'>", "can hold programs"),
        ("notes.txt", b"\xef\xbb\xbf <!DOCTYPE html><p>", "can hold programs"),
        ("letter.pdf", b"PK\x03\x04word/document.xml", "archive or an office document"),
        ("notes.txt", b"\xff\xfe\x00", "none of the types"),
        ("notes.txt", b"a\x07b", "none of the types"),
        ("hours.csv", b"Day,Hours\nMonday,=1+1\n", "a spreadsheet would run"),
        ("plan.png", png(5000, 4001), "20 million are the most"),
        ("plan.png", png()[:-8], "damaged or cut off"),
        ("plan.png", png().replace(b"IDAT", b"IDAX"), "damaged or cut off"),
        ("plan.png", png(0, 3), "damaged or cut off"),
        ("plan.png", png() + b"PK\x03\x04", "behind the end of the picture"),
        ("plan.png", png(4, 3, PNG_EXIF), "remove properties"),
        ("plan.png", png(4, 3, PNG_AUTHOR), "remove properties"),
        ("plan.png", png(4, 3, chunk(b"acTL", bytes(8))), "it moves"),
        ("plan.jpg", jpeg(4, 3, segment(0xE1, b"Exif\x00\x00MM")), "remove properties"),
        ("plan.jpg", jpeg(4, 3, segment(0xED, b"Photoshop 3.0\x00")), "remove properties"),
        ("plan.jpg", jpeg(4, 3, segment(0xFE, b"by Elin Prys")), "remove properties"),
        ("plan.jpg", jpeg() + b"more", "behind the end of the picture"),
        ("plan.jpg", jpeg()[:-2], "damaged or cut off"),
        ("plan.jpg", b"\xff\xd8\xff", "damaged or cut off"),
        ("plan.webp", webp(4, 3, (b"EXIF", b"MM")), "remove properties"),
        ("plan.webp", webp(4, 3, (b"ANIM", bytes(6))), "it moves"),
        ("plan.webp", webp()[:-4], "damaged or cut off"),
        ("letter.pdf", b"%PDF-1.7\n", "damaged or cut off"),
        ("letter.pdf", pdf(SCRIPT), "it holds a script"),
        ("letter.pdf", pdf(SCRIPT.replace(b"/Java", b"/#4Aav#61")), "it holds a script"),
        ("letter.pdf", pdf(object_stream(SCRIPT)), "it holds a script"),
        ("letter.pdf", pdf(object_stream(SCRIPT, b"/LZWDecode")), "cannot be looked into"),
        ("letter.pdf", pdf(object_stream(bytes(30_000_000))), "cannot be looked into"),
        ("letter.pdf", pdf(b"<< /S /Launch /F (cmd.exe) >>"), "starts a program"),
        ("letter.pdf", pdf(b"<< /Names << /EmbeddedFiles 3 0 R >> >>"), "another file"),
        ("letter.pdf", pdf(b"<< /Encrypt 3 0 R >>"), "encrypted"),
    ],
)  # fmt: skip
def test_what_may_not_be_used_is_refused_with_what_to_do(name, data, words) -> None:
    assert any(words in fault for fault in examine(name, data).faults), examine(name, data)


def test_no_mutilated_picture_raises() -> None:
    for name, data in (("a.png", png()), ("a.jpg", jpeg()), ("a.webp", webp())):
        for place in range(len(data)):
            examine(name, data[:place])
            examine(name, data[:place] + b"\xff" + data[place + 1 :])


# What an author writes


def test_an_exhibit_shows_a_picture_and_hands_out_a_file() -> None:
    parsed = read()
    assert parsed.errors == ()
    assert parsed.case is not None
    picture, letter = parsed.case.files
    assert (picture.place, picture.name, picture.is_picture) == (1, "plan.png", True)
    assert picture.words == "Plan of the flat: the door is too narrow"
    assert (picture.width, picture.height) == (4, 3)
    assert (letter.place, letter.words, letter.is_picture) == (2, "referral letter", False)
    assert letter.sha256 == examine("x.pdf", FILES["letters/referral.pdf"]).sha256


def test_lines_of_files_may_touch_the_words_around_them() -> None:
    touching = with_lines(f"Above.\n> {PLAN}\n> Below.", LETTER)
    case = read(touching).case
    assert case is not None
    kinds = [type(block).__name__ for block in case.stage(1).exhibits[0].blocks]
    assert kinds[-4:] == ["TextBlock", "CaseFile", "TextBlock", "CaseFile"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("![](plan.png)", "say between the square brackets"),
        ("![plan.png](plan.png)", "say between the square brackets"),
        ("![Plan](plan.png)", "say between the square brackets"),
        ("![picture](plan.png)", "say between the square brackets"),
        (f"![{'w' * 251}](plan.png)", "251 characters, and 250 are the most"),
        ("![A plan](../plan.png)", "a file's name is"),
        ("![A plan](plans.png)", "Did you mean “plan.png”?"),
        ("![A letter](letters/referral.pdf)", "cannot be shown as a picture"),
        ("[Attached: ](letters/referral.pdf)", "say in up to 120 characters"),
        ("Look at ![a plan](plan.png) now", "on a line of its own within an exhibit"),
        ("- ![a plan](plan.png)", "on a line of its own within an exhibit"),
    ],
)
def test_a_line_that_cannot_be_used_is_reported_with_its_line(line: str, words: str) -> None:
    text = with_lines(line)
    number = text.split("\n").index(f"> {line}") + 1
    assert any(
        found.startswith(f"case.md:{number}:") and words in found for found in errors(text)
    ), errors(text)


@pytest.mark.parametrize(("line", "words"), [(PLAN, "a picture"), (LETTER, "an attached file")])
@pytest.mark.parametrize("before", ["His sister asks", "The sister asks who decides"])
def test_outside_of_exhibits_there_are_no_files(line: str, words: str, before: str) -> None:
    text = SMALL_CASE.replace(before, f"{line}\n\n{before}", 1)
    assert any(f"{words} belongs into an exhibit" in found for found in errors(text))


def test_files_that_are_missing_faulty_or_of_no_use_are_said() -> None:
    assert any("there is no file “plan.png”" in found for found in errors(CASE_WITH_FILES, {}))
    longer = {**FILES, "plan.png": png() + b"x"}
    assert any("behind the end" in found for found in errors(CASE_WITH_FILES, longer))
    parsed = read(CASE_WITH_FILES, {**FILES, "other.png": png()})
    assert parsed.case is not None
    assert any("no exhibit refers to the file “other.png”" in w.message for w in parsed.warnings)
    many = {f"{n}.png": png() for n in range(21)}
    assert any("up to 20 files" in found for found in errors(SMALL_CASE, many))


# What is frozen, and what a candidate gets


def test_a_case_without_files_is_frozen_as_before() -> None:
    content = to_content(small_case())
    assert '"file"' not in content
    assert json.loads(content)["content_version"] == 1
    case = read().case
    assert case is not None
    assert from_content(to_content(case)) == case
    frozen = json.loads(to_content(case))["stages"][0]["blocks"]
    without = json.loads(content)["stages"][0]["blocks"]
    for block in frozen:
        block["blocks"] = [b for b in block.get("blocks", []) if "file" not in b]
    assert [b.get("blocks", []) for b in without] == [b["blocks"] for b in frozen]


def test_a_candidate_gets_neither_name_nor_hash_nor_place() -> None:
    case = read(CASE_WITH_FILES.replace("plan.png", "canary-name.png"), {
        "canary-name.png": png(), "letters/referral.pdf": FILES["letters/referral.pdf"],
    }).case  # fmt: skip
    assert case is not None
    view = candidate_stage(case, 1, plain_keys(case), {1: "idA", 2: "idB"}).to_json()
    sent = json.dumps(view)
    assert "canary" not in sent
    assert "referral.pdf" not in sent
    assert not any(file.sha256 in sent for file in case.files)
    exhibit = next(block for block in view["blocks"] if "title" in block)
    files = [block for block in exhibit["blocks"] if "file_id" in block]
    assert [set(file) for file in files] == [
        {"file_id", "words", "is_picture", "kind", "size", "width", "height"}
    ] * 2


# What is kept


def publish(database: Database, files: Mapping[str, bytes] = FILES) -> CaseVersion:
    version: CaseVersion = act(
        database, publish_case, SYSTEM, text=CASE_WITH_FILES, file="case.md", files=files
    )
    return version


def stored(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(sa.select(CaseFile.id).order_by(CaseFile.id)))


def test_publishing_keeps_the_bytes_that_are_shown_once(database: Database) -> None:
    first = publish(database, {**FILES, "unused.png": png(9, 9)})
    assert publish(database).id == first.id
    other = publish(database, {**FILES, "plan.png": png(shade=9)})
    assert (other.pos, other.content_hash != first.content_hash) == (2, True)
    case = from_content(first.content)
    assert set(stored(database)) == {
        examine("a.png", png()).sha256,
        examine("a.png", png(shade=9)).sha256,
        case.files[1].sha256,
    }
    names = {file.name: file.sha256 for file in case.files}
    with database.read() as session:
        assert bytes_of(session, names) == FILES
        assert facts_of(session, names) == examine_all(FILES)
        assert list(check(session)) == []


def test_a_case_with_a_faulty_file_is_not_published_and_nothing_is_kept(database) -> None:
    with pytest.raises(Invalid) as refused:
        publish(database, {**FILES, "plan.png": b"<svg>"})
    assert any("can hold programs" in line for line in refused.value.details)
    assert stored(database) == []


@pytest.mark.parametrize(
    "change", ["UPDATE case_file SET media_type = 'x'", "DELETE FROM case_file"]
)
def test_stored_bytes_cannot_be_changed(database: Database, change: str) -> None:
    publish(database)
    refused = pytest.raises(DBAPIError, match=r"append-only|permission denied")
    with refused, database.writer.begin() as connection:
        connection.execute(sa.text(change))


def test_verify_finds_changed_and_missing_bytes(database: Database) -> None:
    version = publish(database)
    changed, missing = (file.sha256 for file in from_content(version.content).files)
    blob = "X'00'" if database.is_sqlite else "'\\x00'::bytea"
    tamper(
        database,
        f"UPDATE case_file SET data = {blob} WHERE id = '{changed}'",
        f"DELETE FROM case_file WHERE id = '{missing}'",
    )
    with database.read() as session:
        found = list(check(session))
    assert found == [
        f"case_file {changed}: its bytes are not what its hash says",
        f"case_version {version.id}: its file 2 is missing or is another",
    ]


# On disk


def lay_out(folder: Path) -> Path:
    case = folder / "the-spare-key.md"
    case.write_text(CASE_WITH_FILES, encoding="utf-8")
    for name, data in FILES.items():
        target = folder / "the-spare-key" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return case


def test_the_files_of_a_case_stand_in_a_folder_of_its_name(tmp_path: Path) -> None:
    case = lay_out(tmp_path)
    (tmp_path / "the-spare-key" / ".hidden").write_bytes(b"x")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "the-spare-key" / "out.txt").symlink_to(tmp_path / "secret.txt")
    assert read_files(case) == FILES
    assert read_files(tmp_path / "other.md") == {}
    outcome = CliRunner().invoke(check_command, [str(case)])
    assert outcome.exit_code == 0, outcome.output
    (tmp_path / "the-spare-key" / "plan.png").unlink()
    outcome = CliRunner().invoke(check_command, [str(case)])
    assert outcome.exit_code == 1
    assert "there is no file “plan.png”" in outcome.output


def test_facts_are_equal_whoever_found_them() -> None:
    facts = examine("plan.png", png())
    assert facts == FileFacts(facts.sha256, "image/png", len(png()), 4, 3)


def test_the_page_takes_files_with_the_case(client: FlaskClient, sqlite_database: Database) -> None:
    sign_in_as(client, person(sqlite_database, Role.CONTENT_AUTHOR))

    def send(address: str, **files: bytes) -> str:
        sent = [(io.BytesIO(data), name.replace("_png", ".png")) for name, data in files.items()]
        fields = {"text": with_lines(PLAN), "use": "sample", "files": sent}
        return client.post(address, data=fields, follow_redirects=True).get_data(as_text=True)

    assert "there is no file “plan.png”" in send("/cases/drafts/check")
    assert "Picture: Plan of the flat" in send("/cases/drafts/check", plan_png=png())
    assert "can hold programs" in send("/cases/drafts/publish", plan_png=b"<svg>")
    assert stored(sqlite_database) == []
    assert "is published" in send("/cases/drafts/publish", plan_png=png())
    assert stored(sqlite_database) == [examine("plan.png", png()).sha256]
