"""Items: what they say, and which of them are known."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote

from feedhub import urls
from feedhub.model import (
    AuthorId,
    Category,
    Content,
    Enclosure,
    Image,
    Item,
    ItemId,
    Kind,
    Person,
    SourceId,
    Via,
)
from feedhub.store.db import Database, parse_time, stamp

_ROW = """
    id, uid, kind, source, author, slug, title, link, summary, html, authors, categories, enclosures, image,
    language, published, dated, updated, first_seen, withdrawn,
    (SELECT group_concat(tag, ' ') FROM post_tags WHERE item = items.id)
"""
T = TypeVar("T")
_BATCH = 500  # parameters in one statement; SQLite takes 32,766, older ones 999


def by_id(db: Database, ids: Iterable[ItemId]) -> dict[ItemId, Item]:
    """Those of these items that there are."""
    found = {}
    for some in _batches(sorted(set(ids))):
        for row in db.conn.execute(f"SELECT {_ROW} FROM items WHERE id IN ({_marks(some)})", some):
            item = _item(row)
            found[item.id] = item
    return found


def by_key(db: Database, source: SourceId, keys: Sequence[str]) -> dict[str, Item]:
    """Which items a source has shown under these keys."""
    found: dict[str, ItemId] = {}
    for some in _batches(keys):
        query = f"SELECT key, item FROM sightings WHERE source = ? AND key IN ({_marks(some)})"
        found |= dict(db.conn.execute(query, (source, *some)))
    items = by_id(db, found.values())
    return {key: items[item] for key, item in found.items()}


def seen(db: Database, source: SourceId, most: int = 5000) -> frozenset[tuple[str, str]]:
    """The entries that a source has shown lately, as (key, digest)."""
    query = "SELECT key, digest FROM sightings WHERE source = ? ORDER BY seen DESC LIMIT ?"
    return frozenset(db.conn.execute(query, (source, most)))


def of_sources(db: Database, sources: Iterable[SourceId]) -> Iterator[Item]:
    """All entries of these sources."""
    for some in _batches(sorted(sources)):
        yield from map(_item, db.conn.execute(f"SELECT {_ROW} FROM items WHERE source IN ({_marks(some)})", some))


def ids_of(db: Database, source: SourceId) -> tuple[ItemId, ...]:
    """The keys of all entries of a source."""
    return tuple(ItemId(row[0]) for row in db.conn.execute("SELECT id FROM items WHERE source = ?", (source,)))


def newest_of(db: Database, source: SourceId) -> Iterator[Item]:
    """The entries of a source, newest first by their own dates."""
    query = f"SELECT {_ROW} FROM items WHERE source = ? ORDER BY dated DESC, id DESC"
    return map(_item, db.conn.execute(query, (source,)))


def posts(db: Database, *, author: AuthorId | None = None, tag: str | None = None) -> Iterator[Item]:
    """All posts, or an author's, or those that bear a tag (its slug)."""
    query = f"SELECT {_ROW} FROM items WHERE slug IS NOT NULL"
    if tag is not None:
        yield from map(_item, db.conn.execute(f"{query} AND id IN (SELECT item FROM post_tags WHERE tag = ?)", (tag,)))
    elif author is not None:
        yield from map(_item, db.conn.execute(f"{query} AND author = ?", (author,)))
    else:
        yield from map(_item, db.conn.execute(query))


def pinned_links(db: Database) -> Iterator[Item]:
    """All items that exist because they were pinned."""
    yield from map(_item, db.conn.execute(f"SELECT {_ROW} FROM items WHERE kind = 'link'"))


def find(db: Database, name: str, hub_url: str) -> tuple[Item, ...]:
    """The items that an id or an address names."""
    exact = tuple(map(_item, db.conn.execute(f"SELECT {_ROW} FROM items WHERE uid = ?", (name,))))
    return exact or by_address(db, name, hub_url)


def by_address(db: Database, url: str, hub_url: str) -> tuple[Item, ...]:
    """The items that are read at an address, in any of its spellings; first come first."""
    key = urls.link_key(url)
    query = f"SELECT {_ROW} FROM items WHERE link_key = ? ORDER BY id"
    found = tuple(map(_item, db.conn.execute(query, (key,))))
    author, _, slug = unquote(key.removeprefix(urls.link_key(f"{hub_url}/posts"))).strip("/").partition("/")
    page = f"SELECT {_ROW} FROM items WHERE author = ? AND slug = ?"
    return found or tuple(map(_item, db.conn.execute(page, (author, slug))))


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
) -> ItemId:
    """A new item. Its `uid` must be free; it is its for good."""
    values = {
        "uid": uid,
        "kind": kind,
        "source": source,
        "author": author,
        "slug": slug,
        **_content_row(content),
        "published": content.published and stamp(content.published),
        "dated": stamp(dated),
        "updated": stamp(updated),
        "first_seen": stamp(first_seen),
    }
    names = ", ".join(values)
    row = db.conn.execute(f"INSERT INTO items ({names}) VALUES ({_marks(values)})", tuple(values.values()))
    assert row.lastrowid is not None
    return ItemId(row.lastrowid)


def rewrite(db: Database, item: ItemId, content: Content, updated: datetime) -> None:
    """What an item says now. Its dates of origin stay: a source that re-dates its items moves nothing."""
    values = {**_content_row(content), "updated": stamp(updated)}
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.conn.execute(f"UPDATE items SET {assignments} WHERE id = ?", (*values.values(), item))


def look_again(db: Database, items: Iterable[ItemId], *, via: Via, due: datetime) -> None:
    """Have the places of these items decided, or looked at again, once `due` has come."""
    db.conn.executemany(
        "INSERT INTO arrivals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET due = excluded.due",
        [(item, via, stamp(due)) for item in items],
    )


def _content_row(content: Content) -> dict[str, str | None]:
    return {
        "title": content.title,
        "link": content.link,
        "link_key": content.link and urls.link_key(content.link),
        "summary": content.summary,
        "html": content.html,
        "authors": _json(content.authors),
        "categories": _json(content.categories),
        "enclosures": _json(content.enclosures),
        "image": json.dumps(asdict(content.image), ensure_ascii=False) if content.image else None,
        "language": content.language,
    }


def _json(values: Sequence[Person | Category | Enclosure]) -> str:
    if not values:
        return "[]"
    rows = [{name: value for name, value in asdict(one).items() if value is not None} for one in values]
    return json.dumps(rows, ensure_ascii=False)


def _item(row: sqlite3.Row | tuple[Any, ...]) -> Item:
    (key, uid, kind, source, author, slug, title, link, summary, html, authors, categories, enclosures, image) = row[
        :14
    ]
    language, published, dated, updated, first_seen, withdrawn, tags = row[14:]
    return Item(
        id=ItemId(key),
        uid=uid,
        kind=Kind(kind),
        source=source,
        author=author,
        slug=slug,
        tags=tuple(tags.split()) if tags else (),
        content=Content(
            title=title,
            link=link,
            summary=summary,
            html=html,
            authors=tuple(Person(**one) for one in json.loads(authors)),
            categories=tuple(Category(**one) for one in json.loads(categories)),
            enclosures=tuple(Enclosure(**one) for one in json.loads(enclosures)),
            image=Image(**json.loads(image)) if image else None,
            language=language,
            published=parse_time(published) if published else None,
        ),
        dated=parse_time(dated),
        first_seen=parse_time(first_seen),
        updated=parse_time(updated),
        withdrawn=parse_time(withdrawn) if withdrawn else None,
    )


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
