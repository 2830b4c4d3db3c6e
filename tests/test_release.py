"""What becomes of items that come to a feed: the policy, by example and by rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub.model import FeedId, ItemId, Placement, ReleaseState, SourceId, Standing, Via
from feedhub.output import release
from feedhub.output.release import Arrival

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def standing(*, shown: int = 0, oldest: int | None = None, last: int = 0, published: bool = True) -> Standing:
    """A feed whose window shows so many, the oldest of so many days ago."""
    return Standing(
        feed=FeedId("combined"),
        uid="tag:hub.example,2026:feeds/combined",
        published=NOW - 100 * DAY if published else None,
        updated=None,
        awaited=frozenset[SourceId](),
        last_number=last,
        edge=0,
        history=0,
        shown=shown,
        oldest=NOW - oldest * DAY if oldest is not None else None,
        revision=1,
    )


def arrival(item: int, age: float, *, via: Via = Via.NEWS, post: bool = False, backlog: int = 500) -> Arrival:
    """An item of so many days ago."""
    return Arrival(
        item=ItemId(item),
        dated=NOW - age * DAY,
        via=via,
        post=post,
        sources=(),
        group="post" if post else "a",
        backlog=backlog,
    )


def released(placements: tuple[Placement, ...]) -> list[int]:
    return [one.item for one in placements if one.state is ReleaseState.RELEASED]


def test_a_first_publication_releases_the_newest_and_the_rest_is_history() -> None:
    coming = [arrival(n, age=n) for n in range(1, 8)]
    placed = release.place(standing(published=False), coming, limit=3, now=NOW)
    assert released(placed) == [3, 2, 1]
    assert [one.number for one in placed] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.item for one in placed] == [7, 6, 5, 4, 3, 2, 1]


def test_a_first_publication_asks_neither_age_nor_backlog() -> None:
    coming = [arrival(n, age=900 + n, via=Via.ADDED, backlog=0) for n in range(3)]
    assert len(released(release.place(standing(published=False), coming, limit=50, now=NOW))) == 3


def test_what_comes_together_is_numbered_by_date_after_what_is_there() -> None:
    placed = release.place(
        standing(last=41), [arrival(1, age=1), arrival(2, age=3), arrival(3, age=2)], limit=9, now=NOW
    )
    assert [(one.item, one.number) for one in placed] == [(2, 42), (3, 43), (1, 44)]


def test_items_of_one_date_are_numbered_as_they_were_stored() -> None:
    placed = release.place(standing(), [arrival(2, age=1), arrival(1, age=1)], limit=9, now=NOW)
    assert [one.item for one in placed] == [1, 2]


@pytest.mark.parametrize(
    ("age", "state"),
    [(0, "released"), (29.9, "released"), (30, "released"), (30.1, "history"), (400, "history")],
)
def test_an_entry_is_news_up_to_thirty_days_after_its_date(age: float, state: str) -> None:
    """Late is not lost, whatever the window holds; old is not news, even while it has room."""
    full, empty = standing(shown=5, oldest=1, last=5), standing()
    for feed in (full, empty):
        assert [one.state for one in release.place(feed, [arrival(1, age)], limit=5, now=NOW)] == [state]


@pytest.mark.parametrize(
    ("age", "shown", "state"),
    [
        pytest.param(90, 5, "released", id="not older than the oldest shown"),
        pytest.param(100, 5, "released", id="as old as the oldest shown"),
        pytest.param(101, 5, "history", id="older than all, and the window is full"),
        pytest.param(9000, 4, "released", id="older than all, and there is room"),
    ],
)
def test_an_old_post_is_released_where_the_window_reaches_or_has_room(age: float, shown: int, state: str) -> None:
    feed = standing(shown=shown, oldest=100, last=shown)
    assert [one.state for one in release.place(feed, [arrival(1, age, post=True)], limit=5, now=NOW)] == [state]


def test_old_posts_fill_the_room_there_is_newest_first() -> None:
    feed = standing(shown=3, oldest=10, last=3)
    placed = release.place(feed, [arrival(n, age=100 + n, post=True) for n in range(9)], limit=5, now=NOW)
    assert sorted(released(placed)) == [0, 1]


def test_what_an_edit_adds_is_released_down_to_the_oldest_shown() -> None:
    feed = standing(shown=5, oldest=10, last=5)
    coming = [arrival(n, age=n, via=Via.ADDED) for n in range(8, 13)]
    assert sorted(released(release.place(feed, coming, limit=5, now=NOW))) == [8, 9, 10]


def test_what_an_edit_adds_fills_the_room_there_is_newest_first() -> None:
    feed = standing(shown=3, oldest=10, last=3)
    coming = [arrival(n, age=n, via=Via.ADDED) for n in (11, 12, 500, 900)]
    assert sorted(released(release.place(feed, coming, limit=5, now=NOW))) == [11, 12]


def test_what_an_edit_adds_is_bounded_by_the_backlog_of_each_source() -> None:
    coming = [arrival(n, age=n, via=Via.ADDED, backlog=2) for n in range(5)]
    other = Arrival(item=ItemId(9), dated=NOW - 9 * DAY, via=Via.ADDED, post=False, sources=(), group="b", backlog=2)
    assert sorted(released(release.place(standing(), [*coming, other], limit=50, now=NOW))) == [0, 1, 9]


def test_a_backlog_of_none_is_no_bound_and_one_of_nought_lets_nothing_in() -> None:
    coming = [arrival(n, age=n, via=Via.ADDED) for n in range(40)]
    assert len(released(release.place(standing(), coming, limit=50, now=NOW))) == 40
    coming = [arrival(n, age=n, via=Via.ADDED, backlog=0) for n in range(40)]
    assert released(release.place(standing(), coming, limit=50, now=NOW)) == []


def test_a_backlog_does_not_bound_news() -> None:
    coming = [arrival(n, age=n, backlog=1) for n in range(6)]
    assert len(released(release.place(standing(), coming, limit=3, now=NOW))) == 6


def test_a_date_to_come_counts_as_now() -> None:
    (placed,) = release.place(standing(), [arrival(1, age=-2)], limit=3, now=NOW)
    assert placed.dated == NOW


def test_what_is_featured_goes_by_the_time_that_it_is() -> None:
    placed = release.feature(standing(last=7), [ItemId(3), ItemId(1)], now=NOW)
    assert [(one.item, one.number, one.dated, one.state) for one in placed] == [
        (3, 8, NOW, "released"),
        (1, 9, NOW, "released"),
    ]


arrivals = st.lists(
    st.builds(
        arrival,
        item=st.integers(1, 10**6),
        age=st.integers(0, 3000).map(lambda tenths: tenths / 10),
        via=st.sampled_from([Via.NEWS, Via.FIRST, Via.ADDED]),
        post=st.booleans(),
        backlog=st.integers(0, 5),
    ),
    max_size=40,
    unique_by=lambda one: one.item,
)
standings = st.builds(
    standing,
    shown=st.integers(0, 12),
    oldest=st.none() | st.integers(0, 100),
    last=st.integers(0, 99),
    published=st.booleans(),
)


@given(feed=standings, coming=arrivals, limit=st.integers(1, 20))
def test_everything_that_comes_gets_one_place_numbered_on_in_the_order_of_its_date(
    feed: Standing, coming: list[Arrival], limit: int
) -> None:
    placed = release.place(feed, coming, limit=limit, now=NOW)
    assert sorted(one.item for one in placed) == sorted(one.item for one in coming)
    assert [one.number for one in placed] == list(range(feed.last_number + 1, feed.last_number + 1 + len(coming)))
    assert [one.dated for one in placed] == sorted(one.dated for one in placed)


@given(feed=standings, coming=arrivals, limit=st.integers(1, 20))
def test_the_order_in_which_items_are_found_decides_nothing(feed: Standing, coming: list[Arrival], limit: int) -> None:
    assert release.place(feed, coming, limit=limit, now=NOW) == release.place(feed, coming[::-1], limit=limit, now=NOW)


@given(feed=standings, coming=arrivals, limit=st.integers(1, 20))
def test_nothing_added_that_is_older_than_the_oldest_enters_a_full_window(
    feed: Standing, coming: list[Arrival], limit: int
) -> None:
    placed = release.place(feed, coming, limit=limit, now=NOW)
    added = {one.item for one in coming if one.via is not Via.NEWS}
    if feed.published and feed.oldest and feed.shown >= limit:
        let_in = [one for one in placed if one.item in added and one.state is ReleaseState.RELEASED]
        assert all(one.dated >= feed.oldest for one in let_in)


def test_what_the_admin_lets_go_is_released_however_old() -> None:
    coming = [arrival(1, age=900, via=Via.ASKED), arrival(2, age=1, via=Via.PAST)]
    assert released(release.place(standing(shown=50, oldest=5), coming, limit=50, now=NOW)) == [1]
