"""A bundle of cases: how the files of many cases, with all their versions, lie in one folder.

    samples/the-spare-key.md                  the newest version
    samples/the-spare-key/map.png             its files
    samples/_earlier/the-spare-key/1.md       version 1
    live/…                                    the same for live cases

A folder of `.md` files without `samples` and `live`, as `scenarios/` is, is a bundle too; whoever
brings it says what its cases are for. Nothing is passed over in silence: a file that belongs to no
case is named.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from proficiency.core.errors import Invalid
from proficiency.core.text import _
from proficiency.scenarios.archive import MAX_ENTRIES, MAX_ENTRY_BYTES

SAMPLES, LIVE, EARLIER = "samples", "live", "_earlier"
_IS_SAMPLE = {SAMPLES: True, LIVE: False}
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True)
class Manuscript:
    """One file of a case with what stands beside it. `number` is None for the newest version."""

    path: str
    stem: str
    number: int | None
    data: bytes
    files: Mapping[str, bytes]
    is_sample: bool


@dataclass(frozen=True)
class Bundle:
    """All manuscripts, each case's earlier versions before its newest, and what is none."""

    manuscripts: tuple[Manuscript, ...]
    strangers: tuple[str, ...]
    uses: frozenset[bool]
    """What the bundle speaks for: samples (True), live cases (False), or both."""


def path_of(name: str, number: int | None, *, is_sample: bool) -> str:
    """Return where a version stands; `number` is None for the newest."""
    use = SAMPLES if is_sample else LIVE
    return f"{use}/{name}.md" if number is None else f"{use}/{EARLIER}/{name}/{number}.md"


def read_bundle(entries: Mapping[str, bytes], *, is_sample: bool = True) -> Bundle:
    """Sort files by path into cases. `is_sample` holds where the paths do not say it."""
    entries = _without_top(entries)
    cases = {path for path in entries if _is_case(PurePosixPath(path))}
    found = [_manuscript(path, entries, is_sample) for path in cases]
    taken = cases | {f"{_folder(each.path)}{name}" for each in found for name in each.files}
    tops = {path.split("/")[0] for path in entries}
    uses = {_IS_SAMPLE[top] for top in tops if top in _IS_SAMPLE} or {is_sample}
    return Bundle(
        tuple(sorted(found, key=_order)),
        tuple(sorted(set(entries) - taken)),
        frozenset(uses | {each.is_sample for each in found}),
    )


def _order(each: Manuscript) -> tuple[str, bool, int, str]:
    return each.stem, each.number is None, each.number or 0, each.path


def _without_top(entries: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Take off a folder that holds everything, as archives of a folder have it."""
    tops = {path.split("/")[0] for path in entries if "/" in path}
    if len(tops) != 1 or any("/" not in path for path in entries) or tops & set(_IS_SAMPLE):
        return entries
    (top,) = tops
    return {path.removeprefix(f"{top}/"): data for path, data in entries.items()}


def _inner(path: PurePosixPath) -> tuple[str, ...]:
    """The parts of a path below `samples` or `live`."""
    return path.parts[1:] if path.parts[0] in _IS_SAMPLE else path.parts


def _is_case(path: PurePosixPath) -> bool:
    parts = _inner(path)
    if path.suffix != ".md":
        return False
    is_earlier = len(parts) == 3 and parts[0] == EARLIER and _NUMBER.fullmatch(path.stem)
    return len(parts) == 1 or bool(is_earlier)


def _folder(path: str) -> str:
    return path.removesuffix(".md") + "/"


def _manuscript(path: str, entries: Mapping[str, bytes], is_sample: bool) -> Manuscript:
    parts, beside = _inner(PurePosixPath(path)), _folder(path)
    is_earlier = len(parts) == 3
    return Manuscript(
        path=path,
        stem=parts[1] if is_earlier else PurePosixPath(path).stem,
        number=int(PurePosixPath(path).stem) if is_earlier else None,
        data=entries[path],
        files={
            name.removeprefix(beside): data
            for name, data in entries.items()
            if name.startswith(beside)
        },
        is_sample=_IS_SAMPLE.get(path.split("/")[0], is_sample),
    )


# Folders on a disk


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder by path. Hidden files are left out.

    Raises `Invalid` when there are links or more files than a bundle may have. A file that is too
    large comes cut off just behind the limit, so that reading it as a case or a picture refuses it.
    """
    found: dict[str, bytes] = {}
    links = []
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            links.append(_("“{name}” is a link: only files are read").format(name=name))
        elif path.is_file():
            with path.open("rb") as opened:
                found[name] = opened.read(MAX_ENTRY_BYTES + 1)
    if links or len(found) > MAX_ENTRIES:
        raise Invalid(_("This folder was not read."), links or [_("it has too many files")])
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)


def write_folder(folder: Path, entries: Mapping[str, bytes]) -> Sequence[Path]:
    """Write files by path below `folder`, and return those that were not there as they are."""
    written = []
    for name, data in sorted(entries.items()):
        path = folder / name
        if path.is_file() and path.read_bytes() == data:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written
