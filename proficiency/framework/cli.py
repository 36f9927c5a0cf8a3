"""`proficiency framework …`: take in frameworks and their official wording."""

from pathlib import Path
from typing import Protocol

import click

from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.core.operation import transaction
from proficiency.core.text import _
from proficiency.framework.file import read_framework
from proficiency.framework.operations import (
    import_framework,
    import_official_wording,
    import_packaged_framework,
)
from proficiency.framework.queries import framework_finder
from proficiency.framework.rules import (
    STANDARDS_OF_PROFICIENCY,
    Framework,
    available_frameworks,
    load_framework,
)
from proficiency.framework.wording import MAX_CHARACTERS, parse_official_wording, read_whole_wording

MAX_BYTES = 4 * MAX_CHARACTERS
"""No text of `MAX_CHARACTERS` is longer than this in UTF-8."""


class Settings(Protocol):
    """What these commands need of the whole command's settings."""

    @property
    def database(self) -> Database: ...


@click.group(name="framework")
def group() -> None:
    """The standards that cases are keyed to."""


@group.command(name="import")
@click.argument("names", nargs=-1, metavar="[NAME/VERSION]...")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A further framework, written as the operator’s guide shows. May be repeated.",
)
@click.option("--check", is_flag=True, help="Only read the files and say what was found.")
@click.pass_obj
def import_frameworks(
    settings: Settings, names: tuple[str, ...], files: tuple[Path, ...], check: bool
) -> None:
    """Take in packaged frameworks, all when none is named, or those in files. Again is safe."""
    for name in names or (() if files else available_frameworks()):
        framework = load_framework(name)
        if not check:
            with transaction(settings.database) as session:
                import_packaged_framework(session, SYSTEM, read_clock(), name_version=name)
        click.echo(_count(framework))
    for file in files:
        text = read_text(file)
        framework = read_framework(text)
        if not check:
            with transaction(settings.database) as session:
                import_framework(session, SYSTEM, read_clock(), text=text)
        click.echo(_count(framework))
    if check:
        click.echo(_("Nothing was loaded."))


def _count(framework: Framework) -> str:
    return _("{name}: {themes} themes, {standards} standards, {subs} sub-standards.").format(
        name=framework.name_version,
        themes=len(framework.themes),
        standards=len(framework.standards),
        subs=len(framework.sub_standards),
    )


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--framework",
    "name",
    default=STANDARDS_OF_PROFICIENCY,
    show_default=True,
    metavar="NAME/VERSION",
    help="The framework whose wording this is.",
)
@click.option("--check", is_flag=True, help="Only read the text and say what was found.")
@click.pass_obj
def wording(settings: Settings, file: Path, name: str, check: bool) -> None:
    """Load the official wording of a framework from FILE, its publication saved as plain text."""
    text = read_text(file)
    with settings.database.read() as session:
        framework = framework_finder(session)(name)
    if check:
        read_whole_wording(text, framework)
    else:
        with transaction(settings.database) as session:
            import_official_wording(session, SYSTEM, read_clock(), text=text, name_version=name)
    outcome = _("Nothing was loaded.") if check else _("The official wording is loaded.")
    click.echo(f"{parse_official_wording(text, framework).count} {outcome}")


def read_text(file: Path) -> str:
    """Return the text of `file`. Raises `Invalid` if it is too large or not UTF-8 text."""
    if file.stat().st_size > MAX_BYTES:
        raise Invalid(
            _("{file} is larger than any text of standards. Is it the right file?").format(
                file=file.name
            )
        )
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Invalid(
            _(
                "{file} is not plain text in UTF-8 (byte {place}). "
                "Save the document as plain text with the encoding UTF-8, then repeat."
            ).format(file=file.name, place=fault.start + 1)
        ) from None
