"""An item stays the item that it is, whatever its source does to it; and two sources' item is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import NOW, Entry, Hub, numbered

HOUR = timedelta(hours=1)


@pytest.fixture
def known(hub: Hub) -> Hub:
    """A hub that has published four items of a source, a day ago."""
    hub.source("news")
    hub.show("news", four())
    hub.poll()
    hub.pass_(days=1)
    return hub


def four() -> list[Entry]:
    return [replace(one, link=f"https://news.example/{n}/item-{n}?p={n}") for n, one in enumerate(numbered(range(4)))]


def renumbered(entries: list[Entry]) -> list[Entry]:
    return [replace(entry, id=f"urn:other:{n}") for n, entry in enumerate(entries)]


def moved(entries: list[Entry], to: str) -> list[Entry]:
    return [replace(entry, link=(entry.link or "").replace("https://news.example", to)) for entry in entries]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(renumbered, id="renumbered guids"),
        pytest.param(lambda entries: moved(renumbered(entries), "http://news.example"), id="https to http, and guids"),
        pytest.param(lambda entries: moved(renumbered(entries), "https://www.news.example"), id="www, and guids"),
        pytest.param(
            lambda entries: moved(renumbered(entries), "https://other.example"), id="another domain, and guids"
        ),
        pytest.param(
            lambda entries: [
                replace(entry, id=(entry.link or "")) for entry in moved(entries, "https://other.example")
            ],
            id="guids that are links, on another domain",
        ),
        pytest.param(
            lambda entries: [
                replace(entry, link=f"{entry.link}&utm_source=rss", id=f"urn:{n}") for n, entry in enumerate(entries)
            ],
            id="tracking parameters, and guids",
        ),
        pytest.param(
            lambda entries: [
                replace(entry, link=f"https://other.example/post/{n}0") for n, entry in enumerate(renumbered(entries))
            ],
            id="another domain, other paths, and guids",
        ),
        pytest.param(lambda entries: [replace(entry, dated=NOW) for entry in entries], id="all dated anew"),
        pytest.param(lambda entries: [replace(entry, title=f"{entry.title}!") for entry in entries], id="retitled"),
    ],
)
def test_what_a_source_does_to_its_items_brings_none_back(
    known: Hub, change: Callable[[list[Entry]], list[Entry]]
) -> None:
    """Every reader and newsletter goes by the id: a new one is mailed again."""
    before = known.ids()
    known.show("news", change(four()))
    assert known.poll()["news"].new == 0
    assert known.ids() == before


def test_a_new_item_among_renumbered_ones_is_new(known: Hub) -> None:
    fifth = Entry(id="urn:fifth", title="The fifth", dated=NOW + 20 * HOUR, link="https://news.example/5")
    known.show("news", [fifth, *renumbered(four())])
    known.poll()
    assert known.titles()[0] == "The fifth"
    assert len(known.ids()) == 5


def test_two_entries_with_one_link_are_two_items(known: Hub) -> None:
    """A link that several share, of a changelog say, is evidence of nothing."""
    page = "https://news.example/changelog"
    known.show("news", [Entry(id=f"urn:{n}", title=f"Version {n}", dated=NOW + n * HOUR, link=page) for n in range(3)])
    assert known.poll()["news"].new == 3
    more = [Entry(id=f"urn:{n}", title=f"Version {n}", dated=NOW + n * HOUR, link=page) for n in range(4)]
    known.show("news", more)
    assert known.poll()["news"].new == 1


def test_an_entry_that_stands_beside_the_known_one_is_no_alias_of_it(known: Hub) -> None:
    first = four()[0]
    known.show("news", [*four(), replace(first, id="urn:another", title="Another of that link")])
    assert known.poll()["news"].new == 1


def test_equal_titles_alone_are_no_evidence(known: Hub) -> None:
    strangers = [
        Entry(id=f"urn:{n}", title=f"Item {n}", dated=NOW + HOUR, link=f"https://x.example/{n}") for n in range(2)
    ]
    known.show("news", strangers)
    assert known.poll()["news"].new == 2


def test_a_title_and_a_date_that_agree_once_are_no_evidence(known: Hub) -> None:
    """Where a whole site was built anew, most of its items agree."""
    shown = [replace(entry, link=f"https://x.example/new/{n}") for n, entry in enumerate(renumbered(four()))]
    other = [replace(entry, title=f"Other {n}") for n, entry in enumerate(shown)]
    known.show("news", [*shown[:2], *other[2:]])
    assert known.poll()["news"].new == 4


# -- several sources


@pytest.fixture
def two(hub: Hub) -> Hub:
    """Two sources that share an item, under ids and spellings of their own."""
    hub.configure(authors={"lee": {"name": "Lee Pender"}})
    hub.source("first", tags=["one"])
    hub.source("second", tags=["two"], author="lee")
    hub.show(
        "first",
        [Entry(id="urn:a:1", title="Shared", dated=NOW, link="https://x.example/shared?utm_medium=rss")],
        "First",
    )
    hub.poll()
    hub.show(
        "second",
        [
            Entry(id="urn:b:1", title="Shared, as the second has it", dated=NOW, link="http://www.x.example/shared/"),
            Entry(id="urn:b:2", title="Its own", dated=NOW, link="https://x.example/own"),
        ],
        "Second",
    )
    hub.poll()
    return hub


def test_one_item_of_two_sources_is_one_in_every_feed(two: Hub) -> None:
    assert sorted(two.titles()) == ["Its own", "Shared"]
    assert two.titles("sources/first") == ["Shared"]
    assert sorted(two.titles("sources/second")) == ["Its own", "Shared"]
    assert sorted(two.titles("authors/lee")) == ["Its own", "Shared"]
    assert two.titles("tags/one") == ["Shared"]
    assert sorted(two.titles("tags/two")) == ["Its own", "Shared"]


def test_the_first_stays_and_the_other_is_also_at(two: Hub) -> None:
    explained = two.explain("http://www.x.example/shared/")
    assert explained.item.uid == "urn:a:1"
    assert explained.also_at == (("second", "urn:b:1"),)
    assert two.explain("urn:b:1").item.uid == "urn:a:1"
    assert two.read().entries[0].get("source", {}).get("title", "First") in {"First", "Second"}


def test_no_source_overwrites_anothers_item(two: Hub) -> None:
    two.pass_(hours=2)
    two.show("second", [Entry(id="urn:b:1", title="Overwritten", dated=NOW, link="https://x.example/shared")])
    two.poll()
    assert "Shared" in two.titles()
    assert "Overwritten" not in two.titles()


def test_an_id_of_another_source_is_another_item(hub: Hub) -> None:
    hub.source("first")
    hub.show("first", [Entry(id="urn:x:1", title="The first", dated=NOW, link="https://a.example/1")])
    hub.poll()
    hub.source("second")
    hub.show("second", [Entry(id="urn:x:1", title="The thief", dated=NOW, link="https://b.example/1")])
    hub.poll()
    assert sorted(hub.titles()) == ["The first", "The thief"]
    assert hub.explain("https://a.example/1").item.uid == "urn:x:1"
    assert hub.explain("https://b.example/1").item.uid.startswith("tag:hub.example,")


def test_two_places_of_one_page_are_two_items(hub: Hub) -> None:
    """Were a changelog's versions one item, all but one would be lost."""
    for number, name in enumerate(("first", "second")):
        hub.source(name)
        link = f"https://x.example/changelog#v{number}"
        hub.show(name, [Entry(id=f"urn:{name}", title=f"Version {number}", dated=NOW, link=link)])
    hub.poll()
    assert sorted(hub.titles()) == ["Version 0", "Version 1"]


def test_a_pin_that_a_source_brings_later_stays_one_item(hub: Hub) -> None:
    pin = {"url": "https://x.example/pinned", "title": "Pinned", "summary": "The editor's words"}
    hub.configure(featured={"pins": [pin]})
    hub.build()
    uid = hub.ids("featured")
    hub.source("news")
    hub.show("news", [Entry(id="urn:1", title="As its source has it", dated=NOW, link="https://x.example/pinned")])
    hub.poll()
    assert hub.ids() == uid
    assert hub.ids("sources/news") == uid
    assert hub.titles() == ["As its source has it"]
    assert hub.titles("featured") == ["Pinned"]


def test_what_only_a_removed_source_shared_stays(two: Hub) -> None:
    two.configure(sources={"second": two.config["sources"]["second"]})
    two.pass_(hours=1)
    two.poll()
    assert sorted(two.titles("sources/second")) == ["Its own", "Shared"]
    assert sorted(two.titles()) == ["Its own", "Shared"]


# -- edits without end


def test_a_source_that_stamps_the_clock_into_every_answer_moves_little(known: Hub) -> None:
    """Ten edits of an item count, and then one a day."""
    updated = 0
    for minute in range(20):
        known.pass_(minutes=1)
        known.show("news", [replace(entry, html=f"It is {minute} past.") for entry in four()])
        updated += known.poll()["news"].updated
    assert updated == 40
    known.pass_(days=2)
    known.show("news", [replace(entry, html="It is another day.") for entry in four()])
    assert known.poll()["news"].updated == 4


def test_an_item_that_its_source_no_longer_shows_stays(known: Hub) -> None:
    before = known.ids()
    known.show("news", four()[:1])
    known.poll()
    assert known.ids() == before


def test_a_tombstone_of_its_source_retracts_an_item_and_of_another_none(known: Hub) -> None:
    tombstones = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"><title>T</title>'
        "<id>urn:f</id><updated>2026-06-01T00:00:00Z</updated>"
        '<at:deleted-entry ref="tag:source.example,2026:1" when="2026-06-01T00:00:00Z"/></feed>'
    )
    known.source("stranger")
    known.answer("stranger", tombstones)
    known.poll()
    assert "Item 1" in known.titles()
    known.answer("news", tombstones)
    known.poll("news")
    assert "Item 1" not in known.titles()
    assert known.verdicts("tag:source.example,2026:1")["combined"] == "retracted"
