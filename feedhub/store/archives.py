"""Which archive documents there are, and which of them are to be rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from feedhub.model import ARCHIVE, FeedId, ItemId, SourceId
from feedhub.store.db import Database, marks


class Archived(NamedTuple):
    """An archive document, and the revision in which it is to be rendered."""

    feed: FeedId
    number: int
    revision: int


_OF_PLACES = (
    f"UPDATE archives SET revision = revision + 1 WHERE (feed, number) IN (SELECT feed, (number - 1) / {ARCHIVE} + 1"
)


def extend(db: Database, feed: FeedId, count: int) -> None:
    """From now on a feed has so many archive documents. What there is beyond is left to be taken away."""
    newest = db.conn.execute("SELECT coalesce(max(number), 0) FROM archives WHERE feed = ?", (feed,)).fetchone()[0]
    if newest < count:
        touch(db, feed, newest, newest)  # another follows it now
        fresh = [(feed, number) for number in range(newest + 1, count + 1)]
        db.conn.executemany("INSERT INTO archives (feed, number) VALUES (?, ?)", fresh)
    elif newest > count:
        touch(db, feed, count + 1, newest)


def touch(db: Database, feed: FeedId, first: int, last: int) -> None:
    """These documents of a feed may have changed, as far as there are any."""
    query = "UPDATE archives SET revision = revision + 1 WHERE feed = ? AND number BETWEEN ? AND ?"
    db.conn.execute(query, (feed, first, last))


def touch_feed(db: Database, feed: FeedId) -> None:
    """All documents of a feed may have changed."""
    db.conn.execute("UPDATE archives SET revision = revision + 1 WHERE feed = ?", (feed,))


def touch_items(db: Database, some: Sequence[ItemId]) -> None:
    """Items say something else, or are gone: the documents in which they have their places are to be rendered."""
    db.conn.execute(f"{_OF_PLACES} FROM releases WHERE item IN ({marks(some)}))", some)


def touch_source(db: Database, source: SourceId) -> None:
    """The same for all items of a source."""
    query = f"{_OF_PLACES} FROM items JOIN releases ON releases.item = items.id WHERE source = ?)"
    db.conn.execute(query, (source,))


def touch_all(db: Database) -> None:
    """All documents are to be rendered again, to see that what is published is what should be."""
    db.conn.execute("UPDATE archives SET rendered = 0")


def to_render(db: Database, most: int = -1) -> tuple[Archived, ...]:
    """The documents that may differ from those in data/public, or some of them."""
    query = """
        SELECT feed, number, archives.revision FROM archives JOIN feeds ON feeds.id = feed
        WHERE archives.revision > archives.rendered AND membership <> '' ORDER BY feed, number LIMIT ?
    """
    return tuple(Archived(*row) for row in db.conn.execute(query, (most,)))


def rendered(db: Database, done: Iterable[Archived]) -> None:
    """These now stand in data/public."""
    query = "UPDATE archives SET rendered = ? WHERE feed = ? AND number = ?"
    db.conn.executemany(query, [(one.revision, one.feed, one.number) for one in done])


def forget(db: Database, gone: Iterable[Archived]) -> None:
    """These have been taken away."""
    query = "DELETE FROM archives WHERE feed = ? AND number = ?"
    db.conn.executemany(query, [(one.feed, one.number) for one in gone])
