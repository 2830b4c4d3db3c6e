"""What an admin asks: what is wrong, how the sources are, why an item is where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from feedhub.errors import NotFound
from feedhub.model import (
    FeedId,
    Item,
    ItemId,
    Kind,
    Problem,
    Release,
    ReleaseState,
    SourceId,
    SourceState,
    Via,
)
from feedhub.output import assemble
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.output.membership import Verdict, credited, verdict, waits
from feedhub.store import items, outputs, releases, sources
from feedhub.store.db import Database, get, put, transaction

_POST_PROBLEMS = "post_problems"


# -- status


class Health(StrEnum):
    """How a source is (contract, `status`)."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    GONE = "gone"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """One source, as an admin sees it."""

    source: SourceState
    state: Health
    items: int
    held: int


def status(db: Database, *, removed: bool = False) -> tuple[SourceStatus, ...]:
    """Every source, worst first."""
    counts, held = sources.counts(db), items.held_counts(db)
    found = [
        SourceStatus(source=state, state=_health(state), items=counts.get(state.id, 0), held=held.get(state.id, 0))
        for state in sources.states(db, removed=removed)
    ]
    order = (Health.GONE, Health.FAILING, Health.NEW, Health.OK, Health.PAUSED)
    return tuple(sorted(found, key=lambda one: (order.index(one.state), -one.source.failures, one.source.id)))


def _health(state: SourceState) -> Health:
    if state.paused or state.removed:
        return Health.PAUSED
    if state.gone:
        return Health.GONE
    if state.last_checked is None:
        return Health.NEW
    return Health.FAILING if state.error else Health.OK


def remember_problems(db: Database, problems: Sequence[Problem]) -> None:
    """What is wrong with posts, for `status`, until they are looked at again."""
    said = json.dumps([asdict(problem) for problem in problems], ensure_ascii=False)
    if get(db, _POST_PROBLEMS) != said:
        put(db, _POST_PROBLEMS, said)


def problems(db: Database) -> tuple[Problem, ...]:
    """What is wrong with posts, and what could not be published."""
    posts = [Problem(**one) for one in json.loads(get(db, _POST_PROBLEMS) or "[]")]
    unpublished = [Problem(file="data/public", line=0, column=0, path="", message=one) for one in outputs.faults(db)]
    return (*posts, *unpublished)


# -- the admin's word


def held(db: Database) -> tuple[Item, ...]:
    """The items that wait for it, first come first."""
    return items.held(db)


def let_go(db: Database, names: Sequence[str], hub_url: str, *, via: Via, now: datetime) -> tuple[Item, ...]:
    """Let go what is held, or was retracted: all of a source that is held, or single items. Raises `NotFound`."""
    with transaction(db):
        waiting = items.held(db)
        chosen: dict[ItemId, Item] = {}
        for name in names:
            of_source = [item for item in waiting if item.source == name]
            found = of_source or [item for item in items.find(db, name, hub_url) if item.held or item.retracted]
            if not found:
                raise NotFound(f"nothing of a source {name} is held, and no held or retracted item has that id or link")
            chosen |= {item.id: item for item in found}
        for item in chosen:
            items.let_go(db, item, via=via, now=now)
    return tuple(chosen.values())


def retract(db: Database, names: Sequence[str], hub_url: str, now: datetime) -> tuple[Item, ...]:
    """Take items out of every feed. Their places stay, as holes: nothing is pulled back. Raises `NotFound`."""
    with transaction(db):
        chosen: dict[ItemId, Item] = {}
        for name in names:
            found = items.find(db, name, hub_url)
            if not found:
                raise NotFound(f"the hub holds no item with the id or the link {name}")
            chosen |= {item.id: item for item in found}
        for item in chosen:
            items.retract(db, item, now)
            items.look_again(db, [item], via=Via.NEWS, due=now)
    return tuple(chosen.values())


# -- explain


class Why(StrEnum):
    """What an item is to a feed (contract, `explain`)."""

    IN = "in"
    LEFT = "left"
    HISTORY = "history"
    SCHEDULED = "scheduled"
    HELD = "held"
    FILTERED = "filtered"
    RETRACTED = "retracted"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVerdict:
    """Why an item is, or is not, in a feed."""

    feed: FeedId
    verdict: Why
    why: str
    released: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that is known of an item."""

    item: Item
    link: str | None
    authors: tuple[str, ...]
    feeds: tuple[FeedVerdict, ...]
    also_at: tuple[tuple[SourceId, str], ...]  # the other sources that show it, and its id there
    history: tuple[tuple[datetime, str], ...]  # what has happened to it, oldest first


def explain(db: Database, among: Catalogue, name: str, now: datetime) -> tuple[Explained, ...]:
    """What is known of the items that an id or an address names; empty where there is none."""
    hub = among.config.hub
    return tuple(
        Explained(
            item=item,
            link=assemble.link_of(item, hub.url),
            authors=tuple(person.name for person in credited(item, among, _fallback(item, among))),
            feeds=tuple(_verdicts(db, item, among, now)),
            also_at=tuple((source, key) for source, key in items.seen_at(db, item.id) if source != item.source),
            history=_history(db, item),
        )
        for item in items.find(db, name, hub.url)
    )


def _history(db: Database, item: Item) -> tuple[tuple[datetime, str], ...]:
    where = f"source {item.source}" if item.source else "data/posts" if item.kind is Kind.POST else "feeds.yaml"
    told = [(item.first_seen, f"first seen in {where}")]
    told += [
        (place.at, f"{'released into' if place.state is ReleaseState.RELEASED else 'history of'} {place.feed}")
        for place in releases.of_item(db, item.id)
    ]
    if item.updated > item.first_seen:
        told.append((item.updated, "its content changed"))
    if item.retracted:
        told.append((item.retracted, "it was taken back"))
    if item.withdrawn:
        told.append((item.withdrawn, "its post was deleted, or made a draft"))
    return tuple(sorted(told))


def _fallback(item: Item, among: Catalogue) -> str:
    return (
        among.feeds[feed].title if (feed := FeedId(f"sources/{item.source}")) in among.feeds else among.config.hub.title
    )


def _verdicts(db: Database, item: Item, among: Catalogue, now: datetime) -> Iterator[FeedVerdict]:
    places = {place.feed: place for place in releases.of_item(db, item.id)}
    featured_now = {place.item for place in releases.featured(db)}
    featured = bool(releases.ever_featured(db, [item.id]))
    for feed in among.feeds.values():
        place = places.get(feed.id)
        if feed.shape is Shape.FEATURED:
            found, why = _featured(place, now_featured=item.id in featured_now)
        else:
            belongs = verdict(item, feed, among, featured=featured)
            found, why = _why(db, item, feed, belongs, place, now)
        released = place.at if place and place.state is ReleaseState.RELEASED else None
        yield FeedVerdict(feed=feed.id, verdict=found, why=why, released=released)


def _featured(place: Release | None, *, now_featured: bool) -> tuple[Why, str]:
    if now_featured:
        return Why.IN, "it is featured now"
    return (Why.LEFT, "it was featured") if place else (Why.ELSEWHERE, "it is not featured")


def _why(
    db: Database, item: Item, feed: Feed, belongs: Verdict, place: Release | None, now: datetime
) -> tuple[Why, str]:
    if belongs is Verdict.FILTERED:
        return Why.FILTERED, "a filter (keep, drop) of its source or of this feed leaves it out"
    if belongs is Verdict.ELSEWHERE or (belongs is Verdict.UNDECIDED and place is None):
        return Why.ELSEWHERE, "it does not belong to this feed"
    if item.held:
        return Why.HELD, f"{item.held}; it waits for `feedhub release` or `feedhub retract`"
    if item.retracted:
        return Why.RETRACTED, f"it was taken back by {item.retracted:%Y-%m-%d %H:%M} UTC"
    if item.withdrawn is not None:
        return Why.RETRACTED, f"its post was deleted, or made a draft, by {item.withdrawn:%Y-%m-%d %H:%M} UTC"
    if waits(item, now):
        return Why.SCHEDULED, f"its date is yet to come: {item.dated:%Y-%m-%d %H:%M} UTC"
    if place is None:
        return Why.SCHEDULED, "the next build gives it its place"
    if place.state is ReleaseState.HISTORY:
        return Why.HISTORY, "it was too old, or one too many, when it came: it stands in the archive only"
    if place.number <= releases.standing(db, feed.id).edge:
        return Why.LEFT, f"newer items took its place: the feed shows {feed.limit}"
    return Why.IN, f"number {place.number}, released {place.at:%Y-%m-%d %H:%M} UTC"
