"""The published files over HTTP: a short way of our own, as readers ask for little else.

What a file is answered with is made once and kept until the file changes. Every request looks
at the file's status, so that what is replaced on the disk is replaced here, whole, at once.
"""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from feedhub.web import conditional

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CACHE_SIZE = 32 * 1024 * 1024
CHUNK = 256 * 1024  # the most of a body that waits for a client that reads slowly

_FEEDS = {
    ".atom": b"application/atom+xml; charset=utf-8",
    ".rss": b"application/rss+xml; charset=utf-8",
    ".json": b"application/feed+json; charset=utf-8",
    ".opml": b"text/x-opml; charset=utf-8",
    "opml.xml": b"text/x-opml; charset=utf-8",
}
_TYPES = _FEEDS | {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".txt": b"text/plain; charset=utf-8",
    ".xml": b"application/xml; charset=utf-8",
    ".svg": b"image/svg+xml; charset=utf-8",
    ".png": b"image/png",
    ".jpg": b"image/jpeg",
    ".jpeg": b"image/jpeg",
    ".gif": b"image/gif",
    ".webp": b"image/webp",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
}

# Segments that are not empty and do not begin with a dot; after the last slash, none is a folder.
_PATH = re.compile(r"/(?:[^./\\\0][^/\\\0]*/)*(?:[^./\\\0][^/\\\0]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coded:
    """A file in one content coding, ready to be sent."""

    etag: bytes
    body: bytes
    found: Message
    not_modified: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """A file as it stood on the disk."""

    name: str  # links in it not followed, so that a link that turns elsewhere is noticed
    stamp: tuple[int, int, int, int]
    modified: int
    plain: _Coded
    gzip: _Coded | None  # None where it gains nothing

    @property
    def weight(self) -> int:
        return len(self.plain.body) + (len(self.gzip.body) if self.gzip else 0) + 4096


class PublishedFiles:
    """An ASGI app for GET and HEAD of everything below `public`."""

    def __init__(self, public: Path) -> None:
        self._public = str(public)
        self._cache: OrderedDict[str, _Published] = OrderedDict()
        self._weight = 0

    async def __call__(self, scope: MutableMapping[str, Any], _: Receive, send: Send) -> None:
        """Answer one request."""
        method, path = scope["method"], scope["path"]
        if method not in {"GET", "HEAD"}:
            await _say(send, method, 405, "Only GET and HEAD are answered here.", (b"allow", b"GET, HEAD"))
        elif published := self._cached(path) or await self._load(path):
            await _answer(published, method, conditional.read(scope["headers"]), send)
        elif self._find(path + "/"):
            # Relative, so that it holds behind a proxy that adds a path of its own.
            folder = f"./{quote(path.rpartition('/')[2])}/".encode()
            query = scope.get("query_string", b"")
            location = folder + b"?" + query if query else folder
            await _say(send, method, 301, "This is a folder.", (b"location", location))
        else:
            await _say(send, method, 404, "Nothing is published at this address.")

    def _cached(self, path: str) -> _Published | None:
        """What is kept for `path`, if the file is still the one that it was made of."""
        published = self._cache.get(path)
        if published is None:
            return None
        try:
            if _stamp(os.stat(published.name)) == published.stamp:  # noqa: PTH116 - making a Path costs more
                self._cache.move_to_end(path)
                return published
        except OSError:
            pass  # it is gone
        self._drop(path)
        return None

    async def _load(self, path: str) -> _Published | None:
        name = self._find(path)
        published = await asyncio.to_thread(_read, name) if name else None  # others do not wait while gzip works
        if published and published.weight <= CACHE_SIZE // 4:
            self._drop(path)
            self._cache[path] = published
            self._weight += published.weight
            while self._weight > CACHE_SIZE:
                self._drop(next(iter(self._cache)))
        return published

    def _drop(self, path: str) -> None:
        if published := self._cache.pop(path, None):
            self._weight -= published.weight

    def _find(self, path: str) -> str | None:
        """The file at an address; None where there is none, or a link leads out of `public`."""
        if not _PATH.fullmatch(path):
            return None
        name = self._public + path + ("index.html" if path.endswith("/") else "")
        try:
            file, public = Path(os.path.realpath(name, strict=True)), os.path.realpath(self._public)
        except (OSError, ValueError):  # absent, too long, or nothing that this system could call a file
            return None
        return name if file.is_relative_to(public) and file.is_file() else None


def _stamp(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _read(name: str) -> _Published | None:
    """A file's answers; None when it has been taken away this moment."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            body = file.read()
    except OSError:
        return None
    key = path.name if path.name in _TYPES else path.suffix
    kind = _TYPES.get(key, b"application/octet-stream")
    packed = gzip.compress(body, 6, mtime=0) if b"charset" in kind else body  # only text has a charset
    gains = len(packed) < len(body)
    validated = [
        (b"last-modified", email.utils.formatdate(status.st_mtime, usegmt=True).encode()),
        (b"cache-control", b"public, max-age=300"),
        *([(b"vary", b"Accept-Encoding")] if gains else []),
        *([(b"access-control-allow-origin", b"*")] if key in _FEEDS else []),
    ]
    described = [(b"content-type", kind), (b"x-content-type-options", b"nosniff")]
    digest = hashlib.sha256(body).hexdigest()[:32].encode()
    return _Published(
        name=name,
        stamp=_stamp(status),
        modified=int(status.st_mtime),
        plain=_coded(body, digest, validated, described),
        gzip=_coded(packed, digest + b"-gzip", validated, [*described, (b"content-encoding", b"gzip")])
        if gains
        else None,
    )


def _coded(body: bytes, tag: bytes, validated: Headers, described: Headers) -> _Coded:
    """One coding's answers. Its tag is its own: a strong one stands for the very bytes (RFC 9110, 8.8.1)."""
    etag = b'"%s"' % tag
    kept = [(b"etag", etag), *validated]
    return _Coded(
        etag=etag,
        body=body,
        found=_start(200, [*kept, *described, (b"content-length", b"%d" % len(body))]),
        not_modified=_start(304, kept),
    )


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _answer(published: _Published, method: str, asked: conditional.Asked, send: Send) -> None:
    coded = published.gzip if published.gzip and asked.gzip else published.plain
    if conditional.is_fresh(asked, coded.etag, published.modified):
        await _send(send, coded.not_modified, b"")
    else:
        await _send(send, coded.found, b"" if method == "HEAD" else coded.body)


async def _send(send: Send, start: Message, body: bytes) -> None:
    await send(start)
    for at in range(0, len(body) or 1, CHUNK):
        more = at + CHUNK < len(body)
        await send({"type": "http.response.body", "body": body[at : at + CHUNK], "more_body": more})


async def _say(send: Send, method: str, status: int, words: str, *headers: tuple[bytes, bytes]) -> None:
    body = f"{words}\n".encode()
    described = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(body)),
    ]
    await _send(send, _start(status, [*described, *headers]), b"" if method == "HEAD" else body)
