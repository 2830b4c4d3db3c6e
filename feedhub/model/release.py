"""The record of releases: an item's place in a feed, decided once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from feedhub.model.ids import FeedId, ItemId, SourceId

LATE = timedelta(days=30)  # how long after its date an item is still news
ARCHIVE = 50  # how many numbers an archive document is made of, for good


def archive_of(number: int) -> int:
    """The archive document in which a number has its place; documents count from 1, as numbers do."""
    return (number - 1) // ARCHIVE + 1


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
    PAST = "past"  # as what is old: by a backfill, or among a flood
    ASKED = "asked"  # the admin let it go
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
    updated: datetime | None  # what its documents say of it at least, so that it never goes back
    awaited: frozenset[SourceId]  # the sources that could not be read by then
    last_number: int
    edge: int  # the window shows what was released above it
    history: int  # the highest number that was never announced
    shown: int  # how many that is, holes included
    oldest: datetime | None  # the least date among them
    revision: int  # moves with everything that may change its documents
