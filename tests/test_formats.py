"""What a hub publishes, in every format: the same items, mended or left out one by one, and times that go forward."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from conftest import NOW, Entry, Hub, numbered
from lxml import etree

from feedhub import app
from feedhub.store import db as database

IMAGE = {"url": "https://pictures.example/sound.jpg", "alt": "Sound wave"}


def items(hub: Hub, feed: str = "") -> list[dict[str, Any]]:
    """The items of a feed, as its JSON Feed has them."""
    return list(json.loads((hub.public / feed / "feed.json").read_bytes())["items"])


def updated(hub: Hub, feed: str = "") -> datetime:
    return datetime.fromisoformat(hub.read(feed).feed.updated)


def alter(hub: Hub, change: str, *values: object) -> None:
    """What no way in lets through, but a fault of ours might."""
    with database.opened(hub.place.database) as db, db.conn:
        db.conn.execute(change, values)
        db.conn.execute("UPDATE feeds SET revision = revision + 1")


# -- the same in each


def test_every_feed_stands_in_three_formats_with_the_same_items(hub: Hub) -> None:
    hub.source("news", tags=["fish"])
    hub.show("news", numbered(range(3)))
    hub.post("hello", "Words.", tags=["fish"], summary="A greeting.", image=IMAGE)
    hub.configure(featured={"sources": ["news"]}, feeds={"all": {"title": "All"}})
    hub.poll()
    hub.build()
    for feed in ("", "authors/lee", "sources/news", "tags/fish", "featured", "feeds/all"):
        said = items(hub, feed)
        for form in ("atom", "rss"):
            seen = hub.read(feed, form).entries
            assert [one.id for one in seen] == [one["id"] for one in said]
            assert [one.title for one in seen] == [one["title"] for one in said]
            assert [one.link for one in seen] == [one["url"] for one in said]
            assert [one.published for one in seen] == [written(one["date_published"], form) for one in said]
        assert contents(hub, feed, "atom", "{*}entry/{http://www.w3.org/2005/Atom}content") == [
            one["content_html"] for one in said
        ]
        assert contents(hub, feed, "rss", "{*}channel/{*}item/{*}encoded") == [one["content_html"] for one in said]


def written(time: str, form: str) -> str:
    return format_datetime(datetime.fromisoformat(time)) if form == "rss" else time


def contents(hub: Hub, feed: str, form: str, path: str) -> list[str | None]:
    """To the byte: feedparser writes HTML anew."""
    return [element.text for element in etree.parse(hub.public / feed / f"feed.{form}").getroot().findall(path)]


def test_a_posts_image_stands_where_each_format_has_one_and_once_in_the_content(hub: Hub) -> None:
    hub.post("hello", image=IMAGE)
    hub.post("shown", f"![Sound wave]({IMAGE['url']})\n\nWords.", image=IMAGE)
    hub.build()
    assert [item["image"] for item in items(hub)] == [IMAGE["url"]] * 2
    assert [item["content_html"].count(IMAGE["url"]) for item in items(hub)] == [1, 1]
    for form in ("atom", "rss"):
        for entry in hub.read("", form).entries:
            assert [image["url"] for image in entry.media_content] == [IMAGE["url"]]
            assert not any(IMAGE["alt"] in content.value for content in entry.content[1:])


def test_an_image_of_a_pin_is_not_doubled_where_the_item_holds_it(hub: Hub) -> None:
    hub.source("news")
    held = f'<p><img src="{IMAGE["url"]}"></p><p>Words.</p>'
    hub.show(
        "news",
        [
            Entry(id="tag:s.example,2026:1", link="https://s.example/1", dated=NOW, html=held),
            Entry(id="tag:s.example,2026:2", link="https://s.example/2", dated=NOW),
        ],
    )
    hub.configure(featured={"pins": [{"url": f"https://s.example/{n}", "image": IMAGE} for n in (1, 2)]})
    hub.poll()
    hub.build()
    assert [item["content_html"].count(IMAGE["url"]) for item in items(hub, "featured")] == [1, 1]


def test_an_item_says_its_language_where_it_is_not_the_hubs(hub: Hub) -> None:
    hub.answer(
        "news",
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="pl"><id>urn:n</id><title>N</title>'
        '<updated>2026-06-01T00:00:00Z</updated><entry><id>urn:1</id><title>T</title><link href="https://s.example/1"/>'
        '<updated>2026-06-01T00:00:00Z</updated></entry><entry xml:lang="EN"><id>urn:2</id><title>T</title>'
        '<link href="https://s.example/2"/><updated>2026-05-31T00:00:00Z</updated></entry></feed>',
    )
    hub.source("news")
    hub.poll()
    assert [item.get("language") for item in items(hub)] == ["pl", None]
    assert b'<entry xml:lang="pl">' in hub.files()["feed.atom"]
    assert hub.files()["feed.rss"].count(b"<dc:language>pl<") == 1


# -- bad items


def test_an_item_with_a_bad_link_in_its_content_is_left_out_of_all_formats_and_named(hub: Hub) -> None:
    for name in ("one", "two", "three"):
        hub.post(name)
    hub.build()
    alter(hub, "UPDATE items SET html = '<a href=\"javascript:alert(1)\">x</a>' WHERE title = 'two'")
    built = hub.build()
    for form in ("atom", "rss"):
        assert sorted(hub.titles("", form)) == ["one", "three"]
    assert sorted(item["title"] for item in items(hub)) == ["one", "three"]
    problems = app.status(hub.place).problems
    assert [problem.message for problem in problems if "combined" in problem.message]
    assert any("javascript:alert(1)" in problem for problem in built.problems)
    alter(hub, "UPDATE items SET html = '<p>x</p>' WHERE title = 'two'")
    assert hub.build().problems == ()
    assert len(items(hub)) == 3


def test_an_address_that_cannot_be_published_costs_neither_author_nor_source_nor_item(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", [Entry(id="urn:1", dated=NOW, author="Ann")])
    hub.poll()
    people = '[{"name": "Ann", "url": "javascript:x", "email": "ann at example"}]'
    alter(hub, "UPDATE items SET authors = ?, language = 'no language'", people)
    alter(hub, "UPDATE sources SET site = 'ftp://source.example/'")
    assert hub.build().problems == ()
    (item,) = items(hub)
    assert item["authors"] == [{"name": "Ann"}]
    assert set(item["_feedhub"]["source"]) == {"id", "title", "feed_url", "date_modified"}
    assert hub.ids() == hub.ids("", "rss") == ["urn:1"]


# -- updated


def test_updated_does_not_go_back_when_the_newest_item_is_withdrawn(hub: Hub) -> None:
    hub.post("old", date="2026-05-01")
    newest = hub.post("new", date="2026-05-30")
    hub.build()
    text = newest.read_text()
    newest.unlink()
    hub.build()
    assert hub.titles() == ["old"]
    assert updated(hub) == NOW  # when it was taken back
    hub.pass_(days=1)
    newest.write_text(text)
    hub.build()
    assert hub.titles() == ["new", "old"]
    assert updated(hub) == NOW
    assert hub.build().published == ()


def test_updated_does_not_go_back_when_the_newest_item_belongs_no_more(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(3)))
    hub.poll()
    before = updated(hub)
    hub.source("news", drop={"title": "Item 2"})
    hub.build()
    assert hub.titles() == ["Item 1", "Item 0"]
    assert updated(hub) == before
    assert hub.build().published == ()


def test_a_late_item_updates_the_feed_by_its_release_and_a_new_one_by_its_date(hub: Hub) -> None:
    hub.post("first", date="2026-05-30T12:00:00Z")
    hub.build()
    assert updated(hub) == NOW - timedelta(days=2)
    hub.pass_(hours=1)
    hub.post("late", date="2026-05-20")
    hub.build()
    assert updated(hub) == NOW + timedelta(hours=1)
    hub.pass_(hours=5)
    hub.post("new", date="2026-06-01T15:00:00Z")
    hub.build()
    assert updated(hub) == NOW + timedelta(hours=3)
    assert hub.build().published == ()


def test_hubs_that_are_built_afresh_at_other_times_say_the_same_of_when_they_were_updated(hub: Hub) -> None:
    hub.post("one", date="2026-05-01")
    hub.post("two", date="2026-05-30")
    hub.build()
    before = updated(hub)
    for file in hub.place.database.parent.glob("feedhub.db*"):
        file.unlink()
    hub.pass_(days=10)
    hub.build()
    assert updated(hub) == before == NOW - timedelta(days=2, hours=12)


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_a_file_that_is_gone_is_put_back_as_it_was(hub: Hub, form: str) -> None:
    hub.post("one")
    hub.build()
    before = hub.files()
    (hub.public / f"feed.{form}").unlink()
    hub.build()
    assert hub.files() == before
