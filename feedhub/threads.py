"""Threads that no end of the process waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


def run(call: Callable[[], T]) -> Future[T]:
    """What comes of a call, made in a thread of its own."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on nobody takes it back

    def work() -> None:
        try:
            future.set_result(call())
        except BaseException as fault:  # noqa: BLE001 - raised anew where the future is asked
            future.set_exception(fault)

    threading.Thread(target=work, daemon=True).start()
    return future


class Threads(ThreadPoolExecutor):
    """A thread for each name that is looked up and each file that is read: `fetch.concurrency` bounds them.

    A name server that is down takes half a minute a name. asyncio's own threads (CPUs + 4) would
    hold up every other source meanwhile, and then the end of the process.
    """

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """As an executor has it."""
        return run(partial(call, *args, **kwargs))
