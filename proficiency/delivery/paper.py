"""What a candidate sits: a form as delivery needs it, read once and kept in this process.

A form is frozen (invariant 3), so what was read of it stays true. What a page is given is
`candidate` of a stage or an item and nothing else of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from proficiency.exams.queries import (
    FormItemView,
    FormStageView,
    FormView,
    Frozen,
    get_form,
    list_form_items,
    list_form_stages,
)


@dataclass(frozen=True)
class Paper:
    """A form with its stages and items, in order."""

    form: FormView
    stages: tuple[FormStageView, ...]
    items: tuple[FormItemView, ...]
    by_id: Mapping[str, FormItemView]

    @property
    def last_stage(self) -> int:
        return len(self.stages)

    def stage(self, number: int) -> FormStageView:
        """Return one stage, counted from 1 through the whole form."""
        return self.stages[number - 1]

    def items_of(self, stage: int) -> tuple[FormItemView, ...]:
        """Return the items of one stage, in order."""
        return tuple(item for item in self.items if item.stage == stage)

    def opens_case(self, stage: int) -> bool:
        """Whether the candidate meets a case for the first time in this stage."""
        case = self.stage(stage).case_name
        return all(earlier.case_name != case for earlier in self.stages[: stage - 1])


_papers: Frozen[Paper] = Frozen(24)


def get_paper(session: Session, form_id: str) -> Paper:
    """Return the paper of a form. Raises `NotFound`."""
    kept = _papers.find(form_id)
    if kept is not None:
        return kept
    items = tuple(list_form_items(session, form_id))
    paper = Paper(
        form=get_form(session, form_id),
        stages=tuple(list_form_stages(session, form_id)),
        items=items,
        by_id={item.id: item for item in items},
    )
    _papers.keep(form_id, paper)
    return paper
