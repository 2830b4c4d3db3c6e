"""Addresses: which may be published, fetched or kept as an id, which are the same, and what in them is secret.

Nothing here raises, whatever the text; a text that is no address gets the answer that does no harm.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

from w3lib.url import canonicalize_url, safe_url_string

_PUBLISHED_SCHEMES = frozenset({"http", "https", "mailto"})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# RFC 3986, 3; an authority is looked at further by `urlsplit`.
_PCHAR = r"[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}"
_AUTHORITY = rf"//(?:(?:(?:{_PCHAR})*@)?\[[0-9A-Fa-f:.]+\](?::\d*)?|(?:{_PCHAR})*)"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?=.)(?:{_AUTHORITY})?(?:{_PCHAR}|/)*+"
    rf"(?:\?(?:{_PCHAR}|[/?])*+)?(?:\#(?:{_PCHAR}|[/?])*+)?"
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")

_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign)|mc_[ce]id|_hsenc|_hsmi|mkt_tok|igshid"
    r"|(?:fb|g|d|ms|y|tw|tt)clid|gclsrc|gbraid|wbraid)(?:=|$)",
    re.IGNORECASE,
)

_IDLE_FRAGMENT = re.compile(
    r"$|:~:|(?:comments?|respond|reply|rss|atom|feed)\b|(?:more|comment)-\d+$|(?:utm_\w+|xtor|ref|source|from)=",
    re.IGNORECASE,
)

# A password may hold `/`, `?` or `#`, although it should not: what follows the colon is then no port.
_CREDENTIALS = re.compile(r"^(\s*[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*|[^/?#@\[:]*:(?!\d*(?:[/?#]|$))[^@]*)@", re.IGNORECASE)
# `author`, `design` and `keyword` are no secrets. The bounds keep the search linear.
_SENSITIVE = (
    r"token|secret|pass(?:w|phrase)|credential|signature|authori[sz]ation"
    r"|(?:key|pass|pwd)(?![a-z])|(?<![a-z])(?:o?auth|sig)(?![a-z])"
)
_SECRET_VALUE = re.compile(rf"([?&;#][^=&;#]{{0,64}}?(?:{_SENSITIVE})[^=&;#]{{0,64}}=)[^&#]+", re.IGNORECASE)


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address that has a host and a possible port."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in _DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if sound else None


def is_uri(text: str) -> bool:
    """Whether it is a URI with a scheme (RFC 3986), and so may be kept as an `atom:id`."""
    if not _URI.fullmatch(text):
        return False
    return text.partition(":")[0].lower() not in _DEFAULT_PORTS or _split(text) is not None


def publishable(url: str) -> str | None:
    """The address as it may stand in a feed or a page: absolute, http, https or mailto, and a URI; else None.

    An address that is a URI already stays as it is. Others lose surrounding blanks and control
    characters, and what no URI holds is percent-encoded, in the host by IDNA.
    """
    url = _CONTROLS.sub("", url).strip()
    if url.partition(":")[0].lower() not in _PUBLISHED_SCHEMES:
        return None
    if is_uri(url):
        return url
    try:
        url = safe_url_string(_STRAY_PERCENT.sub("%25", url))
    except ValueError:
        return None
    return url if is_uri(url) else None


def absolute(url: str, base: str) -> str | None:
    """A reference found in a document at `base`, as `publishable` has it. An empty one refers to nothing."""
    url = _CONTROLS.sub("", url).strip()
    if not url:
        return None
    try:
        return publishable(urljoin(base, url))
    except ValueError:
        return None


def _web(url: str) -> SplitResult | None:
    address = publishable(url)
    return _split(address) if address else None


def is_web(url: str) -> bool:
    """Whether it is an http(s) address with a host, in the form that `publishable` gives it."""
    return _web(url) is not None


@lru_cache(maxsize=1024)  # asked several times about each address while its document is dealt with
def origin(url: str) -> str:
    """Scheme, host and port, as `https://example.com:443`; empty for what is no http(s) address."""
    parts = _web(url)
    if parts is None:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or _DEFAULT_PORTS[parts.scheme]}"


@lru_cache(maxsize=1024)
def link_key(url: str) -> str:
    """What two links to the same page have in common. For comparison only, never published.

    Leaves out scheme, credentials, `www.`, default port, trailing slash, tracking parameters, and fragments that
    lead to comments or tell where a reader came from. Others tell apart: a changelog is one page of many items.
    """
    parts = _web(url)
    if parts is None:
        return publishable(url) or url.strip()
    parts = urlsplit(canonicalize_url(parts.geturl(), keep_fragments=True))
    host = parts.netloc.rpartition("@")[2].removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}").removeprefix("www.")
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    fragment = "" if _IDLE_FRAGMENT.match(parts.fragment) else f"#{parts.fragment}"
    return host + parts.path.rstrip("/") + (f"?{query}" if query else "") + fragment


def redacted(url: str) -> str:
    """The address with `…` for credentials and for parameters that are named like secrets."""
    return _SECRET_VALUE.sub(r"\1…", _CREDENTIALS.sub(r"\1//…@", url))


def has_secret(url: str) -> bool:
    """Whether `redacted` would hide anything."""
    return redacted(url) != url
