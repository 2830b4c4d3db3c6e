from __future__ import annotations

import asyncio
import gzip
import os
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest

from feedhub.ingest.fetch import Fetcher, Request
from feedhub.model import Fetched, FetchFailed, FetchOutcome, NotModified, Stage, Validators
from feedhub.settings import LocalFile, WebAddress

T = TypeVar("T")
Writing = Callable[[asyncio.StreamWriter], Awaitable[None]]
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
FEED = b"<feed>" + b"entry " * 200 + b"</feed>"
CERTIFICATES = Path(__file__).parent / "tls"


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer as bytes; `content_type=` becomes `Content-Type:`."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if not status.startswith("304"):
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Origin:
    """A server on loopback that says exactly what it is told to, be it HTTP or not."""

    def __init__(
        self, answers: Mapping[str, bytes | Writing], *, tls: str | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.answers = dict(answers)
        self.heads: list[bytes] = []
        self.tls = tls
        self.host = host

    async def __aenter__(self) -> Self:
        context = None
        if self.tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATES / self.tls)
        self.server = await asyncio.start_server(self._serve, self.host, 0, ssl=context, backlog=200)
        self.port = self.server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self.tls else ''}://{self.host}:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            said = self.answers[head.split()[1].decode()]
            if isinstance(said, bytes):
                writer.write(said.replace(b"PORT", str(self.port).encode()))
                await writer.drain()
            else:
                await said(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            writer.close()

    def header(self, name: str, request: int = -1) -> bytes | None:
        """What the client sent."""
        for line in self.heads[request].split(b"\r\n")[1:]:
            key, _, value = line.partition(b": ")
            if key.lower() == name.lower().encode():
                return value
        return None


def fetcher(**bounds: Any) -> Fetcher:
    given = {"timeout": timedelta(seconds=5), "max_size": 1_000_000, "max_decoded": 2_000_000, "allow": LOOPBACK}
    return Fetcher(user_agent="feedhub/test (+https://hub.example)", **{**given, **bounds})


def web(url: str, *, headers: Mapping[str, str] | None = None, **validators: str) -> Request:
    return Request(
        location=WebAddress(url=url, secret=False), validators=Validators(**validators), headers=headers or {}
    )


def run(scenario: Awaitable[T]) -> T:
    async def bounded() -> T:
        return await asyncio.wait_for(scenario, 20)

    return asyncio.run(bounded())


def get(said: bytes | Writing, **bounds: Any) -> FetchOutcome:
    """What comes of one fetch from an origin that answers this."""

    async def scenario() -> FetchOutcome:
        async with Origin({"/feed": said}) as origin, fetcher(**bounds) as reader:
            return await reader.fetch(web(f"{origin.url}/feed"))

    return run(scenario())


def failed(outcome: FetchOutcome, stage: Stage) -> FetchFailed:
    assert isinstance(outcome, FetchFailed), outcome
    assert outcome.stage is stage, outcome
    assert outcome.words
    return outcome


# -- a good answer


def test_a_whole_answer_comes_with_its_type_validators_and_address() -> None:
    async def scenario() -> None:
        said = answer(body=FEED, Content_Type="application/atom+xml", ETag='"a"', Last_Modified="yesterday")
        async with Origin({"/feed?a=1": said}) as origin, fetcher() as reader:
            assert await reader.fetch(web(f"{origin.url}/feed?a=1#top")) == Fetched(
                body=FEED,
                url=f"{origin.url}/feed?a=1",
                status=200,
                content_type="application/atom+xml",
                validators=Validators(etag='"a"', last_modified="yesterday"),
            )

    run(scenario())


def test_a_request_says_who_asks_and_nothing_else() -> None:
    """No cookies, although some were set; no Referer, although a redirect led there; gzip and no other coding."""

    async def scenario() -> None:
        answers = {
            "/": answer("302 Found", Location="/feed", Set_Cookie="a=b; Path=/"),
            "/feed": answer(body=FEED, Set_Cookie="c=d; Path=/"),
        }
        async with Origin(answers) as origin, fetcher() as reader:
            await reader.fetch(web(f"{origin.url}/"))
            await reader.fetch(web(f"{origin.url}/"))
            for request in range(4):
                assert origin.header("user-agent", request) == b"feedhub/test (+https://hub.example)"
                assert origin.header("accept-encoding", request) == b"gzip"
                assert b"application/atom+xml" in (origin.header("accept", request) or b"")
                for name in ("cookie", "referer", "authorization", "if-none-match", "if-modified-since"):
                    assert origin.header(name, request) is None

    run(scenario())


def test_an_answer_that_is_packed_is_unpacked() -> None:
    outcome = get(answer(body=gzip.compress(FEED), Content_Encoding="gzip"))
    assert isinstance(outcome, Fetched)
    assert outcome.body == FEED


def test_an_answer_in_chunks_or_up_to_the_end_of_the_connection_is_whole() -> None:
    for said in (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nabcde",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde",
    ):
        outcome = get(said)
        assert isinstance(outcome, Fetched)
        assert outcome.body == b"abcde"


def test_a_reason_phrase_that_is_not_utf_8_costs_nothing() -> None:
    """httpx-aiohttp 0.2 raises on one, and leaks the connection."""
    outcome = get(b"HTTP/1.1 200 Trouv\xe9\r\nContent-Length: 2\r\n\r\nab")
    assert isinstance(outcome, Fetched)


def test_an_international_address_is_asked_for_as_a_uri() -> None:
    async def scenario() -> None:
        async with Origin({"/f%C3%A9ed?q=%C3%BC": answer(body=FEED)}) as origin, fetcher() as reader:
            assert isinstance(await reader.fetch(web(f" http://127。0。0。1:{origin.port}/féed?q=ü ")), Fetched)

    run(scenario())


# -- conditional requests


@pytest.mark.parametrize(
    "etag",
    [b'"abc"', b'W/"a b"', b"unquoted", b"'odd'", b'"\xc3\xa9"', b'"gzip;\\"', b'"trailing"-gzip'],
)
def test_validators_go_back_byte_for_byte(etag: bytes) -> None:
    async def scenario() -> None:
        said = b"HTTP/1.1 200 OK\r\nETag: " + etag + b"\r\nLast-Modified: Mon, 1 jan 2026\r\nContent-Length: 0\r\n\r\n"
        async with Origin({"/": said}) as origin, fetcher() as reader:
            first = await reader.fetch(web(origin.url + "/"))
            assert isinstance(first, Fetched)
            origin.answers["/"] = answer("304 Not Modified", ETag='"new"')
            request = Request(location=WebAddress(url=origin.url + "/", secret=False), validators=first.validators)
            assert await reader.fetch(request) == NotModified(validators=Validators(etag='"new"'))
            assert origin.header("if-none-match") == etag
            assert origin.header("if-modified-since") == b"Mon, 1 jan 2026"

    run(scenario())


@pytest.mark.parametrize("etag", [b'"\xe9"', b'"a\x01b"', b'"\xff\xfe"', b'"a\tb"', b""])
def test_a_validator_that_cannot_be_sent_back_is_dropped_and_breaks_no_later_request(etag: bytes) -> None:
    async def scenario() -> None:
        said = b"HTTP/1.1 200 OK\r\nETag: " + etag + b"\r\nLast-Modified: x\r\nContent-Length: 0\r\n\r\n"
        async with Origin({"/": said}) as origin, fetcher() as reader:
            first = await reader.fetch(web(origin.url + "/"))
            assert isinstance(first, Fetched)
            assert first.validators == Validators(etag=None, last_modified="x")
            assert isinstance(await reader.fetch(web(origin.url + "/", last_modified="x")), Fetched)

    run(scenario())


def test_a_304_that_nobody_asked_for_is_a_failure() -> None:
    assert failed(get(answer("304 Not Modified")), Stage.ANSWER).status == 304


# -- redirects


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 T", "308 P"])
@pytest.mark.parametrize("location", ["/b/feed", "b/feed", "http://127.0.0.1:PORT/b/feed", "//127.0.0.1:PORT/b/feed#x"])
def test_a_redirect_is_followed(status: str, location: str) -> None:
    async def scenario() -> None:
        answers = {"/a": answer(status, Location=location), "/b/feed": answer(body=FEED)}
        async with Origin(answers) as origin, fetcher() as reader:
            outcome = await reader.fetch(web(origin.url + "/a", etag='"x"'))
            assert isinstance(outcome, Fetched)
            assert outcome.url == origin.url + "/b/feed"
            assert origin.header("if-none-match") == b'"x"'

    run(scenario())


def test_redirects_in_a_circle_or_without_end_are_refused() -> None:
    async def scenario() -> None:
        answers: dict[str, bytes | Writing] = {f"/{n}": answer("302 Found", Location=f"/{n + 1}") for n in range(40)}
        answers |= {"/x": answer("301 M", Location="/y"), "/y": answer("301 M", Location="/x")}
        async with Origin(answers) as origin, fetcher() as reader:
            failed(await reader.fetch(web(origin.url + "/x")), Stage.REFUSED)
            assert len(origin.heads) == 2
            failed(await reader.fetch(web(origin.url + "/0")), Stage.REFUSED)
            assert len(origin.heads) == 2 + 11

    run(scenario())


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "javascript:1", "mailto:a@b", "http://", ""]
)
def test_a_redirect_to_what_is_no_web_address_is_refused(location: str) -> None:
    failed(get(answer("302 Found", Location=location)), Stage.REFUSED)


def test_a_redirect_without_an_address_is_an_answer_that_brings_nothing() -> None:
    assert failed(get(answer("302 Found")), Stage.ANSWER).status == 302


def test_custom_headers_and_credentials_stay_with_their_origin() -> None:
    async def scenario() -> None:
        async with Origin({"/": answer(body=FEED)}) as other, fetcher() as reader:
            moved = answer("301 M", Location=f"http://evil:evil@127.0.0.1:{other.port}/")
            async with Origin({"/": answer("302 Found", Location="/b"), "/b": moved}) as origin:
                url = f"http://lee:p%40ss@127.0.0.1:{origin.port}/"
                outcome = await reader.fetch(web(url, headers={"X-Key": "k", "user-agent": "mine"}))
                assert isinstance(outcome, Fetched)
                assert outcome.url == other.url + "/"
                for request in (0, 1):
                    assert origin.header("x-key", request) == b"k"
                    assert origin.header("user-agent", request) == b"mine"
                    assert origin.header("authorization", request) == b"Basic " + b64encode(b"lee:p@ss")
                assert other.header("x-key") is None
                assert other.header("authorization") is None
                assert other.header("user-agent") == b"feedhub/test (+https://hub.example)"

    run(scenario())


def test_a_failure_behind_a_redirect_says_where_without_a_secret() -> None:
    async def scenario() -> None:
        answers = {"/hush": answer("301 M", Location="/hush/"), "/hush/": answer("410 Gone")}
        async with Origin(answers) as origin, fetcher() as reader:
            url = f"http://lee:hunter2@127.0.0.1:{origin.port}/hush"
            outcome = failed(await reader.fetch(web(url)), Stage.ANSWER)
            assert outcome.status == 410
            assert f"http://127.0.0.1:{origin.port}: " in outcome.words
            assert "hush" not in outcome.words
            assert "hunter2" not in outcome.words

    run(scenario())


# -- the guard


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "127.0.0.1.", "127.9.9.9", "[::1]", "[::]", "0", "0.0.0.0", "[::127.0.0.1]", "user@127.0.0.1", "8.8.8.8@127.0.0.1"],
)  # fmt: skip
def test_loopback_is_not_reached_in_any_spelling(host: str) -> None:
    async def scenario() -> None:
        async with Origin({"/": answer(body=b"secret")}) as origin, fetcher(allow=()) as reader:
            outcome = await reader.fetch(web(f"http://{host}:{origin.port}/"))
            assert isinstance(outcome, FetchFailed)
            assert outcome.stage in {Stage.REFUSED, Stage.NAME}
            assert origin.heads == []

    run(scenario())


def test_the_words_of_a_refusal_say_how_to_allow_it() -> None:
    async def scenario() -> None:
        async with fetcher(allow=()) as reader:
            for host in ("127.0.0.1", "localhost"):
                outcome = failed(await reader.fetch(web(f"http://{host}:9/")), Stage.REFUSED)
                assert "loopback; allow it under fetch.allow" in outcome.words
            assert "10.1.2.3 is private" in failed(await reader.fetch(web("http://10.1.2.3/")), Stage.REFUSED).words

    run(scenario())


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "169.254.169.254"])
def test_every_hop_is_judged(host: str) -> None:
    async def scenario() -> None:
        async with Origin({"/": answer("302 Found", Location=f"http://{host}:PORT/")}) as origin:
            async with fetcher(allow=[ip_network("127.0.0.1/32")]) as reader:
                outcome = failed(await reader.fetch(web(origin.url + "/")), Stage.REFUSED)
                assert outcome.words.startswith("redirected to ")
            assert len(origin.heads) == 1

    run(scenario())


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "nonsense", "", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://a b/", "http://[", "http://x\x00y z/"],
)  # fmt: skip
def test_what_is_no_web_address_is_not_fetched(url: str) -> None:
    async def scenario() -> None:
        async with fetcher() as reader:
            failed(await reader.fetch(web(url)), Stage.REFUSED)

    run(scenario())


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy would dial in our place, and the guard would judge the proxy; nor are passwords of the account lent."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    async def scenario() -> None:
        async with Origin({"/": answer(body=FEED)}) as origin, fetcher() as reader:
            assert isinstance(await reader.fetch(web(origin.url + "/")), Fetched)
            assert origin.header("authorization") is None

    run(scenario())


# -- bounds


def test_a_drip_and_a_silence_end_at_the_deadline() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silence(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    for said in (drip, silence):
        outcome = failed(get(said, timeout=timedelta(seconds=0.2)), Stage.TIME)
        assert "0.2 seconds" in outcome.words


def test_one_deadline_holds_for_all_redirects_together() -> None:
    async def scenario() -> None:
        def slow(location: str) -> Writing:
            async def redirect(writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(0.15)
                writer.write(answer("302 Found", Location=location))

            return redirect

        answers = {f"/{n}": slow(f"/{n + 1}") for n in range(10)}
        async with Origin(answers) as origin, fetcher(timeout=timedelta(seconds=0.4)) as reader:
            failed(await reader.fetch(web(origin.url + "/0")), Stage.TIME)
            assert len(origin.heads) < 5

    run(scenario())


def test_an_endless_body_is_cut_off_and_the_connection_closed() -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(10_000))
            await writer.drain()
            sent += 10_000

    failed(get(endless, max_size=100_000), Stage.SIZE)
    assert sent < 20_000_000


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    failed(get(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n", max_size=100_000), Stage.SIZE)
    failed(get(answer(body=bytes(100_001)), max_size=100_000), Stage.SIZE)


def test_a_bomb_a_chain_and_a_coding_not_asked_for_are_refused() -> None:
    bomb = gzip.compress(bytes(30_000_000))
    failed(get(answer(body=bomb, Content_Encoding="gzip")), Stage.SIZE)
    failed(get(answer(body=gzip.compress(bomb), Content_Encoding="gzip, gzip")), Stage.DECODE)
    failed(get(answer(body=FEED, Content_Encoding="br")), Stage.DECODE)
    twice = answer(body=gzip.compress(bomb), Content_Encoding="gzip").replace(
        b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1
    )
    failed(get(twice), Stage.DECODE)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_no_answer(said: bytes) -> None:
    failed(get(said), Stage.ANSWER)


def test_a_gzip_that_breaks_off_is_no_answer() -> None:
    failed(get(answer(body=gzip.compress(FEED)[:-20], Content_Encoding="gzip")), Stage.DECODE)


def test_many_that_hang_hold_up_nobody() -> None:
    """The limit of aiohttp itself is a hundred connections."""

    async def scenario() -> None:
        everyone = asyncio.Event()
        waiting = 0

        async def together(writer: asyncio.StreamWriter) -> None:
            nonlocal waiting
            waiting += 1
            if waiting == 120:
                everyone.set()
            await everyone.wait()
            writer.write(answer(body=FEED))
            await writer.drain()

        async with Origin({"/": together}) as origin, fetcher() as reader:
            outcomes = await asyncio.gather(*(reader.fetch(web(origin.url + "/")) for _ in range(120)))
            assert all(isinstance(outcome, Fetched) for outcome in outcomes)

    run(scenario())


def test_cancellation_passes_through() -> None:
    async def scenario() -> None:
        async def silence(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(1)

        async with Origin({"/": silence}) as origin, fetcher() as reader:
            task = asyncio.create_task(reader.fetch(web(origin.url + "/")))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(scenario())


# -- answers that bring nothing


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Unauthorized", "credentials"),
        ("403 Forbidden", "does not let us"),
        ("404 Not Found", "nothing at this address"),
        ("410 Gone", "gone for good"),
        ("429 Too Many Requests", "too often"),
        ("500 Oops", "in trouble"),
        ("503 Service Unavailable", "in trouble"),
        ("204 No Content", "No Content"),
        ("206 Partial Content", "Partial Content"),
        ("300 Multiple Choices", "Multiple Choices"),
        ("418 Whatever", "Teapot"),
        ("499 Nothing known", "no meaning"),
        ("999 Blocked", "in trouble"),
    ],
)
def test_a_status_is_told_in_words(status: str, words: str) -> None:
    outcome = failed(get(answer(status)), Stage.ANSWER)
    assert outcome.status == int(status[:3])
    assert words in outcome.words
    assert status[:3] in outcome.words


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": "0"}, 0),
        ({"Retry_After": "Fri, 02 Jan 2026 00:01:30 GMT", "Date": "Fri, 02 Jan 2026 00:00:00 GMT"}, 90),
        ({"Retry_After": "Fri, 02 Jan 2026 00:01:30 GMT", "Date": "Sat, 03 Jan 2026 00:00:00 GMT"}, 0),
        ({"Retry_After": "Fri, 02 Jan 2026 00:01:30 GMT"}, None),
        ({"Retry_After": "Fri, 02 Jan 2026 00:01:30 -0000", "Date": "Fri, 02 Jan 2026 00:00:00 GMT"}, None),
        ({"Retry_After": "soon", "Date": "Fri, 02 Jan 2026 00:00:00 GMT"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "9" * 5000}, None),
        ({"Retry_After": "1.5"}, None),
    ],
)
def test_retry_after_is_understood_in_both_forms(headers: dict[str, str], seconds: int | None) -> None:
    assert failed(get(answer("503 Service Unavailable", b"", **headers)), Stage.ANSWER).retry_after == seconds


@pytest.mark.parametrize(
    "said",
    [b"", b"hello\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000, b"HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\n", b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28"],
)  # fmt: skip
def test_what_is_no_http_is_said_so(said: bytes) -> None:
    failed(get(said), Stage.ANSWER)


# -- no connection


def test_a_name_that_is_not_known_or_not_possible_is_said_so() -> None:
    async def scenario() -> None:
        async with fetcher() as reader:
            failed(await reader.fetch(web("http://nowhere.invalid/")), Stage.NAME)
            failed(await reader.fetch(web("http://a..b/")), Stage.NAME)
            failed(await reader.fetch(web(f"http://{'a' * 70}.example/")), Stage.NAME)

    run(scenario())


def test_a_refused_connection_is_said_so() -> None:
    async def scenario() -> None:
        async with Origin({}) as origin:
            pass
        async with fetcher() as reader:
            outcome = failed(await reader.fetch(web(origin.url + "/?token=hunter2")), Stage.CONNECT)
            assert outcome.words == "no connection: connection refused"

    run(scenario())


@pytest.mark.parametrize(
    ("certificate", "host", "authority", "words"),
    [
        ("valid.pem", "localhost", "ca.pem", None),
        ("valid.pem", "127.0.0.1", "ca.pem", None),
        (
            "valid.pem",
            "localhost",
            "valid.pem",
            "its certificate is signed by an authority that is not known here, or comes without its chain",
        ),
        ("valid.pem", "127.0.0.2", "ca.pem", "its certificate is for another address"),
        ("expired.pem", "localhost", "ca.pem", "its certificate expired on 1 January 2001; its owner has to renew it"),
    ],
)
def test_a_certificate_must_hold_and_the_systems_authorities_count(
    certificate: str, host: str, authority: str, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / authority))

    async def scenario() -> FetchOutcome:
        bound = "127.0.0.1" if host == "localhost" else host
        async with Origin({"/": answer(body=FEED)}, tls=certificate, host=bound) as origin, fetcher() as reader:
            return await reader.fetch(web(f"https://{host}:{origin.port}/"))

    outcome = run(scenario())
    if words is None:
        assert isinstance(outcome, Fetched)
    else:
        assert words in failed(outcome, Stage.TLS).words


def test_a_server_that_speaks_no_tls_is_said_so() -> None:
    async def scenario() -> FetchOutcome:
        async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer(body=FEED))
            writer.close()

        async with await asyncio.start_server(plain, "127.0.0.1", 0) as server, fetcher() as reader:
            return await reader.fetch(web(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))

    failed(run(scenario()), Stage.TLS)


# -- files


def read(path: Path, **bounds: Any) -> FetchOutcome:
    async def scenario() -> FetchOutcome:
        async with fetcher(**bounds) as reader:
            return await reader.fetch(Request(location=LocalFile(path=path)))

    return run(scenario())


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED)
    assert read(tmp_path / "feed.xml") == Fetched(
        body=FEED, url="", status=200, content_type=None, validators=Validators()
    )


def test_a_file_that_cannot_be_read_is_said_so_without_its_folders(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "large.xml").write_bytes(bytes(1001))
    os.mkfifo(tmp_path / "pipe")
    for name, stage, words in (
        ("missing.xml", Stage.FILE, "missing.xml: no such file"),
        ("large.xml/feed", Stage.FILE, "feed: not a directory"),
        ("folder", Stage.FILE, "folder is a folder"),
        ("pipe", Stage.FILE, "pipe is no plain file"),
        ("large.xml", Stage.SIZE, "large.xml is larger than 1,000 bytes"),
    ):
        outcome = failed(read(tmp_path / name, max_decoded=1000), stage)
        assert outcome.words.startswith(words)
        assert str(tmp_path) not in outcome.words


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").touch(mode=0)
    assert "permission denied" in failed(read(tmp_path / "feed.xml"), Stage.FILE).words
