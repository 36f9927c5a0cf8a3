"""Mail goes out whole, once per key, and no password goes out in the clear."""

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import pytest

from proficiency.core.config import Config
from proficiency.core.mail import FOLDER, Mail, send
from tests.clock import NOW

MAIL = Mail("result-1", "someone@example.org", "Your result", "Your result is ready.\n")


class PlainServer(socketserver.StreamRequestHandler):
    """Speaks enough SMTP to take a message; it offers no encryption."""

    heard: list[str]

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            self.heard.append(line)
            verb = line.split()[0].upper()
            if verb == "DATA":
                self.say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.say("221 bye" if verb == "QUIT" else "250 AUTH PLAIN LOGIN")
            if verb == "QUIT":
                return

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


@pytest.fixture
def plain_server() -> Iterator[tuple[str, list[str]]]:
    """An address of a server without encryption, and what it hears."""
    heard: list[str] = []
    handler = type("Handler", (PlainServer,), {"heard": heard})
    with socketserver.TCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()
        thread.join()


def test_without_a_server_mail_becomes_a_file_that_sending_again_does_not_double(
    config: Config,
) -> None:
    send(config, MAIL, NOW)
    send(config, MAIL, NOW)
    (written,) = (config.instance / FOLDER).iterdir()
    message = message_from_bytes(written.read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
    assert message.get_content() == MAIL.text
    assert message["Message-ID"].startswith(f"<{written.stem}@")


def test_mail_is_delivered(config: Config, plain_server: tuple[str, list[str]]) -> None:
    address, heard = plain_server
    send(replace(config, smtp_url=f"smtp://{address}"), MAIL, NOW)
    assert "rcpt TO:<someone@example.org>" in [line.split(" size")[0] for line in heard]


def test_no_password_is_sent_without_encryption(
    config: Config, plain_server: tuple[str, list[str]]
) -> None:
    address, heard = plain_server
    with pytest.raises(smtplib.SMTPNotSupportedError, match="without encryption"):
        send(replace(config, smtp_url=f"smtp://user:password@{address}"), MAIL, NOW)
    assert not [line for line in heard if line.upper().startswith("AUTH")]


@pytest.mark.parametrize(
    "mail",
    [replace(MAIL, subject="One\nBcc: two@example.org"), replace(MAIL, to="a@b.org, c@d.org")],
)
def test_a_subject_or_an_address_cannot_smuggle_in_another_reader(
    config: Config, mail: Mail
) -> None:
    with pytest.raises(ValueError):
        send(config, mail, NOW)


def test_mail_to_a_name_that_never_exists_goes_to_no_server(config: Config) -> None:
    with_server = replace(config, smtp_url="smtp://127.0.0.1:1")
    send(with_server, Mail("key", "somebody@rehearsal.invalid", "Subject", "Text\n"), NOW)
    assert len(list((config.instance / FOLDER).iterdir())) == 1
    with pytest.raises(OSError):
        send(with_server, Mail("key", "somebody@example.org", "Subject", "Text\n"), NOW)
