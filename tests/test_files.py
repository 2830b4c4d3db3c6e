"""Files that are replaced whole or not at all."""

from __future__ import annotations

import errno
import itertools
import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feedhub import files
from feedhub.errors import Busy, DiskFault


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    assert files.replace(tmp_path / "authors/lee/feed.atom", b"new")
    assert content(tmp_path) == {"authors/lee/feed.atom": b"new"}


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    files.replace(path, b"same")
    before = path.stat()
    assert not files.replace(path, b"same")
    assert path.stat() == before


def test_the_time_of_a_file_moves_a_second_with_every_change(tmp_path: Path) -> None:
    """Last-Modified knows whole seconds: two changes within one must not look like one."""
    path = tmp_path / "feed.atom"
    seconds = []
    for number in range(3):
        files.replace(path, b"%d" % number)
        seconds.append(int(path.stat().st_mtime))
    assert seconds[0] < seconds[1] < seconds[2]


def test_permissions_are_kept(tmp_path: Path) -> None:
    """feeds.yaml may hold what others must not read; what is published, a web server must read."""
    path = tmp_path / "feeds.yaml"
    files.replace(path, b"hub: {}")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o600)
    files.replace(path, b"hub: {title: x}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_appears_before_the_commit(tmp_path: Path) -> None:
    files.replace(tmp_path / "a.atom", b"old")
    with files.Staged() as stage:
        assert stage.write(tmp_path / "a.atom", b"new")
        assert stage.write(tmp_path / "deep/b.atom", b"new")
        shown = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
        assert [path.read_bytes() for path in shown] == [b"old"]
        stage.commit()
    assert content(tmp_path) == {"a.atom": b"new", "deep/b.atom": b"new"}


def test_a_stage_that_is_left_changes_nothing(tmp_path: Path) -> None:
    files.replace(tmp_path / "a.atom", b"old")
    with files.Staged() as stage:
        stage.write(tmp_path / "a.atom", b"new")
        stage.write(tmp_path / "deep/er/b.atom", b"new")
    assert content(tmp_path) == {"a.atom": b"old"}
    assert not (tmp_path / "deep").exists()


def test_the_last_word_on_a_path_counts(tmp_path: Path) -> None:
    files.replace(tmp_path / "a", b"old")
    with files.Staged() as stage:
        stage.write(tmp_path / "a", b"new")
        assert not stage.write(tmp_path / "a", b"old")
        stage.write(tmp_path / "b", b"1")
        stage.write(tmp_path / "b", b"2")
        stage.commit()
    assert content(tmp_path) == {"a": b"old", "b": b"2"}


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from feedhub import files
from feedhub.errors import DiskFault
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
folder = Path(sys.argv[1])
try:
    with files.Staged() as stage:
        stage.write(folder / "a.atom", b"new")
        stage.write(folder / "b.atom", b"x" * 20_000)
        stage.commit()
except DiskFault as fault:
    print(fault)
"""


def test_a_file_that_finds_no_room_leaves_all_as_it_was(tmp_path: Path) -> None:
    """The system's own limit of a file's size stands in for a full disk: a write fails halfway."""
    files.replace(tmp_path / "a.atom", b"old")
    run = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True)
    assert run.stdout == f"{tmp_path / 'b.atom'}: File too large; nothing was replaced\n"
    assert content(tmp_path) == {"a.atom": b"old"}


def test_a_folder_in_a_files_place_is_a_fault_in_words(tmp_path: Path) -> None:
    (tmp_path / "b.atom/full").mkdir(parents=True)
    with pytest.raises(DiskFault, match="nothing was replaced"):
        files.replace(tmp_path / "b.atom", b"x" * (tmp_path / "b.atom").stat().st_size)
    with pytest.raises(DiskFault, match=os.strerror(errno.ENOTDIR)):
        files.replace(tmp_path / "a" / "b", b"") and files.replace(tmp_path / "a" / "b" / "c", b"")
    assert not list(tmp_path.rglob(".*"))


KILLED = """
import itertools, sys
from pathlib import Path
from feedhub import files
folder = Path(sys.argv[1])
print("ready", flush=True)
for number in itertools.count():
    with files.Staged() as stage:
        for name in "abcd":
            stage.write(folder / name / "feed.atom", b"%d\\n" % number * 5000)
        stage.commit()
"""


def test_a_killed_process_leaves_whole_files_and_what_it_left_is_swept(tmp_path: Path) -> None:
    left = 0
    for kill in range(8):
        folder = tmp_path / str(kill)  # what an earlier kill left half-replaced is no build of this one's
        folder.mkdir()
        with subprocess.Popen([sys.executable, "-c", KILLED, folder], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(random.uniform(0.0, 0.04))
            writer.send_signal(signal.SIGKILL)
        left += files.sweep(folder)
        numbers = []
        for name, data in sorted(content(folder).items()):
            assert name.endswith("/feed.atom")
            assert len(set(data.splitlines())) == 1
            assert data.count(b"\n") == 5000
            numbers.append(int(data.split()[0]))
        assert len(list(itertools.groupby(numbers))) <= 2, "all of one build are there before any of the next"
    assert left, "no kill struck between a file's writing and its renaming"


def test_removing_the_last_file_removes_the_folders_that_held_nothing_else(tmp_path: Path) -> None:
    files.replace(tmp_path / "public/authors/lee/feed.atom", b"")
    files.replace(tmp_path / "public/authors/ann/feed.atom", b"")
    public = tmp_path / "public"
    files.remove(public / "authors/lee/feed.atom", public)
    assert sorted(path.name for path in public.rglob("*")) == ["ann", "authors", "feed.atom"]
    files.remove(public / "authors/ann/feed.atom", public)
    files.remove(public / "authors/ann/feed.atom", public)
    assert public.is_dir()
    assert not list(public.iterdir())


def test_what_is_held_is_held_once(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    with files.hold(lock):
        with (
            pytest.raises(Busy, match=rf"another feedhub \(process {os.getpid()}\) is running on this data"),
            files.hold(lock),
        ):
            pass
        with files.hold(tmp_path / "other.lock"):
            pass
    with files.hold(lock):
        pass


def test_a_lock_is_let_go_by_death_and_can_be_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "publish.lock"
    code = "import sys, time; from pathlib import Path; from feedhub import files\nwith files.hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(0.2); sys.stdout.flush(); import os; os.kill(os.getpid(), 9)"
    with subprocess.Popen([sys.executable, "-c", code, lock], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(Busy, match=f"process {holder.pid}"), files.hold(lock):
            pass
        with files.hold(lock, wait=True):
            assert holder.wait() == -signal.SIGKILL
