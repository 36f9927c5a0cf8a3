"""The stylesheet, scripts and icons: read once, packed once, kept by browsers for as long as valid.

They are answered before the application, so no session is opened for them and none of a person's
cookies is in play. Pages name them under the version of all of them together
(`/static/v-3f…/js/exam.js`), so that what a script imports has the same version; such an address
may be kept for a year. Under any other address a file is asked for anew, by its entity tag.
"""

import hashlib
import mimetypes
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
from flask import Flask
from werkzeug.wrappers import Request, Response

from proficiency.core.wire import accepts, pack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/static/"
WORKER = "/sw.js"
"""Where the service worker lies: what it may answer for begins at its own address."""
BEST_LEVEL = 9
YEAR = 365 * 24 * 3600
PART_HEADERS = frozenset(
    {"X-Content-Type-Options", "Cross-Origin-Resource-Policy", "Strict-Transport-Security"}
)
"""What means something on a stylesheet or a script. The others speak of documents and workers, and
would weigh more than many a script does."""
_IMPORTED = re.compile(r"""\b(?:import|from)\s*\(?\s*["'](\.[^"']+\.js)["']""")


@dataclass(frozen=True)
class StaticFile:
    """One file; `packed` holds by content coding what is shorter, the shortest first.

    Browsers take Brotli over HTTPS only, and gzip always.
    """

    body: bytes
    packed: Mapping[str, bytes]
    content_type: str
    tag: str


@dataclass(frozen=True)
class StaticFiles:
    """All files by their path below the folder, and the version that they make together."""

    by_name: Mapping[str, StaticFile]
    version: str

    def with_imports(self, *names: str) -> tuple[str, ...]:
        """Return `names` and, after them, every script that these import, each once.

        Raises `KeyError` for a file that is not there.
        """
        found = list(names)
        for name in found:
            imported = _IMPORTED.findall(self.by_name[name].body.decode("utf-8"))
            paths = [posixpath.normpath(f"{name}/../{each}") for each in imported]
            found += [each for each in dict.fromkeys(paths) if each not in found]
        return tuple(found)

    def address(self, name: str) -> str:
        """Return where browsers ask for this version of a file. Raises `KeyError` for none."""
        if name not in self.by_name:
            raise KeyError(name)
        return f"{PREFIX}{self.version}/{name}"

    def find(self, path: str) -> tuple[StaticFile | None, bool]:
        """Return the file at a URL's path below the prefix, and whether it may be kept long."""
        first, _, rest = path.partition("/")
        if first.startswith("v-"):
            return self.by_name.get(rest), first == self.version
        return self.by_name.get(path), False


@cache
def read_files(folder: Path) -> StaticFiles:
    """Return what is in `folder` now. Read once per process, so that a version stays true."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    found = {path.relative_to(folder).as_posix(): _read(path) for path in paths}
    named = "\n".join(f"{name} {file.tag}" for name, file in found.items())
    return StaticFiles(found, f"v-{hashlib.sha256(named.encode()).hexdigest()[:12]}")


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
    packed = {"br": brotli.compress(body), "gzip": pack(body, BEST_LEVEL)} if is_text else {}
    return StaticFile(
        body=body,
        packed={coding: each for coding, each in packed.items() if len(each) < len(body)},
        content_type=f"{kind}; charset=utf-8" if is_text else kind,
        tag=hashlib.sha256(body).hexdigest()[:20],
    )


class StaticServer:
    """Answers for the files and hands everything else on to `app`."""

    def __init__(
        self, app: "WSGIApplication", files: StaticFiles, headers: Mapping[str, str]
    ) -> None:
        self._app = app
        self._files = files
        self._headers = headers

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path.startswith((PREFIX, WORKER)) and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            name = WORKER[1:] if path == WORKER else path.removeprefix(PREFIX)
            file, may_keep = self._files.find(name)
            if file is not None:
                response = self._answer(file, environ, may_keep)
                is_part = name.endswith((".js", ".css")) and path != WORKER
                for header, value in self._headers.items():
                    if header in PART_HEADERS or not is_part:
                        response.headers[header] = value
                return response(environ, start_response)
        return self._app(environ, start_response)

    def _answer(self, file: StaticFile, environ: "WSGIEnvironment", may_keep: bool) -> Response:
        response = Response(file.body, content_type=file.content_type)
        response.set_etag(file.tag)
        if file.packed:
            response.vary.add("Accept-Encoding")
        for coding, packed in file.packed.items():
            if accepts(Request(environ), coding):
                response.set_data(packed)
                response.headers["Content-Encoding"] = coding
                response.set_etag(f"{file.tag}-{coding}")
                break
        keep = f"public, max-age={YEAR}, immutable" if may_keep else "no-cache"
        response.headers["Cache-Control"] = keep
        return response.make_conditional(environ)


def init_app(app: Flask, folder: Path, headers: Mapping[str, str]) -> None:
    """Serve `folder` before `app`.

    Templates get `asset`, which gives a file's address, and `with_imports`, for what a page lets
    the browser fetch before it is needed.
    """
    files = read_files(folder)
    app.jinja_env.globals["asset"] = files.address
    app.jinja_env.globals["with_imports"] = cache(files.with_imports)
    app.wsgi_app = StaticServer(app.wsgi_app, files, headers)  # type: ignore[method-assign]
