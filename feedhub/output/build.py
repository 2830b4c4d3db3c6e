"""From what is stored to what is published: the order of things, and no policy.

    hold the feeds to feeds.yaml → what is featured → places for what has come, first publications
        (all in one transaction, on the disk before anything is shown)
    → the windows of touched feeds → documents → checked → data/public

Only feeds that were touched are rendered, and only files that differ are replaced.
Killed in between, the next build goes on from the record: a feed is touched until its
documents stand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedhub import files, identity
from feedhub.model import AuthorId, FeedId, Item, ItemId, Kind, SourceId, Standing, Via
from feedhub.output import assemble, definition, featured, membership, publish, release
from feedhub.output.catalogue import Catalogue, Feed, Shape, catalogue
from feedhub.output.membership import Verdict, homes, sources_of, verdict
from feedhub.settings import Config
from feedhub.store import items, outputs, posts, releases, sources
from feedhub.store.db import Database, get, put, transaction

_SYNCED = "feeds_synced"
_BACKLOG = 5  # of posts together, as of each source that feeds.yaml gives no other figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What a build has done; paths below data/public."""

    published: tuple[str, ...]  # new, or with other bytes
    unchanged: int
    removed: tuple[str, ...]
    problems: tuple[str, ...]


def build(
    db: Database, config: Config, public: Path, now: datetime, *, everything: bool = False, out: Path | None = None
) -> Built:
    """Publish what has changed. To be called by one process at a time.

    `everything`: every feed, and those too whose sources have not been tried yet.
    `out`: into that folder instead of `public`, whole, and without a record of it.
    """
    with transaction(db, durable=True):
        among = current_catalogue(db, config, now)
        moved = _sync(db, among, now)
        untried = frozenset() if everything else sources.untried(db)
        featured.settle(db, among, untried, now)
        _place_coming(db, among, moved, now)
        _publish_first(db, among, untried, now)
    if out is not None:
        return _publish_apart(db, among, out, now)
    if everything:
        releases.touch_all(db)
        files.sweep(public)
    return _publish(db, among, public, now)


# -- places


def current_catalogue(db: Database, config: Config, now: datetime) -> Catalogue:
    """The feeds of a configuration, with the tags and titles that the database knows."""
    removed = {source: definition.source_again(source, said) for source, said in sources.removed(db).items()}
    return catalogue(config, posts.tags(db), posts.tags_in_use(db, now), sources.titles(db), removed)


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


def _wanted(feed: Feed, among: Catalogue, now: datetime) -> releases.Wanted:
    return releases.Wanted(
        feed=feed.id,
        uid=identity.mint(among.config.hub.url, now, f"feeds/{feed.id}"),
        membership=definition.of_members(feed, among),
        appearance=definition.of_appearance(feed, among),
    )


def _place_coming(db: Database, among: Catalogue, moved: Iterable[FeedId], now: datetime) -> None:
    """Give a place to what has come, and to what an edit brings into the `moved` feeds, wherever it has none yet."""
    coming: defaultdict[FeedId, dict[ItemId, tuple[Item, Via]]] = defaultdict(dict)
    for feed in releases.published(db, moved):
        coming[feed] = {item.id: (item, Via.ADDED) for item in _candidates(db, among.feeds[feed], among)}
    waiting = releases.arrivals(db, now)
    featured = releases.ever_featured(db, waiting)
    for item in items.by_id(db, waiting).values():
        releases.touch_item(db, item.id)
        for home in homes(item, among, featured=item.id in featured):
            coming[home.id][item.id] = (item, waiting[item.id])
    for feed in sorted(releases.published(db, coming)):
        _place(db, among.feeds[feed], among, coming[feed].values(), now)
    releases.arrivals_done(db, waiting)


def _publish_first(db: Database, among: Catalogue, untried: frozenset[SourceId], now: datetime) -> None:
    """Publish for the first time what has waited for its sources, each of which has been tried by now."""
    unread = sources.unread(db)
    for waiting in releases.unpublished(db):
        feed = among.feeds.get(waiting)
        if feed and feed.shape is not Shape.FEATURED and untried.isdisjoint(sources_of(feed, among)):
            _place(db, feed, among, ((item, Via.NEWS) for item in _candidates(db, feed, among)), now)
            releases.first_without(db, feed.id, unread & sources_of(feed, among))


def _place(db: Database, feed: Feed, among: Catalogue, coming: Iterable[tuple[Item, Via]], now: datetime) -> None:
    standing = releases.standing(db, feed.id)
    arrivals = [
        _arrival(item, via, standing, among)
        for item, via in coming
        if not item.hidden and not membership.waits(item, now) and not releases.has_place(db, feed.id, item.id)
    ]
    if arrivals or standing.published is None:
        placements = release.place(standing, arrivals, limit=feed.limit, now=now)
        releases.place(db, feed.id, placements, now=now)
        releases.raise_edge(db, feed.id, feed.limit)


def _arrival(item: Item, via: Via, standing: Standing, among: Catalogue) -> release.Arrival:
    source = among.config.sources.get(item.source) if item.source else None
    backlog: int | None = source.backlog if source else _BACKLOG
    if via is Via.FIRST and not standing.awaited.isdisjoint(item.sources):
        backlog = None
    return release.Arrival(
        item=item.id,
        dated=item.dated,
        via=via,
        post=item.kind is Kind.POST,
        group=item.source or item.kind,
        backlog=backlog,
    )


def _candidates(db: Database, feed: Feed, among: Catalogue) -> Iterator[Item]:
    """All stored items that belong to a feed, each once."""
    featured = releases.ever_featured(db) if feed.shape is Shape.CUSTOM else frozenset()
    near = {item.id: item for item in _near(db, feed, among)} | items.by_id(db, featured)
    for item in near.values():
        if verdict(item, feed, among, featured=item.id in featured) is Verdict.IN:
            yield item


def _near(db: Database, feed: Feed, among: Catalogue) -> Iterator[Item]:
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


# -- documents


def _publish(db: Database, among: Catalogue, public: Path, now: datetime) -> Built:
    touched = [standing for standing in releases.to_render(db) if standing.feed in among.feeds]
    made = {standing.feed: _document(db, among, standing, now) for standing in touched}
    coming = [output for one in made.values() for output in one.outputs]
    changed = publish.put(public, coming)
    gone = outputs.feeds(db) - among.feeds.keys()
    stale = {path for path, feed in outputs.paths(db).items() if feed in gone} if gone else set()
    publish.remove(public, sorted(stale))
    with transaction(db):
        for feed in (*made, *gone):
            outputs.record_faults(db, feed, made[feed].faults if feed in made else {}, now)
        outputs.put(db, {output.path: output.feed for output in coming})
        outputs.forget(db, stale)
        releases.rendered(db, {standing.feed: standing.revision for standing in touched})
    return Built(
        published=changed,
        unchanged=len(coming) - len(changed),
        removed=tuple(sorted(stale)),
        problems=outputs.faults(db),
    )


def _publish_apart(db: Database, among: Catalogue, folder: Path, now: datetime) -> Built:
    standing = (one for one in releases.standings(db) if one.published and one.feed in among.feeds)
    made = [_document(db, among, one, now) for one in standing]
    coming = [output for one in made for output in one.outputs]
    changed = publish.put(folder, coming)
    faults = tuple(f"{about}: {why}" for one in made for about, why in one.faults.items())
    return Built(published=changed, unchanged=len(coming) - len(changed), removed=(), problems=faults)


def _document(db: Database, among: Catalogue, standing: Standing, now: datetime) -> publish.Made:
    feed = among.feeds[standing.feed]
    is_featured = feed.shape is Shape.FEATURED
    places = featured.places(db, among) if is_featured else dict.fromkeys(releases.window(db, feed.id))
    stored = items.by_id(db, [place.item for place in places])
    known = releases.ever_featured(db, stored)
    shown = [
        assemble.Shown(release=place, item=stored[place.item], featured=place.item in known, pin=pin)
        for place, pin in places.items()
        if not membership.waits(stored[place.item], now)
    ]
    named = sources.by_ids(db, {one.item.source for one in shown if one.item.source})
    return publish.make(feed.id, feed.folder, assemble.document(feed, standing, shown, among, named))
