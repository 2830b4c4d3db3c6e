"""Files that are replaced whole or not at all, and folders that one process holds at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from feedhub.errors import Busy, DiskFault

TEMPORARY = ".new-"  # how a file that is not in its place yet is called; a dot, so that no server shows it

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}


class Staged:
    """Files that take their places together.

    All are on the disk before the first is renamed, so that what fails (a full disk above
    all) fails while nothing has changed. Leaving the block without `commit` undoes everything.
    A kill in between leaves files that `sweep` finds.
    """

    def __init__(self) -> None:
        self._waiting: dict[Path, Path] = {}  # place -> temporary
        self._made: list[Path] = []  # folders, outermost first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for temporary in self._waiting.values():
            with suppress(OSError):
                temporary.unlink()
        for folder in reversed(self._made):
            with suppress(OSError):  # it has files in it: that is why it was made
                folder.rmdir()

    def write(self, path: Path, data: bytes) -> bool:
        """Lay `data` down beside `path`; False, and nothing is done, where `path` holds just that."""
        with _in_words(path, "nothing was replaced"):
            self._forget(path)
            old = _status(path)
            if old and old.st_size == len(data) and path.read_bytes() == data:
                return False
            self._make(path.parent)
            self._waiting[path] = temporary = path.with_name(TEMPORARY + secrets.token_hex(8))
            _lay_down(temporary, data, old)
        return True

    def commit(self) -> None:
        """Put everything in its place."""
        folders = {folder.parent for folder in self._made} | {path.parent for path in self._waiting}
        total = len(self._waiting)
        for done, (path, temporary) in enumerate(list(self._waiting.items())):
            with _in_words(path, f"{done} of {total} files were replaced" if done else "nothing was replaced"):
                temporary.replace(path)
            del self._waiting[path]
        for folder in folders:
            with _in_words(folder, "a power cut may undo what was replaced"):
                _sync(folder)

    def _forget(self, path: Path) -> None:
        if temporary := self._waiting.pop(path, None):
            temporary.unlink()

    def _make(self, folder: Path) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(exist_ok=True)
            self._made.append(parent)


def replace(path: Path, data: bytes) -> bool:
    """Give `path` new content, all at once; False, and nothing is written, where it holds just that."""
    with Staged() as stage:
        changed = stage.write(path, data)
        stage.commit()
    return changed


def remove(path: Path, within: Path) -> None:
    """Delete a file, if it is there, and the folders below `within` that are empty then."""
    with _in_words(path, "it was not removed"):
        path.unlink(missing_ok=True)
        folder = path.parent
        with suppress(OSError):  # not empty, or gone already
            while folder != within and within in folder.parents:
                folder.rmdir()
                folder = folder.parent
        if folder.is_dir():
            _sync(folder)


def sweep(folder: Path) -> int:
    """Delete what a killed process left behind; how many files that were.

    Only for one who holds `folder`: the temporary files of a process that is alive look the same.
    """
    left = list(folder.rglob(TEMPORARY + "*"))
    for temporary in left:
        with _in_words(temporary, "it was not removed"):
            temporary.unlink(missing_ok=True)
    return len(left)


@contextmanager
def hold(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep every other process out for as long as the block runs; the system lets go when we die.

    Where another is in already, that is `Busy`, or waited for. The file stays: deleting it
    would let two processes hold two files of one name.
    """
    with _in_words(path, "feedhub cannot run here"):
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(lock, 20).decode("ascii", "replace").strip() or "unknown"
            raise Busy(f"{path.parent}: another feedhub (process {holder}) is running on this data") from None
        with suppress(OSError):  # a full disk: who holds it goes unsaid
            os.ftruncate(lock, 0)
            os.write(lock, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(lock)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _lay_down(temporary: Path, data: bytes, old: os.stat_result | None) -> None:
    """Write a file that is to replace the one of status `old`, down to the disk.

    It keeps the old one's permissions. Its time is a later second, always: who asks for what
    changed since the old one's time (HTTP knows whole seconds) must be given the new one.
    """
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        if old:
            os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            if os.fstat(file.fileno()).st_mtime < int(old.st_mtime) + 1:
                os.utime(file.fileno(), (old.st_mtime, int(old.st_mtime) + 1))
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _in_words(path: Path, outcome: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = _WORDS.get(error.errno or 0) or error.strerror or str(error)
        raise DiskFault(f"{path}: {words}; {outcome}") from error
