"""An item: what it says, and what it is.

`Content` and what it is made of holds no unsafe HTML and no relative link: both end
where it is made (`ingest.sanitize`, `ingest.posts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedhub.model.ids import AuthorId, ItemId, SourceId


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
    source: SourceId | None  # of an ENTRY: the one that is credited
    sources: tuple[SourceId, ...]  # all that show it, the credited one first
    author: AuthorId | None  # of a POST
    slug: str | None  # of a POST: its folder below posts/<author>/
    tags: tuple[str, ...]  # of a POST: the slugs of its tags
    content: Content
    dated: datetime  # its own date; of an entry never later than `first_seen`, which stands in where there is none
    first_seen: datetime
    updated: datetime  # when its content last moved, by its own word where that is credible
    withdrawn: datetime | None  # its post was deleted or made a draft again
    retracted: datetime | None = None  # the admin, or its source, took it back
    held: str | None = None  # why it waits for the admin's word
    edits: int = 0  # how often its content has moved

    @property
    def hidden(self) -> bool:
        """Whether it is to be seen nowhere."""
        return bool(self.withdrawn or self.retracted or self.held)
