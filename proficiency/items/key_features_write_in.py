"""Key features, written in: up to k short answers, each a key point or not.

Each box is matched with the accepted answers or decided by people, as a short answer is. The same
key point given twice counts once; what the boxes give is added up, to the question's marks at most.
There are k boxes and never more, so that nobody scores by writing down everything.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.items.accepted import (
    Accepted,
    AcceptedRow,
    check_wordings,
    find_accepted,
    normal_form,
    read_accepted,
    read_line,
    read_question,
)
from proficiency.items.numbers import counted, plain
from proficiency.items.rules import (
    NOTHING_DECIDED,
    AcceptedAnswer,
    Decided,
    Decision,
    FormPart,
    ItemFormat,
    Json,
    Pick,
    Setting,
    as_response,
    only_fields,
    stored,
    wrong_shape,
)
from proficiency.items.section import Problems, Rich, Section

MAX_CHARACTERS = 300
"""Characters that one box takes. The page says it before anything is typed."""

MAX_BOXES = 10
WRITE_IN = re.compile(r"write-in", re.I)
UP_TO = re.compile(r"up to (?P<boxes>[0-9]{1,2}) answers?", re.I)


_EXAMPLE = """\
key features, write-in · up to 2 answers · 2 marks · standards 1.1

What must you do this morning? Give up to two actions, one in each box.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| The step that makes somebody safe | 1 | What hangs on it. |
| The step that asks the right person | 1 | What hangs on it. |
| Waiting to see what happens | 0 | What it puts at risk. |
"""


@dataclass(frozen=True)
class KeyFeaturesWriteIn:
    """A question with `boxes` boxes and the key points that it knows, near misses included."""

    question: Rich
    marks: Fraction
    boxes: int
    accepted: tuple[Accepted, ...]


class KeyFeaturesWriteInFormat(ItemFormat[KeyFeaturesWriteIn]):
    """Stores `{"answers": [text, …]}` as typed: one text for each box, "" where it is empty."""

    name = "key_features_write_in"
    title = "Key features, write-in"
    notation = "key features, write-in"
    example = _EXAMPLE
    is_decided_by_people = True
    settings = (Setting(WRITE_IN, "write-in"), Setting(UP_TO, "up to 3 answers"))
    parts = ("Accepted",)

    def recognises(self, words: str, *settings: str) -> bool:
        return words == "key features" and "write-in" in settings

    def read_body(
        self, section: Section, marks: Fraction, problems: Problems
    ) -> KeyFeaturesWriteIn | None:
        rows = read_accepted(section, marks, problems)
        check_wordings(rows, problems)
        boxes = _read_boxes(section, problems)
        _warn_about_marks(rows, boxes, marks, problems)
        accepted = tuple(row.accepted for row in rows)
        return KeyFeaturesWriteIn(read_question(section, problems), marks, boxes, accepted)

    def to_json(self, body: KeyFeaturesWriteIn) -> Json:
        return {
            "question": body.question.to_json(),
            "marks": str(body.marks),
            "boxes": body.boxes,
            "accepted": [each.to_json() for each in body.accepted],
        }

    def from_json(self, data: Json) -> KeyFeaturesWriteIn:
        return KeyFeaturesWriteIn(
            question=Rich.from_json(data["question"]),
            marks=Fraction(data["marks"]),
            boxes=data["boxes"],
            accepted=tuple(Accepted.from_json(each) for each in data["accepted"]),
        )

    def max_mark(self, body: KeyFeaturesWriteIn) -> Fraction:
        return body.marks

    def expected_minutes(self, body: KeyFeaturesWriteIn) -> Fraction:
        return Fraction(1) + Fraction(body.boxes, 2)

    def candidate_view(
        self, body: KeyFeaturesWriteIn, ids: Mapping[str, str], order: Sequence[str]
    ) -> Json:
        if ids or order:
            raise ValueError("written key features have no options to give ids to")
        return {
            "format": self.name,
            "marks": plain(body.marks),
            "question_html": body.question.html,
            "boxes": body.boxes,
            "max_characters": MAX_CHARACTERS,
        }

    def read_response(self, body: KeyFeaturesWriteIn, ids: Mapping[str, str], raw: object) -> str:
        answers = only_fields(raw, "answers")["answers"]
        if not isinstance(answers, list) or len(answers) > body.boxes:
            raise wrong_shape()
        texts = [read_line(each, MAX_CHARACTERS) for each in answers]
        return as_response({"answers": texts + [""] * (body.boxes - len(texts))})

    def from_form(self, body: KeyFeaturesWriteIn, ids: Mapping[str, str], form: FormPart) -> object:
        boxes = [list(form.get(f"answer-{n}", ())) for n in range(1, body.boxes + 1)]
        return {"answers": [texts[0] if texts else "" for texts in boxes]}

    def is_answered(self, response: str | None) -> bool:
        return any(text.strip() for text in _texts(response))

    def status(self, body: KeyFeaturesWriteIn, response: str | None) -> str | None:
        given = sum(bool(text.strip()) for text in _texts(response))
        if given == body.boxes:
            return None
        return _("{given} of up to {boxes} given").format(given=given, boxes=body.boxes)

    def score(
        self,
        body: KeyFeaturesWriteIn,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        points: dict[str, Fraction] = {}
        for form in _forms(response):
            decision = _decision(body, form, decided)
            if decision is None:
                return None
            points[decision.point] = max(decision.marks, points.get(decision.point, Fraction(0)))
        return min(body.marks, sum(points.values(), Fraction(0)))

    @staticmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        import unicodedata

        def plainest(words: str) -> str:
            for quote, likes in (("'", "‘’‚‛ʼ`´′"), ('"', "“”„‟«»″")):
                words = "".join(quote if each in likes else each for each in words)
            less = " ".join(unicodedata.normalize("NFKC", words).casefold().split())
            less = less.strip(" .,;:!?'\"()[]{}<>-‐‑–—−•*·_") or less
            first, _space, rest = less.partition(" ")
            less = rest if rest and first in ("the", "an", "a") else less
            return less if less == words else plainest(less)

        means = {words: (point, mark) for words, (point, mark) in decided.items()}
        for row in body["accepted"]:
            means[plainest(row["answer"])] = row["key"], Fraction(row["marks"])
        given = {plainest(words) for words in answer.get("answers", [])} - {""}
        if not given <= set(means):
            return None
        # The dearest wording of each point comes last, and so it is the one that stays.
        best = dict(sorted((means[words] for words in given), key=lambda found: found[1]))
        return min(Fraction(body["marks"]), sum(best.values(), Fraction(0)))

    def chance_mark(self, body: KeyFeaturesWriteIn) -> Fraction:
        return Fraction(0)

    def undecided(
        self, body: KeyFeaturesWriteIn, response: str | None, decided: Decided = NOTHING_DECIDED
    ) -> tuple[str, ...]:
        return tuple(form for form in _forms(response) if _decision(body, form, decided) is None)

    def accepted_answers(self, body: KeyFeaturesWriteIn) -> tuple[AcceptedAnswer, ...]:
        return tuple(each.as_accepted_answer() for each in body.accepted)

    def picks(
        self, body: KeyFeaturesWriteIn, ids: Mapping[str, str], response: str | None
    ) -> tuple[Pick, ...]:
        given = {find_accepted(body.accepted, form) for form in _forms(response)}
        return tuple(
            Pick("", each.key, each.marks / body.marks) for each in body.accepted if each in given
        )

    def describe(
        self, body: KeyFeaturesWriteIn, ids: Mapping[str, str], response: str | None
    ) -> list[str]:
        return [text for text in _texts(response) if text.strip()]


def _texts(response: str | None) -> list[str]:
    data = stored(response, "answers")
    return [] if data is None else [str(text) for text in data["answers"]]


def _forms(response: str | None) -> tuple[str, ...]:
    """The answers in their normal form, none twice."""
    return tuple(dict.fromkeys(form for text in _texts(response) if (form := normal_form(text))))


def _decision(body: KeyFeaturesWriteIn, form: str, decided: Decided) -> Decision | None:
    """What one answer means: by the table, else by people, else None."""
    known = find_accepted(body.accepted, form)
    return decided.get(form) if known is None else Decision(known.key, known.marks)


def _read_boxes(section: Section, problems: Problems) -> int:
    found = section.setting(UP_TO)
    if found is None or not 1 <= int(found["boxes"]) <= MAX_BOXES:
        problems.error(
            section.notation.line,
            _("say how many boxes there are, from 1 to {most}: write “up to 3 answers”").format(
                most=MAX_BOXES
            ),
        )
        return 1
    return int(found["boxes"])


def _warn_about_marks(
    rows: Sequence[AcceptedRow], boxes: int, marks: Fraction, problems: Problems
) -> None:
    best = sorted((row.accepted.marks for row in rows), reverse=True)[:boxes]
    most = sum(best, Fraction(0))
    if rows and most < marks:
        problems.warn(
            rows[0].line,
            _(
                "the best answers for {boxes} give {most} together, and the question gives "
                "{marks}; add key points, or change the marks"
            ).format(
                boxes=counted(boxes, _("box"), _("boxes")),
                most=counted(most, _("mark"), _("marks")),
                marks=plain(marks),
            ),
        )


FORMAT = KeyFeaturesWriteInFormat()
