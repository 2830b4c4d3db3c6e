"""What has been put into data/public, and what could not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from feedhub.model import FeedId
from feedhub.store.db import Database, stamp


def paths(db: Database) -> dict[str, FeedId]:
    """Every file that feedhub has put there, and the feed it belongs to."""
    return {path: FeedId(feed) for path, feed in db.conn.execute("SELECT path, feed FROM outputs")}


def feeds(db: Database) -> frozenset[FeedId]:
    """The feeds that have files there."""
    return frozenset(FeedId(row[0]) for row in db.conn.execute("SELECT DISTINCT feed FROM outputs"))


def put(db: Database, files: Mapping[str, FeedId]) -> None:
    """These files stand there now."""
    db.conn.executemany("INSERT INTO outputs VALUES (?, ?) ON CONFLICT DO NOTHING", list(files.items()))


def forget(db: Database, gone: Iterable[str]) -> None:
    """These files do not stand there any more."""
    db.conn.executemany("DELETE FROM outputs WHERE path = ?", [(path,) for path in gone])


def record_faults(db: Database, of: str, found: Mapping[str, str], now: datetime) -> None:
    """What of a feed, or of an archive document, could not be published, by the id of the item or the path."""
    db.conn.execute("DELETE FROM faults WHERE feed = ?", (of,))
    at = stamp(now)
    db.conn.executemany(
        "INSERT INTO faults VALUES (?, ?, ?, ?)", [(of, about, why, at) for about, why in found.items()]
    )


def faults(db: Database) -> tuple[str, ...]:
    """The same, in words."""
    query = "SELECT feed, about, message FROM faults ORDER BY feed, about"
    return tuple(f"{feed}: {about}: {message}" for feed, about, message in db.conn.execute(query))
