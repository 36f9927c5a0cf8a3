"""What the pages of a case's life are made of, without a page."""

import pytest

from proficiency.accounts.rules import Role
from proficiency.authoring.overview import Reach, make_way
from proficiency.authoring.review import ROLES, Move, Standing, Step, find_refusal
from proficiency.authoring.rules import TRANSITIONS, CaseState, StepKind
from proficiency.authoring.visible import paragraphs_of
from tests.clock import NOW

K = StepKind
TO_REVIEW = (K.BEGUN, K.SENT_TO_PEERS)
TO_APPROVAL = (*TO_REVIEW, K.PASSED_BY_PEER, K.SIGNED, K.APPROVED)


def steps(*kinds: StepKind) -> tuple[Step, ...]:
    return tuple(Step(str(n), kind, "writer", NOW, "r1") for n, kind in enumerate(kinds))


def standing(*kinds: StepKind) -> Standing:
    return Standing("w", "r1", steps(*kinds), frozenset({"writer"}))


@pytest.mark.parametrize(
    ("kinds", "seen"),
    [
        ((K.BEGUN,), "*Draft Peer Advisory Approved Piloted Live"),
        ((*TO_REVIEW, K.RETURNED), "*Draft Peer Advisory Approved Piloted Live"),
        (TO_APPROVAL, "Draft Peer Advisory *Approved Piloted Live"),
        ((*TO_APPROVAL, K.MADE_LIVE), "Draft Peer Advisory Approved *Live"),
        (
            (*TO_APPROVAL, K.PILOTED, K.MADE_LIVE),
            "Draft Peer Advisory Approved Piloted *Live",
        ),
        (
            (*TO_APPROVAL, K.MADE_LIVE, K.LEAK_REPORTED),
            "Draft Peer Advisory Approved Live *Frozen",
        ),
        ((K.BEGUN, K.RETIRED), "Draft *Retired"),
    ],
)
def test_the_way_of_a_case_says_where_it_is(kinds: tuple[StepKind, ...], seen: str) -> None:
    points = make_way(steps(*kinds))
    signs = {Reach.HERE: "*", Reach.DONE: "", Reach.AHEAD: ""}
    assert " ".join(signs[each.reach] + each.name.split()[0] for each in points) == seen
    reaches = [each.reach for each in points]
    here = reaches.index(Reach.HERE)
    assert set(reaches[:here]) <= {Reach.DONE}
    assert set(reaches[here + 1 :]) <= {Reach.AHEAD}


@pytest.mark.parametrize("move", Move)
def test_no_move_is_for_those_without_its_role(move: Move) -> None:
    for role in set(Role) - set(ROLES[move]):
        assert find_refusal(move, standing(*TO_APPROVAL), "ann", {role}) is not None
    assert find_refusal(move, standing(*TO_APPROVAL), "system", {"system"}) is not None


HISTORIES = {
    CaseState.DRAFT: (K.BEGUN,),
    CaseState.PEER_REVIEW: TO_REVIEW,
    CaseState.ADVISORY_REVIEW: (*TO_REVIEW, K.PASSED_BY_PEER),
    CaseState.APPROVED: TO_APPROVAL,
    CaseState.PILOTED: (*TO_APPROVAL, K.PILOTED),
    CaseState.LIVE: (*TO_APPROVAL, K.MADE_LIVE),
    CaseState.FROZEN: (*TO_APPROVAL, K.LEAK_REPORTED),
    CaseState.RETIRED: (*TO_APPROVAL, K.RETIRED),
}


@pytest.mark.parametrize("state", CaseState)
def test_a_move_is_refused_wherever_the_table_has_no_place_for_it(state: CaseState) -> None:
    here = standing(*HISTORIES[state])
    assert here.state is state
    allowed = {
        move: find_refusal(move, here, "ann", set(Role)) is None
        for move in set(Move) - {Move.BEGIN_NEXT}
    }
    kinds = {
        Move.SEND: K.SENT_TO_PEERS, Move.HAND_ON: K.PASSED_BY_PEER, Move.SIGN: K.SIGNED,
        Move.SIGN_AS_LAY: K.SIGNED, Move.RETURN: K.RETURNED, Move.PILOT: K.PILOTED,
        Move.MAKE_LIVE: K.MADE_LIVE, Move.REPORT_LEAK: K.LEAK_REPORTED,
        Move.SETTLE_LEAK: K.LEAK_SETTLED, Move.RETIRE: K.RETIRED,
    }  # fmt: skip
    assert allowed == {move: (state, kind) in TRANSITIONS for move, kind in kinds.items()}


# The words of a page


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>One</p><p>Two</p>", ["One", "Two"]),
        ("<ul><li>One</li><li>Two <em>three</em></li></ul>", ["One", "Two three"]),
        ("<table><tr><th>A</th><td>B</td></tr><tr><td><p>C</p><p>D</p></td></tr></table>",
         ["A | B", "C D"]),
        ("<p>Seen<svg><path d='M0'/><text>no</text></svg> too</p>", ["Seen too"]),
        ("<p>A <span aria-hidden='true'>x<b>y</b></span>B</p>", ["A B"]),
        ("<p>Read <span class='visually-hidden'>aloud</span></p>", ["Read aloud"]),
        ("<p>A<br>B</p>", ["A", "B"]),
        ("<label><input type='radio'> Yes &amp; no</label>", ["Yes & no"]),
        ("<img alt='A letter'>", ["A letter"]),
        ("<script>no()</script><p></p>", []),
    ],
)  # fmt: skip
def test_the_words_of_html_are_what_a_reader_gets(html: str, words: list[str]) -> None:
    assert paragraphs_of(html) == words
