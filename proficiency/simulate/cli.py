"""`proficiency simulate`: rehearse a sitting before candidates sit one."""

from pathlib import Path
from typing import Protocol

import click

from proficiency import features
from proficiency.core.clock import read_clock
from proficiency.core.config import Config
from proficiency.core.db import Database
from proficiency.core.errors import Invalid
from proficiency.simulate.people import (
    Rehearsal,
    make_rehearsal,
    refuse_real_people,
    write_people,
)
from proficiency.simulate.plans import Timetable
from proficiency.simulate.playing import rehearse_here, rehearse_there
from proficiency.simulate.report import Report

SIGN_INS_A_SECOND = 500 / 60
"""What is promised: 500 within a minute."""

STARTS_A_SECOND = 250.0
"""What is promised: 500 within two seconds."""

PEOPLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Settings(Protocol):
    """What the house's command hands on."""

    @property
    def config(self) -> Config: ...
    @property
    def database(self) -> Database: ...


@click.group("simulate", invoke_without_command=True)
@click.option("--candidates", "-n", type=click.IntRange(1), help="How many. [default: 50, or all]")
@click.option("--minutes", "-m", default=1.0, show_default=True, help="How long they write.")
@click.option("--sign-in-seconds", type=float, help="They sign in over so many seconds.")
@click.option("--start-seconds", type=float, help="All start within so many. [default: 2 per 500]")
@click.option("--finish-seconds", default=10.0, show_default=True, help="All hand in within these.")
@click.option("--offline", default=0.05, show_default=True, help="Share that loses its connection.")
@click.option(
    "--cut",
    nargs=3,
    type=float,
    metavar="SHARE AT SECONDS",
    help="A share loses its connection at one moment, for so many seconds.",
)
@click.option("--people", type=PEOPLE_FILE, help="Rehearse where these accounts were made.")
@click.option("--database", help="An empty database instead of SQLite in a temporary folder.")
@click.option("--workers", default=2, show_default=True, help="Server processes, if started here.")
@click.option("--seed", default="rehearsal", show_default=True, help="The same seed, the same day.")
@click.option("--json", "as_json", is_flag=True, help="End with the figures as one JSON line.")
@click.pass_context
def group(
    context: click.Context, candidates: int | None, minutes: float, sign_in_seconds: float | None,
    start_seconds: float | None, finish_seconds: float, offline: float,
    cut: tuple[float, float, float] | None, people: Path | None, database: str | None,
    workers: int, seed: str, as_json: bool,
) -> None:  # fmt: skip
    """Play a whole sitting over HTTP and check that nothing was lost.

    Without --people it starts a throw-away installation of its own and removes it afterwards. With
    a file from “simulate people” it plays at the address in it.
    """
    if context.invoked_subcommand is not None:
        return
    rehearsal = None
    if people is not None:
        rehearsal = Rehearsal.from_json(people.read_text(encoding="utf-8"))
    count = candidates or (len(rehearsal.people) if rehearsal else 50)
    times = Timetable(
        candidates=count,
        stages=rehearsal.stages if rehearsal else 4,
        sign_in=count / SIGN_INS_A_SECOND if sign_in_seconds is None else sign_in_seconds,
        start=count / STARTS_A_SECOND if start_seconds is None else start_seconds,
        writing=minutes * 60,
        finish=finish_seconds,
        offline_share=offline,
        cut_share=cut[0] if cut else 0.0,
        cut_at=cut[1] if cut else 0.0,
        cut_seconds=cut[2] if cut else 0.0,
    )
    if rehearsal is None:
        report = rehearse_here(database, times, seed, click.echo, workers=workers)
    else:
        report = _there(rehearsal, times, seed)
    for line in report.rows():
        click.echo(line)
    if as_json:
        click.echo(report.to_json())
    raise SystemExit(0 if report.is_good else 1)


def _there(rehearsal: Rehearsal, times: Timetable, seed: str) -> Report:
    if times.candidates > len(rehearsal.people):
        raise Invalid(f"The file has {len(rehearsal.people)} people. Make one with more.")
    few = Rehearsal(
        rehearsal.address,
        rehearsal.sitting_id,
        rehearsal.stages,
        rehearsal.people[: times.candidates],
    )
    return rehearse_there(few, times, seed, click.echo)


@group.command("people")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--candidates", "-n", default=50, show_default=True, type=click.IntRange(1))
@click.option("--minutes", "-m", default=1.0, show_default=True, help="How long they will write.")
@click.option("--it-stays", is_flag=True, help="Also where there are real people's accounts.")
@click.pass_obj
def people_command(
    settings: Settings, file: Path, candidates: int, minutes: float, it_stays: bool
) -> None:
    """Make accounts and an open sitting on this installation, and write them to FILE.

    They can be used for one rehearsal: whoever has handed in can't start again.
    """
    if file.exists():
        raise Invalid(f"{file.name} exists already: choose another name.")
    features.load_jobs()
    refuse_real_people(settings.config, settings.database, stays=it_stays)
    made = make_rehearsal(
        settings.database, settings.config.address, candidates, minutes, read_clock()
    )
    write_people(file, made)
    click.echo(f"{candidates} people may sit a rehearsal at {made.address}: see {file}")
