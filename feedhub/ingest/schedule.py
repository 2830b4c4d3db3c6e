"""When to ask a source again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from feedhub.settings import Auto, Cron, Every, Rhythm

AUTO = timedelta(hours=1)
LOCAL = timedelta(minutes=1)  # a file costs nobody anything
LONGEST = timedelta(days=1)
FOREVER = timedelta(days=3650)  # of what a source may ask for: its date may lie past all calendars
SPREAD = 0.1  # of an interval of our own choosing: sources added together drift apart


def next_check(
    rhythm: Rhythm,
    *,
    now: datetime,
    failures: int,
    retry_after: int | None,
    local: bool,
    jitter: float,
    cron: Callable[[str, datetime], datetime],
) -> datetime:
    """When a source is due that has just been asked.

    `failures` in a row lengthen the interval that feedhub chooses itself, up to a
    day; one that is written is used as written. A source's own `retry_after`
    (seconds) is never undercut. `jitter` is in [0, 1); `cron` gives the first time
    of a cron line after another.
    """
    match rhythm:
        case Auto() if local:
            due = now + LOCAL
        case Auto():
            interval = AUTO * 2 ** min(failures, 10) * (1 + SPREAD * jitter)
            due = now + min(interval, LONGEST)
        case Every():
            due = now + rhythm.interval
        case Cron():
            due = cron(rhythm.line, now)
    return max(due, now + min(timedelta(seconds=retry_after or 0), FOREVER))
