"""Parsing in processes that can be killed. The only door to pebble.

A hostile document stops its own worker, by time, by memory or by a crash, and no other. The processes are
spawned: 0.15 s once, as a server of forks would take too, which would stay behind. They end with the hub, however
it ends: an idle one reads the end of its pipe, a busy one is stopped by its alarm.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import datetime
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from feedhub.model import ParseFailed, ParseOutcome

_MB = 1024 * 1024
_TRIES = 3
_PATIENCE = 0.5  # seconds; to start another process takes 0.1 s of the CPU, and most polls have little to parse
_OUT_OF_MEMORY = 12  # an exit code


class Workers:
    """A few processes that parse: one is started when the first document comes, the others when one has to wait.

    One document may take `seconds`, and its process `memory` bytes.
    """

    def __init__(self, *, workers: int = 2, seconds: float = 5.0, memory: int = 512 * _MB) -> None:
        self._workers, self._seconds, self._memory = workers, seconds, memory
        self._pool: ProcessPool | None = None
        self._tasks: set[Future[ParseOutcome]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def parse(
        self,
        body: bytes,
        *,
        url: str,
        content_type: str | None,
        known: frozenset[tuple[str, str]],
        now: datetime,
        remembered: str = "",
    ) -> ParseOutcome:
        """`ingest.parse.parse` in a worker; a document that outlasts or breaks it is a `ParseFailed`."""
        arguments = (body, url, content_type, known, now, remembered)
        for _ in range(_TRIES):
            with suppress(BrokenProcessPool):  # an idle worker was killed from outside, and pebble gives up all
                return await self._run(arguments)
        return ParseFailed(words=f"the processes that parse were killed from outside, {_TRIES} times in a row")

    async def _run(self, arguments: tuple[object, ...]) -> ParseOutcome:
        pool = self._running()
        task = pool.schedule(_parse, args=(self._seconds, *arguments), timeout=self._seconds)
        self._tasks.add(task)
        patience = asyncio.get_running_loop().call_later(_PATIENCE, self._reinforce, pool)
        try:
            return await asyncio.wrap_future(task)
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if self._pool in {None, pool} or (waiting and waiting.cancelling()):
                raise
            raise BrokenProcessPool from None  # another has found the pool broken first, and begun anew
        except TooLong:
            return ParseFailed(words=f"parsing took more than {self._seconds:g} seconds and was stopped")
        except ProcessExpired as error:
            if error.exitcode == _OUT_OF_MEMORY:
                return ParseFailed(words=f"parsing took more than {self._memory // _MB} MB of memory and was stopped")
            return ParseFailed(words=f"parsing broke its process (exit code {error.exitcode})")
        finally:
            patience.cancel()
            self._tasks.discard(task)

    def _reinforce(self, pool: ProcessPool) -> None:
        """Have `pool` start the processes that it lacks, as it replaces those that end."""
        pool._pool_manager.worker_manager.workers_number = self._workers  # noqa: SLF001 - it offers no other way

    def _running(self) -> ProcessPool:
        if self._pool is None or not self._pool.active:
            self.close()
            self._pool = ProcessPool(
                max_workers=1,
                initializer=_prepare,
                initargs=(self._memory,),
                context=multiprocessing.get_context("spawn"),
            )
            # Ctrl-C goes to every process of a terminal: workers are born deaf to it, those that replace one too.
            resource_tracker.ensure_running()  # it unblocks the signal when it starts
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                self._pool.active  # noqa: B018 - asking starts it
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self._pool

    def close(self) -> None:
        """End every worker, and whoever still waits for one is cancelled. The next document starts new ones."""
        for task in list(self._tasks):
            task.cancel()
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None


def _prepare(memory: int) -> None:
    """Make a new process one that the kernel stops: no regular expression holds off a signal's default action."""
    import feedhub.ingest.parse  # noqa: F401 - what takes longest to load is loaded before a document's time runs

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (memory if most == resource.RLIM_INFINITY else min(memory, most), most))


def _parse(
    seconds: float,
    body: bytes,
    url: str,
    content_type: str | None,
    known: frozenset[tuple[str, str]],
    now: datetime,
    remembered: str,
) -> ParseOutcome:
    from feedhub.ingest.parse import parse

    signal.setitimer(signal.ITIMER_REAL, 2 * seconds)  # goes off only when nobody is left to keep the time
    try:
        return parse(body, url=url, content_type=content_type, known=known, now=now, remembered=remembered)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # what is left of the document would take the room of the next one
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
