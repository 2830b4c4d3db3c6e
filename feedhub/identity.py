"""The ids that items bear: which is kept, and which is minted. Pure.

An id, once published, never changes and never changes hands; that a known entry
keeps its item is decided by its key in its source, not by what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from datetime import datetime
from itertools import count
from urllib.parse import quote, urlsplit

from feedhub import urls


def mint(hub_url: str, now: datetime, specific: str, *taken: Container[str]) -> str:
    """A `tag:` URI (RFC 4151) of the hub's own, as `specific` as it can be said, that nobody bears yet."""
    authority = urlsplit(hub_url).hostname or "localhost"
    base = f"tag:{authority},{now:%Y-%m-%d}:{quote(specific)}"
    candidates = (base if n == 1 else f"{base}-{n}" for n in count(1))
    return next(uid for uid in candidates if not _is_in(uid, taken))


def entry_uid(origin_id: str | None, key: str, *taken: Container[str], source: str, hub_url: str, now: datetime) -> str:
    """The id of an entry seen for the first time.

    Its origin's, where that is a URI that no other item bears; else one is minted.
    """
    if origin_id and urls.is_uri(origin_id) and not _is_in(origin_id, taken):
        return origin_id
    return mint(hub_url, now, f"sources/{source}/{short(key)}", *taken)


def _is_in(uid: str, taken: Iterable[Container[str]]) -> bool:
    return any(uid in some for some in taken)


def short(key: str) -> str:
    """A key of any length and any characters, as a part of an id."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
