"""Sources: what is known of them, when each is due, and what one answer changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedhub.model import (
    Asks,
    Description,
    Held,
    Kind,
    SourceId,
    SourceState,
    SourceUpdate,
    Validators,
    Via,
    Whereabouts,
)
from feedhub.store import items, leases
from feedhub.store.db import Database, parse_time, stamp


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
            address = NULL, moved_to = NULL, moved_since = NULL, asks = '{}'
        WHERE id = ? AND location_digest <> ?
        """,
        (source.location, source.location_digest, source.origin, at, source.id, source.location_digest),
    )


def touch_feeds(db: Database, source: SourceId) -> None:
    """The feeds in whose windows a source's items stand are to be rendered."""
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
    return {source: state(db, source) for source in ids}


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


def apply(db: Database, update: SourceUpdate, owner: str) -> None:
    """Store all that one answer changed, validators and all, and end the lease.

    To be called in the transaction in which it was decided.
    """
    at = stamp(update.checked)
    sightings = []
    for new in update.new:
        item = items.insert(
            db,
            uid=new.uid,
            kind=Kind.ENTRY,
            source=update.source,
            content=new.content,
            dated=new.dated,
            updated=new.updated,
            first_seen=update.checked,
            held=new.fate.why if isinstance(new.fate, Held) else None,
        )
        if isinstance(new.fate, Via):
            items.look_again(db, [item], via=new.fate, due=update.checked)
        sightings.append((update.source, new.key, item, new.digest, at))
    for changed in update.changed:
        if changed.content is not None:
            items.rewrite(db, changed.item, changed.content, changed.updated)
            items.look_again(db, [changed.item], via=Via.NEWS, due=update.checked)
        sightings.append((update.source, changed.key, changed.item, changed.digest, at))
    for also in update.also:
        items.also_shown(db, also.item, update.source, also.content)
        items.look_again(db, [also.item], via=also.via, due=update.checked)
        sightings.append((update.source, also.key, also.item, also.digest, at))
    for item in update.retracted:
        items.retract(db, item, update.checked)
        items.look_again(db, [item], via=Via.NEWS, due=update.checked)
    db.conn.executemany(
        """
        INSERT INTO sightings VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET digest = excluded.digest, seen = excluded.seen
        """,
        sightings,
    )
    if update.described is not None:
        _describe(db, update.source, update.described)
    _record_check(db, update, owner)


def _describe(db: Database, source: SourceId, about: Description) -> None:
    values = (about.title, about.site, about.feed_id, about.language)
    moved = db.conn.execute(
        """
        UPDATE sources SET title = ?, site = ?, feed_id = ?, language = ?
        WHERE id = ? AND (title, site, feed_id, language) IS NOT (?, ?, ?, ?)
        """,
        (*values, source, *values),
    ).rowcount
    if moved:  # entries name their source as it names itself
        touch_feeds(db, source)


def _record_check(db: Database, update: SourceUpdate, owner: str) -> None:
    good = update.error is None
    validators = update.validators
    where = update.whereabouts
    db.conn.execute(
        """
        UPDATE sources SET
            last_checked = :at, next_check = :next, error = :error,
            last_ok = iif(:good, :at, last_ok), failures = iif(:good, 0, failures + 1), gone = :status IS 410,
            etag = iif(:validated, :etag, etag), last_modified = iif(:validated, :modified, last_modified),
            body_digest = coalesce(:digest, body_digest), asks = coalesce(:asks, asks),
            address = :address, moved_to = :moved_to, moved_since = :moved_since, origin = coalesce(:origin, origin),
            lease_owner = iif(lease_owner = :owner, NULL, lease_owner),
            lease_until = iif(lease_owner = :owner, NULL, lease_until)
        WHERE id = :id
        """,
        {
            "at": stamp(update.checked),
            "next": stamp(update.next_check),
            "error": update.error,
            "good": good,
            "status": update.status,
            "validated": validators is not None,
            "etag": validators and validators.etag,
            "modified": validators and validators.last_modified,
            "digest": update.body_digest,
            "asks": update.asks and _dump(update.asks),
            "address": where.address,
            "moved_to": where.moved_to,
            "moved_since": where.moved_since and stamp(where.moved_since),
            "origin": update.origin,
            "owner": owner,
            "id": update.source,
        },
    )
    if update.hold is not None:
        leases.hold(db, update.hold, update.checked)


def _dump(asks: Asks) -> str:
    said = {
        "ttl": asks.ttl and asks.ttl.total_seconds(),
        "period": asks.period and asks.period.total_seconds(),
        "skip_hours": sorted(asks.skip_hours),
        "skip_days": sorted(asks.skip_days),
    }
    return json.dumps({name: value for name, value in said.items() if value})


def _asks(text: str) -> Asks:
    if text == "{}":
        return Asks()
    said = json.loads(text)
    return Asks(
        ttl=timedelta(seconds=said["ttl"]) if "ttl" in said else None,
        period=timedelta(seconds=said["period"]) if "period" in said else None,
        skip_hours=frozenset(said.get("skip_hours", ())),
        skip_days=frozenset(said.get("skip_days", ())),
    )


def _states(db: Database, where: str, args: tuple[object, ...] = ()) -> tuple[SourceState, ...]:
    query = f"""
        SELECT id, location, added, title, site, feed_id, language, etag, last_modified, body_digest,
               last_checked, last_ok, max(next_check, coalesce(until, '')), failures, error, gone, paused, removed,
               address, moved_to, moved_since, asks, lease_owner IS NOT NULL, until
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
            asks=_asks(row[21]),
            leased=bool(row[22]),
            held_until=parse_time(row[23]) if row[23] else None,
        )
        for row in db.conn.execute(query, args)
    )
