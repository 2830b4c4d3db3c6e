"""The record of releases, and what follows from it: windows, edges, what is to be rendered."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedhub.model import (
    ARCHIVE,
    FeedId,
    ItemId,
    Placement,
    Release,
    ReleaseState,
    SourceId,
    Standing,
    Via,
    archive_of,
)
from feedhub.store import archives
from feedhub.store.db import Database, batches, marks, parse_time, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A feed as feeds.yaml asks for it. `uid` is used when it is new."""

    feed: FeedId
    uid: str
    membership: str  # digest of what decides what belongs to it
    appearance: str  # digest of all else that its documents show


_STANDING = """
    SELECT id, uid, published, updated, last_number, edge, history, revision, awaited,
        (SELECT count(*) FROM releases WHERE feed = feeds.id AND state = 'released' AND number > edge),
        (SELECT min(dated) FROM releases WHERE feed = feeds.id AND state = 'released' AND number > edge)
    FROM feeds
"""
_TO_RENDER = "revision > rendered AND published IS NOT NULL AND membership <> ''"  # what is not wanted has none


def sync(db: Database, wanted: Sequence[Wanted]) -> tuple[FeedId, ...]:
    """Hold the feeds to feeds.yaml. Returns those whose membership was decided by other rules till now.

    A feed that is no longer wanted keeps its record: wanted again, it goes on where it was, with
    what has come meanwhile.
    """
    known = {row[0]: row[1:] for row in db.conn.execute("SELECT id, membership, appearance FROM feeds")}
    gone = known.keys() - {one.feed for one in wanted}
    db.conn.executemany("UPDATE feeds SET membership = '', appearance = '' WHERE id = ?", [(feed,) for feed in gone])
    moved = []
    for one in wanted:
        membership, appearance = known.get(one.feed, (None, None))
        if (membership, appearance) == (one.membership, one.appearance):
            continue
        if membership not in (None, one.membership):
            moved.append(one.feed)
        archives.touch_feed(db, one.feed)
        db.conn.execute(
            """
            INSERT INTO feeds (id, uid, membership, appearance) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
            membership = excluded.membership, appearance = excluded.appearance, revision = revision + 1
            """,
            (one.feed, one.uid, one.membership, one.appearance),
        )
    return tuple(moved)


def standing(db: Database, feed: FeedId) -> Standing:
    """How far a feed has come. It must be one that `sync` knows."""
    return _standing(db.conn.execute(f"{_STANDING} WHERE id = ?", (feed,)).fetchone())


def standings(db: Database) -> tuple[Standing, ...]:
    """All feeds that were ever wanted, in the order of their ids."""
    return tuple(map(_standing, db.conn.execute(f"{_STANDING} ORDER BY id")))


def unpublished(db: Database) -> tuple[FeedId, ...]:
    """The feeds that wait for their first publication."""
    return tuple(FeedId(row[0]) for row in db.conn.execute("SELECT id FROM feeds WHERE published IS NULL"))


def published(db: Database, feeds: Iterable[FeedId]) -> frozenset[FeedId]:
    """Those of these feeds that have been published once."""
    query = "SELECT published IS NOT NULL FROM feeds WHERE id = ?"
    rows = ((feed, db.conn.execute(query, (feed,)).fetchone()) for feed in feeds)
    return frozenset(feed for feed, row in rows if row and row[0])


def place(db: Database, feed: FeedId, placements: Sequence[Placement], *, now: datetime) -> None:
    """Write down what was decided for a feed, once and for good.

    What is history touches the subscription document only where that leads to one more archive document now.
    What is released late, with nothing new beside it, updates the feed by its release; else the feed is as
    new as what is in it.
    """
    at = stamp(now)
    numbers = [one.number for one in placements]
    history = [one.number for one in placements if one.state is ReleaseState.HISTORY]
    released = [stamp(one.dated) for one in placements if one.state is ReleaseState.RELEASED]
    db.conn.executemany(
        "INSERT INTO releases VALUES (?, ?, ?, ?, ?, ?)",
        [(feed, one.number, one.item, at, stamp(one.dated), one.state) for one in placements],
    )
    db.conn.execute(
        f"""
        UPDATE feeds SET revision = revision + (
                published IS NULL OR :newest IS NOT NULL OR last_number / {ARCHIVE} < :last / {ARCHIVE}
                OR (history + {ARCHIVE - 1}) / {ARCHIVE} < (:history + {ARCHIVE - 1}) / {ARCHIVE}
            ), published = coalesce(published, :at),
            last_number = max(last_number, :last), history = max(history, :history),
            updated = iif(updated >= :newest, max(updated, :at), updated)
        WHERE id = :feed
        """,
        {
            "at": at,
            "last": max(numbers, default=0),
            "history": max(history, default=0),
            "newest": max(released, default=None),
            "feed": feed,
        },
    )
    if numbers:
        archives.touch(db, feed, archive_of(min(numbers)), archive_of(max(numbers)))


def first_without(db: Database, feed: FeedId, awaited: Collection[SourceId]) -> None:
    """A feed has been published for the first time, without what these sources will bring."""
    said = json.dumps(sorted(awaited))
    db.conn.execute("UPDATE feeds SET awaited = ? WHERE id = ?", (said, feed))


def raise_edge(db: Database, feed: FeedId, limit: int) -> None:
    """The window holds the newest `limit` releases; its lower edge only rises."""
    db.conn.execute(
        """
        UPDATE feeds SET edge = max(edge, coalesce((
            SELECT number FROM releases WHERE feed = :feed AND state = 'released'
            ORDER BY number DESC LIMIT 1 OFFSET :limit
        ), 0)) WHERE id = :feed
        """,
        {"feed": feed, "limit": limit},
    )


def window(db: Database, feed: FeedId) -> tuple[Release, ...]:
    """What a feed has released above its edge, by number. What has left it since is among them: a hole."""
    query = """
        SELECT feed, number, item, at, releases.dated, state FROM releases JOIN feeds ON feeds.id = feed
        WHERE feed = ? AND state = 'released' AND number > edge ORDER BY number
    """
    return tuple(map(_release, db.conn.execute(query, (feed,))))


def of_archive(db: Database, feed: FeedId, document: int) -> tuple[Release, ...]:
    """What has its place in one of a feed's archive documents, by number; history too."""
    query = """
        SELECT feed, number, item, at, dated, state FROM releases
        WHERE feed = ? AND number > ? AND number <= ? ORDER BY number
    """
    return tuple(map(_release, db.conn.execute(query, (feed, (document - 1) * ARCHIVE, document * ARCHIVE))))


def of_item(db: Database, item: ItemId) -> tuple[Release, ...]:
    """An item's places, in every feed that has given it one."""
    query = "SELECT feed, number, item, at, dated, state FROM releases WHERE item = ? ORDER BY feed"
    return tuple(map(_release, db.conn.execute(query, (item,))))


def placed(db: Database, feed: FeedId, among: Iterable[ItemId]) -> frozenset[ItemId]:
    """Those of these items that have a place in a feed, be it released or history."""
    found: set[ItemId] = set()
    for some in batches(list(among)):
        query = f"SELECT item FROM releases WHERE item IN ({marks(some)}) AND feed = ?"
        found.update(row[0] for row in db.conn.execute(query, (*some, feed)))
    return frozenset(found)


def touch_items(db: Database, among: Iterable[ItemId]) -> None:
    """Items say something else, or are gone: the documents in which they stand are to be rendered."""
    for some in batches(list(among)):
        archives.touch_items(db, some)
        db.conn.execute(
            f"""
            UPDATE feeds SET revision = revision + 1 WHERE id IN (
                SELECT feed FROM releases JOIN feeds ON feeds.id = feed
                WHERE item IN ({marks(some)}) AND number > edge AND state = 'released'
            )
            """,
            some,
        )


def touch(db: Database, feed: FeedId) -> None:
    """A feed's subscription document may have changed."""
    db.conn.execute("UPDATE feeds SET revision = revision + 1 WHERE id = ?", (feed,))


def touch_all(db: Database) -> None:
    """Every document is to be rendered again, to see that what is published is what should be."""
    db.conn.execute("UPDATE feeds SET rendered = 0 WHERE published IS NOT NULL")
    archives.touch_all(db)


def to_render(db: Database) -> tuple[Standing, ...]:
    """The published feeds whose subscription documents may differ from those in data/public."""
    query = f"{_STANDING} WHERE {_TO_RENDER} ORDER BY id"
    return tuple(map(_standing, db.conn.execute(query)))


def rendered(db: Database, stand: Mapping[FeedId, tuple[int, datetime]]) -> None:
    """These revisions now stand in data/public, and say that their feeds were updated then."""
    db.conn.executemany(
        "UPDATE feeds SET rendered = ?, updated = ? WHERE id = ?",
        [(revision, stamp(updated), feed) for feed, (revision, updated) in stand.items()],
    )


def arrivals(db: Database, now: datetime) -> dict[ItemId, Via]:
    """The items whose places are to be decided now, and how they came."""
    query = "SELECT item, via FROM arrivals WHERE due <= ?"
    return {ItemId(item): Via(via) for item, via in db.conn.execute(query, (stamp(now),))}


def arrivals_done(db: Database, items: Iterable[ItemId]) -> None:
    """The places of these items are decided."""
    db.conn.executemany("DELETE FROM arrivals WHERE item = ?", [(item,) for item in items])


def scheduled(db: Database, item: ItemId) -> datetime | None:
    """When an item's places are to be decided, if they are not yet."""
    row = db.conn.execute("SELECT due FROM arrivals WHERE item = ?", (item,)).fetchone()
    return parse_time(row[0]) if row else None


def work_waits(db: Database, now: datetime) -> bool:
    """Whether there is anything to place or to render."""
    query = f"""
        SELECT EXISTS (SELECT 1 FROM arrivals WHERE due <= ?) OR EXISTS (SELECT 1 FROM feeds WHERE {_TO_RENDER})
    """
    return bool(db.conn.execute(query, (stamp(now),)).fetchone()[0]) or bool(archives.to_render(db, 1))


def featured(db: Database) -> dict[Release, str | None]:
    """What is featured now, in its order: the places that were given when it first was, and its pins' addresses."""
    query = """
        SELECT feed, number, featured.item, at, dated, state, pin
        FROM featured JOIN releases ON releases.item = featured.item AND feed = 'featured' ORDER BY position
    """
    return {_release(row[:-1]): row[-1] for row in db.conn.execute(query)}


def feature(db: Database, chosen: Mapping[ItemId, str | None]) -> None:
    """From now on these are featured, in this order, by these pins."""
    db.conn.execute("DELETE FROM featured")
    rows = [(position, item, pin) for position, (item, pin) in enumerate(chosen.items())]
    db.conn.executemany("INSERT INTO featured VALUES (?, ?, ?)", rows)


def ever_featured(db: Database, among: Iterable[ItemId] | None = None) -> frozenset[ItemId]:
    """All items that have been featured at some time, or those of them `among` these."""
    if among is not None:
        return placed(db, FeedId("featured"), among)
    return frozenset(ItemId(row[0]) for row in db.conn.execute("SELECT item FROM releases WHERE feed = 'featured'"))


def _standing(row: tuple[Any, ...]) -> Standing:
    feed, uid, published, updated, last_number, edge, history, revision, awaited, shown, oldest = row
    return Standing(
        feed=FeedId(feed),
        uid=uid,
        published=parse_time(published) if published else None,
        updated=parse_time(updated) if updated else None,
        awaited=frozenset(map(SourceId, json.loads(awaited))),
        last_number=last_number,
        edge=edge,
        history=history,
        shown=shown,
        oldest=parse_time(oldest) if oldest else None,
        revision=revision,
    )


def _release(row: tuple[Any, ...]) -> Release:
    feed, number, item, at, dated, state = row
    return Release(
        feed=FeedId(feed),
        number=number,
        item=ItemId(item),
        at=parse_time(at),
        dated=parse_time(dated),
        state=ReleaseState(state),
    )
