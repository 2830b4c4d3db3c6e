"""feeds.yaml on the disk, and what changes beside it: the only door to watchfiles."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from feedhub.model import Problem

if TYPE_CHECKING:
    import asyncio

    from watchfiles import Change

MAX_BYTES = 64_000_000  # what `schema` reads at most, if it were all of the longest characters

_QUIET_MS = 300  # how long nothing may change before it is told
_LONGEST_MS = 1500  # … or how long one goes on waiting for that
_BEGUN_MS = 500  # when watching has surely begun


@dataclass(frozen=True, slots=True)
class Stamp:
    """Equal stamps: the same file, unchanged."""

    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class FileText:
    """A file's text and the stamp it had when it was opened."""

    text: str
    stamp: Stamp


def stamp(path: Path) -> Stamp | None:
    """The file's stamp; `None` where there is no file."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def read(path: Path) -> FileText | tuple[Problem, ...]:
    """The file's text, or why there is none."""
    try:
        with path.open("rb") as file:
            was = _stamp(os.fstat(file.fileno()))
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return (_problem(path, "does not exist; make one with `feedhub init`"),)
    except IsADirectoryError:
        return (_problem(path, "is a folder; the path of a file"),)
    except OSError as error:
        return (_problem(path, f"cannot be read: {error.strerror}"),)
    if len(data) > MAX_BYTES:
        return (_problem(path, f"is too large; {MAX_BYTES // 10**6} MB at most"),)
    try:
        return FileText(data.decode(), was)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return (_problem(path, "is not in UTF-8 from here on; save it as UTF-8", line, column),)


def _problem(path: Path, message: str, line: int = 0, column: int = 0) -> Problem:
    return Problem(file=path.name, line=line, column=column, path="", message=message)


async def watch(paths: Sequence[Path], stop: asyncio.Event) -> AsyncIterator[None]:
    """Tell whenever something changed at or below the paths, which need not exist yet, until `stop` is set.

    Also tells once when watching has begun, and after it had to begin anew: what changed just before is not lost on
    one who looks again at each call. Folders are watched one by one, never whole trees: beside feeds.yaml lies `data`,
    which changes all the time.
    """
    import asyncio

    from watchfiles import awatch

    wanted = {way for path in paths for way in (path.absolute(), path.resolve())}  # a link, and what it leads to

    def of_interest(_: Change, changed: str) -> bool:
        return any(path.is_relative_to(changed) or Path(changed).is_relative_to(path) for path in wanted)

    while not stop.is_set():
        folders = _folders(wanted)
        changes = awatch(
            *folders,
            watch_filter=of_interest,
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            stop_event=stop,
            rust_timeout=_BEGUN_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        begun = False
        try:
            async with aclosing(changes):
                async for batch in changes:
                    if batch or not begun:
                        yield
                    begun = True
                    if batch and _folders(wanted) != folders:
                        break
        except FileNotFoundError:  # a folder went between the look at it and the watch
            await asyncio.sleep(_QUIET_MS / 1000)


def _folders(wanted: Collection[Path]) -> set[Path]:
    """What must be watched to see every change: each folder and all in it; else what holds the path, or will."""
    found: set[Path] = set()
    for path in wanted:
        if path.is_dir():
            found.update(Path(folder) for folder, _, _ in os.walk(path))
        else:
            found.add(next(parent for parent in path.parents if parent.is_dir()))
    return found
