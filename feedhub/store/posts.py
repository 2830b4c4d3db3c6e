"""Posts and tags: the files behind items, and the places they keep in addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count

from feedhub import text
from feedhub.model import AuthorId, ItemId, Kind, KnownPost, Post, Tag, Via
from feedhub.store import items, releases
from feedhub.store.db import Database, parse_time, stamp


def known(db: Database) -> tuple[KnownPost, ...]:
    """Every post that was ever stored."""
    query = """
        SELECT item, path, author, digest, uid, published, title, live
        FROM posts JOIN items ON items.id = item ORDER BY item
    """
    return tuple(
        KnownPost(
            item=ItemId(item),
            path=path,
            author=AuthorId(author),
            digest=digest,
            uid=uid,
            date=parse_time(published),
            title=title,
            live=bool(live),
        )
        for item, path, author, digest, uid, published, title, live in db.conn.execute(query)
    )


def stamps(db: Database) -> dict[str, str]:
    """What the rendering of each live post depended on, by path."""
    return dict(db.conn.execute("SELECT path, stamp FROM posts WHERE live = 1"))


def add(db: Database, post: Post, uid: str, *, updated: datetime, now: datetime) -> ItemId:
    """A post that was never seen before."""
    assert post.content.published is not None
    item = items.insert(
        db,
        uid=uid,
        kind=Kind.POST,
        content=post.content,
        dated=post.content.published,
        updated=updated,
        first_seen=now,
        author=post.author,
        slug=_free_slug(db, post),
    )
    db.conn.execute("INSERT INTO posts VALUES (?, ?, ?, ?, 1)", (item, post.path, post.digest, post.stamp))
    _tag(db, item, post)
    items.look_again(db, [item], via=Via.NEWS, due=max(now, post.content.published))
    return item


def change(db: Database, item: ItemId, post: Post, *, updated: datetime, now: datetime) -> None:
    """A known post, as its file says it now. Its address stays, unless its front matter asks for another."""
    assert post.content.published is not None
    items.rewrite(db, item, post.content, updated)
    releases.touch_items(db, [item])
    author, slug = db.conn.execute("SELECT author, slug FROM items WHERE id = ?", (item,)).fetchone()
    if author != post.author or (post.slug_given and slug != post.slug):
        slug = _free_slug(db, post, item)
    date = stamp(post.content.published)
    db.conn.execute(
        "UPDATE items SET author = ?, slug = ?, published = ?, dated = ?, withdrawn = NULL WHERE id = ?",
        (post.author, slug, date, date, item),
    )
    db.conn.execute(
        "UPDATE posts SET path = ?, digest = ?, stamp = ?, live = 1 WHERE item = ?",
        (post.path, post.digest, post.stamp, item),
    )
    _tag(db, item, post)
    items.look_again(db, [item], via=Via.NEWS, due=max(now, post.content.published))


def withdraw(db: Database, item: ItemId, now: datetime) -> None:
    """A post whose file is gone, or is a draft again. Put back, it is the same item."""
    db.conn.execute("UPDATE items SET withdrawn = ? WHERE id = ? AND withdrawn IS NULL", (stamp(now), item))
    db.conn.execute("UPDATE posts SET live = 0 WHERE item = ?", (item,))
    releases.touch_items(db, [item])


def _free_slug(db: Database, post: Post, item: ItemId | None = None) -> str:
    """The slug that a post asks for, or the next to it that is no other post's."""
    query = "SELECT 1 FROM items WHERE author = ? AND slug = ? AND id IS NOT ?"
    candidates = ((post.author, slug, item) for slug in _numbered(post.slug))
    return next(row[1] for row in candidates if not db.conn.execute(query, row).fetchone())


def _numbered(wanted: str) -> Iterable[str]:
    return (wanted if n == 1 else f"{wanted}-{n}" for n in count(1))


# -- tags


def _tag(db: Database, item: ItemId, post: Post) -> None:
    slugs = keep_tags(db, {text.fold(category.term): category.term for category in post.content.categories})
    db.conn.execute("DELETE FROM post_tags WHERE item = ?", (item,))
    db.conn.executemany("INSERT INTO post_tags VALUES (?, ?)", [(slug, item) for slug in slugs])


def keep_tags(db: Database, names: Mapping[str, str]) -> frozenset[str]:
    """Give each tag its place in addresses, for good; the later of two alike gets `-2`. Returns their slugs."""
    slugs = set()
    for key, name in names.items():
        row = db.conn.execute("SELECT slug FROM tags WHERE key = ?", (key,)).fetchone()
        if row is None:
            taken = "SELECT 1 FROM tags WHERE slug = ?"
            wanted = text.slug(name) or "tag"
            row = (next(slug for slug in _numbered(wanted) if not db.conn.execute(taken, (slug,)).fetchone()),)
            db.conn.execute("INSERT INTO tags VALUES (?, ?, ?)", (key, row[0], name))
        slugs.add(row[0])
    return frozenset(slugs)


def tags(db: Database) -> dict[str, Tag]:
    """Every tag that was ever used, by its key."""
    return {key: Tag(slug=slug, name=name) for key, slug, name in db.conn.execute("SELECT key, slug, name FROM tags")}


def tags_in_use(db: Database, now: datetime) -> frozenset[str]:
    """The slugs of the tags that posts bear which have appeared."""
    query = "SELECT DISTINCT tag FROM post_tags JOIN items ON items.id = item WHERE withdrawn IS NULL AND dated <= ?"
    return frozenset(row[0] for row in db.conn.execute(query, (stamp(now),)))
