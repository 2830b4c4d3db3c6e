"""Parsing in processes that can be killed, and that nobody leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedhub.ingest.workers import Workers
from feedhub.model import ParsedFeed, ParseFailed, ParseOutcome

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HEALTHY = b'<rss version="2.0"><channel><title>t</title><item><guid>1</guid></item></channel></rss>'
DEEP = b'<rss version="2.0"><channel><item>' + b"<a>" * 1_000_000 + b"</a>" * 1_000_000 + b"</item></channel></rss>"
ENTITIES = (
    b'<!DOCTYPE rss [\n<!ENTITY a "' + b"x" * 70_000 + b'">\n]><rss version="2.0"><channel><item><title>t</title>'
    b"<description>" + b"&a;" * 23_000 + b"</description></item></channel></rss>"
)
BASES = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://x.example/">'
    + b"<a xml:base='%s/'>" % (b"x" * 20) * 9000
)  # each within the other


def parse(workers: Workers, body: bytes) -> Coroutine[Any, Any, ParseOutcome]:
    return workers.parse(body, url="https://feeds.example/", content_type=None, known=frozenset(), now=NOW)


def children(parent: int) -> set[int]:
    """Processes that `parent` has started, but for the interpreter's own tracker, which ends with it."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, ppid = stat.read_text().rpartition(")")[2].split()[:2]
            command = stat.with_name("cmdline").read_bytes()
        except OSError:
            continue  # it has just ended
        if int(ppid) == parent and state != "Z" and b"resource_tracker" not in command:
            found.add(int(stat.parent.name))
    return found


def gone(pids: set[int], within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_no_process_is_started_until_a_document_comes() -> None:
    """A poll where nothing has changed parses nothing."""
    before = children(os.getpid())
    with Workers():
        assert children(os.getpid()) == before


def test_a_document_comes_back_parsed_and_no_process_stays_behind() -> None:
    before = children(os.getpid())

    async def poll() -> ParseOutcome:
        with Workers(workers=1) as workers:
            return await parse(workers, HEALTHY)

    parsed = asyncio.run(poll())
    assert isinstance(parsed, ParsedFeed)
    assert parsed.keys == ("1",)
    assert children(os.getpid()) == before


@pytest.mark.parametrize(
    ("hostile", "words"),
    [
        pytest.param(DEEP, "parsing took more than 1 seconds and was stopped", id="nesting of 10^6"),
        pytest.param(ENTITIES, "parsing took more than 256 MB of memory and was stopped", id="entities"),
    ],
)
def test_a_hostile_document_stops_itself_and_nobody_else(hostile: bytes, words: str) -> None:
    """Those beside it, and those after it, are parsed."""

    async def poll() -> list[ParseOutcome]:
        with Workers(workers=2, seconds=1, memory=256 * 1024 * 1024) as workers:
            together = await asyncio.gather(*(parse(workers, body) for body in (HEALTHY, hostile, HEALTHY, HEALTHY)))
            return [*together, *await asyncio.gather(*(parse(workers, HEALTHY) for _ in range(4)))]

    outcomes = asyncio.run(poll())
    assert outcomes.pop(1) == ParseFailed(words=words)
    assert all(isinstance(outcome, ParsedFeed) for outcome in outcomes)


def test_a_document_that_takes_all_memory_leaves_room_for_the_next() -> None:
    """What was left of it, a document of 45 kB had to fail for (found by fuzzing)."""

    async def poll() -> list[ParseOutcome]:
        with Workers(workers=1, seconds=20, memory=128 * 1024 * 1024) as workers:
            return [await parse(workers, body) for body in (BASES, HEALTHY, BASES, HEALTHY)]

    failed = ParseFailed(words="parsing took more than 128 MB of memory and was stopped")
    outcomes = asyncio.run(poll())
    assert outcomes[::2] == [failed, failed]
    assert all(isinstance(outcome, ParsedFeed) for outcome in outcomes[1::2])


def test_a_worker_that_is_killed_at_work_costs_its_document_alone() -> None:
    async def poll() -> list[ParseOutcome]:
        with Workers(workers=1, seconds=20) as workers:
            await parse(workers, HEALTHY)
            task = asyncio.create_task(parse(workers, DEEP))
            await asyncio.sleep(0.3)
            for pid in children(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            return [await task, await parse(workers, HEALTHY)]

    killed, after = asyncio.run(poll())
    assert killed == ParseFailed(words="parsing broke its process (exit code -9)")
    assert isinstance(after, ParsedFeed)


def test_a_worker_that_is_killed_at_rest_is_replaced() -> None:
    """One that dies so breaks the whole of a pebble pool."""

    async def poll() -> ParseOutcome:
        with Workers(workers=1) as workers:
            await parse(workers, HEALTHY)
            for pid in children(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            return await parse(workers, HEALTHY)

    assert isinstance(asyncio.run(poll()), ParsedFeed)


def test_workers_that_are_killed_at_rest_cost_none_of_those_who_wait() -> None:
    """Whoever finds the pool broken first begins anew, and pebble lets go of all the others."""

    async def poll() -> list[ParseOutcome]:
        with Workers() as workers:
            await parse(workers, HEALTHY)
            for pid in children(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            return await asyncio.gather(*(parse(workers, HEALTHY) for _ in range(40)))

    assert all(isinstance(parsed, ParsedFeed) for parsed in asyncio.run(poll()))


def test_a_poll_that_is_cancelled_leaves_no_process_behind() -> None:
    before = children(os.getpid())

    async def poll() -> None:
        with Workers(workers=1, seconds=20) as workers:
            async with asyncio.timeout(0.5):
                await parse(workers, DEEP)

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(poll())
    assert time.monotonic() - started < 5
    assert children(os.getpid()) == before


def test_closing_ends_those_who_wait() -> None:
    async def poll() -> None:
        workers = Workers(workers=1, seconds=20)
        waiting = asyncio.create_task(parse(workers, DEEP))
        await asyncio.sleep(0.5)
        workers.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(poll())


PARENT = """
import asyncio, sys
from datetime import UTC, datetime
from feedhub.ingest.workers import Workers

async def main():
    with Workers(workers=2, seconds=0.7) as workers:
        def parse(body):
            return workers.parse(body, url="", content_type=None, known=frozenset(), now=datetime(2026, 1, 1, tzinfo=UTC))
        await parse(b'<rss version="2.0"/>')
        print("ready", flush=True)
        if sys.argv[1] == "busy":
            await parse(b'<rss version="2.0"><channel><item>' + b"<a>" * 2_000_000)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def parent(mood: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, mood],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("mood", ["idle", "busy"])
def test_workers_end_when_the_hub_is_killed(mood: str) -> None:
    """An idle one soon, a busy one when its document has had its time twice."""
    with parent(mood) as process:
        time.sleep(0.4)
        workers = children(process.pid)
        assert workers
        process.kill()
    assert gone(workers, within=5)


@pytest.mark.parametrize("mood", ["idle", "busy"])
def test_ctrl_c_prints_nothing_of_the_workers(mood: str) -> None:
    """A terminal sends it to all of them."""
    with parent(mood) as process:
        time.sleep(0.3)
        workers = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert errors.count("Traceback") <= 2  # the hub's own, which its command catches
    assert "spawn" not in errors
    assert gone(workers, within=5)
