"""`proficiency cases …`: check, format and publish case studies from files."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import click

from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.operation import transaction
from proficiency.core.text import _
from proficiency.framework.cli import read_text
from proficiency.framework.file import read_framework
from proficiency.framework.queries import framework_finder
from proficiency.framework.rules import FindFramework, Framework, load_framework
from proficiency.items.section import Problems
from proficiency.scenarios.advice import ease_in_words
from proficiency.scenarios.files import examine_all
from proficiency.scenarios.folder import read_files
from proficiency.scenarios.law_age import with_law_age
from proficiency.scenarios.naming import format_all
from proficiency.scenarios.operations import publish_case
from proficiency.scenarios.reader import decode
from proficiency.scenarios.rules import Parsed, format_case, parse_case_file
from proficiency.scenarios.transfer_cli import export, import_, sync


class Settings(Protocol):
    """What these commands need of the whole command's settings."""

    @property
    def database(self) -> Database: ...


FRAMEWORKS = click.option(
    "--framework",
    "frameworks",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=lambda _context, _option, files: known_with(files),
    help="A further framework that cases cite, in its file. May be repeated.",
)
PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)


@click.group(name="cases")
def group() -> None:
    """Case studies: check what is written, write names in, publish, bring in and take out."""


for _command in (sync, export, import_):
    group.add_command(_command)


@group.command()
@PATHS
@click.option("--details", is_flag=True, help="Say how long and how hard to read each case is.")
@FRAMEWORKS
def check(paths: tuple[Path, ...], details: bool, frameworks: FindFramework) -> None:
    """Read cases (files, or folders of .md files) and list everything that is wrong.

    Ends with status 1 if any has an error; advice alone is no error.
    """
    today = read_clock().date()
    parsed = [
        with_law_age(_parsed(path, frameworks), decode(path.read_bytes(), Problems()) or "", today)
        for path in case_files(paths)
    ]
    for case in [each.case for each in parsed if details and each.case is not None]:
        click.echo(f"{case.name}: {ease_in_words(case)}")
    _report(parsed)
    raise SystemExit(1 if any(each.errors for each in parsed) or not parsed else 0)


@group.command(name="format")
@PATHS
@click.option("--check", "only_check", is_flag=True, help="Change nothing; status 1 if it would.")
@click.option("--all", "name_all", is_flag=True, help="Name options, criteria and rows too.")
@FRAMEWORKS
def format_(
    paths: tuple[Path, ...], only_check: bool, name_all: bool, frameworks: FindFramework
) -> None:
    """Write a name into the line of each question that has none, and change nothing else.

    With --all, options, criteria and the rows of answer tables get theirs too.
    """
    changed = 0
    for path in case_files(paths):
        text = decode(path.read_bytes(), Problems())
        if text is None:
            continue
        named = format_all(text, frameworks) if name_all else format_case(text)
        if named == text:
            continue
        changed += 1
        if not only_check:
            path.write_bytes(named.encode())
        click.echo(f"{path}: {_('names would be added') if only_check else _('names added')}")
    raise SystemExit(1 if only_check and changed else 0)


@group.command()
@PATHS
@click.option("--live", is_flag=True, help="Live cases for exams; without it, public samples.")
@click.pass_obj
def publish(settings: Settings, paths: tuple[Path, ...], live: bool) -> None:
    """Publish cases as frozen versions. Nothing is published if any of them has an error."""
    files = case_files(paths)
    with settings.database.read() as session:
        frameworks = framework_finder(session)
        parsed = [_parsed(path, frameworks) for path in files]
    if any(each.errors for each in parsed) or not parsed:
        _report(parsed)
        raise SystemExit(1)
    for path in files:
        with transaction(settings.database) as session:
            version = publish_case(
                session,
                SYSTEM,
                read_clock(),
                text=path.read_bytes().decode(),
                file=str(path),
                is_sample=not live,
                files=read_files(path),
            )
            click.echo(f"{version.aggregate_id} {version.pos}  {version.content_hash}")


def case_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files meant by `paths`: files as they are, and the .md files of folders."""
    return [
        file for path in paths for file in (sorted(path.glob("*.md")) if path.is_dir() else [path])
    ]


def known_with(files: Iterable[Path]) -> FindFramework:
    """Return what finds the packaged frameworks and those that `files` describe.

    Raises `Invalid`, with every fault, for a file that describes none.
    """
    written = {each.name_version: each for each in map(read_framework, map(read_text, files))}

    def find(name_version: str) -> Framework:
        return written.get(name_version) or load_framework(name_version)

    return find


def _parsed(path: Path, frameworks: FindFramework) -> Parsed:
    files = examine_all(read_files(path))
    return parse_case_file(path.read_bytes(), file=str(path), files=files, frameworks=frameworks)


def _report(parsed: list[Parsed]) -> None:
    for each in parsed:
        for line in each.report():
            click.echo(line)
    errors = sum(len(each.errors) for each in parsed)
    warnings = sum(len(each.warnings) for each in parsed)
    click.echo(
        _("{files} read: {errors} to put right, {warnings} to think about.").format(
            files=len(parsed), errors=errors, warnings=warnings
        )
    )
