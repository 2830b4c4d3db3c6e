"""Documents into data/public: checked, together, and only where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedhub import files
from feedhub.model import Document, FeedId


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a document: files by their paths, and in words what could not be published, by item id or path."""

    feed: FeedId
    files: Mapping[str, bytes]  # below data/public, with forward slashes
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What stands there now."""

    changed: tuple[str, ...]  # new, or with other bytes
    paths: Mapping[str, FeedId]
    faults: Mapping[FeedId, Mapping[str, str]]


def make(feed: FeedId, folder: str, document: Document) -> Made:
    """A document in each of its formats.

    Each is read back first. One that is not whole is not among the files, and what
    stands there stays; an item that cannot be written is left out by itself.
    """
    from feedhub.output import check, render  # with feedgen and lxml: most polls publish nothing

    made: dict[str, bytes] = {}
    faults: dict[str, str] = {}
    for name, form in {"feed.atom": render.atom, "feed.rss": render.rss}.items():
        path = f"{folder}{name}"
        rendered = form(document)
        faults |= {one.uid: one.words for one in rendered.left_out}
        if wrong := check.faults(rendered, document):
            faults[path] = "; ".join(wrong[:5])
        else:
            made[path] = rendered.data
    return Made(feed=feed, files=made, faults=faults)


def put(public: Path, made: Iterable[Made]) -> Done:
    """Put files in their places, all together; one document is in memory at a time.

    Raises `DiskFault`; then nothing has changed, but for a fault between two renames.
    """
    changed: list[str] = []
    paths: dict[str, FeedId] = {}
    faults: dict[FeedId, Mapping[str, str]] = {}
    with files.Staged() as stage:
        for one in made:
            faults[one.feed] = one.faults
            for path, data in one.files.items():
                paths[path] = one.feed
                if stage.write(public / path, data):
                    changed.append(path)
        stage.commit()
    return Done(changed=tuple(changed), paths=paths, faults=faults)


def remove(public: Path, paths: Sequence[str]) -> None:
    """Take files away that feedhub put there, and the folders that are empty then."""
    for path in paths:
        files.remove(public / path, public)
