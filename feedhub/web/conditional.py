"""What a request's headers ask for: a coding, and only what has changed (RFC 9110). Pure."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_ENTITY_TAG = re.compile(rb'"[^"]*"')
_QUALITY = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether gzip may be sent, and the conditions as they came."""

    gzip: bool
    if_none_match: bytes | None
    if_modified_since: bytes | None


def read(headers: Iterable[tuple[bytes, bytes]]) -> Asked:
    """Lines of one name are one list (5.3)."""
    codings: list[bytes] = []
    tags: list[bytes] = []
    since: bytes | None = None
    for name, value in headers:
        if name == b"accept-encoding":
            codings.append(value)
        elif name == b"if-none-match":
            tags.append(value)
        elif name == b"if-modified-since":
            since = value
    return Asked(accepts_gzip(b",".join(codings)), b",".join(tags) if tags else None, since)


def is_fresh(asked: Asked, etag: bytes, modified: int) -> bool:
    """Whether the client holds what it would be sent; a tag goes before a date (13.2.2)."""
    if asked.if_none_match is not None:
        return matches(asked.if_none_match, etag)
    since = seconds(asked.if_modified_since) if asked.if_modified_since else None
    return since is not None and modified <= since


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether a list of entity tags holds `etag`, be it as a weak one (8.8.3.2, 13.1.2)."""
    return if_none_match == etag or if_none_match.strip() == b"*" or etag in _ENTITY_TAG.findall(if_none_match)


@lru_cache(maxsize=128)
def seconds(http_date: bytes) -> int | None:
    """A date in any of HTTP's three forms, in seconds since 1970; None for what is no date (5.6.7)."""
    try:
        parsed = email.utils.parsedate_tz(http_date.decode("latin-1"))
        return email.utils.mktime_tz(parsed) if parsed else None
    except (ValueError, OverflowError):  # a month 13, a year of twenty digits
        return None


@lru_cache(maxsize=128)
def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether gzip may be sent, and is not liked less than no coding at all (12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        coding, parameter, quality = part.partition(";")
        weight = _QUALITY.fullmatch(quality)
        weights[coding.strip()] = float(weight[1]) if weight else float(not parameter)
    gzip = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)
