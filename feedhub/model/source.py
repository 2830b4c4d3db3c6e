"""A source as it is known, and what one of its answers changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feedhub.model.answer import Validators
from feedhub.model.ids import ItemId, SourceId
from feedhub.model.item import Content


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
