"""Sources: what is known of them, when each is due, and what one answer changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedhub.model import Gap, SourceId, SourceState, Validators, Whereabouts
from feedhub.store import archives, leases
from feedhub.store.db import Database, batches, marks, parse_time, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A source as feeds.yaml asks for it."""

    id: SourceId
    location: str  # safe to show
    location_digest: str
    origin: str  # of its address; of a file, empty
    definition: str  # what decides where its items belong and how they are shown
    paused: bool


def sync(db: Database, wanted: Sequence[Wanted], now: datetime) -> tuple[SourceId, ...]:
    """Hold the sources to feeds.yaml: the new are due now, the vanished are kept and not read any more.

    Where an address has changed, all that is known of it is void, and it is due. Returns the
    known sources whose items belong elsewhere than they did, or are shown otherwise.
    """
    at = stamp(now)
    query = "SELECT id, location_digest, paused, removed IS NOT NULL, definition FROM sources"
    known = {row[0]: row[1:] for row in db.conn.execute(query)}
    moved = []
    for source in wanted:
        before = known.pop(source.id, None)
        if before == (source.location_digest, source.paused, False, source.definition):
            continue
        if before is None or before[:3] != (source.location_digest, source.paused, False):
            _want(db, source, at)
        if before is not None and (before[3] != source.definition or before[2]):
            db.conn.execute("UPDATE sources SET definition = ? WHERE id = ?", (source.definition, source.id))
            moved.append(source.id)
    for vanished in known:
        query = "UPDATE sources SET removed = ? WHERE id = ? AND removed IS NULL"
        if db.conn.execute(query, (at, vanished)).rowcount:
            touch_feeds(db, vanished)
    return tuple(moved)


def _want(db: Database, source: Wanted, at: str) -> None:
    db.conn.execute(
        """
        INSERT INTO sources (id, location, location_digest, origin, definition, paused, added, next_check)
        VALUES (:id, :location, :digest, :origin, :definition, :paused, :at, :at)
        ON CONFLICT DO UPDATE SET paused = excluded.paused, removed = NULL
        """,
        {
            "id": source.id,
            "location": source.location,
            "digest": source.location_digest,
            "origin": source.origin,
            "definition": source.definition,
            "paused": source.paused,
            "at": at,
        },
    )
    db.conn.execute(
        """
        UPDATE sources SET
            location = ?, location_digest = ?, origin = ?, next_check = ?,
            etag = NULL, last_modified = NULL, body_digest = NULL, gone = 0, failures = 0, error = NULL,
            address = NULL, moved_to = NULL, moved_since = NULL, asks = '{}',
            gap_since = NULL, gap_until = NULL, gap_missing = NULL, gap_noticed = NULL, gap_page = NULL
        WHERE id = ? AND location_digest <> ?
        """,
        (source.location, source.location_digest, source.origin, at, source.id, source.location_digest),
    )


def touch_feeds(db: Database, source: SourceId) -> None:
    """The documents in which a source's items stand are to be rendered."""
    archives.touch_source(db, source)
    db.conn.execute(
        """
        UPDATE feeds SET revision = revision + 1 WHERE id IN (
            SELECT feed FROM items JOIN releases ON releases.item = items.id JOIN feeds ON feeds.id = feed
            WHERE source = ? AND state = 'released' AND number > edge
        )
        """,
        (source,),
    )


def states(db: Database, *, removed: bool = False) -> tuple[SourceState, ...]:
    """All sources, in the order of their ids."""
    return _states(db, "" if removed else "WHERE removed IS NULL")


def state(db: Database, source: SourceId) -> SourceState:
    """One source. It must be there."""
    return _states(db, "WHERE id = ?", (source,))[0]


def by_ids(db: Database, ids: Iterable[SourceId]) -> dict[SourceId, SourceState]:
    """These sources, removed ones too."""
    found: dict[SourceId, SourceState] = {}
    for some in batches(list(ids)):
        found |= {one.id: one for one in _states(db, f"WHERE id IN ({marks(some)})", tuple(some))}
    return found


def remembered(db: Database, source: SourceId) -> str:
    """Of the entries of a source's last document, for its next reading (`ingest.cut`)."""
    row = db.conn.execute("SELECT remembered FROM sources WHERE id = ?", (source,)).fetchone()
    return str(row[0])


def titles(db: Database) -> dict[SourceId, str]:
    """What sources call themselves."""
    return dict(db.conn.execute("SELECT id, title FROM sources WHERE title IS NOT NULL"))


def untried(db: Database) -> frozenset[SourceId]:
    """The sources that are to be read and have never been asked."""
    query = "SELECT id FROM sources WHERE last_checked IS NULL AND paused = 0 AND removed IS NULL"
    return frozenset(row[0] for row in db.conn.execute(query))


def unread(db: Database) -> frozenset[SourceId]:
    """The sources that are to be read and have never given a good answer."""
    query = "SELECT id FROM sources WHERE last_ok IS NULL AND paused = 0 AND removed IS NULL"
    return frozenset(row[0] for row in db.conn.execute(query))


def removed(db: Database) -> dict[SourceId, str]:
    """The sources that feeds.yaml has lost, with their last definitions."""
    return dict(db.conn.execute("SELECT id, definition FROM sources WHERE removed IS NOT NULL"))


def counts(db: Database) -> dict[SourceId, int]:
    """How many items each source has brought."""
    return dict(db.conn.execute("SELECT source, count(*) FROM items WHERE source IS NOT NULL GROUP BY source"))


def dates(db: Database, source: SourceId) -> tuple[datetime, ...]:
    """Of the newest items of a source: its rhythm."""
    rows = db.conn.execute("SELECT dated FROM items WHERE source = ? ORDER BY dated DESC LIMIT 24", (source,))
    return tuple(parse_time(row[0]) for row in rows)


def _gap(since: str | None, until: str, missing: int | None, noticed: str, page: str | None) -> Gap | None:
    if since is None:
        return None
    return Gap(
        since=parse_time(since), until=parse_time(until), missing=missing, noticed=parse_time(noticed), page=page
    )


def _states(db: Database, where: str, args: tuple[object, ...] = ()) -> tuple[SourceState, ...]:
    query = f"""
        SELECT id, location, added, title, site, feed_id, language, etag, last_modified, body_digest,
               last_checked, last_ok, max(next_check, coalesce(until, '')), failures, error, gone, paused, removed,
               address, moved_to, moved_since, asks, lease_owner IS NOT NULL, until,
               gap_since, gap_until, gap_missing, gap_noticed, gap_page
        FROM sources LEFT JOIN origins USING (origin) {where} ORDER BY id
    """
    return tuple(
        SourceState(
            id=SourceId(row[0]),
            location=row[1],
            added=parse_time(row[2]),
            title=row[3],
            site=row[4],
            feed_id=row[5],
            language=row[6],
            validators=Validators(etag=row[7], last_modified=row[8]),
            body_digest=row[9],
            last_checked=parse_time(row[10]) if row[10] else None,
            last_ok=parse_time(row[11]) if row[11] else None,
            next_check=parse_time(row[12]),
            failures=row[13],
            error=row[14],
            gone=bool(row[15]),
            paused=bool(row[16]),
            removed=parse_time(row[17]) if row[17] else None,
            whereabouts=Whereabouts(
                address=row[18], moved_to=row[19], moved_since=parse_time(row[20]) if row[20] else None
            ),
            asks=leases.asks(row[21]),
            leased=bool(row[22]),
            held_until=parse_time(row[23]) if row[23] else None,
            gap=_gap(*row[24:29]),
        )
        for row in db.conn.execute(query, args)
    )
