"""A feed's documents, as the record of releases has them: what is to be published, and what `verify` holds it to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from feedhub.model import Document, Release, Standing
from feedhub.output import archive, assemble, featured, publish
from feedhub.output.assemble import Shown
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.output.membership import waits
from feedhub.settings import Pin
from feedhub.store import items, releases, sources
from feedhub.store.db import Database


def pieces(db: Database, among: Catalogue) -> Iterator[tuple[Standing, int]]:
    """All documents that there are to be: a feed, and the number of an archive document, or 0 for its window."""
    for standing in releases.standings(db):
        if standing.published and standing.feed in among.feeds:
            count = archive.count(among.feeds[standing.feed], standing, among.config)
            yield from ((standing, number) for number in range(count + 1))


def made(db: Database, among: Catalogue, standing: Standing, number: int, now: datetime) -> publish.Made:
    """One of them, as bytes."""
    feed = among.feeds[standing.feed]
    if number:
        document = _archived(db, among, standing, number, now)
        return publish.make_archived(feed.id, archive.path(feed, number), document)
    return publish.make(feed.id, feed.folder, _subscription(db, among, standing, now))


def _subscription(db: Database, among: Catalogue, standing: Standing, now: datetime) -> Document:
    """What subscribers ask for: a feed's window."""
    feed = among.feeds[standing.feed]
    window = releases.window(db, feed.id)
    if feed.shape is Shape.FEATURED:  # shows what is featured now, whenever that was released
        shown = _shown(db, featured.places(db, among), now)
        latest = _shown(db, dict.fromkeys(window[-feed.limit :]), now)
        shown += [one for one in latest if one.item.hidden and one not in shown]
    else:
        shown = _shown(db, dict.fromkeys(window), now)
    newest = archive.count(feed, standing, among.config)
    document = _document(db, among, standing, shown)
    return replace(
        document,
        updated=max(document.updated, standing.updated or document.updated),
        prev_archive=_address(feed, newest, among),
    )


def _archived(db: Database, among: Catalogue, standing: Standing, number: int, now: datetime) -> Document:
    """One of a feed's archive documents."""
    feed = among.feeds[standing.feed]
    places = releases.of_archive(db, feed.id, number)
    document = _document(db, among, standing, _shown(db, dict.fromkeys(reversed(places)), now))
    following = number + 1 if number < archive.count(feed, standing, among.config) else 0
    return replace(
        document,
        atom=_address(feed, number, among) or "",
        current=document.atom,
        prev_archive=_address(feed, number - 1, among),
        next_archive=_address(feed, following, among),
    )


def _document(db: Database, among: Catalogue, standing: Standing, shown: list[Shown]) -> Document:
    named = sources.by_ids(db, {one.item.source for one in shown if one.item.source})
    return assemble.document(among.feeds[standing.feed], standing, shown, among, named)


def _shown(db: Database, places: Mapping[Release, Pin | None], now: datetime) -> list[Shown]:
    stored = items.by_id(db, [place.item for place in places])
    known = releases.ever_featured(db, stored)
    return [
        Shown(release=place, item=stored[place.item], featured=place.item in known, pin=pin)
        for place, pin in places.items()
        if not waits(stored[place.item], now)
    ]


def _address(feed: Feed, number: int, among: Catalogue) -> str | None:
    return f"{among.config.hub.url}/{quote(archive.path(feed, number))}" if number else None
