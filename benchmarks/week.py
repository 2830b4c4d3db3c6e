"""A week of polls over sources of every habit: what they were asked, and what subscribers got, when, and how often.

    python benchmarks/week.py --sources 200 --days 7

The clock is moved and nobody sleeps: the hub reads what is due, publishes, and time goes on to the next minute at
which something is due. The same seed gives the same week. A second one has the hub stopped twice, and killed once in
the middle of a poll, wherever that has come to, and must bring the same. Exit code 1 where anything is found that
must not be.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from week_habits import HABITS
from week_report import Row, rows, table
from week_sources import DAY, HOUR, MINUTE, START, Source, make
from week_world import World

from feedhub import app, process
from feedhub.ingest import update
from feedhub.store import leases, sources
from feedhub.store.db import Database

_ENTRY = re.compile(r"<entry>.*?</entry>", re.DOTALL)
_ID, _MARK = re.compile(r"<id>(.*?)</id>"), re.compile(r"mark:(.*?);")
STOPS = ((2 * DAY + 7 * HOUR, 3 * HOUR), (5 * DAY + 2 * HOUR, 10 * MINUTE))  # after how long, and for how long
KILL = 4 * DAY + 6 * HOUR
_KILLED_AFTER = 3  # requests


class Subscriber:
    """Somebody who reads all that is published, each time it changes."""

    def __init__(self, public: Path) -> None:
        self.ids: dict[str, str] = {}  # by mark
        self.twice: set[str] = set()
        self.renamed: set[str] = set()
        self._public = public
        self._seen: defaultdict[str, set[str]] = defaultdict(set)  # by document
        self._there: defaultdict[str, set[str]] = defaultdict(set)

    def read(self, paths: Iterable[str]) -> None:
        """These documents have changed."""
        for path in paths:
            if path.endswith(".atom"):
                self._read(path)

    def _read(self, path: str) -> None:
        marks: Counter[str] = Counter()
        for entry in _ENTRY.findall((self._public / path).read_text()):
            uid, mark = _ID.search(entry), _MARK.search(entry)
            assert uid is not None, entry
            assert mark is not None, entry
            marks[mark[1]] += 1
            if self.ids.setdefault(mark[1], uid[1]) != uid[1]:
                self.renamed.add(mark[1])
        back = (marks.keys() - self._there[path]) & self._seen[path]
        self.twice |= back | {mark for mark, times in marks.items() if times > 1}
        self._there[path] = set(marks)
        self._seen[path] |= set(marks)


@dataclass
class Week:
    """A hub, its sources, and what comes of it."""

    folder: Path
    world: World
    days: float
    subscriber: Subscriber = field(init=False)
    items: dict[str, str] = field(default_factory=dict)  # ids by mark, once it is over
    polls: int = 0

    def __post_init__(self) -> None:
        self.place = app.place(self.folder / "feeds.yaml", None)
        self.subscriber = Subscriber(self.place.public)
        self.end = START + self.days * DAY

    async def live(self, clock: time_machine.Traveller, *, stops: bool) -> None:
        """Go through the days."""
        async with self.world.open():
            self._configure()
            rests = [(*stop, False) for stop in STOPS] + [(KILL, timedelta(), True)] if stops else []
            for after, pause, kill in [*sorted(rests), (self.days * DAY, timedelta(), False)]:
                at = min(START + after, self.end)
                await self._run(clock, at)
                clock.move_to(at + pause)
                if kill:
                    await self._kill(clock)

    def _configure(self) -> None:
        named = {name: {"url": source.url} for name, source in self.world.sources.items()}
        config = {
            "hub": {"title": "A week", "url": "https://hub.example"},
            "fetch": {"allow": ["127.0.0.0/8"], "concurrency": 1},  # one after the other: the same week each time
            "sources": named,
        }
        self.place.config.write_text(json.dumps(config, indent=1))

    async def _run(self, clock: time_machine.Traveller, until: datetime) -> None:
        """The service, as long as it runs."""
        with app.opened(self.place) as db:
            config = app.in_force(db, self.place)
            leases.take_back(db, process.alive)
            leases.spread(db, app.clock())
            async with app.intake(db, config) as tools:
                while (due := self._next_due(db)) < until:
                    clock.move_to(max(due, datetime.now(UTC)))
                    claimed = leases.claim(db, app.clock(), process.owner(), count=len(config.sources))
                    for polled in await update.poll(claimed, config, tools):
                        self.world.ledgers[polled.id].heard(polled, sources.state(db, polled.id).gap)
                    self.subscriber.read(app.publish(db, self.place, config).published)
                    self.polls += 1

    def _next_due(self, db: Database) -> datetime:
        """The next full minute at which something is due."""
        due = min((state.next_check for state in sources.states(db) if not state.gone), default=self.end)
        return due + (-due.timestamp() % 60) * timedelta(seconds=1)

    async def _kill(self, clock: time_machine.Traveller) -> None:
        """A poll of all that has fallen due meanwhile, killed in the middle."""
        clock.move_to(datetime.now(UTC) + 2 * HOUR)
        at = app.clock()
        before = deepcopy(self.world.ledgers)
        command = (sys.executable, __file__, "--poll", str(self.place.config), "--at", at.isoformat())
        child = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)  # of its orphans
        asked, over = (asyncio.create_task(wait) for wait in (self.world.asked(_KILLED_AFTER), child.wait()))
        await asyncio.wait({asked, over}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not over.done():
            child.kill()
        await over
        with app.opened(self.place) as db:
            stored = {state.id for state in sources.states(db) if state.last_checked == at}
        for name in self.world.ledgers.keys() - stored:  # what they said reached nobody
            self.world.ledgers[name] = before[name]

    def rows(self) -> list[Row]:
        """What came of it, by habit."""
        query = """
            SELECT html, uid, held, state, at FROM items LEFT JOIN releases ON item = items.id AND feed = 'combined'
        """
        with closing(sqlite3.connect(self.place.database)) as db:
            stored = [(*_MARK.findall(html)[:1], *rest) for html, *rest in db.execute(query)]
        self.items = {mark: uid for mark, uid, *_ in stored}
        return rows(self.world, stored, self.subscriber.twice, self.subscriber.renamed)


def poll(config: str, at: str) -> None:
    """What the child does that is killed."""
    with time_machine.travel(datetime.fromisoformat(at), tick=False):
        app.poll(app.place(config, None))


def chosen(count: int, days: float, seed: int, kinds: Sequence[str] = ()) -> list[Source]:
    """So many sources, their habits by turns."""
    kinds = kinds or tuple(HABITS)
    kind = [kinds[n % len(kinds)] for n in range(count)]
    return [make(f"s{n:03}", HABITS[one], one, seed, START + days * DAY) for n, one in enumerate(kind)]


def live(folder: Path, chosen_sources: Sequence[Source], *, days: float, seed: int, stops: bool = False) -> Week:
    """Let a week go by. `stops`: the hub is restarted twice and killed once."""
    random.seed(seed)  # the hub's jitter
    week = Week(folder, World(chosen_sources), days)
    with time_machine.travel(START, tick=False) as clock:
        asyncio.run(week.live(clock, stops=stops))
    return week


def main() -> int:
    """Two weeks, and what is to be said of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--poll", help=argparse.SUPPRESS)
    parser.add_argument("--at", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.poll:
        poll(asked.poll, asked.at)
        return 0
    faults = []
    weeks = []
    for stops in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            some = chosen(asked.sources, asked.days, asked.seed)
            week = live(Path(folder), some, days=asked.days, seed=asked.seed, stops=stops)
            found = week.rows()
        print(f"\n{'With two restarts and a kill' if stops else 'Undisturbed'}: {week.polls:,} polls\n")
        print(table(found), flush=True)
        faults += [fault for row in found for fault in row.faults()]
        weeks.append(week)
    faults += differences(*weeks)
    print("\n" + ("\n".join(faults) or "Nothing that must not be."))
    return bool(faults)


def differences(one: Week, other: Week) -> list[str]:
    """Stories that only one week has brought, or each under another id.

    What is minted holds the day on which an item was first seen, and depends on what its source called it then.
    """

    def bare(uid: str) -> str:
        return re.sub(r",\d{4}-\d\d-\d\d:", ":", uid)

    found = []
    for source in one.world.sources.values():
        for mark in (story.mark for story in source.stories):
            known = [(week.items.get(mark), mark in week.world.ledgers[source.name].shown) for week in (one, other)]
            (ours, shown), (theirs, also_shown) = known
            if (ours is None) != (theirs is None) and shown and also_shown:
                found.append(f"{mark} is missing in one week")
            if ours and theirs and bare(ours) != bare(theirs) and not source.habit.fickle:
                found.append(f"{mark} is {ours} in one week, {theirs} in the other")
    return found


if __name__ == "__main__":
    sys.exit(main())
