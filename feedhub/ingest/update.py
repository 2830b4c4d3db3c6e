"""Reading sources: the order of things, and no policy.

    lease → its origin's turn → fetch → (parse, in a worker) → decide → store, validators and all, in one transaction

A source that fails, hangs or lies takes nothing from the others: each has its own
task, and only those of one origin wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter

from feedhub import urls
from feedhub.ingest.decide import Known, Moment, body_digest, decide
from feedhub.ingest.fetch import Fetcher, Request
from feedhub.ingest.recognise import Neighbours
from feedhub.ingest.workers import Workers
from feedhub.model import (
    Fetched,
    Held,
    ParsedFeed,
    ParseOutcome,
    PollResult,
    SourceId,
    SourceState,
    SourceUpdate,
)
from feedhub.settings import Config, LocalFile, Source
from feedhub.store import items, leases, sources
from feedhub.store.db import Database, transaction

_PAST = 500  # of a source's latest items, where all its ids and links change at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What came of asking one source once."""

    id: SourceId
    result: PollResult
    http_status: int | None
    new: int
    updated: int
    held: int
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
    seats: asyncio.Semaphore  # so many are read at once
    origins: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))


class Turn:
    """The right to ask one origin (scheme, host, port), which one at a time has, and a seat.

    Whoever is redirected to another origin gives up the one before waiting for the
    other, seat and all, so that nobody waits in a circle.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._held: list[asyncio.Lock | asyncio.Semaphore] = []
        self._origin: str | None = None

    async def take(self, origin: str) -> timedelta | None:
        """Wait until it may be asked; or, at once, for how long it wants to be left alone."""
        if origin == self._origin:
            return None
        self.end()
        for right in (self._intake.origins[origin], self._intake.seats):
            await right.acquire()
            self._held.append(right)
        self._origin = origin
        return leases.rest(self._intake.db, origin, self._intake.now())

    def end(self) -> None:
        """Let the next one ask."""
        self._origin = None
        while self._held:
            self._held.pop().release()


async def poll(
    claimed: Iterable[SourceId], config: Config, intake: Intake, done: Callable[[Polled], None] = lambda _: None
) -> tuple[Polled, ...]:
    """Read these leased sources, many at once, one at a time of one origin. Tells `done` of each."""

    async def one(source: Source) -> Polled:
        turn = Turn(intake)
        try:
            polled = await read(source, config, intake, turn)
        finally:
            turn.end()
        done(polled)
        return polled

    return tuple(await asyncio.gather(*(one(config.sources[source]) for source in claimed)))


async def read(source: Source, config: Config, intake: Intake, turn: Turn) -> Polled:
    """Ask one source, and store what its answer changes."""
    state = sources.state(intake.db, source.id)
    if await turn.take(_first(source, state)):  # it has asked for rest while this one waited
        leases.give_up(intake.db, source.id, intake.owner)
        return skipped(sources.state(intake.db, source.id))
    started = perf_counter()
    outcome = await intake.fetcher.fetch(
        Request(
            location=source.location,
            address=state.whereabouts.address,
            validators=state.validators,
            headers=source.headers,
        ),
        turn.take,
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
    """What is stored of a document's entries, and near those that come under unknown keys."""
    entries = parsed.entries if isinstance(parsed, ParsedFeed) else ()
    keys = parsed.keys if isinstance(parsed, ParsedFeed) else ()
    deleted = parsed.deleted if isinstance(parsed, ParsedFeed) else ()
    known = items.by_key(db, source, [*(entry.key for entry in entries), *deleted])
    strange = [entry for entry in entries if entry.key not in known]
    linked = items.by_link(db, [urls.link_key(entry.content.link) for entry in strange if entry.content.link])
    own = [item.id for found in linked.values() for item in found if source in item.sources]
    near = Neighbours(
        linked=linked,
        shown=items.keys_of(db, source, own),
        past=items.latest_of(db, source, _PAST) if strange and not items.shows_any(db, source, keys) else (),
    )
    return Known(items=known, near=near, taken=items.Uids(db), dates=sources.dates(db, source))


def _polled(update: SourceUpdate, started: float) -> Polled:
    return Polled(
        id=update.source,
        result=update.result,
        http_status=update.status,
        new=len(update.new),
        held=sum(isinstance(new.fate, Held) for new in update.new),
        updated=sum(changed.content is not None for changed in update.changed),
        error=update.error,
        notes=update.notes,
        ms=round((perf_counter() - started) * 1000),
    )


def _first(source: Source, state: SourceState) -> str:
    """Whom the first request goes to; a file waits for nobody but itself."""
    if isinstance(source.location, LocalFile):
        return str(source.location.path)
    return urls.origin(state.whereabouts.address or source.location.url)


def skipped(state: SourceState) -> Polled:
    """A source that may not be asked now, and why."""
    if state.paused:
        why = "it is paused"
    elif state.gone:
        why = "it is gone for good (410); remove it, or give it its new address"
    elif state.held_until is not None:
        why = f"its server asks to be left alone until {state.held_until:%Y-%m-%d %H:%M} UTC"
    else:
        why = "it is being read by another process"
    return Polled(
        id=state.id, result=PollResult.SKIPPED, http_status=None, new=0, updated=0, held=0, error=why, notes=(), ms=0
    )


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
        "held": sum(one.held for one in all_of),
    }
