"""Origins on loopback that say exactly what they are told to, be it HTTP or not, and note who asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Says = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes | str = b"", status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer as bytes; `content_type=` becomes `Content-Type:`, and an empty one is left out."""
    body = body.encode() if isinstance(body, str) else body
    given = {"Content-Type": "application/xml", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in given.items() if value)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Origin:
    """One scheme, host and port. Every address at it is answered alike, and the connection closed."""

    says: Says
    host: str
    port: int = 0
    heads: list[bytes] = field(default_factory=list)  # of the requests, as they came

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def header(self, name: str, request: int = -1) -> bytes | None:
        """What the client sent."""
        lines = [line.partition(b": ") for line in self.heads[request].split(b"\r\n")[1:]]
        return next((value for key, _, value in lines if key.lower() == name.encode()), None)


class Loopback:
    """Where such origins stand. They answer from a thread of their own."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def origin(self, says: Says, host: str = "127.0.0.1") -> Origin:
        """One more."""
        made = Origin(says, host)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                made.heads.append(await reader.readuntil(b"\r\n\r\n"))
                if isinstance(made.says, bytes):
                    writer.write(made.says)
                    await writer.drain()
                else:
                    await made.says(writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client went away, or the test is over
            finally:
                writer.close()

        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, host, 0), self._loop).result(10)
        made.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)
        return made

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
