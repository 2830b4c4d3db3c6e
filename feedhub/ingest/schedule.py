"""When to ask a source again. Pure.

Three voices are heard. `feeds.yaml`: an interval or a cron line, or `auto`. The source's rhythm, which `auto`
follows. And the source's own word, which only ever makes it later: Retry-After, max-age and Expires, ttl and
`sy:`, skipHours and skipDays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from feedhub.model import Asks
from feedhub.settings import Auto, Cron, Every, Rhythm

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST_FRESH = timedelta(weeks=1)  # the year that static hosts give to pictures is not meant for a feed
LONGEST_RETRY = timedelta(days=30)  # and a time of day written as seconds is not meant at all
SPREAD = 0.1  # of an interval of our own choosing: sources added together drift apart
GAPS = 10  # of the newest items: a rhythm of years ago is nobody's any more
SILENCE = 10  # after ten days without an item a source is asked once a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of a source that has just been asked."""

    failures: int = 0  # in a row, this one included
    rest: timedelta = timedelta()  # its Retry-After
    too_often: bool = False  # it says that it was asked too often
    fresh: int = 0  # seconds for which its answer holds
    asks: Asks = field(default_factory=Asks)
    conditional: bool = True  # it can answer that nothing has changed
    dates: Sequence[datetime] = ()  # of its newest items, newest first
    gap: bool = False  # items went by unseen between two polls
    local: bool = False  # a file costs nobody anything


def next_check(
    rhythm: Rhythm, told: Told, *, now: datetime, jitter: float, cron: Callable[[str, datetime], datetime]
) -> datetime:
    """When the source is due. `jitter` is in [0, 1); `cron` gives the first time of a cron line after another.

    What is written in feeds.yaml is used as written; only where the source fails again
    and again, up to an hour lies between. Nothing undercuts the source's own word.
    """
    match rhythm:
        case Auto() if told.local:
            due = now + MINUTE
        case Auto():
            due = now + _own_choice(told, now, jitter)
        case Every(interval=interval):
            due = now + max(interval, _patience(interval, told.failures - 1, HOUR))
        case Cron(line=line):
            due = cron(line, now + _patience(MINUTE, told.failures - 1, HOUR) - MINUTE)
    return told.asks.open_from(max(due, now + _word(told)))


def _own_choice(told: Told, now: datetime, jitter: float) -> timedelta:
    """Between an hour and a day; a day, where each answer costs the source its whole feed and it asks for no more.

    Half of it while something is missing.
    """
    if told.failures:
        interval = _patience(HOUR, told.failures, DAY)
    elif told.conditional or told.fresh or told.asks.ttl or told.asks.period:
        interval = learnt(told.dates, now)
        interval = max(interval / 2, HOUR) if told.gap else interval
    else:
        day = DAY * (1 + SPREAD / 5 * jitter)
        return day / 2 if told.gap else day
    later = interval * (1 + SPREAD * jitter)
    return later if later <= DAY else DAY * (1 - SPREAD * jitter)


def learnt(dates: Sequence[datetime], now: datetime) -> timedelta:
    """How often to ask a source with items of these dates: about twice between two of them, but an hour to a day.

    What comes within an hour came together, so that a flood, or a feed without dates, is
    no rhythm. Silence makes it slower, little by little: a night is nothing, ten days are.
    """
    moments: list[datetime] = []
    for date in sorted(dates, reverse=True):
        if date <= now and (not moments or moments[-1] - date >= HOUR):
            moments.append(date)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(moments)][:GAPS]
    rhythm = timedelta(seconds=median(gaps) / 2) if gaps else HOUR
    silence: timedelta = (now - moments[0]) / SILENCE if moments else DAY
    return min(max(rhythm, silence, HOUR), DAY)


def _patience(interval: timedelta, times: int, most: timedelta) -> timedelta:
    """The interval, doubled so many times, up to `most`."""
    return min(interval * (1 << min(max(times, 0), 20)), most)


def _word(told: Told) -> timedelta:
    """How long the source wants to be left alone."""
    fresh = max(timedelta(seconds=told.fresh), told.asks.ttl or timedelta(), told.asks.period or timedelta())
    enough = _patience(HOUR, told.failures - 1, DAY) if told.too_often else timedelta()
    return max(min(fresh, LONGEST_FRESH), enough, told.rest)


def honoured(retry_after: int) -> timedelta:
    """Retry-After, within reason."""
    return min(timedelta(seconds=retry_after), LONGEST_RETRY)
