"""The past of a feed: archive documents that stay as they are (RFC 5005), and tombstones (RFC 6721)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import NOW, Hub, numbered, timeless
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml.etree import _Element

from feedhub import app
from feedhub.config import schema
from feedhub.model import ARCHIVE, Content, FeedId, ItemId, Kind, Via, archive_of
from feedhub.output import build
from feedhub.settings import Config
from feedhub.store import archives, items, releases
from feedhub.store import db as database
from feedhub.store.db import Database, transaction

ATOM = "{http://www.w3.org/2005/Atom}"
ARCHIVED = "{http://purl.org/syndication/history/1.0}archive"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


class Page(NamedTuple):
    """A document, as one who reads all of a feed finds it."""

    ids: list[str]
    deleted: dict[str, str]
    links: dict[str, str]
    archived: bool


def page(path: Path) -> Page:
    feed = etree.parse(path).getroot()
    return Page(
        ids=[str(found.text) for found in feed.iterfind(f"{ATOM}entry/{ATOM}id")],
        deleted={found.attrib["ref"]: found.attrib["when"] for found in feed.iterfind(DELETED)},
        links={found.attrib["rel"]: found.attrib["href"] for found in feed.iterfind(f"{ATOM}link")},
        archived=feed.find(ARCHIVED) is not None,
    )


def crawl(public: Path, folder: str = "") -> list[Page]:
    """All documents of a feed, from the newest to the oldest, by their links alone."""
    pages = [page(public / folder / "feed.atom")]
    while address := pages[-1].links.get("prev-archive"):
        pages.append(page(public / address.removeprefix("https://hub.example/")))
    return pages


def everything(pages: list[Page]) -> set[str]:
    return {uid for one in pages for uid in one.ids}


def uids(first: int, last: int) -> set[str]:
    return {f"tag:source.example,2026:{n}" for n in range(first, last + 1)}


@pytest.fixture
def news(hub: Hub) -> Hub:
    """A hub whose one source is about to show its first 120 items, and whose feeds show ten."""
    hub.configure(publish={"limit": 10})
    hub.source("news", flood=1000)
    hub.show("news", numbered(range(1, 121), newest=NOW - timedelta(hours=1)))
    return hub


# -- archive documents


def test_a_feed_pages_back_to_its_first_item(news: Hub) -> None:
    news.poll()
    for folder in ("", "sources/news"):
        pages = crawl(news.public, folder)
        assert [len(one.ids) for one in pages] == [10, 20, 50, 50]
        assert everything(pages) == uids(1, 120)
        assert set(pages[-1].ids) == uids(1, 50)


def test_documents_name_their_neighbours_and_say_that_they_are_archives(news: Hub) -> None:
    news.poll()
    here = "https://hub.example/sources/news"
    newest, middle, oldest = crawl(news.public, "sources/news")[1:]
    assert oldest.links == {
        "self": f"{here}/archive/1.atom",
        "alternate": f"{here}/",
        "current": f"{here}/feed.atom",
        "next-archive": f"{here}/archive/2.atom",
    }
    assert middle.links["prev-archive"] == oldest.links["self"]
    assert newest.links["self"] == middle.links["next-archive"]
    assert "next-archive" not in newest.links
    assert [one.archived for one in crawl(news.public)] == [False, True, True, True]


def test_the_documents_of_a_feed_bear_its_id_and_each_entry_is_the_same_in_all(news: Hub) -> None:
    """They are pieces of one feed (RFC 5005, 4)."""
    news.poll()
    documents = [etree.parse(path).getroot() for path in (news.public / "feed.atom", news.public / "archive/3.atom")]
    assert len({document.findtext(f"{ATOM}id") for document in documents}) == 1
    window, archived = ({e.findtext(f"{ATOM}id"): plain(e) for e in one.iterfind(f"{ATOM}entry")} for one in documents)
    assert window.items() <= archived.items()


def plain(element: _Element) -> bytes:
    return etree.tostring(element, method="c14n")


def test_rss_names_the_archive_too(news: Hub) -> None:
    news.poll()
    link = news.read("sources/news", "rss").feed.links
    assert ("prev-archive", "https://hub.example/sources/news/archive/3.atom") in [(one.rel, one.href) for one in link]


def test_a_feed_whose_window_shows_all_it_ever_had_has_no_archive(hub: Hub) -> None:
    """Hubs have many authors who write little."""
    hub.post("one")
    hub.poll()
    assert "prev-archive" not in crawl(hub.public)[0].links
    assert not list(hub.public.rglob("archive"))


def test_a_full_document_stays_as_it_is(news: Hub) -> None:
    news.poll()
    before = news.files()
    news.pass_(days=1)
    news.show("news", numbered(range(100, 200), newest=NOW + timedelta(hours=12)))
    news.poll()
    now = news.files()
    for path in ("archive/1.atom", "archive/2.atom", "sources/news/archive/1.atom"):
        assert now[path] == before[path]
    assert everything(crawl(news.public)) == uids(1, 199)


def test_a_window_that_reaches_as_far_as_a_document_needs_only_full_ones(news: Hub) -> None:
    """One new item then costs no archive document, but for every fiftieth; and no reader sees a half one."""
    news.configure(publish={"limit": 50})
    news.poll()
    assert [len(one.ids) for one in crawl(news.public)] == [50, 50, 50]
    for last, touched in ((121, set()), (149, set()), (150, {"2.atom", "3.atom"}), (151, set())):  # 2 links to 3 now
        before = news.files()
        news.pass_(hours=1)
        news.show("news", numbered(range(100, last + 1), newest=NOW + timedelta(minutes=last)))
        news.poll()
        assert everything(crawl(news.public)) == uids(1, last)
        changed = {path for path, data in news.files().items() if before.get(path) != data}
        assert {path.rpartition("/")[2] for path in changed if "archive/" in path} == touched


def test_what_comes_as_history_is_in_reach_at_once(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered([100]))
    hub.poll()
    hub.show("news", [*numbered([100]), *numbered([1], newest=NOW - timedelta(days=400))])
    hub.poll()
    window, past = crawl(hub.public)
    assert (set(window.ids), set(past.ids)) == (uids(100, 100), uids(100, 100) | uids(1, 1))


def test_what_was_featured_is_in_the_past_of_the_featured_feed(hub: Hub) -> None:
    hub.source("news")
    hub.configure(featured={"sources": ["news"], "limit": 2})
    for last in (2, 4):
        hub.show("news", numbered(range(1, last + 1), newest=NOW + timedelta(hours=last)))
        hub.pass_(hours=4)
        hub.poll()
    window, past = crawl(hub.public, "featured")
    assert (set(window.ids), set(past.ids)) == (uids(3, 4), uids(1, 4))


def test_an_edit_of_an_old_item_shows_in_its_archive_document_alone(news: Hub) -> None:
    news.poll()
    before = news.files()
    news.pass_(days=1)
    first, *rest = numbered(range(1, 121), newest=NOW - timedelta(hours=1))
    news.show("news", [type(first)(id=first.id, title="Mended", dated=first.dated), *rest])
    news.poll()
    now = news.files()
    changed = {path for path in now if now[path] != before.get(path)}
    assert changed == {"archive/1.atom", "sources/news/archive/1.atom"}
    assert b"Mended" in now["archive/1.atom"]


def test_archives_can_be_switched_off_and_on_again(news: Hub) -> None:
    news.poll()
    with_archives = news.files()
    news.configure(publish={"limit": 10, "archive": False})
    built = news.build()
    assert set(built.removed) == {path for path in with_archives if "archive/" in path}
    assert len(crawl(news.public)) == 1
    news.configure(publish={"limit": 10})
    news.build()
    assert news.files() == with_archives


def test_a_feed_that_is_taken_out_takes_its_archive_along(news: Hub) -> None:
    news.configure(feeds={"all": {"title": "All"}})
    news.poll()
    assert len(crawl(news.public, "feeds/all")) == 4
    news.configure(feeds=None)
    news.build()
    assert not (news.public / "feeds").exists()
    news.configure(feeds={"all": {"title": "All"}})
    news.build()
    assert everything(crawl(news.public, "feeds/all")) == uids(1, 120)


def test_a_hub_that_moves_moves_its_archive(news: Hub) -> None:
    news.poll()
    news.configure(hub={"title": "The Hub", "url": "https://moved.example"})
    news.build()
    assert b"hub.example/" not in b"".join(data for path, data in news.files().items() if "archive/" in path)


def test_build_writes_again_what_somebody_changed_in_an_archive(news: Hub) -> None:
    news.poll()
    before = news.files()
    (news.public / "archive/1.atom").write_text("gone")
    (news.public / "archive/2.atom").unlink()
    assert set(news.build().published) == {"archive/1.atom", "archive/2.atom"}
    assert news.files() == before


def test_build_out_has_the_archive_too(news: Hub, tmp_path: Path) -> None:
    news.poll()
    app.build(news.place, tmp_path / "out")
    assert everything(crawl(tmp_path / "out")) == uids(1, 120)


# -- tombstones


def test_what_is_retracted_leaves_a_tombstone_in_its_place(news: Hub) -> None:
    news.poll()
    news.pass_(hours=1)
    app.retract(news.place, ["tag:source.example,2026:120", "tag:source.example,2026:7"])
    window, newest, _, oldest = crawl(news.public)
    assert window.deleted == newest.deleted == {"tag:source.example,2026:120": "2026-06-01T13:00:00+00:00"}
    assert oldest.deleted == {"tag:source.example,2026:7": "2026-06-01T13:00:00+00:00"}
    assert everything(crawl(news.public)) == uids(1, 119) - uids(7, 7)


def test_a_tombstone_keeps_its_time_and_goes_when_the_item_is_put_back(news: Hub) -> None:
    news.poll()
    before = news.files()
    app.retract(news.place, ["tag:source.example,2026:120"])
    stood = news.files()
    news.pass_(days=3)
    news.build()
    assert news.files() == stood
    app.release(news.place, ["tag:source.example,2026:120"], as_history=False)
    assert timeless(news.files()) == timeless(before)


def test_a_deleted_post_is_said_to_be_deleted_until_it_is_put_back(hub: Hub) -> None:
    path = hub.post("gone")
    hub.post("stays")
    hub.poll()
    uid = next(entry.id for entry in hub.read().entries if entry.title == "gone")
    text = path.read_text()
    path.unlink()
    hub.poll()
    for folder in ("", "authors/lee"):
        assert list(crawl(hub.public, folder)[0].deleted) == [uid]
    path.write_text(text)
    hub.poll()
    assert crawl(hub.public)[0].deleted == {}
    assert uid in hub.ids()


def test_what_was_never_published_leaves_no_tombstone(hub: Hub) -> None:
    """Not a filtered item, nor one that waits, nor one that was held."""
    hub.source("news", drop={"title": "sponsored"})
    hub.show("news", numbered([1]))
    hub.post("draft", draft=True)
    hub.post("later", date="2026-08-01")
    hub.poll()
    assert crawl(hub.public)[0].deleted == {}


def test_a_featured_item_that_is_retracted_leaves_a_tombstone_in_the_featured_feed(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered([1, 2]))
    hub.configure(featured={"sources": ["news"], "limit": 2})
    hub.poll()
    app.retract(hub.place, ["tag:source.example,2026:2"])
    window, past = crawl(hub.public, "featured")
    assert (set(window.ids), set(window.deleted)) == (uids(1, 1), uids(2, 2))
    assert past.deleted == window.deleted


# -- whatever happens

ages = st.lists(st.sampled_from([0, 1, 10, 40, 400]), min_size=1, max_size=40)
events = st.one_of(
    st.tuples(st.just("come"), ages),
    st.tuples(st.just("limit"), st.integers(1, 120)),
    st.tuples(st.just("retract"), st.integers(0, 400)),
    st.tuples(st.just("let_go"), st.integers(0, 400)),
)


@dataclass
class Past:
    """A hub whose items are links, put into the store as they come; everything else is the hub's own."""

    db: Database
    public: Path
    limit_: int = 50
    days: int = 0
    uids: list[str] = field(default_factory=list)
    full: dict[int, set[str]] = field(default_factory=dict)

    def come(self, ages: list[int]) -> None:
        now = NOW + timedelta(days=self.days)
        with transaction(self.db):
            for age in ages:
                uid = f"tag:hub.example,2026:{len(self.uids)}"
                dated = now - timedelta(days=age)
                content = Content(title=uid, link=f"https://x.example/{len(self.uids)}", summary="", html="")
                item = items.insert(
                    self.db, uid=uid, kind=Kind.LINK, content=content, dated=dated, updated=dated, first_seen=now
                )
                items.look_again(self.db, [item], via=Via.NEWS, due=now)
                self.uids.append(uid)

    def limit(self, limit: int) -> None:
        self.limit_ = limit

    def retract(self, number: int) -> None:
        self._say(number, lambda item: items.retract(self.db, item, NOW + timedelta(days=self.days)))

    def let_go(self, number: int) -> None:
        now = NOW + timedelta(days=self.days)
        self._say(number, lambda item: items.let_go(self.db, item, via=Via.ASKED, now=now))

    def _say(self, number: int, word: Callable[[ItemId], None]) -> None:
        if self.uids:
            (item,) = items.find(self.db, self.uids[number % len(self.uids)], "https://hub.example")
            with transaction(self.db):
                word(item.id)
                items.look_again(self.db, [item.id], via=Via.NEWS, due=NOW + timedelta(days=self.days))

    def build(self) -> None:
        self.days += 1
        text = f"hub: {{title: T, url: 'https://hub.example'}}\npublish: {{limit: {self.limit_}}}\n"
        parsed = schema.parse(text, file="feeds.yaml", base=Path(), env={})
        assert isinstance(parsed, schema.Parsed)
        config: Config = parsed.config
        build.build(self.db, config, self.public, NOW + timedelta(days=self.days), everything=not self.full)
        assert not archives.to_render(self.db)

    def look(self) -> None:
        """Everything that was ever given a place is in reach, or is said to be deleted; what is full stays."""
        pages = crawl(self.public)
        placed = {place.item: place for n in range(1, 99) for place in releases.of_archive(self.db, COMBINED, n)}
        stored = items.by_id(self.db, placed)
        assert everything(pages) == {item.uid for item in stored.values() if not item.hidden}
        gone = {item.uid for item in stored.values() if item.hidden}
        assert {uid for one in pages[1:] for uid in one.deleted} <= gone
        if len(pages) > 1:
            assert {uid for one in pages for uid in one.deleted} == gone
        last = max((place.number for place in placed.values()), default=0)
        for one in pages[1:]:
            number = int(one.links["self"].rpartition("/")[2].removesuffix(".atom"))
            held = {stored[item].uid for item, place in placed.items() if archive_of(place.number) == number}
            assert {*one.ids, *one.deleted} == held
            assert len(one.ids) == len(set(one.ids))
            if number * ARCHIVE <= last:
                assert self.full.setdefault(number, held) == held
        assert [one.links["self"] for one in pages[1:]] == [
            f"https://hub.example/archive/{n}.atom" for n in range(len(pages) - 1, 0, -1)
        ]


COMBINED = FeedId("combined")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@settings(max_examples=15, deadline=None)
@given(happenings=st.lists(events, min_size=3, max_size=12))
def test_nothing_that_was_ever_in_a_feed_is_out_of_reach(folder: Path, happenings: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as made, database.opened(Path(made) / "feedhub.db") as db:
        past = Past(db, Path(made) / "public")
        past.build()
        for name, argument in happenings:
            getattr(past, name)(argument)
            past.build()
            past.look()
