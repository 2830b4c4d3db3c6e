"""`feedhub run`, as a process of its own that is looked at from outside while it runs."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from conftest import Entry, Hub
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from feedhub import app
from feedhub.settings import Config
from feedhub.store.db import Database

FEEDHUB = str(Path(sys.executable).with_name("feedhub"))
SOON = 15.0  # seconds that anything may take here; mostly it is one or two


def eventually(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, f"not within {SOON:g} seconds: {what}"
        time.sleep(0.05)


def ago(**time: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**time):%Y-%m-%dT%H:%M:%SZ}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Service(Hub):
    """A hub on real time, and the process that runs it."""

    def begin(self) -> None:
        self.over = threading.Event()  # lets go of the requests that hang
        self.port = free_port()
        self.configure(
            server={"port": self.port},
            fetch={"allow": ["127.0.0.0/8"], "timeout": "60s"},
            authors={"lee": {"name": "Lee"}},
        )
        self.source("news")
        self.show("news", [Entry(id="tag:x:news", title="News")])
        self.post("first", date=ago(days=3))
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen([FEEDHUB, "run"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)
        eventually(self.up, "it listens")

    def up(self) -> bool:
        assert self.process.poll() is None, self.log()
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> float:
        """Ask it to stop; how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(SOON) == 0, self.log()
        return time.monotonic() - began

    def end(self) -> None:
        self.over.set()
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", trust_env=False)

    def shows(self, feed: str = "") -> list[str]:
        return [entry.title for entry in feedparser.parse(self.get(f"/{feed}feed.atom").content).entries]

    def health(self) -> tuple[int, str]:
        answer = self.get("/healthz")
        return answer.status_code, answer.json()["status"]

    def well(self) -> bool:
        return self.health() == (200, "ok")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([FEEDHUB, *words], cwd=self.folder, capture_output=True, text=True, check=False)

    def status(self) -> dict[str, Any]:
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def gain_many(self) -> None:
        """Six more sources, read."""
        for name in (f"many-{number}" for number in range(6)):
            self.show(name, [Entry(id=f"tag:x:{name}", title=name.replace("-", " ").title())])
            if name not in self.config["sources"]:
                self.source(name)
        eventually(lambda: self.get("/sources/many-5/feed.atom").status_code == 200, "all are read")

    def hang(self, name: str) -> threading.Event:
        """A source that takes the request and says nothing; tells when it has been asked."""
        asked = threading.Event()

        def answer(_: Request) -> Response:
            asked.set()
            self.over.wait()
            return Response("")

        self.origin.expect_request(f"/{name}.xml").respond_with_handler(answer)
        self.source(name)
        return asked

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.place.database, timeout=30, isolation_level=None)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with HTTPServer(threaded=True) as origin:
        made = Service(tmp_path_factory.mktemp("hub"), origin, None)  # type: ignore[arg-type] - it runs on real time
        made.begin()
        yield made
        made.end()


@pytest.fixture
def service(running: Service) -> Service:
    """The one service of this file, well, and on the feeds.yaml that it began with."""
    if running.process.poll() is not None:
        running.start()
    eventually(running.well, "it is well")
    return running


def test_it_serves_what_it_has_read_within_seconds(service: Service) -> None:
    eventually(lambda: service.get("/feed.atom").status_code == 200, "the combined feed is there")
    assert service.shows() == ["News", "first"]
    assert service.shows("authors/lee/") == ["first"]
    health = service.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["problems"] == []
    assert 0 <= health["heartbeat_age_s"] < 5


def test_a_post_that_is_written_edited_and_deleted_comes_changes_and_goes(service: Service) -> None:
    path = service.post("written", date=ago(hours=1))
    eventually(lambda: "written" in service.shows(), "a new post appears")
    path.write_text(path.read_text().replace("Words.", "Other words."))
    eventually(lambda: "Other words." in service.get("/feed.atom").text, "an edit shows")
    path.unlink()
    eventually(lambda: "written" not in service.shows(), "a deleted post is gone")
    assert "first" in service.shows()


def test_a_post_of_the_future_appears_by_itself(service: Service) -> None:
    due = datetime.now(UTC) + timedelta(seconds=3)
    service.post("scheduled", date=f"{due:%Y-%m-%dT%H:%M:%SZ}")
    while datetime.now(UTC) < due - timedelta(seconds=0.5):
        assert "scheduled" not in service.shows()
        time.sleep(0.2)
    eventually(lambda: "scheduled" in service.shows(), "its time has come")


def test_a_broken_feeds_yaml_changes_nothing_and_is_named_everywhere_until_it_is_mended(service: Service) -> None:
    """Contract: 200, since a restart would not help."""
    before = service.files()
    service.configure(hub={"title": "Renamed", "url": "no address"})
    eventually(lambda: service.health() == (200, "degraded"), "/healthz names it")
    assert "feeds.yaml:" in service.get("/healthz").json()["problems"][0]
    assert "hub.url" in service.log()
    assert service.status()["problems"][0]["path"] == "hub.url"
    for command in ("poll", "build"):
        done = service.command(command)
        assert (done.returncode, done.stdout) == (2, "")
        assert "hub.url" in done.stderr
    assert service.files() == before
    service.configure(hub={"title": "The Hub", "url": "https://hub.example"})
    eventually(service.well, "it is mended")
    assert service.log().rstrip().rpartition("\n")[2].count("is in force") == 1
    assert service.files() == before


def test_a_feeds_yaml_that_is_seen_half_saved_changes_nothing(service: Service) -> None:
    """Editors write in steps: whatever stands there for a moment is no edit."""
    service.gain_many()
    file, before = service.folder / "feeds.yaml", service.files()
    whole = file.read_bytes()
    for cut in range(0, len(whole), len(whole) // 20):
        file.write_bytes(whole[:cut])
        time.sleep(0.05)
        file.write_bytes(whole)
        time.sleep(0.02)
        assert service.files() == before
        assert service.well()


def test_sources_that_come_are_read_at_once_and_most_go_only_if_the_admin_says_so(service: Service) -> None:
    """The file does not change when `check --accept` is called: the service must see that by itself."""
    service.gain_many()
    service.configure(sources={"news": service.config["sources"]["news"]})
    eventually(lambda: service.health() == (200, "degraded"), "/healthz names it")
    assert service.shows("sources/many-5/") == ["Many 5"]
    assert service.command("check", "--accept").returncode == 0
    eventually(service.well, "it is accepted")
    eventually(lambda: service.get("/sources/many-5/feed.atom").status_code == 404, "its own feed is gone")
    assert "Many 5" in service.shows()


def test_an_edit_of_fetch_allow_counts_at_once(service: Service) -> None:
    def state() -> str:
        return next(one["state"] for one in service.status()["sources"] if one["id"] == "guarded")

    service.show("guarded", [Entry(id="tag:x:guarded", title="Guarded")])
    service.config["fetch"] = {"timeout": "60s"}
    service.source("guarded")
    eventually(lambda: "fetch.allow" in service.log(), "it is refused, and the log says why")
    assert state() == "failing"
    service.config["fetch"]["allow"] = ["127.0.0.0/8"]
    service.source("guarded", headers={"X-Other": "so that it is due"})
    eventually(lambda: "Guarded" in service.shows(), "it is read")
    assert state() == "ok"


def test_every_command_works_while_it_runs(service: Service) -> None:
    service.show("news", [Entry(id="tag:x:news", title="News"), Entry(id="tag:x:more", title="Found by poll")])
    polled = service.command("poll", "news", "--json")
    assert json.loads(polled.stdout)["totals"]["new"] == 1
    assert "Found by poll" in service.shows()
    for words in (["poll", "--all"], ["build"], ["status"], ["check"], ["explain", "tag:x:more"]):
        done = service.command(*words)
        assert (done.returncode, done.stderr) == (0, "")
    assert service.well()


def test_nobody_else_runs_on_its_data_or_its_port(service: Service, tmp_path: Path) -> None:
    second = service.command("run")
    assert second.returncode == 1
    assert f"process {service.process.pid}" in second.stderr
    other = service.command("run", "--data", str(tmp_path / "data"))
    assert other.returncode == 1
    assert f"port {service.port}" in other.stderr
    assert not (tmp_path / "data" / "public").exists()


def test_publishing_that_fails_is_503_until_it_succeeds(service: Service) -> None:
    blocked = service.public / "sources" / "blocked" / "feed.atom"
    (blocked / "in-the-way").mkdir(parents=True)
    service.show("blocked", [Entry(id="tag:x:blocked", title="Blocked")])
    service.source("blocked")
    eventually(lambda: service.health() == (503, "failing"), "publishing fails")
    assert service.get("/feed.atom").status_code == 200
    (blocked / "in-the-way").rmdir()
    blocked.rmdir()
    eventually(service.well, "it has succeeded")
    assert "Blocked" in service.shows()
    assert "publishing works again" in service.log()


def test_a_fault_of_our_own_is_logged_with_its_traceback_and_ends_nothing(service: Service) -> None:
    """A value in the database that we never wrote stands in for the bug that we do not know."""
    with closing(service.database()) as db:
        db.execute("UPDATE items SET categories = replace(categories, '[', '{')")
    path = service.post("after-all", date=ago(minutes=5))
    eventually(lambda: service.health() == (503, "failing"), "publishing fails")
    assert "Traceback" in service.log()
    assert service.get("/feed.atom").status_code == 200
    with closing(service.database()) as db:
        db.execute("UPDATE items SET categories = replace(categories, '{', '[')")
    eventually(service.well, "it goes on")
    eventually(lambda: "after-all" in service.shows(), "what waited is published")
    path.unlink()


def test_it_stops_within_seconds_whoever_hangs(service: Service) -> None:
    """A source that never answers and a client that never closes: neither may hold up a restart."""
    asked = service.hang("hanging")
    assert asked.wait(SOON)
    with closing(HTTPConnection("127.0.0.1", service.port)) as idle:
        idle.request("GET", "/feed.atom")
        assert idle.getresponse().read()
        assert service.stop() < 5
    assert service.process.returncode == 0
    assert not list(service.public.rglob(".new-*"))
    with closing(service.database()) as db:
        assert db.execute("SELECT count(*) FROM sources WHERE lease_owner IS NOT NULL").fetchone() == (0,)
    del service.config["sources"]["hanging"]
    service.configure()


def test_it_starts_on_the_last_good_configuration_where_feeds_yaml_is_broken(service: Service) -> None:
    service.stop()
    before = len(service.log())
    file = service.folder / "feeds.yaml"
    good = file.read_text()
    file.write_text(good.replace('"authors"', '"autors"'))
    service.start()
    eventually(lambda: service.health() == (200, "degraded"), "/healthz names it")
    assert "did you mean" in service.get("/healthz").json()["problems"][0]
    assert "News" in service.shows()
    service.post("meanwhile", date=ago(minutes=1))
    eventually(lambda: "meanwhile" in service.shows(), "it follows the posts")
    eventually(lambda: "did you mean" in service.log()[before:], "the log names it")
    file.write_text(good)
    eventually(service.well, "it is mended")


def test_names_that_do_not_resolve_hold_up_neither_others_nor_the_end(hub: Hub) -> None:
    """A look-up blocks its thread for half a minute where no name server answers; these block until they are let go."""
    answer = threading.Event()

    async def look_up(config: Config, db: Database) -> None:
        async with app.intake(db, config):
            hanging = [asyncio.create_task(asyncio.to_thread(answer.wait)) for _ in range(60)]
            await asyncio.sleep(0)
            assert await asyncio.wait_for(asyncio.to_thread(str.upper, "another"), SOON) == "ANOTHER"
            for task in hanging:
                task.cancel()

    began = time.monotonic()
    with app.opened(hub.place) as db:
        asyncio.run(look_up(app.in_force(db, hub.place), db))
    assert time.monotonic() - began < SOON
    answer.set()
