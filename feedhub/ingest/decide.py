"""What one answer of one source changes. Pure: what is stored, what has come, and the time, in; a SourceUpdate out.

no answer, or no feed       → nothing known is touched; the error in words, a later check
304, or the same bytes      → a later check
a feed                      → unknown entries are new items; known ones that say something else are
changed; what a document no longer shows stays
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from feedhub import identity
from feedhub.ingest import schedule
from feedhub.model import (
    ChangedItem,
    Content,
    Description,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Item,
    NewItem,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    ParseFailed,
    ParseOutcome,
    PollResult,
    SourceState,
    SourceUpdate,
    Validators,
)
from feedhub.settings import LocalFile, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All that a decision depends on and that is not stored."""

    now: datetime
    jitter: float  # in [0, 1)
    hub_url: str
    cron: Callable[[str, datetime], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored of the entries of a document."""

    items: Mapping[str, Item]  # by key, within the source
    taken: Container[str]  # the ids that items bear


def decide(
    source: Source, state: SourceState, outcome: FetchOutcome, parsed: ParseOutcome | None, known: Known, moment: Moment
) -> SourceUpdate:
    """The one way from an answer to what is stored.

    `parsed` is None where there was nothing to parse: no answer, a 304, or the same
    bytes as last time.
    """
    match outcome, parsed:
        case FetchFailed(), _:
            return _failed(source, state, moment, outcome.words, status=outcome.status, retry=outcome.retry_after)
        case Fetched(), ParseFailed():
            return _failed(source, state, moment, parsed.words, status=outcome.status)
        case Fetched(), ParsedFeed():
            return _taken_in(source, outcome, parsed, known, moment)
        case ((NotModified() | Fetched()), _):
            return SourceUpdate(
                source=source.id,
                result=PollResult.NOT_MODIFIED if isinstance(outcome, NotModified) else PollResult.UNCHANGED,
                status=304 if isinstance(outcome, NotModified) else outcome.status,
                checked=moment.now,
                next_check=_next(source, moment, failures=0),
                validators=outcome.validators if outcome.validators != Validators() else None,
            )


def _failed(
    source: Source, state: SourceState, moment: Moment, words: str, *, status: int | None, retry: int | None = None
) -> SourceUpdate:
    return SourceUpdate(
        source=source.id,
        result=PollResult.FAILED,
        status=status,
        checked=moment.now,
        next_check=_next(source, moment, failures=state.failures + 1, retry=retry),
        error=words,
    )


def _taken_in(source: Source, answer: Fetched, feed: ParsedFeed, known: Known, moment: Moment) -> SourceUpdate:
    return SourceUpdate(
        source=source.id,
        result=PollResult.OK,
        status=answer.status,
        checked=moment.now,
        next_check=_next(source, moment, failures=0),
        new=_new(source, feed, known, moment),
        changed=tuple(
            _change(entry, known.items[entry.key], moment) for entry in feed.entries if entry.key in known.items
        ),
        described=Description(title=feed.title or None, site=feed.link, feed_id=feed.id, language=feed.language),
        validators=answer.validators if feed.whole else Validators(),
        body_digest=body_digest(answer.body) if feed.whole else "",
        notes=feed.notes,
    )


def _new(source: Source, feed: ParsedFeed, known: Known, moment: Moment) -> tuple[NewItem, ...]:
    new: list[NewItem] = []
    borne: set[str] = set()  # by the entries before it: a source may name one as we would another
    for entry in feed.entries:
        if entry.key in known.items:
            continue
        uid = identity.entry_uid(
            entry.origin_id, entry.key, known.taken, borne, source=source.id, hub_url=moment.hub_url, now=moment.now
        )
        borne.add(uid)
        published = entry.content.published or entry.content.updated
        dated = min(published or moment.now, moment.now)
        new.append(
            NewItem(
                uid=uid,
                key=entry.key,
                digest=entry.digest,
                content=entry.content,
                dated=dated,
                updated=max(dated, min(entry.content.updated or dated, moment.now)),
            )
        )
    return tuple(new)


def _change(entry: ParsedEntry, item: Item, moment: Moment) -> ChangedItem:
    """A known entry whose bytes moved. Its `updated` moves only if what it says did."""
    same = _said(entry.content) == _said(item.content)
    stated = entry.content.updated
    credible = stated is not None and item.updated < stated <= moment.now
    return ChangedItem(
        item=item.id,
        key=entry.key,
        digest=entry.digest,
        content=None if same else entry.content,
        updated=item.updated if same else stated if credible and stated else moment.now,
    )


def _said(content: Content) -> Content:
    return replace(content, published=None, updated=None)


def _next(source: Source, moment: Moment, *, failures: int, retry: int | None = None) -> datetime:
    return schedule.next_check(
        source.every,
        now=moment.now,
        failures=failures,
        retry_after=retry,
        local=isinstance(source.location, LocalFile),
        jitter=moment.jitter,
        cron=moment.cron,
    )


def body_digest(body: bytes) -> str:
    """What tells whether an answer is the same, byte for byte, as the one before."""
    return f"1:{hashlib.sha256(body).hexdigest()[:32]}"
