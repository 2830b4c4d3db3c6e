"""Content codings of HTTP, undone within bounds."""

from __future__ import annotations

import zlib

from feedhub.model import FetchFailed, Stage

_MAX_MEMBERS = 100  # of one gzip; each costs a copy of what follows it
_GZIP_MAGIC = b"\x1f\x8b"


def decode(wire: bytes, codings: str, limit: int) -> bytes | FetchFailed:
    """A body without the coding that Content-Encoding names, never more than `limit` bytes.

    gzip and deflate, once: chains multiply (261 bytes of `gzip, gzip, gzip` are 52 MB). What breaks off is no body.
    """
    names = [name for name in codings.lower().replace(" ", "").split(",") if name not in {"", "identity"}]
    try:
        match names:
            case []:
                body = wire
            case ["gzip" | "x-gzip"]:
                body = _inflate(wire, 16 + zlib.MAX_WBITS, limit)
            case ["deflate"]:
                body = _inflate(wire, zlib.MAX_WBITS if _has_zlib_header(wire) else -zlib.MAX_WBITS, limit)
            case _:
                return FetchFailed(stage=Stage.DECODE, words=f"its content coding {codings[:40]!r} was not asked for")
    except zlib.error:
        return FetchFailed(stage=Stage.DECODE, words=f"its {names[0]} coding is damaged or breaks off")
    if len(body) > limit:
        return FetchFailed(stage=Stage.SIZE, words=f"it is larger than {limit:,} bytes when unpacked")
    return body


def _inflate(data: bytes, window: int, limit: int) -> bytes:
    """What `data` unpacks to, but at most `limit` + 1 bytes; zero padding behind a gzip is no fault."""
    body = b""
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(window)
        body += member.decompress(data, limit + 1 - len(body))
        if len(body) > limit:
            return body
        if not member.eof:
            raise zlib.error("breaks off")
        data = member.unused_data
        if not data.startswith(_GZIP_MAGIC):
            return body
    raise zlib.error("too many members")


def _has_zlib_header(data: bytes) -> bool:
    """Whether "deflate" is what RFC 9110 means by it; some servers send it bare (RFC 1950, 2.2)."""
    return data[:1] != b"" and data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
