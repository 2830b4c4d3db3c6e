"""The posts folder as it stands on the disk: what is there, what is new in it, what is wrong with it."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from feedhub import text
from feedhub.ingest.posts import MAX_SIZE, parse_post, stamp
from feedhub.model import AuthorId, Post, Problem
from feedhub.settings import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the folder holds; paths are relative to it, with forward slashes."""

    posts: tuple[Post, ...]  # new, or not as they were stored
    unchanged: frozenset[str]
    problems: tuple[Problem, ...]
    present: frozenset[str]  # every path: a post that has faults, or cannot be read now, is not gone


def scan(folder: Path, *, label: str, known: Mapping[str, str], hub: Hub, authors: Collection[AuthorId]) -> Scan:
    """Read the posts that are not as they were stored.

    `label` is what problems call the folder. `known` are the stamps of stored posts by path, but of none whose
    file was gone: one that is put back is read again.
    """
    authors = frozenset(authors)
    posts: list[Post] = []
    unchanged: set[str] = set()
    paths, kept, problems = _list(folder, label, known)
    present = set(kept)
    for path in paths:
        data = _read(folder, path)
        if data is None:
            continue
        present.add(path)
        if isinstance(data, str):
            problems.append(_problem(f"{label}/{path}", data))
        elif known.get(path) == stamp(data, path=path, hub=hub, authors=authors):
            unchanged.add(path)
        else:
            post = parse_post(data, path=path, file=f"{label}/{path}", hub=hub, authors=authors)
            if isinstance(post, Post):
                posts.append(post)
            else:
                problems += post
    return Scan(
        posts=tuple(posts), unchanged=frozenset(unchanged), problems=tuple(problems), present=frozenset(present)
    )


def _list(folder: Path, label: str, known: Collection[str]) -> tuple[list[str], set[str], list[Problem]]:
    """The posts' paths, in order; the known ones in folders that cannot be listed, which stay; and what is amiss.

    Hidden files are passed over, and with what does not end in `.md` all that editors leave while they save.
    """
    paths: list[str] = []
    kept: set[str] = set()
    problems: list[Problem] = []

    def unlisted(error: OSError) -> None:
        within = Path(error.filename).relative_to(folder).as_posix()
        below = {path for path in known if within == "." or path.startswith(f"{within}/")}
        if not isinstance(error, FileNotFoundError) or (within == "." and below):
            place = label if within == "." else f"{label}/{within}"
            problems.append(_problem(place, f"cannot be read: {error.strerror}; its posts stay as they are"))
            kept.update(below)

    for root, folders, names in os.walk(folder, onerror=unlisted):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = (Path(root) / name).relative_to(folder).as_posix()
            if name.startswith(".") or not name.endswith(".md"):
                continue
            if path.count("/") == 1 and text.clean(path) == path:
                paths.append(path)
            elif path.count("/") == 1:
                problems.append(_problem(f"{label}/{text.clean(path)}", "has a name that is not UTF-8 text; rename it"))
            else:
                problems.append(_problem(f"{label}/{path}", f"is in no author's folder; {label}/<author>/{name}"))
    return paths, kept, problems


def _read(folder: Path, path: str) -> bytes | str | None:
    """A file's bytes; None where it has just vanished, or words where it is not to be read."""
    file = folder / path
    try:
        if not modes.S_ISREG(file.stat().st_mode):
            return "is no regular file"
        if file.is_symlink() and not file.resolve().is_relative_to(folder.resolve()):
            return "is a link that leads out of the folder"
        with file.open("rb") as stream:
            return stream.read(MAX_SIZE + 1)  # enough to tell that it is too large
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _problem(file: str, message: str) -> Problem:
    return Problem(file=file, line=0, column=0, path="", message=message)
