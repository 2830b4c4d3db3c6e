"""The heartbeat, and the times of cron lines. The only door to APScheduler.

What is due stands in the database: the heartbeat remembers nothing. The library is imported by
who needs it: a poll without cron lines does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo


async def heartbeat(beat: Callable[[], Awaitable[None]], *, seconds: float, stop: asyncio.Event) -> None:
    """Call `beat` every so many seconds until `stop` is set; one that is late or slow drops no later one.

    A job that a library's default would call misfired (the clock moved, the machine
    slept) runs once, then.
    """
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    scheduler = AsyncIOScheduler()
    scheduler.add_job(
        beat, "interval", seconds=seconds, misfire_grace_time=None, coalesce=True, max_instances=1, id="heartbeat"
    )
    scheduler.start()
    await beat()  # an interval's first run comes after it
    try:
        await stop.wait()
    finally:
        scheduler.shutdown(wait=False)


def next_time(line: str, after: datetime, zone: tzinfo) -> datetime:
    """The first time of a cron line after another, as the clocks of `zone` show it. `line` is known to be sound."""
    from apscheduler.triggers.cron import CronTrigger

    found = CronTrigger.from_crontab(line, timezone=zone).get_next_fire_time(after, after)
    assert isinstance(found, datetime)
    return found
