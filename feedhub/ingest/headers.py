"""What the headers of an answer say, and which an address asks for."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urldefrag, urlsplit

from feedhub import urls
from feedhub.model import Validators

_MAX_AGE = re.compile(r'(?:^|,)\s*max-age\s*=\s*"?([^",\s]*)', re.IGNORECASE)
_UNKEPT = re.compile(r"(?:^|,)\s*no-(?:cache|store)\s*(?:,|$)", re.IGNORECASE)


def of_address(url: str) -> tuple[str, dict[str, str]]:
    """The address as it is asked for, and its `user:password@` as a header."""
    address = urldefrag(urls.publishable(url) or "").url
    userinfo, _, host = urlsplit(address).netloc.rpartition("@")
    if not userinfo:
        return address, {}
    user, _, password = userinfo.partition(":")
    credentials = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
    return address.replace(f"{userinfo}@{host}", host, 1), {"Authorization": f"Basic {credentials}"}


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
    """Retry-After in seconds (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    seconds = number(value)
    return _until(value, headers) if seconds is None else seconds


def fresh(headers: Mapping[str, str]) -> int:
    """For how many seconds an answer says that it holds: max-age or Expires, less its age (RFC 9111, 4.2).

    `s-maxage` is for caches that many share. `no-cache` asks to be asked, whatever the rest says.
    """
    directives = headers.get("Cache-Control", "")
    if _UNKEPT.search(directives):
        return 0
    stated = _MAX_AGE.search(directives)
    seconds = number(stated[1]) if stated else _until(headers.get("Expires", ""), headers)
    return max(0, (seconds or 0) - (number(headers.get("Age", "")) or 0))


def _until(date: str, headers: Mapping[str, str]) -> int | None:
    """The seconds until a date, counted from the answer's own Date: clocks differ."""
    try:
        wait = parsedate_to_datetime(date) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):  # no date; one without a zone; one past all calendars
        return None
    return max(0, int(wait.total_seconds()))


def number(text: str) -> int | None:
    """A count; what is absurdly long counts for nothing."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
