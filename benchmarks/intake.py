"""What reading sources costs, beside `reader` (lemon24/reader) in the same run.

    make bench                                         the whole, some minutes
    python benchmarks/intake.py --quick                a tenth of the sources, once: to see that it runs
    python benchmarks/intake.py --reader PYTHON        with a Python that has `reader`, instead of a new one

Both poll the same feeds of an origin on loopback (`intake_origin.py`), in turn, each poll a process of its own, as many
times as `--times` says. Absolute figures mean nothing on a shared machine: what counts are the ratios, of medians. The
spread beside them tells how much the machine was at rest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
READER = ("reader==3.26", "sgmllib3k")  # the last that runs on Python 3.11, and what it lacks there
PORT = 18400
_HEAD = """\
| workload | sources a | reader 3.26, 10 workers | feedhub | ratio | to reach |
|---|---|---|---|---|---|"""
_READER = """
import sys
from reader import make_reader
step, path, urls = sys.argv[1:]
with make_reader(path) as reader:
    if step == "setup":
        for url in open(urls).read().split():
            reader.add_feed(url)
    else:
        reader.update_feeds(workers=10, scheduled=False)
"""


@dataclass
class Cost:
    """Of one poll."""

    wall: float
    cpu: float
    memory: float  # MiB, of all its processes together, at their peak


@dataclass
class Peer:
    """One that polls: how its sources are set up, and its poll."""

    name: str
    setup: Callable[[Path, list[str]], None]
    poll: Callable[[Path], list[str]]


@dataclass
class Row:
    """A line of the table: how many sources, and what each poll of each peer cost."""

    what: str
    sources: int
    target: str
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    per_wall: bool = False

    def rates(self, peer: str) -> list[float]:
        return [self.sources / (cost.wall if self.per_wall else cost.cpu) for cost in self.costs[peer]]

    def line(self) -> str:
        ours, theirs = self.rates("feedhub"), self.rates("reader")
        ratio = statistics.median(ours) / statistics.median(theirs)
        unit = "second" if self.per_wall else "CPU-second"
        return f"| {self.what} | {unit} | {_spread(theirs)} | {_spread(ours)} | {ratio:.1f}× | {self.target} |"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


# -- the peers


def feedhub(command: str) -> Peer:
    def setup(home: Path, urls: list[str]) -> None:
        rows = "".join(f"  s{number}: {{url: {json.dumps(url)}}}\n" for number, url in enumerate(urls))
        head = "hub: {title: Benchmark, url: https://hub.example}\nfetch: {allow: [127.0.0.0/8], timeout: 5s}\n"
        (home / "feeds.yaml").write_text(f"{head}sources:\n{rows}")

    return Peer("feedhub", setup, lambda home: [command, "poll", "--all", "--json", "--config", f"{home}/feeds.yaml"])


def reader(python: str) -> Peer:
    def command(step: str, home: Path) -> list[str]:
        return [python, "-c", _READER, step, f"{home}/db", f"{home}/urls"]

    def setup(home: Path, urls: list[str]) -> None:
        (home / "urls").write_text("\n".join(urls))
        subprocess.run(command("setup", home), check=True)

    return Peer("reader", setup, lambda home: command("update", home))


def python_with_reader(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *READER], check=True)
    subprocess.run([python, "-m", "compileall", "-q", str(folder / "lib")], check=False)
    return python


# -- measuring


def measured(command: list[str]) -> Cost:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    watcher.join()
    assert process.returncode == 0, command
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(peak[0], usage.ru_maxrss / 1024))


def _watch(pid: int, peak: list[float]) -> None:
    """What a process and its children hold, shared pages shared out among them."""
    while True:
        found = [_held(one) for one in (pid, *_children(pid))]
        if found[0] is None:
            return
        peak[0] = max(peak[0], sum(filter(None, found)))
        time.sleep(0.1)


def _children(pid: int) -> list[int]:
    try:
        direct = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        threads = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)]
        direct += [
            int(one) for task in threads for one in Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        ]
    except OSError:
        return []
    return direct


def _held(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss_Anon:")), None)


class Origin:
    """The feeds, in a process of their own."""

    def __init__(self, sources: int, ports: int) -> None:
        arguments = [str(one) for one in (sources, PORT, ports, 1)]
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "intake_origin.py"), *arguments], stdout=subprocess.PIPE
        )
        assert self._process.stdout
        self._process.stdout.readline()
        hosts = [number % ports for number in range(sources)]
        if ports < sources:  # the first has a host of its own: on one that hangs, others would have to wait
            hosts = [0, *(number % (ports - 1) + 1 for number in range(1, sources))]
        self.urls = [f"http://127.0.0.1:{PORT + host}/feed/{number}" for number, host in enumerate(hosts)]

    def ask(self, path: str, method: str = "POST") -> dict[str, float]:
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", method=method)
        with urllib.request.urlopen(request) as answer:
            found: dict[str, float] = json.load(answer)
        return found

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


@contextmanager
def origin(sources: int, ports: int) -> Iterator[Origin]:
    served = Origin(sources, ports)
    try:
        yield served
    finally:
        served.close()


@contextmanager
def home(peer: Peer, served: Origin) -> Iterator[Path]:
    """A new home for a peer, which knows all feeds and has read none."""
    served.ask("/reset")
    folder = Path(tempfile.mkdtemp(prefix="feedhub-bench-"))
    try:
        peer.setup(folder, served.urls)
        yield folder
    finally:
        shutil.rmtree(folder)


# -- the workloads


def poll_all(peers: list[Peer], times: int, sources: int) -> list[Row]:
    """First poll, all unchanged, a tenth changed."""
    first = Row("first poll: 20 entries each", sources, "2.5×")
    same = Row("all unchanged: each a 304", sources, "6×")
    tenth = Row("a tenth has one new entry", sources, "5×")
    with origin(sources, min(100, sources)) as served:
        for peer in peers * times:
            with home(peer, served) as folder:
                for row in (first, same, tenth):
                    if row is tenth:
                        served.ask("/bump?share=0.1")
                    row.costs.setdefault(peer.name, []).append(measured(peer.poll(folder)))
    quick = Row(first.what, sources, "4.5×, on two cores at rest", first.costs, per_wall=True)
    return [same, tenth, first, quick]


def each_changed(peers: list[Peer], times: int, sources: int) -> list[Row]:
    row = Row(f"each of {sources} on as many hosts has one new entry", sources, "8×")
    with origin(sources, sources) as served:
        for peer in peers * times:
            with home(peer, served) as folder:
                measured(peer.poll(folder))
                served.ask("/bump?share=1")
                row.costs.setdefault(peer.name, []).append(measured(peer.poll(folder)))
    return [row]


def slow(peers: list[Peer], times: int, sources: int) -> list[Row]:
    row = Row(f"{sources} slow sources: each answers a 304 after 50 ms", sources, "5×", per_wall=True)
    with origin(sources, min(400, sources)) as served:
        for peer in peers * times:
            with home(peer, served) as folder:
                measured(peer.poll(folder))
                served.ask("/delay?ms=50")
                row.costs.setdefault(peer.name, []).append(measured(peer.poll(folder)))
                served.ask("/delay?ms=0")
    return [row]


def one_hanging(peer: Peer, times: int, sources: int) -> str:
    """How long the others take, beside one that never answers and without."""
    took: dict[int, list[float]] = {-1: [], 0: []}
    with origin(sources, min(100, sources)) as served, home(peer, served) as folder:
        measured(peer.poll(folder))
        for hanging in (-1, 0) * times:
            served.ask(f"/hang?feed={hanging}")
            served.ask("/forget")
            measured(peer.poll(folder))
            took[hanging].append(served.ask("/stats", "GET")["seconds"])
    without, beside = (statistics.median(took[hanging]) for hanging in (-1, 0))
    ratio = f"{beside / without:.2f}×"
    what = f"one of {sources} sources hangs: the time for the others"
    return f"| {what} | | itself without: {without:.2f} s | {beside:.2f} s | {ratio} | ≤ 1.1× |"


def memory(row: Row) -> str:
    theirs, ours = (max(cost.memory for cost in row.costs[name]) for name in ("reader", "feedhub"))
    what = f"memory of all processes, at the first poll of {row.sources}"
    return f"| {what} | | {theirs:.0f} MiB | {ours:.0f} MiB | {ours / theirs:.1f}× | ≤ 4× |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sources, once")
    parser.add_argument("--reader", metavar="PYTHON", help="a Python that has reader")
    parser.add_argument("--feedhub", metavar="COMMAND", default=str(Path(sys.executable).with_name("feedhub")))
    wanted = parser.parse_args()
    times, part = (1, 10) if wanted.quick else (wanted.times, 1)
    # Where Python is told to write no bytecode, each start would compile all of it.
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(HERE.parent / "feedhub")], check=True)
    with tempfile.TemporaryDirectory(prefix="feedhub-bench-reader-") as folder:
        peers = [reader(wanted.reader or python_with_reader(Path(folder))), feedhub(wanted.feedhub)]
        print(_HEAD)
        rows = []
        for workload, sources in ((poll_all, 1000), (each_changed, 300), (slow, 400)):
            found = workload(peers, times, sources // part)
            rows += found
            print(*(row.line() for row in found), sep="\n", flush=True)
        print(one_hanging(peers[1], times, 1000 // part))
        print(memory(rows[2]))


if __name__ == "__main__":
    main()
