"""The load, in a process of its own so that its work is not taken for the server's.

It reads one JSON object a line and answers with one a line. First the candidates. Then orders:

    {"what": "save" | "page", "port": …, "connections": …, "seconds": …, "rate": … or null}

for which it connects, says `{"ready": true}`, waits for a line, and does it. Without a rate the
loop is closed: each connection sends its next request when the last was answered. With one it is
open: requests fall due at fixed times, whether or not the server keeps up, and a latency counts
from the time when its request was due, waiting for the connection included. At the end
`{"what": "told"}` asks what the server has acknowledged.

One thread and plain sockets: a save costs the driver a fraction of what it costs the server. Each
candidate sends over one connection at a time, in the order of their numbers, as the page does.
"""

import hashlib
import json
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

TEXT_BYTES = 1500
CLOSING_SECONDS = 30.0
"""How long an answer may be awaited after the last request was due."""

PROSE = (
    "I would begin with the client’s own account of what has changed, and write it down in their "
    "words before I ring anybody. The team’s note gives one side; the family’s message gives "
    "another. Neither tells me whether consent was asked for, or by whom.\n\n"
    "Next I would check the care plan against what is really happening on each shift, and look at "
    "who signed the last review. If there is a risk tonight I act on it tonight, and tell the "
    "deputy why. If there is none, I would rather meet them together tomorrow than decide alone.\n"
)
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36\r\n"
    'sec-ch-ua: "Chromium";v="131", "Not_A Brand";v="24"\r\n'
    "sec-ch-ua-mobile: ?0\r\n"
    'sec-ch-ua-platform: "Linux"\r\n'
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
)


def prose(turn: int) -> str:
    """An answer of `TEXT_BYTES` bytes, another one for each `turn`."""
    start = turn * 37 % len(PROSE)
    text = f"Draft {turn}. " + (PROSE * 5)[start : start + TEXT_BYTES]
    return text.encode()[:TEXT_BYTES].decode(errors="ignore").ljust(TEXT_BYTES - 60)


class Candidate:
    """One candidate's page: it numbers its messages and knows what was acknowledged."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.attempt: str = facts["attempt"]
        self._facts = facts
        self._seq = 0
        self._sent = ("", "")
        self.told: dict[str, str] = {}

    def save(self, port: int) -> bytes:
        """The request with which the page saves its next text."""
        self._seq += 1
        items = self._facts["items"]
        item, text = items[self._seq % len(items)], prose(self._seq)
        self._sent = item, text
        message = {
            "token": self._facts["token"],
            "epoch": self._facts["epoch"],
            "seq": self._seq,
            "item": item,
            "fields": {"text": [text]},
            "age": 803,
        }
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        head = (
            f"POST /attempt/{self.attempt}/save HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Connection: keep-alive\r\nContent-Length: {len(body)}\r\n{BROWSER}"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n"
            "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"
            f"Referer: http://127.0.0.1:{port}/attempt/{self.attempt}\r\n"
            f"Cookie: {self._facts['cookies']}\r\n\r\n"
        )
        return head.encode() + body

    def saved(self, status: int, body: bytes) -> bool:
        """Take the reply to the last save; whether it says that the answer is kept."""
        if status != 200 or json.loads(body)["kind"] != "answer_saved":
            return False
        item, text = self._sent
        self.told[item] = text
        return True

    def page(self, port: int) -> bytes:
        """The request with which the browser loads the page of the open stage."""
        return (
            f"GET /attempt/{self.attempt} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Connection: keep-alive\r\n{BROWSER}Upgrade-Insecure-Requests: 1\r\n"
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
            "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\n"
            f"Sec-Fetch-Dest: document\r\nCookie: {self._facts['cookies']}\r\n\r\n"
        ).encode()

    def shown(self, status: int, body: bytes) -> bool:
        """Whether the reply is a page (not a redirect, not an error)."""
        return status == 200 and len(body) > 1000


class Connection:
    """One kept-alive connection, which serves some of the candidates in turn."""

    def __init__(self, port: int, what: str, candidates: list[Candidate]) -> None:
        self.port, self.what = port, what
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting: deque[float] = deque()
        """When each request fell due that could not be sent yet; the first may be on its way."""
        self.is_busy = False
        self._turn: Iterator[Candidate] = cycle(candidates)
        self._candidate = candidates[0]
        self._received = b""

    def send(self) -> None:
        """Send the request that fell due first, unless one is on its way or none is due."""
        if self.is_busy or not self.waiting:
            return
        self.is_busy = True
        self._candidate = next(self._turn)
        compose = self._candidate.save if self.what == "save" else self._candidate.page
        self.socket.sendall(compose(self.port))

    def receive(self) -> tuple[int, bool] | None:
        """The status of the reply and whether it is as it should be; None while it is not whole."""
        chunk = self.socket.recv(262144)
        if not chunk:
            raise ConnectionError("the server closed a connection")
        self._received += chunk
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        start = self._received.lower().index(b"content-length:", 0, end + 2) + 15
        length = int(self._received[start : self._received.index(b"\r", start)])
        if len(self._received) < end + 4 + length:
            return None
        status, body = int(self._received[9:12]), self._received[end + 4 :]
        self._received = b""
        self.is_busy = False
        understand = self._candidate.saved if self.what == "save" else self._candidate.shown
        return status, understand(status, body)


class Run:
    """One order being carried out."""

    def __init__(self, order: Mapping[str, Any], candidates: list[Candidate]) -> None:
        count = order["connections"]
        self.seconds, self.rate = float(order["seconds"]), order["rate"]
        self.connections = [
            Connection(order["port"], order["what"], candidates[place::count])
            for place in range(count)
        ]
        self.latencies: list[float] = []
        self.refused: Counter[str] = Counter()
        self._poll = select.epoll()
        self._by_descriptor = {each.socket.fileno(): each for each in self.connections}
        for descriptor in self._by_descriptor:
            self._poll.register(descriptor, select.EPOLLIN)
        self._dues: Iterator[tuple[float, Connection]] = iter(())
        self._next: tuple[float, Connection] | None = None

    def do(self) -> dict[str, Any]:
        """Carry it out and return what was measured."""
        processor, start = time.process_time(), time.perf_counter()
        self._dues = self._schedule(start)
        self._next = next(self._dues, None)
        until = start + self.seconds
        while self._next is not None or any(each.is_busy for each in self.connections):
            now = time.perf_counter()
            if now > until + CLOSING_SECONDS:
                raise TimeoutError("requests were not answered")
            self._start_due(now)
            self._take_replies(until)
        return {
            "seconds": time.perf_counter() - start,
            "latencies": [round(latency * 1000, 3) for latency in self.latencies],
            "refused": dict(self.refused),
            "driver_seconds": time.process_time() - processor,
        }

    def _schedule(self, start: float) -> Iterator[tuple[float, Connection]]:
        """When each request falls due. In a closed loop only the first of each connection is."""
        if self.rate is None:
            yield from ((start, each) for each in self.connections)
            return
        turn = cycle(self.connections)
        for number in range(int(self.seconds * self.rate)):
            yield start + number / self.rate, next(turn)

    def _start_due(self, now: float) -> None:
        while self._next is not None and self._next[0] <= now:
            due, connection = self._next
            connection.waiting.append(due)
            connection.send()
            self._next = next(self._dues, None)

    def _take_replies(self, until: float) -> None:
        pause = 0.1 if self._next is None else self._next[0] - time.perf_counter()
        for descriptor, _event in self._poll.poll(max(0.0, pause)):
            connection = self._by_descriptor[descriptor]
            reply = connection.receive()
            if reply is None:
                continue
            now = time.perf_counter()
            self._note(now - connection.waiting.popleft(), *reply)
            if self.rate is None and now < until:
                connection.waiting.append(now)
            connection.send()

    def _note(self, latency: float, status: int, is_right: bool) -> None:
        if is_right:
            self.latencies.append(latency)
        else:
            self.refused[str(status)] += 1

    def close(self) -> None:
        """Close every connection."""
        self._poll.close()
        for each in self.connections:
            each.socket.close()


def tell(reply: object) -> None:
    """Answer with one line."""
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def told(candidates: list[Candidate]) -> dict[str, str]:
    """By attempt and item, the SHA-256 of the last text that was acknowledged."""
    return {
        f"{each.attempt} {item}": hashlib.sha256(text.encode()).hexdigest()
        for each in candidates
        for item, text in each.told.items()
    }


def main() -> None:
    """Carry out orders until there are no more."""
    candidates = [Candidate(facts) for facts in json.loads(sys.stdin.readline())]
    floor = [Candidate(each._facts) for each in candidates]
    for line in sys.stdin:
        order = json.loads(line)
        if order["what"] == "told":
            tell(told(candidates))
            continue
        run = Run(order, floor if order["is_floor"] else candidates)
        tell({"ready": True})
        sys.stdin.readline()
        tell(run.do())
        run.close()


if __name__ == "__main__":
    main()
