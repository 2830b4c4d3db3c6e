"""The composition root: the only place that puts the parts together, and the only one that reads the clock."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from feedhub import __version__, admin, files, follow, process, threads
from feedhub.errors import Busy, ConfigError, NotFound, UsageError
from feedhub.model import Item, Problem, SourceId, Via
from feedhub.settings import Config
from feedhub.store import db as database
from feedhub.store import leases, sources
from feedhub.store.db import Database

if TYPE_CHECKING:  # what reads and renders is imported by the commands that do: `status` waits for neither
    from feedhub.ingest.asking import Intake
    from feedhub.ingest.backfill import Backfilled
    from feedhub.ingest.update import Polled
    from feedhub.output.build import Built
    from feedhub.verify import Verified

T = TypeVar("T")


def clock() -> datetime:
    """Now, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a hub lives."""

    config: Path
    data: Path

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.data / "feedhub.db"

    @property
    def public(self) -> Path:
        """The folder of all that is published."""
        return self.data / "public"

    @property
    def posts(self) -> Path:
        """The folder of local posts."""
        return self.data / "posts"


def place(config: str | Path, data: str | Path | None) -> Place:
    """A hub by its feeds.yaml; its data lie beside that unless said otherwise."""
    path = Path(config).absolute()
    return Place(config=path, data=Path(data).absolute() if data else path.parent / "data")


@contextmanager
def opened(where: Place) -> Iterator[Database]:
    """The hub's database, made if there is none."""
    if not where.config.exists() and not where.database.exists():
        message = "does not exist; make one with `feedhub init`"
        raise ConfigError((Problem(file=str(where.config), line=0, column=0, path="", message=message),))
    with database.opened(where.database) as db:
        yield db


def in_force(db: Database, where: Place) -> Config:
    """The configuration as the file has it, held to by the database. Raises `ConfigError` while the file is broken."""
    found = follow.look(db, where.config, os.environ)
    if found.problems:
        raise ConfigError(found.problems)
    follow.bring_into_force(db, found, clock())
    return found.config


# -- what the commands do


def check(where: Place, *, accept: bool) -> tuple[Problem, ...]:
    """All that is wrong with feeds.yaml and the posts. `accept`: sources that are gone are gone on purpose."""
    if not where.database.exists():
        return _check(None, where)
    with opened(where) as db:
        if accept:
            follow.accept(db, where.config)
        return _check(db, where)


def _check(db: Database | None, where: Place) -> tuple[Problem, ...]:
    from feedhub.ingest import local

    try:
        found = follow.look(db, where.config, os.environ)
    except ConfigError as error:
        return error.problems
    return (*found.problems, *local.look(None, where.posts, found.config).problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PollReport:
    """What came of a poll, and of the build after it."""

    polled: tuple[Polled, ...]
    built: Built


def poll(
    where: Place,
    names: Sequence[str] = (),
    *,
    every: bool = False,
    begin: Callable[[int], None] = lambda _: None,
    done: Callable[[Polled], None] = lambda _: None,
) -> PollReport:
    """Read what is due, or the named sources, or `every` one; then publish what changed."""
    from feedhub.ingest import update

    with opened(where) as db:
        config = in_force(db, where)
        leases.take_back(db, process.alive)
        only = _chosen(config, names, every=every)
        claimed = leases.claim(db, clock(), process.owner(), count=len(config.sources), only=only)
        begin(len(claimed))

        def read(tools: Intake) -> Awaitable[tuple[Polled, ...]]:
            return update.poll(claimed, config, tools, done)

        polled = asyncio.run(_reading(db, config, read)) if claimed else ()
        skipped = tuple(update.skipped(sources.state(db, source)) for source in only or () if source not in claimed)
        return PollReport(polled=(*polled, *skipped), built=publish(db, where, config))


def backfill(
    where: Place, name: str, told: Callable[[Backfilled], None] = lambda _: None, *, pause: timedelta | None = None
) -> tuple[Backfilled, Built]:
    """Read what a source still has of its past, and publish it as history. Raises `NotFound`."""
    from feedhub.ingest import backfill

    with opened(where) as db:
        config = in_force(db, where)
        leases.take_back(db, process.alive)
        _chosen(config, [name], every=False)
        source = config.sources[SourceId(name)]

        def read(tools: Intake) -> Awaitable[Backfilled]:
            return backfill.backfill(source, config, tools, told, backfill.PAUSE if pause is None else pause)

        return asyncio.run(_reading(db, config, read)), publish(db, where, config)


def _chosen(config: Config, names: Sequence[str], *, every: bool) -> tuple[SourceId, ...] | None:
    if names and every:
        raise UsageError("name sources, or say --all; not both")
    unknown = [name for name in names if name not in config.sources]
    if unknown:
        raise NotFound(f"no source {', '.join(unknown)}; feeds.yaml has: {', '.join(config.sources) or 'none'}")
    if every:
        return tuple(source.id for source in config.sources.values() if not source.paused)
    return tuple(SourceId(name) for name in dict.fromkeys(names)) or None


async def _reading(db: Database, config: Config, work: Callable[[Intake], Awaitable[T]]) -> T:
    """What comes of work with the tools of reading, while leases are kept."""
    async with intake(db, config) as tools:
        holding = asyncio.create_task(_keep_leases(db))
        try:
            return await work(tools)
        finally:
            holding.cancel()


async def _keep_leases(db: Database) -> None:
    while True:
        await asyncio.sleep(leases.LEASE.total_seconds() / 3)
        leases.renew(db, clock(), process.owner())


@asynccontextmanager
async def intake(db: Database, config: Config) -> AsyncIterator[Intake]:
    """The tools of reading, put together; nothing of them is left afterwards."""
    from feedhub import scheduler
    from feedhub.ingest.asking import Intake
    from feedhub.ingest.fetch import Fetcher
    from feedhub.ingest.workers import Workers

    asyncio.get_running_loop().set_default_executor(threads.Threads())
    zone = config.hub.timezone
    bounds = config.fetch
    fetcher = Fetcher(
        user_agent=_user_agent(config), timeout=bounds.timeout, max_size=bounds.max_size, allow=bounds.allow
    )
    with Workers() as workers:
        async with fetcher:
            yield Intake(
                db=db,
                fetcher=fetcher,
                workers=workers,
                owner=process.owner(),
                now=clock,
                jitter=random.random,
                cron=lambda line, after: scheduler.next_time(line, after, zone),
                seats=asyncio.Semaphore(bounds.concurrency),
            )


def _user_agent(config: Config) -> str:
    """Who reads, whom to ask about it, and for how many subscribers: the hub itself is one."""
    about = "; ".join(filter(None, (config.hub.url, config.hub.contact, "1 subscriber")))
    return f"feedhub/{__version__} (+{about})"


def build(where: Place, out: Path | None = None) -> Built:
    """Publish everything, without asking any source; into another folder where `out` says so."""
    with opened(where) as db:
        return publish(db, where, in_force(db, where), everything=True, out=out)


def publish(db: Database, where: Place, config: Config, *, everything: bool = False, out: Path | None = None) -> Built:
    """Take in the posts, and publish what has changed."""
    from feedhub.ingest import local
    from feedhub.output import build as output

    admin.remember_problems(db, local.take_in(db, where.posts, config, clock()))
    with files.hold(where.data / "publish.lock", wait=True):
        return output.build(db, config, where.public, clock(), everything=everything, out=out)


def sweep(where: Place) -> None:
    """Clear away what a killed process left half-written."""
    with files.hold(where.data / "publish.lock", wait=True):
        files.sweep(where.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the hub is."""

    sources: tuple[admin.SourceStatus, ...]
    problems: tuple[Problem, ...]


def status(where: Place, *, removed: bool = False) -> Status:
    """How each source is, by the configuration that is in force, and what is wrong."""
    with opened(where) as db:
        problems = follow.take_up(db, where.config, os.environ, clock())
        return Status(sources=admin.status(db, removed=removed), problems=(*problems, *admin.problems(db)))


def held(where: Place) -> tuple[Item, ...]:
    """The items that wait for the admin's word."""
    with opened(where) as db:
        return admin.held(db)


def verify(
    where: Place, *, begin: Callable[[int], None] = lambda _: None, done: Callable[[], None] = lambda: None
) -> Verified:
    """Hold all that is published against its formats and the record of releases."""
    from feedhub import verify as verifying

    with opened(where) as db, files.hold(where.data / "publish.lock", wait=True), database.snapshot(db):
        found = follow.look(db, where.config, os.environ)
        return verifying.verify(db, found.config, where.public, clock(), begin, done)


def release(where: Place, names: Sequence[str], *, as_history: bool) -> tuple[tuple[Item, ...], Built]:
    """Let go what is held, or was retracted, and publish. Raises `NotFound`."""
    with opened(where) as db:
        config = in_force(db, where)
        via = Via.PAST if as_history else Via.ASKED
        gone = admin.let_go(db, names, config.hub.url, via=via, now=clock())
        return gone, publish(db, where, config)


def retract(where: Place, names: Sequence[str]) -> tuple[tuple[Item, ...], Built]:
    """Take items out of every feed, and publish. Raises `NotFound`."""
    with opened(where) as db:
        config = in_force(db, where)
        taken = admin.retract(db, names, config.hub.url, clock())
        return taken, publish(db, where, config)


def explain(where: Place, name: str) -> tuple[admin.Explained, ...]:
    """Where an item came from, and why it is or is not in each feed. Raises `NotFound`."""
    from feedhub.output.build import current_catalogue

    with opened(where) as db:
        found = follow.look(db, where.config, os.environ)
        explained = admin.explain(db, current_catalogue(db, found.config, clock()), name, clock())
    if not explained:
        raise NotFound(f"the hub holds no item with the id or the link {name}")
    return explained


def init(folder: Path) -> tuple[Path, ...]:
    """Write a starter hub; nothing that is there already is touched. Raises `Busy` where a hub is already."""
    from importlib.resources import as_file
    from importlib.resources import files as resources

    if (folder / "feeds.yaml").exists():
        raise Busy(f"{folder / 'feeds.yaml'} is there already; nothing was written")
    written = []
    with as_file(resources("feedhub") / "starter") as starter:
        for path in sorted(path for path in starter.rglob("*") if path.is_file()):
            target = folder / path.relative_to(starter)
            if not target.exists():
                files.replace(target, path.read_bytes())
                written.append(target)
    return tuple(written)
