"""Which items a feed holds, from end to end: windows and their edges, history, and what is undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import NOW, Entry, Hub, numbered, timeless

DAY = timedelta(days=1)


def items(*numbers: int) -> list[str]:
    return [f"Item {n}" for n in numbers]


def down(first: int, last: int) -> list[str]:
    """Titles from the newest to the oldest."""
    return items(*range(first, last - 1, -1))


def hourly(count: int) -> list[Entry]:
    """Items from 0 on, each an hour newer than the one before, however many there are; all are of the last two days."""
    return numbered(range(count), newest=NOW + timedelta(hours=count - 40))


def old(hub: Hub, title: str, days: float, source: str = "x") -> Entry:
    """An entry of so many days ago."""
    now = datetime.now(NOW.tzinfo)
    return Entry(id=f"tag:{source}.example,2026:{title.replace(' ', '-')}", title=title, dated=now - days * DAY)


# -- the window and its edge


def test_the_window_shows_the_newest_and_the_rest_is_history(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("news")
    hub.show("news", hourly(5))
    hub.poll()
    assert hub.titles() == down(4, 2)
    assert hub.verdicts("tag:source.example,2026:1")["combined"] == "history"
    assert hub.verdicts("tag:source.example,2026:2")["combined"] == "in"


def test_what_newer_items_push_out_has_left_for_good(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("news")
    hub.show("news", hourly(3))
    hub.poll()
    hub.pass_(hours=2)
    hub.show("news", hourly(5))
    hub.poll()
    assert hub.titles() == down(4, 2)
    assert hub.verdicts("tag:source.example,2026:1")["combined"] == "left"


def test_a_raised_limit_brings_nothing_back_and_fills_as_items_come(hub: Hub) -> None:
    hub.configure(publish={"limit": 2})
    hub.source("news")
    hub.show("news", hourly(4))
    hub.poll()
    hub.configure(publish={"limit": 5})
    hub.poll()
    assert hub.titles() == down(3, 2)
    hub.pass_(hours=2)
    hub.show("news", hourly(6))
    hub.poll()
    assert hub.titles() == down(5, 2)


def test_a_lowered_limit_shortens_the_window_and_raised_again_it_stays_short(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(6))
    hub.poll()
    for limit in (2, 6):
        hub.configure(publish={"limit": limit})
        hub.poll()
        assert hub.titles() == down(5, 4)


def test_a_hole_pulls_nothing_back(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    paths = [hub.post(f"post-{n}", date=f"2026-05-{n:02}") for n in range(1, 6)]
    hub.poll()
    assert hub.titles() == ["post-5", "post-4", "post-3"]
    paths[-1].unlink()
    hub.poll()
    assert hub.titles() == ["post-4", "post-3"]
    assert hub.verdicts("https://hub.example/posts/lee/post-5/")["combined"] == "retracted"


def test_a_late_item_stands_where_its_date_says_and_pushes_out_the_first_released(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("news")
    hub.show("news", [old(hub, f"{n}", n) for n in (1, 5, 9)])
    hub.poll()
    hub.show("news", [old(hub, f"{n}", n) for n in (1, 5, 9)] + [old(hub, "late", 7)])
    hub.poll()
    assert hub.titles() == ["1", "5", "late"]


# -- late, and old


@pytest.mark.parametrize(("days", "verdict"), [(29, "in"), (30, "in"), (31, "history"), (4000, "history")])
def test_a_known_sources_item_is_released_up_to_thirty_days_late(hub: Hub, days: int, verdict: str) -> None:
    hub.source("news")
    hub.show("news", [old(hub, "first", 1)])
    hub.poll()
    hub.show("news", [old(hub, "first", 1), old(hub, "late", days)])
    hub.poll()
    assert hub.verdicts("tag:x.example,2026:late")["combined"] == verdict


def test_an_old_post_is_released_where_the_window_reaches_or_has_room(hub: Hub) -> None:
    hub.configure(publish={"limit": 2})
    hub.post("spring", date="2025-04-01")
    hub.poll()
    hub.post("ancient", date="2007-01-01")
    hub.poll()
    assert hub.titles() == ["spring", "ancient"]  # there was room
    hub.post("autumn", date="2024-10-01")
    hub.post("older", date="2001-01-01")
    hub.poll()
    assert hub.titles() == ["autumn", "ancient"]  # the first released has left
    assert hub.verdicts("https://hub.example/posts/lee/older/")["combined"] == "history"


def test_an_undated_item_goes_by_the_time_it_was_first_seen_for_good(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", [Entry(id="tag:x:1", title="One")])
    hub.poll()
    hub.pass_(days=3)
    hub.show("news", [Entry(id="tag:x:1", title="One, edited")])
    hub.poll()
    (entry,) = hub.read().entries
    assert (entry.title, entry.published, entry.updated) == (
        "One, edited",
        "2026-06-01T12:00:00+00:00",
        "2026-06-04T12:00:00+00:00",
    )


def test_a_source_that_redates_its_items_moves_none(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(4), newest=NOW - 5 * DAY))
    hub.poll()
    before = hub.files()
    hub.pass_(days=1)
    hub.show("news", numbered(range(4), newest=NOW + DAY, step=timedelta(minutes=1)))
    hub.poll()
    assert hub.files() == before


# -- added later


def test_a_source_added_to_a_published_hub_releases_its_backlog_at_its_own_dates(hub: Hub) -> None:
    hub.source("first")
    hub.show("first", [old(hub, "first", 400)])
    hub.poll()
    hub.source("second", backlog=2)
    hub.show("second", [old(hub, f"second {n}", n, "y") for n in range(1, 6)])
    hub.poll()
    assert hub.titles() == ["second 1", "second 2", "first"]
    assert hub.titles("sources/second") == [f"second {n}" for n in range(1, 6)]  # published for the first time
    assert hub.verdicts("tag:y.example,2026:second-3")["combined"] == "history"


def test_a_source_added_later_enters_a_full_window_down_to_its_oldest(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("first")
    hub.show("first", [old(hub, f"first {n}", n) for n in (1, 4, 8)])
    hub.poll()
    hub.source("second", backlog=50)
    hub.show("second", [old(hub, f"second {n}", n, "y") for n in (7, 9, 10)])
    hub.poll()
    assert hub.titles() == ["first 1", "first 4", "second 7"]
    assert hub.verdicts("tag:y.example,2026:second-9")["combined"] == "history"


def test_a_source_that_could_not_be_read_at_first_publication_is_not_held_to_its_backlog(hub: Hub) -> None:
    hub.source("good")
    hub.source("bad", backlog=1)
    hub.show("good", [old(hub, "good", 9)])
    hub.answer("bad", "down", status=503)
    hub.poll()
    assert hub.titles() == ["good"]
    hub.show("bad", [old(hub, f"bad {n}", n, "y") for n in range(1, 5)])
    hub.poll()
    assert hub.titles() == ["bad 1", "bad 2", "bad 3", "bad 4", "good"]


def test_a_source_added_in_the_second_of_the_first_publication_is_held_to_its_backlog(hub: Hub) -> None:
    hub.build()
    hub.source("news", backlog=1)
    hub.show("news", hourly(4))
    hub.poll()
    assert hub.titles() == items(3)


def test_a_source_that_was_paused_at_first_publication_is_added_when_it_is_resumed(hub: Hub) -> None:
    hub.source("good")
    hub.source("late", backlog=1, paused=True)
    hub.show("good", [old(hub, "good", 9)])
    hub.poll()
    hub.source("late", backlog=1)
    hub.show("late", [old(hub, f"late {n}", n, "y") for n in range(1, 5)])
    hub.poll()
    assert hub.titles() == ["late 1", "good"]


def test_build_publishes_without_waiting_for_sources_and_they_fill_up_later(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("news", backlog=1)
    hub.post("a-post", date="2026-05-20")
    hub.build()
    assert hub.titles() == ["a-post"]
    hub.show("news", hourly(5))
    hub.poll()
    assert hub.titles() == down(4, 2)


def test_a_poll_publishes_no_feed_before_each_of_its_sources_was_tried(hub: Hub) -> None:
    hub.source("one")
    hub.source("two")
    hub.show("one", [old(hub, "one", 1)])
    hub.answer("two", "down", status=503)
    hub.poll("one")
    assert hub.read() is None
    assert hub.titles("sources/one") == ["one"]
    hub.poll("two")
    assert hub.titles() == ["one"]


def test_items_that_become_an_authors_later_enter_the_authors_feed_by_their_backlog(hub: Hub) -> None:
    hub.source("news", backlog=2)
    hub.show("news", [old(hub, f"{n}", n) for n in range(1, 6)])
    hub.post("a-post", date="2020-01-01")
    hub.poll()
    assert hub.titles("authors/lee") == ["a-post"]
    hub.source("news", backlog=2, author="lee")
    hub.poll()
    assert hub.titles("authors/lee") == ["1", "2", "a-post"]
    assert {entry.author for entry in hub.read().entries} == {"Lee Pender"}
    assert hub.verdicts("tag:x.example,2026:4")["authors/lee"] == "history"


def test_an_alias_added_later_finds_the_bylines_that_bear_it(hub: Hub) -> None:
    hub.source("news", bylines=["lee"])
    hub.show("news", [Entry(id="tag:x:1", title="By L.", author="L. P.", dated=NOW)])
    hub.poll()
    assert hub.titles("authors/lee") == []
    hub.configure(authors={"lee": {"name": "Lee Pender", "aliases": ["L. P."]}})
    hub.poll()
    assert hub.titles("authors/lee") == ["By L."]
    assert hub.read().entries[0].author == "Lee Pender"


def test_what_comes_with_an_edit_is_news_all_the_same(hub: Hub) -> None:
    """An edit of a feed must not hold to a backlog what its source has just brought."""
    hub.source("news", backlog=1)
    hub.configure(feeds={"mine": {"title": "Mine"}})
    hub.show("news", hourly(3))
    hub.poll()
    hub.configure(feeds={"mine": {"title": "Mine", "drop": {"title": "advert"}}})
    hub.show("news", hourly(8))
    hub.poll()
    assert hub.titles("feeds/mine") == down(7, 0)


# -- filters


def test_a_filter_takes_away_and_undone_shows_again_what_lies_above_the_edge(hub: Hub) -> None:
    hub.configure(publish={"limit": 3})
    hub.source("news")
    hub.show("news", hourly(3))
    hub.poll()
    hub.source("news", drop={"title": "[12]"})
    hub.poll()
    assert hub.titles() == items(0)
    hub.pass_(hours=1)
    hub.show("news", hourly(4))
    hub.poll()
    assert hub.titles() == items(3)  # 0 was pushed out; the holes are not filled
    hub.source("news")
    hub.poll()
    assert hub.titles() == items(3, 2, 1)


def test_what_a_filter_kept_out_comes_in_by_the_backlog_when_it_is_undone(hub: Hub) -> None:
    hub.source("news", backlog=2, keep={"title": "Item [05]"})
    hub.show("news", hourly(6))
    hub.poll()
    assert hub.titles() == items(5, 0)
    assert hub.verdicts("tag:source.example,2026:3")["combined"] == "filtered"
    hub.source("news", backlog=2)
    hub.poll()
    assert hub.titles() == items(5, 4, 3, 0)


def test_an_edit_of_the_source_lets_an_item_in_or_takes_it_away(hub: Hub) -> None:
    hub.source("news", drop={"title": "draft"})
    hub.show("news", [Entry(id="tag:x:1", title="A draft", dated=NOW), Entry(id="tag:x:2", title="Done", dated=NOW)])
    hub.poll()
    assert hub.titles() == ["Done"]
    hub.show("news", [Entry(id="tag:x:1", title="Out", dated=NOW), Entry(id="tag:x:2", title="A draft", dated=NOW)])
    hub.poll()
    assert hub.titles() == ["Out"]


def test_a_feeds_own_filter_counts_only_there_and_an_edit_of_it_is_followed(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(4))
    hub.configure(feeds={"mine": {"title": "Mine", "keep": {"title": "[01]"}}})
    hub.poll()
    assert hub.titles("feeds/mine") == items(1, 0)
    hub.configure(feeds={"mine": {"title": "Mine", "keep": {"title": "[12]"}}})
    hub.poll()
    assert hub.titles("feeds/mine") == items(2, 1)
    assert hub.titles() == down(3, 0)


def test_an_edit_far_back_in_a_long_pattern_is_followed(hub: Hub) -> None:
    long = "|".join(f"word-{n}" for n in range(60))
    hub.source("news")
    hub.show("news", hourly(3))
    hub.configure(feeds={"mine": {"title": "Mine", "keep": {"title": f"{long}|Item 1"}}})
    hub.poll()
    hub.configure(feeds={"mine": {"title": "Mine", "keep": {"title": f"{long}|Item 2"}}})
    hub.poll()
    assert hub.titles("feeds/mine") == items(2)


# -- custom feeds


def test_a_custom_feed_added_to_a_published_hub_begins_with_its_newest(hub: Hub) -> None:
    hub.configure(publish={"limit": 2})
    hub.source("news")
    hub.show("news", [old(hub, f"{n}", n * 100) for n in range(1, 6)])
    hub.poll()
    hub.configure(feeds={"mine": {"title": "Mine", "from": {"sources": ["news"]}, "limit": 3}})
    hub.poll()
    assert hub.titles("feeds/mine") == ["1", "2", "3"]
    assert hub.titles() == ["1", "2"]


def test_a_custom_feed_that_goes_and_comes_back_has_what_came_meanwhile(hub: Hub) -> None:
    mine = {"mine": {"title": "Mine", "limit": 4}}
    hub.source("news")
    hub.show("news", hourly(3))
    hub.configure(feeds=mine)
    hub.poll()
    before = hub.read("feeds/mine").feed.id
    hub.configure(feeds=None)
    hub.show("news", hourly(5))
    hub.poll()
    assert hub.read("feeds/mine") is None
    hub.pass_(days=1)
    hub.configure(feeds=mine)
    hub.poll()
    assert hub.titles("feeds/mine") == down(4, 1)
    assert hub.read("feeds/mine").feed.id == before


def test_a_feed_or_a_source_may_republish_the_summary_alone(hub: Hub) -> None:
    hub.source("whole")
    hub.source("brief", content="summary")
    hub.show("whole", [Entry(id="tag:x:1", title="Whole", dated=NOW, html="<p>All <b>words</b></p>")])
    hub.show("brief", [Entry(id="tag:y:2", title="Brief", dated=NOW, html="<p>All <b>words</b></p>")])
    hub.configure(feeds={"mine": {"title": "Mine", "content": "summary"}})
    hub.poll()
    shown = {entry.title: entry for entry in hub.read().entries}
    assert "<b>words</b>" in shown["Whole"].content[0].value
    assert "content" not in shown["Brief"]
    assert shown["Brief"].summary == "All words"
    assert all("content" not in entry for entry in hub.read("feeds/mine").entries)


# -- removed and paused sources


@pytest.mark.parametrize("lost", [False, True])
def test_what_a_removed_or_paused_source_brought_stays_as_it_was(hub: Hub, *, lost: bool) -> None:
    hub.source("stays")
    hub.show("stays", [])
    settings: dict[str, Any] = {
        "author": "lee",
        "title": "News as we call it",
        "content": "summary",
        "drop": {"title": "2"},
    }
    hub.source("news", **settings)
    hub.show("news", hourly(4))
    hub.configure(feeds={"mine": {"title": "Mine", "from": {"sources": ["news"]}}})
    hub.poll()
    shown = ("feed.atom", "feed.rss", "authors/lee/feed.atom", "feeds/mine/feed.atom")
    before = {path: hub.files()[path] for path in shown}
    assert hub.titles() == items(3, 1, 0)
    if lost:
        hub.config["sources"].pop("news")
        hub.configure(feeds={"mine": {"title": "Mine", "from": {"sources": ["stays"]}}})
    else:
        hub.source("news", **settings, paused=True)
    hub.build()
    assert {path: hub.files()[path] for path in shown} == before


def test_a_source_that_is_removed_and_added_again_brings_nothing_twice(hub: Hub) -> None:
    hub.source("stays")
    hub.source("news")
    hub.show("stays", [])
    hub.show("news", hourly(4))
    hub.poll()
    before = hub.ids()
    sources = dict(hub.config["sources"])
    hub.configure(sources={"stays": sources["stays"]})
    hub.poll()
    assert hub.ids() == before
    hub.show("news", hourly(6))
    hub.configure(sources=sources)
    hub.poll()
    assert hub.titles() == down(5, 0)
    assert hub.titles("sources/news") == down(5, 0)
    assert hub.ids()[2:] == before


def test_a_source_whose_address_changes_keeps_its_items(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(3))
    hub.poll()
    before = hub.ids()
    hub.show("moved", hourly(4))
    hub.configure(sources={"news": {"url": hub.origin.url_for("/moved.xml")}})
    hub.poll()
    assert hub.ids()[1:] == before
    named = {entry.source.links[0].href for entry in hub.read().entries}
    assert named == {hub.origin.url_for("/moved.xml")}


# -- posts


def test_a_post_keeps_its_id_whatever_is_renamed(hub: Hub) -> None:
    path = hub.post("a-post", title="First")
    hub.poll()
    before = hub.ids()
    hub.pass_(days=1)
    path.rename(path.with_name("2026-05-30-renamed.md"))
    hub.poll()
    assert hub.ids() == before
    path.with_name("2026-05-30-renamed.md").unlink()
    hub.post("2026-05-30-renamed", title="Retitled")
    hub.poll()
    assert (hub.ids(), hub.titles()) == (before, ["Retitled"])
    hub.configure(hub={"title": "The Hub", "url": "https://elsewhere.example/feeds"})
    hub.poll()
    assert hub.ids() == before
    assert hub.read().entries[0].link == "https://elsewhere.example/feeds/posts/lee/a-post/"
    assert "hub.example" in hub.read().feed.id


def test_a_post_that_moves_to_another_author_is_the_same_item(hub: Hub) -> None:
    hub.configure(authors={"lee": {"name": "Lee Pender"}, "mary": {"name": "Mary Jo"}})
    path = hub.post("a-post")
    hub.poll()
    before = hub.ids()
    target = hub.place.posts / "mary" / "a-post.md"
    target.parent.mkdir()
    path.rename(target)
    hub.poll()
    assert hub.ids() == before == hub.ids("authors/mary")
    assert hub.ids("authors/lee") == []
    (entry,) = hub.read().entries
    assert (entry.author, entry.link) == ("Mary Jo", "https://hub.example/posts/mary/a-post/")


def test_a_post_that_is_deleted_or_made_a_draft_is_the_same_item_put_back(hub: Hub) -> None:
    path = hub.post("a-post")
    hub.poll()
    before = hub.files()
    saved = path.read_text()
    path.unlink()
    hub.poll()
    assert hub.titles() == hub.titles("authors/lee") == []
    hub.pass_(days=40)
    path.write_text(saved)
    hub.poll()
    assert timeless(hub.files()) == timeless(before)
    hub.post("a-post", draft=True)
    hub.poll()
    assert hub.titles() == []
    path.write_text(saved)
    hub.poll()
    assert timeless(hub.files()) == timeless(before)


def test_a_post_put_back_below_the_edge_stays_away(hub: Hub) -> None:
    hub.configure(publish={"limit": 2})
    path = hub.post("old", date="2026-05-01")
    hub.post("newer", date="2026-05-02")
    hub.poll()
    saved = path.read_text()
    path.unlink()
    hub.post("newest", date="2026-05-30")
    hub.poll()
    path.write_text(saved)
    hub.poll()
    assert hub.titles() == ["newest", "newer"]


def test_a_draft_is_nowhere(hub: Hub) -> None:
    hub.post("a-draft", draft=True, tags=["Cloud"])
    hub.build()
    assert hub.titles() == []
    assert not any("cloud" in path for path in hub.files())


def test_a_post_of_the_future_appears_by_itself_with_its_tag(hub: Hub) -> None:
    hub.post("soon", date="2026-06-03T08:00:00Z", tags=["Cloud"])
    hub.build()
    assert hub.titles() == []
    assert hub.verdicts("https://hub.example/posts/lee/soon/")["combined"] == "scheduled"
    hub.pass_(days=1, hours=19, minutes=59)
    hub.poll()
    assert hub.titles() == []
    hub.pass_(minutes=1)
    hub.poll()
    assert hub.titles() == hub.titles("authors/lee") == hub.titles("tags/cloud") == ["soon"]
    assert hub.read().entries[0].published == "2026-06-03T08:00:00+00:00"


def test_a_pin_does_not_make_a_post_of_the_future_appear(hub: Hub) -> None:
    hub.configure(featured={"pins": [{"url": "https://hub.example/posts/lee/soon/"}]})
    hub.post("soon", date="2026-06-03")
    hub.build()
    assert hub.titles() == hub.titles("featured") == []
    hub.pass_(days=3)
    hub.poll()
    assert hub.titles() == hub.titles("featured") == ["soon"]


def test_a_post_that_is_given_a_date_to_come_appears_then(hub: Hub) -> None:
    """An author who takes a post back and dates it on Monday does not want it out before."""
    hub.post("a-post", date="2026-05-30")
    hub.poll()
    before = hub.ids()
    hub.post("a-post", date="2026-06-03")
    hub.poll()
    assert hub.titles() == hub.titles("authors/lee") == []
    assert hub.verdicts("https://hub.example/posts/lee/a-post/")["combined"] == "scheduled"
    hub.pass_(days=3)
    hub.poll()
    assert hub.ids() == before
    assert hub.read().entries[0].published == "2026-05-30T00:00:00+00:00"  # fixed at its release


def test_a_post_that_is_redated_keeps_the_date_of_its_release(hub: Hub) -> None:
    hub.post("a-post", date="2026-05-30")
    hub.poll()
    before = hub.files()
    hub.pass_(days=1)
    hub.post("a-post", date="2025-05-30")
    hub.poll()
    assert hub.files() == before


@pytest.mark.parametrize(
    ("stated", "shown"),
    [("2026-05-31", "2026-05-31"), ("2026-05-01", "2026-05-30"), ("2030-01-01", "2026-05-30"), (None, "2026-05-30")],
)
def test_a_post_was_updated_when_it_says_so_where_that_can_be(hub: Hub, stated: str | None, shown: str) -> None:
    hub.post("a-post", date="2026-05-30", **({"updated": stated} if stated else {}))
    hub.poll()
    assert hub.read().entries[0].updated == f"{shown}T00:00:00+00:00"


def test_the_later_of_two_posts_with_one_slug_gets_another_for_good(hub: Hub) -> None:
    hub.post("one", slug="same")
    hub.poll()
    hub.post("two", slug="same")
    for text in ("Words.", "Other words.", "And others."):
        hub.post("two", text, slug="same")
        hub.poll()
        links = {entry.title: entry.link for entry in hub.read().entries}
        assert links == {"one": "https://hub.example/posts/lee/same/", "two": "https://hub.example/posts/lee/same-2/"}


def test_a_post_with_faults_keeps_its_last_good_form(hub: Hub) -> None:
    path = hub.post("a-post")
    hub.poll()
    before = hub.files()
    path.write_text("---\ntitle: [\n---\nWords.\n")
    hub.build()
    assert hub.files() == before


def test_ids_are_uris_in_any_script(hub: Hub) -> None:
    hub.post("größe", title="Größe", tags=["日本語"])
    hub.build()
    (uid,) = hub.ids()
    assert uid.isascii()
    feed = hub.read("tags/日本語").feed
    assert feed.id.isascii()
    assert all(link.href.isascii() for link in feed.links)


# -- tags


def test_tags_that_differ_by_case_are_one_and_categories_make_none(hub: Hub) -> None:
    hub.source("news", tags=["CLOUD"])
    hub.show("news", [Entry(id="tag:x:1", title="From the source", dated=NOW, category="Azure")])
    hub.post("one", tags=["Cloud"])
    hub.post("two", tags=["cloud", "C++"], date="2026-05-29")
    hub.post("three", tags=["C#"], date="2026-05-28")
    hub.poll()
    assert hub.titles("tags/cloud") == ["From the source", "one", "two"]
    assert (hub.titles("tags/c"), hub.titles("tags/c-2")) == (["three"], ["two"])
    assert {path.parent.name for path in hub.public.glob("tags/*/feed.atom")} == {"cloud", "c", "c-2"}
    assert [tag.term for tag in hub.read().entries[0].tags] == ["Azure"]


def test_a_tags_feed_goes_with_its_last_post_and_comes_back_with_what_came_meanwhile(hub: Hub) -> None:
    path = hub.post("one", tags=["Cloud"])
    hub.poll()
    before = hub.read("tags/cloud").feed.id
    saved = path.read_text()
    path.unlink()
    hub.poll()
    assert hub.read("tags/cloud") is None
    hub.pass_(days=1)
    path.write_text(saved)
    for n in range(7):
        hub.post(f"new-{n}", tags=["cloud"], date="2026-06-02")
    hub.poll()
    assert sorted(hub.titles("tags/cloud")) == [*(f"new-{n}" for n in range(7)), "one"]
    assert hub.read("tags/cloud").feed.id == before


def test_a_tag_that_is_taken_from_a_post_takes_the_post_from_its_feed(hub: Hub) -> None:
    hub.post("one", tags=["Cloud", "Data"])
    hub.post("two", tags=["Cloud"], date="2026-05-29")
    hub.poll()
    hub.post("one", tags=["Data"])
    hub.poll()
    assert hub.titles("tags/cloud") == ["two"]
    assert hub.titles("tags/data") == ["one"]


# -- featured


def test_featured_shows_its_pins_in_their_order_then_the_newest_of_its_sources(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(6))
    hub.configure(
        featured={
            "limit": 4,
            "sources": ["news"],
            "pins": [{"url": "https://elsewhere.example/", "title": "A link"}, {"url": "https://source.example/1"}],
        }
    )
    hub.poll()
    assert hub.titles("featured") == ["A link", *items(1, 5, 4)]
    assert sorted(hub.titles()) == sorted(["A link", *down(5, 0)])
    assert {entry.published for entry in hub.read("featured").entries} == {"2026-06-01T12:00:00+00:00"}


def test_an_item_goes_in_featured_by_the_time_that_it_first_was(hub: Hub) -> None:
    pin = {"url": "https://source.example/0"}
    hub.source("news")
    hub.show("news", numbered(range(2), newest=NOW - 9 * DAY))
    hub.configure(featured={"pins": [pin]})
    hub.poll()
    first = hub.files()["featured/feed.atom"]
    hub.pass_(days=3)
    hub.configure(featured={"pins": []})
    hub.poll()
    assert hub.titles("featured") == []
    hub.configure(featured={"pins": [pin]})
    hub.poll()
    assert hub.files()["featured/feed.atom"] == first


def test_a_pin_ends_with_its_last_day_and_so_does_what_it_says(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(2))
    pins = [
        {"url": "https://source.example/1", "title": "As the editor says", "until": "2026-06-02"},
        {"url": "https://elsewhere.example/", "title": "A link", "until": "2026-06-01"},
    ]
    hub.configure(featured={"sources": ["news"], "limit": 2, "pins": pins})
    hub.poll()
    assert hub.titles("featured") == ["As the editor says", "A link"]
    hub.pass_(days=1)
    hub.poll()
    assert hub.titles("featured") == ["As the editor says", "Item 0"]
    hub.pass_(days=1)
    hub.poll()
    assert hub.titles("featured") == items(1, 0)
    assert "A link" in hub.titles()  # it stays where it was released


def test_the_day_of_a_pin_is_the_hubs(hub: Hub) -> None:
    hub.configure(
        hub={"title": "The Hub", "url": "https://hub.example", "timezone": "America/Los_Angeles"},
        featured={"pins": [{"url": "https://a.example/", "title": "A link", "until": "2026-06-01"}]},
    )
    hub.build()
    hub.pass_(hours=18)  # six in the morning of the second, UTC
    hub.build()
    assert hub.titles("featured") == ["A link"]
    hub.pass_(hours=1)
    hub.build()
    assert hub.titles("featured") == []


def test_a_pin_shows_an_item_as_it_is_but_for_what_the_editor_says(hub: Hub) -> None:
    hub.source("news")
    hub.show(
        "news", [Entry(id="tag:x:1", title="Own", link="https://x.example/1", html="<p>Own words</p>", category="c")]
    )
    hub.configure(featured={"pins": [{"url": "http://www.x.example/1/?utm_source=a", "title": "Ours"}]})
    hub.poll()
    (entry,) = hub.read("featured").entries
    assert (entry.title, entry.content[0].value, entry.link) == ("Ours", "<p>Own words</p>", "https://x.example/1")
    assert [tag.term for tag in entry.tags] == ["c"]
    assert hub.titles() == ["Own"]
    image = {"url": "https://x.example/i.jpg", "alt": "A <b> picture"}
    pin = {"url": "https://x.example/1", "summary": "Said\n\nbriefly", "image": image}
    hub.configure(featured={"pins": [pin]})
    hub.poll()
    (entry,) = hub.read("featured").entries
    assert (entry.title, entry.summary) == ("Own", "Said briefly")
    assert entry.content[0].value == (
        '<p><img alt="A &lt;b&gt; picture" src="https://x.example/i.jpg" /></p><p>Said briefly</p>'
    )


def test_a_link_that_is_pinned_otherwise_says_so_everywhere_and_keeps_its_id(hub: Hub) -> None:
    hub.configure(featured={"pins": [{"url": "https://a.example/", "title": "One"}]})
    hub.build()
    before = hub.ids()
    hub.pass_(days=1)
    hub.configure(featured={"pins": [{"url": "https://a.example/", "title": "Two"}]})
    hub.poll()
    assert hub.titles() == hub.titles("featured") == ["Two"]
    assert hub.ids() == hub.ids("featured") == before
    assert hub.read().entries[0].updated == "2026-06-02T12:00:00+00:00"


def test_a_pinned_post_that_is_withdrawn_is_not_featured(hub: Hub) -> None:
    path = hub.post("a-post")
    hub.configure(featured={"pins": [{"url": "https://hub.example/posts/lee/a-post/", "title": "Ours"}]})
    hub.build()
    assert hub.titles("featured") == ["Ours"]
    saved = path.read_text()
    path.unlink()
    assert any("is deleted" in problem for problem in hub.build().problems)
    assert hub.titles("featured") == hub.titles() == []
    path.write_text(saved)
    assert hub.build().problems == ()
    assert hub.titles("featured") == ["Ours"]
    assert hub.titles() == ["a-post"]


def test_a_pin_of_nothing_is_a_fault_until_it_is_gone(hub: Hub) -> None:
    hub.configure(featured={"pins": [{"url": "https://nowhere.example/"}]})
    assert len(hub.build().problems) == 1
    hub.configure(featured=None)
    assert hub.build().problems == ()


def test_a_custom_feed_takes_up_what_was_featured_from_any_source(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", hourly(4))
    hub.configure(featured={"pins": [{"url": "https://source.example/2"}]})
    hub.poll()
    hub.configure(feeds={"mine": {"title": "Mine", "from": {"featured": True}}})
    hub.poll()
    assert hub.titles("feeds/mine") == items(2)
    hub.configure(featured={"pins": [{"url": "https://source.example/1"}]})
    hub.poll()
    assert hub.titles("feeds/mine") == items(2, 1)


# -- ids across sources


def test_an_id_that_two_sources_send_stays_with_the_first(hub: Hub) -> None:
    """No source can overwrite or hide another's item by using its id."""
    hub.source("one")
    hub.source("two")
    hub.show("one", [Entry(id="tag:x.example,2026:1", title="One's", dated=NOW, link="https://one.example/")])
    hub.show("two", [])
    hub.poll()
    hub.pass_(hours=1)
    hub.show("two", [Entry(id="tag:x.example,2026:1", title="Two's", dated=NOW, link="https://two.example/")])
    hub.poll()
    by = {entry.title: entry.id for entry in hub.read().entries}
    assert by["One's"] == "tag:x.example,2026:1"
    assert by["Two's"].startswith("tag:hub.example,2026-06-01:sources/two/")
    hub.show("two", [Entry(id="tag:x.example,2026:1", title="Two's, edited", dated=NOW, link="https://two.example/")])
    hub.poll()
    assert {entry.title: entry.id for entry in hub.read().entries} == {
        "One's": by["One's"],
        "Two's, edited": by["Two's"],
    }


def test_a_post_may_bring_its_own_id_but_not_anothers(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", [Entry(id="tag:x.example,2026:1", title="The source's", dated=NOW)])
    hub.poll()
    hub.post("mine", id="tag:lee.example,2007:mine")
    hub.post("thief", id="tag:x.example,2026:1")
    hub.poll()
    assert dict(zip(hub.titles(), hub.ids(), strict=True)) == {
        "The source's": "tag:x.example,2026:1",
        "mine": "tag:lee.example,2007:mine",
    }


# -- bytes


def test_a_second_build_changes_no_byte_whatever_the_time(hub: Hub) -> None:
    hub.source("news", tags=["News"])
    hub.show("news", [Entry(id="tag:x:1", title="Undated"), Entry(id="tag:x:2", title="Dated", dated=NOW)])
    hub.post("a-post", tags=["Cloud"])
    hub.post("a-draft", draft=True)
    hub.configure(
        featured={"sources": ["news"], "pins": [{"url": "https://a.example/", "title": "A link"}]},
        feeds={"empty": {"title": "Empty", "from": {"tags": ["none"]}}},
    )
    hub.poll()
    before = hub.files()
    for _ in range(2):
        hub.pass_(days=1)
        built = hub.build()
        assert (built.published, built.removed) == ((), ())
        assert hub.files() == before
