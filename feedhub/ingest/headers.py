"""What the headers of an answer say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from feedhub.model import Validators


def validators(raw: Iterable[tuple[bytes, bytes]]) -> Validators:
    """ETag and Last-Modified, the first of each, as they came."""
    first = {name.lower(): value for name, value in reversed([*raw])}
    return Validators(
        etag=_verbatim(first.get(b"etag", b"")), last_modified=_verbatim(first.get(b"last-modified", b""))
    )


def _verbatim(value: bytes) -> str | None:
    """A header that can be sent back byte for byte; one with control characters, or not in UTF-8, cannot."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text and text.isprintable() else None


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Retry-After in seconds (RFC 9110, 10.2.3). A date counts from the answer's own Date: clocks differ."""
    value = headers.get("Retry-After", "")
    if (seconds := number(value)) is not None:
        return seconds
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):  # no date; one without a zone; one past all calendars
        return None
    return max(0, int(wait.total_seconds()))


def number(text: str) -> int | None:
    """A count; what is absurdly long counts for nothing."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
