"""Which sources are read now, and by whom; which are due, and which are to be left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from feedhub.model import Asks, Hold, SourceId
from feedhub.store.db import Database, parse_time, stamp, transaction

LEASE = timedelta(minutes=3)  # longer than any fetch and parse may take
_SPREAD = timedelta(minutes=5)  # over which what is overdue is read after a long rest
_FREE = """
    removed IS NULL AND paused = 0 AND gone = 0 AND (lease_until IS NULL OR lease_until <= :now)
    AND NOT EXISTS (SELECT 1 FROM origins WHERE origins.origin = sources.origin AND until > :now)
"""


def claim(
    db: Database, now: datetime, owner: str, *, count: int, only: Iterable[SourceId] | None = None
) -> tuple[SourceId, ...]:
    """Lease up to `count` sources to `owner`: those that are due, or `only` these, due or not.

    What another process is reading right now is left to it, an origin that wants to be left
    alone is, and what is gone for good is not asked again. A lease ends with what is stored of
    the answer, with its owner, or with its time.
    """
    with transaction(db):
        if only is None:
            _put_off(db, now)
            due = f"{_FREE} AND next_check <= :now ORDER BY next_check LIMIT :count"
            query = f"SELECT id FROM sources WHERE {due}"
            claimed = [row[0] for row in db.conn.execute(query, {"now": stamp(now), "count": count})]
        else:
            query = f"SELECT id FROM sources WHERE {_FREE} AND id = :id"
            found = [db.conn.execute(query, {"now": stamp(now), "id": source}).fetchone() for source in only]
            claimed = [row[0] for row in found if row][:count]
        db.conn.executemany(
            "UPDATE sources SET lease_owner = ?, lease_until = ? WHERE id = ?",
            [(owner, stamp(now + LEASE), source) for source in claimed],
        )
    return tuple(SourceId(source) for source in claimed)


def _put_off(db: Database, now: datetime) -> None:
    """What is due, but was due before an hour that its source skips, and waited: nobody was there to ask."""
    query = f"SELECT asks, id FROM sources WHERE {_FREE} AND next_check <= :now AND asks <> '{{}}'"
    waiting = db.conn.execute(query, {"now": stamp(now)}).fetchall()
    later = [(stamp(at), source) for said, source in waiting if (at := asks(said).open_from(now)) > now]
    db.conn.executemany("UPDATE sources SET next_check = ? WHERE id = ?", later)


def asks(text: str) -> Asks:
    """When a source wants to be asked, as it is stored."""
    if text == "{}":
        return Asks()
    said = json.loads(text)
    return Asks(
        ttl=timedelta(seconds=said["ttl"]) if "ttl" in said else None,
        period=timedelta(seconds=said["period"]) if "period" in said else None,
        skip_hours=frozenset(said.get("skip_hours", ())),
        skip_days=frozenset(said.get("skip_days", ())),
    )


def renew(db: Database, now: datetime, owner: str) -> None:
    """`owner` is alive, and still reads what it leased: some wait long for their origin's turn."""
    db.conn.execute("UPDATE sources SET lease_until = ? WHERE lease_owner = ?", (stamp(now + LEASE), owner))


def take_back(db: Database, alive: Callable[[str], bool]) -> None:
    """Take back what processes hold that are no longer there."""
    owners = db.conn.execute("SELECT DISTINCT lease_owner FROM sources WHERE lease_owner IS NOT NULL").fetchall()
    for (owner,) in owners:
        if not alive(owner):
            db.conn.execute("UPDATE sources SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?", (owner,))


def anything_due(db: Database, now: datetime) -> bool:
    """Whether a source waits to be read."""
    query = f"SELECT 1 FROM sources WHERE {_FREE} AND next_check <= :now LIMIT 1"
    return db.conn.execute(query, {"now": stamp(now)}).fetchone() is not None


def spread(db: Database, now: datetime) -> None:
    """What fell due while nobody was there is not asked all at once: a second apart, and in five minutes all of it.

    What has never been asked does not wait.
    """
    due = f"{_FREE} AND next_check < :now AND last_checked IS NOT NULL"
    query = f"SELECT id FROM sources WHERE {due} ORDER BY next_check"
    with transaction(db):
        overdue = db.conn.execute(query, {"now": stamp(now)}).fetchall()
        apart = min(timedelta(seconds=1), _SPREAD / max(1, len(overdue)))
        db.conn.executemany(
            "UPDATE sources SET next_check = ? WHERE id = ?",
            [(stamp(now + place * apart), source) for place, (source,) in enumerate(overdue)],
        )


def rest(db: Database, origin: str, now: datetime) -> timedelta | None:
    """For how long an origin still wants to be left alone."""
    row = db.conn.execute("SELECT until FROM origins WHERE origin = ? AND until > ?", (origin, stamp(now))).fetchone()
    return parse_time(row[0]) - now if row else None


def give_up(db: Database, source: SourceId, owner: str) -> None:
    """End a lease under which nothing was asked."""
    query = "UPDATE sources SET lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?"
    db.conn.execute(query, (source, owner))


def hold(db: Database, wish: Hold, now: datetime) -> None:
    """Keep an origin's word that it wants to be left alone."""
    db.conn.execute("DELETE FROM origins WHERE until <= ?", (stamp(now),))
    db.conn.execute(
        "INSERT INTO origins VALUES (?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
        (wish.origin, stamp(wish.until)),
    )
