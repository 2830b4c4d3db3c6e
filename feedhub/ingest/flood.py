"""What becomes of the unknown entries of one answer, before any feed looks at them. Pure.

    the source's first answer                         → a first answer: `release` bounds it by the backlog
    as many as a source may have to say               → news
    more (contract, "A flood"): undated               → held
        dated all alike, or within the hour           → held, whatever few others come with them
        dated since the source's last good answer     → news
        dated before it                               → the past

An item that is too old for news does not count: it would be history anyhow.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime, timedelta

from feedhub.model import LATE, Fate, Held, ParsedEntry, Via

_ALIKE = timedelta(hours=1)
_ALL_BUT = 10  # of so many one may be the source's usual news, which does not stop for a flood


def stated(entry: ParsedEntry) -> datetime | None:
    """The date that an entry gives itself."""
    return entry.content.published or entry.content.updated


def fates(unknown: Sequence[ParsedEntry], *, last_ok: datetime | None, most: int, now: datetime) -> tuple[Fate, ...]:
    """One for each entry, in their order. `most`: how many are no flood."""
    if last_ok is None:
        return (Via.FIRST,) * len(unknown)
    count = sum(now - (stated(entry) or now) <= LATE for entry in unknown)
    if count <= most:
        return (Via.NEWS,) * len(unknown)
    alike = _alike(sorted(date for entry in unknown if (date := stated(entry))))
    among = f"one of {count} unknown items in one answer, more than {most}"
    return tuple(_fate(stated(entry), last_ok, among, alike) for entry in unknown)


def _alike(dates: Sequence[datetime]) -> Container[datetime]:
    """Those that lie within one hour, where nearly all do."""
    enough = max(2, len(dates) - len(dates) // _ALL_BUT)
    spans = zip(dates, dates[enough - 1 :], strict=False)
    return {date for first, last in spans if last - first <= _ALIKE for date in dates if first <= date <= last}


def _fate(date: datetime | None, last_ok: datetime, among: str, alike: Container[datetime]) -> Fate:
    if date is None:
        return Held(why=f"it has no date, and is {among}")
    if date in alike:
        return Held(why=f"it is dated like the others, and is {among}")
    return Via.NEWS if date > last_ok else Via.PAST
