"""A local post: its file, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedhub.model.ids import AuthorId, ItemId
from feedhub.model.item import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post's file, read and rendered. `content.published` is always set, `content.link` never."""

    path: str  # relative to the posts folder, with forward slashes
    author: AuthorId
    slug: str  # as wanted; what it becomes when taken already is the store's to say
    slug_given: bool  # front matter says so, not the file's name
    uid: str | None  # front matter's `id`
    draft: bool
    digest: str  # of the file's bytes; carries its version
    stamp: str  # of the bytes and of all else that its rendering depends on
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPost:
    """A post as it was last stored."""

    item: ItemId
    path: str  # where its file was last seen
    author: AuthorId
    digest: str  # of that file's bytes
    uid: str
    date: datetime
    title: str
    live: bool  # not withdrawn: its file was there and was no draft
