"""The hub from end to end: what is written and read comes out where it belongs."""

from __future__ import annotations

from conftest import NOW, Entry, Hub, numbered


def test_a_sources_items_and_posts_stand_in_the_combined_feed_by_date(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", [Entry(id="tag:x,2026:1", title="From the source", dated=NOW.replace(day=1, month=5))])
    hub.post("a-post", date="2026-05-30")
    hub.poll()
    assert hub.titles() == ["a-post", "From the source"]
    assert hub.ids() == hub.ids(form="rss")


def test_an_author_has_what_is_bound_to_the_author_and_nothing_else(hub: Hub) -> None:
    hub.configure(authors={"lee": {"name": "Lee Pender", "aliases": ["lpender"]}, "mary": {"name": "Mary Jo"}})
    hub.source("bound", author="lee")
    hub.source("signed", bylines=["lee"])
    hub.source("free")
    hub.show("bound", [Entry(id="tag:x:1", title="All his", dated=NOW)])
    hub.show(
        "signed",
        [
            Entry(id="tag:x:2", title="Signed", author="LPENDER", dated=NOW),
            Entry(id="tag:x:3", title="Not", author="Mary Jo", dated=NOW),
        ],
    )
    hub.show("free", [Entry(id="tag:x:4", title="A namesake", author="Lee Pender", dated=NOW)])
    hub.poll()
    assert sorted(hub.titles("authors/lee")) == ["All his", "Signed"]
    by = {entry.title: entry.author for entry in hub.read().entries}
    assert by == {"All his": "Lee Pender", "Signed": "Lee Pender", "Not": "A source", "A namesake": "A source"}


def test_polling_what_has_not_changed_publishes_nothing(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(5)))
    hub.poll()
    before = hub.files()
    hub.pass_(days=2)
    assert hub.poll()["news"].result == "unchanged"
    assert hub.files() == before
    assert hub.build().published == ()


def test_a_hub_that_changes_its_address_changes_no_id_and_no_date(hub: Hub) -> None:
    """Its links are others then, and nothing else: no reader shows an old post as edited."""
    hub.post("first", "See [the other](/posts/lee/second/).")
    hub.post("second")
    hub.build()
    before = [(entry.id, entry.updated) for entry in hub.read().entries]
    feed = hub.read().feed.id
    hub.pass_(days=3)
    hub.configure(hub={"title": "The Hub", "url": "https://elsewhere.example/hub"})
    hub.build()
    assert [(entry.id, entry.updated) for entry in hub.read().entries] == before
    assert hub.read().feed.id == feed
    links = {entry.title: entry.link for entry in hub.read().entries}
    assert links == {name: f"https://elsewhere.example/hub/posts/lee/{name}/" for name in ("first", "second")}
    assert "https://elsewhere.example/hub" in hub.read().entries[0].link
