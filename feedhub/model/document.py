"""What is published: a feed's document, and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedhub.model.item import Category, Enclosure, Image, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """The source that an entry was taken from (RFC 4287, 4.2.11; RSS `source`)."""

    id: str  # a URI
    title: str
    feed_url: str | None
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
    image: Image | None
    language: str | None  # where it is not the document's
    credit: Credit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What stood in a feed and was taken back (RFC 6721, `at:deleted-entry`)."""

    uid: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document of a feed, before it becomes bytes. Entries stand in their order."""

    id: str
    title: str
    subtitle: str
    language: str
    page: str  # the address of its HTML page
    atom: str  # its own addresses
    rss: str
    json: str
    updated: datetime
    author: Person  # whoever publishes it
    entries: tuple[Entry, ...]
    tombstones: tuple[Tombstone, ...] = ()
    # RFC 5005, 4: the addresses of its neighbours in the feed's past, where there are any
    current: str | None = None  # of an archive document: the subscription document
    prev_archive: str | None = None
    next_archive: str | None = None


class Format(StrEnum):
    """What a document is written in; also the end of its file's name."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A document as bytes, in each format that was asked for."""

    document: Document  # as it is written: mended, and without what had to be left out
    forms: Mapping[Format, bytes]
    left_out: Mapping[str, str]  # the ids of entries that could not be written, and why
