"""Items: what they say, and which of them are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from urllib.parse import unquote

from feedhub import urls
from feedhub.model import (
    AuthorId,
    Content,
    Item,
    ItemId,
    Kind,
    SourceId,
    Via,
)
from feedhub.store import rows
from feedhub.store.db import Database, batches, marks, stamp


def by_id(db: Database, ids: Iterable[ItemId]) -> dict[ItemId, Item]:
    """Those of these items that there are."""
    found = {}
    for some in batches(sorted(set(ids))):
        for row in db.conn.execute(f"SELECT {rows.COLUMNS} FROM items WHERE id IN ({marks(some)})", some):
            item = rows.item(row)
            found[item.id] = item
    return found


def each(db: Database, ids: Iterable[ItemId]) -> Iterator[Item]:
    """The same, a few at a time."""
    for some in batches(sorted(set(ids))):
        yield from by_id(db, some).values()


def by_key(db: Database, source: SourceId, keys: Sequence[str]) -> dict[str, Item]:
    """Which items a source has shown under these keys."""
    found: dict[str, ItemId] = {}
    for some in batches(keys):
        query = f"SELECT key, item FROM sightings WHERE source = ? AND key IN ({marks(some)})"
        found |= dict(db.conn.execute(query, (source, *some)))
    items = by_id(db, found.values())
    return {key: items[item] for key, item in found.items()}


def by_link(db: Database, links: Iterable[str]) -> dict[str, tuple[Item, ...]]:
    """The items that link to these addresses, given as `urls.link_key`; first come first."""
    found: dict[str, list[Item]] = {}
    for some in batches(sorted(set(links))):
        query = f"SELECT link_key, {rows.COLUMNS} FROM items WHERE link_key IN ({marks(some)}) ORDER BY id"
        for key, *row in db.conn.execute(query, some):
            found.setdefault(key, []).append(rows.item(row))
    return {key: tuple(linked) for key, linked in found.items()}


def keys_of(db: Database, source: SourceId, ids: Iterable[ItemId]) -> dict[ItemId, frozenset[str]]:
    """Under which keys a source has shown these items."""
    query = "SELECT key FROM sightings WHERE item = ? AND source = ?"
    return {item: frozenset(row[0] for row in db.conn.execute(query, (item, source))) for item in ids}


def shows_any(db: Database, source: SourceId, keys: Sequence[str], before: datetime | None = None) -> bool:
    """Whether a source has shown something under one of these keys, and `before` a time where one is given."""
    query = "SELECT 1 FROM sightings WHERE source = ?"
    if before:
        query += " AND (SELECT first_seen FROM items WHERE id = item) < ?"
    for some in batches(keys):
        args = (source, stamp(before), *some) if before else (source, *some)
        if db.conn.execute(f"{query} AND key IN ({marks(some)}) LIMIT 1", args).fetchone():
            return True
    return False


def latest_of(db: Database, source: SourceId, most: int) -> tuple[Item, ...]:
    """What a source has brought last."""
    query = f"SELECT {rows.COLUMNS} FROM items WHERE source = ? ORDER BY dated DESC, id DESC LIMIT ?"
    return tuple(map(rows.item, db.conn.execute(query, (source, most))))


def seen(db: Database, source: SourceId, most: int = 5000) -> frozenset[tuple[str, str]]:
    """The entries that a source has shown lately, as (key, digest)."""
    query = "SELECT key, digest FROM sightings WHERE source = ? ORDER BY seen DESC LIMIT ?"
    return frozenset(db.conn.execute(query, (source, most)))


def of_sources(db: Database, sources: Iterable[SourceId]) -> Iterator[Item]:
    """All that these sources have shown; what several of them show may come more than once."""
    for some in batches(sorted(sources)):
        shown = f"SELECT item FROM sightings WHERE source IN ({marks(some)})"
        yield from map(rows.item, db.conn.execute(f"SELECT {rows.COLUMNS} FROM items WHERE id IN ({shown})", some))


def ids_of(db: Database, source: SourceId) -> tuple[ItemId, ...]:
    """The keys of all that a source has shown."""
    query = "SELECT DISTINCT item FROM sightings WHERE source = ?"
    return tuple(ItemId(row[0]) for row in db.conn.execute(query, (source,)))


def newest_of(db: Database, source: SourceId) -> Iterator[Item]:
    """What a source shows, newest first by the items' own dates."""
    own = f"SELECT {rows.COLUMNS} FROM items WHERE source = ? ORDER BY dated DESC, id DESC"
    others = f"""
        SELECT {rows.COLUMNS} FROM items WHERE source IS NOT ? AND id IN (SELECT item FROM sightings WHERE source = ?)
        ORDER BY dated DESC, id DESC
    """
    both = (map(rows.item, db.conn.execute(own, (source,))), map(rows.item, db.conn.execute(others, (source, source))))
    return merge(*both, key=lambda item: (item.dated, item.id), reverse=True)


def posts(db: Database, *, author: AuthorId | None = None, tag: str | None = None) -> Iterator[Item]:
    """All posts, or an author's, or those that bear a tag (its slug)."""
    query = f"SELECT {rows.COLUMNS} FROM items WHERE slug IS NOT NULL"
    if tag is not None:
        yield from map(
            rows.item, db.conn.execute(f"{query} AND id IN (SELECT item FROM post_tags WHERE tag = ?)", (tag,))
        )
    elif author is not None:
        yield from map(rows.item, db.conn.execute(f"{query} AND author = ?", (author,)))
    else:
        yield from map(rows.item, db.conn.execute(query))


def pinned_links(db: Database) -> Iterator[Item]:
    """All items that exist because they were pinned."""
    yield from map(rows.item, db.conn.execute(f"SELECT {rows.COLUMNS} FROM items WHERE kind = 'link'"))


def find(db: Database, name: str, hub_url: str) -> tuple[Item, ...]:
    """The items that an id names, the hub's or a source's own, or an address."""
    exact = tuple(map(rows.item, db.conn.execute(f"SELECT {rows.COLUMNS} FROM items WHERE uid = ?", (name,))))
    by_key = f"SELECT {rows.COLUMNS} FROM items WHERE id IN (SELECT item FROM sightings WHERE key = ?) ORDER BY id"
    return exact or by_address(db, name, hub_url) or tuple(map(rows.item, db.conn.execute(by_key, (name,))))


def seen_at(db: Database, item: ItemId) -> tuple[tuple[SourceId, str], ...]:
    """The sources that show an item, and the id that each has for it."""
    query = "SELECT source, key FROM sightings WHERE item = ? ORDER BY source, key"
    return tuple((SourceId(source), key) for source, key in db.conn.execute(query, (item,)))


def by_address(db: Database, url: str, hub_url: str) -> tuple[Item, ...]:
    """The items that are read at an address, in any of its spellings; first come first."""
    key = urls.link_key(url)
    query = f"SELECT {rows.COLUMNS} FROM items WHERE link_key = ? ORDER BY id"
    found = tuple(map(rows.item, db.conn.execute(query, (key,))))
    author, _, slug = unquote(key.removeprefix(urls.link_key(f"{hub_url}/posts"))).strip("/").partition("/")
    page = f"SELECT {rows.COLUMNS} FROM items WHERE author = ? AND slug = ?"
    return found or tuple(map(rows.item, db.conn.execute(page, (author, slug))))


class Uids:
    """Every id that an item bears: `uid in Uids(db)`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def __contains__(self, uid: object) -> bool:
        return self._db.conn.execute("SELECT 1 FROM items WHERE uid = ?", (uid,)).fetchone() is not None


def insert(  # noqa: PLR0913 - a row has this many parts
    db: Database,
    *,
    uid: str,
    kind: Kind,
    content: Content,
    dated: datetime,
    updated: datetime,
    first_seen: datetime,
    source: SourceId | None = None,
    author: AuthorId | None = None,
    slug: str | None = None,
    held: str | None = None,
) -> ItemId:
    """A new item. Its `uid` must be free; it is its for good."""
    values = {
        "uid": uid,
        "kind": kind,
        "source": source,
        "author": author,
        "slug": slug,
        **rows.of_content(content),
        "published": content.published and stamp(content.published),
        "dated": stamp(dated),
        "updated": stamp(updated),
        "first_seen": stamp(first_seen),
        "held": held,
    }
    names = ", ".join(values)
    row = db.conn.execute(f"INSERT INTO items ({names}) VALUES ({marks(values)})", tuple(values.values()))
    assert row.lastrowid is not None
    return ItemId(row.lastrowid)


def rewrite(db: Database, item: ItemId, content: Content, updated: datetime) -> None:
    """What an item says now. Its dates of origin stay: a source that re-dates its items moves nothing."""
    values = {**rows.of_content(content), "updated": stamp(updated)}
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.conn.execute(f"UPDATE items SET {assignments}, edits = edits + 1 WHERE id = ?", (*values.values(), item))


def also_shown(db: Database, item: ItemId, source: SourceId, content: Content) -> None:
    """Another source shows an item. A pin that a source brings says what the source does, and keeps its id."""
    values = {**rows.of_content(content), "kind": Kind.ENTRY, "source": source}
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.conn.execute(f"UPDATE items SET {assignments} WHERE id = ? AND kind = 'link'", (*values.values(), item))


# -- the admin's word


def held(db: Database) -> tuple[Item, ...]:
    """The items that wait for the admin's word, first come first."""
    return tuple(
        map(rows.item, db.conn.execute(f"SELECT {rows.COLUMNS} FROM items WHERE held IS NOT NULL ORDER BY id"))
    )


def held_counts(db: Database) -> dict[SourceId, int]:
    """How many of each source wait."""
    return dict(db.conn.execute("SELECT source, count(*) FROM items WHERE held IS NOT NULL GROUP BY source"))


def retract(db: Database, item: ItemId, now: datetime) -> None:
    """Take an item back, wherever it stands; its places stay, as holes. Taken back already, it keeps its time."""
    db.conn.execute("UPDATE items SET retracted = coalesce(retracted, ?), held = NULL WHERE id = ?", (stamp(now), item))


def let_go(db: Database, item: ItemId, *, via: Via, now: datetime) -> None:
    """An item that was held, or retracted, goes where it belongs."""
    db.conn.execute("UPDATE items SET retracted = NULL, held = NULL WHERE id = ?", (item,))
    db.conn.execute("DELETE FROM arrivals WHERE item = ?", (item,))
    look_again(db, [item], via=via, due=now)


def look_again(db: Database, items: Iterable[ItemId], *, via: Via, due: datetime) -> None:
    """Have the places of these items decided, or looked at again, once `due` has come."""
    db.conn.executemany(
        "INSERT INTO arrivals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET due = excluded.due",
        [(item, via, stamp(due)) for item in items],
    )
