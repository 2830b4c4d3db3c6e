"""`kill -9` in the middle of polling and publishing, while readers read: it costs nothing (promises 3 and 10)."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from conftest import Entry, Hub, rss
from lxml import etree
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

FEEDHUB = str(Path(sys.executable).with_name("feedhub"))
SOURCES, FIRST, KILLS = 30, 8, 8
HTML = f"<p>{'Words that make a document long enough to be caught half-written. ' * 40}</p>"


class Growing:
    """Sources that gain an entry each with every round."""

    def __init__(self) -> None:
        self.round = 0

    def entries(self, name: str) -> list[Entry]:
        return [
            Entry(id=f"tag:{name},2026:{n}", title=f"{name} {n}", link=f"https://{name}.example/{n}", html=HTML)
            for n in reversed(range(FIRST + self.round))
        ]

    def answer(self, request: Request) -> Response:
        name = request.path.strip("/").removesuffix(".xml")
        return Response(rss(self.entries(name), name), content_type="application/xml")

    def ids(self) -> Counter[str]:
        """Every entry that was ever shown, once."""
        return Counter(entry.id for number in range(SOURCES) for entry in self.entries(f"s{number}"))


class Reader:
    """Parses every published file, over and over."""

    def __init__(self, public: Path) -> None:
        self.read = 0
        self.broken: list[str] = []
        self._public = public
        self._over = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            for path in list(self._public.rglob("feed.*")):
                try:
                    data = path.read_bytes()
                    json.loads(data) if path.suffix == ".json" else etree.fromstring(data)
                except (etree.XMLSyntaxError, ValueError) as error:
                    self.broken.append(f"{path}: {error}")
                self.read += 1
                time.sleep(0.001)


@pytest.fixture
def origin() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


def start(hub: Hub) -> subprocess.Popen[str]:
    command = [FEEDHUB, "poll", "--all"]
    return subprocess.Popen(command, cwd=hub.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def poll(hub: Hub) -> float:
    """Poll to the end, without a complaint; how long it took."""
    began = time.monotonic()
    process = start(hub)
    _, said = process.communicate()
    assert (process.returncode, said) == (0, ""), said
    return time.monotonic() - began


def assert_sound(hub: Hub, ids: Counter[str]) -> None:
    """Nothing is missing, doubled or left undone, in the database or in what is published."""
    with closing(sqlite3.connect(hub.place.database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert Counter(uid for (uid,) in db.execute("SELECT uid FROM items")) == ids
        placed = db.execute("SELECT uid FROM releases JOIN items ON items.id = item WHERE feed = 'combined'")
        assert Counter(uid for (uid,) in placed) == ids
        feeds = db.execute(
            "SELECT count(*), max(number), last_number FROM releases JOIN feeds ON feeds.id = feed GROUP BY feed"
        )
        assert all(count == highest == last for count, highest, last in feeds)
        assert db.execute("SELECT count(*) FROM arrivals").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM feeds WHERE revision > rendered").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM sources WHERE lease_owner IS NOT NULL").fetchone() == (0,)
    for form in ("atom", "rss"):
        assert Counter(hub.ids(form=form)) == ids


def test_a_poll_that_is_killed_again_and_again_loses_doubles_and_breaks_nothing(
    tmp_path: Path, origin: HTTPServer
) -> None:
    """Each time at another moment, by chance: what is promised holds at all of them."""
    hub = Hub(tmp_path, origin, None)  # type: ignore[arg-type] - the processes go by the real time
    growing = Growing()
    for number in range(SOURCES):
        origin.expect_request(f"/s{number}.xml").respond_with_handler(growing.answer)
        hub.source(f"s{number}", tags=["odd" if number % 2 else "even"])
    hub.configure(publish={"limit": 500})
    reader = Reader(hub.public)
    killed = 0
    with reader.watching():
        whole = poll(hub)
        for kill in range(KILLS):
            growing.round += 1
            with start(hub) as victim:
                time.sleep(whole * random.uniform(0.3, 1))
                victim.kill()
            killed += victim.returncode != 0
            if kill % 3 == 2:
                poll(hub)
                assert_sound(hub, growing.ids())
        poll(hub)
    assert killed > KILLS / 2
    assert reader.broken == []
    assert reader.read > 100
    assert_sound(hub, growing.ids())
    hub.build()
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []
