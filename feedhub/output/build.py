"""From what is stored to what is published: the order of things, and no policy.

    hold the feeds to feeds.yaml → what is featured → places for what has come, first publications
        (all in one transaction, on the disk before anything is shown)
    → the documents that were touched: windows, and pieces of the past → checked → data/public

Only what was touched is rendered, and only files that differ are replaced. Killed in
between, the next build goes on from the record: a document is touched until it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from feedhub import files
from feedhub.model import Standing
from feedhub.output import archive, definition, documents, places, publish
from feedhub.output.catalogue import Catalogue, catalogue
from feedhub.settings import Config
from feedhub.store import archives, outputs, posts, releases, sources
from feedhub.store.archives import Archived
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
        for standing in releases.to_render(db):
            archives.extend(db, standing.feed, archive.count(among.feeds[standing.feed], standing, config))
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
    touched = releases.to_render(db)
    pages, surplus = _touched_archives(db, among)
    pieces = [(standing, page.number) for page, standing in pages.items()]  # first what the others link to
    pieces += [(standing, 0) for standing in touched]
    done = publish.put(public, (documents.made(db, among, *piece, now) for piece in pieces))
    gone = outputs.feeds(db) - among.feeds.keys()
    stale = {path for path, feed in outputs.paths(db).items() if feed in gone} if gone else set()
    stale |= surplus.keys()
    publish.remove(public, sorted(stale))
    with transaction(db):
        for of, faults in (*done.faults.items(), *((name, {}) for name in (*gone, *stale))):
            outputs.record_faults(db, of, faults, now)
        outputs.put(db, done.paths)
        outputs.forget(db, stale)
        releases.rendered(db, {one.feed: (one.revision, done.updated[one.feed]) for one in touched})
        archives.rendered(db, pages)
        archives.forget(db, surplus.values())
    return Built(
        published=done.changed,
        unchanged=len(done.paths) - len(done.changed),
        removed=tuple(sorted(stale)),
        problems=outputs.faults(db),
    )


def _touched_archives(db: Database, among: Catalogue) -> tuple[dict[Archived, Standing], dict[str, Archived]]:
    """The archive documents that may have changed, with how their feeds stand; and by their paths those of too many."""
    touched = archives.to_render(db)
    standings = {feed: releases.standing(db, feed) for feed in {page.feed for page in touched}}
    counts = {name: archive.count(among.feeds[name], one, among.config) for name, one in standings.items()}
    return (
        {page: standings[page.feed] for page in touched if page.number <= counts[page.feed]},
        {archive.path(among.feeds[p.feed], p.number): p for p in touched if p.number > counts[p.feed]},
    )


def _publish_apart(db: Database, among: Catalogue, folder: Path, now: datetime) -> Built:
    done = publish.put(folder, (documents.made(db, among, *piece, now) for piece in documents.pieces(db, among)))
    problems = tuple(f"{about}: {why}" for faults in done.faults.values() for about, why in faults.items())
    return Built(published=done.changed, unchanged=len(done.paths) - len(done.changed), removed=(), problems=problems)
