"""The two lines with which an exhibit shows a picture or hands out a file.

`![what it shows, in words](genogram.png)` is a picture; `[Attached: referral letter](letter.pdf)`
is a file to open. Both stand on a line of their own within an exhibit, and nowhere else.
Invariant kept: every picture has words that say what it shows to whoever does not see it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from proficiency.core.text import _
from proficiency.items.names import nearest
from proficiency.items.section import Problems
from proficiency.scenarios.content import CaseFile
from proficiency.scenarios.files import CALLED, ENDINGS, MAX_FILES, FileFacts, name_fault

MAX_ALTERNATIVE = 250
MAX_TITLE = 120

_LINE = re.compile(
    r"[\s>]*(?:(?P<picture>!)\[(?P<alternative>[^\]]{0,2000})\]"
    r"|\[\s*Attached:(?P<title>[^\]]{0,2000})\])\((?P<name>[^()]{0,300})\)\s*",
    re.I,
)
_FILE_NAME = re.compile(rf"\S+\.(?:{'|'.join(ENDINGS)}|gif|svg|bmp|tiff?|heic|docx?)", re.I)
_EMPTY_WORDS = {"image", "picture", "photo", "figure", "screenshot", "alt", "alt text"}


@dataclass(frozen=True)
class FileLine:
    """One of the two lines, as it was written."""

    is_picture: bool
    words: str
    name: str


def read_file_line(line: str) -> FileLine | None:
    """Return what a line says of a file, or None for any other line."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    words = found["alternative"] if found["picture"] else found["title"]
    return FileLine(bool(found["picture"]), " ".join(words.split()), found["name"].strip())


def find_file_lines(lines: list[str]) -> dict[int, FileLine]:
    """Return all such lines of a case by their number, counted from 1."""
    return {
        number: found
        for number, line in enumerate(lines, 1)
        if "](" in line and (found := read_file_line(line))
    }


class FileReader:
    """Turns these lines into parts of exhibits, and says what is wrong with lines and files."""

    def __init__(self, files: Mapping[str, FileFacts], problems: Problems) -> None:
        self.files = files
        self.problems = problems
        self._seen: set[int] = set()
        self._names: set[str] = set()
        self._places = 0

    def read(self, number: int, line: FileLine) -> CaseFile | None:
        """Return the file that a line of an exhibit shows; None, with problems, if it can't."""
        self._seen.add(number)
        before = self.problems.error_count
        self._names.add(line.name)
        self._check_words(number, line)
        facts = self._facts(number, line)
        if facts is None or self.problems.error_count > before:
            return None
        self._places += 1
        return CaseFile(
            place=self._places,
            name=line.name,
            words=line.words,
            is_picture=line.is_picture,
            sha256=facts.sha256,
            media_type=facts.media_type,
            size=facts.size,
            width=facts.width,
            height=facts.height,
        )

    def _facts(self, number: int, line: FileLine) -> FileFacts | None:
        wrong = name_fault(line.name)
        if wrong is not None:
            self.problems.error(number, wrong)
            return None
        facts = self.files.get(line.name)
        if facts is None:
            self.problems.error(number, self._about_missing(line.name))
            return None
        for fault in facts.faults:
            self.problems.error(number, fault)
        if line.is_picture and not facts.is_picture and not facts.faults:
            self.problems.error(
                number,
                _(
                    "“{name}” is {kind} and cannot be shown as a picture: write “[Attached: what "
                    "it is]({name})”"
                ).format(name=line.name, kind=CALLED[facts.media_type]),
            )
        return facts

    def _about_missing(self, name: str) -> str:
        near = nearest(name, sorted(self.files))
        hint = _(" Did you mean “{near}”?").format(near=near) if near else ""
        return (
            _(
                "there is no file “{name}” with this case: put it into the folder that is named as "
                "the case and stands beside it, or send it with the case."
            ).format(name=name)
            + hint
        )

    def _check_words(self, number: int, line: FileLine) -> None:
        if not line.is_picture:
            if not 0 < len(line.words) <= MAX_TITLE:
                self.problems.error(
                    number,
                    _(
                        "say in up to {most} characters what is attached: “[Attached: referral "
                        "letter]({name})”"
                    ).format(most=MAX_TITLE, name=line.name),
                )
            return
        if not _says_something(line):
            self.problems.error(
                number,
                _(
                    "say between the square brackets what the picture shows, for whoever does not "
                    "see it: “![Plan of the flat: one door, two steps]({name})”"
                ).format(name=line.name),
            )
        elif len(line.words) > MAX_ALTERNATIVE:
            self.problems.error(
                number,
                _(
                    "what the picture shows has {length} characters, and {most} are the most: "
                    "write the description into the exhibit’s text and sum it up here"
                ).format(length=len(line.words), most=MAX_ALTERNATIVE),
            )

    def finish(self, lines: Mapping[int, FileLine]) -> None:
        """Report lines that stand outside of exhibits, and files that no line refers to."""
        for number in sorted(lines.keys() - self._seen):
            self.problems.error(number, _about_place(lines[number]))
        if len(self._names) > MAX_FILES or len(self.files) > MAX_FILES:
            self.problems.error(
                1,
                _("a case has up to {most} files: leave out what no question needs").format(
                    most=MAX_FILES
                ),
            )
        for name in sorted(self.files.keys() - {line.name for line in lines.values()}):
            self.problems.warn(
                1,
                _(
                    "no exhibit refers to the file “{name}”, so nobody will see it: write "
                    "“![what it shows]({name})” or “[Attached: what it is]({name})” in an exhibit, "
                    "or take the file away"
                ).format(name=name),
            )


def _says_something(line: FileLine) -> bool:
    words = line.words.casefold()
    stem = line.name.rpartition("/")[2].partition(".")[0].casefold()
    is_name = _FILE_NAME.fullmatch(words) or words.replace(" ", "-") == stem.replace("_", "-")
    return bool(words) and not is_name and words not in _EMPTY_WORDS


def _about_place(line: FileLine) -> str:
    if line.is_picture:
        return _(
            "a picture belongs into an exhibit: write it on a line of its own in a quote that "
            "begins “> **Exhibit 1: …**”"
        )
    return _(
        "an attached file belongs into an exhibit: write it on a line of its own in a quote that "
        "begins “> **Exhibit 1: …**”"
    )
