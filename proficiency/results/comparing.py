"""Holding the two computations of a sitting's results against each other, to the last digit."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from proficiency.core.text import _
from proficiency.results.recompute import Recomputed
from proficiency.results.rules import ThemeScore


@dataclass(frozen=True)
class Claim:
    """One result as the first computation gives it, or as it was recorded."""

    attempt_id: str
    total: Fraction
    max_mark: Fraction
    cut_score: Fraction
    passes: bool
    themes: tuple[ThemeScore, ...]
    evidence_digest: str


def find_difference(claims: Iterable[Claim], again: Mapping[str, Recomputed]) -> str | None:
    """Return the first difference in words, or None when both agree on everything."""
    listed = list(claims)
    if {claim.attempt_id for claim in listed} != set(again):
        return _("the two computations have different attempts: {one} and {other}").format(
            one=len(listed), other=len(again)
        )
    for claim in sorted(listed, key=lambda claim: claim.attempt_id):
        for what, one, other in _pairs(claim, again[claim.attempt_id]):
            if one != other:
                return _("attempt {id}, {what}: {one} and {other}").format(
                    id=claim.attempt_id, what=what, one=one, other=other
                )
    return None


def _pairs(claim: Claim, again: Recomputed) -> Iterator[tuple[str, object, object]]:
    yield _("total"), claim.total, again.total
    yield _("maximum"), claim.max_mark, again.max_mark
    yield _("cut score"), claim.cut_score, again.cut_score
    yield _("outcome"), claim.passes, again.passes
    themes = {
        each.theme: _words_of_theme(each.mark, each.max_mark, each.items) for each in claim.themes
    }
    themes_again = {
        code: _words_of_theme(mark, most, items) for code, mark, most, items in again.themes
    }
    for code in sorted(themes.keys() | themes_again.keys()):
        yield _("theme {code}").format(code=code), themes.get(code), themes_again.get(code)
    yield _("evidence"), claim.evidence_digest, again.evidence_digest


def _words_of_theme(mark: Fraction, max_mark: Fraction, items: int) -> str:
    return _("{mark} of {max} in {items} questions").format(mark=mark, max=max_mark, items=items)
