"""Which known post a file is found to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhub.ingest.postmatch import match
from feedhub.model import AuthorId, Content, ItemId, KnownPost, Post

DAY = datetime(2007, 9, 28, 4, tzinfo=UTC)


def known(
    item: int, path: str = "lee/a.md", text: str = "a", day: int = 1, title: str = "A", *, live: bool = True
) -> KnownPost:
    return KnownPost(
        item=ItemId(item),
        path=path,
        author=AuthorId(path.partition("/")[0]),
        digest=f"1:{text}",
        uid=f"tag:hub.example,2007:{item}",
        date=DAY + timedelta(days=day),
        title=title,
        live=live,
    )


def found(path: str = "lee/a.md", text: str = "a", day: int = 1, title: str = "A", uid: int | None = None) -> Post:
    return Post(
        path=path,
        author=AuthorId(path.partition("/")[0]),
        slug="a",
        slug_given=False,
        uid=uid and f"tag:hub.example,2007:{uid}",
        draft=False,
        digest=f"1:{text}",
        stamp="1:",
        content=Content(title=title, link=None, html="<p>Text.</p>", published=DAY + timedelta(days=day)),
    )


A = known(1)
B = known(2, "lee/b.md", "b", 2, "B")
GONE = known(3, "lee/old.md", "old", 3, "Old", live=False)

# what is known, what is found, whatever else is present, which file is which item, which items are gone
CASES = {
    "nothing": ([], [], [], {}, []),
    "a new post": ([A], [found("lee/b.md", "b", 2, "B")], ["lee/a.md"], {}, []),
    "rendered otherwise": ([A], [found()], [], {"lee/a.md": 1}, []),
    "edited": ([A], [found(text="x")], [], {"lee/a.md": 1}, []),
    "retitled": ([A], [found(text="x", title="X")], [], {"lee/a.md": 1}, []),
    "redated": ([A], [found(text="x", day=9)], [], {"lee/a.md": 1}, []),
    "rewritten": ([A], [found(text="x", day=9, title="X")], [], {"lee/a.md": 1}, []),
    "deleted": ([A, B], [], ["lee/b.md"], {}, [1]),
    "deleted long ago": ([GONE], [], [], {}, []),
    "faulty, and so not among the found": ([A], [], ["lee/a.md"], {}, []),
    "renamed": ([A], [found("lee/c.md")], [], {"lee/c.md": 1}, []),
    "renamed and edited": ([A], [found("lee/c.md", "x")], [], {"lee/c.md": 1}, []),
    "renamed and retitled": ([A], [found("lee/c.md", "x", title="X")], [], {"lee/c.md": 1}, []),
    "renamed and redated": ([A], [found("lee/c.md", "x", day=9)], [], {"lee/c.md": 1}, []),
    "renamed and rewritten": ([A], [found("lee/c.md", "x", 9, "X")], [], {}, [1]),
    "given to another author": ([A], [found("mary/a.md")], [], {"mary/a.md": 1}, []),
    "another author's of the same day and title": ([A], [found("mary/c.md", "x")], [], {}, [1]),
    "all renamed": ([A, B], [found("lee/1.md"), found("lee/2.md", "b", 2, "B")], [], {"lee/1.md": 1, "lee/2.md": 2}, []),
    "put back": ([GONE], [found("lee/old.md", "old", 3, "Old")], [], {"lee/old.md": 3}, []),
    "put back, edited": ([GONE], [found("lee/old.md", "x", 3, "Old")], [], {"lee/old.md": 3}, []),
    "put back under another name": ([GONE], [found("lee/c.md", "old", 3, "Old")], [], {"lee/c.md": 3}, []),
    "put back under another name, its own being used again": ([GONE, known(4, "lee/old.md", "x", 9, "X")], [found("lee/c.md", "old", 3, "Old")], ["lee/old.md"], {"lee/c.md": 3}, []),
    "put back, rewritten": ([GONE], [found("lee/old.md", "x", 9, "X")], [], {"lee/old.md": 3}, []),
    "put back, rewritten, under another name": ([GONE], [found("lee/c.md", "x", 9, "X")], [], {}, []),
    "a live post before a deleted one of the same path": ([GONE, known(4, "lee/old.md", "y", 8, "Y")], [found("lee/old.md", "x", 9, "X")], [], {"lee/old.md": 4}, []),
    "a series of one title": ([GONE], [found("lee/c.md", "x", 9, "Old")], [], {}, []),
    "copied": ([A], [found("lee/c.md")], ["lee/a.md"], {}, []),
    "copied, and the first edited": ([A], [found(text="x"), found("lee/c.md")], [], {"lee/a.md": 1}, []),
    "copied twice, and the first deleted": ([A], [found("lee/d.md"), found("lee/c.md")], [], {"lee/c.md": 1}, []),
    "renamed, and its name used anew": ([A], [found(text="x", day=9, title="X"), found("lee/c.md")], [], {"lee/c.md": 1}, []),
    "renamed and retitled, and its name used anew": ([A], [found(text="x", day=9, title="X"), found("lee/c.md", "y", title="Y")], [], {"lee/c.md": 1}, []),
    "swapped": ([A, B], [found(text="b", day=2, title="B"), found("lee/b.md")], [], {"lee/a.md": 2, "lee/b.md": 1}, []),
    "swapped on one day": ([A, known(2, "lee/b.md", "b", title="B")], [found(text="b", title="B"), found("lee/b.md")], [], {"lee/a.md": 2, "lee/b.md": 1}, []),
    "moved over another": ([A, B], [found("lee/b.md")], [], {"lee/b.md": 1}, [2]),
    "two of one day, both renamed and retitled": ([A, known(2, "lee/b.md", "b", title="B")], [found("lee/1.md", "x", title="X"), found("lee/2.md", "y", title="Y")], [], {}, [1, 2]),
    "two of one day, both renamed and edited": ([A, known(2, "lee/b.md", "b", title="B")], [found("lee/1.md", "x"), found("lee/2.md", "y", title="B")], [], {"lee/1.md": 1, "lee/2.md": 2}, []),
    "one of two of a day, renamed and retitled": ([A, known(2, "lee/b.md", "b", title="B")], [found("lee/1.md", "x", title="X")], ["lee/b.md"], {"lee/1.md": 1}, []),
    "known by its id": ([A], [found("mary/c.md", "x", 9, "X", uid=1)], [], {"mary/c.md": 1}, []),
    "known by its id, over another's path": ([A, B], [found("lee/a.md", "x", 9, "X", uid=2)], [], {"lee/a.md": 2}, [1]),
    "an id of its own, added later": ([A], [found(text="x", uid=77)], [], {"lee/a.md": 1}, []),
    "copied with its id, both edited": ([A], [found(text="x", uid=1), found("lee/0.md", "y", uid=1)], [], {"lee/a.md": 1}, []),
    "the id of a post that keeps its file": ([A], [found("lee/c.md", "x", 9, "X", uid=1)], ["lee/a.md"], {}, []),
    "a live post before a deleted one of the same bytes": ([A, known(9, "lee/0.md", live=False)], [found("lee/c.md")], [], {"lee/c.md": 1}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_post_stays_the_same_item(name: str) -> None:
    posts, files, others, same, gone = CASES[name]
    result = match(posts, files, {file.path for file in files} | set(others))
    assert (dict(result.same), list(result.gone)) == (same, gone)


FEW = st.integers(0, 3)
PATHS = st.sampled_from([f"{author}/{name}.md" for author in ("lee", "mary") for name in "abc"])


@st.composite
def folders(draw: st.DrawFn) -> tuple[list[KnownPost], list[Post], set[str]]:
    items = count(1)
    posts = draw(
        st.lists(
            st.builds(
                lambda path, text, day, title, *, live: known(next(items), path, str(text), day, str(title), live=live),
                PATHS,
                FEW,
                FEW,
                FEW,
                live=st.booleans(),
            ),
            max_size=6,
        )
    )
    files = draw(
        st.lists(
            st.builds(
                lambda path, text, day, title, uid: found(path, str(text), day, str(title), uid),
                PATHS,
                FEW,
                FEW,
                FEW,
                st.none() | FEW,
            ),
            max_size=5,
            unique_by=lambda file: file.path,
        )
    )
    return posts, files, {file.path for file in files} | draw(st.sets(PATHS))


@settings(max_examples=300, deadline=None)
@given(folders(), st.randoms(use_true_random=False))
def test_no_post_is_claimed_twice_and_no_order_matters(
    case: tuple[list[KnownPost], list[Post], set[str]], random: Random
) -> None:
    posts, files, present = case
    result = match(posts, files, present)
    claimed = list(result.same.values())
    assert len(claimed) == len(set(claimed))
    assert set(result.same) <= {file.path for file in files}
    assert not set(claimed) & set(result.gone)
    assert set(result.gone) <= {post.item for post in posts if post.live}
    kept = present - {file.path for file in files}
    assert not (set(claimed) | set(result.gone)) & {post.item for post in posts if post.live and post.path in kept}
    random.shuffle(posts)
    random.shuffle(files)
    assert match(posts, files, present) == result


@settings(max_examples=100, deadline=None)
@given(folders())
def test_what_was_matched_once_is_matched_the_same_again(case: tuple[list[KnownPost], list[Post], set[str]]) -> None:
    """Storing what was found and looking again, as after a crash or a change of settings, moves nothing."""
    posts, files, present = case
    result = match(posts, files, present)
    stored = {post.item: post for post in posts}
    for number, file in enumerate(files, start=100):
        item = result.same.get(file.path, ItemId(number))
        stored[item] = known(item, file.path, file.digest[2:], (file.content.published - DAY).days, file.content.title)  # type: ignore[operator]
    again = match(list(stored.values()), files, present)
    assert {file.path: again.same[file.path] for file in files if file.path in result.same} == result.same
