"""Whether a source's window has rolled past what was known of it, and how much is missing. Pure.

    a whole document shows entries, and nothing of what its source has shown before  → its window may have rolled
    most of them are no newer than what was known        → it has not: they are the old ones under other ids
    by the source's rhythm nothing lies between          → nothing is missing
    else                                                 → a gap, from the newest known to the oldest shown

It is made up for by the earlier documents that the source names (RFC 5005), from the newest back, until one shows
what was known before the gap. Whether an entry is a known one under another id is `recognise`'s to say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feedhub import urls
from feedhub.ingest.flood import stated
from feedhub.model import FetchFailed, Gap, Hold, ParsedFeed, ParseFailed, SourceState, Stage
from feedhub.settings import WebAddress

MOST = 20  # documents in one poll; the next poll goes on
_REMEMBERED = timedelta(days=30)  # then nobody needs to hear of it any more, and what still came would be no news
_RHYTHM = 10  # of the newest items known: before them there may be another gap
_HALF_MORE = 1.5  # steps of the rhythm between two items that follow each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What came of going back through a source's earlier documents."""

    pages: tuple[ParsedFeed, ...]
    on: str | None = None  # where it would go on
    met: bool = False  # what was known before the gap
    fault: FetchFailed | ParseFailed | None = None  # why it stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What is missing of a source after one answer, and what was read to make up for it."""

    gap: Gap | None = None
    rolled: bool = False  # noticed just now
    pages: tuple[ParsedFeed, ...] = ()
    until: datetime | None = None  # by when all in them had been shown
    hold: Hold | None = None
    notes: tuple[str, ...] = ()


def may_have_rolled(state: SourceState, feed: ParsedFeed) -> bool:
    """Whether it is worth a look into the database: each entry is new or edited, in a document of a source read before.

    A document that was cut off, or that lists all there is, tells nothing. Nor does the first at a new address.
    """
    whole = feed.whole and not feed.complete and state.last_ok is not None and state.body_digest is not None
    return whole and len(feed.entries) == len(feed.keys) > 0


def noticed(feed: ParsedFeed, dates: Sequence[datetime], state: SourceState, now: datetime) -> Gap | None:
    """The gap before a document that shows nothing of what was known. `dates`: of the newest that was, newest first."""
    since = dates[0] if dates else state.last_ok or state.added
    shown = dates_of([feed])
    later = [date for date in shown if date > since]
    if len(later) < len(shown) / 2:
        return None
    until = min(later, default=now)
    missing = _missing(until - since, dates[:_RHYTHM], later) if later else None
    single = missing is None and len(feed.keys) == 1  # each new entry replaces the last: that is how it is made
    if (missing == 0 or single) and not older(feed):
        return None
    return Gap(since=since, until=until, missing=missing, noticed=now, page=older(feed))


def joined(before: Gap | None, gap: Gap | None) -> Gap | None:
    """One gap of two: a source's window has rolled again before the first was made up for."""
    if before is None or gap is None:
        return gap or before
    missing = None if before.missing is None or gap.missing is None else before.missing + gap.missing
    return replace(gap, since=before.since, noticed=before.noticed, missing=missing)


def remembered(gap: Gap | None, now: datetime) -> Gap | None:
    """The gap, as long as anybody needs to hear of it."""
    return gap if gap and now - max(gap.noticed, gap.until) <= _REMEMBERED else None


def older(feed: ParsedFeed) -> str | None:
    """The document before this one: of an archived feed, of a paged one."""
    pages = dict(feed.pages)
    return pages.get("prev-archive") or (None if feed.archive else pages.get("next"))


async def back(
    start: str,
    read: Callable[[str], Awaitable[ParsedFeed | FetchFailed | ParseFailed]],
    known: Callable[[ParsedFeed], bool],
    gap: Gap,
) -> Walk:
    """Read one earlier document after the other, to the first that shows what was `known`, or lies before the gap."""
    pages: list[ParsedFeed] = []
    visited: set[str] = set()
    address: str | None = start
    while address and len(pages) < MOST:
        page = await read(address)
        if not isinstance(page, ParsedFeed):
            return Walk(pages=tuple(pages), on=address, fault=page)
        visited.add(address)
        pages.append(page)
        if known(page) or max(dates_of([page]), default=gap.since) < gap.since:
            return Walk(pages=tuple(pages), met=True)
        address = older(page)
        if address in visited:
            circle = FetchFailed(stage=Stage.REFUSED, words="its earlier documents lead in a circle")
            return Walk(pages=tuple(pages), fault=circle)
    return Walk(pages=tuple(pages), on=address)


def left(gap: Gap, walk: Walk) -> Gap | None:
    """What is still missing after a walk. One that brings nothing is not gone on with."""
    found = sum(len(page.entries) for page in walk.pages)
    missing = None if gap.missing is None else max(0, gap.missing - found)
    on = walk.on if found or walk.fault else None
    if walk.met or (on is None and walk.fault is None and not missing):
        return None
    until = max(gap.since, min([gap.until, *dates_of(walk.pages)]))
    return replace(gap, until=until, missing=missing, page=on)


def harmless(walk: Walk, location: WebAddress) -> Walk:
    """A walk without the address that it would go on with, where that may hold a secret: such are never kept."""
    secret = walk.on is not None and (location.secret or urls.has_secret(walk.on))
    return replace(walk, on=None) if secret else walk


def repaired(gap: Gap, walk: Walk, *, rolled: bool, hold: Hold | None) -> Repair:
    """What is missing after a walk, and what it has read."""
    fault = (f"what was missed cannot be read: {walk.fault.words}",) if walk.fault else ()
    return Repair(gap=left(gap, walk), rolled=rolled, pages=walk.pages, until=gap.until, hold=hold, notes=fault)


def dates_of(feeds: Iterable[ParsedFeed]) -> list[datetime]:
    """The dates that entries give themselves."""
    return [date for feed in feeds for entry in feed.entries if (date := stated(entry))]


def _missing(distance: timedelta, *stretches: Sequence[datetime]) -> int | None:
    """How many items lie in it, by how closely those before and after it follow each other; none, if by neither any."""
    spans = [(len(dates) - 1, (max(dates) - min(dates)).total_seconds()) for dates in stretches if len(dates) > 1]
    spans = [(steps, seconds) for steps, seconds in spans if seconds]
    if not spans:
        return None
    seconds = distance.total_seconds()
    if max(seconds * steps / span for steps, span in spans) < _HALF_MORE:
        return 0
    return max(1, round(seconds * sum(steps for steps, _ in spans) / sum(span for _, span in spans)) - 1)
