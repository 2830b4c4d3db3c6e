"""Documents into data/public: checked, together, and only where they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feedhub import files
from feedhub.model import Document, FeedId, Rendered
from feedhub.output import check, render

_FORMATS: Mapping[str, Callable[[Document], Rendered]] = {"feed.atom": render.atom, "feed.rss": render.rss}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that is to stand in data/public."""

    feed: FeedId
    path: str  # below data/public, with forward slashes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a document: files, and in words what could not be published, by item id or path."""

    outputs: tuple[Output, ...]
    faults: Mapping[str, str]


def make(feed: FeedId, folder: str, document: Document) -> Made:
    """A document in each of its formats.

    Each is read back first. One that is not whole is not among the outputs, and what
    stands there stays; an item that cannot be written is left out by itself.
    """
    outputs: list[Output] = []
    faults: dict[str, str] = {}
    for name, form in _FORMATS.items():
        path = f"{folder}{name}"
        rendered = form(document)
        faults |= {one.uid: one.words for one in rendered.left_out}
        if wrong := check.faults(rendered, document):
            faults[path] = "; ".join(wrong[:5])
        else:
            outputs.append(Output(feed=feed, path=path, data=rendered.data))
    return Made(outputs=tuple(outputs), faults=faults)


def put(public: Path, outputs: Sequence[Output]) -> tuple[str, ...]:
    """Put files in their places, all together. Returns the paths of those that differ from what stood there.

    Raises `DiskFault`; then nothing has changed, but for a fault between two renames.
    """
    with files.Staged() as stage:
        changed = tuple(output.path for output in outputs if stage.write(public / output.path, output.data))
        stage.commit()
    return changed


def remove(public: Path, paths: Sequence[str]) -> None:
    """Take files away that feedhub put there, and the folders that are empty then."""
    for path in paths:
        files.remove(public / path, public)
