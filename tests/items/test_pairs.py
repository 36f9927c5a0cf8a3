"""Formats in which each part gets a choice: what they earn, what chance gives, what is refused."""

from fractions import Fraction
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proficiency.items.judgement_rating import chance_after_correction as chance_of_rating
from proficiency.items.judgement_rating import chance_share as plain_chance_of_rating
from proficiency.items.judgement_rating import closeness
from proficiency.items.pairs import corrected
from proficiency.items.ranking import chance_after_correction, chance_share, points
from proficiency.items.rules import InvalidResponse
from proficiency.scenarios.content import Item
from tests.items.factory import (
    DROP_DOWNS_ITEM,
    MATCHING_ITEM,
    PASSAGES_ITEM,
    RANKING_ITEM,
    RATING_ITEM,
    ids_of,
    sent,
    view,
)
from tests.scenarios.factory import read, with_question


def answered(item: Item, given: dict[str, str]) -> str:
    """A stored answer that gives parts choices, by local keys or numerals."""
    ids = ids_of(item)
    return sent(item, {"answers": {ids[part]: ids.get(each, each) for part, each in given.items()}})


def mark(item: Item, given: dict[str, str]) -> Fraction | None:
    return item.kind.score(item.body, ids_of(item), answered(item, given))


def keys(item: Item) -> list[str]:
    return [slot.key for slot in item.kind.slots(item.body)]  # type: ignore[attr-defined]


# Matching and gaps


def test_each_stem_and_each_gap_is_right_or_wrong() -> None:
    stems = {stem.key: stem.answer for stem in MATCHING_ITEM.body.stems}
    assert mark(MATCHING_ITEM, stems) == 3
    assert mark(MATCHING_ITEM, stems | {keys(MATCHING_ITEM)[0]: "carers-charity"}) == 2
    gaps = {g.key: next(o.key for o in g.options if o.is_key) for g in DROP_DOWNS_ITEM.body.gaps}
    assert mark(DROP_DOWNS_ITEM, gaps) == 2
    assert mark(DROP_DOWNS_ITEM, {"gap-1": gaps["gap-1"]}) == 1


def test_guessing_stems_and_gaps_earns_one_over_the_number_of_options() -> None:
    assert MATCHING_ITEM.kind.chance_mark(MATCHING_ITEM.body) == 1
    assert DROP_DOWNS_ITEM.kind.chance_mark(DROP_DOWNS_ITEM.body) == Fraction(2, 3)


def test_a_gap_takes_only_its_own_options() -> None:
    other = DROP_DOWNS_ITEM.body.gaps[1].options[0].key
    with pytest.raises(InvalidResponse, match="a choice that this question does not have"):
        answered(DROP_DOWNS_ITEM, {"gap-1": other})


def test_the_passage_is_sent_in_pieces_with_its_gaps_between() -> None:
    pieces = view(DROP_DOWNS_ITEM)["pieces"]
    assert [piece.get("number") for piece in pieces] == [None, 1, None, 2, None]
    assert "".join(piece.get("html", "…") for piece in pieces).strip() == (
        "<p>The key is …, and I tell him ….</p>"
    )


# Ranking


def place(*places: int) -> dict[str, str]:
    return {key: str(each) for key, each in zip(keys(RANKING_ITEM), places, strict=False)}


def test_a_ranking_earns_by_distance_after_what_chance_gives() -> None:
    spans = ((1, 1), (2, 3), (2, 3), (4, 4), (5, 5))
    chance = Fraction(sum(points(s, p, 4) for s in spans for p in range(1, 6)), 5 * 20)
    assert chance == chance_share(spans)
    assert mark(RANKING_ITEM, place(1, 2, 3, 4, 5)) == mark(RANKING_ITEM, place(1, 3, 2, 4, 5)) == 4
    share = Fraction(4 + 4 + 3 + 3 + 4, 20)
    assert mark(RANKING_ITEM, place(1, 2, 4, 3, 5)) == 4 * (share - chance) / (1 - chance)
    assert mark(RANKING_ITEM, place(5, 4, 3, 2, 1)) == 0


def test_a_place_given_twice_is_said_and_earns_nothing_for_either() -> None:
    twice = answered(RANKING_ITEM, place(1, 2, 2, 4, 5))
    assert RANKING_ITEM.kind.status(RANKING_ITEM.body, twice) == (
        "Place 2 is given twice: each has a place of its own"
    )
    kept = place(1, 2, 2, 4, 5)
    without = {key: each for key, each in kept.items() if each != "2"}
    assert mark(RANKING_ITEM, kept) == mark(RANKING_ITEM, without)


def test_blind_ranking_of_five_has_sixty_per_cent_by_the_plain_rule() -> None:
    assert chance_share([(n, n) for n in range(1, 6)]) == Fraction(3, 5)


@pytest.mark.parametrize(
    "spans",
    [
        ((1, 1), (2, 2), (3, 3)),
        ((1, 2), (1, 2), (3, 3), (4, 4)),
        ((1, 1), (2, 4), (2, 4), (2, 4), (5, 5)),
    ],
)
def test_the_chance_of_a_ranking_is_the_mean_over_every_order(spans: Any) -> None:
    n = len(spans)
    shares = [
        Fraction(sum(points(s, p, n - 1) for s, p in zip(spans, order, strict=True)), n * (n - 1))
        for order in permutations(range(1, n + 1))
    ]
    assert chance_share(spans) == sum(shares) / len(shares)
    chance = chance_share(spans)
    assert chance_after_correction(spans) == sum(corrected(s, chance) for s in shares) / len(shares)


@given(st.permutations(range(1, 6)), st.integers(0, 4))
def test_moving_an_action_to_a_free_place_nearer_to_its_own_never_costs_a_mark(
    order: list[int], which: int
) -> None:
    some = dict(list(place(*order).items()))
    moved = keys(RANKING_ITEM)[which]
    del some[moved]
    free = order[which]
    worse = mark(RANKING_ITEM, some)
    better = mark(RANKING_ITEM, some | {moved: str(free)})
    assert worse is not None
    assert better is not None
    assert worse <= better


# Rating


@pytest.mark.parametrize(
    ("points_", "key", "credits"),
    [
        (4, 1, ["1", "1/2", "0", "0"]),
        (4, 3, ["0", "0", "1", "1/2"]),
        (5, 1, ["1", "2/3", "1/3", "0", "0"]),
        (5, 3, ["1/3", "2/3", "1", "2/3", "1/3"]),
        (6, 2, ["2/3", "1", "2/3", "0", "0", "0"]),
    ],
)
def test_a_rating_earns_by_distance_and_nothing_across_the_middle(
    points_: int, key: int, credits: list[str]
) -> None:
    given_ = [closeness(key, point, points_) for point in range(1, points_ + 1)]
    assert given_ == [Fraction(each) for each in credits]


@given(st.integers(3, 7), st.integers(1, 7), st.integers(1, 7), st.integers(1, 7))
def test_a_nearer_rating_on_the_same_side_never_earns_less(
    scale: int, key: int, near: int, far: int
) -> None:
    if max(key, near, far) <= scale and (key <= near <= far or key >= near >= far):
        assert closeness(key, near, scale) >= closeness(key, far, scale)


@pytest.mark.parametrize(("ratings", "scale"), [((1, 2, 4), 4), ((3, 3), 5), ((1, 6, 2), 6)])
def test_the_chance_of_rating_is_the_mean_over_every_way(
    ratings: tuple[int, ...], scale: int
) -> None:
    shares = [
        sum((closeness(k, g, scale) for k, g in zip(ratings, given_, strict=True)), Fraction(0))
        / len(ratings)
        for given_ in product(range(1, scale + 1), repeat=len(ratings))
    ]
    chance = plain_chance_of_rating(ratings, scale)
    assert chance == sum(shares) / len(shares)
    mean = sum((corrected(share, chance) for share in shares), Fraction(0)) / len(shares)
    assert chance_of_rating(ratings, scale) == mean


def test_rating_everything_as_the_panel_did_earns_everything() -> None:
    right = {reply.key: str(reply.rating) for reply in RATING_ITEM.body.replies}
    assert mark(RATING_ITEM, right) == 4
    assert mark(RATING_ITEM, {key: "5" if key == "x" else "4" for key in right}) == 0


def test_the_scale_is_shown_as_choices_and_not_in_the_question() -> None:
    seen = view(RATING_ITEM)
    assert seen["scale"][0] == "appropriate"
    assert "Scale" not in seen["question_html"]


# Passages


def test_the_entries_of_an_exhibit_are_shown_in_its_own_order() -> None:
    seen = view(PASSAGES_ITEM)
    shown = PASSAGES_ITEM.kind.candidate_view(
        PASSAGES_ITEM.body, ids_of(PASSAGES_ITEM), tuple(reversed(ids_of(PASSAGES_ITEM)))
    )
    assert shown["options"] == seen["options"]
    assert [option["html"] for option in seen["options"]] == [
        "Monday · 4",
        "Tuesday · 6",
        "A note below the table.",
    ]


# What every one of them refuses


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"answers": []},
        {"answers": {"r0": 1}},
        {"answers": {"nobody": "r1"}},
        {"answers": {"r0": "nothing"}},
        {"answers": {"r0": "99"}},
        {"answers": {}, "more": 1},
    ],
)
@pytest.mark.parametrize(
    "item", [MATCHING_ITEM, RANKING_ITEM, RATING_ITEM, DROP_DOWNS_ITEM], ids=lambda i: i.format
)
def test_what_no_page_of_ours_sends_is_refused(item: Item, raw: object) -> None:
    with pytest.raises(InvalidResponse, match=r"not saved"):
        sent(item, raw)


@pytest.mark.parametrize(
    "item", [MATCHING_ITEM, RANKING_ITEM, RATING_ITEM, DROP_DOWNS_ITEM], ids=lambda i: i.format
)
def test_a_form_without_script_gives_the_same_answer(item: Item) -> None:
    ids = ids_of(item)
    slot = item.kind.slots(item.body)[0]  # type: ignore[attr-defined]
    choice = ids.get(slot.choices[1], slot.choices[1])
    posted = {ids[slot.key]: [choice], ids[keys(item)[1]]: [""]}
    raw = item.kind.from_form(item.body, ids, posted)
    assert sent(item, raw) == answered(item, {slot.key: slot.choices[1]})


# What authors are told

TEXT = (
    "matching · 3 marks · standards 11.1\n\nWho?\n\n### Options\n\n- A\n- B\n- C\n\n### Stems\n\n"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT + "| Need | Answer | Why |\n|-|-|-|\n| One | A | x |\n", "at least two stems"),
        (
            TEXT + "| Need | Answer | Why |\n|-|-|-|\n| One | D | x |\n| Two | B | y |\n",
            "“D” is none",
        ),
        (TEXT + "| Need | Answer |\n|-|-|\n| One | A |\n", "has no column “Why”"),
        (TEXT.replace("- B\n- C\n", ""), "between 3 and"),
        (TEXT.split("### Stems", maxsplit=1)[0], "the part “### Stems” is missing"),
        (TEXT.replace("- B", "- [x] B"), "without a box"),
        ("ranking of 4 · 2 marks · standards 1.1\n\nOrder.\n", "the answer table is missing"),
        (
            "ranking of 4 · 2 marks · standards 1.1\n\nOrder.\n\n"
            "| Action | Place | Why |\n|-|-|-|\n| A | 1 | x |\n| B | 2 | x |\n| C | 3 | x |\n",
            "says “ranking of 4”, and there are 3",
        ),
        (
            "ranking · 2 marks · standards 1.1\n\nOrder.\n\n| Action | Place | Why |\n|-|-|-|\n"
            "| A | 1 | x |\n| B | 2 | x |\n| C | 2 | x |\n",
            "the places must be 1 to 3",
        ),
        (
            "ranking · 2 marks · standards 1.1\n\nOrder.\n\n| Action | Place | Why |\n|-|-|-|\n"
            "| A | 1= | x |\n| B | 1= | x |\n| C | 1= | x |\n",
            "every action has the same place",
        ),
        (
            "judgement rating · 2 marks · standards 1.1\n\nRate.\n\n"
            "| Reply | Rating | Why |\n|-|-|-|\n| A | good | x |\n| B | bad | x |\n",
            "the scale is missing",
        ),
        (
            "judgement rating · 2 marks · standards 1.1\n\nRate.\nScale: good, fair, bad.\n\n"
            "| Reply | Rating | Panel of 3 | Why |\n|-|-|-|-|\n| A | good | 1, 2, 0 | x |\n"
            "| B | bad | 0, 0, 3 | x |\n",
            "most of the panel rated this “fair”",
        ),
        (
            "judgement rating · 2 marks · standards 1.1\n\nRate.\nScale: good, fair, bad.\n\n"
            "| Reply | Rating | Why |\n|-|-|-|\n| A | goood | x |\n| B | bad | x |\n",
            "Did you mean “good”",
        ),
        ("drop-downs · 1 mark · standards 1.1\n\nFill.\n", "write one passage as a quote"),
        ("drop-downs · 1 mark · standards 1.1\n\nFill.\n\n> A [gap 2].\n", "numbered in order"),
        ("drop-downs · 1 mark · standards 1.1\n\nFill.\n\n> A [gap 1].\n", "no part “### Gap 1”"),
        (
            "drop-downs · 1 mark · standards 1.1\n\nFill.\n\n> A [gap 1].\n\n### Gap 1\n\n- [x] a\n"
            "- [x] b\n- [ ] c\n",
            "exactly one “- [x]”, and this one has 2",
        ),
        (
            "passages of Exhibit 9 · choose 1 · 1 mark · standards 1.1\n\nWhich?\n\n- [x] a\n",
            "no exhibit 9",
        ),
        (
            "passages of Exhibit 1 · choose 1 · 1 mark · standards 1.1\n\nWhich?\n\n"
            "- [x] A note under it.\n",
            "no entry of the exhibit: quote one word for word",
        ),
        (
            "passages of Exhibit 2 · choose 1 · 1 mark · standards 1.1\n\nWhich?\n\n- [x] a\n",
            "no exhibit 2",
        ),
    ],
)
def test_an_author_is_told_what_to_write_instead(text: str, said: str) -> None:
    report = "\n".join(read(with_question(text)).report())
    assert said in report
