"""The published files over HTTP, asked for as readers, proxies and attackers ask."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub import files
from feedhub.errors import Busy, FeedhubError
from feedhub.model import Health, HealthStatus
from feedhub.web import conditional
from feedhub.web.app import make_app
from feedhub.web.serve import serve

FEED = b"<feed>" + b"<entry>words of a feed</entry>" * 200 + b"</feed>"
PIXELS = bytes(range(256)) * 8
WELL = Health(status=HealthStatus.OK, problems=(), heartbeat_age_s=0.5)


@contextmanager
def running(public: Path, health: Callable[[], Health] = lambda: WELL) -> Iterator[int]:
    """A server in a thread; its port."""
    ready = threading.Event()
    found: list[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = []

    async def run() -> None:
        stop = asyncio.Event()

        def on_ready(address: str) -> None:
            found.append((asyncio.get_running_loop(), stop, address))
            ready.set()

        await serve(make_app(public, health), "127.0.0.1", 0, stop, on_ready)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(10)
    loop, stop, address = found[0]
    try:
        yield int(address.rstrip("/").rpartition(":")[2])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    public = root / "public"
    for name in ("feed.atom", "feed.rss", "feed.json", "opml.xml", "sources.opml", "sitemap.xml", "index.html"):
        files.replace(public / name, FEED)
    for name in ("style.css", "icon.svg", "robots.txt", "authors/lee/index.html", "authors/zoë/index.html"):
        files.replace(public / name, FEED)
    for name in ("icon.png", "photo.jpg", "photo.webp", "favicon.ico", "unknown.bin"):
        files.replace(public / name, PIXELS)
    files.replace(public / "empty.txt", b"")
    files.replace(public / "large.txt", os.urandom(2_000_000).hex().encode())
    files.replace(public / "tags/atom/feed.atom", FEED)  # a folder without a page
    files.replace(public / ".hidden", b"secret")
    files.replace(public / ".git/config", b"secret")
    files.replace(root / "feedhub.db", b"secret")
    (public / "way-out.txt").symlink_to(root / "feedhub.db")
    (public / "out").symlink_to(root)
    (public / "loop").symlink_to(public / "loop")
    (public / "within.atom").symlink_to(public / "feed.atom")
    os.mkfifo(public / "pipe.txt")
    return public


@pytest.fixture(scope="module")
def port(public: Path) -> Iterator[int]:
    with running(public) as port:
        yield port


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)


def ask(port: int, path: str, method: str = "GET", **headers: str) -> Answer:
    """One request; `accept_encoding="gzip"` is `Accept-Encoding: gzip`."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            for one in value.split("\n"):
                connection.putheader(name.replace("_", "-"), one)
        connection.endheaders()
        response = connection.getresponse()
        names = [name.lower() for name, _ in response.getheaders()]
        assert len(names) == len(set(names)), "a header is sent twice"
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(65536):
            answer += part
        return answer


TYPES = [
    ("/feed.atom", "application/atom+xml; charset=utf-8", True),
    ("/feed.rss", "application/rss+xml; charset=utf-8", True),
    ("/feed.json", "application/feed+json; charset=utf-8", True),
    ("/opml.xml", "text/x-opml; charset=utf-8", True),
    ("/sources.opml", "text/x-opml; charset=utf-8", True),
    ("/within.atom", "application/atom+xml; charset=utf-8", True),
    ("/", "text/html; charset=utf-8", False),
    ("/authors/lee/", "text/html; charset=utf-8", False),
    ("/sitemap.xml", "application/xml; charset=utf-8", False),
    ("/style.css", "text/css; charset=utf-8", False),
    ("/robots.txt", "text/plain; charset=utf-8", False),
    ("/icon.svg", "image/svg+xml; charset=utf-8", False),
    ("/icon.png", "image/png", False),
    ("/photo.jpg", "image/jpeg", False),
    ("/photo.webp", "image/webp", False),
    ("/favicon.ico", "image/x-icon", False),
    ("/unknown.bin", "application/octet-stream", False),
]


@pytest.mark.parametrize(("path", "kind", "cors"), TYPES)
def test_a_file_is_sent_as_what_it_is(port: int, path: str, kind: str, cors: bool) -> None:  # noqa: FBT001
    text = "charset" in kind
    for _ in range(2):  # read from the disk, and as it was kept
        answer = ask(port, path, accept_encoding="gzip")
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert answer.headers.get("access-control-allow-origin") == ("*" if cors else None)
        assert answer.headers.get("content-encoding") == ("gzip" if text else None)
        assert answer.headers.get("vary") == ("Accept-Encoding" if text else None)
        assert answer.headers["content-length"] == str(len(answer.body))
        assert (gzip.decompress(answer.body) if text else answer.body) == (FEED if text else PIXELS)
        assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', answer.headers["etag"])
        assert "server" not in answer.headers


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_head_says_what_get_says_and_sends_nothing(port: int, coding: str) -> None:
    for path in ("/feed.atom", "/empty.txt", "/nothing", "/authors/lee", "/healthz"):
        got, head = (ask(port, path, method, accept_encoding=coding) for method in ("GET", "HEAD"))
        got.headers.pop("date"), head.headers.pop("date")
        assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


GZIP = [
    ("gzip", True),
    ("gzip, deflate, br", True),
    ("br\ngzip", True),
    ("GZIP;Q=0.1", True),
    ("x-gzip", True),
    ("*", True),
    ("deflate, *;q=0.5", True),
    ("gzip ; q=1.000", True),
    ("identity;q=0.5, gzip;q=0.5", True),
    ("identity;q=0", False),
    ("gzip;q=0", False),
    ("gzip;q=0.000, *", False),
    ("*;q=0", False),
    ("gzip;q=0.5, identity", False),
    ("gzip;q=much", False),
    ("br, deflate", False),
    ("", False),
    (",;,q=1,", False),
]


@pytest.mark.parametrize(("accepted", "packed"), GZIP)
def test_gzip_is_for_those_who_can_take_it(port: int, accepted: str, packed: bool) -> None:  # noqa: FBT001
    answer = ask(port, "/feed.atom", accept_encoding=accepted)
    assert (answer.headers.get("content-encoding") == "gzip") is packed
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.body == (gzip.compress(FEED, 6, mtime=0) if packed else FEED)


def test_each_coding_has_an_entity_tag_of_its_own(port: int) -> None:
    plain, packed = ask(port, "/feed.atom"), ask(port, "/feed.atom", accept_encoding="gzip")
    assert plain.headers["etag"] != packed.headers["etag"]
    assert ask(port, "/feed.atom", if_none_match=packed.headers["etag"]).status == 200
    assert ask(port, "/feed.atom", accept_encoding="gzip", if_none_match=packed.headers["etag"]).status == 304


CONDITIONS = [
    ({"if_none_match": "{etag}"}, 304),
    ({"if_none_match": "W/{etag}"}, 304),
    ({"if_none_match": '"other", W/"with, comma" , {etag}'}, 304),
    ({"if_none_match": '"other"\n{etag}'}, 304),
    ({"if_none_match": "*"}, 304),
    ({"if_none_match": '"other"'}, 200),
    ({"if_none_match": "{bare}"}, 200),
    ({"if_none_match": '"*"'}, 200),
    ({"if_none_match": ""}, 200),
    ({"if_none_match": '"other"', "if_modified_since": "{modified}"}, 200),
    ({"if_none_match": "{etag}", "if_modified_since": "{earlier}"}, 304),
    ({"if_modified_since": "{modified}"}, 304),
    ({"if_modified_since": "{later}"}, 304),
    ({"if_modified_since": "{rfc850}"}, 304),
    ({"if_modified_since": "{asctime}"}, 304),
    ({"if_modified_since": "{earlier}"}, 200),
    ({"if_modified_since": "yesterday"}, 200),
    ({"if_modified_since": "Mon, 99 Foo 99999999999999999999 99:99:99 GMT"}, 200),
    ({"if_modified_since": ""}, 200),
]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize(("asked", "status"), CONDITIONS)
def test_only_what_has_changed_is_sent_again(
    port: int, public: Path, asked: dict[str, str], status: int, coding: str
) -> None:
    full = ask(port, "/feed.atom", accept_encoding=coding)
    moment = int((public / "feed.atom").stat().st_mtime)
    values = {
        "etag": full.headers["etag"],
        "bare": full.headers["etag"].strip('"'),
        "modified": full.headers["last-modified"],
        "earlier": formatdate(moment - 1, usegmt=True),
        "later": formatdate(moment + 1, usegmt=True),
        "rfc850": time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(moment)),
        "asctime": time.asctime(time.gmtime(moment)),
    }
    for method in ("GET", "HEAD"):
        headers = {name: value.format_map(values) for name, value in asked.items()}
        answer = ask(port, "/feed.atom", method, accept_encoding=coding, **headers)
        assert answer.status == status
        for name in ("etag", "last-modified", "cache-control", "vary", "access-control-allow-origin"):
            assert answer.headers[name] == full.headers[name]
        if status == 304:
            assert answer.body == b""
            assert "content-type" not in answer.headers


entity_tags = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"\x7f')).map(
    lambda tag: f'"{tag}"'.encode("latin-1")
)


@given(st.lists(st.tuples(st.sampled_from([b"", b"W/"]), entity_tags), min_size=1), entity_tags)
def test_a_list_of_entity_tags_holds_its_members_and_no_other(listed: list[tuple[bytes, bytes]], other: bytes) -> None:
    value = b" , ".join(weak + tag for weak, tag in listed)
    assert all(conditional.matches(value, tag) for _, tag in listed)
    assert conditional.matches(value, other) == (other in {tag for _, tag in listed})


@given(st.binary(), entity_tags)
def test_no_header_is_too_odd_to_be_read(value: bytes, tag: bytes) -> None:
    conditional.matches(value, tag)
    conditional.accepts_gzip(value)
    conditional.seconds(value)


HOSTILE = [
    "/../feedhub.db",
    "/authors/../../feedhub.db",
    "/%2e%2e/feedhub.db",
    "/..%2ffeedhub.db",
    "/authors/%2e%2e/%2e%2e/feedhub.db",
    "/..%5cfeedhub.db",
    "/..\\feedhub.db",
    "/./feed.atom",
    "//feed.atom",
    "//example.com/",
    "/authors//lee/",
    "/%2f%2fexample.com/",
    "/feed.atom%00",
    "/feed.atom%00.png",
    "/%ff%fe",
    "/%c0%ae%c0%ae/feedhub.db",
    "/%",
    "/%zz",
    "/feed.atom/",
    "/feed.atom/x",
    "/way-out.txt",
    "/out/feedhub.db",
    "/out/public/.hidden",
    "/loop",
    "/loop/x",
    "/pipe.txt",
    "/.hidden",
    "/%2ehidden",
    "/.git/config",
    "/tags/atom/",
    "/tags",
    "/nothing",
    "/" + "x" * 300,
    "/" + "x/" * 3000,
    "/" + "%2e%2e%2f" * 500 + "etc/passwd",
]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path[:30])
def test_nothing_is_found_where_nothing_is_published(port: int, path: str) -> None:
    answer = raw(port, f"GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n".encode())
    assert re.match(rb"HTTP/1.1 40[04] ", answer)
    assert b"secret" not in answer


@given(
    st.text(st.characters(codec="utf-8"), max_size=40)
    | st.lists(st.sampled_from(["..", ".", "/", "%", "\\", "\0", "feed.atom", "out", "\ud800"])).map("/".join)
)
def test_no_address_leads_out_or_breaks_the_server(public: Path, path: str) -> None:
    """Straight into the app, for what no client could send."""
    sent = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/" + path, "query_string": b"", "headers": []}
    asyncio.run(make_app(public, lambda: WELL)(scope, receive, send))
    assert sent[0]["status"] in {200, 301, 404}
    assert all(b"secret" not in message.get("body", b"") for message in sent)


FOLDERS = [
    ("/authors/lee", "./lee/"),
    ("/authors/lee?page=2&x=%2F", "./lee/?page=2&x=%2F"),
    ("/authors/zo%C3%AB", "./zo%C3%AB/"),
]


@pytest.mark.parametrize(("path", "location"), FOLDERS)
def test_a_folder_with_a_page_is_led_to(port: int, path: str, location: str) -> None:
    """By a relative address, so that it holds below a path that a proxy adds."""
    answer = ask(port, path)
    assert (answer.status, answer.headers["location"]) == (301, location)
    assert ask(port, urljoin(path, location)).status == 200


def test_a_page_beyond_ascii_is_served(port: int) -> None:
    assert ask(port, "/authors/zo%C3%AB/").body == FEED


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_other_methods_are_refused_in_words(port: int, method: str) -> None:
    for path in ("/feed.atom", "/nothing", "/healthz"):
        answer = ask(port, path, method)
        assert answer.status == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.body


def test_a_large_file_arrives_whole(port: int, public: Path) -> None:
    whole = (public / "large.txt").read_bytes()
    assert ask(port, "/large.txt").body == whole
    assert gzip.decompress(ask(port, "/large.txt", accept_encoding="gzip").body) == whole


HEALTH = [
    (HealthStatus.OK, (), 200),
    (HealthStatus.DEGRADED, ("feeds.yaml:3:1: hub.url: …",), 200),
    (HealthStatus.FAILING, ("the heartbeat stands still", "the disk is full"), 503),
]


@pytest.mark.parametrize(("status", "problems", "code"), HEALTH)
def test_health_is_told(tmp_path: Path, status: HealthStatus, problems: tuple[str, ...], code: int) -> None:
    with running(tmp_path, lambda: Health(status=status, problems=problems, heartbeat_age_s=1.5)) as port:
        answer = ask(port, "/healthz")
    assert answer.status == code
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.body) == {"status": status.value, "problems": list(problems), "heartbeat_age_s": 1.5}


def test_what_is_replaced_on_the_disk_is_replaced_at_once(tmp_path: Path) -> None:
    with running(tmp_path / "public") as port:
        assert ask(port, "/feed.atom").status == 404
        files.replace(tmp_path / "public/feed.atom", b"1")
        first = ask(port, "/feed.atom")
        files.replace(tmp_path / "public/feed.atom", b"2")
        second = ask(port, "/feed.atom", if_modified_since=first.headers["last-modified"])
        assert (first.body, second.status, second.body) == (b"1", 200, b"2")
        files.replace(tmp_path / "public/feed.atom", b"1")
        again = ask(port, "/feed.atom", if_none_match=first.headers["etag"])
        assert again.status == 304, "the same content has the same tag"
        files.remove(tmp_path / "public/feed.atom", tmp_path / "public")
        assert ask(port, "/feed.atom").status == 404


def test_a_folder_that_is_swapped_by_a_link_is_followed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.replace(tmp_path / name / "feed.atom", name.encode())
    (tmp_path / "public").symlink_to(tmp_path / "a")
    with running(tmp_path / "public") as port:
        assert ask(port, "/feed.atom").body == b"a"
        (tmp_path / "next").symlink_to(tmp_path / "b")
        (tmp_path / "next").rename(tmp_path / "public")
        assert ask(port, "/feed.atom").body == b"b"


def test_readers_see_whole_documents_while_they_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "feed.atom"
    files.replace(path, b"0\n" * 20_000)
    done = threading.Event()
    wrong: list[str] = []
    seen: set[bytes] = set()

    def read(port: int, coding: str) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        while not done.is_set():
            connection.request("GET", "/feed.atom", headers={"Accept-Encoding": coding})
            response = connection.getresponse()
            body = response.read()
            if response.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            line = body[: body.find(b"\n") + 1]
            seen.add(line)
            if response.status != 200 or body != line * 20_000:
                wrong.append(f"{response.status}, {len(body)} bytes")
        connection.close()

    with running(tmp_path) as port:
        readers = [threading.Thread(target=read, args=(port, coding)) for coding in ("gzip", "identity")]
        for reader in readers:
            reader.start()
        for number in range(1, 501):
            files.replace(path, b"%d\n" % number * 20_000)
        done.set()
        for reader in readers:
            reader.join()
    assert not wrong
    assert len(seen) > 5


def test_memory_for_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All is served, whether it is kept or not."""
    monkeypatch.setattr("feedhub.web.files.CACHE_SIZE", 100_000)
    sizes = [10, 20_000, 30_000, 24_000, 90_000, 200_000, 20_500]
    for number, size in enumerate(sizes):
        files.replace(tmp_path / f"{number}.txt", os.urandom(size // 2).hex().encode())
    from feedhub.web.files import PublishedFiles

    kept = PublishedFiles(tmp_path)

    async def ask_for(number: int) -> int:
        sizes = []

        async def send(message: dict[str, bytes]) -> None:
            sizes.append(len(message.get("body", b"")))

        scope = {"type": "http", "method": "GET", "path": f"/{number}.txt", "headers": []}
        await kept(scope, None, send)  # type: ignore[arg-type]
        return sum(sizes)

    for _ in range(3):
        for number, size in enumerate(sizes):
            assert asyncio.run(ask_for(number)) == size
            assert 0 < sum(one.weight for one in kept._cache.values()) == kept._weight <= 100_000


# -- listening and stopping


def test_a_port_that_is_taken_is_said_so_in_words(tmp_path: Path) -> None:
    app = make_app(tmp_path, lambda: WELL)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Busy, match=f"port {port} on 127.0.0.1 is taken by another program; set server.port"):
            asyncio.run(serve(app, "127.0.0.1", port, asyncio.Event()))
    with pytest.raises(FeedhubError, match=r"cannot listen on 192\.0\.2\.1, port 8000: Cannot assign"):
        asyncio.run(serve(app, "192.0.2.1", 8000, asyncio.Event()))


def test_an_answer_does_not_wait_for_the_clients_acknowledgement(tmp_path: Path) -> None:
    """The event loop turns Nagle's algorithm off only where a socket names its protocol; with it, each answer takes 40 ms."""
    files.replace(tmp_path / "feed.atom", os.urandom(10_000).hex().encode())
    times = []
    with running(tmp_path) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        for _ in range(60):
            began = time.monotonic()
            connection.request("GET", "/feed.atom")
            connection.getresponse().read()
            times.append(time.monotonic() - began)
        connection.close()
    assert sorted(times[30:])[15] < 0.03


def test_it_stops_soon_whatever_its_clients_do(tmp_path: Path) -> None:
    """One is idle, one has sent half a request, one does not read what it asked for."""
    files.replace(tmp_path / "large.txt", os.urandom(4_000_000).hex().encode())
    request = b"GET /large.txt HTTP/1.1\r\nHost: hub\r\n\r\n"
    clients = []
    try:
        with running(tmp_path) as port:
            for said in (b"", request[:20], request, request * 3):
                client = socket.create_connection(("127.0.0.1", port))
                client.sendall(said)
                clients.append(client)
            assert ask(port, "/healthz").status == 200
            began = time.monotonic()
        assert time.monotonic() - began < 4
    finally:
        for client in clients:
            client.close()


def test_signals_stay_with_the_caller(tmp_path: Path) -> None:
    """By itself uvicorn takes SIGINT and SIGTERM over, and raises them again when it has stopped."""

    async def run() -> tuple[object, object]:
        stop = asyncio.Event()
        during: list[object] = []

        def on_ready(_: str) -> None:
            during.append(signal.getsignal(signal.SIGTERM))
            stop.set()

        await serve(make_app(tmp_path, lambda: WELL), "localhost", 0, stop, on_ready)
        return during[0], signal.getsignal(signal.SIGTERM)

    assert asyncio.run(run()) == (signal.SIG_DFL, signal.SIG_DFL)
