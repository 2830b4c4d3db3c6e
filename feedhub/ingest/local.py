"""Local posts, from their files into the store: the order of things, and no policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from feedhub import identity
from feedhub.ingest.folder import Scan, scan
from feedhub.ingest.postmatch import match
from feedhub.model import Item, ItemId, Post, Problem
from feedhub.settings import Config
from feedhub.store import items, posts
from feedhub.store.db import Database, transaction

LABEL = "data/posts"


def look(db: Database | None, folder: Path, config: Config) -> Scan:
    """What the posts folder holds now; with a database, only what has changed is read again."""
    known = posts.stamps(db) if db else {}
    return scan(folder, label=LABEL, known=known, hub=config.hub, authors=config.authors)


def take_in(db: Database, folder: Path, config: Config, now: datetime) -> tuple[Problem, ...]:
    """Hold the stored posts to their files. Returns what is wrong with files that are skipped.

    A post with faults that was published keeps its last good form; one whose file is
    gone, or is a draft again, is withdrawn, and is the same item when it is put back.
    """
    found = look(db, folder, config)
    with transaction(db):
        known = posts.known(db)
        matched = match(known, found.posts, found.present)
        digests = {post.item: post.digest for post in known}
        stored = items.by_id(db, matched.same.values())
        problems = list(found.problems)
        for post in found.posts:
            item = stored.get(matched.same.get(post.path, ItemId(0)))
            edited = item is None or digests[item.id] != post.digest
            problems += _take_in(db, post, item, config, now, edited=edited)
        for gone in matched.gone:
            posts.withdraw(db, gone, now)
    return tuple(problems)


def _take_in(
    db: Database, post: Post, item: Item | None, config: Config, now: datetime, *, edited: bool
) -> tuple[Problem, ...]:
    if post.draft:
        if item and item.withdrawn is None:
            posts.withdraw(db, item.id, now)
    elif item:
        posts.change(db, item.id, post, updated=_updated(post, item, now, edited=edited), now=now)
    else:
        uids = items.Uids(db)
        if post.uid in uids:
            message = f"{post.uid} is the id of another item; leave it out, and the post is given one of its own"
            return (Problem(file=f"{LABEL}/{post.path}", line=0, column=0, path="id", message=message),)
        specific = f"posts/{post.author}/{post.slug}"
        uid = post.uid or identity.mint(config.hub.url, now, specific, uids)
        posts.add(db, post, uid, updated=_updated(post, None, now, edited=True), now=now)
    return ()


def _updated(post: Post, item: Item | None, now: datetime, *, edited: bool) -> datetime:
    """When a post's content last moved: as its front matter says, where that can be; else now, if it was another.

    What the hub alone changes, by another address of its own, is no edit of the post.
    """
    assert post.content.published is not None
    stated = post.content.updated
    if stated and post.content.published <= stated <= now:
        return stated
    if item is None:
        return post.content.published
    said = replace(post.content, published=None, updated=None)
    same = not edited or said == replace(item.content, published=None, updated=None)
    return item.updated if same else now
