"""Asking one source: what that needs, whose turn it is, and what comes back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from urllib.parse import urljoin

from feedhub import urls
from feedhub.ingest.decide import Moment, body_digest
from feedhub.ingest.fetch import Fetcher, Request
from feedhub.ingest.workers import Workers
from feedhub.model import (
    Fetched,
    FetchFailed,
    FetchOutcome,
    ParsedFeed,
    ParseFailed,
    ParseOutcome,
    SourceState,
    Validators,
)
from feedhub.settings import Config, Source, WebAddress
from feedhub.store import items, leases, sources
from feedhub.store.db import Database


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a source said, and what could be read in it: None, where there is nothing new in it."""

    outcome: FetchOutcome
    parsed: ParseOutcome | None
    started: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One source, asked now, as long as its origin's turn is held."""

    source: Source
    state: SourceState
    config: Config
    intake: Intake
    turn: Turn

    async def source_itself(self, *, afresh: bool = False) -> Answer:
        """Its current document; `afresh`: whether it has changed or not."""
        started = perf_counter()
        validators = Validators() if afresh else self.state.validators
        outcome = await self._fetch(self.state.whereabouts.address, validators)
        parsed: ParseOutcome | None = None
        if isinstance(outcome, Fetched) and (afresh or body_digest(outcome.body) != self.state.body_digest):
            remembered = sources.remembered(self.intake.db, self.source.id)
            parsed = await self._parse(outcome, remembered)
        return Answer(outcome=outcome, parsed=parsed, started=started)

    async def document(self, address: str) -> ParsedFeed | FetchFailed | ParseFailed:
        """Another of its documents."""
        outcome = await self._fetch(address, Validators())
        if isinstance(outcome, Fetched):
            return await self._parse(outcome)
        assert isinstance(outcome, FetchFailed)  # a 304 that was not asked for is one
        return outcome

    async def _fetch(self, address: str | None, validators: Validators) -> FetchOutcome:
        source = self.source
        request = Request(location=source.location, address=address, validators=validators, headers=source.headers)
        return await self.intake.fetcher.fetch(request, self.turn.take)

    async def _parse(self, answer: Fetched, remembered: str = "") -> ParseOutcome:
        return await self.intake.workers.parse(
            answer.body,
            url=self._base(answer.url) or f"{self.config.hub.url}/sources/{self.source.id}/",
            content_type=answer.content_type,
            known=items.seen(self.intake.db, self.source.id),
            now=self.intake.now(),
            remembered=remembered,
        )

    def _base(self, address: str) -> str:
        """What references in a document are resolved against, without what may be secret of its address.

        `#note` would keep the query, and `.` the path; of that nobody knows which part is a variable's.
        """
        location = self.source.location
        unknown = isinstance(location, WebAddress) and location.secret and not urls.has_secret(location.url)
        return urljoin(address, "/") if unknown else address.partition("?")[0]

    def moment(self) -> Moment:
        """Now."""
        intake = self.intake
        return Moment(now=intake.now(), jitter=intake.jitter(), hub_url=self.config.hub.url, cron=intake.cron)
