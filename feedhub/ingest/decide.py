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
from datetime import datetime, timedelta

from feedhub import identity, urls
from feedhub.ingest import moves, schedule
from feedhub.ingest.schedule import Told
from feedhub.model import (
    ChangedItem,
    Content,
    Description,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Hold,
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
    Whereabouts,
)
from feedhub.settings import LocalFile, Source, WebAddress


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
    dates: tuple[datetime, ...] = ()  # of the source's newest items


def decide(
    source: Source, state: SourceState, outcome: FetchOutcome, parsed: ParseOutcome | None, known: Known, moment: Moment
) -> SourceUpdate:
    """The one way from an answer to what is stored.

    `parsed` is None where there was nothing to parse: no answer, a 304, or the same
    bytes as last time.
    """
    match outcome, parsed:
        case FetchFailed(), _:
            return _failed(source, state, outcome, outcome.words, moment)
        case Fetched(), ParseFailed():
            return _failed(source, state, outcome, _no_feed(parsed), moment)
        case Fetched(), ParsedFeed():
            return _taken_in(source, state, outcome, parsed, known, moment)
        case Fetched(), _:
            good = _good(source, state, outcome, known, moment)
            return replace(good, result=PollResult.UNCHANGED, status=outcome.status, validators=outcome.validators)
        case NotModified(), _:
            held = Validators(
                etag=outcome.validators.etag or state.validators.etag,
                last_modified=outcome.validators.last_modified or state.validators.last_modified,
            )
            good = _good(source, state, replace(outcome, validators=held), known, moment)
            return replace(good, result=PollResult.NOT_MODIFIED, status=304, validators=held)


def _no_feed(parsed: ParseFailed) -> str:
    return f"{parsed.words}; it announces {', '.join(parsed.announces[:3])}" if parsed.announces else parsed.words


def _failed(
    source: Source, state: SourceState, outcome: Fetched | FetchFailed, words: str, moment: Moment
) -> SourceUpdate:
    failures = state.failures + 1
    rest, hold = timedelta(), None
    if isinstance(outcome, FetchFailed) and outcome.retry_after:
        rest = schedule.honoured(outcome.retry_after)
        until = moment.now + rest
        words = f"{words}; it asks to be left alone until {until:%Y-%m-%d %H:%M} UTC"
        if outcome.origin and outcome.status in {429, 503}:
            hold = Hold(origin=outcome.origin, until=until)
    told = Told(failures=failures, rest=rest, too_often=outcome.status == 429, asks=state.asks)
    where = moves.failed(state.whereabouts, failures)
    return SourceUpdate(
        source=source.id,
        result=PollResult.FAILED,
        status=outcome.status,
        checked=moment.now,
        next_check=_next(source, told, moment),
        whereabouts=where,
        origin=_origin(source, state, where),
        hold=hold,
        error=words,
    )


def _good(
    source: Source, state: SourceState, answer: Fetched | NotModified, known: Known, moment: Moment
) -> SourceUpdate:
    """What every good answer changes."""
    conditional = answer.validators != Validators()
    dates = known.dates or (state.added,)
    told = Told(fresh=answer.fresh, asks=state.asks, conditional=conditional, dates=dates)
    where = state.whereabouts
    if isinstance(source.location, WebAddress):
        where = moves.followed(where, answer.moved_to, source.location, moment.now)
    return SourceUpdate(
        source=source.id,
        result=PollResult.OK,
        status=200,
        checked=moment.now,
        next_check=_next(source, told, moment),
        whereabouts=where,
        origin=_origin(source, state, where),
    )


def _origin(source: Source, state: SourceState, where: Whereabouts) -> str | None:
    """Whom the next request goes to, where that is another than before."""
    if where.address == state.whereabouts.address or not isinstance(source.location, WebAddress):
        return None
    return urls.origin(where.address or source.location.url)


def _taken_in(
    source: Source, state: SourceState, answer: Fetched, feed: ParsedFeed, known: Known, moment: Moment
) -> SourceUpdate:
    new = _new(source, feed, known, moment)
    dates = (*known.dates, *(item.dated for item in new))
    return replace(
        _good(source, replace(state, asks=feed.asks), answer, replace(known, dates=dates), moment),
        status=answer.status,
        new=new,
        changed=tuple(
            _change(entry, known.items[entry.key], moment) for entry in feed.entries if entry.key in known.items
        ),
        described=Description(title=feed.title or None, site=feed.link, feed_id=feed.id, language=feed.language),
        validators=answer.validators if feed.whole else Validators(),
        body_digest=body_digest(answer.body) if feed.whole else "",
        asks=feed.asks,
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


def _next(source: Source, told: Told, moment: Moment) -> datetime:
    local = isinstance(source.location, LocalFile)
    return schedule.next_check(
        source.every, replace(told, local=local), now=moment.now, jitter=moment.jitter, cron=moment.cron
    )


def body_digest(body: bytes) -> str:
    """What tells whether an answer is the same, byte for byte, as the one before."""
    return f"1:{hashlib.sha256(body).hexdigest()[:32]}"
