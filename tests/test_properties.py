"""What holds whatever happens: any sequence of answers, edits of posts and feeds.yaml, and time passing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NOW, Entry, rss
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedhub import app, follow
from feedhub.ingest import local, update
from feedhub.ingest.asking import Intake
from feedhub.ingest.workers import Workers
from feedhub.model import FeedId
from feedhub.output import build
from feedhub.output.catalogue import FEATURED, Catalogue
from feedhub.output.membership import Verdict, verdict, waits
from feedhub.settings import Config
from feedhub.store import db as database
from feedhub.store import items, leases, releases
from feedhub.store.db import Database

ATOM = "{http://www.w3.org/2005/Atom}"

# -- what may happen: each step is the name of a method of World, and its arguments

source = st.sampled_from(["a", "b"])
slot = st.integers(0, 3)
age = st.sampled_from([-2, 0, 1, 10, 29, 40, 400])  # days
author = st.sampled_from(["lee", "mary"])
pin = st.sampled_from(
    ["https://a.example/1", "https://b.example/2", "https://link.example/", "https://hub.example/posts/lee/post-0/"]
)
sponsored = {"title": "sponsored"}


def happens(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *arguments)


shows = happens(
    "show",
    source,
    st.dictionaries(st.integers(0, 9), st.none() | age, min_size=1, max_size=5),
    st.sampled_from(["A", "sponsored"]),
)
writes = happens("write", slot, age, author, st.sampled_from(["Cloud", "cloud", "Data"]))
edits = st.one_of(
    happens("limit", st.integers(1, 6)),
    happens("tune", source, st.just("drop"), st.sampled_from([None, sponsored])),
    happens("tune", source, st.just("author"), st.none() | author),
    happens("tune", source, st.just("paused"), st.booleans()),
    happens("tune", source, st.just("backlog"), st.integers(0, 3)),
    happens("tune", source, st.just("tags"), st.sampled_from([[], ["CLOUD"]])),
    happens("name", source, st.booleans()),
    happens("custom", st.sampled_from([None, {}, {"drop": sponsored}, {"from": {"posts": True, "featured": True}}])),
    happens("feature", st.none() | st.lists(pin, unique=True, max_size=3)),
)
others = st.one_of(
    happens("forget", source, st.integers(0, 9)),
    happens("break_", source),
    happens("draft", slot),
    happens("delete", slot),
    happens("rename", slot),
    happens("wait", st.sampled_from([timedelta(hours=1), timedelta(days=1), timedelta(days=35)])),
)
happenings = st.lists(st.lists(st.one_of(shows, writes, edits, others), min_size=2, max_size=9), min_size=4, max_size=9)


@dataclass
class World:
    """A hub whose sources are files, and everything that has been seen of it."""

    folder: Path
    db: Database
    workers: Workers
    now: datetime = NOW
    config: dict[str, Any] = field(default_factory=dict)
    named: dict[str, dict[str, Any]] = field(default_factory=lambda: {"a": {}, "b": {}, "c": {}, "d": {}})
    shown: dict[str, dict[int, Entry]] = field(default_factory=lambda: {"a": {}, "b": {}})
    files: dict[int, Path] = field(default_factory=dict)
    writes: int = 0
    catalogue: Catalogue | None = None
    rows: set[tuple[Any, ...]] = field(default_factory=set)
    edges: dict[str, tuple[int, int]] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)  # by what only one item says
    dates: dict[tuple[str, str], str] = field(default_factory=dict)
    left: set[tuple[str, str]] = field(default_factory=set)

    # -- what may happen

    def show(self, name: str, coming: dict[int, int | None], title: str) -> None:
        for n, age in coming.items():
            dated = None if age is None else self.now - timedelta(days=age)
            uid = "tag:shared.example,2026:5" if n == 5 else f"tag:{name}.example,2026:{n}"
            self.shown[name][n] = Entry(id=uid, title=f"{title} {n}", dated=dated, link=f"https://{name}.example/{n}")
        self._answer(name)

    def forget(self, name: str, n: int) -> None:
        self.shown[name].pop(n, None)
        self._answer(name)

    def break_(self, name: str) -> None:
        (self.folder / f"{name}.xml").write_text("<html>down</html>")

    def write(self, n: int, age: int, author: str, tag: str) -> None:
        self.writes += 1
        path = self.files.setdefault(n, self.folder / "data" / "posts" / author / f"post-{n}.md")
        date = self.now - timedelta(days=age) + timedelta(seconds=self.writes)
        path.parent.mkdir(parents=True, exist_ok=True)
        front = {"title": f"Post {n}", "date": date.isoformat(), "tags": [tag], "author": author}
        path.write_text(f"---\n{json.dumps(front)}\n---\nhttps://token.example/{n}\n")

    def draft(self, n: int) -> None:
        if n in self.files:
            self.files[n].write_text(self.files[n].read_text().replace('{"title"', '{"draft": true, "title"'))

    def delete(self, n: int) -> None:
        if n in self.files:
            self.files.pop(n).unlink()

    def rename(self, n: int) -> None:
        if n in self.files:
            self.files[n] = self.files[n].rename(self.files[n].with_name(f"post-{n}-{self.writes}.md"))

    def limit(self, limit: int) -> None:
        self.config["publish"] = {"limit": limit}

    def tune(self, name: str, key: str, value: object) -> None:
        if name in self.named:
            self.named[name][key] = value

    def name(self, name: str, there: bool) -> None:  # noqa: FBT001 - a step's arguments have no names
        if there:
            self.named.setdefault(name, {})
        else:
            self.named.pop(name, None)

    def custom(self, settings: dict[str, Any] | None) -> None:
        self.config["feeds"] = {} if settings is None else {"mine": {"title": "Mine", "limit": 3, **settings}}

    def feature(self, pins: list[str] | None) -> None:
        titled = [{"url": url, **({"title": "A link"} if "link" in url else {})} for url in pins or ()]
        self.config.pop("featured", None)
        if pins is not None:
            self.config["featured"] = {"limit": 2, "pins": titled}

    def wait(self, time: timedelta) -> None:
        self.now += time

    def _answer(self, name: str) -> None:
        (self.folder / f"{name}.xml").write_text(rss(list(self.shown[name].values())))

    # -- what the hub does then

    def configuration(self) -> Config:
        """What feeds.yaml says now, in force."""
        if "featured" in self.config:
            self.config["featured"]["sources"] = sorted(self.named.keys() & {"a"})
        named = {
            name: {"url": f"{name}.xml", **{key: value for key, value in one.items() if value is not None}}
            for name, one in self.named.items()
        }
        authors = {"lee": {"name": "Lee"}, "mary": {"name": "Mary"}}
        hub = {"title": "The Hub", "url": "https://hub.example"}
        path = self.folder / "feeds.yaml"
        path.write_text(json.dumps({"hub": hub, "authors": authors, "sources": named, **self.config}))
        found = follow.look(self.db, path, {})
        assert found.problems == ()
        follow.bring_into_force(self.db, found, self.now)
        return found.config

    async def beat(self, tools: Intake) -> None:
        """Follow feeds.yaml, read all sources, take in the posts, publish what was touched."""
        config = self.configuration()
        claimed = leases.claim(self.db, self.now, tools.owner, count=9, only=list(config.sources))
        await update.poll(claimed, config, tools)
        local.take_in(self.db, self.folder / "data" / "posts", config, self.now)
        build.build(self.db, config, self.folder / "public", self.now)
        self.catalogue = build.current_catalogue(self.db, config, self.now)

    def build_again(self) -> build.Built:
        assert self.catalogue is not None
        return build.build(self.db, self.catalogue.config, self.folder / "public", self.now, everything=True)

    def documents(self) -> Iterator[tuple[str, Path]]:
        """The published feeds, and their Atom documents."""
        assert self.catalogue is not None
        for feed in self.catalogue.feeds.values():
            path = self.folder / "public" / feed.folder / "feed.atom"
            if path.exists():
                yield str(feed.id), path

    # -- what must hold after it

    def hold(self) -> None:
        self._record_only_grows()
        for feed, path in self.documents():
            self._document_is_sound(feed, path)
        self._everything_has_its_place()

    def _record_only_grows(self) -> None:
        query = "SELECT feed, number, uid, at, releases.dated, state FROM releases JOIN items ON items.id = item"
        rows = set(self.db.conn.execute(query))
        assert self.rows <= rows
        self.rows = rows
        numbers: dict[str, list[int]] = {}
        for feed, number, *_ in rows:
            numbers.setdefault(feed, []).append(number)
        for standing in releases.standings(self.db):
            edge, last = self.edges.get(standing.feed, (0, 0))
            assert (standing.edge >= edge, standing.last_number >= last) == (True, True)
            assert sorted(numbers.get(standing.feed, [])) == list(range(1, standing.last_number + 1))
            self.edges[standing.feed] = (standing.edge, standing.last_number)

    def _document_is_sound(self, feed: str, path: Path) -> None:
        atom = etree.parse(path).getroot()
        uids = [entry.findtext(f"{ATOM}id") or "" for entry in atom.iter(f"{ATOM}entry")]
        assert len(uids) == len(set(uids))
        assert [guid.text for guid in etree.parse(path.with_suffix(".rss")).iter("guid")] == uids
        places = {uid: (number, state) for of, number, uid, _, _, state in self.rows if of == feed}
        window = {
            uid for uid, (number, state) in places.items() if state == "released" and number > self.edges[feed][0]
        }
        assert not self.left & {(feed, uid) for uid in uids}
        self.left |= {(feed, uid) for uid in places.keys() - window}
        if feed == FEATURED:
            assert window.issuperset(uids)
        else:
            assert {uid for uid in window if self._stands(uid, feed)} == set(uids)
        for entry in atom.iter(f"{ATOM}entry"):
            self._entry_is_itself(feed, entry)

    def _stands(self, uid: str, feed: str) -> bool:
        assert self.catalogue is not None
        (item,) = items.find(self.db, uid, "https://hub.example")
        featured = bool(releases.ever_featured(self.db, [item.id]))
        belongs = verdict(item, self.catalogue.feeds[FeedId(feed)], self.catalogue, featured=featured)
        return item.withdrawn is None and not waits(item, self.now) and belongs in {Verdict.IN, Verdict.UNDECIDED}

    def _entry_is_itself(self, feed: str, entry: etree._Element) -> None:
        uid = entry.findtext(f"{ATOM}id") or ""
        assert self.dates.setdefault((feed, uid), entry.findtext(f"{ATOM}published") or "") == entry.findtext(
            f"{ATOM}published"
        )
        link = next(one.get("href") or "" for one in entry.iter(f"{ATOM}link") if one.get("rel") == "alternate")
        body = entry.findtext(f"{ATOM}content") or ""
        says = link if "token" not in body else body[body.index("https://token") :]
        assert self.uids.setdefault(uid, says) == says
        if "token" not in body:
            assert [known for known, said in self.uids.items() if said == says] == [uid]

    def _everything_has_its_place(self) -> None:
        assert self.catalogue is not None
        ids = [row[0] for row in self.db.conn.execute("SELECT id FROM items WHERE withdrawn IS NULL")]
        featured = releases.ever_featured(self.db)
        published = releases.published(self.db, self.catalogue.feeds)
        for item in items.by_id(self.db, ids).values():
            for feed in self.catalogue.feeds.values():
                belongs = verdict(item, feed, self.catalogue, featured=item.id in featured) is Verdict.IN
                if feed.id in published and feed.id != FEATURED and belongs and not waits(item, self.now):
                    assert releases.placed(self.db, feed.id, [item.id]), (item.uid, feed.id)


@contextmanager
def world(folder: Path, workers: Workers) -> Iterator[World]:
    for name in "abcd":
        (folder / f"{name}.xml").write_text(rss([]))
    with database.opened(folder / "feedhub.db") as db:
        yield World(folder, db, workers)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(happenings=happenings)
def test_no_sequence_of_happenings_breaks_a_promise(
    worlds: Path, workers: Workers, happenings: list[list[tuple[Any, ...]]]
) -> None:
    folder = worlds / str(len(list(worlds.iterdir())))
    folder.mkdir()
    with world(folder, workers) as hub:
        asyncio.run(live(hub, happenings))


async def live(hub: World, happenings: list[list[tuple[Any, ...]]]) -> None:
    async with app.intake(hub.db, hub.configuration()) as tools:
        kept = replace(tools, workers=hub.workers, now=lambda: hub.now)
        for together in happenings:
            for name, *arguments in together:
                getattr(hub, name)(*arguments)
            await hub.beat(kept)
            hub.hold()
            again = hub.build_again()
            assert (again.published, again.removed) == ((), ())
            hub.hold()
