"""The past of a source, on demand: the order of things.

    its current document, as a poll takes it in
    → document by document back (RFC 5005; of WordPress, by number) → each stored at once: what is unknown is history

One request after the other, with a pause. It reads past what is known, to the end: what an interrupted run,
or a lost poll, has left out may lie anywhere.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from feedhub.errors import UsageError
from feedhub.ingest import gaps, past, schedule, update
from feedhub.ingest.asking import Asking, Intake, Turn
from feedhub.ingest.decide import hold
from feedhub.model import Brought, Fetched, FetchFailed, ParsedFeed, ParseFailed, Via
from feedhub.settings import Config, LocalFile, Source
from feedhub.store import answers, leases, sources
from feedhub.store.db import transaction

MOST = 1000  # documents
PAUSE = timedelta(seconds=1)
_PATIENCE = timedelta(minutes=5)  # for a Retry-After; who asks for more is asked again by another run
_TRIES = 3
_WORDPRESS_PATH = re.compile(r"/feed(?:/(?:rss2?|rdf|atom))?/?\Z|/wp-(?:rss2?|rdf|atom|feed)\.php\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfilled:
    """What a source still had, so far."""

    source: str
    documents: int = 0
    new: int = 0
    known: int = 0
    error: str | None = None


async def backfill(
    source: Source,
    config: Config,
    intake: Intake,
    told: Callable[[Backfilled], None] = lambda _: None,
    pause: timedelta = PAUSE,
) -> Backfilled:
    """Read what a source still has of its past. Tells `told` after each document. Raises `UsageError` for a file."""
    if isinstance(source.location, LocalFile):
        raise UsageError(f"{source.id} is a file: it has no past but what it shows")
    if not _claimed(source, intake):
        return Backfilled(source=source.id, error=update.skipped(sources.state(intake.db, source.id)).error)
    turn = Turn(intake)
    try:
        state = sources.state(intake.db, source.id)
        asking = Asking(source=source, state=state, config=config, intake=intake, turn=turn)
        return await _Run(asking, told, pause).whole()
    finally:
        turn.end()
        leases.give_up(intake.db, source.id, intake.owner)


def _claimed(source: Source, intake: Intake) -> bool:
    return bool(leases.claim(intake.db, intake.now(), intake.owner, count=1, only=[source.id]))


class _Run:
    """One way back through one source."""

    def __init__(self, asking: Asking, told: Callable[[Backfilled], None], pause: timedelta) -> None:
        self._asking = asking
        self._told = told
        self._pause = pause
        self._so_far = Backfilled(source=asking.source.id)
        self._keys: set[str] = set()  # of all entries met
        self._gone: set[str] = set()
        self._reached = asking.intake.now()  # what has no date of its own is as old as what stands around it
        self._visited: set[str] = set()

    async def whole(self) -> Backfilled:
        """Its current document, then those before it."""
        asking = self._asking
        answer = await asking.source_itself(afresh=True)
        polled = await update.take_in(asking, answer)
        if not isinstance(answer.outcome, Fetched) or not isinstance(answer.parsed, ParsedFeed):
            return replace(self._so_far, error=polled.error)
        self._met(answer.parsed, polled.new)
        if not answer.parsed.complete:
            _claimed(asking.source, asking.intake)  # the lease has ended with the answer
            error = await self._earlier(answer.outcome, answer.parsed)
            self._so_far = replace(self._so_far, error=error)
            if error is None and self._so_far.documents > 1:
                answers.close_gap(asking.intake.db, asking.source.id)
        return self._so_far

    async def _earlier(self, answer: Fetched, feed: ParsedFeed) -> str | None:
        """Every earlier document; why not, if that is not the end of them."""
        linked = gaps.older(feed)
        address = linked or (_numbered(answer.url, 2) if _is_wordpress(feed, answer.url) else None)
        while address and address not in self._visited:
            if self._so_far.documents >= MOST:
                return f"there are more than {MOST:,} documents; the rest was not read"
            page = await self._patiently(address)
            if not isinstance(page, ParsedFeed):
                return None if not linked and self._is_past_the_last(page) else _why(page, self._asking.intake.now())
            nothing_more = self._keys.issuperset(page.keys) and (page.keys or not linked)
            self._visited.add(address)
            self._met(page, len(self._take_in(page).new))
            if nothing_more:
                return None
            address = gaps.older(page) if linked else _numbered(answer.url, self._so_far.documents + 1)
        return None

    async def _patiently(self, address: str) -> ParsedFeed | FetchFailed | ParseFailed:
        """A document, after a pause, or after the rest that its server asks for."""
        wait = self._pause
        for _ in range(_TRIES):
            await asyncio.sleep(wait.total_seconds())
            page = await self._asking.document(address)
            if not isinstance(page, FetchFailed) or not page.retry_after:
                break
            wait = schedule.honoured(page.retry_after)
            if wish := hold(page, self._asking.intake.now()):
                leases.hold(self._asking.intake.db, wish, self._asking.intake.now())
            if wait > _PATIENCE:
                break
        return page

    def _is_past_the_last(self, fault: FetchFailed | ParseFailed) -> bool:
        """Numbers end with a 404; and a site that is no WordPress may answer anything to the first of them."""
        if isinstance(fault, FetchFailed) and fault.status in {404, 410}:
            return True
        refused = isinstance(fault, ParseFailed) or (fault.status is not None and 400 <= fault.status < 429)
        return self._so_far.documents == 1 and refused

    def _take_in(self, page: ParsedFeed) -> Brought:
        db, source = self._asking.intake.db, self._asking.source.id
        with transaction(db):
            known = update.known_of(db, source, page)
            moment = self._asking.moment()
            found = past.brought(source, page, known, moment, via=Via.PAST, undated=self._reached, gone=self._gone)
            answers.take_in(db, found)
        return found

    def _met(self, page: ParsedFeed, new: int) -> None:
        so_far = self._so_far
        self._gone.update(page.deleted)
        self._reached = min([self._reached, *gaps.dates_of([page])])
        known = len(set(page.keys) - self._keys) - new
        self._keys.update(page.keys)
        self._so_far = replace(
            so_far, documents=so_far.documents + 1, new=so_far.new + new, known=so_far.known + max(0, known)
        )
        self._told(self._so_far)


def _why(fault: FetchFailed | ParseFailed, now: datetime) -> str:
    if isinstance(fault, FetchFailed) and fault.retry_after:
        until = now + schedule.honoured(fault.retry_after)
        return f"{fault.words}; run it again after {until:%Y-%m-%d %H:%M} UTC"
    return fault.words


def _is_wordpress(feed: ParsedFeed, url: str) -> bool:
    """Whether its pages may be asked for by number. One that only looks so answers with what it has answered before."""
    parts = urlsplit(url)
    return (
        "wordpress" in feed.generator.lower()
        or _WORDPRESS_PATH.search(parts.path) is not None
        or any(name == "feed" for name, _ in parse_qsl(parts.query))
    )


def _numbered(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"]
    return parts._replace(query=urlencode([*query, ("paged", str(number))]), fragment="").geturl()
