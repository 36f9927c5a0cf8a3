"""Who does what, when: pure, so that the same seed plays the same sitting.

Typing is modelled as people do it: bursts of a sentence or two, pauses to read and think, now and
then a passage taken back. Nothing is drawn while the clock runs that a seed does not decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from proficiency.core.chance import draw_number
from proficiency.simulate.pages import Answer, Control, Question

PROSE = (
    "I would begin with the client’s own account of what has changed, and write it down in their "
    "words before I ring anybody. The team’s note gives one side; the family’s message gives "
    "another. Neither tells me whether consent was asked for, or by whom.\n\n"
    "Next I would check the care plan against what is really happening on each shift, and look at "
    "who signed the last review. If there is a risk tonight I act on it tonight, and tell the "
    "deputy why. If there is none, I would rather meet them together tomorrow than decide alone.\n"
)
LONGEST_ANSWER = 3000
"""Characters after which somebody rewrites instead of going on."""

SLOWEST, FASTEST = 2.2, 5.0
"""Characters a second within a burst: 26 to 60 words a minute."""


@dataclass(frozen=True)
class Burst:
    """Typing without a pause: take `cut` characters back, then add `words`."""

    item: str
    cut: int
    words: str


@dataclass(frozen=True)
class Choice:
    """Choosing, with the mouse: the whole of a question's fields after it."""

    item: str
    answer: Answer


@dataclass(frozen=True)
class Pause:
    """Reading or thinking, for so many seconds."""

    seconds: float


Action = Burst | Choice | Pause


@dataclass(frozen=True)
class Spell:
    """A time without a connection, in seconds from the start of the sitting's writing."""

    begins: float
    lasts: float


@dataclass(frozen=True)
class Timetable:
    """When the parts of a sitting happen, in seconds. Writing lasts for `writing` of them.

    `offline_share` of the candidates lose their connection once, each for a while of its own;
    `cut_share` lose theirs all at the same moment, `cut_at`, for `cut_seconds`. With a `haste` of
    3 people type three times as fast and think a third as long; 1 is what people do.
    """

    candidates: int
    stages: int
    sign_in: float
    start: float
    writing: float
    finish: float
    offline_share: float = 0.05
    cut_share: float = 0.0
    cut_at: float = 0.0
    cut_seconds: float = 0.0
    haste: float = 1.0


@dataclass(frozen=True)
class Plan:
    """One candidate's part: seconds from the start of each phase, and a hand's speed."""

    seed: str
    number: int
    sign_in_at: float
    start_at: float
    finish_at: float
    rate: float
    haste: float = 1.0
    pace: float = 1.0
    """How long this one takes for a stage but the last, as a part of the even share."""
    spells: tuple[Spell, ...] = field(default_factory=tuple)

    def leisure(self, stage: int) -> float:
        """Where in the time for keeping a stage's pages this one's page does so, from 0 to 1."""
        return _part(self.seed, f"keep/{stage}", 0, 1)


def _part(seed: str, what: str, low: float, high: float) -> float:
    return low + (high - low) * draw_number(f"{seed}/{what}", 10_000) / 10_000


def make_plan(seed: str, number: int, times: Timetable) -> Plan:
    """Return the plan of candidate `number`, counted from 0. Arrivals are evenly spread."""
    own, place = f"{seed}/{number}", number / times.candidates
    return Plan(
        seed=own,
        number=number,
        sign_in_at=place * times.sign_in,
        start_at=place * times.start,
        finish_at=times.writing + _part(own, "finish", 0, times.finish),
        rate=_part(own, "rate", SLOWEST, FASTEST) * times.haste,
        haste=times.haste,
        pace=_part(own, "pace", 0.7, 1.1),
        spells=_spells(own, number, times),
    )


def _spells(seed: str, number: int, times: Timetable) -> tuple[Spell, ...]:
    if _is_among(number, times.cut_share):
        return (Spell(times.cut_at, times.cut_seconds),)
    if _part(seed, "offline", 0, 1) >= times.offline_share:
        return ()
    longest = min(60.0, times.writing / 3)
    begins = _part(seed, "begins", times.writing * 0.1, times.writing * 0.6)
    return (Spell(begins, _part(seed, "lasts", longest / 3, longest)),)


def _is_among(number: int, share: float) -> bool:
    """Whether this one is of the share that is hit; it spreads evenly over the numbers."""
    return int((number + 1) * share) > int(number * share)


def stage_actions(seed: str, questions: Sequence[Question]) -> Iterator[Action]:
    """Yield what somebody does in one stage, for as long as it is asked for.

    Every question is answered once in the order of the page; then they go on writing.
    """
    typed = {each.id: "".join(*each.answer.values()) for each in questions if each.is_written}
    yield Pause(_part(seed, "reads", 1, 4))
    for question in questions:
        if question.is_written:
            yield _first_words(seed, question.id, typed)
        else:
            yield Choice(question.id, choose(f"{seed}/{question.id}", question.controls))
        yield Pause(_part(f"{seed}/{question.id}", "goes on", 1, 3))
    turn = 0
    while True:
        turn += 1
        yield from _go_on(f"{seed}/{turn}", questions, typed)


def _first_words(seed: str, item: str, typed: dict[str, str]) -> Burst:
    words = f"{seed.rpartition('/')[2]} {item}. {_passage(f'{seed}/{item}', 40)}"
    typed[item] += words
    return Burst(item, 0, words)


def _go_on(seed: str, questions: Sequence[Question], typed: dict[str, str]) -> Iterator[Action]:
    written = list(typed)
    if not written:
        chosen = questions[draw_number(f"{seed}/which", len(questions))] if questions else None
        if chosen is not None:
            yield Choice(chosen.id, choose(seed, chosen.controls))
        yield Pause(_part(seed, "thinks", 4, 12))
        return
    item = written[draw_number(f"{seed}/which", len(written))]
    for part in range(2 + draw_number(f"{seed}/parts", 4)):
        length = len(typed[item])
        is_full = length > LONGEST_ANSWER
        takes_back = is_full or draw_number(f"{seed}/{part}/back", 6) == 0
        cut = min(length, 600 if is_full else 5 + draw_number(f"{seed}/{part}/cut", 40))
        words = _passage(f"{seed}/{part}", 20 + draw_number(f"{seed}/{part}/length", 100))
        typed[item] = typed[item][: length - cut if takes_back else length] + words
        yield Burst(item, cut if takes_back else 0, words)
        yield Pause(_part(f"{seed}/{part}", "pause", 1.0, 4.0))
    yield Pause(_part(seed, "thinks", 2, 8))


def _passage(seed: str, length: int) -> str:
    start = draw_number(f"{seed}/from", len(PROSE))
    return (PROSE + PROSE)[start : start + length]


def choose(seed: str, controls: Sequence[Control]) -> Answer:
    """Return an answer to a question without a place to write in: something in every field."""
    found: dict[str, tuple[str, ...]] = {}
    groups: dict[tuple[str, str], list[Control]] = {}
    for control in controls:
        groups.setdefault((control.kind, control.name.partition(":")[2]), []).append(control)
    for place, ((kind, part), group) in enumerate(groups.items()):
        values = [control.value for control in group]
        draw = draw_number(f"{seed}/{place}", 1000)
        if kind == "radio":
            found[part] = (values[draw % len(values)],)
        elif kind == "checkbox":
            first = draw % len(values)
            found[part] = tuple(v for at, v in enumerate(values) if at in {first, (first + 1) % 3})
        elif kind == "select":
            choices = [choice for choice in group[0].choices if choice]
            found[part] = (choices[place % len(choices)],) if choices else ("",)
        else:
            found[part] = (str(1 + draw % 90),)
    return found
