"""What a week has come to, by habit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from week_sources import HOUR, Source, Story
from week_world import Ledger, World

_TOLD = timedelta(minutes=1)


@dataclass
class Row:
    """One habit's sources together."""

    habit: str
    sources: int = 0
    requests: int = 0
    conditional: int = 0
    unmodified: int = 0
    failed: int = 0
    early: int = 0
    stale: int = 0
    intervals: list[timedelta] = field(default_factory=list)
    told: int = 0  # stories since the start
    missed: int = 0  # of them, what no answer showed: the window rolled past
    gaps: int = 0
    stored: int = 0
    released: int = 0
    history: int = 0
    held: int = 0
    late: int = 0  # by more than an hour after they were first shown
    lags: list[timedelta] = field(default_factory=list)
    found: list[tuple[str, str]] = field(default_factory=list)  # what must not be, and the story's mark

    def faults(self) -> list[str]:
        """What must not be, in words."""
        counted = {"requests while they were forbidden": self.early, "requests with other validators": self.stale}
        by_kind: dict[str, list[str]] = {}
        for what, mark in self.found:
            by_kind.setdefault(what, []).append(mark)
        return [
            *(f"{self.habit}: {n} {what}" for what, n in counted.items() if n),
            *(f"{self.habit}: {len(marks)} {what}: {', '.join(marks[:5])}" for what, marks in by_kind.items()),
        ]


def rows(world: World, stored: Sequence[tuple[Any, ...]], twice: set[str], renamed: set[str]) -> list[Row]:
    """`stored`: mark, id, why it is held, its state in the combined feed and since when, of every item."""
    by_habit: dict[str, Row] = {}
    items: dict[str, tuple[Any, ...]] = {mark: rest for mark, *rest in stored}
    times = Counter(mark for mark, *_ in stored)
    shared: set[str] = set()
    for source in world.sources.values():
        row = by_habit.setdefault(source.kind, Row(source.kind))
        ledger = world.ledgers[source.name]
        _asked(row, ledger)
        _brought(row, source, world, items, shared)
        marks = {story.mark for story in source.stories}
        for what, which in (
            ("shown twice in a feed, or again", twice),
            ("with another id than before", renamed),
            ("stored as several items", {mark for mark, n in times.items() if n > 1}),
        ):
            row.found += [(what, mark) for mark in sorted(marks & which)]
    return list(by_habit.values())


def _asked(row: Row, ledger: Ledger) -> None:
    row.sources += 1
    for name in ("requests", "conditional", "unmodified", "failed", "early", "stale"):
        setattr(row, name, getattr(row, name) + getattr(ledger, name))
    row.gaps += len({gap.noticed for gap in ledger.gaps})
    row.intervals += [later - earlier for earlier, later in pairwise(ledger.times)]


def _brought(row: Row, source: Source, world: World, items: dict[str, tuple[Any, ...]], counted: set[str]) -> None:
    ledger = world.ledgers[source.name]
    for story in source.stories:
        if not ledger.times[0] < story.at <= ledger.newest or story.mark in counted:
            continue
        counted.add(story.mark)
        row.told += 1
        seen = [at for one in world.ledgers.values() if (at := one.shown.get(story.mark))]
        if not seen:
            _missed(row, story, ledger)
            continue
        if story.mark not in items:
            row.found.append(("lost", story.mark))
            continue
        _, held, state, released = items[story.mark]
        row.stored += 1
        row.held += held is not None
        row.history += state == "history"
        announced = source.habit.announced or (source.habit.flood and not story.flood)
        if state == "released":
            _released(row, story, min(seen), datetime.fromisoformat(released), announced=announced)
        elif announced:
            row.found.append((f"not announced ({held or state})", story.mark))


def _missed(row: Row, story: Story, ledger: Ledger) -> None:
    if story.until:
        return
    row.missed += 1
    if not any(gap.since <= story.at <= gap.until for gap in ledger.gaps):
        row.found.append(("gone by unseen, without a gap", story.mark))


def _released(row: Row, story: Story, seen: datetime, at: datetime, *, announced: bool) -> None:
    row.released += 1
    row.lags.append(at - story.at)
    row.late += at - story.at > HOUR
    if at - seen > _TOLD:
        row.found.append((f"published later than read, by {at - seen}", story.mark))
    if not announced:
        row.found.append(("announced, although old or a flood", story.mark))


def table(found: Sequence[Row]) -> str:
    """For people."""
    columns = (
        *("habit", "sources", "requests", "cond.", "304", "failed", "early", "min h", "median h", "max h", "told"),
        *("missed", "gaps", "stored", "released", "history", "held", "late >1h", "median", "worst", "faults"),
    )
    lines = [columns, *(_line(row) for row in [*found, _total(found)])]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    return "\n".join("  ".join(map(_cell, line, widths, range(len(columns)))) for line in lines)


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def _line(row: Row) -> tuple[str, ...]:
    counts = (row.told, row.missed, row.gaps, row.stored, row.released, row.history, row.held, row.late)
    spread = (min(row.intervals), median(row.intervals), max(row.intervals)) if row.intervals else ()
    return (
        *(row.habit, str(row.sources), f"{row.requests:,}", _share(row.conditional, row.requests)),
        *(_share(row.unmodified, row.requests), str(row.failed), str(row.early)),
        *([_hours(one) for one in spread] or ["-"] * 3),
        *(f"{n:,}" for n in counts),
        *([_hours(median(row.lags)), _hours(max(row.lags))] if row.lags else ["-", "-"]),
        str(len(row.faults())),
    )


def _total(found: Sequence[Row]) -> Row:
    total = Row("all")
    for row in found:
        for name, value in vars(row).items():
            if name != "habit":
                setattr(total, name, getattr(total, name) + value)
    return total


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _hours(span: timedelta) -> str:
    return f"{span / HOUR:.1f}"
