"""Reading sources: the order of things, and no policy.

    lease → fetch → (parse, in a worker) → decide → store, validators and all, in one transaction

A source that fails, hangs or lies takes nothing from the others: each has its own
task, and only those of one origin wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from feedhub import urls
from feedhub.ingest.decide import Known, Moment, body_digest, decide
from feedhub.ingest.fetch import Fetcher, Request
from feedhub.ingest.workers import Workers
from feedhub.model import (
    Fetched,
    ParsedFeed,
    ParseOutcome,
    PollResult,
    SourceId,
    SourceUpdate,
)
from feedhub.settings import Config, Source, WebAddress
from feedhub.store import items, sources
from feedhub.store.db import Database, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What came of asking one source once."""

    id: SourceId
    result: PollResult
    http_status: int | None
    new: int
    updated: int
    error: str | None
    notes: tuple[str, ...]
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What reading needs: its tools, and the time."""

    db: Database
    fetcher: Fetcher
    workers: Workers
    owner: str  # who holds the leases
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    cron: Callable[[str, datetime], datetime]
    origins: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))


async def poll(
    claimed: Iterable[SourceId], config: Config, intake: Intake, done: Callable[[Polled], None] = lambda _: None
) -> tuple[Polled, ...]:
    """Read these leased sources, many at once, one at a time of one origin. Tells `done` of each."""
    seats = asyncio.Semaphore(config.fetch.concurrency)

    async def one(source: Source) -> Polled:
        async with _turn(source, intake), seats:
            polled = await read(source, config, intake)
        done(polled)
        return polled

    return tuple(await asyncio.gather(*(one(config.sources[source]) for source in claimed)))


def _turn(source: Source, intake: Intake) -> asyncio.Lock:
    """One request at a time goes to an origin (scheme, host, port); a file waits for nobody but itself."""
    location = source.location
    return intake.origins[urls.origin(location.url) if isinstance(location, WebAddress) else str(location.path)]


async def read(source: Source, config: Config, intake: Intake) -> Polled:
    """Ask one source, and store what its answer changes."""
    started = perf_counter()
    state = sources.state(intake.db, source.id)
    outcome = await intake.fetcher.fetch(
        Request(location=source.location, validators=state.validators, headers=source.headers)
    )
    parsed: ParseOutcome | None = None
    if isinstance(outcome, Fetched) and body_digest(outcome.body) != state.body_digest:
        seen = items.seen(intake.db, source.id)
        base = outcome.url or f"{config.hub.url}/sources/{source.id}/"
        parsed = await intake.workers.parse(
            outcome.body, url=base, content_type=outcome.content_type, known=seen, now=intake.now()
        )
    moment = Moment(now=intake.now(), jitter=intake.jitter(), hub_url=config.hub.url, cron=intake.cron)
    with transaction(intake.db):
        update = decide(source, state, outcome, parsed, _known(intake.db, source.id, parsed), moment)
        sources.apply(intake.db, update, intake.owner)
    return _polled(update, started)


def _known(db: Database, source: SourceId, parsed: ParseOutcome | None) -> Known:
    keys = [entry.key for entry in parsed.entries] if isinstance(parsed, ParsedFeed) else []
    return Known(items=items.by_key(db, source, keys), taken=items.Uids(db))


def _polled(update: SourceUpdate, started: float) -> Polled:
    return Polled(
        id=update.source,
        result=update.result,
        http_status=update.status,
        new=len(update.new),
        updated=sum(changed.content is not None for changed in update.changed),
        error=update.error,
        notes=update.notes,
        ms=round((perf_counter() - started) * 1000),
    )


def skipped(source: SourceId) -> Polled:
    """A source that may not be asked now: another process is asking it, or it is gone for good."""
    return Polled(id=source, result=PollResult.SKIPPED, http_status=None, new=0, updated=0, error=None, notes=(), ms=0)


def totals(polled: Iterable[Polled]) -> Mapping[str, int]:
    """The sum of a poll, as the contract names it."""
    all_of = tuple(polled)
    count = {result: sum(one.result is result for one in all_of) for result in PollResult}
    return {
        "polled": len(all_of) - count[PollResult.SKIPPED],
        "ok": count[PollResult.OK],
        "not_modified": count[PollResult.NOT_MODIFIED],
        "unchanged": count[PollResult.UNCHANGED],
        "failed": count[PollResult.FAILED],
        "new": sum(one.new for one in all_of),
        "updated": sum(one.updated for one in all_of),
        "held": 0,
    }
