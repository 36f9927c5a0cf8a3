"""One browser's HTTP/1.1 connections, no more than a simulated candidate needs.

A library's client costs several times what the request costs the server, and then a load test
measures itself. This one keeps connections open as a browser does, takes another when all are busy,
and sends a request again on a fresh one when a kept connection had been closed meanwhile.
"""

import asyncio
import gzip
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import brotli

PATIENCE = 10.0
"""Seconds that the exam's script waits for an answer."""

PAGE_PATIENCE = 60.0
"""Seconds that a person waits for a page in this simulation before it counts as a failure."""

LONGEST_HEAD = 65536

Fields = Sequence[tuple[str, str]]

_BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 rehearsal\r\n"
    'sec-ch-ua: "Chromium";v="131", "Not_A Brand";v="24"\r\n'
    "sec-ch-ua-mobile: ?0\r\n"
    'sec-ch-ua-platform: "Linux"\r\n'
    "Accept-Encoding: gzip, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
)
"""Brotli too, though this may be plain HTTP: a real exam is held over HTTPS, where browsers do."""

_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}


class Unanswered(Exception):
    """No answer came: the connection was cut, refused or closed, or it took too long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered, and how long that took. `body` is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    @property
    def location(self) -> str:
        """Where a redirect leads, as a path of this server."""
        parts = urlsplit(self.headers.get("location", ""))
        return parts.path + (f"?{parts.query}" if parts.query else "")


class Connection(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._need: int | None = None
        self._head = b""
        self._chunked = False
        self.is_open = False
        self.served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport if isinstance(transport, asyncio.Transport) else None
        self.is_open = True

    def connection_lost(self, fault: Exception | None) -> None:
        self.is_open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Unanswered("the connection was closed"))

    def close(self) -> None:
        """Cut the connection at once, as an unplugged cable does."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    @property
    def has_heard(self) -> bool:
        """Whether any byte of the present answer has come."""
        return bool(self._received or self._head)

    def ask(self, request: bytes) -> asyncio.Future[tuple[bytes, bytes]]:
        """Send a request; the future holds the head and the raw body of its answer."""
        if self._transport is None or not self.is_open:
            raise Unanswered("the connection is closed")
        self._waiting = asyncio.get_running_loop().create_future()
        self._received.clear()
        self._need, self._head, self._chunked = None, b"", False
        self._transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._head and not self._take_head():
            return
        if self._chunked:
            self._take_chunks()
        elif self._need is not None and len(self._received) >= self._need:
            self._finish(bytes(self._received[: self._need]))

    def _take_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > LONGEST_HEAD:
                self.close()
            return False
        self._head = bytes(self._received[:end])
        del self._received[: end + 4]
        lower = self._head.lower()
        self._chunked = b"transfer-encoding: chunked" in lower
        place = lower.find(b"content-length:")
        self._need = int(lower[place + 15 :].split(b"\r", 1)[0]) if place >= 0 else 0
        return True

    def _take_chunks(self) -> None:
        body, place, received = bytearray(), 0, self._received
        while (end := received.find(b"\r\n", place)) >= 0:
            size = int(received[place:end].split(b";")[0], 16)
            if len(received) < end + 4 + size:
                return
            if size == 0:
                self._finish(bytes(body))
                return
            body += received[end + 2 : end + 2 + size]
            place = end + 4 + size

    def _finish(self, body: bytes) -> None:
        self.served += 1
        head, self._head = self._head, b""
        self._received.clear()
        if b"connection: close" in head.lower():
            self.is_open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((head, body))


@dataclass
class Browser:
    """A browser profile: an address, cookies, and a few connections."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    is_offline: bool = False
    connected: int = 0
    _idle: list[Connection] = field(default_factory=list)
    _busy: set[Connection] = field(default_factory=set)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        self._host = parts.hostname or "127.0.0.1"
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._common = f"Host: {parts.netloc}\r\nConnection: keep-alive\r\n{_BROWSER}"

    def go_offline(self) -> None:
        """Cut every connection, and make none until `go_online`."""
        self.is_offline = True
        for connection in [*self._idle, *self._busy]:
            connection.close()
        self._idle.clear()

    def go_online(self) -> None:
        """Let connections be made again."""
        self.is_offline = False

    def close(self) -> None:
        """Give every connection back."""
        self.go_offline()

    async def get(self, path: str) -> Reply:
        """Load a page or a file, without following where it leads."""
        head = (
            f"GET {path} HTTP/1.1\r\n{self._common}Accept: text/html,*/*;q=0.8\r\n"
            "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\n"
        )
        return await self._send(head, b"", PAGE_PATIENCE)

    async def post_form(self, path: str, fields: Fields) -> Reply:
        """Send a form as a browser does."""
        head = (
            f"POST {path} HTTP/1.1\r\n{self._common}Accept: text/html,*/*;q=0.8\r\n"
            f"Origin: {self._origin}\r\nReferer: {self._origin}{path}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
        )
        return await self._send(head, urlencode(fields).encode(), PAGE_PATIENCE)

    async def post_json(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Send what the exam's script sends."""
        head = (
            f"POST {path} HTTP/1.1\r\n{self._common}Accept: application/json\r\n"
            f"Origin: {self._origin}\r\nContent-Type: application/json\r\n"
            "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n"
        )
        packed = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return await self._send(head, packed, PATIENCE)

    async def follow(self, reply: Reply, most: int = 4) -> Reply:
        """Load where a redirect leads. Raises `Unanswered` when it leads round in circles."""
        for _turn in range(most):
            if reply.status not in {301, 302, 303, 307, 308}:
                return reply
            reply = await self.get(reply.location)
        raise Unanswered("redirects lead round in circles")

    async def _send(self, head: str, body: bytes, patience: float) -> Reply:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        parts = [head, f"Cookie: {cookies}\r\n" if cookies else ""]
        parts.append(f"Content-Length: {len(body)}\r\n\r\n" if body else "\r\n")
        request = "".join(parts).encode() + body
        while True:
            connection, was_used = await self._take()
            if self.is_offline:  # the cable was pulled while the connection was being made
                connection.close()
            self._busy.add(connection)
            asked = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(patience):
                    raw_head, raw_body = await connection.ask(request)
            except TimeoutError:
                connection.close()
                raise Unanswered("no answer in time") from None
            except Unanswered:
                if was_used and not connection.has_heard and not self.is_offline:
                    continue  # the server had closed it; a browser tries a fresh one by itself
                raise
            finally:
                self._busy.discard(connection)
            if connection.is_open:
                self._idle.append(connection)
            took = asyncio.get_running_loop().time() - asked
            return self._understand(raw_head, raw_body, took)

    async def _take(self) -> tuple[Connection, bool]:
        if self.is_offline:
            raise Unanswered("there is no connection")
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection, True
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                _transport, connection = await loop.create_connection(
                    Connection, self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as fault:
            raise Unanswered(f"no connection: {fault}") from None
        self.connected += 1
        return connection, False

    def _understand(self, head: bytes, body: bytes, took: float) -> Reply:
        lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                self._keep_cookie(value.strip())
            else:
                headers[name.lower()] = value.strip()
        body = _UNPACK[headers.get("content-encoding", "")](body)
        return Reply(int(lines[0].split(" ", 2)[1]), headers, body, took)

    def _keep_cookie(self, line: str) -> None:
        pair, *rest = line.split(";")
        name, _, value = pair.partition("=")
        if any(part.strip().lower() == "max-age=0" for part in rest):
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value
