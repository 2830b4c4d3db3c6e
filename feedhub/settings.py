"""What feeds.yaml asks for, as values: every default filled in, every reference known to hold.

`config.schema` makes these from text; nothing else makes them, and nothing changes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from zoneinfo import ZoneInfo

from feedhub.model import AuthorId, Image, SourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The publication itself."""

    title: str
    url: str  # public address, without a trailing slash
    description: str
    language: str  # BCP 47
    timezone: ZoneInfo
    contact: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """One who writes here. `blog` titles the author's feed and page."""

    id: AuthorId
    name: str
    blog: str
    email: str | None
    url: str | None
    about: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """An http(s) address as it is fetched. It may hold secrets: show `urls.redacted(url)`."""

    url: str = field(repr=False)
    secret: bool  # made with ${…}, or bears credentials or a token: never published


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A feed in a file; absolute."""

    path: Path


class Auto(StrEnum):
    """How often: as the source's own rhythm asks for."""

    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """A fixed interval, five seconds at least."""

    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """At the times of a cron line, in hub.timezone."""

    line: str


Rhythm = Auto | Every | Cron


class ContentMode(StrEnum):
    """What of an item is republished."""

    FULL = "full"
    SUMMARY = "summary"


FILTER_FIELDS = ("title", "author", "tag", "link", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Regular expressions by field; an item matches when every field given does, anywhere, case ignored."""

    patterns: Mapping[str, re.Pattern[str]]  # keys of FILTER_FIELDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed that is read."""

    id: SourceId
    location: WebAddress | LocalFile
    title: str | None  # None: as the feed calls itself
    author: AuthorId | None  # all its items are by this author
    bylines: tuple[AuthorId, ...]  # and these, where a byline names them; `all` is every author
    tags: tuple[str, ...]
    every: Rhythm
    backlog: int
    flood: int  # more unknown items than this in one answer are looked at twice
    content: ContentMode
    keep: Filter | None
    drop: Filter | None
    headers: Mapping[str, str] = field(repr=False)
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A featured link: an item that the hub holds, or any address with a title of its own."""

    url: str
    title: str | None
    summary: str | None
    image: Image | None
    until: date | None  # the last day, in hub.timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class Featured:
    """What an editor puts beside the posts."""

    title: str
    limit: int
    sources: tuple[SourceId, ...]
    pins: tuple[Pin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a custom feed draws from; an item belongs when any of these holds it."""

    posts: bool
    featured: bool
    authors: tuple[AuthorId, ...]
    sources: tuple[SourceId, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFeed:
    """A feed beyond the built-in ones."""

    name: str
    title: str
    selection: Selection | None  # None: everything that the combined feed holds
    keep: Filter | None
    drop: Filter | None
    limit: int
    content: ContentMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Bounds of reading: `timeout` for a whole answer, `max_size` in bytes on the wire."""

    concurrency: int
    flood: int  # of sources that say nothing else
    timeout: timedelta
    max_size: int
    allow: tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where `run` listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """`limit`: items in a subscription document. `archive`: whether older ones are to be had as well."""

    limit: int
    archive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of feeds.yaml."""

    hub: Hub
    authors: Mapping[AuthorId, Author]
    sources: Mapping[SourceId, Source]
    featured: Featured | None
    feeds: Mapping[str, CustomFeed]
    fetch: Fetch
    server: Server
    publish: Publish
