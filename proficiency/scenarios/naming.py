"""Writing into a case's text what its reader would make of it: names, and an option's new words.

Invariants kept: only the lines that are meant change, every other byte stays; names are those that
reading the case gives, so writing them down changes nothing that is read. A question that cannot be
read is left alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from proficiency.core.errors import Invalid, NotFound
from proficiency.core.text import _
from proficiency.framework.rules import FindFramework, load_framework
from proficiency.items.names import derive_names, is_name
from proficiency.items.section import Block, Bullet, BulletList, Part, Problems, Table
from proficiency.scenarios.parser import Question, Reading, read_case
from proficiency.scenarios.reader import Source
from proficiency.scenarios.row_naming import column_lines, row_lines
from proficiency.scenarios.rules import format_case

_NAMED = re.compile(r"name\s+(\S+)")
_SHORT_LIST = re.compile(r"\s*[-*+]\s")
_FIRST_LINE = re.compile(r"(?P<mark>\s*[-*+]\s+\[[ xX]\]\s+)")
_WEIGHT_AT_END = re.compile(r"[,·]\s*weight \S+\s*$", re.I)


@dataclass(frozen=True)
class _Spot:
    """An option in the text: its name, and its lines from 0, `end` being the first behind them."""

    key: str
    bullet: Bullet
    start: int
    end: int
    is_named: bool

    @property
    def words_end(self) -> int:
        """The first line behind the option's own words."""
        below = self.bullet.below
        return below[0].line - 1 if below else self.end


def format_all(text: str, frameworks: FindFramework = load_framework) -> str:
    """Return `text` with a name for each question, option, criterion and row that has none.

    An option gets a bullet `name …` below it, a criterion a word in its heading, what stands in a
    table (criteria, stems, actions, replies, accepted answers) a column "Name". Lines that need
    nothing stay the same, byte for byte. `frameworks` finds those that the case cites.
    """
    named = format_case(text)
    reading = read_case(named, None, Problems(), frameworks=frameworks)
    if reading is None:
        return named
    source = Source.of(named)
    changed: dict[int, str] = {}
    for question in reading.questions:
        changed |= _option_lines(question, source)
        changed |= _criterion_lines(question, source)
        changed |= row_lines(question, source)
    return source.replaced(changed)


def replace_option(text: str, item: str, option_key: str, new_words: str) -> str:
    """Return `text` with new words for one option; only that option's lines change.

    Its name is written below it where it was not yet, so that statistics go on knowing it. Raises
    `NotFound` when the case has no such option, `Invalid` for words that are no single line of
    words or would be read as something else.
    """
    before = _readable(text)
    question = next((each for each in before.questions if each.name == item), None)
    spots = _spots(question, Source.of(text)) if question else []
    spot = next((each for each in spots if each.key == option_key), None)
    if spot is None:
        raise NotFound(
            _("The case has no option “{key}” in a question “{item}”.").format(
                key=option_key, item=item
            )
        )
    after = _with_words(Source.of(text), spot, new_words)
    if not _only_changed(before, _readable(after), (item, option_key), new_words):
        raise Invalid(_("An option is one line of words. These would be read as something else."))
    return after


def _readable(text: str) -> Reading:
    reading = read_case(text, None, Problems())
    if reading is None:
        raise Invalid(_("The case is beyond the limits of what is read."))
    return reading


def _with_words(source: Source, spot: _Spot, new_words: str) -> str:
    first = source.lines[spot.start]
    mark = _FIRST_LINE.match(first)
    lines = [f"{mark['mark'] if mark else ''}{new_words}"]
    if not spot.is_named:
        lines.append(_name_line(source, spot))
    ending = source.endings[spot.words_end - 1]
    inner = ending or source.endings[0] or "\n"
    return (
        "".join(map("".join, zip(source.lines[: spot.start], source.endings, strict=False)))
        + inner.join(lines)
        + ending
        + "".join(
            map(
                "".join,
                zip(source.lines[spot.words_end :], source.endings[spot.words_end :], strict=True),
            )
        )
    )


def _only_changed(before: Reading, after: Reading, option: tuple[str, str], new_words: str) -> bool:
    """Whether two readings differ in the words of one option and in nothing else."""
    old, new = _all_options(before), _all_options(after)
    same_shape = [each.outline.parts and len(each.outline.parts) for each in before.questions] == [
        each.outline.parts and len(each.outline.parts) for each in after.questions
    ]
    wanted = {**old, option: (new_words, *old[option][1:])}
    return same_shape and new == wanted and list(new) == list(old)


_Told = tuple[str, bool | None, tuple[str, ...]]


def _all_options(reading: Reading) -> dict[tuple[str, str], _Told]:
    """Return each option's words, whether it is a key, and its reasons, by question and name."""
    return {
        (question.name, key): (
            bullet.text,
            bullet.box,
            tuple(each.text for each in bullet.below if not _NAMED.fullmatch(each.text)),
        )
        for question in reading.questions
        for key, bullet in _options(question)
    }


# Options


def _lists(question: Question) -> Iterator[tuple[str, Sequence[Bullet], int]]:
    """Yield each set of options: what its names begin with, its bullets, and its last line."""
    yield from _boxes("", question.outline.blocks)
    for part in question.outline.parts:
        if part.title.casefold().startswith("gap "):
            yield from _boxes(f"{part.title.casefold().replace(' ', '-')}-", part.blocks)


def _boxes(prefix: str, blocks: Sequence[Block]) -> Iterator[tuple[str, Sequence[Bullet], int]]:
    lists = [each for each in blocks if isinstance(each, BulletList) and each.has_boxes]
    bullets = [bullet for each in lists for bullet in each.bullets]
    if bullets:
        yield prefix, bullets, _last_line(lists[-1])


def _last_line(block: Block) -> int:
    return block.line + block.source.count("\n")


def _options(question: Question) -> Iterator[tuple[str, Bullet]]:
    """Yield the options that the question's format knows by a name of their own."""
    if question.item is None:
        return
    known = set(question.item.kind.local_keys(question.item.body))
    for prefix, bullets, _last in _lists(question):
        names = derive_names([each.text for each in bullets], list(map(_given, bullets)), "option")
        for name, bullet in zip(names, bullets, strict=True):
            if f"{prefix}{name}" in known:
                yield f"{prefix}{name}", bullet


def _given(bullet: Bullet) -> str | None:
    found = (_NAMED.fullmatch(each.text) for each in bullet.below)
    return next((each[1] for each in found if each and is_name(each[1])), None)


def _spots(question: Question, source: Source) -> list[_Spot]:
    starts = [
        (bullet.line - 1, last) for _prefix, bullets, last in _lists(question) for bullet in bullets
    ]
    ends = {
        start: min([later for later, _last in starts if later > start] + [last])
        for start, last in starts
    }
    spots = []
    for key, bullet in _options(question):
        start, end = bullet.line - 1, ends[bullet.line - 1]
        while end - 1 > start and not source.lines[end - 1].strip():
            end -= 1
        spots.append(_Spot(key, bullet, start, end, _given(bullet) is not None))
    return spots


def _name_line(source: Source, spot: _Spot) -> str:
    """The bullet that says an option's name, indented as what stands below the option is."""
    name = re.sub(r"^gap-[0-9]+-", "", spot.key) if "gap-" in spot.key else spot.key
    if spot.bullet.below:
        line = source.lines[spot.bullet.below[0].line - 1]
        mark = _SHORT_LIST.match(line)
        return f"{mark[0] if mark else '  - '}name {name}"
    first = source.lines[spot.start]
    indent = first[: len(first) - len(first.lstrip())]
    return f"{indent}  - name {name}"


def _option_lines(question: Question, source: Source) -> dict[int, str]:
    changed = {}
    for spot in _spots(question, source):
        if not spot.is_named:
            last = spot.words_end - 1
            ending = source.endings[last] or source.endings[0] or "\n"
            changed[last] = f"{source.lines[last]}{ending}{_name_line(source, spot)}"
    return changed


# Criteria


def _criterion_lines(question: Question, source: Source) -> dict[int, str]:
    part = next((each for each in question.outline.parts if _is_rubric(each)), None)
    if question.item is None or part is None:
        return {}
    criteria = getattr(question.item.body, "criteria", ())
    names = {each.title: each.key for each in criteria}
    changed: dict[int, str] = {}
    for block in part.blocks:
        if isinstance(block, Table):
            changed |= _table_lines(block, names, source)
    for heading in part.parts:
        line = source.lines[heading.line - 1].rstrip()
        title = re.split(r"\s*\(|\s*[,·]\s*weight ", heading.title)[0]
        if _WEIGHT_AT_END.search(line) and title in names:
            changed[heading.line - 1] = f"{line}, name {names[title]}"
    return changed


def _is_rubric(part: Part) -> bool:
    return part.title.casefold() == "rubric"


def _table_lines(table: Table, names: Mapping[str, str], source: Source) -> dict[int, str]:
    columns = [column.casefold() for column in table.columns]
    if "name" in columns or "criterion" not in columns:
        return {}
    place = columns.index("criterion")
    titles = [row.cells[place] for row in table.rows]
    if not all(title in names for title in titles):
        return {}
    given = {row.line: names[title] for row, title in zip(table.rows, titles, strict=True)}
    return column_lines(table, given, source)
