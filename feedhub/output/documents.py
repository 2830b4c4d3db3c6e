"""A feed's documents, as the record of releases has them: what is to be published, and what `verify` holds it to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from feedhub.model import Document, Release, Standing
from feedhub.output import archive, assemble, featured
from feedhub.output.assemble import Shown
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.output.membership import waits
from feedhub.settings import Pin
from feedhub.store import items, releases, sources
from feedhub.store.db import Database


def subscription(db: Database, among: Catalogue, standing: Standing, now: datetime) -> Document:
    """The document that subscribers ask for: a feed's window."""
    feed = among.feeds[standing.feed]
    window = releases.window(db, feed.id)
    if feed.shape is Shape.FEATURED:  # shows what is featured now, whenever that was released
        shown = _shown(db, featured.places(db, among), now)
        latest = _shown(db, dict.fromkeys(window[-feed.limit :]), now)
        shown += [one for one in latest if one.item.hidden and one not in shown]
    else:
        shown = _shown(db, dict.fromkeys(window), now)
    newest = archive.count(feed, standing, among.config)
    return replace(_document(db, among, standing, shown), prev_archive=_address(feed, newest, among))


def archived(db: Database, among: Catalogue, standing: Standing, number: int, now: datetime) -> Document:
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
