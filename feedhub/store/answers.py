"""What one answer of a source changed: the only way into the database for what comes from outside."""

from __future__ import annotations

import json
from collections import defaultdict

from feedhub.model import Asks, Brought, Description, Gap, Held, ItemId, Kind, SourceId, SourceUpdate, Via
from feedhub.store import items, leases, sources
from feedhub.store.db import Database, stamp


def apply(db: Database, update: SourceUpdate, owner: str) -> None:
    """Store all that one answer changed, validators and all, and end the lease.

    To be called in the transaction in which it was decided.
    """
    take_in(db, update)
    for item in update.retracted:
        items.retract(db, item, update.checked)
        items.look_again(db, [item], via=Via.NEWS, due=update.checked)
    if update.described is not None:
        _describe(db, update.source, update.described)
    _record_check(db, update, owner)


def take_in(db: Database, update: Brought) -> None:
    """Store what one document brought."""
    at = stamp(update.checked)
    sightings = []
    coming: defaultdict[Via, list[ItemId]] = defaultdict(list)
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
            coming[new.fate].append(item)
        sightings.append((update.source, new.key, item, new.digest, at))
    for changed in update.changed:
        if changed.content is not None:
            items.rewrite(db, changed.item, changed.content, changed.updated)
            coming[Via.NEWS].append(changed.item)
        sightings.append((update.source, changed.key, changed.item, changed.digest, at))
    for also in update.also:
        items.also_shown(db, also.item, update.source, also.content)
        coming[also.via].append(also.item)
        sightings.append((update.source, also.key, also.item, also.digest, at))
    for via, some in coming.items():
        items.look_again(db, some, via=via, due=update.checked)
    db.conn.executemany(
        """
        INSERT INTO sightings VALUES (?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET digest = excluded.digest, seen = excluded.seen
        """,
        sightings,
    )


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
        sources.touch_feeds(db, source)


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
            remembered = coalesce(:remembered, remembered),
            address = :address, moved_to = :moved_to, moved_since = :moved_since, origin = coalesce(:origin, origin),
            gap_since = :gap_since, gap_until = :gap_until, gap_missing = :gap_missing,
            gap_noticed = :gap_noticed, gap_page = :gap_page,
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
            "remembered": update.remembered,
            "address": where.address,
            "moved_to": where.moved_to,
            "moved_since": where.moved_since and stamp(where.moved_since),
            "origin": update.origin,
            **_gap_row(update.gap),
            "owner": owner,
            "id": update.source,
        },
    )
    if update.hold is not None:
        leases.hold(db, update.hold, update.checked)


def close_gap(db: Database, source: SourceId) -> None:
    """Nothing that could still be had is missing of a source."""
    values = ", ".join(f"{column} = NULL" for column in _gap_row(None))
    db.conn.execute(f"UPDATE sources SET {values} WHERE id = ?", (source,))


def _gap_row(gap: Gap | None) -> dict[str, str | int | None]:
    if gap is None:
        return dict.fromkeys(("gap_since", "gap_until", "gap_missing", "gap_noticed", "gap_page"))
    return {
        "gap_since": stamp(gap.since),
        "gap_until": stamp(gap.until),
        "gap_missing": gap.missing,
        "gap_noticed": stamp(gap.noticed),
        "gap_page": gap.page,
    }


def _dump(asks: Asks) -> str:
    said = {
        "ttl": asks.ttl and asks.ttl.total_seconds(),
        "period": asks.period and asks.period.total_seconds(),
        "skip_hours": sorted(asks.skip_hours),
        "skip_days": sorted(asks.skip_days),
    }
    return json.dumps({name: value for name, value in said.items() if value})
