"""Documents into data/public: checked, together, and only where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from feedhub import files
from feedhub.model import Document, FeedId, Format, Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a document: files by their paths, and in words what could not be published, by item id or path."""

    feed: FeedId
    of: str  # what is recorded of it under: the feed, or an archive document's path
    document: Document  # as it is written
    paths: Mapping[str, Format]  # below data/public, with forward slashes
    files: Mapping[str, bytes]  # those of them that may stand there
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What stands there now."""

    changed: tuple[str, ...]  # new, or with other bytes
    paths: Mapping[str, FeedId]
    updated: Mapping[str, datetime]  # by what it is recorded under, like the faults
    faults: Mapping[str, Mapping[str, str]]


def make(feed: FeedId, folder: str, document: Document) -> Made:
    """A feed's subscription document, in each of its formats."""
    return _made(feed, feed, {format_: f"{folder}feed.{format_}" for format_ in Format}, document)


def make_archived(feed: FeedId, path: str, document: Document) -> Made:
    """One of a feed's archive documents, which are Atom alone."""
    return _made(feed, path, {Format.ATOM: path}, document)


def _made(feed: FeedId, of: str, paths: Mapping[Format, str], document: Document) -> Made:
    """A document in these formats.

    Each is read back first. One that is not whole is not among the files, and what
    stands there stays; an item that cannot be written, or not as it should be read,
    is left out by itself.
    """
    from feedhub.output import render  # with feedgen and lxml: most polls publish nothing

    rendered = render.rendered(document, paths)
    faults = dict(rendered.left_out)
    wrong = _faults(rendered)
    if wrong and (bad := _bad_entries(document, paths)):
        faults |= bad
        sound = tuple(entry for entry in document.entries if entry.uid not in bad)
        rendered = render.rendered(replace(document, entries=sound), paths)
        wrong = _faults(rendered)
    faults |= {paths[format_]: "; ".join(words[:5]) for format_, words in wrong.items()}
    made = {paths[format_]: data for format_, data in rendered.forms.items() if format_ not in wrong}
    places = {path: format_ for format_, path in paths.items()}
    return Made(feed=feed, of=of, document=rendered.document, paths=places, files=made, faults=faults)


def _faults(rendered: Rendered) -> dict[Format, tuple[str, ...]]:
    """What each format says otherwise than it should; those that are whole are not among them."""
    from feedhub.output import check

    looked_at = {format_: check.faults(format_, data, rendered.document) for format_, data in rendered.forms.items()}
    return {format_: words for format_, words in looked_at.items() if words}


def _bad_entries(document: Document, formats: Iterable[Format]) -> dict[str, str]:
    """The entries that are at fault by themselves, and why; none where the document is."""
    from feedhub.output import render

    head = replace(document, entries=())
    if _faults(render.rendered(head, formats)):
        return {}
    single = ((entry.uid, replace(head, entries=(entry,))) for entry in document.entries)
    alone = {uid: _faults(render.rendered(one, formats)) for uid, one in single}
    return {uid: next(iter(wrong.values()))[0] for uid, wrong in alone.items() if wrong}


def put(public: Path, made: Iterable[Made]) -> Done:
    """Put files in their places, all together; one document is in memory at a time.

    Raises `DiskFault`; then nothing has changed, but for a fault between two renames.
    """
    changed: list[str] = []
    paths: dict[str, FeedId] = {}
    updated: dict[str, datetime] = {}
    faults: dict[str, Mapping[str, str]] = {}
    with files.Staged() as stage:
        for one in made:
            updated[one.of], faults[one.of] = one.document.updated, one.faults
            for path, data in one.files.items():
                paths[path] = one.feed
                if stage.write(public / path, data):
                    changed.append(path)
        stage.commit()
    return Done(changed=tuple(changed), paths=paths, updated=updated, faults=faults)


def remove(public: Path, paths: Sequence[str]) -> None:
    """Take files away that feedhub put there, and the folders that are empty then."""
    for path in paths:
        files.remove(public / path, public)
