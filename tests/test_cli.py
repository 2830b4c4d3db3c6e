"""The commands: their exit codes, what they print and where, and what they must never print."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW, Entry, Hub, numbered

from feedhub import app
from feedhub.cli.main import main
from feedhub.process import owner
from feedhub.store import db as database
from feedhub.store import leases

FEEDHUB = str(Path(sys.executable).with_name("feedhub"))
COMMANDS = ("init", "check", "run", "poll", "build", "status", "explain")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the hub's folder."""
    monkeypatch.chdir(hub.folder)

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["feedhub", *words])
        capsys.readouterr()
        code = main()
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


def process(*words: str, cwd: Path, **how: Any) -> Done:
    """Runs a command as a process of its own, where that matters."""
    done = subprocess.run([FEEDHUB, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60, **how)
    return Done(done.returncode, done.stdout, done.stderr)


def one_object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


# -- exit codes


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("nonsense", 2, "No such command"),
        ("status --nonsense", 2, "No such option"),
        ("explain", 2, "Missing argument"),
        ("poll --config", 2, "requires an argument"),
        ("poll news --all", 2, "name sources, or say --all; not both"),
        ("poll nwes", 1, "no source nwes; feeds.yaml has: news"),
        ("explain https://nowhere.example/", 1, "the hub holds no item"),
        ("init", 1, "is there already; nothing was written"),
        ("--version", 0, ""),
        ("--help", 0, ""),
    ],
)
def test_what_cannot_be_done_is_said_on_standard_error_and_by_the_exit_code(
    hub: Hub, run: Run, words: str, code: int, says: str
) -> None:
    hub.source("news")
    done = run(*words.split())
    assert done.code == code
    assert says in done.err
    assert bool(done.out) is (code == 0)


@pytest.mark.parametrize("command", ["poll", "build", "status", "explain x", "run"])
def test_where_there_is_no_hub_that_is_said_and_none_is_made(tmp_path: Path, command: str) -> None:
    done = process(*command.split(), cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "feeds.yaml" in done.err
    assert "feedhub init" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_feeds_yaml_changes_nothing_and_status_goes_by_the_last_good_one(hub: Hub, run: Run) -> None:
    hub.source("news")
    hub.show("news", numbered(range(3)))
    assert run("poll").code == 0
    before = hub.files()
    hub.configure(hub={"title": "The Hub", "url": "https://hub.example", "tilte": "x"}, publish={"limit": "many"})
    for command in ("poll", "build"):
        done = run(command)
        assert (done.code, done.out) == (2, "")
        assert len(re.findall(r"^feeds\.yaml:\d+:\d+: ", done.err, re.MULTILINE)) == 2
    assert run("check").code == 1
    assert hub.files() == before
    status = run("status", "--json").json
    assert [one["id"] for one in status["sources"]] == ["news"]
    assert [one["path"] for one in status["problems"]] == ["hub.tilte", "publish.limit"]
    assert run("explain", "tag:source.example,2026:1").code == 0


def test_half_of_the_sources_may_go_and_more_only_when_the_admin_says_so(hub: Hub, run: Run) -> None:
    for name in ("one", "two", "three"):
        hub.show(name, [Entry(id=f"tag:x:{name}", title=name)])
        hub.source(name)
    assert run("poll").code == 0
    every = hub.config["sources"]
    hub.configure(sources={"one": every["one"]})
    assert run("check").code == 1
    assert "feedhub check --accept" in run("poll").err
    assert run("build").code == 2
    assert {one["id"] for one in run("status", "--json").json["sources"]} == set(every)
    assert run("check", "--accept").code == 0
    assert run("poll").code == 0
    assert sorted(hub.titles()) == ["one", "three", "two"]
    status = run("status", "--all", "--json").json["sources"]
    assert {one["id"] for one in status if "removed" in one} == {"two", "three"}
    hub.configure(sources=every)
    assert run("poll").code == 0
    assert sorted(hub.titles()) == ["one", "three", "two"]


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 1000)


def of_a_later_release(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO _sqlite_migrations VALUES (NULL, 'feedhub', '9999_later', '2036-01-01')")


@pytest.mark.parametrize("harm", [emptied, garbage, of_a_later_release])
def test_a_database_that_cannot_be_used_is_3_and_is_left_as_it_is(
    hub: Hub, run: Run, harm: Callable[[Path], None]
) -> None:
    """Nothing is ever started afresh over it: that would publish everything a second time."""
    run("build")
    harm(hub.place.database)
    before = hub.place.database.read_bytes()
    for command in (["poll"], ["build"], ["status"], ["explain", "x"], ["check"]):
        done = run(*command)
        assert (done.code, done.out) == (3, ""), command
        assert str(hub.place.database) in done.err
    assert process("run", cwd=hub.folder).code == 3
    assert hub.place.database.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_in_words(hub: Hub, run: Run) -> None:
    hub.folder.chmod(0o500)
    done = run("build")
    hub.folder.chmod(0o700)
    assert done.code == 1
    assert "permission denied" in done.err


def test_data_that_can_be_no_folder_is_said_in_words(hub: Hub, run: Run) -> None:
    done = run("build", "--data", "feeds.yaml")
    assert done.code == 1
    assert f"cannot be made: {hub.folder / 'feeds.yaml'}: File exists" in done.err


def test_a_file_size_limit_is_met_like_a_full_disk_and_is_made_up_for(hub: Hub, run: Run) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    hub.post("a-post")
    done = process("build", cwd=hub.folder, preexec_fn=limited)
    assert (done.code, done.out) == (1, "")
    assert "the disk is full" in done.err
    assert run("build").code == 0
    assert hub.titles() == ["a-post"]
    assert [path for path in hub.folder.rglob("*") if path.name.startswith(".")] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("room", [0, 70_000, 150_000])
def test_a_full_disk_is_1_and_costs_nothing(small_disk: Path, room: int) -> None:
    hub = small_disk / "hub"
    assert process("init", str(hub), cwd=small_disk).code == 0
    assert process("build", cwd=hub).code == 0
    combined = hub / "data" / "public" / "feed.atom"
    before = combined.read_bytes()
    post = next((hub / "data" / "posts").rglob("*.md"))
    (post.parent / "long.md").write_text(f"---\ntitle: Long\ndate: 2026-01-01\n---\n{'Many words. ' * 5000}")
    with (small_disk / "ballast").open("wb", buffering=0) as ballast:
        free = shutil.disk_usage(small_disk).free - room
        ballast.write(b"x" * free)
    for command in ("poll", "build"):
        done = process(command, cwd=hub)
        assert done.code == 1
        assert "the disk is full" in done.err
        assert "Traceback" not in done.err
        assert combined.read_bytes() == before
    (small_disk / "ballast").unlink()
    assert process("build", cwd=hub).code == 0
    assert b"Long" in combined.read_bytes()
    assert not [path for path in hub.rglob("*") if path.name.startswith(".")]


def test_a_port_that_is_taken_is_1(hub: Hub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hub.configure(server={"port": port})
        done = process("run", cwd=hub.folder)
    assert (done.code, done.out) == (1, "")
    assert f"port {port} on 127.0.0.1 is taken" in done.err


# -- what is reported


def test_poll_reports_each_source_and_the_totals(hub: Hub, run: Run) -> None:
    """A source that is down is news, not a failure."""
    hub.source("good")
    hub.source("down")
    hub.show("good", numbered(range(3)))
    hub.answer("down", "", status=500)
    done = run("poll", "--json")
    assert (done.code, done.err) == (0, "")
    report = one_object(done.out)
    by_id = {one["id"]: one for one in report["sources"]}
    keys = {"id", "result", "http_status", "new", "updated", "held", "error", "ms"}
    assert all(keys <= one.keys() for one in report["sources"])
    assert by_id["good"] | {"ms": 0} == {
        "id": "good",
        "result": "ok",
        "http_status": 200,
        "new": 3,
        "updated": 0,
        "held": 0,
        "error": None,
        "ms": 0,
    }
    assert (by_id["down"]["result"], by_id["down"]["http_status"]) == ("failed", 500)
    assert "its server is in trouble" in by_id["down"]["error"]
    assert report["totals"] == {
        "polled": 2,
        "ok": 1,
        "not_modified": 0,
        "unchanged": 0,
        "failed": 1,
        "new": 3,
        "updated": 0,
        "held": 0,
    }
    assert {"feed.atom", "feed.rss", "sources/good/feed.atom"} <= set(report["published"])
    words = run("poll", "--all")
    assert words.code == 0
    assert "down: its server is in trouble (HTTP 500)" in words.out
    assert "2 polled, 1 failed, 0 new, 0 updated" in words.out


def test_poll_reads_what_is_due_and_what_is_named(hub: Hub, run: Run) -> None:
    for name in ("one", "two", "idle"):
        hub.source(name, paused=name == "idle")
        hub.show(name, [Entry(id=f"tag:x:{name}")])

    def polled(*words: str) -> dict[str, str]:
        return {one["id"]: one["result"] for one in run("poll", "--json", *words).json["sources"]}

    assert polled() == {"one": "ok", "two": "ok"}
    assert polled() == {}
    assert polled("two") == {"two": "unchanged"}
    assert polled("idle") == {"idle": "skipped"}
    assert polled("--all") == {"one": "unchanged", "two": "unchanged"}


def test_poll_asks_nobody_who_is_gone_or_is_being_asked(hub: Hub, run: Run) -> None:
    hub.source("gone")
    hub.answer("gone", "", status=410)
    hub.source("read-elsewhere")
    hub.show("read-elsewhere", [])
    assert run("poll", "gone").code == 0
    with database.opened(hub.place.database) as db:
        leases.claim(db, app.clock(), owner(), count=1)
        hub.pass_(minutes=2)
        leases.renew(db, app.clock(), owner())
        hub.pass_(minutes=2)
    report = run("poll", "--all", "--json").json
    assert {one["id"]: one["result"] for one in report["sources"]} == {"gone": "skipped", "read-elsewhere": "skipped"}
    assert report["totals"]["polled"] == 0


def test_build_reports_what_changed(hub: Hub, run: Run) -> None:
    hub.post("a-post", tags=["one"])
    first = one_object(run("build", "--json").out)
    assert set(first) >= {"published", "unchanged", "removed", "problems"}
    assert {"feed.atom", "tags/one/feed.rss", "authors/lee/feed.atom"} <= set(first["published"])
    again = run("build", "--json").json
    assert (again["published"], again["unchanged"], again["removed"]) == ([], len(first["published"]), [])
    hub.post("a-post", tags=["two"])
    moved = run("build", "--json").json
    assert "tags/two/feed.atom" in moved["published"]
    assert sorted(moved["removed"]) == ["tags/one/feed.atom", "tags/one/feed.json", "tags/one/feed.rss"]


def test_build_with_out_publishes_elsewhere_and_nothing_here(hub: Hub, run: Run) -> None:
    hub.post("a-post")
    assert run("build", "--out", "look").code == 0
    assert hub.files() == {}
    assert b"a-post" in (hub.folder / "look" / "feed.atom").read_bytes()


def test_a_post_with_faults_is_named_by_check_and_skipped_by_build(hub: Hub, run: Run) -> None:
    hub.post("good")
    bad = hub.post("bad")
    bad.write_text("---\ntitle: Bad\ndate: yesterday\n---\nWords.\n")
    check = run("check", "--json")
    assert check.code == 1
    (problem,) = one_object(check.out)["problems"]
    assert set(problem) == {"file", "line", "column", "path", "message"}
    assert (problem["file"], problem["line"], problem["path"]) == ("data/posts/lee/bad.md", 3, "date")
    assert run("build").code == 0
    assert hub.titles() == ["good"]
    assert run("status", "--json").json["problems"] == [problem]
    bad.write_text("---\ntitle: Good after all\ndate: 2026-05-01\n---\nWords.\n")
    assert run("check").out == "all is well\n"
    assert run("build").code == 0
    assert run("status", "--json").json["problems"] == []


def test_status_tells_how_each_source_is_worst_first(hub: Hub, run: Run) -> None:
    for name in ("good", "gone", "down", "idle"):
        hub.source(name, paused=name == "idle")
    hub.show("good", numbered(range(3)))
    hub.answer("down", "", status=503)
    hub.answer("gone", "", status=410)
    run("poll")
    hub.source("added")
    done = run("status", "--json")
    assert (done.code, done.err) == (0, "")
    rows = one_object(done.out)["sources"]
    assert [(one["id"], one["state"]) for one in rows] == [
        ("gone", "gone"),
        ("down", "failing"),
        ("added", "new"),
        ("good", "ok"),
        ("idle", "paused"),
    ]
    keys = {"id", "url", "state", "last_checked", "last_ok", "next_check", "failures", "error", "items", "held", "gap"}
    assert all(keys <= one.keys() for one in rows)
    by_id = {one["id"]: one for one in rows}
    assert by_id["good"]["last_ok"] == "2026-06-01T12:00:00Z"
    assert (by_id["good"]["items"], by_id["good"]["error"]) == (3, None)
    assert (by_id["down"]["failures"], by_id["down"]["last_ok"]) == (1, None)
    assert by_id["added"]["last_checked"] is None
    hub.pass_(minutes=10)
    words = run("status").out
    assert "read 10 min ago" in words
    assert "its server is in trouble (HTTP 503)" in words


def test_explain_tells_where_an_item_came_from_and_why_it_is_in_which_feeds(hub: Hub, run: Run) -> None:
    hub.source("news", author="lee")
    hub.show("news", [Entry(id="tag:x,2026:1", title="One", dated=NOW, link="https://x.example/1")])
    run("poll")
    for name in ("tag:x,2026:1", "https://x.example/1"):
        done = run("explain", name, "--json")
        assert (done.code, done.err) == (0, "")
        found = one_object(done.out)
        keys = {"id", "link", "title", "source", "authors", "first_seen", "published", "also_at", "feeds", "history"}
        assert keys <= found.keys()
        assert (found["id"], found["title"], found["source"], found["authors"]) == (
            "tag:x,2026:1",
            "One",
            "news",
            ["Lee Pender"],
        )
        assert found["published"] == found["first_seen"] == "2026-06-01T12:00:00Z"
        verdicts = {one["feed"]: one["verdict"] for one in found["feeds"]}
        assert verdicts == {"combined": "in", "authors/lee": "in", "sources/news": "in"}
        assert all({"feed", "verdict", "why", "released"} <= one.keys() for one in found["feeds"])
    assert "number 1" in run("explain", "tag:x,2026:1").out


# -- help


def examples(command: str, run: Run) -> list[list[str]]:
    """Every example that a --help shows, as words, without what stands beside it."""
    shown = run(command, "--help").out.partition("  Examples:\n")[2].partition("\n\n")[0].splitlines()
    lines = [line.removeprefix("    feedhub ") for line in shown]
    found = [shlex.split(re.split(r"   | \| ", line)[0]) for line in lines]
    assert {words[0] for words in found} == {command}
    return found


def test_every_example_of_every_help_runs(hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a hub that has what the examples speak of."""
    hub.source("channel-news")
    hub.show("channel-news", [Entry(id="tag:x,2026:1", link="https://news.example.com/osmos")])
    hub.post("osmos", id="tag:feeds.example.com,2026-11-25:posts/lee-pender/osmos")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    hub.configure(server={"port": port})
    assert run("poll").code == 0
    for words in (words for command in COMMANDS if command != "init" for words in examples(command, run)):
        here = [re.sub("^/tmp|^/srv/hub", str(hub.folder), word) for word in words]
        if words[0] == "run":
            assert_stops_when_asked(here, hub.folder)
        else:
            done = run(*here)
            assert (done.code, done.err) == (0, ""), words
    (hub.folder / "empty").mkdir()
    monkeypatch.chdir(hub.folder / "empty")
    assert [run(*words).code for words in examples("init", run)] == [0, 0]


def assert_stops_when_asked(words: list[str], cwd: Path) -> None:
    with subprocess.Popen([FEEDHUB, *words], cwd=cwd, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        assert "serves http://127.0.0.1:" in service.stdout.readline()
        service.send_signal(signal.SIGINT)
        assert service.wait(10) == 0


# -- where the hub is


def test_a_hub_is_found_by_option_and_by_variable(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hub.post("here")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    config, data = str(hub.folder / "feeds.yaml"), tmp_path_factory.mktemp("data")
    assert run("build").code == 2
    assert run("build", "--config", config).code == 0
    assert hub.titles() == ["here"]
    monkeypatch.setenv("FEEDHUB_CONFIG", config)
    monkeypatch.setenv("FEEDHUB_DATA", str(data))
    assert run("build").code == 0
    assert (data / "feedhub.db").exists()
    assert not (data / "public" / "authors").exists() or "here" not in (data / "public" / "feed.atom").read_text()
    assert run("build", "--data", str(hub.folder / "data"), "--json").json["published"] == []
    assert run("build", "--config", "nowhere.yaml", "--data", str(data / "new")).code == 2
    assert not (data / "new").exists()


# -- what nobody may see


SECRETS = ("pa55w0rd", "t0ken", "va1ue", "hea6er")


def test_a_secret_appears_nowhere(hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an address, in a header, by a variable; from a source that works, one that is down, and in a broken file."""
    monkeypatch.setenv("SECRET", "va1ue")
    monkeypatch.setenv("HEADER", "hea6er")
    hub.source("good")
    hub.source("down")
    hub.show("good", numbered(range(2)))
    hub.answer("down", "", status=403)
    hub.origin.expect_request("/va1ue.xml").respond_with_data("no feed", content_type="text/plain")
    origin = hub.origin.url_for("").removeprefix("http://").rstrip("/")
    for name in ("good", "down"):
        hub.source(f"{name}-too", headers={"Authorization": "Bearer ${HEADER}"})
        hub.config["sources"][f"{name}-too"]["url"] = f"http://lee:pa55w0rd@{origin}/{name}.xml?token=t0ken&key=t0ken"
    hub.source("made")
    hub.config["sources"]["made"]["url"] = f"http://{origin}/${{SECRET}}.xml"
    hub.configure()
    said = []
    for words in ("poll", "poll --all --json", "status", "status --json", "check", "build --json", "explain tag:x"):
        done = run(*words.split())
        said += [done.out, done.err]
    assert {one["state"] for one in json.loads(said[6])["sources"]} == {"ok", "failing"}
    said += [data.decode() for data in hub.files().values()]
    said.append(service_log(hub))
    assert "its address" in said[-1] or "it does not let us" in said[-1]
    hub.config["sources"]["bad"] = {"url": "ftp://lee:pa55w0rd@x.example/?token=t0ken", "headers": {"A": "${HEADER}\n"}}
    hub.config["sources"]["bad-too"] = {"url": "http://x.example:port/${SECRET}?token=t0ken"}
    hub.configure()
    for words in ("check", "check --json", "poll", "status --json"):
        done = run(*words.split())
        said += [done.out, done.err]
    assert "sources.bad" in said[-2]
    shown = [(secret, text) for text in said for secret in SECRETS if secret in text]
    assert shown == []


def service_log(hub: Hub) -> str:
    """What a service logs that reads everything anew."""
    with closing(sqlite3.connect(hub.place.database)) as db, db:
        db.execute("UPDATE sources SET next_check = '2020-01-01T00:00:00Z'")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hub.configure(server={"port": listener.getsockname()[1]})
    with subprocess.Popen([FEEDHUB, "run"], cwd=hub.folder, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr
        lines = [service.stderr.readline() for _ in range(2)]
        service.terminate()
        return "".join(lines) + service.stderr.read()


def test_status_works_where_the_variables_of_the_service_are_not_set(
    hub: Hub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "va1ue")
    hub.source("news", headers={"X-Key": "${SECRET}"})
    hub.show("news", numbered(range(2)))
    run("poll")
    monkeypatch.delenv("SECRET")
    assert run("poll").code == 2
    status = run("status", "--json")
    assert (status.code, status.json["problems"]) == (0, [])
    hub.configure(publish={"limit": 5})
    status = run("status", "--json")
    assert [one["id"] for one in status.json["sources"]] == ["news"]
    assert "SECRET" in status.json["problems"][0]["message"]


# -- terminals and pipes


def test_progress_is_shown_on_a_terminal_and_nowhere_else(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(2)))
    piped = process("poll", "--all", cwd=hub.folder)
    assert piped.err == ""
    assert "reading" not in piped.out
    assert "\x1b" not in piped.out
    on_terminal = in_terminal("poll", "--all", cwd=hub.folder)
    assert "reading" in on_terminal
    assert "news: unchanged" in on_terminal
    assert "reading" not in in_terminal("poll", "--all", "--json", cwd=hub.folder)


def in_terminal(*words: str, cwd: Path) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [FEEDHUB, *words], cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    ):
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how Linux says that nobody holds the other end any more
            while data := os.read(ours, 1000):
                shown += data
        os.close(ours)
    return shown.decode()


@pytest.mark.parametrize("words", ["status", "status --json", "--help", "check --json"])
def test_a_reader_that_has_had_enough_is_no_fault(hub: Hub, words: str) -> None:
    for number in range(5):
        hub.source(f"source-{number}")
    reading, writing = os.pipe()
    os.close(reading)
    command = [FEEDHUB, *words.split()]
    done = subprocess.run(command, cwd=hub.folder, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.stderr == ""


# -- how soon it answers


@pytest.mark.parametrize("words", ["--help", "status", "poll --help"])
def test_what_is_not_needed_is_not_loaded(hub: Hub, run: Run, words: str) -> None:
    """What parses, reads, renders, serves and logs takes longer to load than `status` takes to answer."""
    assert run("status").code == 0
    code = (
        "import sys; from feedhub.cli.main import main; main(); "
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words.split()], cwd=hub.folder, capture_output=True, text=True, check=True
    )
    heavy = {"httpx", "aiohttp", "feedparser", "feedgen", "lxml", "starlette", "uvicorn", "structlog", "rich"}
    heavy |= {"apscheduler", "pebble", "nh3", "markdown_it", "dateparser", "ruamel", "pydantic", "watchfiles"}
    assert heavy & set(done.stderr.split()) == set()
