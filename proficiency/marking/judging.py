"""Turning what a person ticked into a judgement: whole, within the rubric, and exactly added up.

A judgement is made of one level per criterion or it is not made. Indicators and traps justify the
levels and never change the mark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.errors import Invalid, Refused
from proficiency.core.exact import mark_text
from proficiency.core.text import _
from proficiency.exams.queries import FormItemView
from proficiency.items.written_response import WrittenResponse, score_levels
from proficiency.marking.rules import Judgement, unfit_levels


@dataclass(frozen=True)
class JudgementProblem:
    """One thing to put right: in words, and at which criterion, or at the words that say why."""

    text: str
    criterion: str | None = None
    is_words: bool = False


class InvalidJudgement(Invalid):
    """A judgement that is not whole, with every problem of it."""

    def __init__(self, problems: Sequence[JudgementProblem]) -> None:
        super().__init__(
            _("The mark was not recorded. Correct what is listed and send it again."),
            tuple(problem.text for problem in problems),
        )
        self.problems = tuple(problems)

    @property
    def unfit(self) -> frozenset[str]:
        """The criteria that need another look."""
        return frozenset(each.criterion for each in self.problems if each.criterion is not None)

    @property
    def needs_words(self) -> bool:
        """Whether a reason is missing."""
        return any(problem.is_words for problem in self.problems)


@dataclass(frozen=True)
class Ticked:
    """What a person entered about one response."""

    levels: Mapping[str, int]
    indicators: frozenset[str] = frozenset()
    traps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judged:
    """A judgement with the signs that were ticked for it."""

    judgement: Judgement
    indicators: frozenset[str] = frozenset()
    other_traps: frozenset[str] = frozenset()


def rubric_of(item: FormItemView) -> WrittenResponse:
    """Return the question with its rubric. Raises `Refused` for one that the machine marks."""
    if not isinstance(item.body, WrittenResponse):
        raise Refused(_("This question has no rubric: the machine marks it."))
    return item.body


def judge(body: WrittenResponse, ticked: Ticked, missing_words: str | None = None) -> Judged:
    """Return the judgement that `ticked` makes by the rubric of `body`: Σ weight × level.

    Raises `InvalidJudgement` with every problem when a level is missing or is not one of its
    criterion's, or when an indicator or trap is none of this question's. `missing_words` is what
    to say when a reason is due and was not given.
    """
    allowed = {
        criterion.key: {level.value for level in criterion.levels} for criterion in body.criteria
    }
    unfit = unfit_levels(allowed, ticked.levels)
    problems = [_level_problem(body, key, is_missing) for key, is_missing in unfit.items()]
    if not ticked.indicators <= {sign.key for sign in body.indicators}:
        problems.append(
            JudgementProblem(_("An indicator was ticked that this question does not have."))
        )
    if not ticked.traps <= {sign.key for sign in body.traps}:
        problems.append(JudgementProblem(_("A trap was ticked that this question does not have.")))
    _refuse(problems, missing_words)
    critical = frozenset(sign.key for sign in body.traps if sign.is_critical) & ticked.traps
    return Judged(
        Judgement(score_levels(body, ticked.levels), dict(ticked.levels), critical),
        ticked.indicators,
        ticked.traps - critical,
    )


def _refuse(problems: Sequence[JudgementProblem], missing_words: str | None) -> None:
    """Raise `InvalidJudgement` if there is any problem, missing words being the last of them."""
    listed = list(problems)
    if missing_words is not None:
        listed.append(JudgementProblem(missing_words, is_words=True))
    if listed:
        raise InvalidJudgement(listed)


def _level_problem(body: WrittenResponse, key: str, is_missing: bool) -> JudgementProblem:
    titles = {criterion.key: criterion.title for criterion in body.criteria}
    if key not in titles:
        return JudgementProblem(_("A criterion was sent that this question does not have."))
    text = (
        _("Choose a level for “{title}”.")
        if is_missing
        else _("“{title}” has no such level: choose one of those shown.")
    )
    return JudgementProblem(text.format(title=titles[key]), key)


def nothing_written(body: WrittenResponse) -> Judgement:
    """Return the machine's judgement of an answer with no words in it: 0, every level 0."""
    return Judgement(Fraction(0), {criterion.key: 0 for criterion in body.criteria})


def exact_judgement(
    mark: Fraction, max_mark: Fraction, missing_words: str | None = None
) -> Judgement:
    """Return a judgement without a rubric: a mark from 0 to `max_mark`.

    Raises `InvalidJudgement` outside that, and with `missing_words` when a reason is due.
    """
    problems = []
    if not 0 <= mark <= max_mark:
        text = _("Enter a mark from 0 to {top}.").format(top=mark_text(max_mark))
        problems.append(JudgementProblem(text))
    _refuse(problems, missing_words)
    return Judgement(mark, {})
