"""Questions of each format for tests, read from the Markdown that an author would write."""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import proficiency.items
from proficiency.items.numbers import plain
from proficiency.items.rules import all_formats
from proficiency.scenarios.content import Item
from tests.scenarios.factory import small_case, with_question

BEST_ITEM, SEVERAL_ITEM, WRITTEN_ITEM = small_case().items


def _sample(text: str) -> Item:
    return small_case(with_question(text)).items[0]


MATCHING_ITEM = _sample("""matching · 3 marks · standards 11.1 · name who-first

Who should he go to first for each need?

### Options

- The council
- The GP surgery
- A carers' charity

### Stems

| Need | Answer | Why |
|---|---|---|
| An assessment of his care | The council | It has the duty. |
| A repeat prescription | The GP surgery | It prescribes. |
| A plan for his sister | The council | It has this duty too. |
""")

RANKING_ITEM = _sample("""ranking of 5 · 4 marks · standards 15.2

Put these in order.

| Action | Place | Why |
|---|---|---|
| Ask Owen | 1 | First of all. |
| Ring the agency | 2= | Soon. |
| Look for the key | 2= | As soon. |
| Change the lock | 4 | If it stays lost. |
| Write the report | 5 | Last of all. |
""")

RATING_ITEM = _sample("""judgement rating · 4 marks · standards 2.3

How appropriate is each reply?
Scale: appropriate, rather appropriate, rather inappropriate, inappropriate.

| Reply | Rating | Panel of 9 | Why |
|---|---|---|---|
| "Let us ask him." | appropriate | 9, 0, 0, 0 | His decision. |
| "Please write to me." | rather appropriate | 3, 6, 0, 0 | Open, and no answer. |
| "Take mine." | inappropriate | 0, 0, 2, 7 | Not yours to give. |
""")

DROP_DOWNS_ITEM = _sample("""drop-downs · 2 marks · standards 14.2

Complete the note.

> The key is **[gap 1]**, and I tell him **[gap 2]**.

### Gap 1

- [x] lost
- [ ] found
  - Nobody has it.
- [ ] lent

### Gap 2

- [ ] at the next review
- [x] without delay
- [ ] when he asks me
""")

PASSAGES_ITEM = _sample("""passages of Exhibit 1 · choose 1 · 1 mark · standards 11.7

Which entry is no record of hours?

- [x] A note below the table.
  - It records nothing.
""")

KEY_FEATURES_ITEM = _sample("""key features, choose 2 of 4 · 2 marks · standards 1.1

Which two steps decide this?

- [x] Ask Owen what he wants
  - His decision.
- [ ] Ask the neighbour for a view
  - Not theirs.
- [x] Tell the agency tonight
  - They answer for the team.
- [ ] Wait for the next review
  - Too late.
""")

SHORT_ITEM = _sample("""short answer · 1 mark · standards 3.5

You tell him plainly what happened. What is this duty called? One to three words.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| duty of candour | 1 | Its name. |
| Candour | 1 | Its short name. |
| openness and honesty | 0 | Describes it; does not name it. |
| being open | 0.5 | Half of the name. |
""")

WRITE_IN_ITEM = _sample("""key features, write-in · up to 3 answers · 3 marks · standards 14.2

What must you do about the key today? One action in each box.

### Accepted

| Answer | Marks | Why |
|---|---|---|
| Tell Owen | 1 | It is his home. |
| Change the lock | 1 | Nobody knows who has the key. |
| Write it down | 1 | So that others know. |
| Ring the agency | 0.5 | Useful, but not first. |
| Wait and see | 0 | Unsafe. |
""")

NUMERIC_ITEM = _sample("""numeric · 2 marks · standards 7.4

How much is neither spent nor booked?

### Accepted

| Answer | Marks | Why |
|---|---|---|
| £4,105 | 2 | All subtracted. |
| £4,103 to £4,107 | 1.5 | A slip of the pen in the last digit. |
| £4,000 to £4,200 | 0.5 | The right size. |
| £8,360 | 1 | Forgets what was booked. |
| £8,361.50 | 0 | A near miss. |
""")

SAMPLES: tuple[Item, ...] = (
    BEST_ITEM,
    SEVERAL_ITEM,
    WRITTEN_ITEM,
    MATCHING_ITEM,
    RANKING_ITEM,
    RATING_ITEM,
    DROP_DOWNS_ITEM,
    PASSAGES_ITEM,
    KEY_FEATURES_ITEM,
    SHORT_ITEM,
    WRITE_IN_ITEM,
    NUMERIC_ITEM,
)
"""One question of each format at least."""

TOY = """
from dataclasses import dataclass
from fractions import Fraction
from proficiency.items.rules import ItemFormat, Pick, as_response, only_fields, stored

@dataclass(frozen=True)
class YesOrNo:
    question: object
    marks: Fraction

class YesOrNoFormat(ItemFormat):
    name, title, notation = "yes_or_no", "Yes or no", "yes or no"
    example = "yes or no · 2 marks · standards 2.3\\n\\nDo you tell him?"
    def recognises(self, words, *settings): return words == "yes or no"
    def read_body(self, section, marks, problems):
        return YesOrNo(section.rich_text(section.blocks), marks)
    def to_json(self, body): return {"question": body.question.to_json(), "marks": str(body.marks)}
    def from_json(self, data):
        from proficiency.items.section import Rich
        return YesOrNo(Rich.from_json(data["question"]), Fraction(data["marks"]))
    def max_mark(self, body): return body.marks
    def candidate_view(self, body, ids, order):
        return {"format": self.name, "question_html": body.question.html}
    def read_response(self, body, ids, raw):
        return as_response({"yes": only_fields(raw, "yes")["yes"] is True})
    def from_form(self, body, ids, form): return {"yes": form.get("yes") == ["1"]}
    def is_answered(self, response): return response is not None
    def score(self, body, ids, response, decided=None):
        data = stored(response, "yes")
        return body.marks if data and data["yes"] else Fraction(0)
    @staticmethod
    def rescore(body, shown, answer, decided):
        return Fraction(body["marks"]) if answer.get("yes") else Fraction(0)
    def chance_mark(self, body): return body.marks / 2
    def picks(self, body, ids, response):
        return (Pick("", "yes", Fraction(1)),) if self.score(body, ids, response) else ()
    def describe(self, body, ids, response):
        return ["yes" if self.score(body, ids, response) else "no"]

FORMAT = YesOrNoFormat()
"""


def best(options: int = 3) -> Item:
    """A best answer with `options` options; the first is the key."""
    lines = "".join(f"- [{'x' if n == 0 else ' '}] Option number {n}\n" for n in range(options))
    text = f"best answer · 3 marks · standards 2.3\n\nWhich?\n\n{lines}"
    return small_case(with_question(text)).items[0]


def several(choose: int, of: int, marks: str = "3") -> Item:
    """A question with `of` options, of which the first `choose` are keys."""
    lines = "".join(f"- [{'x' if n < choose else ' '}] Option number {n}\n" for n in range(of))
    text = f"choose {choose} of {of} · {marks} marks · standards 2.3\n\nWhich?\n\n{lines}"
    return small_case(with_question(text)).items[0]


def written(*tops: tuple[str, int]) -> Item:
    """A written response with one criterion for each (weight, number of levels - 1)."""
    most = max(top for _weight, top in tops)
    parts = [
        f"#### Criterion {chr(65 + n)} (2.3), weight {weight}\n\n"
        + "".join(f"- {level} L{level}: What level {level} shows\n" for level in range(top + 1))
        for n, (weight, top) in enumerate(tops)
    ]
    marks = sum((Fraction(weight) * top for weight, top in tops), Fraction(0))
    text = (
        f"written response · {plain(marks)} marks · standards 2.3\n\nWhat do you do?\n\n"
        f"### Expected response\n\n- Something {most}\n\n### Rubric\n\n" + "\n".join(parts)
    )
    return small_case(with_question(text)).items[0]


def ids_of(item: Item, salt: str = "r") -> dict[str, str]:
    """Identifiers for an item's options as a form would draw them."""
    return {key: f"{salt}{n}" for n, key in enumerate(item.kind.local_keys(item.body))}


def sent(item: Item, raw: object, salt: str = "r") -> str:
    """What is stored when a browser sends `raw`."""
    return item.kind.read_response(item.body, ids_of(item, salt), raw)


def view(item: Item, salt: str = "r") -> dict[str, Any]:
    """What a candidate gets of the item."""
    ids = ids_of(item, salt)
    found: dict[str, Any] = json.loads(
        json.dumps(item.kind.candidate_view(item.body, ids, tuple(ids)))
    )
    return {**found, "id": "item1", "number": 1, "minutes": None}


@contextmanager
def one_more_format(folder: Path) -> Iterator[str]:
    """Add one file to the room of items for a while: a question answered by yes or no."""
    (folder / "yes_or_no.py").write_text(TOY)
    proficiency.items.__path__.append(str(folder))
    all_formats.cache_clear()
    importlib.invalidate_caches()
    try:
        yield "yes_or_no"
    finally:
        proficiency.items.__path__.remove(str(folder))
        sys.modules.pop("proficiency.items.yes_or_no", None)
        all_formats.cache_clear()
