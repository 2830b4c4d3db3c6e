"""From what is stored to what is published: the order of things, and no policy.

    hold the feeds to feeds.yaml → what is featured → places for what has come, first publications
        (all in one transaction, on the disk before anything is shown)
    → the windows of touched feeds → documents → checked → data/public

Only feeds that were touched are rendered, and only files that differ are replaced.
Killed in between, the next build goes on from the record: a feed is touched until its
documents stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedhub import files
from feedhub.model import Standing
from feedhub.output import assemble, definition, featured, places, publish
from feedhub.output.catalogue import Catalogue, Shape, catalogue
from feedhub.output.membership import waits
from feedhub.settings import Config
from feedhub.store import items, outputs, posts, releases, sources
from feedhub.store.db import Database, transaction


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
        places.settle(db, among, frozenset() if everything else sources.untried(db), now)
    if out is not None:
        return _publish_apart(db, among, out, now)
    if everything:
        releases.touch_all(db)
        files.sweep(public)
    return _publish(db, among, public, now)


def current_catalogue(db: Database, config: Config, now: datetime) -> Catalogue:
    """The feeds of a configuration, with the tags and titles that the database knows."""
    removed = {source: definition.source_again(source, said) for source, said in sources.removed(db).items()}
    return catalogue(config, posts.tags(db), posts.tags_in_use(db, now), sources.titles(db), removed)


# -- documents


def _publish(db: Database, among: Catalogue, public: Path, now: datetime) -> Built:
    touched = [standing for standing in releases.to_render(db) if standing.feed in among.feeds]
    gone = outputs.feeds(db) - among.feeds.keys()
    done = publish.put(public, (_document(db, among, standing, now) for standing in touched))
    stale = {path for path, feed in outputs.paths(db).items() if feed in gone} if gone else set()
    publish.remove(public, sorted(stale))
    with transaction(db):
        for feed in gone:
            outputs.record_faults(db, feed, {}, now)
        for feed, faults in done.faults.items():
            outputs.record_faults(db, feed, faults, now)
        outputs.put(db, done.paths)
        outputs.forget(db, stale)
        releases.rendered(db, {standing.feed: standing.revision for standing in touched})
    return Built(
        published=done.changed,
        unchanged=len(done.paths) - len(done.changed),
        removed=tuple(sorted(stale)),
        problems=outputs.faults(db),
    )


def _publish_apart(db: Database, among: Catalogue, folder: Path, now: datetime) -> Built:
    standings = (one for one in releases.standings(db) if one.published and one.feed in among.feeds)
    done = publish.put(folder, (_document(db, among, one, now) for one in standings))
    problems = tuple(f"{about}: {why}" for faults in done.faults.values() for about, why in faults.items())
    return Built(published=done.changed, unchanged=len(done.paths) - len(done.changed), removed=(), problems=problems)


def _document(db: Database, among: Catalogue, standing: Standing, now: datetime) -> publish.Made:
    feed = among.feeds[standing.feed]
    is_featured = feed.shape is Shape.FEATURED
    window = featured.places(db, among) if is_featured else dict.fromkeys(releases.window(db, feed.id))
    stored = items.by_id(db, [place.item for place in window])
    known = releases.ever_featured(db, stored)
    shown = [
        assemble.Shown(release=place, item=stored[place.item], featured=place.item in known, pin=pin)
        for place, pin in window.items()
        if not waits(stored[place.item], now)
    ]
    named = sources.by_ids(db, {one.item.source for one in shown if one.item.source})
    return publish.make(feed.id, feed.folder, assemble.document(feed, standing, shown, among, named))
