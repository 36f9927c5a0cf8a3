"""Mail: into files without a server, through SMTP with one, and the same message recognised."""

import email
import smtplib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from proficiency.core import mail
from proficiency.core.config import Config
from proficiency.core.mail import Mail, render, send

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MESSAGE = Mail("result_ready:a1", "zoë@example.org", "Ready", "Dear Zoë,\n\nit is ready.\n")


def settings(tmp_path: Path, smtp_url: str | None = None) -> Config:
    return Config(
        instance=tmp_path, database_url="", secret_key="x" * 40, smtp_url=smtp_url, testing=True
    )


def test_without_a_server_a_message_becomes_a_file(tmp_path: Path) -> None:
    plain = Mail("k", "zoe@example.org", "Ready", "Dear Zoë,\n\nit is ready.\n")
    send(settings(tmp_path), plain, NOW)
    send(settings(tmp_path), plain, NOW)
    (path,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["To"] == "zoe@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content() == plain.text
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


def test_a_header_cannot_be_smuggled_in(tmp_path: Path) -> None:
    forged = Mail("k", "zoe@example.org", "Ready\nBcc: all@example.org", "Text\n")
    with pytest.raises(ValueError, match="linefeed"):
        send(settings(tmp_path), forged, NOW)


class Server:
    """Stands for an SMTP server and remembers what was asked of it."""

    asked: list[Any] = []  # noqa: RUF012 - read by the test

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self.asked.append(("connect", type(self).__name__, host, port))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *fault: object) -> None:
        self.asked.append("quit")

    def ehlo(self) -> None:
        self.asked.append("ehlo")

    def has_extn(self, name: str) -> bool:
        return name == "starttls"

    def starttls(self, **options: Any) -> None:
        assert options["context"].verify_mode.name == "CERT_REQUIRED"
        self.asked.append("starttls")

    def login(self, user: str, password: str) -> None:
        self.asked.append(("login", user, password))

    def send_message(self, message: EmailMessage) -> None:
        self.asked.append(("send", message["To"]))


class Sealed(Server):
    """The same, encrypted from the start."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    Server.asked = []
    monkeypatch.setattr(smtplib, "SMTP", Server)
    monkeypatch.setattr(smtplib, "SMTP_SSL", Sealed)
    return Server.asked


def test_a_server_is_asked_for_encryption_before_anything_is_said(
    tmp_path: Path, server: list[Any]
) -> None:
    plain = Mail("k", "zoe@example.org", "Ready", "Text\n")
    send(settings(tmp_path, "smtp://ann:se%40cret@mail.example.org:587"), plain, NOW)
    assert server == [
        ("connect", "Server", "mail.example.org", 587),
        "ehlo",
        "starttls",
        ("login", "ann", "se@cret"),
        ("send", "zoe@example.org"),
        "quit",
    ]
    assert not (tmp_path / "mail").exists()


def test_smtps_is_encrypted_from_the_start(tmp_path: Path, server: list[Any]) -> None:
    plain = Mail("k", "zoe@example.org", "Ready", "Text\n")
    send(settings(tmp_path, "smtps://mail.example.org"), plain, NOW)
    assert server[0] == ("connect", "Sealed", "mail.example.org", 465)
    assert "starttls" not in server


def test_a_template_that_lacks_something_is_a_fault() -> None:
    with pytest.raises(UndefinedError):
        render("result_ready.txt", name="Zoë")


def test_the_first_line_of_a_template_is_the_subject() -> None:
    subject, text = mail.render(
        "result_ready.txt", name="Zoë", sitting="One", address="https://x", institution="I"
    )
    assert subject == "Your result is ready"
    assert text.startswith("Dear Zoë,")
