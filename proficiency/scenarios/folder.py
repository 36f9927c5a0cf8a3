"""A case on disk: its Markdown file, and beside it a folder of the same name with its files.

Invariant kept: nothing outside of that folder is read. A link to elsewhere is not followed, and no
more is read than may be used.
"""

from pathlib import Path

from proficiency.scenarios.files import MAX_FILE_BYTES, MAX_FILES


def folder_of(path: Path) -> Path:
    """Return where the files of the case in `path` stand; it need not exist."""
    return path.with_suffix("")


def read_files(path: Path) -> dict[str, bytes]:
    """Return the files of the case in `path` by name; empty when there is no folder.

    Hidden files are left out. A file beyond the limit comes cut off just behind it, and no more
    files than one too many come, so that whoever checks them sees that there is too much.
    """
    folder = folder_of(path)
    if folder.is_symlink() or not folder.is_dir():
        return {}
    found: dict[str, bytes] = {}
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if _is_hidden(name) or _leads_away(folder, name) or not file.is_file():
            continue
        if len(found) > MAX_FILES:
            break
        with file.open("rb") as opened:
            found[name.as_posix()] = opened.read(MAX_FILE_BYTES + 1)
    return found


def _is_hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _leads_away(folder: Path, name: Path) -> bool:
    return any((folder / part).is_symlink() for part in (name, *name.parents))
