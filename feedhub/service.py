"""`feedhub run`, put together: one thread reads and publishes, the other serves what is published.

They share nothing but the folder of published files and the engine's health, so that
no poll and no build, however long, holds up an answer.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from feedhub import app, files, follow, process, scheduler, threads
from feedhub.app import Place
from feedhub.engine import Engine, Surroundings
from feedhub.model import Health, HealthStatus
from feedhub.output.build import Built
from feedhub.settings import Config
from feedhub.store import leases
from feedhub.store.db import Database
from feedhub.web.app import make_app
from feedhub.web.serve import serve

BEAT = 1.0  # seconds


def run(where: Place, ready: Callable[[str], None]) -> None:
    """Poll, publish and serve until SIGTERM or SIGINT. `ready` is told where it listens.

    Raises `Busy` where the port or the data folder is somebody else's, and `ConfigError`
    where feeds.yaml is broken and there is no last good configuration.
    """
    with app.opened(where) as db, files.hold(where.data / "run.lock"):
        found = follow.look(db, where.config, os.environ)
        leases.take_back(db, process.alive)
        app.sweep(where)
        asyncio.run(_serve(where, found, ready))


async def _serve(where: Place, found: follow.InForce, ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    worker = _Worker(where, found, gone=lambda: loop.call_soon_threadsafe(stop.set))

    def begin(address: str) -> None:
        worker.start()  # only now: where the port is taken, nothing has been touched
        ready(address)

    server = found.config.server
    try:
        await serve(make_app(where.public, worker.health), server.host, server.port, stop, begin)
    finally:
        await asyncio.to_thread(worker.finish)


class _Worker:
    """The thread that reads and publishes."""

    def __init__(self, where: Place, found: follow.InForce, gone: Callable[[], object]) -> None:
        self._where = where
        self._found = found
        self._gone = gone
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._end: Future[None] | None = None

    def start(self) -> None:
        self._end = threads.run(self._run)
        self._end.add_done_callback(lambda _: self._gone())

    def health(self) -> Health:
        if self._engine is None:
            return Health(status=HealthStatus.OK, problems=(), heartbeat_age_s=0.0)
        return self._engine.health()

    def finish(self) -> None:
        """Stop, wait until it has, and raise what ended it if it ended by itself."""
        self._stopping.set()
        if self._loop and self._engine:
            with suppress(RuntimeError):  # its loop is closed already
                self._loop.call_soon_threadsafe(self._engine.over.set)
        if self._end:
            self._end.result()

    def _run(self) -> None:
        with app.opened(self._where) as db:
            asyncio.run(self._beat(db))

    async def _beat(self, db: Database) -> None:
        self._loop = asyncio.get_running_loop()
        found = self._found
        if not found.problems:
            follow.bring_into_force(db, found, app.clock())
        leases.spread(db, app.clock())
        while not self._stopping.is_set():
            async with app.intake(db, found.config) as tools:
                engine = self._engine = Engine(
                    Surroundings(
                        config_path=self._where.config,
                        posts=self._where.posts,
                        env=os.environ,
                        intake=tools,
                        build=self._build,
                        monotonic=time.monotonic,
                    ),
                    found,
                )
                if self._stopping.is_set():  # it was told before there was an engine to be told of it
                    engine.over.set()
                watching = asyncio.create_task(engine.watch())
                await scheduler.heartbeat(engine.beat, seconds=BEAT, stop=engine.over)
                await engine.rest()
                await watching
                found = engine.in_force

    def _build(self, config: Config) -> Built:
        with app.opened(self._where) as db:
            return app.publish(db, self._where, config)
