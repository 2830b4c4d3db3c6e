"""Politeness, as a publisher sees it: an origin that knows what it has asked for, and notes every sin against it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any, Self

import pytest
from conftest import NOW, Hub, numbered, rss

from feedhub import __version__, app
from feedhub.admin import SourceStatus
from feedhub.store import leases

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WANTED = {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"}
BODY = rss(numbered(range(3), newest=NOW - HOUR)).encode()


@dataclass(frozen=True)
class Answer:
    """What a publisher says; `after`: for how long it does not want to be asked again."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = BODY
    after: timedelta = timedelta()


@dataclass(frozen=True)
class Asked:
    """One request."""

    at: datetime
    path: str
    headers: Mapping[str, str]


class Publisher:
    """An origin on loopback that counts sins."""

    def __init__(self) -> None:
        self.says: dict[str, Answer | Callable[[], Answer]] = {}
        self.asked: list[Asked] = []
        self.sins: list[str] = []
        self.spans: list[tuple[float, float]] = []  # when each request began and ended
        self.busiest = 0
        self.slow = 0.0  # seconds
        self.rest: dict[str, datetime] = {}  # by path, or "" for all of them: not to be asked before
        self._given: dict[str, tuple[str | None, str | None]] = {}
        self._busy = 0
        self._lock = threading.Lock()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                publisher.answer(self)

            def do_HEAD(self) -> None:
                publisher.sins.append(f"HEAD {self.path}")
                self.send_error(405)

            def log_message(self, *_: object) -> None:
                """Nothing: tests look at what was asked."""

            def version_string(self) -> str:
                return "scripted"

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        began = time.monotonic()
        with self._lock:
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
            now, path = datetime.now(UTC), request.path
            headers = {name.lower(): value for name, value in request.headers.items()}
            self._judge(now, path, headers)
            self.asked.append(Asked(now, path, headers))
            said = self.says.get(path, Answer(404))
            said = said() if callable(said) else said
            if said.status == 200:
                self._given[path] = (said.headers.get("ETag"), said.headers.get("Last-Modified"))
            elif said.status == 304:
                known = self._given[path]
                self._given[path] = (said.headers.get("ETag", known[0]), said.headers.get("Last-Modified", known[1]))
            if said.after:
                self.rest["" if "Retry-After" in said.headers else path] = now + said.after
        time.sleep(self.slow)
        with self._lock:
            self._busy -= 1
            self.spans.append((began, time.monotonic()))
        request.send_response_only(said.status)
        for name, value in said.headers.items():
            request.send_header(name, value)
        body = said.body if said.status != 304 else b""
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _judge(self, now: datetime, path: str, headers: Mapping[str, str]) -> None:
        if self._busy > 1:
            self.sins.append(f"{path}: more than one at a time")
        if odd := set(headers) - WANTED:
            self.sins.append(f"{path}: sends {odd}")
        if now < max(self.rest.get(path, now), self.rest.get("", now)):
            self.sins.append(f"{path}: asked at {now}, too soon")
        sent = (headers.get("if-none-match"), headers.get("if-modified-since"))
        if sent != self._given.get(path, (None, None)):
            self.sins.append(f"{path}: sends the validators {sent}, was given {self._given.get(path)}")

    def times(self, path: str = "/feed") -> list[datetime]:
        return [asked.at for asked in self.asked if asked.path == path]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as made:
        yield made


def follow(hub: Hub, *publishers: Publisher, path: str = "/feed", **settings: Any) -> None:
    """Have feeds.yaml name a feed of each of these: `s0`, `s1` …"""
    hub.configure(sources={f"s{number}": {"url": one.url + path, **settings} for number, one in enumerate(publishers)})


def due(hub: Hub) -> dict[str, str]:
    """Poll what is due."""
    return {one.id: str(one.result) for one in app.poll(hub.place).polled}


def state(hub: Hub, source: str = "s0") -> SourceStatus:
    return next(one for one in app.status(hub.place).sources if one.source.id == source)


def live(hub: Hub, span: timedelta) -> None:
    """Poll whenever something is due, for so long; as `run` does, without the waiting."""
    end = datetime.now(UTC) + span
    while True:
        due(hub)
        later = min(one.source.next_check for one in app.status(hub.place).sources)
        if later > end:
            hub.time.move_to(end)
            return
        hub.time.move_to(max(later, datetime.now(UTC)))


def conditional(etag: str, *fresh: Answer) -> Callable[[], Answer]:
    """These answers in turn, then 304."""
    waiting = list(fresh)
    return lambda: waiting.pop(0) if waiting else Answer(304, {"ETag": etag})


# -- one who reads


def test_a_source_that_is_added_is_asked_once_and_told_who_asks(hub: Hub, publisher: Publisher) -> None:
    hub.configure(hub={"title": "The Hub", "url": "https://hub.example", "contact": "editor@hub.example"})
    publisher.says["/feed"] = Answer()
    follow(hub, publisher)
    for _ in range(3):
        due(hub)
    (asked,) = publisher.asked
    assert (
        asked.headers["user-agent"] == f"feedhub/{__version__} (+https://hub.example; editor@hub.example; 1 subscriber)"
    )
    assert publisher.sins == []


def test_five_days_bring_every_item_in_time_and_no_sin(hub: Hub, publisher: Publisher) -> None:
    """A source with an item every six hours is asked about twice in between, and always conditionally."""
    began = datetime.now(UTC)

    def says() -> Answer:
        count = 20 + int((datetime.now(UTC) - began) / (6 * HOUR))
        etag = f'W/"{count}"'
        entries = numbered(range(count - 10, count), newest=began + (count - 20) * 6 * HOUR, step=6 * HOUR)
        unchanged = publisher.asked[-1].headers.get("if-none-match") == etag
        return Answer(304, {"ETag": etag}) if unchanged else Answer(200, {"ETag": etag}, rss(entries).encode())

    publisher.says["/feed"] = says
    follow(hub, publisher)
    live(hub, 5 * DAY)
    times = publisher.times()
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert publisher.sins == []
    assert min(gaps) >= HOUR
    assert max(gaps) <= 4 * HOUR
    assert len(times) < 5 * 10
    assert state(hub).items >= 10 + 5 * 4 - 1  # the last has just come


def test_a_source_without_validators_is_asked_once_a_day(hub: Hub, publisher: Publisher) -> None:
    publisher.says["/feed"] = Answer()
    follow(hub, publisher)
    live(hub, 10 * DAY)
    assert len(publisher.times()) == 10


def test_validators_are_those_of_the_last_answer_byte_for_byte(hub: Hub, publisher: Publisher) -> None:
    """Also none, after a 200 without any; and a 304 renews those that it names."""
    both = {"ETag": 'W/"a b\\"', "Last-Modified": "yesterday, at noon"}
    publisher.says["/feed"] = conditional(
        "'odd'",
        Answer(200, both),
        Answer(304, {}),
        Answer(304, {"ETag": '"b"'}),
        Answer(200, {"Last-Modified": "Mon, 1 Jun 2026"}, BODY + b" "),
        Answer(200, {"Last-Modified": "Tue, 2 Jun 2026"}, BODY + b" "),
        Answer(200, {}, BODY + b" "),
        Answer(200, {"ETag": '"c"'}, BODY),
    )
    follow(hub, publisher)
    for _ in range(10):
        hub.poll("s0")
    assert publisher.sins == []
    assert len(publisher.asked) == 10


# -- its own word


@pytest.mark.parametrize(
    ("headers", "hours"),
    [
        ({"Cache-Control": "public, max-age=36000, s-maxage=9"}, 10),
        ({"Cache-Control": 'Max-Age="7200"', "Age": "3600"}, 1),
        ({"Date": "Mon, 01 Jun 2026 12:00:00 GMT", "Expires": "Mon, 01 Jun 2026 17:00:00 GMT"}, 5),
        ({"Date": "Mon, 01 Jun 2026 12:00:00 GMT", "Expires": "0"}, 0),
        ({"Cache-Control": "no-cache, max-age=36000"}, 0),
        ({"Cache-Control": "max-age=much"}, 0),
        ({"Cache-Control": "max-age=99999999999999999999"}, 0),
        ({"Cache-Control": "max-age=31536000"}, 7 * 24),
    ],
)
def test_an_answer_that_holds_for_a_time_is_not_asked_for_before(
    headers: dict[str, str], hours: float, hub: Hub, publisher: Publisher
) -> None:
    publisher.says["/feed"] = Answer(200, headers)
    follow(hub, publisher, every="1m")
    due(hub)
    assert state(hub).source.next_check == NOW + max(hours * HOUR, timedelta(minutes=1))


def test_what_a_304_says_of_its_freshness_counts_too(hub: Hub, publisher: Publisher) -> None:
    publisher.says["/feed"] = lambda: Answer(
        304 if publisher.asked[1:] else 200, {"ETag": '"a"', "Cache-Control": "max-age=7200"}
    )
    follow(hub, publisher, every="1m")
    hub.poll("s0")
    hub.poll("s0")
    assert state(hub).source.next_check == NOW + 2 * HOUR


def test_ttl_and_skipped_hours_hold_while_nothing_changes(hub: Hub, publisher: Publisher) -> None:
    """A 304 brings no document to read them from."""
    asks = b"<ttl>180</ttl><skipHours><hour>15</hour><hour>16</hour></skipHours>"
    body = BODY.replace(b"<description/>", b"<description/>" + asks, 1)
    publisher.says["/feed"] = conditional('"a"', Answer(200, {"ETag": '"a"'}, body))
    follow(hub, publisher, every="30m")
    live(hub, timedelta(hours=12))
    assert [f"{at:%H:%M}" for at in publisher.times()] == ["12:00", "17:00", "20:00", "23:00"]


def test_a_hub_that_comes_too_late_waits_until_skipped_hours_are_over(hub: Hub, publisher: Publisher) -> None:
    """What was due before them is not asked in them, but where the admin names it."""
    asks = b"<skipHours><hour>15</hour><hour>16</hour></skipHours>"
    publisher.says["/feed"] = Answer(200, {}, BODY.replace(b"<description/>", b"<description/>" + asks, 1))
    follow(hub, publisher, every="2h")
    due(hub)
    hub.pass_(hours=3, minutes=20)
    assert due(hub) == {}
    assert state(hub).source.next_check == NOW + 5 * HOUR + timedelta(minutes=20)
    assert hub.poll("s0")["s0"].result == "unchanged"
    hub.pass_(hours=2)
    assert due(hub) == {"s0": "unchanged"}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_an_origin_that_wants_to_be_left_alone_is_with_all_its_sources(
    status: int, form: str, hub: Hub, publisher: Publisher
) -> None:
    """Over restarts, and whoever asks: each poll here is a process of its own as far as it remembers."""
    wait = 5 * HOUR
    said = {"Retry-After": "18000", "Date": format_datetime(NOW, usegmt=True)}
    if form == "date":
        said["Retry-After"] = format_datetime(NOW + wait, usegmt=True)
    publisher.says |= {"/a": Answer(status, said, after=wait), "/b": Answer(200, {"ETag": '"b"'})}
    with Publisher() as other:
        other.says["/feed"] = Answer()
        named = {"a": publisher.url + "/a", "b": publisher.url + "/b", "else": other.url + "/feed"}
        hub.configure(sources={name: {"url": url, "every": "1m"} for name, url in named.items()})
        results = due(hub)
        assert results["a"] == "failed"
        assert (results["else"], len(other.asked)) == ("ok", 1)
        asked = len(publisher.asked)
        for _ in range(4):
            hub.pass_(hours=1)
            refused = hub.poll("a", "b")
            assert {one.result for one in refused.values()} == {"skipped"}
            assert "left alone until 2026-06-01 17:00 UTC" in (refused["b"].error or "")
            assert set(due(hub)) == {"else"}
        assert state(hub, "b").source.next_check >= NOW + wait
        assert "left alone until 2026-06-01 17:00" in (state(hub, "a").source.error or "")
        assert len(publisher.asked) == asked
        hub.pass_(hours=1)
        assert set(due(hub)) == {"a", "b", "else"} - ({"b"} if results["b"] == "failed" else set())
    assert publisher.sins == []


def test_those_who_wait_for_their_turn_hear_that_nobody_is_to_ask(hub: Hub, publisher: Publisher) -> None:
    publisher.says |= {
        f"/{number}": Answer(503, {"Retry-After": "60"}, after=timedelta(minutes=1)) for number in range(9)
    }
    hub.configure(sources={f"s{number}": {"url": f"{publisher.url}/{number}"} for number in range(9)})
    assert sorted(due(hub).values()) == ["failed", *["skipped"] * 8]
    assert len(publisher.asked) == 1
    hub.pass_(minutes=2)
    assert len(due(hub)) == 8  # no lease is left behind
    assert publisher.sins == []


def test_what_is_gone_is_not_asked_again_until_it_has_a_new_address(hub: Hub, publisher: Publisher) -> None:
    publisher.says["/feed"] = Answer(200, {"ETag": '"a"'})
    follow(hub, publisher)
    hub.poll("s0")
    publisher.says["/feed"] = Answer(410, after=999 * DAY)
    hub.poll("s0")
    before = state(hub)
    assert (before.state, before.items) == ("gone", 3)
    assert "new address" in (before.source.error or "")
    for paused in (False, True, False):
        follow(hub, publisher, paused=paused)
        hub.pass_(days=30)
        assert due(hub) == {}
        assert hub.poll("s0")["s0"].result == "skipped"
    publisher.says["/new"] = Answer()
    follow(hub, publisher, path="/new")
    assert due(hub) == {"s0": "ok"}
    assert state(hub).state == "ok"
    assert publisher.sins == []


# -- moves


def moves(hub: Hub, publisher: Publisher, status: int, to: str, span: timedelta) -> int:
    """For so long the feed redirects there; how often the old address was asked meanwhile."""
    before = len(publisher.times())
    publisher.says["/feed"] = Answer(status, {"Location": to}, b"")
    live(hub, span)
    return len(publisher.times()) - before


def test_a_move_for_good_counts_once_it_has_held_for_a_week(hub: Hub, publisher: Publisher) -> None:
    hub.config["fetch"]["allow"] = ["127.0.0.0/8"]
    publisher.says["/new"] = Answer()
    follow(hub, publisher, every="1d")
    text = (hub.folder / "feeds.yaml").read_text()
    assert moves(hub, publisher, 301, "/new", 6 * DAY) == 7
    said = state(hub).source.whereabouts
    assert (said.address, said.moved_to, said.moved_since) == (None, publisher.url + "/new", NOW)
    assert moves(hub, publisher, 308, "/new", 2 * DAY) == 1
    assert moves(hub, publisher, 308, "/new", 2 * DAY) == 0
    assert state(hub).source.whereabouts.address == publisher.url + "/new"
    assert (hub.folder / "feeds.yaml").read_text() == text


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_move_for_now_never_counts(status: int, hub: Hub, publisher: Publisher) -> None:
    publisher.says |= {"/new": Answer(), "/hop": Answer(status, {"Location": "/new"}, b"")}
    follow(hub, publisher, every="1d")
    moves(hub, publisher, status, "/new", 9 * DAY)
    moves(hub, publisher, 301, "/hop", 9 * DAY)
    assert state(hub).source.whereabouts.moved_to is None


def test_a_move_that_wavers_starts_over(hub: Hub, publisher: Publisher) -> None:
    publisher.says |= {"/new": Answer(), "/newer": Answer()}
    follow(hub, publisher, every="1d")
    moves(hub, publisher, 301, "/new", 5 * DAY)
    moves(hub, publisher, 301, "/newer", 5 * DAY)
    moves(hub, publisher, 302, "/newer", 2 * DAY)
    moves(hub, publisher, 301, "/newer", 5 * DAY)
    said = state(hub).source.whereabouts
    assert said.address is None
    assert said.moved_since is not None
    assert said.moved_since > NOW + 11 * DAY


def test_a_new_address_that_fails_again_and_again_is_given_up(hub: Hub, publisher: Publisher) -> None:
    """A server's slip may well hold for a week."""
    publisher.says["/new"] = Answer()
    follow(hub, publisher, every="1d")
    moves(hub, publisher, 301, "/new", 9 * DAY)
    publisher.says |= {"/new": Answer(404), "/feed": Answer()}
    live(hub, 7 * DAY)
    assert (state(hub).state, state(hub).source.whereabouts.address) == ("ok", None)


def test_a_secret_in_a_new_address_is_neither_kept_nor_shown(hub: Hub, publisher: Publisher) -> None:
    publisher.says["/new?token=hunter2"] = Answer()
    follow(hub, publisher, every="1d")
    moves(hub, publisher, 301, "/new?token=hunter2", 9 * DAY)
    assert state(hub).source.whereabouts.moved_to == publisher.url + "/new?token=…"
    assert b"hunter2" not in hub.place.database.read_bytes()


# -- one at a time


def test_one_request_at_a_time_goes_to_an_origin_and_many_origins_are_asked_at_once(hub: Hub) -> None:
    """Redirects take their turn at the origin that they lead to."""
    with ExitStack() as stack:
        one, *others = (stack.enter_context(Publisher()) for _ in range(5))
        sources = {}
        for place, publisher in enumerate((one, *others)):
            publisher.slow = 0.02
            for number in range(5):
                publisher.says[f"/{number}"] = Answer()
                publisher.says[f"/to/{number}"] = Answer(302, {"Location": f"{one.url}/{number}"}, b"")
                way = "" if publisher is one else "/to"
                sources[f"s{place}-{number}"] = {"url": f"{publisher.url}{way}/{number}"}
        hub.configure(sources=sources, fetch={"allow": ["127.0.0.0/8"], "concurrency": 3})
        assert set(due(hub).values()) == {"ok"}
        assert [publisher.busiest for publisher in (one, *others)] == [1] * 5
        assert [publisher.sins for publisher in (one, *others)] == [[]] * 5
        assert len(one.asked) == 25
        spans = sorted(span for publisher in (one, *others) for span in publisher.spans)
        assert any(later[0] < earlier[1] for earlier, later in pairwise(spans))


def test_a_redirect_does_not_lead_to_an_origin_that_wants_to_be_left_alone(hub: Hub, publisher: Publisher) -> None:
    publisher.says["/feed"] = Answer(503, {"Retry-After": "3600"}, after=HOUR)
    with Publisher() as other:
        other.says["/feed"] = Answer(302, {"Location": publisher.url + "/feed"}, b"")
        follow(hub, publisher)
        due(hub)
        follow(hub, publisher, other)
        assert due(hub) == {"s1": "failed"}
        assert state(hub, "s1").source.next_check >= NOW + HOUR
        assert other.sins == publisher.sins == []
        assert len(publisher.asked) == 1


# -- a restart


def test_a_restart_asks_nobody_before_time_and_not_all_at_once(hub: Hub, publisher: Publisher) -> None:
    names = [f"s{number}" for number in range(300)]
    path = hub.folder / "news.xml"
    path.write_bytes(BODY)
    hub.configure(sources={name: {"url": str(path), "every": "1h"} for name in names})
    due(hub)
    hub.pass_(days=3)
    hub.configure(sources={name: {"url": str(path), "every": "1h"} for name in [*names, "new"]})
    app.status(hub.place)
    with app.opened(hub.place) as db:
        leases.spread(db, app.clock())
        waits = [leases.claim(db, app.clock() + timedelta(seconds=s), "nobody", count=999) for s in range(150)]
        rest = leases.claim(db, app.clock() + timedelta(minutes=5), "somebody", count=999)
    assert "new" in waits[0]
    assert max(len(wait) for wait in waits) <= 3  # the first second has the new one, too
    assert 150 <= sum(len(wait) for wait in waits) <= 153
    assert len(rest) >= 148
