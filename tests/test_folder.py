"""What is found in the posts folder, with real files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedhub.ingest.folder import Scan, scan
from feedhub.ingest.posts import MAX_SIZE
from feedhub.model import AuthorId
from feedhub.settings import Hub

HUB = Hub(
    title="Channel Desk",
    url="https://hub.example",
    description="",
    language="en",
    timezone=ZoneInfo("UTC"),
    contact=None,
)
AUTHORS = (AuthorId("lee"), AuthorId("mary-jo"))
TEXT = "---\ntitle: A\ndate: 2007-09-28\n---\nText.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "posts"
    for author in AUTHORS:
        (place / author).mkdir(parents=True)
    return place


def look(folder: Path, known: Mapping[str, str] | None = None) -> Scan:
    return scan(folder, label="data/posts", known=known or {}, hub=HUB, authors=AUTHORS)


def stamps(found: Scan) -> dict[str, str]:
    return {post.path: post.stamp for post in found.posts}


def problems(found: Scan) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_only_what_changed_is_read_again(folder: Path) -> None:
    for name in ("a.md", "b.md"):
        (folder / "lee" / name).write_text(TEXT)
    first = look(folder)
    assert [post.path for post in first.posts] == ["lee/a.md", "lee/b.md"]
    (folder / "lee" / "b.md").write_text(TEXT + "More.\n")
    second = look(folder, stamps(first))
    assert [post.path for post in second.posts] == ["lee/b.md"]
    assert second.unchanged == {"lee/a.md"}
    assert second.present == {"lee/a.md", "lee/b.md"}


def test_a_post_with_faults_is_named_and_is_still_there(folder: Path) -> None:
    (folder / "lee" / "a.md").write_text(TEXT)
    known = stamps(look(folder))
    (folder / "lee" / "a.md").write_text(TEXT.replace("title", "titel"))
    found = look(folder, known)
    assert (found.posts, found.unchanged, found.present) == ((), frozenset(), {"lee/a.md"})
    assert [(problem.file, problem.line, problem.path) for problem in found.problems] == [
        ("data/posts/lee/a.md", 2, "titel"),
        ("data/posts/lee/a.md", 2, "title"),
    ]


def test_a_deleted_post_is_absent(folder: Path) -> None:
    (folder / "lee" / "a.md").write_text(TEXT)
    known = stamps(look(folder))
    (folder / "lee" / "a.md").unlink()
    assert look(folder, known) == Scan(posts=(), unchanged=frozenset(), problems=(), present=frozenset())


@pytest.mark.parametrize(
    "name",
    ["lee/.#a.md", "lee/#a.md#", "lee/a.md~", "lee/.a.md.swp", "lee/a.md.tmp", "lee/4913", "lee/._a.md", ".trash/a.md", "lee/.git/a.md", "lee/notes.txt"],
)  # fmt: skip
def test_what_editors_leave_is_passed_over(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(TEXT)
    assert look(folder) == Scan(posts=(), unchanged=frozenset(), problems=(), present=frozenset())


def test_the_lock_of_an_editor_that_links_to_nowhere_is_passed_over(folder: Path) -> None:
    (folder / "lee" / ".#a.md").symlink_to("lee@desk.4711:1760000000")
    (folder / "lee" / "gone.md").symlink_to("nowhere")  # as a file that vanishes while the folder is read
    assert look(folder).problems == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.md", "data/posts/a.md: is in no author's folder; data/posts/<author>/a.md"),
        ("lee/2007/a.md", "data/posts/lee/2007/a.md: is in no author's folder; data/posts/<author>/a.md"),
        (
            "mary/a.md",
            "data/posts/mary/a.md:1:1: lies in the folder of “mary”, no author in feeds.yaml; did you mean mary-jo",
        ),
    ],
)
def test_a_post_out_of_place_is_a_problem(folder: Path, name: str, words: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(TEXT)
    assert problems(look(folder)) == [words]


def test_no_link_leads_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(TEXT)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.md").write_text(TEXT)
    (folder / "lee" / "a.md").symlink_to(tmp_path / "secret.md")
    (folder / "lee" / "z.md").symlink_to("../mary-jo/real.md")
    (folder / "mary-jo" / "real.md").write_text(TEXT)
    (folder / "away").symlink_to(tmp_path / "elsewhere")
    found = look(folder)
    assert [post.path for post in found.posts] == ["lee/z.md", "mary-jo/real.md"]
    assert problems(found) == ["data/posts/lee/a.md: is a link that leads out of the folder"]


def test_what_cannot_be_read_is_a_problem_and_never_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "lee" / "pipe.md")
    (folder / "lee" / "loop.md").symlink_to("loop.md")
    (folder / "lee" / "huge.md").write_bytes(b"-" * (MAX_SIZE * 2))
    with (folder / "lee" / "sparse.md").open("wb") as file:
        file.truncate(10**12)
    found = look(folder)
    assert problems(found) == [
        "data/posts/lee/huge.md:1:1: is too large; 1,000,000 bytes at most",
        "data/posts/lee/loop.md: cannot be read: Too many levels of symbolic links",
        "data/posts/lee/pipe.md: is no regular file",
        "data/posts/lee/sparse.md:1:1: is too large; 1,000,000 bytes at most",
    ]
    assert len(found.present) == 4


def test_a_name_that_is_no_text_is_a_problem(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder / "lee") + b"/caf\xe9.md")).write_text(TEXT)
    found = look(folder)
    assert problems(found) == ["data/posts/lee/caf.md: has a name that is not UTF-8 text; rename it"]
    assert "".join(found.present).encode() == b""


def test_a_missing_folder_loses_no_post(tmp_path: Path) -> None:
    """It may be a disk that is not mounted yet."""
    assert look(tmp_path / "none") == Scan(posts=(), unchanged=frozenset(), problems=(), present=frozenset())
    found = look(tmp_path / "none", {"lee/a.md": "1:x"})
    assert found.present == {"lee/a.md"}
    assert problems(found) == ["data/posts: cannot be read: No such file or directory; its posts stay as they are"]


def test_a_folder_that_cannot_be_listed_loses_no_post(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its permissions, or its disk, are at fault; a test that runs as root has to say so itself."""
    list_folder = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "lee":
            raise PermissionError(13, "Permission denied", path)
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (folder / "mary-jo" / "b.md").write_text(TEXT)
    found = look(folder, {"lee/a.md": "1:x", "mary-jo/gone.md": "1:y", "lee-2/b.md": "1:z"})
    assert found.present == {"lee/a.md", "mary-jo/b.md"}
    assert problems(found) == ["data/posts/lee: cannot be read: Permission denied; its posts stay as they are"]
