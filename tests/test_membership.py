"""Which feeds there are, what belongs to them by configuration, and who is named for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedhub import text
from feedhub.config import schema
from feedhub.model import AuthorId, Category, Content, Item, ItemId, Kind, Person, SourceId, Tag
from feedhub.output import catalogue, definition, membership
from feedhub.output.catalogue import Catalogue
from feedhub.output.membership import Verdict

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)

HUB: dict[str, Any] = {
    "hub": {"title": "The Hub", "url": "https://hub.example"},
    "authors": {
        "lee": {"name": "Lee Pender", "aliases": ["By Lee"], "email": "lee@hub.example"},
        "mary": {"name": "Mary"},
    },
    "sources": {
        "free": {"url": "https://free.example/feed", "tags": ["News"]},
        "bound": {"url": "https://bound.example/feed", "author": "lee"},
        "signed": {"url": "https://signed.example/feed", "bylines": ["lee"]},
        "signed-by-all": {"url": "https://all.example/feed", "bylines": "all"},
    },
}


def hub(lost: tuple[str, ...] = (), **sections: Any) -> Catalogue:
    """A catalogue of HUB with other sections; `lost` are sources that it had once."""
    parsed = schema.parse(json.dumps({**HUB, **sections}), file="feeds.yaml", base=Path("/hub"), env={})
    assert isinstance(parsed, schema.Parsed), parsed
    config = parsed.config
    had = schema.parse(json.dumps(HUB), file="feeds.yaml", base=Path("/hub"), env={})
    assert isinstance(had, schema.Parsed)
    removed = {
        SourceId(source): definition.source_again(
            SourceId(source),
            definition.of_source(had.config.sources[SourceId(source)], had.config.authors.values()),
        )
        for source in lost
    }
    names = ("News", "Cloud", "Größe")
    tags = {text.fold(name): Tag(slug=text.slug(name), name=name) for name in names}
    return catalogue.catalogue(config, tags, ["cloud"], {SourceId("free"): "The Free Feed"}, removed)


def entry(source: str = "free", *, by: tuple[str, ...] = (), **content: Any) -> Item:
    return _item(Kind.ENTRY, source=SourceId(source), authors=tuple(Person(name=name) for name in by), **content)


def post(author: str = "lee", *, tags: tuple[str, ...] = (), **content: Any) -> Item:
    return _item(Kind.POST, author=AuthorId(author), slug="a-post", tags=tags, **content)


def link(**content: Any) -> Item:
    return _item(Kind.LINK, **content)


def _item(
    kind: Kind,
    *,
    source: SourceId | None = None,
    author: AuthorId | None = None,
    slug: str | None = None,
    tags: tuple[str, ...] = (),
    **content: Any,
) -> Item:
    return Item(
        id=ItemId(1),
        uid="tag:hub.example,2026:1",
        kind=kind,
        source=source,
        sources=(source,) if source else (),
        author=author,
        slug=slug,
        tags=tags,
        content=Content(**{"title": "A title", "link": "https://free.example/1", **content}),
        dated=NOW,
        first_seen=NOW,
        updated=NOW,
        withdrawn=None,
    )


def homes(item: Item, among: Catalogue, *, featured: bool = False) -> set[str]:
    """The feeds that an item belongs to, found in both ways: from the item, and from each feed."""
    near = {str(feed.id) for feed in membership.homes(item, among, featured=featured)}
    all_of = {
        str(feed.id)
        for feed in among.feeds.values()
        if feed.id != catalogue.FEATURED and membership.verdict(item, feed, among, featured=featured) is Verdict.IN
    }
    assert near == all_of
    return near


def verdict(item: Item, feed: str, among: Catalogue, *, featured: bool = False) -> str:
    found = next(one for one in among.feeds.values() if one.id == feed)
    return membership.verdict(item, found, among, featured=featured).value


def named(item: Item, among: Catalogue) -> list[str]:
    return [person.name for person in membership.credited(item, among, "The source")]


# -- which feeds there are


def test_there_is_a_feed_for_the_hub_each_author_source_tag_and_name() -> None:
    among = hub(featured={"pins": []}, feeds={"partners": {"title": "Partners"}})
    assert {feed.id: feed.folder for feed in among.feeds.values()} == {
        "combined": "",
        "featured": "featured/",
        "authors/lee": "authors/lee/",
        "authors/mary": "authors/mary/",
        "sources/free": "sources/free/",
        "sources/bound": "sources/bound/",
        "sources/signed": "sources/signed/",
        "sources/signed-by-all": "sources/signed-by-all/",
        "tags/cloud": "tags/cloud/",
        "tags/news": "tags/news/",
        "partners": "feeds/partners/",
    }


def test_a_sources_feed_is_called_as_feeds_yaml_calls_it_then_as_it_calls_itself() -> None:
    among = hub(
        sources={"free": {"url": "https://a.example/", "title": "Ours"}, "bound": {"url": "https://b.example/"}}
    )
    titles = {str(feed.id): feed.title for feed in among.feeds.values()}
    assert titles["sources/free"] == "Ours"
    assert titles["sources/bound"] == "bound"
    assert {str(feed.id): feed.title for feed in hub().feeds.values()}["sources/free"] == "The Free Feed"


def test_a_tag_that_nothing_bears_has_no_feed() -> None:
    assert "tags/große" not in hub().feeds


# -- what belongs


@pytest.mark.parametrize(
    ("item", "feeds"),
    [
        pytest.param(post(), {"combined", "authors/lee"}, id="a post"),
        pytest.param(post(tags=("cloud",)), {"combined", "authors/lee", "tags/cloud"}, id="a post with a tag"),
        pytest.param(post("gone"), {"combined"}, id="a post of an author who has left"),
        pytest.param(entry(), {"combined", "sources/free", "tags/news"}, id="an entry, by its source's tags"),
        pytest.param(
            entry(by=("Lee Pender",)), {"combined", "sources/free", "tags/news"}, id="a byline alone binds nobody"
        ),
        pytest.param(
            entry(categories=(Category(term="cloud"),)),
            {"combined", "sources/free", "tags/news"},
            id="a category is no tag",
        ),
        pytest.param(
            entry("bound", by=("Anybody",)), {"combined", "sources/bound", "authors/lee"}, id="a bound source"
        ),
        pytest.param(entry("signed"), {"combined", "sources/signed"}, id="unsigned"),
        pytest.param(
            entry("signed", by=("BY  lee",)),
            {"combined", "sources/signed", "authors/lee"},
            id="signed, in any spelling",
        ),
        pytest.param(
            entry("signed", by=("Mary",)), {"combined", "sources/signed"}, id="signed by one it is not bound to"
        ),
        pytest.param(
            entry("signed-by-all", by=("Mary", "Lee Pender")),
            {"combined", "sources/signed-by-all", "authors/lee", "authors/mary"},
            id="signed by two",
        ),
        pytest.param(link(), {"combined"}, id="a link that was featured"),
    ],
)
def test_an_item_belongs_where_the_configuration_says(item: Item, feeds: set[str]) -> None:
    assert homes(item, hub()) == feeds


@pytest.mark.parametrize(
    ("drawn", "inside", "outside"),
    [
        pytest.param({"posts": True}, [post()], [entry(), link()], id="posts"),
        pytest.param({"authors": ["lee"]}, [post(), entry("bound")], [post("mary"), entry()], id="authors"),
        pytest.param({"sources": ["free"]}, [entry()], [entry("bound"), post()], id="sources"),
        pytest.param(
            {"tags": ["NEWS", "cloud"]},
            [entry(), post(tags=("cloud",))],
            [entry("bound"), post()],
            id="tags, in any case",
        ),
        pytest.param({"tags": ["unheard-of"]}, [], [entry(), post()], id="a tag that nothing bears"),
        pytest.param({"posts": True, "sources": ["free"]}, [post(), entry()], [entry("bound")], id="any of several"),
        pytest.param(None, [post(), entry(), entry("bound"), link()], [], id="all that the combined feed holds"),
    ],
)
def test_a_custom_feed_draws_from_what_it_names(
    drawn: dict[str, Any] | None, inside: list[Item], outside: list[Item]
) -> None:
    among = hub(feeds={"mine": {"title": "Mine", "from": drawn} if drawn else {"title": "Mine"}})
    assert [verdict(item, "mine", among) for item in inside] == ["in"] * len(inside)
    assert [verdict(item, "mine", among) for item in outside] == ["elsewhere"] * len(outside)
    assert all("mine" in homes(item, among) for item in inside)


def test_a_custom_feed_may_draw_from_what_is_featured() -> None:
    among = hub(feeds={"mine": {"title": "Mine", "from": {"featured": True}}})
    assert "mine" in homes(entry(), among, featured=True)
    assert "mine" not in homes(entry(), among)


# -- filters


@pytest.mark.parametrize(
    ("wanted", "item", "matches"),
    [
        ({"title": "virtuali[sz]ation"}, entry(title="On VIRTUALISATION, again"), True),
        ({"title": "^virtual"}, entry(title="On virtual things"), False),
        ({"author": "mary"}, entry(by=("Mary Jo",)), True),
        ({"author": "lee pender"}, entry("bound", by=("somebody",)), True),
        ({"author": "somebody"}, entry("bound", by=("somebody",)), True),
        ({"author": "lee"}, post(), True),
        ({"tag": "^news$"}, entry(), True),
        ({"tag": "azure"}, entry(categories=(Category(term="Azure"),)), True),
        ({"tag": "cloud"}, post(tags=("cloud",)), True),
        ({"link": "/sponsored/"}, entry(link="https://free.example/sponsored/1"), True),
        ({"link": "."}, entry(link=None), False),
        ({"text": "a b"}, entry(html="<p>a <i>b</i></p>"), True),
        ({"text": "summed up"}, entry(summary="All summed up."), True),
        ({"text": "strong"}, entry(html="<strong>Words</strong>"), False),
        ({"title": "a", "text": "b"}, entry(title="a", html="c"), False),
        ({"title": "a", "text": "b"}, entry(title="a", html="b"), True),
    ],
)
def test_a_filter_looks_at_its_fields_and_at_all_of_them(wanted: dict[str, str], item: Item, *, matches: bool) -> None:
    keep = hub(feeds={"mine": {"title": "Mine", "keep": wanted}})
    drop = hub(feeds={"mine": {"title": "Mine", "drop": wanted}})
    assert verdict(item, "mine", keep) == ("in" if matches else "filtered")
    assert verdict(item, "mine", drop) == ("filtered" if matches else "in")


def test_a_sources_filter_counts_in_every_feed_and_a_feeds_only_there() -> None:
    sources = {"free": {"url": "https://free.example/feed", "drop": {"title": "sponsored"}}}
    feeds = {"mine": {"title": "Mine", "drop": {"title": "advert"}}}
    among = hub(sources=sources, feeds=feeds)
    assert homes(entry(title="Sponsored"), among) == set()
    assert homes(entry(title="Advert"), among) == {"combined", "sources/free"}


def test_a_filter_of_a_feed_that_does_not_draw_from_an_item_is_not_what_keeps_it_out() -> None:
    among = hub(feeds={"mine": {"title": "Mine", "from": {"posts": True}, "drop": {"title": "advert"}}})
    assert verdict(entry(title="Advert"), "mine", among) == "elsewhere"


def test_no_filter_keeps_out_what_an_editor_features() -> None:
    sources = {"free": {"url": "https://free.example/feed", "keep": {"title": "cloud"}}}
    among = hub(sources=sources, featured={"pins": []})
    assert verdict(entry(title="Other"), "featured", among, featured=True) == "in"
    assert verdict(entry(title="Other"), "combined", among, featured=True) == "filtered"


# -- removed sources


def test_what_a_removed_source_brought_belongs_nowhere_anew() -> None:
    among = hub(lost=("bound",), sources={"free": HUB["sources"]["free"]}, feeds={"mine": {"title": "Mine"}})
    item = entry("bound")
    assert homes(item, among) == set()
    assert {verdict(item, feed, among) for feed in ("combined", "authors/lee", "mine")} == {"undecided"}
    assert verdict(item, "authors/mary", among) == "elsewhere"
    assert all("bound" not in membership.sources_of(feed, among) for feed in among.feeds.values())


def test_what_a_removed_source_brought_is_still_by_its_author() -> None:
    assert named(entry("bound"), hub(lost=("bound",), sources={})) == ["Lee Pender"]
    assert named(entry("signed", by=("By Lee",)), hub(lost=("signed",), sources={})) == ["Lee Pender"]


def test_a_removed_source_is_by_nobody_of_the_hub_when_its_author_is_gone_too() -> None:
    among = hub(lost=("bound",), sources={}, authors={"mary": {"name": "Mary"}})
    assert named(entry("bound", by=("Lee Pender",)), among) == ["The source"]


def test_a_source_is_known_again_by_all_that_its_items_depend_on() -> None:
    source = {
        "url": "https://news.example/feed",
        "title": "News",
        "author": "lee",
        "bylines": ["mary"],
        "tags": ["News"],
        "content": "summary",
        "keep": {"title": "a+", "author": "x"},
        "drop": {"text": "b"},
    }
    config = hub(sources={"news": source}).config
    said = definition.of_source(config.sources[SourceId("news")], config.authors.values())
    again = definition.source_again(SourceId("news"), said)
    assert definition.of_source(again, config.authors.values()) == said


@pytest.mark.parametrize(
    "url", ["https://news.example/feed?token=s3cret", "https://me:s3cret@news.example/feed", "files/s3cret.xml"]
)
def test_what_is_kept_of_a_source_holds_no_secret_and_no_path(url: str) -> None:
    config = hub(sources={"news": {"url": url}}).config
    assert "s3cret" not in definition.of_source(config.sources[SourceId("news")], ())


# -- who is named


@pytest.mark.parametrize(
    ("item", "people"),
    [
        pytest.param(post(), ["Lee Pender"], id="a post"),
        pytest.param(post("gone"), ["The source"], id="a post of nobody"),
        pytest.param(entry(by=("Jane Doe", "John Roe")), ["Jane Doe", "John Roe"], id="as the source says"),
        pytest.param(entry(), ["The source"], id="the source says nobody"),
        pytest.param(entry(by=("Lee Pender",)), ["The source"], id="a name that the source may not use"),
        pytest.param(entry(by=("by lee", "Jane Doe")), ["Jane Doe"], id="nor an alias, beside another"),
        pytest.param(entry("bound", by=("L. P.",)), ["Lee Pender"], id="bound: by name, whatever the byline"),
        pytest.param(entry("signed", by=("By Lee",)), ["Lee Pender"], id="never by an alias"),
        pytest.param(
            entry("signed", by=("By Lee", "Jane Doe")), ["Lee Pender", "Jane Doe"], id="together with another"
        ),
        pytest.param(entry("signed", by=("Mary", "By Lee")), ["Lee Pender"], id="with one it is not bound to"),
        pytest.param(entry("signed-by-all", by=("Mary", "By Lee")), ["Mary", "Lee Pender"], id="in the byline's order"),
    ],
)
def test_credit_goes_where_it_is_due_and_to_nobody_else(item: Item, people: list[str]) -> None:
    assert named(item, hub()) == people


def test_a_source_that_calls_itself_by_an_authors_name_is_named_by_its_id() -> None:
    (person,) = membership.credited(entry(), hub(), "LEE  Pender")
    assert person.name == "free"
    (person,) = membership.credited(entry("bound"), hub(), "Lee Pender")
    assert person.name == "Lee Pender"


def test_an_authors_address_is_the_hubs_not_the_sources() -> None:
    item = entry("signed")
    item = _item(
        Kind.ENTRY, source=item.source, authors=(Person(name="By Lee", email="evil@x.example", url="https://x/"),)
    )
    (person,) = membership.credited(item, hub(), "")
    assert (person.name, person.email, person.url) == ("Lee Pender", "lee@hub.example", None)


# -- what a feed waits for


@pytest.mark.parametrize(
    ("feed", "sources"),
    [
        ("combined", {"free", "bound", "signed", "signed-by-all"}),
        ("authors/lee", {"bound", "signed", "signed-by-all"}),
        ("authors/mary", {"signed-by-all"}),
        ("sources/free", {"free"}),
        ("tags/news", {"free"}),
        ("tags/cloud", set()),
        ("featured", {"free"}),
        ("by-mary", {"signed-by-all"}),
        ("by-tag", {"free"}),
        ("featured-too", {"free", "bound"}),
        ("everything", {"free", "bound", "signed", "signed-by-all"}),
    ],
)
def test_a_feed_may_hold_items_of_these_sources(feed: str, sources: set[str]) -> None:
    among = hub(
        featured={"sources": ["free"]},
        feeds={
            "by-mary": {"title": "M", "from": {"authors": ["mary"]}},
            "by-tag": {"title": "T", "from": {"tags": ["news"]}},
            "featured-too": {"title": "F", "from": {"featured": True, "sources": ["bound"]}},
            "everything": {"title": "E"},
        },
    )
    found = next(one for one in among.feeds.values() if one.id == feed)
    assert membership.sources_of(found, among) == sources


def test_a_pin_may_name_what_any_source_brings() -> None:
    among = hub(featured={"sources": ["free"], "pins": [{"url": "https://bound.example/1"}]})
    found = next(one for one in among.feeds.values() if one.id == "featured")
    assert membership.sources_of(found, among) == set(HUB["sources"])
