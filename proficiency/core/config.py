"""The settings of one installation, read from the environment (`PROFICIENCY_…`) and nothing else.

Every setting is documented in `docs/guides/operator.md`; a test compares the two. Outside the demo
an unsafe setting refuses to start, with a message that names its cure.
"""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from proficiency.core.errors import Misconfigured
from proficiency.core.text import _

ROOT = Path(__file__).resolve().parents[2]
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Config:
    """All settings. `instance` is the folder for this installation's database, keys and mail."""

    instance: Path
    database_url: str
    secret_key: str
    address: str = "http://127.0.0.1:8000"
    institution: str = "Institute of Registered Case Managers"
    demo: bool = False
    checkpoint_export: Path | None = None
    mail_from: str = "certificate@example.invalid"
    smtp_url: str | None = None
    testing: bool = False

    @property
    def is_https(self) -> bool:
        return urlsplit(self.address).scheme == "https"

    @property
    def checkpoint_key(self) -> Path:
        return self.instance / "checkpoint-key.pem"

    @property
    def answer_file_secret(self) -> Path:
        return self.instance / "answer-file-secret"


def read_config(environ: Mapping[str, str] | None = None) -> Config:
    """Return the settings in `environ`. Raises `Misconfigured` for what is missing or unsafe."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("PROFICIENCY_INSTANCE", str(ROOT / "instance"))).resolve()
    demo = env.get("PROFICIENCY_DEMO", "") == "1"
    config = Config(
        instance=instance,
        database_url=env.get("PROFICIENCY_DATABASE_URL") or f"sqlite:///{instance}/proficiency.db",
        secret_key=env.get("PROFICIENCY_SECRET_KEY") or _demo_secret(instance, demo=demo),
        address=env.get("PROFICIENCY_ADDRESS", "http://127.0.0.1:8000").rstrip("/"),
        institution=env.get("PROFICIENCY_INSTITUTION", "Institute of Registered Case Managers"),
        demo=demo,
        checkpoint_export=_path(env.get("PROFICIENCY_CHECKPOINT_EXPORT")),
        mail_from=env.get("PROFICIENCY_MAIL_FROM", "certificate@example.invalid"),
        smtp_url=env.get("PROFICIENCY_SMTP_URL") or None,
    )
    refuse_unsafe(config)
    return config


def _path(value: str | None) -> Path | None:
    return Path(value).resolve() if value else None


def _demo_secret(instance: Path, *, demo: bool) -> str:
    """A secret that this demo makes for itself and keeps; there is no default secret to leak."""
    if not demo:
        return ""
    kept = instance / "demo-secret"
    keep_secret(kept, secrets.token_urlsafe(48).encode())
    return kept.read_text(encoding="ascii")


def keep_secret(path: Path, secret: bytes) -> None:
    """Write `secret` to `path`, for its owner's eyes, unless something is kept there already.

    The file appears whole or not at all, and of two processes that start together one wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    part.touch(mode=0o600)
    part.write_bytes(secret)
    with suppress(FileExistsError):
        os.link(part, path)
    part.unlink()


def refuse_unsafe(config: Config) -> None:
    """Raise `Misconfigured` if `config` is not safe to serve from."""
    if len(config.secret_key) < SHORTEST_SECRET:
        raise Misconfigured(
            _(
                "PROFICIENCY_SECRET_KEY is missing or too short. "
                "Set it to at least 32 random characters."
            )
        )
    host = urlsplit(config.address).hostname
    if not config.is_https and host not in {"127.0.0.1", "localhost", "::1"}:
        raise Misconfigured(
            _(
                "PROFICIENCY_ADDRESS must begin with https:// "
                "unless it is this machine's own address."
            )
        )
