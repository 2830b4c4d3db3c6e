"""A source as it is known, and what one of its answers changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from feedhub.model.answer import Asks, Validators
from feedhub.model.ids import ItemId, SourceId
from feedhub.model.item import Content
from feedhub.model.release import Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a source is, if not where feeds.yaml says."""

    address: str | None = None  # asked in place of feeds.yaml's: a move that has held
    moved_to: str | None = None  # where its redirects lead for good; redacted where it may hold a secret
    moved_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An origin's word that it is to be left alone."""

    origin: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a source showed, and dropped again, while nobody looked."""

    since: datetime  # the newest that was known
    until: datetime  # the oldest that it showed afterwards
    missing: int | None  # about how many, by its rhythm
    noticed: datetime
    page: str | None = None  # the earlier document with which its repair goes on


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
    leased: bool = False  # somebody is reading it now
    held_until: datetime | None = None  # its origin's Retry-After
    whereabouts: Whereabouts = Whereabouts()
    asks: Asks = field(default_factory=Asks)
    gap: Gap | None = None


class PollResult(StrEnum):
    """What came of one poll of one source (contract, `poll --json`)."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """It waits for the admin's word."""

    why: str


Fate = Via | Held


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An entry that nobody has seen before."""

    uid: str
    key: str
    digest: str
    content: Content
    dated: datetime
    updated: datetime
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoSeen:
    """An item of another source, or a pin, that this source shows too."""

    item: ItemId
    key: str
    digest: str
    content: Content
    via: Via


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
class Brought:
    """What one document of a source brings."""

    source: SourceId
    checked: datetime
    new: tuple[NewItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    also: tuple[AlsoSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUpdate(Brought):
    """All that one answer of one source changes; stored in one transaction."""

    result: PollResult
    status: int | None
    next_check: datetime
    retracted: tuple[ItemId, ...] = ()
    described: Description | None = None  # None: as it was
    validators: Validators | None = None  # None: as they were
    whereabouts: Whereabouts = Whereabouts()
    origin: str | None = None  # of the address that is asked from now on; None: as it was
    hold: Hold | None = None
    gap: Gap | None = None
    asks: Asks | None = None  # None: as it was
    remembered: str | None = None  # None: as it was
    body_digest: str | None = None  # None: as it was
    error: str | None = None
    notes: tuple[str, ...] = ()
