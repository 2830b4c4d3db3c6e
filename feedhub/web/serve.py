"""Listening and stopping. The only door to uvicorn."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from feedhub.errors import Busy, FeedhubError
from feedhub.web.files import App

GRACE = 2.0  # seconds that requests under way have left once we stop


async def serve(
    app: App, host: str, port: int, stop: asyncio.Event, on_ready: Callable[[str], None] | None = None
) -> None:
    """Answer requests until `stop` is set; `on_ready` is told the address once they are answered.

    Signals are the caller's.
    """
    with _listen(host, port) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            log_level="error",  # its warnings are about what clients send
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
        )
        server = _Server(config, stop, on_ready)
        await server.serve(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that is bound, so that a port that is taken is known before anything else is done."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda one: one[0] != socket.AF_INET)  # localhost is 127.0.0.1 first
        listener = socket.create_server(address, family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Busy(f"port {port} on {host} is taken by another program; set server.port in feeds.yaml") from error
        words = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise FeedhubError(f"cannot listen on {host}, port {port}: {words}; see server in feeds.yaml") from error
    # asyncio would do it, had `create_server` named the protocol: without it each answer waits 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """uvicorn's, but for how it starts and stops."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._stop = stop
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._on_ready and sockets:
            host, port = sockets[0].getsockname()[:2]
            self._on_ready(f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/")

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._stop.is_set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut the connections that outlast the grace: uvicorn would wait for a client that does not read."""
        cut = asyncio.get_running_loop().call_later(GRACE, self._cut)
        try:
            await super().shutdown(sockets)
        finally:
            cut.cancel()

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
