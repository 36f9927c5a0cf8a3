"""The way forward: from a question or a standard to every mark and result that rests on it.

When something turns out to be wrong, this answers the first thing that must be known: who else is
affected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from proficiency.core.access import Actor
from proficiency.core.errors import NotFound
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView, list_form_items
from proficiency.framework.rules import Framework
from proficiency.items.rules import get_format
from proficiency.items.written_response import WrittenResponse
from proficiency.marking.queries import FinalMark, final_marks
from proficiency.results.computing import framework_of, marked_item, parts_of
from proficiency.results.queries import ResultView, list_results
from proficiency.results.rules import Part, part_marks
from proficiency.results.traced_item import (
    SOURCE_WORDS,
    TracedPart,
    TracedStandard,
    TracedVersion,
    trace_parts,
    trace_standard,
    trace_version,
)
from proficiency.results.tracing import refuse_reader
from proficiency.sittings.queries import get_sitting


@dataclass(frozen=True)
class AffectedMark:
    """One attempt's mark that rests on what was asked about, and the result that it is part of."""

    result: ResultView
    mark: Fraction
    source: str


@dataclass(frozen=True)
class QuestionTrace:
    """A question of a sitting's form with every mark given to it."""

    sitting_id: str
    sitting_title: str
    form_item_id: str
    number: int
    format: str
    format_title: str
    stem_html: str
    max_mark: Fraction
    version: TracedVersion
    parts: tuple[TracedPart, ...]
    marks: tuple[AffectedMark, ...]


@dataclass(frozen=True)
class Use:
    """A criterion or question that cites the standard. `share` of its marks go to this citation."""

    form_item_id: str
    number: int
    title: str | None
    cited: tuple[str, ...]
    max_mark: Fraction
    share: Fraction


@dataclass(frozen=True)
class AffectedResult:
    """One attempt's marks for each use of the standard, in the order of the uses."""

    result: ResultView
    marks: tuple[Fraction, ...]


@dataclass(frozen=True)
class StandardTrace:
    """A standard of a sitting's form: where it is used and the results that rest on it."""

    sitting_id: str
    sitting_title: str
    standard: TracedStandard
    uses: tuple[Use, ...]
    results: tuple[AffectedResult, ...]


def get_question_trace(
    session: Session, actor: Actor, sitting_id: str, form_item_id: str
) -> QuestionTrace:
    """Return a question with all that rests on it. Raises as `get_trace` does."""
    results = _results(session, actor, sitting_id)
    sitting = get_sitting(session, sitting_id)
    items = list_form_items(session, sitting.form_id)
    item = next((each for each in items if each.id == form_item_id), None)
    if item is None:
        raise NotFound(_("There is no such question in this sitting."))
    finals = _finals(session, sitting_id)
    return QuestionTrace(
        sitting_id=sitting_id,
        sitting_title=sitting.title,
        form_item_id=item.id,
        number=item.number,
        format=item.format,
        format_title=get_format(item.format).title,
        stem_html=item.stem_html,
        max_mark=item.max_mark,
        version=trace_version(session, item),
        parts=trace_parts(item, framework_of(session, items)),
        marks=tuple(_affected(result, finals[result.attempt_id, item.id]) for result in results),
    )


def _affected(result: ResultView, final: FinalMark) -> AffectedMark:
    return AffectedMark(result, final.mark, SOURCE_WORDS[final.source])


def get_standard_trace(session: Session, actor: Actor, sitting_id: str, code: str) -> StandardTrace:
    """Return a theme, standard or sub-standard with all that rests on it in one sitting.

    Raises as `get_trace` does, and `UnknownCode` for a code that the framework does not have.
    """
    results = _results(session, actor, sitting_id)
    sitting = get_sitting(session, sitting_id)
    items = list_form_items(session, sitting.form_id)
    framework = framework_of(session, items)
    standard = trace_standard(framework, code)
    found = [(item, part) for item in items for part in parts_of(item)]
    citing = [(i, p) for i, p in found if _cited(framework, code, p)]
    finals = _finals(session, sitting_id)
    return StandardTrace(
        sitting_id=sitting_id,
        sitting_title=sitting.title,
        standard=standard,
        uses=tuple(_use(framework, code, item, part) for item, part in citing),
        results=tuple(
            AffectedResult(
                result,
                tuple(
                    _part_mark(item, part, finals[result.attempt_id, item.id])
                    for item, part in citing
                ),
            )
            for result in results
        ),
    )


def _results(session: Session, actor: Actor, sitting_id: str) -> list[ResultView]:
    results = list_results(session, sitting_id)
    is_released = bool(results) and results[0].released_at is not None
    refuse_reader(session, actor, sitting_id, is_released=is_released)
    if not results:
        raise NotFound(_("There are no results of this sitting yet."))
    return results


def _finals(session: Session, sitting_id: str) -> Mapping[tuple[str, str], FinalMark]:
    return {
        (final.attempt_id, final.form_item_id): final
        for final in final_marks(session, sitting_id).values()
    }


def _cited(framework: Framework, code: str, part: Part) -> tuple[str, ...]:
    """The codes of a part that are `code` or lie below it."""
    return tuple(each for each in dict.fromkeys(part.standards) if _is_below(framework, each, code))


def _is_below(framework: Framework, cited: str, code: str) -> bool:
    place = framework.place_of(cited)
    above = {cited, place.theme.code}
    return code in (above | {place.standard.code} if place.standard else above)


def _use(framework: Framework, code: str, item: FormItemView, part: Part) -> Use:
    title = None
    if isinstance(item.body, WrittenResponse):
        title = next(each.title for each in item.body.criteria if each.key == part.key)
    cited = _cited(framework, code, part)
    return Use(
        form_item_id=item.id,
        number=item.number,
        title=title,
        cited=cited,
        max_mark=part.max_mark,
        share=Fraction(len(cited), len(set(part.standards))),
    )


def _part_mark(item: FormItemView, part: Part, final: FinalMark) -> Fraction:
    return part_marks(marked_item(item, final))[part.key]
