"""A source that suddenly lists a hundred old items, or dates them all anew, floods nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from conftest import NOW, Entry, Hub, numbered

from feedhub import app
from feedhub.errors import NotFound

DAY = timedelta(days=1)


@pytest.fixture
def calm(hub: Hub) -> Hub:
    """A hub whose source has shown three items, read last a day ago; ten unknown ones are a flood."""
    hub.source("news", flood=10)
    hub.show("news", numbered(range(3), newest=NOW - DAY))
    hub.poll()
    hub.pass_(days=1)
    return hub


def unknown(count: int, dated: datetime | None, step: timedelta = timedelta()) -> list[Entry]:
    """Entries that nobody has seen, the first at `dated`, each a `step` older than the one before."""
    return [
        Entry(
            id=f"urn:unknown:{n}", title=f"Unknown {n}", dated=dated and dated - n * step, link=f"https://x.example/{n}"
        )
        for n in range(count)
    ]


def shows(hub: Hub, entries: list[Entry]) -> None:
    hub.show("news", entries + numbered(range(3), newest=NOW - DAY))


def test_as_many_as_a_source_may_say_are_news(calm: Hub) -> None:
    shows(calm, unknown(10, NOW + DAY, timedelta(minutes=1)))
    assert calm.poll()["news"].held == 0
    assert len(calm.ids()) == 13


def test_items_dated_since_the_last_answer_are_released_however_many(calm: Hub) -> None:
    shows(calm, unknown(20, NOW + DAY, timedelta(hours=1)))
    polled = calm.poll()["news"]
    assert (polled.new, polled.held) == (20, 0)
    assert len(calm.ids()) == 23


def test_items_dated_before_the_last_answer_are_history(calm: Hub) -> None:
    shows(calm, unknown(20, NOW - 2 * DAY, DAY))
    assert calm.poll()["news"].held == 0
    assert len(calm.ids()) == 3
    assert calm.verdicts("urn:unknown:5")["combined"] == "history"


@pytest.mark.parametrize(
    ("dated", "step"),
    [
        pytest.param(None, timedelta(), id="undated"),
        pytest.param(NOW + DAY, timedelta(), id="all alike"),
        pytest.param(NOW + DAY, timedelta(minutes=2), id="within the hour"),
    ],
)
def test_items_that_tell_no_date_to_go_by_are_held(calm: Hub, dated: datetime | None, step: timedelta) -> None:
    before = calm.files()
    shows(calm, unknown(20, dated, step))
    polled = calm.poll()["news"]
    assert (polled.new, polled.held) == (20, 20)
    assert calm.files() == before
    held = app.held(calm.place)
    assert len(held) == 20
    assert calm.verdicts("urn:unknown:5")["combined"] == "held"
    assert all("more than 10" in (item.held or "") for item in held)


def test_the_usual_news_beside_a_flood_does_not_let_it_through(calm: Hub) -> None:
    """A source goes on publishing while it is flooded: two items from outside the hour are none of the flood."""
    usual = numbered([4, 5], newest=NOW + timedelta(hours=8), step=timedelta(hours=5))
    shows(calm, unknown(20, NOW + DAY, timedelta(minutes=2)) + usual)
    assert calm.poll()["news"].held == 20
    assert calm.titles()[:2] == ["Item 5", "Item 4"]


def test_old_items_do_not_count_for_a_flood(calm: Hub) -> None:
    shows(calm, unknown(5, NOW + DAY - timedelta(hours=1), timedelta(minutes=1)) + unknown(40, NOW - 90 * DAY, DAY)[5:])
    assert calm.poll()["news"].held == 0
    assert len(calm.ids()) == 8


def test_a_sources_first_answer_is_no_flood(hub: Hub) -> None:
    hub.source("news", flood=10)
    hub.show("news", unknown(40, NOW, timedelta()))
    assert hub.poll()["news"].held == 0
    assert len(hub.ids()) == 40


def held(calm: Hub) -> Hub:
    shows(calm, unknown(20, NOW + DAY))
    calm.poll()
    return calm


def test_what_is_held_goes_when_the_admin_says_so(calm: Hub) -> None:
    hub = held(calm)
    items, _ = app.release(hub.place, ["urn:unknown:3"], as_history=False)
    assert [item.uid for item in items] == ["urn:unknown:3"]
    assert "Unknown 3" in hub.titles()
    app.release(hub.place, ["news"], as_history=False)
    assert len(hub.ids()) == 23
    assert app.held(hub.place) == ()


def test_what_is_let_go_as_history_is_announced_nowhere(calm: Hub) -> None:
    hub = held(calm)
    before = hub.ids()
    app.release(hub.place, ["news"], as_history=True)
    assert hub.ids() == before
    assert hub.verdicts("urn:unknown:3")["combined"] == "history"


def test_what_is_retracted_instead_never_shows(calm: Hub) -> None:
    hub = held(calm)
    app.retract(hub.place, ["urn:unknown:3"])
    app.release(hub.place, ["news"], as_history=False)
    assert "Unknown 3" not in hub.titles()
    assert hub.verdicts("urn:unknown:3")["combined"] == "retracted"


def test_held_items_that_are_shown_again_stay_held(calm: Hub) -> None:
    hub = held(calm)
    hub.pass_(days=1)
    hub.poll()
    assert len(app.held(hub.place)) == 20


# -- retraction


def test_a_retracted_item_leaves_a_hole_and_pulls_nothing_back(hub: Hub) -> None:
    """An item that left the window must not return when a newer one is retracted."""
    hub.configure(publish={"limit": 5})
    hub.source("news")
    hub.show("news", numbered(range(8)))
    hub.poll()
    app.retract(hub.place, [hub.ids()[0]])
    assert hub.titles() == ["Item 6", "Item 5", "Item 4", "Item 3"]
    hub.pass_(hours=1)
    hub.show("news", numbered(range(9), newest=NOW + timedelta(hours=1)))
    hub.poll()
    assert hub.titles() == ["Item 8", "Item 6", "Item 5", "Item 4"]


def test_a_retracted_item_that_is_released_again_is_where_it_was(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(3)))
    hub.poll()
    before = hub.files()
    app.retract(hub.place, ["tag:source.example,2026:1"])
    assert hub.titles() == ["Item 2", "Item 0"]
    app.release(hub.place, ["tag:source.example,2026:1"], as_history=False)
    assert hub.files() == before


def test_a_retracted_item_stays_so_when_its_source_edits_it(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(3)))
    hub.poll()
    app.retract(hub.place, ["https://source.example/1"])
    hub.show("news", [Entry(id="tag:source.example,2026:1", title="Edited", dated=NOW)])
    hub.poll()
    assert hub.titles() == ["Item 2", "Item 0"]


def test_what_is_retracted_twice_was_retracted_the_first_time(hub: Hub) -> None:
    """Its tombstone says when: it stands in documents that stay as they are."""
    hub.source("news")
    hub.show("news", numbered(range(3)))
    hub.poll()
    app.retract(hub.place, ["https://source.example/1"])
    before = hub.files()
    hub.pass_(days=1)
    app.retract(hub.place, ["https://source.example/1"])
    assert hub.files() == before


def test_a_pin_whose_item_is_retracted_leaves_its_place_to_the_next(hub: Hub) -> None:
    hub.source("news")
    hub.show("news", numbered(range(3)))
    pin = {"url": "https://x.example/pinned", "title": "Pinned"}
    hub.configure(featured={"limit": 2, "sources": ["news"], "pins": [pin]})
    hub.poll()
    assert hub.titles("featured") == ["Pinned", "Item 2"]
    app.retract(hub.place, [pin["url"]])
    assert hub.titles("featured") == ["Item 2", "Item 1"]
    assert "taken back" in hub.build().problems[0]


def test_what_is_not_known_cannot_be_retracted_or_released(hub: Hub) -> None:
    hub.build()
    with pytest.raises(NotFound, match="no item"):
        app.retract(hub.place, ["https://nowhere.example/"])
    with pytest.raises(NotFound, match="nothing of a source news is held"):
        app.release(hub.place, ["news"], as_history=False)
