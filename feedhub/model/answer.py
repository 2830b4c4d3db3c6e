"""What a source answers, and what could be read in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from feedhub.model.item import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a conditional request sends back, byte for byte (RFC 9110, 8.8 and 13.1)."""

    etag: str | None = None
    last_modified: str | None = None


class Stage(StrEnum):
    """Where a fetch, or what came of it, failed."""

    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    ANSWER = "answer"  # an HTTP status, or no HTTP at all
    SIZE = "size"
    TIME = "time"
    DECODE = "decode"  # content coding
    REFUSED = "refused"  # the guard, a redirect too many, an address that may not be fetched
    PARSE = "parse"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole answer; `body` is decoded and within bounds."""

    body: bytes
    url: str  # where it came from in the end; for a file, empty
    status: int
    content_type: str | None
    validators: Validators
    fresh: int = 0  # seconds for which it says that it holds: it is not to be asked again before
    moved_to: str | None = None  # where redirects led, all of them permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: what is known still holds."""

    validators: Validators  # those of the 304, where it sent any
    fresh: int = 0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No answer that can be used, in words that an admin understands and that hold no secret."""

    stage: Stage
    words: str
    status: int | None = None
    retry_after: int | None = None  # seconds
    origin: str | None = None  # that said so: it may be another than the source's


FetchOutcome = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One entry of a document."""

    key: str  # what tells it from its source's others: its origin id, else its link, else a digest of it
    origin_id: str | None  # guid or id as the source wrote it; None where `key` is a substitute
    digest: str  # of all it says, before sanitising; carries its version
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """When a source wants to be asked, in its own words: RSS 2.0 `ttl`, `skipHours`, `skipDays`; RSS 1.0 `sy:`."""

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()  # 0 to 23, UTC
    skip_days: frozenset[int] = frozenset()  # as `datetime.weekday` counts: Monday is 0
    period: timedelta | None = None  # sy:updatePeriod divided by sy:updateFrequency

    def open_from(self, at: datetime) -> datetime:
        """The first moment from `at` on, in steps of an hour, that it does not skip."""
        for hours in range(7 * 24):
            later = (at + timedelta(hours=hours)).astimezone(UTC)
            if later.hour not in self.skip_hours and later.weekday() not in self.skip_days:
                return later
        return at  # it names every hour: it means none


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document that could be read.

    `entries` are those whose (key, digest) was not known; `keys` are all, in the document's order.
    """

    title: str
    link: str | None  # the site
    id: str | None  # atom:id, where it is a URI
    language: str | None
    entries: tuple[ParsedEntry, ...]
    keys: tuple[str, ...]
    whole: bool = True  # False: it was cut off; there may be more, so its validators are not kept
    notes: tuple[str, ...] = ()  # what was odd, in words: cut off, mislabelled, entries past the limit
    deleted: tuple[str, ...] = ()  # the origin ids of what the source has withdrawn (RFC 6721)
    pages: tuple[tuple[str, str], ...] = ()  # (rel, address) of its other documents: prev-archive, next … (RFC 5005)
    generator: str = ""  # the software that made it, by its own word
    complete: bool = False  # it says that it lists all its entries (RFC 5005, 2)
    archive: bool = False  # it says that it is an archive document, which does not change (RFC 5005, 4)
    asks: Asks = Asks()
    remembered: str = ""  # of its entries, by their bytes: for the next reading alone (`ingest.cut`)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """A document that is no feed, or that broke or outlasted the parser."""

    words: str
    announces: tuple[str, ...] = ()  # the feeds that a web page names, the likeliest first


ParseOutcome = ParsedFeed | ParseFailed
