"""The second computation of a sitting's results: from the raw rows, by other means.

It shares nothing with the first but the database: no rule, no query and no model of any room. It
reads the words of every answer, checks that they are the ones last saved and committed to, scores
the choices again from the frozen content, adds up levels and weights again, settles two marks
again, and shares marks out among themes again. Keep it so: a second import from a room would let
one mistake pass both. The one that there is finds a format's `rescore`, which stands beside its
`score` so that a new format is one file, and which a test keeps from calling anything of its room;
`Decision` is the pair that it is given for an answer that people decided about.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from proficiency.items.rules import Decision, all_formats

Row = sa.RowMapping


class ContradictoryEvidence(Exception):
    """The raw rows contradict each other. The message names the first place where they do."""


@dataclass(frozen=True)
class Recomputed:
    """One attempt's outcome by the second computation; themes as (code, mark, maximum, items)."""

    attempt_id: str
    total: Fraction
    max_mark: Fraction
    cut_score: Fraction
    passes: bool
    themes: tuple[tuple[str, Fraction, Fraction, int], ...]
    evidence_digest: str


@dataclass
class _Tally:
    """What an attempt has gathered so far."""

    total: Fraction = Fraction(0)
    max_mark: Fraction = Fraction(0)
    marks: dict[str, Fraction] = field(default_factory=dict)
    maxima: dict[str, Fraction] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    evidence: list[tuple[str, str, str]] = field(default_factory=list)


def recompute_sitting(session: Session, sitting_id: str) -> dict[str, Recomputed]:
    """Return the outcome of every attempt of a sitting by its id.

    Raises `ContradictoryEvidence` when rows contradict each other, words are missing, or a format
    of question is not known here.
    """
    sitting = _one(session, "SELECT form_id FROM sitting WHERE id = :id", id=sitting_id)
    cut_score = _read_cut_score(session, sitting_id, sitting["form_id"])
    items = _read_items(session, sitting["form_id"])
    themes = _read_themes(session, sitting["form_id"])
    tolerance = _read_tolerance(session, sitting["form_id"])
    marks = _read_marks(session, sitting_id)
    decided = _read_decisions(session, sitting_id)
    tallies: dict[str, _Tally] = {}
    for response in _read_responses(session, sitting_id):
        tally = tallies.setdefault(response["attempt_id"], _Tally())
        item = items[response["form_item_id"]]
        given = marks.get(response["id"], [])
        score = _rescore(response, item, decided.get(response["form_item_id"], {}))
        shares = _settle(response, item, given, score, tolerance)
        _add(tally, shares, themes)
        head = given[-1]["hash"] if given else ""
        tally.evidence.append((response["id"], response["answer_commitment"] or "", head))
    return {
        attempt_id: _finish(attempt_id, tally, items, cut_score)
        for attempt_id, tally in tallies.items()
    }


def _finish(
    attempt_id: str, tally: _Tally, items: Mapping[str, Any], cut_score: Fraction
) -> Recomputed:
    if len(tally.evidence) != len(items):
        raise ContradictoryEvidence(
            f"attempt {attempt_id} has {len(tally.evidence)} responses to {len(items)} questions"
        )
    parts = [part for line in sorted(tally.evidence) for part in line]
    return Recomputed(
        attempt_id=attempt_id,
        total=tally.total,
        max_mark=tally.max_mark,
        cut_score=cut_score,
        passes=tally.total - cut_score >= 0,
        themes=tuple(
            (code, tally.marks[code], tally.maxima[code], tally.items[code])
            for code in sorted(tally.maxima)
        ),
        evidence_digest=_sha256(_frame(part.encode() for part in parts)),
    )


# Reading rows


def _all(session: Session, query: str, **values: object) -> Sequence[Row]:
    return session.execute(sa.text(query), values).mappings().all()


def _one(session: Session, query: str, **values: object) -> Row:
    rows = _all(session, query, **values)
    if len(rows) != 1:
        raise ContradictoryEvidence(f"expected one row of evidence, found {len(rows)}")
    return rows[0]


def _settings(session: Session, form_id: str) -> dict[str, Any]:
    row = _one(
        session,
        "SELECT s.settings FROM form f JOIN scheme_version s ON s.id = f.scheme_version_id "
        "WHERE f.id = :id",
        id=form_id,
    )
    settings: dict[str, Any] = json.loads(row["settings"])
    return settings


def _read_tolerance(session: Session, form_id: str) -> tuple[Fraction, Fraction]:
    settings = _settings(session, form_id)
    return Fraction(settings["item_tolerance"]), Fraction(settings["criterion_tolerance"])


def _read_cut_score(session: Session, sitting_id: str, form_id: str) -> Fraction:
    """The one proposal that was not withdrawn and that enough other people signed."""
    rows = _all(
        session,
        "SELECT id, kind, actor_id, proposal_id, cut_num, cut_den FROM cut_score_event "
        "WHERE sitting_id = :id",
        id=sitting_id,
    )
    gone = {row["proposal_id"] for row in rows if row["kind"] == "withdrawn"}
    quorum = max(int(_settings(session, form_id)["adoption_quorum"]), 1)
    adopted = [
        Fraction(row["cut_num"], row["cut_den"])
        for row in rows
        if row["kind"] == "proposed"
        and row["id"] not in gone
        and len(_signers(rows, row["id"]) - {row["actor_id"]}) >= quorum
    ]
    if len(adopted) != 1:
        raise ContradictoryEvidence(f"{len(adopted)} cut scores are adopted, and it must be one")
    return adopted[0]


def _signers(rows: Sequence[Row], proposal_id: str) -> set[str]:
    return {
        row["actor_id"]
        for row in rows
        if row["kind"] == "adopted" and row["proposal_id"] == proposal_id
    }


def _read_items(session: Session, form_id: str) -> dict[str, dict[str, Any]]:
    """Every item of the form by its id, with the frozen question that it pins."""
    rows = _all(
        session,
        "SELECT i.id, i.number, i.name, i.format, i.ids, i.max_num, i.max_den, c.content, "
        "c.content_hash FROM form_item i JOIN case_version c ON c.id = i.case_version_id "
        "WHERE i.form_id = :id",
        id=form_id,
    )
    items = {}
    for row in rows:
        if _sha256(row["content"].encode()) != row["content_hash"]:
            raise ContradictoryEvidence(f"question {row['number']}: its case was changed")
        question = next(
            question
            for stage in json.loads(row["content"])["stages"]
            for question in stage["items"]
            if question["name"] == row["name"]
        )
        items[row["id"]] = {
            "number": row["number"],
            "format": row["format"],
            "max": Fraction(row["max_num"], row["max_den"]),
            "option": {shown: key for key, shown in json.loads(row["ids"]).items()},
            "standards": question["standards"],
            "body": question["body"],
        }
    return items


def _read_themes(session: Session, form_id: str) -> dict[str, str]:
    """The theme of every code in the framework that the form's cases follow."""
    row = _one(
        session,
        "SELECT DISTINCT c.framework FROM form_item i "
        "JOIN case_version c ON c.id = i.case_version_id WHERE i.form_id = :id",
        id=form_id,
    )
    name, _slash, version = str(row["framework"]).partition("/")
    row = _one(
        session,
        "SELECT content FROM framework_version WHERE aggregate_id = :name AND pos = :version",
        name=name,
        version=int(version),
    )
    themes = {}
    for theme in json.loads(row["content"])["themes"]:
        themes[theme["code"]] = theme["code"]
        for standard in theme["standards"]:
            themes[standard["code"]] = theme["code"]
            themes.update(dict.fromkeys(standard["summaries"], theme["code"]))
    return themes


def _read_responses(session: Session, sitting_id: str) -> Sequence[Row]:
    """Each response with the words of its answer and the save that was really the last in time."""
    return _all(
        session,
        "SELECT r.id, r.attempt_id, r.form_item_id, r.answer_event_id, r.answer_commitment, "
        "e.commitment, e.item_id, e.aggregate_id, p.salt, p.text, "
        "(SELECT l.id FROM attempt_event l WHERE l.aggregate_id = r.attempt_id "
        "AND l.item_id = r.form_item_id AND l.kind = 'answer_saved' "
        "ORDER BY l.pos DESC LIMIT 1) AS last_save "
        "FROM response r LEFT JOIN attempt_event e ON e.id = r.answer_event_id "
        "LEFT JOIN payload p ON p.id = r.answer_event_id "
        "WHERE r.sitting_id = :id ORDER BY r.attempt_id, r.id",
        id=sitting_id,
    )


def _read_marks(session: Session, sitting_id: str) -> dict[str, list[Row]]:
    rows = _all(
        session,
        "SELECT m.* FROM mark m JOIN response r ON r.id = m.response_id "
        "WHERE r.sitting_id = :id ORDER BY m.response_id, m.pos",
        id=sitting_id,
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["response_id"], []).append(row)
    return found


Decisions = Mapping[str, Decision]
"""What holds about the answers to one question: for each answer what it means and is worth."""


def _read_decisions(session: Session, sitting_id: str) -> dict[str, dict[str, Decision]]:
    """What people decided about answers that no machine may mark, by question.

    A decision holds when a second person said the same, or a third settled it; of several about
    one answer the last. The words are proved to be those that were decided about.
    """
    rows = _all(
        session,
        "SELECT d.*, f.point AS first_point, f.marks_num AS first_num, f.marks_den AS first_den, "
        "f.actor_id AS first_actor, p.salt, p.text FROM answer_decision d "
        "JOIN answer_decision f ON f.id = d.about_id LEFT JOIN payload p ON p.id = d.id "
        "WHERE d.sitting_id = :id AND d.kind IN ('confirmed', 'settled') "
        "ORDER BY d.aggregate_id, d.pos",
        id=sitting_id,
    )
    found: dict[str, dict[str, Decision]] = {}
    for row in rows:
        where = f"decision {row['id']}"
        same = (row["point"], row["marks_num"], row["marks_den"]) == (
            row["first_point"],
            row["first_num"],
            row["first_den"],
        )
        if row["actor_id"] == row["first_actor"] or (row["kind"] == "confirmed" and not same):
            raise ContradictoryEvidence(f"{where} is not what two people said")
        if row["text"] is None:
            raise ContradictoryEvidence(f"{where}: its words were erased")
        if _sha256(_frame((row["salt"].encode(), row["text"].encode()))) != row["commitment"]:
            raise ContradictoryEvidence(f"{where}: its words were changed")
        answer = json.loads(row["text"])["answer"]
        marks = Fraction(row["marks_num"], row["marks_den"])
        found.setdefault(row["form_item_id"], {})[answer] = Decision(row["point"], marks)
    return found


# From the words of one answer to its mark


def _words(response: Row) -> str | None:
    """The answer's stored words, proved to be those last saved; None when nothing was saved."""
    if response["answer_event_id"] != response["last_save"]:
        raise ContradictoryEvidence(f"response {response['id']} is not the answer saved last")
    if response["answer_event_id"] is None:
        return None
    if response["text"] is None:
        raise ContradictoryEvidence(f"response {response['id']}: its words were erased")
    sealed = _sha256(_frame((response["salt"].encode(), response["text"].encode())))
    if not sealed == response["commitment"] == response["answer_commitment"]:
        raise ContradictoryEvidence(f"response {response['id']}: its words were changed")
    return str(response["text"])


def _rescore(response: Row, item: Mapping[str, Any], decided: Decisions) -> Fraction | None:
    """Score an answer again; None when people have to mark it."""
    words = _words(response)
    answer = {} if words is None else json.loads(words)
    kind = all_formats().get(item["format"])
    if kind is None:
        raise ContradictoryEvidence(f"the format {item['format']} is not known here")
    return kind.rescore(item["body"], item["option"], answer, decided)


Shares = list[tuple[Sequence[str], Fraction, Fraction]]
"""For each thing that marks are given for: its standards, the mark and the most it can give."""


def _settle(
    response: Row,
    item: Mapping[str, Any],
    given: Sequence[Row],
    score: Fraction | None,
    tolerance: tuple[Fraction, ...],
) -> Shares:
    """The final mark of one response, in shares; checked against every row that leads to it."""
    where = f"response {response['id']} (question {item['number']})"
    replaced = {row["supersedes_id"] for row in given}
    standing: dict[str, list[Row]] = {}
    for row in given:
        _check_mark(where, item, row)
        if row["id"] not in replaced:
            standing.setdefault(row["kind"], []).append(row)
    _check_machine(where, score, standing.get("machine", []))
    if "moderator" in standing:
        return _shares(item, [_only(where, standing["moderator"])])
    if "adjudicator" in standing:
        return _shares(item, [_only(where, standing["adjudicator"])])
    if score is not None:
        return _shares(item, [_only(where, standing["machine"])])
    pair = standing.get("assessor", [])
    if len({row["actor_id"] for row in pair}) != 2 or len(pair) != 2:
        raise ContradictoryEvidence(f"{where} is not marked by two people")
    _check_tolerance(where, pair, tolerance)
    return _shares(item, pair)


def _only(where: str, rows: Sequence[Row]) -> Row:
    if len(rows) != 1:
        raise ContradictoryEvidence(f"{where} has {len(rows)} marks where there can be one")
    return rows[0]


def _check_machine(where: str, score: Fraction | None, rows: Sequence[Row]) -> None:
    if score is None and rows:
        raise ContradictoryEvidence(f"{where} has words in it and was marked by machine")
    if score is not None and [_mark(row) for row in rows] != [score]:
        raise ContradictoryEvidence(f"{where}: scored again it gets {score}, not what was recorded")


def _mark(row: Row) -> Fraction:
    return Fraction(row["mark_num"], row["mark_den"])


def _check_mark(where: str, item: Mapping[str, Any], row: Row) -> None:
    """A mark by a rubric is Σ weight × level, with one level of its own for each criterion."""
    if Fraction(row["max_num"], row["max_den"]) != item["max"]:
        raise ContradictoryEvidence(f"{where}: mark {row['id']} has another maximum")
    if "criteria" not in item["body"]:
        return
    levels = json.loads(row["levels"])
    if not levels and row["kind"] == "moderator":
        return  # moderation may set a mark as a whole
    total = Fraction(0)
    for criterion in item["body"]["criteria"]:
        level = levels.pop(criterion["key"], None)
        if level not in [each["value"] for each in criterion["levels"]]:
            raise ContradictoryEvidence(f"{where}: mark {row['id']} has no level for a criterion")
        total += Fraction(criterion["weight"]) * level
    if levels or total != _mark(row):
        raise ContradictoryEvidence(f"{where}: mark {row['id']} is not what its levels give")


def _check_tolerance(where: str, pair: Sequence[Row], tolerance: tuple[Fraction, ...]) -> None:
    by_item, by_criterion = tolerance
    one, other = (json.loads(row["levels"]) for row in pair)
    critical = [set(json.loads(row["traps"])["critical"]) for row in pair]
    if (
        abs(_mark(pair[0]) - _mark(pair[1])) > by_item
        or any(abs(one[key] - other[key]) > by_criterion for key in one)
        or critical[0] != critical[1]
    ):
        raise ContradictoryEvidence(f"{where}: two marks beyond tolerance, and no adjudication")


def _shares(item: Mapping[str, Any], rows: Sequence[Row]) -> Shares:
    """The mean of one or two marks, for each criterion by itself or for the whole item."""
    if "criteria" not in item["body"]:
        mean = sum((_mark(row) for row in rows), Fraction(0)) / len(rows)
        return [(item["standards"], mean, item["max"])]
    shares: Shares = []
    for criterion in item["body"]["criteria"]:
        weight = Fraction(criterion["weight"])
        most = weight * max(each["value"] for each in criterion["levels"])
        marks = [_criterion_mark(row, criterion["key"], weight, most) for row in rows]
        mark = sum(marks, Fraction(0)) / len(marks)
        shares.append((criterion["standards"] or item["standards"], mark, most))
    return shares


def _criterion_mark(row: Row, key: str, weight: Fraction, most: Fraction) -> Fraction:
    levels = json.loads(row["levels"])
    if levels:
        return weight * int(levels[key])
    return _mark(row) * most / Fraction(row["max_num"], row["max_den"])


def _add(tally: _Tally, shares: Shares, themes: Mapping[str, str]) -> None:
    """Add one item to an attempt: every cited code gets an equal part of its share."""
    touched = set()
    for standards, mark, most in shares:
        codes = sorted(set(standards))
        tally.total += mark
        tally.max_mark += most
        for code in codes:
            theme = themes[code]
            touched.add(theme)
            part = Fraction(1, len(codes))
            tally.marks[theme] = tally.marks.get(theme, Fraction(0)) + mark * part
            tally.maxima[theme] = tally.maxima.get(theme, Fraction(0)) + most * part
    for theme in touched:
        tally.items[theme] = tally.items.get(theme, 0) + 1


# Hashing, written out a second time


def _frame(parts: Iterable[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
