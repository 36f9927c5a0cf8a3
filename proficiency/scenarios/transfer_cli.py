"""`proficiency cases sync`, `export` and `import`: many cases between folders and the database."""

from pathlib import Path

import click

from proficiency.core.access import SYSTEM
from proficiency.core.clock import read_clock
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.core.operation import transaction
from proficiency.core.text import _
from proficiency.scenarios.archive import MAX_ARCHIVE_BYTES, pack, unpack
from proficiency.scenarios.bundle import Bundle, read_bundle, read_folder, write_folder
from proficiency.scenarios.syncing import Plan, State, apply_bundle, bundle_of, make_plan


class Settings:
    """What these commands need of the whole command's settings."""

    database: Database


LIVE_OPTION = click.option(
    "--live", is_flag=True, help="Cases outside of “samples” and “live” are live cases for exams."
)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--apply", "carry_out", is_flag=True, help="Carry the plan out.")
@LIVE_OPTION
@click.pass_obj
def sync(settings: Settings, folder: Path, carry_out: bool, live: bool) -> None:
    """Compare a folder of cases with what is published, and show what would happen.

    With --apply, what is new or changed is published. Nothing is ever removed. Ends with status 1
    if anything is refused.
    """
    _bring(settings, _bundle(folder, live), carry_out=carry_out)


@click.command(name="import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@LIVE_OPTION
@click.pass_obj
def import_(settings: Settings, source: Path, live: bool) -> None:
    """Publish the cases of a folder or a zip, with all versions that it holds."""
    _bring(settings, _bundle(source, live), carry_out=True)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.pass_obj
def export(settings: Settings, target: Path) -> None:
    """Write every version of every published case into a folder, or into a new file ending .zip."""
    with settings.database.read() as session:
        entries = bundle_of(session)
    if target.suffix.casefold() == ".zip":
        target.write_bytes(pack(entries))
        written = len(entries)
    else:
        written = len(write_folder(target, entries))
    click.echo(_("{n} files, {written} of them written.").format(n=len(entries), written=written))


def _bundle(source: Path, live: bool) -> Bundle:
    try:
        if source.is_dir():
            return read_bundle(read_folder(source), is_sample=not live)
        with source.open("rb") as opened:
            entries = unpack(opened.read(MAX_ARCHIVE_BYTES + 1))
        return read_bundle(entries, is_sample=not live)
    except Invalid as refused:
        raise click.ClickException("\n".join([refused.message, *refused.details])) from refused


def _bring(settings: Settings, bundle: Bundle, *, carry_out: bool) -> None:
    if carry_out:
        with transaction(settings.database) as session:
            plan = apply_bundle(session, SYSTEM, read_clock(), bundle=bundle)
    else:
        with settings.database.read() as session:
            plan = make_plan(session, bundle)
    _show(plan, carry_out)
    raise SystemExit(1 if plan.count(State.REFUSED) else 0)


def _show(plan: Plan, carried_out: bool) -> None:
    for step in plan.steps:
        click.echo(f"{step.state_name:8} {step.path or step.name}: {step.words}")
        for reason in step.reasons:
            click.echo(f"         {reason}")
    done = _("published") if carried_out else _("to publish (--apply does it)")
    click.echo(
        _("{n} {done}, {same} the same, {missing} missing, {refused} refused.").format(
            n=plan.publishes,
            done=done,
            same=plan.count(State.SAME),
            missing=plan.count(State.MISSING),
            refused=plan.count(State.REFUSED),
        )
    )
