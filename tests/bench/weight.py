"""The bytes of a first view: the exam page and everything that it loads, as they cross the wire."""

import gzip
import posixpath
import re
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import brotli

from tests.bench.driver import BROWSER

LINKED = re.compile(r'<(?:link|script|img)[^>]*?\s(?:href|src)="([^"]+)"')
IMPORTED = re.compile(r'^(?:import|export)\b[^"\']*["\'](\.[^"\']+\.js)["\']', re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """One response: its path and its bytes with headers, and unpacked without."""

    path: str
    wire: int
    plain: int


def fetch(port: int, path: str, cookies: str) -> tuple[Part, str]:
    """Load `path` as a browser does. Raises `RuntimeError` when the answer is not 200."""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{BROWSER}"
        f"Accept: */*\r\nCookie: {cookies}\r\n\r\n"
    )
    received = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request.encode())
        while chunk := connection.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{path}: {head[:60]!r}")
    for coding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        if f"content-encoding: {coding}".encode() in head.lower():
            body = unpack(body)
    return Part(path, len(received), len(body)), body.decode()


def first_view(port: int, path: str, cookies: str) -> list[Part]:
    """Return the page at `path` and, once each, all that it loads from us."""
    part, text = fetch(port, path, cookies)
    parts, waiting = [part], [urljoin(path, found) for found in LINKED.findall(text)]
    while waiting:
        next_path = waiting.pop(0)
        if any(next_path == known.path for known in parts):
            continue
        part, text = fetch(port, next_path, cookies)
        parts.append(part)
        if posixpath.splitext(urlsplit(next_path).path)[1] == ".js":
            waiting += [urljoin(next_path, found) for found in IMPORTED.findall(text)]
    return parts
