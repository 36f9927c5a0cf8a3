"""What every question format can do, and how a format is found by its name.

A format is one Python file in this folder that ends with `FORMAT = …()`, and one template,
`templates/items/<name>.html`, with three macros: `facts(item)`, `candidate(item, response, locked,
status)` and `assessor(body)`. Nothing else knows the list of formats (docs/guides/formats.md).

Invariants kept: a candidate's view is built by allow-list, field by field (invariant 7);
identifiers that leave are the random ones that a form drew, in the order that it drew; marks are
fractions (invariant 11); an answer that was stored is never changed or cut.
"""

import importlib
import json
import pkgutil
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import proficiency.items as room
from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _, canonical_json
from proficiency.items.names import nearest
from proficiency.items.section import Problems, Section

Body = TypeVar("Body")
Json = dict[str, Any]
FormPart = Mapping[str, Sequence[str]]
"""The fields of one item in a posted form: field name to values, the item's prefix taken off."""


HOUSE_FILES = frozenset(
    {"rules", "models", "queries", "operations", "forms", "views", "jobs", "cli"}
)


class InvalidResponse(Invalid):
    """What a browser sent is not an answer to this question. The message says what to do."""


class UnknownFormat(NotFound):
    """No file in the room of items defines a format of this name."""


@dataclass(frozen=True)
class Pick:
    """One thing that an answer picked, for counting over many answers.

    `part` is the part of the question (a stem, a gap; "" where there is one part only), `choice`
    what was picked there, both by the names that stay the same from form to form; `credit` is the
    share of what the part can give, from 0 to 1, before any correction for chance.
    """

    part: str
    choice: str
    credit: Fraction


class Decision(NamedTuple):
    """What people decided about one answer that no machine may mark.

    `point` is the key of the accepted answer that it means, or a name of its own for a right answer
    that is not in the table; "" when it is worth nothing. Answers of one point count once.
    """

    point: str
    marks: Fraction


Decided = Mapping[str, Decision]
"""Decisions by answer, as `undecided` gave it. Each holds for all who gave exactly that answer."""

NOTHING_DECIDED: Decided = {}


@dataclass(frozen=True)
class AcceptedAnswer:
    """One row of the answers that a question knows, for those who decide about further ones.

    `answer` is plain words; `reason` is HTML, sanitised when the case was read.
    """

    key: str
    answer: str
    marks: Fraction
    reason: str


@dataclass(frozen=True)
class Setting:
    """What a format's line may say besides marks, minutes, standards and name."""

    pattern: re.Pattern[str]
    example: str


class ItemFormat(ABC, Generic[Body]):
    """One way to ask and to score. `Body` is a frozen dataclass with everything that it needs."""

    name: ClassVar[str]
    """The name in code, in content and of the template, such as `best_answer`."""
    title: ClassVar[str]
    """The name on pages, such as `Best answer`."""
    notation: ClassVar[str]
    """How an author begins the line under the question, such as `choose 3 of 7`."""
    example: ClassVar[str]
    """A whole small question as an author writes it, below its heading, to begin one from."""
    is_marked_by_people: ClassVar[bool] = False
    """Whether two people mark each answer with a rubric."""
    is_decided_by_people: ClassVar[bool] = False
    """Whether an answer that the machine does not know goes to people, once for all who gave it."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    parts: ClassVar[tuple[str, ...]] = ()
    """The `###` headings that a question of this format may have."""

    # Reading what an author wrote

    @abstractmethod
    def recognises(self, words: str, *settings: str) -> bool:
        """Whether a line that begins with `words` means this format.

        `settings` are the other parts of the line that not every format has; all of it in small
        letters.
        """

    @abstractmethod
    def read_body(self, section: Section, marks: Fraction, problems: Problems) -> Body | None:
        """Read what is particular to the format; report every problem and never raise."""

    def parse(self, section: Section, problems: Problems) -> Body | None:
        """Read a question. Returns None when it has errors, all of which are in `problems`."""
        before = problems.error_count
        self._check_marks(section, problems)
        self._check_settings(section, problems)
        self._check_parts(section, problems)
        body = self.read_body(section, section.marks or Fraction(1), problems)
        return body if problems.error_count == before else None

    def _check_marks(self, section: Section, problems: Problems) -> None:
        if section.marks is None:
            problems.error(
                section.notation.line,
                _("the question does not say its marks: write for example “1 mark” or “4 marks”"),
            )

    def _check_settings(self, section: Section, problems: Problems) -> None:
        examples = [f"“{setting.example}”" for setting in self.settings]
        allowed = ["“3 marks”", "“standards 1.1, 11.5”", "“5 minutes”", "“name a-name”", *examples]
        for words in section.settings:
            if not any(setting.pattern.fullmatch(words.text) for setting in self.settings):
                problems.error(
                    words.line,
                    _(
                        "“{words}” is not understood here; after “{notation}” write {allowed}"
                    ).format(
                        words=words.text, notation=section.notation.text, allowed=", ".join(allowed)
                    ),
                )

    def _check_parts(self, section: Section, problems: Problems) -> None:
        seen: set[str] = set()
        for part in section.parts:
            folded = part.title.casefold()
            if folded not in {title.casefold() for title in self.parts}:
                problems.error(part.line, self._unknown_part(part.title))
            elif folded in seen:
                problems.error(
                    part.line, _("a second “### {title}”: keep one").format(title=part.title)
                )
            seen.add(folded)

    def _unknown_part(self, title: str) -> str:
        if not self.parts:
            return _("“### {title}”: a question of the format “{format}” has no such parts").format(
                title=title, format=self.notation
            )
        near = nearest(title, self.parts)
        known = ", ".join(f"“### {part}”" for part in self.parts)
        hint = _(" Did you mean “### {near}”?").format(near=near) if near else ""
        return (
            _("“### {title}” is not part of this format, which knows {known}.").format(
                title=title, known=known
            )
            + hint
        )

    # Content

    @abstractmethod
    def to_json(self, body: Body) -> Json:
        """Return the plain form of `body`, without floats, for the frozen content."""

    @abstractmethod
    def from_json(self, data: Json) -> Body:
        """Read the plain form back. Gives a body equal to the one it was made from."""

    @abstractmethod
    def max_mark(self, body: Body) -> Fraction:
        """The most marks that the question can give."""

    def local_keys(self, body: Body) -> tuple[str, ...]:
        """The author's names of what a candidate can pick, in the author's order."""
        return ()

    def expected_minutes(self, body: Body) -> Fraction:
        """A guess at the minutes that answering takes, for advice on a case's length only."""
        return Fraction(3, 2)

    # Delivery

    @abstractmethod
    def candidate_view(self, body: Body, ids: Mapping[str, str], order: Sequence[str]) -> Json:
        """Return exactly what a candidate may see.

        `ids` gives each local key its random id on this form, `order` the local keys in the
        order of showing. Raises `ValueError` when they don't fit the question.
        """

    @abstractmethod
    def read_response(self, body: Body, ids: Mapping[str, str], raw: object) -> str:
        """Return the canonical JSON of what a browser sent.

        Raises `InvalidResponse` for a wrong shape, an unknown field or an id that this form
        did not give out.
        """

    @abstractmethod
    def from_form(self, body: Body, ids: Mapping[str, str], form: FormPart) -> object:
        """Return what `read_response` takes, from a form that was posted without JavaScript."""

    @abstractmethod
    def is_answered(self, response: str | None) -> bool:
        """Whether there is anything to mark. None means that nothing was ever saved."""

    def status(self, body: Body, response: str | None) -> str | None:
        """What the candidate should be told at once about this answer, if anything."""
        return None

    # Marking

    @abstractmethod
    def score(
        self,
        body: Body,
        ids: Mapping[str, str],
        response: str | None,
        decided: Decided = NOTHING_DECIDED,
    ) -> Fraction | None:
        """Return the exact mark, or None when people must mark. Nothing answered scores 0."""

    @staticmethod
    @abstractmethod
    def rescore(
        body: Json, shown: Mapping[str, str], answer: Json, decided: Decided
    ) -> Fraction | None:
        """Return the mark by a second computation, for checking results before release.

        It works on the frozen content as plain data: `shown` maps each id of the form to its local
        key, `answer` is the stored response ({} when nothing was saved), `decided` as in `score`.
        It is a function on its own: it calls nothing of this room, so that one mistake cannot pass
        both computations. A test holds it to that.
        """

    @abstractmethod
    def chance_mark(self, body: Body) -> Fraction:
        """Return the mark that blind guessing earns on average, exactly."""

    def denominator(self, body: Body) -> int:
        """Return an n such that each mark that the question can come to is a whole number of n-ths.

        It covers what a machine scores and the mean of two assessors' marks by the rubric; forms
        are kept to totals that can be stored by it. Here: nothing, all, or a known answer's marks.
        A format that gives other shares says so; a test tries it on random answers.
        """
        accepted = (answer.marks.denominator for answer in self.accepted_answers(body))
        return lcm(self.max_mark(body).denominator, *accepted)

    def undecided(
        self, body: Body, response: str | None, decided: Decided = NOTHING_DECIDED
    ) -> tuple[str, ...]:
        """Return the answers in `response` that people have to decide, in one spelling each."""
        return ()

    def accepted_answers(self, body: Body) -> tuple[AcceptedAnswer, ...]:
        """Return the answers that the question knows, near misses included, in its order."""
        return ()

    @abstractmethod
    def picks(self, body: Body, ids: Mapping[str, str], response: str | None) -> tuple[Pick, ...]:
        """Return what was picked, for the analysis of a question over many answers."""

    @abstractmethod
    def describe(self, body: Body, ids: Mapping[str, str], response: str | None) -> list[str]:
        """Return the answer in words, a line per choice or paragraph, for trace pages."""


def get_format(name: str) -> ItemFormat[Any]:
    """Return the format called `name`. Raises `UnknownFormat`."""
    found = all_formats().get(name)
    if found is None:
        raise UnknownFormat(
            _("No item format is called “{name}”. Known: {known}.").format(
                name=name, known=", ".join(all_formats())
            )
        )
    return found


def find_format(words: str, *settings: str) -> ItemFormat[Any] | None:
    """Return the format that an author means by `words` at the start of a question's line.

    `settings` are the further parts of that line, without marks, minutes, standards and name.
    """
    small = [" ".join(each.casefold().split()) for each in (words, *settings)]
    return next((each for each in all_formats().values() if each.recognises(*small)), None)


@cache
def all_formats() -> Mapping[str, ItemFormat[Any]]:
    """Return every format by name. Raises `ValueError` when two files claim one name."""
    return discover(room.__name__, room.__path__)


def discover(package: str, path: Sequence[str]) -> Mapping[str, ItemFormat[Any]]:
    """Import each module of `package` that is no house file, and return the formats by name."""
    formats: dict[str, ItemFormat[Any]] = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(path)):
        if module in HOUSE_FILES:
            continue
        found = getattr(importlib.import_module(f"{package}.{module}"), "FORMAT", None)
        if isinstance(found, ItemFormat):
            if found.name in formats:
                raise ValueError(f"two item formats are called {found.name!r}")
            formats[found.name] = found
    return formats


def form_part(form: Mapping[str, Sequence[str]], item_id: str) -> dict[str, list[str]] | None:
    """Return the fields of one item from a posted form, or None when the item was not on it.

    Fields are called `<item id>:<field>`; each question also posts `<item id>:present`, because a
    browser sends nothing for a set of boxes in which none is ticked. `form` maps each name to all
    of its values (`request.form.to_dict(flat=False)`).
    """
    prefix = f"{item_id}:"
    if f"{prefix}present" not in form:
        return None
    return {
        name.removeprefix(prefix): list(values)
        for name, values in form.items()
        if name.startswith(prefix) and name != f"{prefix}present"
    }


# Reading what a browser sent, for every format


def wrong_shape() -> InvalidResponse:
    """The error for an answer that no page of ours would send."""
    return InvalidResponse(
        _(
            "This answer did not arrive in the form that the question needs, so it was not "
            "saved. Reload the page, look at your answer, and save it again."
        )
    )


def only_fields(raw: object, *fields: str) -> Json:
    """Return `raw` if it is an object with exactly `fields`; else raise `InvalidResponse`."""
    if not isinstance(raw, dict) or set(raw) != set(fields):
        raise wrong_shape()
    return raw


def known_id(value: object, ids: Mapping[str, str]) -> str:
    """Return `value` if this form gave it out as an option of this question.

    Raises `InvalidResponse` for anything else.
    """
    if not isinstance(value, str) or value not in ids.values():
        raise InvalidResponse(
            _(
                "This answer names an option that this question does not have, so it was not "
                "saved. Reload the page and choose again."
            )
        )
    return value


def keys_by_id(ids: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Turn a form's ids round: random id to local key.

    Raises `ValueError` when `ids` does not give each of `keys` an id of its own.
    """
    turned = {value: key for key, value in ids.items()}
    if set(ids) != set(keys) or len(turned) != len(keys):
        raise ValueError("the form's ids do not fit the question's options")
    return turned


def stored(response: str | None, *fields: str) -> Json | None:
    """Read a stored response back; None when nothing was saved.

    Raises `InvalidResponse` when it is not what this format stores: then the evidence is at
    fault, and no mark may be made from it.
    """
    if response is None:
        return None
    try:
        data = json.loads(response)
    except json.JSONDecodeError as fault:
        raise InvalidResponse(_("A stored answer cannot be read.")) from fault
    return only_fields(data, *fields)


def as_response(data: Json) -> str:
    """Return the one text in which a response is stored and hashed."""
    return canonical_json(data)
