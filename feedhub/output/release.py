"""What becomes of items that have come to belong to a feed: released, or history. The policy, and nothing else.

Pure. Whether an item belongs to the feed is `membership`'s to say, how it looks is
`assemble`'s. The rules are the contract's ("Which items a feed holds"):

    the feed has not been published yet → the newest `limit` are released, the rest is history
    the admin let it go, or let it go as history → so it is
    an edit or a source's first answer brought it
        → released while the window is not full, or when not older than the window's oldest;
          never more than `backlog` of one source, but of one that the feed's first
          publication had to go without; else history
    it came by itself
        → released when found at most thirty days after its date; else history,
          but for a post that the window still has room for

What is decided once is written down, and never decided again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedhub.model import LATE, ItemId, Placement, ReleaseState, SourceId, Standing, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An item that belongs to a feed and has no place in it yet."""

    item: ItemId
    dated: datetime
    via: Via
    post: bool
    sources: tuple[SourceId, ...]
    group: str  # what a backlog is counted by: the source, or the posts together
    backlog: int  # the most of its group that may be released when added


def place(standing: Standing, arrivals: Sequence[Arrival], *, limit: int, now: datetime) -> tuple[Placement, ...]:
    """The places of items that come together, numbered in the order of their dates."""
    by_date = sorted(arrivals, key=lambda arrival: (arrival.dated, arrival.item))
    if standing.published is None:
        released = {arrival.item for arrival in by_date[-limit:]}
    else:
        released = _released(standing, by_date[::-1], limit=limit, now=now)
    return tuple(
        Placement(
            item=arrival.item,
            number=number,
            dated=min(arrival.dated, now),
            state=ReleaseState.RELEASED if arrival.item in released else ReleaseState.HISTORY,
        )
        for number, arrival in enumerate(by_date, start=standing.last_number + 1)
    )


def _released(standing: Standing, newest_first: Sequence[Arrival], *, limit: int, now: datetime) -> set[ItemId]:
    released: set[ItemId] = set()
    used: Counter[str] = Counter()
    for arrival in newest_first:
        room = standing.shown + len(released) < limit
        fits = room or (standing.oldest is not None and arrival.dated >= standing.oldest)
        match arrival.via:
            case Via.ASKED | Via.PAST:
                goes = arrival.via is Via.ASKED
            case Via.FIRST | Via.ADDED:
                awaited = arrival.via is Via.FIRST and not standing.awaited.isdisjoint(arrival.sources)
                goes = fits and (awaited or used[arrival.group] < arrival.backlog)
                used[arrival.group] += goes
            case Via.NEWS:
                goes = now - arrival.dated <= LATE or (arrival.post and fits)
        if goes:
            released.add(arrival.item)
    return released


def feature(standing: Standing, items: Sequence[ItemId], *, now: datetime) -> tuple[Placement, ...]:
    """The places of items that are featured for the first time: at the time that this happens."""
    return tuple(
        Placement(item=item, number=number, dated=now, state=ReleaseState.RELEASED)
        for number, item in enumerate(items, start=standing.last_number + 1)
    )
