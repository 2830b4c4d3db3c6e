"""Which known post a file is, so that a post that is renamed, retitled or put back stays the same item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from feedhub.model import ItemId, KnownPost, Post


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMatch:
    """What became of the posts. A file whose path is not in `same` is a new post."""

    same: Mapping[str, ItemId]  # by the file's path
    gone: tuple[ItemId, ...]  # live posts whose file is no longer there


def match(known: Sequence[KnownPost], found: Sequence[Post], present: Collection[str]) -> PostMatch:
    """Tell which known post each file in `found` is; `present` are the paths of all files there are.

    A live post whose file is present and not in `found` keeps it: the file is unchanged, or has faults.
    The others are claimed by rules, from the strongest evidence to the weakest, each asked about what is
    still unclaimed. So no post is claimed twice, and the order of the arguments does not matter.

        same path and bytes                 only the settings changed
        the id in its front matter          the author says so
        same path, and same title or date   edited
        same bytes                          renamed, or put back under another name
        same author and date                renamed and retitled
        same author and title               renamed and redated
        same path                           rewritten, perhaps while it was a draft

    A file with the bytes of another known post was not edited but moved: files that swap names swap posts.
    A title says nothing of a withdrawn post: the posts of a series may share theirs.
    """
    read = {post.path for post in found}
    posts = sorted(
        (post for post in known if not post.live or post.path in read or post.path not in present),
        key=lambda post: (not post.live, post.path, post.item),
    )
    files = sorted(found, key=lambda post: post.path)
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for post in posts:
        homes[post.digest].add(post.path)
    moved = {file.path for file in files if homes.get(file.digest, set()) - {file.path}}

    same: dict[str, ItemId] = {}
    for rule in _rules(moved):
        same |= _claims(rule, posts, files)
        claimed = set(same.values())
        posts = [post for post in posts if post.item not in claimed]
        files = [file for file in files if file.path not in same]
    return PostMatch(same=same, gone=tuple(post.item for post in posts if post.live))


class _Rule(NamedTuple):
    """A post and a file are the same where their keys are; None has no equal."""

    of_post: Callable[[KnownPost], Hashable]
    of_file: Callable[[Post], Hashable]
    unique: bool = False  # says nothing where several posts or files have the key


def _rules(moved: Collection[str]) -> tuple[_Rule, ...]:
    """The rules of `match`, in their order; `moved` are the paths of files with another post's bytes."""
    return (
        _Rule(lambda post: (post.path, post.digest), lambda file: (file.path, file.digest)),
        _Rule(lambda post: post.uid, lambda file: file.uid, unique=True),
        _Rule(
            lambda post: (post.path, post.title),
            lambda file: None if file.path in moved else (file.path, file.content.title),
        ),
        _Rule(
            lambda post: (post.path, post.date),
            lambda file: None if file.path in moved else (file.path, file.content.published),
        ),
        _Rule(lambda post: post.digest, lambda file: file.digest),
        _Rule(
            lambda post: (post.author, post.date),
            lambda file: (file.author, file.content.published),
            unique=True,
        ),
        _Rule(
            lambda post: (post.author, post.title) if post.live else None,
            lambda file: (file.author, file.content.title),
            unique=True,
        ),
        _Rule(lambda post: post.path, lambda file: file.path),
    )


def _claims(rule: _Rule, posts: Sequence[KnownPost], files: Sequence[Post]) -> dict[str, ItemId]:
    """The pairs that one rule makes; where it does not ask for unique keys, the first post with the first file."""
    posts_by_key: defaultdict[Hashable, list[KnownPost]] = defaultdict(list)
    for post in posts:
        posts_by_key[rule.of_post(post)].append(post)
    files_by_key: defaultdict[Hashable, list[Post]] = defaultdict(list)
    for file in files:
        files_by_key[rule.of_file(file)].append(file)
    return {
        file.path: post.item
        for key in (posts_by_key.keys() & files_by_key.keys()) - {None}
        if not rule.unique or len(posts_by_key[key]) == len(files_by_key[key]) == 1
        for post, file in zip(posts_by_key[key], files_by_key[key], strict=False)
    }
