"""Reading sources: the order of things, and no policy.

    lease → its origin's turn → fetch → (parse, in a worker) → (where its window has rolled: earlier documents)
    → decide → store, validators and all, in one transaction; answers without news, many in one

A source that fails, hangs or lies takes nothing from the others: each has its own
task, and only those of one origin wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter

from feedhub import urls
from feedhub.ingest import gaps, past
from feedhub.ingest.asking import Answer, Asking, Intake, Turn
from feedhub.ingest.decide import Known, Moment, decide, hold
from feedhub.ingest.gaps import Repair
from feedhub.ingest.recognise import Neighbours, recognise
from feedhub.model import (
    Brought,
    FetchFailed,
    Gap,
    Held,
    ParsedFeed,
    ParseFailed,
    ParseOutcome,
    PollResult,
    SourceId,
    SourceState,
    SourceUpdate,
    Via,
)
from feedhub.settings import Config, LocalFile, Source
from feedhub.store import answers, items, leases, sources
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


_MANY = 64  # answers without news in one transaction


class _Quiet:
    """Answers without news, not stored yet: a transaction for each would cost as much as half of the asking.

    Until they are, a crash makes them never asked: their leases end with their owner.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._updates: list[SourceUpdate] = []

    def keep(self, update: SourceUpdate) -> None:
        self._updates.append(update)
        if len(self._updates) == _MANY:
            self.store()

    def store(self) -> None:
        updates, self._updates = self._updates, []
        if updates:
            with transaction(self._intake.db):
                for update in updates:
                    answers.apply(self._intake.db, update, self._intake.owner)


async def poll(
    claimed: Iterable[SourceId], config: Config, intake: Intake, done: Callable[[Polled], None] = lambda _: None
) -> tuple[Polled, ...]:
    """Read these leased sources, many at once, one at a time of one origin. Tells `done` of each."""

    async def one(state: SourceState) -> Polled:
        turn = Turn(intake)
        try:
            polled = await _read(config.sources[state.id], state, config, intake, turn, quiet)
        finally:
            turn.end()
        done(polled)
        return polled

    asked = list(claimed)
    states, quiet = sources.by_ids(intake.db, asked), _Quiet(intake)
    try:
        return tuple(await asyncio.gather(*(one(states[source]) for source in asked)))
    finally:
        quiet.store()


async def _read(
    source: Source, state: SourceState, config: Config, intake: Intake, turn: Turn, quiet: _Quiet
) -> Polled:
    """Ask one source, and store what its answer changes."""
    if await turn.take(_first(source, state)):  # it has asked for rest while this one waited
        leases.give_up(intake.db, source.id, intake.owner)
        return skipped(sources.state(intake.db, source.id))
    asking = Asking(source=source, state=state, config=config, intake=intake, turn=turn)
    answer = await asking.source_itself()
    if answer.parsed is None and not isinstance(answer.outcome, FetchFailed) and state.gap is None:
        known = known_of(intake.db, source.id, None)
        update = decide(source, state, answer.outcome, None, known, asking.moment())
        quiet.keep(update)
        return _polled(update, (), answer.started)
    return await take_in(asking, answer)


async def take_in(asking: Asking, answer: Answer) -> Polled:
    """Store what an answer changes, and what makes up for a gap that it shows, in one transaction."""
    db, source, outcome, parsed = asking.intake.db, asking.source, answer.outcome, answer.parsed
    repair = await _repair(asking, answer)
    moment = asking.moment()
    with transaction(db):
        known = known_of(db, source.id, parsed)
        update = decide(source, asking.state, outcome, parsed, known, moment, repair)
        answers.apply(db, update, asking.intake.owner)
        gone = set(parsed.deleted) if isinstance(parsed, ParsedFeed) else set()
        late = [
            _earlier(db, source.id, page, moment, gone, undated=min(repair.until or moment.now, moment.now))
            for page in repair.pages
        ]
    return _polled(update, late, answer.started)


def _earlier(
    db: Database, source: SourceId, page: ParsedFeed, moment: Moment, gone: set[str], *, undated: datetime
) -> Brought:
    """Store what an earlier document brings. What it has no date for came before the gap was over."""
    known = known_of(db, source, page)
    found = past.brought(source, page, known, moment, via=Via.NEWS, undated=undated, gone=gone)
    answers.take_in(db, found)
    gone.update(page.deleted)
    return found


async def _repair(asking: Asking, answer: Answer) -> Repair:
    """What is missing of the source now, once its earlier documents have been read as far as need be."""
    db, source, state, now = asking.intake.db, asking.source.id, asking.state, asking.intake.now()
    if isinstance(answer.outcome, FetchFailed) or isinstance(answer.parsed, ParseFailed):
        return Repair(gap=state.gap)
    before = gaps.remembered(state.gap, now)
    if before and answer.parsed and items.shows_any(db, source, answer.parsed.keys, before=before.noticed):
        before = None  # what was known before it is shown again, and all that came since beside it
    new = _rolled(db, source, state, answer.parsed, now) if answer.parsed else None
    gap = gaps.joined(before, new)
    location = asking.source.location
    if gap and isinstance(location, LocalFile):
        gap = replace(gap, page=None)  # what a file refers to is nobody's to ask for
    if gap is None or gap.page is None or isinstance(location, LocalFile):
        return Repair(gap=gap, rolled=new is not None)

    def known(page: ParsedFeed) -> bool:
        return items.shows_any(db, source, page.keys, before=gap.noticed if before else None)

    walk = gaps.harmless(await gaps.back(gap.page, asking.document, known, gap), location)
    wish = hold(walk.fault, now) if walk.fault else None
    return gaps.repaired(gap, walk, rolled=new is not None, hold=wish)


def _rolled(db: Database, source: SourceId, state: SourceState, feed: ParsedFeed, now: datetime) -> Gap | None:
    """The gap that a document shows, where its window has rolled past all that was known."""
    if not gaps.may_have_rolled(state, feed) or items.shows_any(db, source, feed.keys):
        return None
    known = known_of(db, source, feed)
    if not items.seen(db, source, most=1) or recognise(feed.entries, feed.keys, source, known.near).same:
        return None
    return gaps.noticed(feed, known.dates, state, now)


def known_of(db: Database, source: SourceId, parsed: ParseOutcome | None) -> Known:
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


def _polled(update: SourceUpdate, late: Sequence[Brought], started: float) -> Polled:
    new = [item for brought in (update, *late) for item in brought.new]
    return Polled(
        id=update.source,
        result=update.result,
        http_status=update.status,
        new=len(new),
        held=sum(isinstance(item.fate, Held) for item in new),
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
