"""What a document says beside its entries: where its other pages are, when to ask again, what is gone. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from feedhub import text, urls
from feedhub.ingest.raw import Raw, fields, several, string
from feedhub.model import Asks

# RFC 5005; `prev` and `previous` are both in use.
_PAGES = frozenset({"current", "first", "last", "next", "next-archive", "prev-archive", "previous"})
_IANA = "http://www.iana.org/assignments/relation/"
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 10**6  # of any number here; minutes in two years


def pages(feed: Raw, base: str) -> tuple[tuple[str, str], ...]:
    """The other documents of a feed, by what they are to this one; each relation once."""
    found: dict[str, str] = {}
    for link in several(feed, "links"):
        rel = string(link, "rel").lower().removeprefix(_IANA)
        rel = "previous" if rel == "prev" else rel
        address = urls.absolute(string(link, "href"), base) if rel in _PAGES else None
        if address and urls.is_web(address):
            found.setdefault(rel, address)
    return tuple(found.items())


def generator(feed: Raw) -> str:
    """The software that made it: a name, an address, or both."""
    return f"{string(feed, 'generator')} {string(fields(feed, 'generator_detail'), 'href')}".strip()


def asks(feed: Raw) -> Asks:
    """When it wants to be asked; what makes no sense is not asked for."""
    ttl, often = _number(string(feed, "ttl")), _number(string(feed, "sy_updatefrequency")) or 1
    period = _PERIODS.get(string(feed, "sy_updateperiod").strip().lower())
    hours = [_number(hour) for hour in feed.get("skip_hours", ())]
    days = [day.strip().lower() for day in feed.get("skip_days", ())]
    return Asks(
        ttl=timedelta(minutes=ttl) if ttl else None,
        skip_hours=frozenset(hour % 24 for hour in hours if hour is not None and hour <= 24),  # RSS 0.91 counts to 24
        skip_days=frozenset(_DAYS.index(day) for day in days if day in _DAYS),
        period=period / often if period else None,
    )


def deleted(feed: Raw, read_date: Callable[[str], datetime | None]) -> dict[str, datetime | None]:
    """The ids of what is gone, and since when (RFC 6721)."""
    found: dict[str, datetime | None] = {}
    for one in several(feed, "deleted"):
        ref = text.clean(string(one, "ref")).strip()
        if ref:
            found[ref] = read_date(string(one, "when"))
    return found


def _number(words: str) -> int | None:
    words = words.strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 and int(words) <= _LONGEST else None
