"""What is featured now: the pins of feeds.yaml, then the newest of the chosen sources.

A pin is an item that the hub holds, by its address; where it holds none, the pin is
an item of its own, and stays one after it is unpinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from feedhub import identity, urls
from feedhub.model import FeedId, Item, ItemId, Kind, Release, SourceId, Via
from feedhub.output import assemble, release
from feedhub.output.catalogue import FEATURED, Catalogue
from feedhub.output.membership import Verdict, sources_of, verdict, waits
from feedhub.settings import Featured, Pin
from feedhub.store import items, outputs, releases
from feedhub.store.db import Database

_HIDDEN = "its item is deleted, taken back or held: `feedhub explain` tells"
_UNKNOWN = "the hub holds no item with this link; give the pin a title"
_PINS = FeedId("featured.pins")  # what faults of pins are recorded under


def settle(db: Database, among: Catalogue, untried: frozenset[SourceId], now: datetime) -> None:
    """Hold what is featured to feeds.yaml and to what has come.

    While a source that it may draw from has never been tried, it waits.
    """
    wanted = among.config.featured
    if wanted is None:
        outputs.record_faults(db, _PINS, {}, now)
    if wanted is None or not untried.isdisjoint(sources_of(among.feeds[FEATURED], among)):
        return
    chosen = _chosen(db, wanted, among, now)
    standing = releases.standing(db, FEATURED)
    placed = releases.placed(db, FEATURED, chosen)
    fresh = [item for item in chosen if item not in placed]
    if fresh or standing.published is None:
        releases.place(db, FEATURED, release.feature(standing, fresh, now=now), now=now)
        items.look_again(db, fresh, via=Via.ADDED, due=now)  # feeds that draw from what is featured
    if list(chosen.items()) != [(place.item, pin) for place, pin in releases.featured(db).items()]:
        releases.feature(db, chosen)
        releases.touch(db, FEATURED)


def _chosen(db: Database, wanted: Featured, among: Catalogue, now: datetime) -> dict[ItemId, str | None]:
    """What is featured now, in its order; with its pin's address, where it is pinned."""
    chosen: dict[ItemId, str | None] = {}
    unknown = {}
    for pin in _standing_pins(wanted, among, now):
        item = _pinned(db, pin, among, now)
        if item is None:
            unknown[pin.url] = _UNKNOWN
        elif item.hidden:
            unknown[pin.url] = _HIDDEN
        elif not waits(item, now):
            chosen.setdefault(item.id, pin.url)
    outputs.record_faults(db, _PINS, unknown, now)
    if len(chosen) < wanted.limit:
        newest = (item for source in wanted.sources for item in islice(_eligible(db, source, among), wanted.limit * 2))
        for item in sorted(newest, key=lambda item: (item.dated, item.id), reverse=True):
            chosen.setdefault(item.id, None)
    return dict(islice(chosen.items(), wanted.limit))


def _standing_pins(wanted: Featured, among: Catalogue, now: datetime) -> tuple[Pin, ...]:
    today = now.astimezone(among.config.hub.timezone).date()
    return tuple(pin for pin in wanted.pins if pin.until is None or today <= pin.until)


def _pinned(db: Database, pin: Pin, among: Catalogue, now: datetime) -> Item | None:
    """The item that a pin names; None where the hub holds none and the pin cannot be one itself.

    What came first under its address stays it.
    """
    hub_url = among.config.hub.url
    held = next(iter(items.by_address(db, pin.url, hub_url)), None)
    if held and held.kind is not Kind.LINK:
        return held
    if not pin.title:
        return held
    content = assemble.pinned(pin)
    if held is None:
        uid = identity.mint(hub_url, now, f"links/{identity.short(urls.link_key(pin.url))}", items.Uids(db))
        item = items.insert(db, uid=uid, kind=Kind.LINK, content=content, dated=now, updated=now, first_seen=now)
    elif held.content != content:
        item = held.id
        items.rewrite(db, item, content, now)
    else:
        return held
    items.look_again(db, [item], via=Via.NEWS, due=now)
    return items.by_id(db, [item])[item]


def _eligible(db: Database, source: SourceId, among: Catalogue) -> Iterator[Item]:
    home = among.feeds[FeedId(f"sources/{source}")]
    visible = (item for item in items.newest_of(db, source) if not item.hidden)
    return (item for item in visible if verdict(item, home, among, featured=False) is Verdict.IN)


def places(db: Database, among: Catalogue) -> dict[Release, Pin | None]:
    """What is featured now, in its order; with its pin, where it is pinned."""
    pins = {pin.url: pin for pin in among.config.featured.pins} if among.config.featured else {}
    return {place: pins.get(url) if url else None for place, url in releases.featured(db).items()}
