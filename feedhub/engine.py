"""The service's heart: what is done at each beat, and what is known of how it goes.

A beat follows feeds.yaml and the posts, starts reading what is due, and publishes what
has changed. It waits for none of these: a source that hangs, or a long build, holds up
nothing else. All that must outlive the process stands in the database.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from feedhub import follow, log
from feedhub.config import file
from feedhub.errors import ConfigError, FeedhubError
from feedhub.ingest import update
from feedhub.ingest.asking import Intake
from feedhub.ingest.update import Polled
from feedhub.model import Health, HealthStatus, PollResult, SourceId
from feedhub.output.build import Built
from feedhub.settings import Config
from feedhub.store import leases, releases

STILL = 30.0  # seconds without a beat after which the service counts as failing
_LOOK_EVERY = 60  # beats: for disks that tell nobody of changes
_BEAT, _PUBLISHING = "the heartbeat", "publishing"  # what the service cannot do without
_UNSEEN = (file.Stamp(0, 0, 0), None)  # feeds.yaml may have been edited since it was read at the start

say = log.get("engine")

_Edition = tuple[file.Stamp | None, str | None]  # of feeds.yaml: the file, and which text the admin has confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the engine works with. `build` takes in the posts and publishes, on a database handle of its own."""

    config_path: Path
    posts: Path
    env: Mapping[str, str]
    intake: Intake
    build: Callable[[Config], Built]
    monotonic: Callable[[], float]


class Engine:
    """One hub, running."""

    def __init__(self, surroundings: Surroundings, in_force: follow.InForce) -> None:
        self.over = asyncio.Event()  # it is to stop, or its tools are not those that feeds.yaml asks for now
        self.in_force = in_force
        self._with = surroundings
        self._seen: _Edition = _UNSEEN
        self._restless: _Edition = _UNSEEN  # what it was a beat ago, if it has just changed
        self._reading: dict[SourceId, asyncio.Task[None]] = {}
        self._building: asyncio.Task[None] | None = None
        self._look = True  # there may be work that the database does not tell of
        self._day = ""
        self._beats = 0
        self._beaten = surroundings.monotonic()
        self._faults: dict[str, str] = {}  # what fails now, and why

    async def beat(self) -> None:
        """Do what is to be done now."""
        self._beaten = self._with.monotonic()
        self._beats += 1
        with self._telling(_BEAT):
            if self._beats % _LOOK_EVERY == 0:
                self._look = True
                leases.renew(self._with.intake.db, self._with.intake.now(), self._with.intake.owner)
            self._follow()
            self._read_due()
            self._publish()

    async def watch(self) -> None:
        """See edits of posts as they are made."""
        with self._telling("watching the posts"):
            async for _ in file.watch([self._with.posts], self.over):
                self._look = True

    async def rest(self) -> None:
        """Leave what is being read, which the next start reads again; finish what is being published."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
        if self._building:
            await self._building
        with self._telling(_BEAT):
            leases.take_back(self._with.intake.db, lambda name: name != self._with.intake.owner)

    def health(self) -> Health:
        """How the service is; may be asked from any thread."""
        age = self._with.monotonic() - self._beaten
        problems = [str(problem) for problem in self.in_force.problems]
        if age > STILL:
            problems.append(f"nothing has been done for {age:.0f} seconds")
        faults = self._faults.copy()  # at once: another thread writes it
        problems += faults.values()
        failing = age > STILL or not faults.keys().isdisjoint((_BEAT, _PUBLISHING))
        status = HealthStatus.FAILING if failing else HealthStatus.DEGRADED if problems else HealthStatus.OK
        return Health(status=status, problems=tuple(problems), heartbeat_age_s=round(age, 1))

    # -- following

    def _follow(self) -> None:
        """Take up an edit of feeds.yaml once the file has come to rest: an editor saves in steps."""
        now = (file.stamp(self._with.config_path), follow.accepted(self._with.intake.db))
        if now == self._seen:
            return
        if now != self._restless:
            self._restless = now
            return
        self._take_up()
        self._seen = now  # only now: where the disk was full, say, it is tried again at the next beat

    def _take_up(self) -> None:
        db = self._with.intake.db
        try:
            found = follow.look(db, self._with.config_path, self._with.env)
        except ConfigError as error:
            found = replace(self.in_force, problems=error.problems)
        if found.problems:
            say.warning("feeds.yaml is not in force", problems=len(found.problems), first=str(found.problems[0]))
        elif follow.bring_into_force(db, found, self._with.intake.now()) or self.in_force.problems:
            say.info("feeds.yaml is in force", sources=len(found.config.sources), authors=len(found.config.authors))
        before, self.in_force = self.in_force.config, found
        self._faults.clear()  # what still fails fails again; what was taken out does not
        self._look = True
        if (before.hub, before.fetch) != (found.config.hub, found.config.fetch):
            self.over.set()
        if before.server != found.config.server:
            say.warning("server counts from the next start on")

    # -- reading

    def _read_due(self) -> None:
        config = self.in_force.config
        db = self._with.intake.db
        now = self._with.intake.now()
        if self._with.intake.seats.locked() or not leases.anything_due(db, now):
            return
        for source in leases.claim(db, now, self._with.intake.owner, count=config.fetch.concurrency):
            if source in config.sources and source not in self._reading:
                self._reading[source] = asyncio.create_task(self._read(source, config))

    async def _read(self, source: SourceId, config: Config) -> None:
        try:
            with self._telling(f"reading {source}"):
                for polled in await update.poll([source], config, self._with.intake):
                    _tell(polled)
                self._look = self._look or bool(releases.unpublished(self._with.intake.db))
        finally:
            del self._reading[source]

    # -- publishing

    def _publish(self) -> None:
        now = self._with.intake.now()
        day = f"{now.astimezone(self.in_force.config.hub.timezone):%Y-%m-%d}"  # a pin's last day may be over
        waits = self._look or day != self._day or releases.work_waits(self._with.intake.db, now)
        if self._building is None and waits:
            self._look, self._day = False, day
            self._building = asyncio.create_task(self._build(self.in_force.config))

    async def _build(self, config: Config) -> None:
        try:
            with self._telling(_PUBLISHING):
                built = await asyncio.to_thread(self._with.build, config)
                if built.published or built.removed:
                    say.info("published", files=len(built.published), removed=len(built.removed))
                for problem in built.problems:
                    say.warning("not published", problem=problem)
        finally:
            self._building = None
            self._look = self._look or _PUBLISHING in self._faults  # tried again: what waits stands in the database

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Whatever goes wrong with one part of the work is told in log and health, and ends no other part."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a fault of ours too: the service goes on, and does not hide it
            known = isinstance(error, FeedhubError | sqlite3.Error | OSError)
            words = f"{what} fails: {error if known else f'{type(error).__name__}, a fault in feedhub; see the log'}"
            if words != self._faults.get(what):
                trace = None if isinstance(error, FeedhubError) else error
                say.error(f"{what} fails", error=str(error), exc_info=trace)
            self._faults[what] = words
        else:
            if self._faults.pop(what, None):
                say.info(f"{what} works again")


def _tell(polled: Polled) -> None:
    said = {"source": polled.id, "result": polled.result, "new": polled.new, "updated": polled.updated, "ms": polled.ms}
    if polled.result is PollResult.FAILED:
        say.warning("read", **said, error=polled.error)
    elif polled.new or polled.updated or polled.notes:
        say.info("read", **said, notes="; ".join(polled.notes) or None)
