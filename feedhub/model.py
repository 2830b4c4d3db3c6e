"""Every value that crosses a module border, but for the configuration (`settings`).

Frozen, slotted, keyword-only. Many is a tuple, absent is `None`; times are aware,
in UTC, of whole seconds. `Content` and what is made of it holds no unsafe HTML and
no relative link: both end where it is made (`ingest.sanitize`, `ingest.posts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

AuthorId = NewType("AuthorId", str)
SourceId = NewType("SourceId", str)
FeedId = NewType("FeedId", str)  # combined, featured, authors/ID, sources/ID, tags/SLUG, or a custom feed's name
ItemId = NewType("ItemId", int)  # the database's own key; what is published is `uid`


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of feeds.yaml or of a post, with its place (1-based; 0 when it has none)."""

    file: str
    line: int
    column: int
    path: str  # where in the document: `sources.news.url`
    message: str  # what is wrong; what is allowed; did you mean

    def __str__(self) -> str:
        """`feeds.yaml:12:5: sources.news.url: what is wrong; …`"""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


# -- what an item says


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author as a feed names one (RFC 4287, 3.2)."""

    name: str
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """RFC 4287, 4.2.2; RSS `category` with its `domain`."""

    term: str
    scheme: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item. `length` in bytes, `None` where the source tells none."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An item's one image, with the words for those who do not see it."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an item says: harmless, absolute, and free of characters that XML cannot hold."""

    title: str  # plain text, one line; empty where there is none
    link: str | None  # http, https or mailto
    summary: str = ""  # plain text; only where the item has one of its own
    html: str = ""  # the whole; empty where only a summary is known
    authors: tuple[Person, ...] = ()  # bylines as the origin wrote them
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: Image | None = None
    language: str | None = None  # BCP 47
    published: datetime | None = None  # as the origin says, already held to be possible
    updated: datetime | None = None


class Kind(StrEnum):
    """What an item is."""

    ENTRY = "entry"  # a source's
    POST = "post"  # a file in data/posts
    LINK = "link"  # a pin of feeds.yaml that no source brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag of posts and sources, with its place in addresses."""

    slug: str
    name: str  # as it was first written


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it is stored."""

    id: ItemId
    uid: str  # the id that is published: a URI, for good
    kind: Kind
    source: SourceId | None  # of an ENTRY
    author: AuthorId | None  # of a POST
    slug: str | None  # of a POST: its folder below posts/<author>/
    tags: tuple[str, ...]  # of a POST: the slugs of its tags
    content: Content
    dated: datetime  # its own date; of an entry never later than `first_seen`, which stands in where there is none
    first_seen: datetime
    updated: datetime  # when its content last moved, by its own word where that is credible
    withdrawn: datetime | None  # its post was deleted or made a draft again


# -- what a source answers


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: what is known still holds."""

    validators: Validators  # those of the 304, where it sent any


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No answer that can be used, in words that an admin understands and that hold no secret."""

    stage: Stage
    words: str
    status: int | None = None
    retry_after: int | None = None  # seconds


FetchOutcome = Fetched | NotModified | FetchFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One entry of a document."""

    key: str  # what tells it from its source's others: its origin id, else its link, else a digest of it
    origin_id: str | None  # guid or id as the source wrote it; None where `key` is a substitute
    digest: str  # of all it says, before sanitising; carries its version
    content: Content


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    """A document that is no feed, or that broke or outlasted the parser."""

    words: str


ParseOutcome = ParsedFeed | ParseFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of a source, as stored. Never-tried has `last_checked` None."""

    id: SourceId
    location: str  # redacted: safe to show
    added: datetime
    title: str | None
    site: str | None
    feed_id: str | None
    language: str | None
    validators: Validators
    body_digest: str | None
    last_checked: datetime | None
    last_ok: datetime | None
    next_check: datetime
    failures: int  # in a row
    error: str | None
    gone: bool  # it answered 410: it is not asked again
    paused: bool
    removed: datetime | None  # since when feeds.yaml no longer names it


class PollResult(StrEnum):
    """What came of one poll of one source (contract, `poll --json`)."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"


# -- what is decided of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An entry that nobody has seen before."""

    uid: str
    key: str
    digest: str
    content: Content
    dated: datetime
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """A known item under one of its keys; `content` is None where only the digest moved."""

    item: ItemId
    key: str
    digest: str
    content: Content | None
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a feed says of itself."""

    title: str | None
    site: str | None
    feed_id: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUpdate:
    """All that one answer of one source changes; stored in one transaction."""

    source: SourceId
    result: PollResult
    status: int | None
    checked: datetime
    next_check: datetime
    new: tuple[NewItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    described: Description | None = None  # None: as it was
    validators: Validators | None = None  # None: as they were
    body_digest: str | None = None  # None: as it was
    error: str | None = None
    notes: tuple[str, ...] = ()


# -- posts


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post's file, read and rendered. `content.published` is always set, `content.link` never."""

    path: str  # relative to the posts folder, with forward slashes
    author: AuthorId
    slug: str  # as wanted; what it becomes when taken already is the store's to say
    slug_given: bool  # front matter says so, not the file's name
    uid: str | None  # front matter's `id`
    draft: bool
    digest: str  # of the file's bytes; carries its version
    stamp: str  # of the bytes and of all else that its rendering depends on
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post as it was last stored."""

    item: ItemId
    path: str  # where its file was last seen
    author: AuthorId
    digest: str  # of that file's bytes
    uid: str
    date: datetime
    title: str
    live: bool  # not withdrawn: its file was there and was no draft


# -- what is published


class ReleaseState(StrEnum):
    """What became of an item in a feed, once."""

    RELEASED = "released"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One item's place in one feed: decided once, read ever after.

    Windows, archive documents, tombstones and `explain` are all read from these.
    """

    feed: FeedId
    number: int  # grows by one within a feed, never reused
    item: ItemId
    at: datetime  # when it was placed
    dated: datetime  # the date it goes by in this feed's documents
    state: ReleaseState


class Via(StrEnum):
    """How an item came to be known to a feed."""

    NEWS = "news"  # in the ordinary way
    FIRST = "first"  # in a source's first answer
    ADDED = "added"  # by an edit of feeds.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An item's place in a feed, decided and not yet written down."""

    item: ItemId
    number: int
    dated: datetime
    state: ReleaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a feed has come, as its record says."""

    feed: FeedId
    uid: str  # atom:id
    published: datetime | None  # its first publication; None: not yet
    last_number: int
    edge: int  # the window shows what was released above it
    shown: int  # how many that is, holes included
    oldest: datetime | None  # the least date among them
    revision: int  # moves with everything that may change its documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The source that an entry was taken from (RFC 4287, 4.2.11; RSS `source`)."""

    id: str  # a URI
    title: str
    feed_url: str
    site: str | None
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as it stands in one feed's document."""

    uid: str
    title: str  # never empty
    link: str | None
    published: datetime
    updated: datetime
    authors: tuple[Person, ...]  # never empty
    summary: str  # plain text; a true summary, may be empty
    html: str  # the whole; empty where only the summary is published
    categories: tuple[Category, ...]
    enclosures: tuple[Enclosure, ...]
    language: str | None
    credit: Credit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed's subscription document, before it becomes bytes. Entries stand in their order."""

    id: str
    title: str
    subtitle: str
    language: str
    page: str  # the address of its HTML page
    atom: str  # its own addresses
    rss: str
    updated: datetime
    author: Person  # whoever publishes it
    entries: tuple[Entry, ...]


class Format(StrEnum):
    """What a document is written in; also the end of its file's name."""

    ATOM = "atom"
    RSS = "rss"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An entry that a document could not hold, with the reason."""

    uid: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A document as bytes, and whatever had to be left out so that the others keep their places."""

    format: Format
    data: bytes
    left_out: tuple[LeftOut, ...] = ()


# -- how the hub is


class HealthStatus(StrEnum):
    """Failing is what a restart, or somebody, must end; degraded is what is only to be known."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What /healthz tells."""

    status: HealthStatus
    problems: tuple[str, ...]  # in words, without secrets
    heartbeat_age_s: float

    @property
    def http_status(self) -> int:
        """503 asks whoever watches for a restart."""
        return 503 if self.status is HealthStatus.FAILING else 200
