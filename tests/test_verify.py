"""`feedhub verify`: whatever is not as it should be in data/public is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import NOW, Entry, Hub, numbered

from feedhub import app, files
from feedhub.cli.main import feedhub
from feedhub.store import db as database


def faults(hub: Hub) -> list[tuple[str, str]]:
    return [(one.path, one.message) for one in app.verify(hub.place).faults]


@pytest.fixture
def news(hub: Hub) -> Hub:
    """A hub with 120 items of one source, whose feeds show ten, one of them retracted."""
    hub.configure(publish={"limit": 10})
    hub.source("news", flood=1000)
    hub.show("news", numbered(range(1, 121), newest=NOW))
    hub.post("post", tags=["Cloud"])
    hub.poll()
    app.retract(hub.place, ["tag:source.example,2026:118"])
    return hub


def test_all_is_well_after_a_build(news: Hub) -> None:
    verified = app.verify(news.place)
    assert verified.faults == ()
    assert verified.documents == len([path for path in news.files() if path.endswith((".atom", ".rss", ".json"))])


def test_it_says_nothing_of_a_hub_that_has_published_nothing(hub: Hub) -> None:
    assert (app.verify(hub.place).documents, faults(hub)) == (0, [])


def swapped(text: str) -> str:
    """The first two entries in each other's place."""
    first, second = re.findall(r"  <entry.*?</entry>\n", text, re.DOTALL)[:2]
    return text.replace(first, "\0").replace(second, first).replace("\0", second)


def cut(text: str) -> str:
    """Without its first entry."""
    return re.sub(r"<entry.*?</entry>", "", text, count=1, flags=re.DOTALL)


def doubled(text: str) -> str:
    """The first entry twice."""
    return re.sub(r"(<entry.*?</entry>)", r"\1\1", text, count=1, flags=re.DOTALL)


BROKEN: dict[str, tuple[str, Callable[[str], str], str]] = {
    "cut off": ("feed.atom", lambda text: text[:500], "not well-formed"),
    "empty": ("feed.rss", lambda _: "", "not well-formed"),
    "no JSON": ("feed.json", lambda text: text[:-5], "no JSON"),
    "against the grammar": ("feed.atom", lambda text: text.replace("<updated>", "<updted>"), "line "),
    "an entry missing": ("feed.atom", cut, "is missing"),
    "an entry missing in an archive": ("archive/1.atom", cut, "is missing"),
    "an entry twice": ("feed.atom", doubled, "2 times"),
    "entries not in their order": ("feed.atom", swapped, "order"),
    "an entry of another feed": (
        "feed.rss",
        lambda text: text.replace(",2026:115<", ",2026:1<"),
        "not of this document",
    ),
    "another title": ("feed.json", lambda text: text.replace("Item 115", "Item 511"), "Item 511"),
    "another date": ("feed.atom", lambda text: text.replace("2026-06-01T11", "2026-06-02T11"), "published"),
    "another id": ("feed.atom", lambda text: text.replace("feeds/combined", "feeds/x"), "its id"),
    "no tombstone": ("feed.atom", lambda text: re.sub("<at:deleted.*", "", text), "tombstones"),
    "no tombstone in an archive": ("archive/3.atom", lambda text: re.sub("<at:deleted.*", "", text), "tombstones"),
    "no way back": ("feed.atom", lambda text: re.sub("<link.*prev-archive.*", "", text), "prev-archive"),
    "a way to nowhere": ("archive/2.atom", lambda text: text.replace("/1.atom", "/9.atom"), "leads nowhere"),
    "no archive by its word": (
        "archive/2.atom",
        lambda text: re.sub("<fh:archive.*", "", text),
        "its archive is False",
    ),
    "a word that no reader sees": (
        "feed.atom",
        lambda text: text.replace("<generator>", "<!-- x --><generator>"),
        "record",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_told_and_build_mends_it(news: Hub, case: str) -> None:
    path, change, words = BROKEN[case]
    file = news.public / path
    changed = change(file.read_text())
    assert changed != file.read_text()
    file.write_text(changed)
    found = faults(news)
    assert {where for where, _ in found} == {path}
    assert any(words in message for _, message in found), found
    news.build()
    assert faults(news) == []


@pytest.mark.parametrize("path", ["feed.json", "archive/1.atom", "authors/lee/feed.rss"])
def test_a_document_that_is_gone_is_told(news: Hub, path: str) -> None:
    (news.public / path).unlink()
    assert faults(news) == [(path, "cannot be read: No such file or directory")]


def test_what_is_put_back_from_yesterday_is_told(news: Hub) -> None:
    """As a backup of data/public alone would."""
    old = (news.public / "feed.atom").read_bytes()
    news.pass_(hours=1)
    news.show("news", numbered(range(100, 122), newest=NOW))
    news.poll()
    (news.public / "feed.atom").write_bytes(old)
    assert ("feed.atom", "tag:source.example,2026:121 is missing") in faults(news)


def test_a_release_that_is_lost_from_the_record_is_told(news: Hub) -> None:
    with database.opened(news.place.database) as db:
        db.conn.execute("DELETE FROM releases WHERE feed = 'sources/news' AND number = 117")
    found = faults(news)
    assert {path for path, _ in found} == {f"sources/news/{name}" for name in NAMES}
    assert ("sources/news/feed.rss", "tag:source.example,2026:117 is not of this document") in found


NAMES = ("feed.atom", "feed.rss", "feed.json", "archive/3.atom")


def test_what_the_admin_put_there_is_nobodys_business(news: Hub) -> None:
    (news.public / "robots.txt").write_text("User-agent: *")
    (news.public / "old.atom").write_text("<feed>")
    assert faults(news) == []


def test_what_no_feed_has_any_more_is_told(news: Hub) -> None:
    """A build takes it away; somebody put it back."""
    news.configure(feeds={"mine": {"title": "Mine"}})
    news.build()
    rows = "INSERT INTO outputs VALUES ('feeds/mine/feed.atom', 'mine')"
    kept = (news.public / "feeds/mine/feed.atom").read_bytes()
    news.configure(feeds=None)
    news.build()
    with database.opened(news.place.database) as db:
        db.conn.execute(rows)
    files.replace(make(news.public / "feeds/mine") / "feed.atom", kept)
    assert faults(news) == [("feeds/mine/feed.atom", "no feed has this document any more")]


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


# -- what is still to be published is no fault


def test_an_edit_of_feeds_yaml_that_no_build_has_seen_is_no_fault(news: Hub) -> None:
    news.configure(hub={"title": "Another", "url": "https://hub.example"}, publish={"limit": 5})
    assert faults(news) == []
    (news.public / "archive/1.atom").write_text("<feed>")
    assert [path for path, _ in faults(news)] == ["archive/1.atom"]


def test_what_was_read_and_is_not_published_yet_is_no_fault(news: Hub) -> None:
    """As between the two while the service runs."""
    with database.opened(news.place.database) as db:
        db.conn.execute("UPDATE items SET title = 'Edited' WHERE uid LIKE '%:7' OR uid LIKE '%:119'")
        assert faults(news) != []
        db.conn.execute(
            "INSERT INTO arrivals SELECT id, 'news', first_seen FROM items WHERE uid LIKE '%:7' OR uid LIKE '%:119'"
        )
    assert faults(news) == []
    news.build()
    assert faults(news) == []


def test_it_holds_up_nobody_who_writes(news: Hub) -> None:
    with database.opened(news.place.database) as db, database.snapshot(db):
        count = db.conn.execute("SELECT count(*) FROM items").fetchone()
        news.show("news", numbered(range(100, 122), newest=NOW))
        assert news.poll()["news"].new == 1
        assert db.conn.execute("SELECT count(*) FROM items").fetchone() == count


def test_an_item_that_could_not_be_published_is_told(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", [Entry(id="tag:source.example,2026:1", title="Fine", dated=NOW)])
    hub.poll()
    with database.opened(hub.place.database) as db:
        db.conn.execute("UPDATE items SET html = '<a href=\"javascript:x\">x</a>'")
    hub.build()
    found = faults(hub)
    assert {path for path, _ in found} >= {"feed.atom", "feed.rss", "feed.json"}
    assert all(message.startswith("tag:source.example,2026:1 is left out: ") for _, message in found)


# -- the command


def run(hub: Hub, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(feedhub, ["verify", "--config", str(hub.folder / "feeds.yaml"), *arguments])
    return result.exit_code, result.stdout


def test_the_command_tells_and_its_exit_code_too(news: Hub) -> None:
    documents = app.verify(news.place).documents
    assert run(news) == (0, f"{documents} documents, 0 faults\n")
    (news.public / "feed.rss").unlink()
    code, said = run(news, "--json")
    assert (code, json.loads(said)) == (
        1,
        {
            "documents": documents,
            "faults": [{"path": "feed.rss", "message": "cannot be read: No such file or directory"}],
        },
    )
    assert run(news)[1].splitlines()[0] == "feed.rss: cannot be read: No such file or directory"
