"""What one answer of one source changes. Pure: what is stored, what has come, and the time, in; a SourceUpdate out.

no answer, or no feed       → nothing known is touched; the error in words, a later check
304, or the same bytes      → a later check
a feed                      → known entries that say something else are changed; others are recognised
                              (`recognise`), or are new items, whose fate is told (`flood`); what the
                              source says it has withdrawn is retracted; what it no longer shows stays
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from feedhub import identity, urls
from feedhub.ingest import moves, schedule
from feedhub.ingest.flood import fates, stated
from feedhub.ingest.gaps import Repair
from feedhub.ingest.recognise import Neighbours, recognise
from feedhub.ingest.schedule import Told
from feedhub.model import (
    AlsoSeen,
    ChangedItem,
    Content,
    Description,
    Fate,
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
    SourceId,
    SourceState,
    SourceUpdate,
    Validators,
    Via,
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


_MANY_EDITS = 10  # of one item; from then on one a day counts: some stamp the clock into every answer
_SELDOM = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is stored of the entries of a document."""

    items: Mapping[str, Item]  # by key, within the source
    taken: Container[str]  # the ids that items bear
    near: Neighbours = field(default_factory=Neighbours)
    dates: tuple[datetime, ...] = ()  # of the source's newest items


_NOTHING_MISSING = Repair()


def decide(
    source: Source,
    state: SourceState,
    outcome: FetchOutcome,
    parsed: ParseOutcome | None,
    known: Known,
    moment: Moment,
    repair: Repair = _NOTHING_MISSING,
) -> SourceUpdate:
    """The one way from an answer to what is stored.

    `parsed` is None where there was nothing to parse: no answer, a 304, or the same
    bytes as last time. What a repair has read is `past`'s.
    """
    match outcome, parsed:
        case FetchFailed(), _:
            return _failed(source, state, outcome, outcome.words, moment)
        case Fetched(), ParseFailed():
            return _failed(source, state, outcome, _no_feed(parsed), moment)
        case Fetched(), ParsedFeed():
            return _taken_in(source, state, outcome, parsed, known, moment, repair)
        case ((NotModified() | Fetched()), _):
            return _good(source, state, outcome, known, moment, repair)


def _no_feed(parsed: ParseFailed) -> str:
    announced = ", ".join(map(urls.redacted, parsed.announces[:3]))
    return f"{parsed.words}; it announces {announced}" if announced else parsed.words


def _failed(
    source: Source, state: SourceState, outcome: Fetched | FetchFailed, words: str, moment: Moment
) -> SourceUpdate:
    failures = state.failures + 1
    rest = timedelta()
    if isinstance(outcome, FetchFailed) and outcome.retry_after:
        rest = schedule.honoured(outcome.retry_after)
        words = f"{words}; it asks to be left alone until {moment.now + rest:%Y-%m-%d %H:%M} UTC"
    told = Told(
        failures=failures,
        rest=rest,
        too_often=outcome.status == 429,
        asks=state.asks,
        local=isinstance(source.location, LocalFile),
    )
    where = moves.failed(state.whereabouts, failures)
    return SourceUpdate(
        source=source.id,
        result=PollResult.FAILED,
        status=outcome.status,
        checked=moment.now,
        next_check=_next(source, told, moment),
        whereabouts=where,
        origin=_origin(source, state, where),
        hold=hold(outcome, moment.now),
        gap=state.gap,
        error=words,
    )


def hold(outcome: Fetched | FetchFailed | ParseFailed, now: datetime) -> Hold | None:
    """The word of an origin, not only of one address, that it is to be left alone."""
    if isinstance(outcome, FetchFailed) and outcome.retry_after and outcome.origin and outcome.status in {429, 503}:
        return Hold(origin=outcome.origin, until=now + schedule.honoured(outcome.retry_after))
    return None


def _good(
    source: Source, state: SourceState, answer: Fetched | NotModified, known: Known, moment: Moment, repair: Repair
) -> SourceUpdate:
    """What every good answer changes, and all that one without news does."""
    told = Told(
        fresh=answer.fresh,
        asks=state.asks,
        conditional=isinstance(answer, NotModified) or answer.validators != Validators(),
        dates=known.dates or (state.added,),
        gap=repair.rolled or repair.gap is not None,
        local=isinstance(source.location, LocalFile),
    )
    where = state.whereabouts
    if isinstance(source.location, WebAddress):
        where = moves.followed(where, answer.moved_to, source.location, moment.now)
    return SourceUpdate(
        source=source.id,
        result=PollResult.NOT_MODIFIED if isinstance(answer, NotModified) else PollResult.UNCHANGED,
        status=304 if isinstance(answer, NotModified) else answer.status,
        checked=moment.now,
        next_check=_next(source, told, moment),
        validators=_renewed(state.validators, answer),
        whereabouts=where,
        origin=_origin(source, state, where),
        hold=repair.hold,
        gap=repair.gap,
        notes=repair.notes,
    )


def _described(feed: ParsedFeed, source: Source) -> Description:
    """What a feed says of itself, but for what bears the secret of its address: some name that as their id or site."""
    location = source.location
    own = urls.link_key(location.url) if isinstance(location, WebAddress) and location.secret else None
    site, feed_id = (
        None if address and (urls.has_secret(address) or (own and urls.link_key(address) == own)) else address
        for address in (feed.link, feed.id)
    )
    return Description(title=feed.title or None, site=site, feed_id=feed_id, language=feed.language)


def _renewed(known: Validators, answer: Fetched | NotModified) -> Validators:
    """A whole answer brings all its validators, a 304 only those that it names."""
    if isinstance(answer, Fetched):
        return answer.validators
    return Validators(
        etag=answer.validators.etag or known.etag, last_modified=answer.validators.last_modified or known.last_modified
    )


def _origin(source: Source, state: SourceState, where: Whereabouts) -> str | None:
    """Whom the next request goes to, where that is another than before."""
    if where.address == state.whereabouts.address or not isinstance(source.location, WebAddress):
        return None
    return urls.origin(where.address or source.location.url)


def _taken_in(
    source: Source,
    state: SourceState,
    answer: Fetched,
    feed: ParsedFeed,
    known: Known,
    moment: Moment,
    repair: Repair,
) -> SourceUpdate:
    strange = [entry for entry in feed.entries if entry.key not in known.items]
    found = recognise(strange, feed.keys, source.id, known.near)
    unknown = [entry for entry in strange if entry.key not in found.same]
    news = [entry for entry in unknown if entry.key not in found.elsewhere]
    told = fates(news, last_ok=state.last_ok, most=source.flood, now=moment.now)
    new = new_items(news, told, source.id, known, moment, undated=moment.now)
    withdrawn = (known.items.get(key) for key in feed.deleted)
    dates = (*known.dates, *(item.dated for item in new))
    return replace(
        _good(source, replace(state, asks=feed.asks), answer, replace(known, dates=dates), moment, repair),
        result=PollResult.OK,
        new=new,
        changed=tuple(_changed(feed.entries, {**known.items, **found.same}, source, moment)),
        also=tuple(
            also_seen(entry, found.elsewhere[entry.key], Via.NEWS if state.last_ok else Via.FIRST)
            for entry in unknown
            if entry.key in found.elsewhere
        ),
        retracted=tuple(item.id for item in withdrawn if item and item.source == source.id and not item.retracted),
        described=_described(feed, source),
        validators=answer.validators if feed.whole else Validators(),
        body_digest=body_digest(answer.body) if feed.whole else "",
        asks=feed.asks,
        remembered=feed.remembered,
        notes=(*feed.notes, *repair.notes),
    )


def new_items(
    unknown: Sequence[ParsedEntry],
    told: Sequence[Fate],
    source: SourceId,
    known: Known,
    moment: Moment,
    *,
    undated: datetime,
) -> tuple[NewItem, ...]:
    """Entries that nobody has seen before, each with its fate, as items."""
    new: list[NewItem] = []
    borne: set[str] = set()  # by the entries before it: a source may name one as we would another
    for entry, fate in zip(unknown, told, strict=True):
        uid = identity.entry_uid(
            entry.origin_id, entry.key, known.taken, borne, source=source, hub_url=moment.hub_url, now=moment.now
        )
        borne.add(uid)
        dated = min(stated(entry) or undated, moment.now)
        new.append(
            NewItem(
                uid=uid,
                key=entry.key,
                digest=entry.digest,
                content=entry.content,
                dated=dated,
                updated=max(dated, min(entry.content.updated or dated, moment.now)),
                fate=fate,
            )
        )
    return tuple(new)


def _changed(
    entries: Sequence[ParsedEntry], items: Mapping[str, Item], source: Source, moment: Moment
) -> Iterator[ChangedItem]:
    for entry in entries:
        item = items.get(entry.key)
        if item and item.source == source.id and item.edits >= _MANY_EDITS and moment.now - item.updated < _SELDOM:
            continue
        if item:
            yield _change(entry, item, moment, ours=item.source == source.id)


def _change(entry: ParsedEntry, item: Item, moment: Moment, *, ours: bool) -> ChangedItem:
    """A known entry whose bytes moved. Its `updated` moves only if what it says did, in the source that is credited."""
    same = not ours or _said(entry.content) == _said(item.content)
    updated = entry.content.updated
    credible = updated is not None and item.updated < updated <= moment.now
    return ChangedItem(
        item=item.id,
        key=entry.key,
        digest=entry.digest,
        content=None if same else entry.content,
        updated=item.updated if same else updated if credible and updated else moment.now,
    )


def also_seen(entry: ParsedEntry, item: Item, via: Via) -> AlsoSeen:
    """An entry that is an item of another source: one item in every feed."""
    return AlsoSeen(item=item.id, key=entry.key, digest=entry.digest, content=entry.content, via=via)


def _said(content: Content) -> Content:
    return replace(content, published=None, updated=None)


def _next(source: Source, told: Told, moment: Moment) -> datetime:
    return schedule.next_check(source.every, told, now=moment.now, jitter=moment.jitter, cron=moment.cron)


def body_digest(body: bytes) -> str:
    """What tells whether an answer is the same, byte for byte, as the one before."""
    return f"1:{hashlib.sha256(body).hexdigest()[:32]}"
