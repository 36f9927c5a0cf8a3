"""The `proficiency` command. Each room adds its group; here is what concerns the whole house."""

import signal
import socket
from datetime import datetime
from pathlib import Path

import click

from proficiency import demo, features
from proficiency import serve as serving
from proficiency.core import checkpoint, jobs, migrate
from proficiency.core.clock import read_clock
from proficiency.core.config import Config, read_config
from proficiency.core.db import Database
from proficiency.core.errors import Invalid, ProficiencyError
from proficiency.core.verify import verify_all
from proficiency.simulate.cli import group as simulate

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Settings:
    """The settings and the database of this command, made when first needed."""

    def __init__(self) -> None:
        self._config: Config | None = None
        self._database: Database | None = None

    @property
    def config(self) -> Config:
        if self._config is None:
            self._config = read_config()
        return self._config

    @property
    def database(self) -> Database:
        if self._database is None:
            features.load_models()
            self._database = Database(self.config.database_url)
        return self._database


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version=__import__("proficiency").__version__)
@click.pass_context
def command(context: click.Context) -> None:
    """Run and look after an installation of Proficiency."""
    context.obj = Settings()


@command.command()
@click.pass_obj
def work(settings: Settings) -> None:
    """Run the background worker until it is told to stop."""
    features.load_jobs()
    stopping: list[bool] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(True))
    key = checkpoint.load_or_make_key(settings.config.checkpoint_key)

    @jobs.every(checkpoint.PERIOD)
    def checkpoint_chains(database: Database, now: datetime) -> None:
        checkpoint.take_checkpoint(database, now, key, settings.config.checkpoint_export)

    jobs.run_worker(settings.database, socket.gethostname(), should_stop=lambda: bool(stopping))


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=2, show_default=True, help="Server processes.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@click.pass_obj
def serve(settings: Settings, host: str, port: int, workers: int, threads: int) -> None:
    """Start the server and the background worker; in the demonstration, prepare it first."""
    server = serving.Server(host, port, workers, threads)
    serving.refuse_port_in_use(host, port)
    if settings.config.demo:
        demo.prepare(settings.config, settings.database, read_clock(), click.echo)
    serving.check_before_start(settings.config, settings.database)
    settings.database.close()
    click.echo(f"Proficiency is at http://{host}:{port}  (stop with Ctrl+C)")
    raise SystemExit(serving.run(settings.config, server))


@command.group()
def db() -> None:
    """The database: create, upgrade, grant."""


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    migrate.upgrade(settings.database)
    click.echo("The database is up to date.")


@db.command()
@click.argument("role")
@click.pass_obj
def grant(settings: Settings, role: str) -> None:
    """Give the application's ROLE its rights (PostgreSQL; run as the owner of the tables)."""
    migrate.grant(settings.database, role)
    click.echo(f"Granted to {role}.")


@command.command()
@click.option("--checkpoints", type=FILE, help="The checkpoints that were exported.")
@click.option(
    "--public-key",
    "public_keys",
    type=FILE,
    multiple=True,
    help="A key that may have signed checkpoints, as PEM; a signature by any other is a finding.",
)
@click.pass_obj
def verify(settings: Settings, checkpoints: Path | None, public_keys: tuple[Path, ...]) -> None:
    """Check every chain, checkpoint and cross-row rule; name the first broken link of each."""
    known = [checkpoint.read_public_key(path) for path in public_keys]
    report = verify_all(settings.database, features.room_checks(), checkpoints, known)
    for line in report.lines:
        click.echo(line)
    for problem in report.problems:
        click.echo(f"BROKEN  {problem}", err=True)
    raise SystemExit(1 if report.problems else 0)


def main() -> None:
    """Run the command; a refusal is told in words and ends with status 1."""
    command.add_command(simulate)
    for module in features.command_modules():
        command.add_command(module.group)
    try:
        command(standalone_mode=True)
    except Invalid as error:
        click.echo(error.message, err=True)
        for detail in error.details:
            click.echo(detail, err=True)
        raise SystemExit(1) from None
    except ProficiencyError as error:
        click.echo(error.message, err=True)
        raise SystemExit(1) from None
