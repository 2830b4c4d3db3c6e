"""Places for what has come: use case. What becomes of it is `release`'s to say, where it belongs `membership`'s.

Whatever is stored, only what is light of an item is held at a time: a first
publication goes through all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from feedhub import identity
from feedhub.model import AuthorId, FeedId, Item, ItemId, Kind, SourceId, Via
from feedhub.output import definition, featured, release
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.output.membership import Verdict, homes, sources_of, verdict, waits
from feedhub.output.release import Arrival
from feedhub.store import items, releases, sources
from feedhub.store.db import Database, get, put

_SYNCED = "feeds_synced"
_BACKLOG = 5  # of posts together, as of each source that feeds.yaml gives no other figure


def settle(db: Database, among: Catalogue, untried: frozenset[SourceId], now: datetime) -> None:
    """Give everything its place that has come and has none. `untried`: sources that a first publication waits for."""
    moved = _sync(db, among, now)
    featured.settle(db, among, untried, now)
    _place_coming(db, among, moved, now)
    _publish_first(db, among, untried, now)


def _sync(db: Database, among: Catalogue, now: datetime) -> tuple[FeedId, ...]:
    """Hold the feeds to the configuration, where it or the tags have moved since last time.

    Returns those to which other items belong by it.
    """
    state = definition.of_catalogue(among)
    if get(db, _SYNCED) == state:
        return ()
    moved = releases.sync(db, [_wanted(feed, among, now) for feed in among.feeds.values()])
    for feed in among.feeds.values():
        if feed.shape is not Shape.FEATURED:
            releases.raise_edge(db, feed.id, feed.limit)
    put(db, _SYNCED, state)
    return moved


def is_synced(db: Database, among: Catalogue) -> bool:
    """Whether the feeds stand as the configuration asks for."""
    return get(db, _SYNCED) == definition.of_catalogue(among)


def _wanted(feed: Feed, among: Catalogue, now: datetime) -> releases.Wanted:
    return releases.Wanted(
        feed=feed.id,
        uid=identity.mint(among.config.hub.url, now, f"feeds/{feed.id}"),
        membership=definition.of_members(feed, among),
        appearance=definition.of_appearance(feed, among),
    )


def _place_coming(db: Database, among: Catalogue, moved: Iterable[FeedId], now: datetime) -> None:
    """Give a place to what has come, and to what an edit brings into the `moved` feeds, wherever it has none yet."""
    coming: defaultdict[FeedId, dict[ItemId, Arrival]] = defaultdict(dict)
    for feed in releases.published(db, moved):
        for item in _candidates(db, among.feeds[feed], among):
            coming[feed][item.id] = _arrival(item, Via.ADDED, among)
    waiting = releases.arrivals(db, now)
    been_featured = releases.ever_featured(db, waiting)
    releases.touch_items(db, waiting)
    for item in items.each(db, waiting):
        if not item.hidden and not waits(item, now):
            for home in homes(item, among, featured=item.id in been_featured):
                coming[home.id][item.id] = _arrival(item, waiting[item.id], among)
    for feed in sorted(releases.published(db, coming)):
        _place(db, among.feeds[feed], coming[feed].values(), now)
    releases.arrivals_done(db, waiting)


def _publish_first(db: Database, among: Catalogue, untried: frozenset[SourceId], now: datetime) -> None:
    """Publish for the first time what has waited for its sources, each of which has been tried by now."""
    unread = sources.unread(db)
    for waiting in releases.unpublished(db):
        feed = among.feeds.get(waiting)
        if feed and feed.shape is not Shape.FEATURED and untried.isdisjoint(sources_of(feed, among)):
            candidates = (item for item in _candidates(db, feed, among) if not item.hidden and not waits(item, now))
            _place(db, feed, (_arrival(item, Via.NEWS, among) for item in candidates), now)
            releases.first_without(db, feed.id, unread & sources_of(feed, among))


def _place(db: Database, feed: Feed, coming: Iterable[Arrival], now: datetime) -> None:
    standing = releases.standing(db, feed.id)
    arriving = {arrival.item: arrival for arrival in coming}
    placed = releases.placed(db, feed.id, arriving) if standing.last_number else frozenset()
    arrivals = [arrival for item, arrival in arriving.items() if item not in placed]
    if arrivals or standing.published is None:
        placements = release.place(standing, arrivals, limit=feed.limit, now=now)
        releases.place(db, feed.id, placements, now=now)
        releases.raise_edge(db, feed.id, feed.limit)


def _arrival(item: Item, via: Via, among: Catalogue) -> Arrival:
    source = among.config.sources.get(item.source) if item.source else None
    return Arrival(
        item=item.id,
        dated=item.dated,
        via=via,
        post=item.kind is Kind.POST,
        sources=item.sources,
        group=item.source or item.kind,
        backlog=source.backlog if source else _BACKLOG,
    )


def _candidates(db: Database, feed: Feed, among: Catalogue) -> Iterator[Item]:
    """All stored items that belong to a feed, each once."""
    been_featured = releases.ever_featured(db) if feed.shape is Shape.CUSTOM else frozenset()
    seen: set[ItemId] = set()
    for item in _near(db, feed, among, been_featured):
        if item.id not in seen and verdict(item, feed, among, featured=item.id in been_featured) is Verdict.IN:
            seen.add(item.id)
            yield item


def _near(db: Database, feed: Feed, among: Catalogue, been_featured: Iterable[ItemId]) -> Iterator[Item]:
    yield from items.each(db, been_featured)
    yield from items.of_sources(db, sources_of(feed, among))
    match feed.shape:
        case Shape.AUTHOR:
            yield from items.posts(db, author=AuthorId(feed.key))
        case Shape.TAG:
            yield from items.posts(db, tag=feed.key)
        case Shape.COMBINED | Shape.CUSTOM:
            yield from items.posts(db)
            yield from items.pinned_links(db)
        case Shape.SOURCE | Shape.FEATURED:
            pass
