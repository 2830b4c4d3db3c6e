"""What is featured now: the pins of feeds.yaml, then the newest of the chosen sources.

A pin is an item that the hub holds, by its address; where it holds none, the pin is
an item of its own, and stays one after it is unpinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from feedhub import identity, urls
from feedhub.model import FeedId, Item, ItemId, Kind, SourceId, Via
from feedhub.output import assemble, release
from feedhub.output.membership import FEATURED, Catalogue, Verdict, verdict
from feedhub.settings import Featured, Pin
from feedhub.store import items, outputs, releases
from feedhub.store.db import Database

_UNKNOWN = "the hub holds no item with this link; give the pin a title"
_PINS = FeedId("featured.pins")  # what faults of pins are recorded under


def settle(db: Database, among: Catalogue, untried: frozenset[SourceId], now: datetime) -> None:
    """Hold what is featured to feeds.yaml and to what has come.

    While a source has never been tried, it might still bring what a pin names: then it waits.
    """
    wanted = among.config.featured
    if wanted is None or untried:
        return
    before = tuple(place.item for place in releases.featured(db))
    chosen = _chosen(db, wanted, among, now)
    standing = releases.standing(db, FEATURED)
    fresh = [item for item in chosen if not releases.has_place(db, FEATURED, item)]
    if fresh or standing.published is None:
        releases.place(db, FEATURED, release.feature(standing, fresh, now=now), now=now)
        items.look_again(db, fresh, via=Via.ADDED, due=now)  # feeds that draw from what is featured
    if chosen != before:
        releases.feature(db, chosen)
        releases.touch(db, FEATURED)


def _chosen(db: Database, wanted: Featured, among: Catalogue, now: datetime) -> tuple[ItemId, ...]:
    pinned = {pin.url: _pinned(db, pin, among, now) for pin in _standing_pins(wanted, among, now)}
    unknown = {
        url: "the hub holds no item with this link; give the pin a title" for url, item in pinned.items() if not item
    }
    outputs.record_faults(db, _PINS, unknown, now)
    chosen = dict.fromkeys(item for item in pinned.values() if item is not None)
    if len(chosen) < wanted.limit:
        newest = (item for source in wanted.sources for item in islice(_eligible(db, source, among), wanted.limit * 2))
        by_date = sorted(newest, key=lambda item: (item.dated, item.id), reverse=True)
        chosen |= dict.fromkeys(item.id for item in by_date)
    return tuple(islice(chosen, wanted.limit))


def _standing_pins(wanted: Featured, among: Catalogue, now: datetime) -> tuple[Pin, ...]:
    today = now.astimezone(among.config.hub.timezone).date()
    return tuple(pin for pin in wanted.pins if pin.until is None or today <= pin.until)


def _pinned(db: Database, pin: Pin, among: Catalogue, now: datetime) -> ItemId | None:
    """The item that a pin names. What came first under its address stays it."""
    hub_url = among.config.hub.url
    held = [item for item in items.by_address(db, pin.url, hub_url) if item.withdrawn is None]
    if held and held[0].kind is not Kind.LINK:
        return held[0].id
    if not pin.title:
        return held[0].id if held else None
    content = assemble.pinned(pin)
    if not held:
        uid = identity.mint(hub_url, now, f"links/{identity.short(urls.link_key(pin.url))}", items.Uids(db))
        item = items.insert(db, uid=uid, kind=Kind.LINK, content=content, dated=now, updated=now, first_seen=now)
        items.look_again(db, [item], via=Via.NEWS, due=now)
        return item
    if held[0].content != content:
        items.rewrite(db, held[0].id, content, now)
        items.look_again(db, [held[0].id], via=Via.NEWS, due=now)
    return held[0].id


def _eligible(db: Database, source: SourceId, among: Catalogue) -> Iterator[Item]:
    home = among.feeds[FeedId(f"sources/{source}")]
    return (item for item in items.newest_of(db, source) if verdict(item, home, among, featured=False) is Verdict.IN)


def shown(db: Database, among: Catalogue) -> tuple[assemble.Shown, ...]:
    """The featured feed's places, in its order, each as its pin shows it."""
    config = among.config
    pins = {urls.link_key(pin.url): pin for pin in config.featured.pins} if config.featured else {}
    places = releases.featured(db)
    stored = items.by_id(db, [place.item for place in places])
    return tuple(
        assemble.Shown(
            release=place,
            item=stored[place.item],
            featured=True,
            pin=pins.get(urls.link_key(assemble.link_of(stored[place.item], config.hub.url) or "")),
        )
        for place in places
    )
