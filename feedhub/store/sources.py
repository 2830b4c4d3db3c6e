"""Sources: what is known of them, when each is due, and what one answer changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedhub.model import Description, Kind, SourceId, SourceState, SourceUpdate, Validators, Via
from feedhub.store import items
from feedhub.store.db import Database, parse_time, stamp, transaction

LEASE = timedelta(minutes=3)  # longer than any fetch and parse may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A source as feeds.yaml asks for it."""

    id: SourceId
    location: str  # safe to show
    location_digest: str
    definition: str  # what decides where its items belong and how they are shown
    paused: bool


def sync(db: Database, wanted: Sequence[Wanted], now: datetime) -> tuple[SourceId, ...]:
    """Hold the sources to feeds.yaml: the new are due now, the vanished are kept and not read any more.

    Where an address has changed, its validators are void, and it is due. Returns the
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
        INSERT INTO sources (id, location, location_digest, definition, paused, added, next_check)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            location = excluded.location, location_digest = excluded.location_digest, paused = excluded.paused,
            etag = iif(location_digest = excluded.location_digest, etag, NULL),
            last_modified = iif(location_digest = excluded.location_digest, last_modified, NULL),
            body_digest = iif(location_digest = excluded.location_digest, body_digest, NULL),
            gone = 0, failures = 0, error = NULL, next_check = excluded.next_check, removed = NULL
        """,
        (source.id, source.location, source.location_digest, source.definition, source.paused, at, at),
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


def claim(
    db: Database, now: datetime, owner: str, *, count: int, only: Iterable[SourceId] | None = None
) -> tuple[SourceId, ...]:
    """Lease up to `count` sources to `owner`: those that are due, or `only` these, due or not.

    What another process is reading right now is left to it, and what is gone for good is
    not asked again. A lease ends with `apply`, with its owner, or with its time.
    """
    free = "removed IS NULL AND paused = 0 AND gone = 0 AND (lease_until IS NULL OR lease_until <= :now)"
    with transaction(db):
        if only is None:
            due = f"{free} AND next_check <= :now ORDER BY next_check LIMIT :count"
            query = f"SELECT id FROM sources WHERE {due}"
            claimed = [row[0] for row in db.conn.execute(query, {"now": stamp(now), "count": count})]
        else:
            query = f"SELECT id FROM sources WHERE {free} AND id = :id"
            found = [db.conn.execute(query, {"now": stamp(now), "id": source}).fetchone() for source in only]
            claimed = [row[0] for row in found if row][:count]
        db.conn.executemany(
            "UPDATE sources SET lease_owner = ?, lease_until = ? WHERE id = ?",
            [(owner, stamp(now + LEASE), source) for source in claimed],
        )
    return tuple(SourceId(source) for source in claimed)


def renew_leases(db: Database, now: datetime, owner: str) -> None:
    """`owner` is alive, and still reads what it leased: some wait long for their origin's turn."""
    db.conn.execute("UPDATE sources SET lease_until = ? WHERE lease_owner = ?", (stamp(now + LEASE), owner))


def free_leases(db: Database, alive: Callable[[str], bool]) -> None:
    """Take back what processes hold that are no longer there."""
    owners = db.conn.execute("SELECT DISTINCT lease_owner FROM sources WHERE lease_owner IS NOT NULL").fetchall()
    for (owner,) in owners:
        if not alive(owner):
            db.conn.execute("UPDATE sources SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = ?", (owner,))


def anything_due(db: Database, now: datetime) -> bool:
    """Whether a source waits to be read."""
    query = """
        SELECT 1 FROM sources WHERE removed IS NULL AND paused = 0 AND gone = 0 AND next_check <= :now
        AND (lease_until IS NULL OR lease_until <= :now) LIMIT 1
    """
    return db.conn.execute(query, {"now": stamp(now)}).fetchone() is not None


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


def apply(db: Database, update: SourceUpdate, owner: str) -> None:
    """Store all that one answer changed, validators and all, and end the lease.

    To be called in the transaction in which it was decided.
    """
    at = stamp(update.checked)
    first = db.conn.execute("SELECT last_ok IS NULL FROM sources WHERE id = ?", (update.source,)).fetchone()[0]
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
        )
        items.look_again(db, [item], via=Via.FIRST if first else Via.NEWS, due=update.checked)
        sightings.append((update.source, new.key, item, new.digest, at))
    for changed in update.changed:
        if changed.content is not None:
            items.rewrite(db, changed.item, changed.content, changed.updated)
            items.look_again(db, [changed.item], via=Via.NEWS, due=update.checked)
        sightings.append((update.source, changed.key, changed.item, changed.digest, at))
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
    db.conn.execute(
        """
        UPDATE sources SET
            last_checked = :at, next_check = :next, error = :error,
            last_ok = iif(:good, :at, last_ok), failures = iif(:good, 0, failures + 1), gone = :status IS 410,
            etag = iif(:validated, :etag, etag), last_modified = iif(:validated, :modified, last_modified),
            body_digest = coalesce(:digest, body_digest),
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
            "owner": owner,
            "id": update.source,
        },
    )


def _states(db: Database, where: str, args: tuple[object, ...] = ()) -> tuple[SourceState, ...]:
    query = f"""
        SELECT id, location, added, title, site, feed_id, language, etag, last_modified, body_digest,
               last_checked, last_ok, next_check, failures, error, gone, paused, removed
        FROM sources {where} ORDER BY id
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
        )
        for row in db.conn.execute(query, args)
    )
