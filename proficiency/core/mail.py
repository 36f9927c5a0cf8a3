"""Sending mail: through SMTP where an address is set, else into files that a person can open.

Only jobs send mail, after the transaction that caused it is committed (invariant 8). A message may
be sent again when a worker dies half-way, so its `Message-ID` comes from its key and a second copy
is recognised as the same.
"""

import hashlib
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from proficiency.core.config import ROOT, Config
from proficiency.core.text import _

FOLDER = "mail"
"""Where messages are written below the instance's folder when no SMTP address is set."""

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Mail:
    """One plain-text message. `key` is the same whenever the same message is sent again."""

    key: str
    to: str
    subject: str
    text: str


def render(template: str, **context: Any) -> tuple[str, str]:
    """Return subject and text of `templates/email/<template>`, whose first line is the subject.

    Raises jinja2's `UndefinedError` when the template names something that was not given.
    """
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates" / "email"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text, where escaping would show
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["_"] = _
    subject, _blank, text = environment.get_template(template).render(context).partition("\n")
    return subject.strip(), text.strip() + "\n"


def send(config: Config, mail: Mail, now: datetime) -> None:
    """Send `mail`, or write it to a file. Raises `OSError` or `SMTPException` when that fails.

    What goes to a name that never exists (`.invalid`), as the people of a rehearsal have it, is
    written to a file: no server would take it, and it would be tried again for ever.
    """
    message = _compose(config, mail, now)
    if config.smtp_url is None or mail.to.endswith(".invalid"):
        _write(config, mail, message)
    else:
        _deliver(config.smtp_url, message)


def _compose(config: Config, mail: Mail, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(config.institution, addr_spec=config.mail_from)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{_name(mail)}@{urlsplit(config.address).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _name(mail: Mail) -> str:
    return hashlib.sha256(f"{mail.key}\n{mail.to}".encode()).hexdigest()[:32]


def _write(config: Config, mail: Mail, message: EmailMessage) -> None:
    folder = config.instance / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / f"{_name(mail)}.eml").write_bytes(message.as_bytes())


def _deliver(smtp_url: str, message: EmailMessage) -> None:
    """Deliver through `smtp://` (with STARTTLS where offered) or `smtps://user:password@host`."""
    url = urlsplit(smtp_url)
    host, context = url.hostname or "localhost", ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        is_private = url.scheme == "smtps"
        if not is_private and server.has_extn("starttls"):
            server.starttls(context=context)
            is_private = True
        if url.username and url.password:
            if not is_private:  # somebody between the two could have hidden that TLS is offered
                raise smtplib.SMTPNotSupportedError("no password is sent without encryption")
            server.login(unquote(url.username), unquote(url.password))
        server.send_message(message)
