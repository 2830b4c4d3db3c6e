"""The sources' side of it: origins on loopback, and what each knows of those who ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from week_sources import START, Answer, Source

from feedhub.ingest.update import Polled
from feedhub.model import Gap


@dataclass
class Ledger:
    """What one source knows of the hub's requests, and what the hub said of them."""

    requests: int = 0
    times: list[datetime] = field(default_factory=list)  # of polls: a redirect is part of one
    conditional: int = 0
    unmodified: int = 0
    early: int = 0  # while it had asked to be left alone
    stale: int = 0  # with other validators than those it gave last
    newest: datetime = START  # of all that it has shown
    shown: dict[str, datetime] = field(default_factory=dict)  # by mark: when the hub was first shown it
    gaps: list[Gap] = field(default_factory=list)
    new: int = 0
    failed: int = 0
    _rest: datetime = START  # not to be asked before
    _given: tuple[str | None, str | None] = (None, None)

    def note(self, at: datetime, sent: Mapping[str, str], source: Source, answer: Answer) -> None:
        """One request and its answer."""
        validators = (sent.get("if-none-match"), sent.get("if-modified-since"))
        habit = source.habit
        skipped = at.hour in habit.skip_hours or at.weekday() in habit.skip_days
        self.requests += 1
        self.early += at < self._rest or (skipped and bool(self.times))
        self.times += [at] if self.times[-1:] != [at] else []
        self.conditional += any(validators)
        self.unmodified += answer.status == 304
        self.stale += any(validators) and validators != self._given
        self._rest = at + answer.rest
        given = (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        self._given = given if any(given) else self._given
        for story in answer.shown:
            self.newest = max(self.newest, story.at)
            self.shown.setdefault(story.mark, at)

    def heard(self, polled: Polled, gap: Gap | None) -> None:
        """What the hub made of an answer."""
        self.new += polled.new
        self.failed += polled.result == "failed"
        if gap and gap not in self.gaps[-1:]:
            self.gaps.append(gap)


class World:
    """All sources, each at an origin of its own."""

    def __init__(self, chosen: Iterable[Source]) -> None:
        self.sources = {source.name: source for source in chosen}
        self.ledgers = {name: Ledger() for name in self.sources}
        self._requests = asyncio.Semaphore(0)

    async def asked(self, times: int) -> None:
        """Wait for so many requests from now on."""
        self._requests = asyncio.Semaphore(0)
        for _ in range(times):
            await self._requests.acquire()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """While this lasts, they can be asked."""
        async with AsyncExitStack() as stack:
            for source in self.sources.values():
                source.url = await self._origin(stack, source, "feed")
                source.elsewhere = await self._origin(stack, source, "elsewhere")
            yield

    async def _origin(self, stack: AsyncExitStack, source: Source, name: str) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(self._answer(source, head, moved=name == "elsewhere"))
                await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass  # the hub was killed
            finally:
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        stack.callback(server.close)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{name}"

    def _answer(self, source: Source, head: str, *, moved: bool) -> bytes:
        lines = (line.partition(": ") for line in head.split("\r\n")[1:])
        sent = {name.lower(): value for name, _, value in lines}
        at = datetime.now(UTC)
        answer = source.answer(at, sent, moved=moved)
        self.ledgers[source.name].note(at, sent, source, answer)
        self._requests.release()
        length = len(answer.body) + (1000 if answer.cut else 0)
        headers = {**answer.headers, "Content-Length": str(length), "Connection": "close"}
        said = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        return f"HTTP/1.1 {answer.status} Scripted\r\n{said}\r\n".encode() + answer.body
