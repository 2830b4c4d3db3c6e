"""What single values of feeds.yaml mean: addresses, intervals, sizes, patterns. Each gives a value or a `Fault`.

No address and no header is quoted in a fault: either may hold a secret.
"""

from __future__ import annotations

import re
import warnings
import zoneinfo
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedhub import urls
from feedhub.config import cron
from feedhub.faults import Fault, quoted
from feedhub.settings import Auto, ContentMode, Cron, Every, Rhythm
from feedhub.text import clean, slug

_ID = re.compile(r"[a-z0-9-]{1,100}")
_HOST = re.compile(r"[^\s.<>\"\\^`{|}%$]{1,63}(\.[^\s.<>\"\\^`{|}%$]{1,63})*\.?")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):")
_BARE_HOST = re.compile(
    r"(www\.|([a-z0-9-]+\.)+(com|org|net|info|blog|news|edu|gov|dev|app|[a-z]{2})(:\d+)?(/|$))", re.IGNORECASE
)
_FEED_FILE = re.compile(r"\.(atom|json|rdf|rss|xml|gz)$", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_OURS = {  # what fetching sets itself
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "if-modified-since",
    "if-none-match",
    "te",
    "transfer-encoding",
}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"kb": 10**3, "mb": 10**6, "kib": 2**10, "mib": 2**20, "b": 1}
_WEB = "an address that begins with http:// or https://"


def text(value: str) -> str:
    """Text for people: one line, not empty, and nothing in it that XML cannot hold."""
    line = " ".join(value.split())
    if not line:
        raise Fault("is empty", "some text")
    if clean(line) != line:
        raise Fault("holds a control character", "plain text")
    return line


def identifier(value: str) -> str:
    """The id of an author, a source or a feed; it stands in addresses."""
    if _ID.fullmatch(value):
        return value
    if "://" in value:  # not quoted, as no address is
        raise Fault("an address is no id", "an id, and the address as its url")
    meant = re.sub(r"[^a-z0-9-]+", "", slug(value))
    raise Fault(f"{quoted(value)} is no id", "small letters a-z, digits and hyphens, 100 at most", meant=meant)


def feed_name(value: str) -> str:
    """The name of a feed of feeds.yaml; the built-in ones keep theirs."""
    if value in {"combined", "featured"}:
        raise Fault(f"{quoted(value)} is the name of a built-in feed", "another name", meant=f"{value}-2")
    return identifier(value)


# -- addresses


def web(value: str) -> str:
    """An http or https address, as it was written."""
    if re.search(r"[\s\x00-\x1f\x7f\ud800-\udfff]", value):
        raise Fault("has a space or a line break in it", f"{_WEB}, with %20 for a space")
    if not (scheme := _SCHEME.match(value)):
        meant = "https://…" if re.match(r"[\w-]+\.\w", value) else ""
        raise Fault("is no web address", _WEB, meant=meant)
    if scheme[1].lower() not in {"http", "https"}:
        raise Fault(f"{quoted(scheme[1] + ':')} is not followed", _WEB, meant="https://" if scheme[1] == "feed" else "")
    if not re.match(r"//[^/?#]", value[scheme.end() :]):
        raise Fault("has no host", "https://host/path")
    if not urls.is_web(value) or not _sound_host(value):
        raise Fault("has a host or port that cannot be", "https://host/path or https://host:port/path")
    return value


def _sound_host(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return ":" in host or _HOST.fullmatch(host) is not None


def public(value: str) -> str:
    """The hub's own address, without a slash at its end."""
    parts = urlsplit(web(value))
    if "?" in value or "#" in value:
        raise Fault("has a query or a fragment", "https://host or https://host/path: addresses are built upon it")
    if parts.username is not None:
        raise Fault("has a user name in it", "https://host or https://host/path: everybody sees it")
    return value.rstrip("/")


def location(value: str, base: Path) -> str | Path:
    """Where a source is: a web address, or a file beside feeds.yaml."""
    scheme = _SCHEME.match(value)
    if scheme and scheme[1].lower() == "file":
        raise Fault(
            "a file is named by its path, not by a file: address", "/path/to/feed.xml, or a path from feeds.yaml on"
        )
    if scheme and (value[scheme.end() :].startswith("//") or scheme[1].lower() in {"http", "https", "feed"}):
        return web(value)
    if not value.strip() or re.search(r"[\x00-\x1f\x7f]", value):
        raise Fault("is neither a web address nor the path of a file", f"{_WEB}, or a path from feeds.yaml on")
    if value.startswith("~"):
        raise Fault("“~” is not expanded", "a whole path, or one from feeds.yaml on")
    if _BARE_HOST.match(value) and not _looks_like_file(value):
        raise Fault("looks like a web address without its beginning", f"{_WEB}; ./ before a path", meant="https://…")
    return Path(base, value)


def _looks_like_file(value: str) -> bool:
    return "/" not in value and _FEED_FILE.search(value) is not None


def email(value: str) -> str:
    """Something that looks like an e-mail address."""
    if not _EMAIL.fullmatch(value):
        raise Fault(f"{quoted(value)} is no e-mail address", "name@example.com")
    return value


def contact(value: str) -> str:
    """An e-mail or a web address; plain ASCII, since it stands in the User-Agent."""
    if not value.isascii():
        raise Fault("has a character that no request header may hold", "letters, digits and signs of ASCII")
    if _EMAIL.fullmatch(value):
        return value
    if not _SCHEME.match(value):
        raise Fault(
            f"{quoted(value)} is neither an e-mail nor a web address", "editor@example.com or https://example.com/about"
        )
    return web(value)


def header_name(value: str) -> str:
    """The name of a request header."""
    if not _TOKEN.fullmatch(value):
        raise Fault("is no name of a header", "letters, digits and hyphens, as in Authorization")
    if value.lower() in _OURS:
        raise Fault("is set by feedhub itself", "other headers, as Authorization")
    return value


def header_value(value: str) -> str:
    """What a request header says (RFC 9110, 5.5)."""
    if not re.fullmatch(r"[\t\x20-\x7e]*", value):
        raise Fault("has a line break or another character that no header may hold", "one line of ASCII")
    return value.strip()


def network(value: str) -> IPv4Network | IPv6Network:
    """A network of addresses, or a single one."""
    try:
        return ip_network(value)
    except ValueError:
        pass
    try:
        meant = str(ip_network(value, strict=False))  # bits beyond its mask: 127.0.0.1/8
    except ValueError:
        meant = ""
    raise Fault(f"{quoted(value)} is no network", "an address, or a range of them, as in 10.0.0.0/8", meant=meant)


# -- times and sizes


def _interval(value: str, low: int, high: int, allowed: str, unit: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,9})\s?([smhd])", value)
    if not match:
        meant = value + unit if value.isdigit() and len(value) < 10 else ""
        raise Fault(f"{quoted(value)} is no length of time", allowed, meant=meant)
    seconds = int(match[1]) * _UNITS[match[2]]
    if not low <= seconds <= high:
        raise Fault(f"{quoted(value)} is out of range", allowed)
    return timedelta(seconds=seconds)


def timeout(value: str) -> timedelta:
    """How long an answer may take."""
    return _interval(value, 1, 600, "1s to 10m", "s")


def rhythm(value: str) -> Rhythm:
    """`auto`, or an interval."""
    if value == "auto":
        return Auto.AUTO
    if len(value.split()) >= 5:
        raise Fault("a cron line stands in a mapping", '{cron: "0 7 * * mon-fri"}')
    allowed = 'auto, 5s to 365d (as in 15m, 2h, 1d), or {cron: "0 7 * * mon-fri"}'
    return Every(interval=_interval(value, 5, 365 * 86400, allowed, "m"))


def cron_line(value: str) -> Cron:
    """A cron line."""
    return Cron(line=cron.check(value))


def size(value: str) -> int:
    """A number of bytes, with its unit."""
    match = re.fullmatch(r"([0-9]{1,12})\s?([kKmM]?i?[bB])", value)
    if not match or match[2].lower() not in _SIZES:
        raise Fault(f"{quoted(value)} is no size", "1kB to 1000MB, with its unit (kB, MB, KiB, MiB)")
    count = int(match[1]) * _SIZES[match[2].lower()]
    if not 10**3 <= count <= 10**9:
        raise Fault(f"{quoted(value)} is out of range", "1kB to 1000MB")
    return count


def day(value: str) -> date:
    """A day."""
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Fault(f"{quoted(value)} is no day", "year-month-day, as in 2026-12-31")


def zone(value: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, as `America`
        names = zoneinfo.available_timezones()
        place = value.strip().replace(" ", "_").casefold()
        meant = min((name for name in names if name.casefold().split("/")[-1] == place), default="")
        choices = names if meant or not any(name.startswith(f"{value}/") for name in names) else ()
        allowed = "a name of the time zone database, as in Europe/Berlin"
        raise Fault(f"{quoted(value)} is no time zone", allowed, meant=meant, given=value, choices=choices) from None


# -- the rest


def language(value: str) -> str:
    """A language tag by its shape (BCP 47)."""
    if _LANGUAGE.fullmatch(value):
        return value
    meant = value.replace("_", "-")
    allowed = "a language tag, as in en, pt-BR"
    raise Fault(f"{quoted(value)} is no language", allowed, meant=meant if _LANGUAGE.fullmatch(meant) else "")


def content(value: str) -> ContentMode:
    """`full` or `summary`."""
    try:
        return ContentMode(value)
    except ValueError:
        raise Fault(
            f"{quoted(value)} is not known", "full or summary", given=value, choices=tuple(ContentMode)
        ) from None


def pattern(value: str) -> re.Pattern[str]:
    """A regular expression; case is ignored."""
    if not value:
        raise Fault("is empty, and would match everything", "a regular expression")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `[[`: a hint to programmers about releases to come
            return re.compile(value, re.IGNORECASE)
    except re.error as error:
        where = f" at character {error.pos + 1}" if error.pos is not None else ""
        wrong = f"is no regular expression: {error.msg}{where}"
    except (OverflowError, RecursionError):
        wrong = "is a regular expression past all bounds"
    raise Fault(wrong, "a regular expression of Python's; signs such as ( [ * + ? stand as \\( \\[ \\* \\+ \\?")
