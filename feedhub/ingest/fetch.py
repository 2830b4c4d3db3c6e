"""One polite, bounded, guarded GET: of an http(s) address, or of a file.

What the world does comes back as a value; only cancellation passes through. The one door to httpx, and to
the aiohttp transport beneath it. httpx's client stays out on purpose: it logs addresses with their secrets,
keeps cookies, reads proxies from the environment, and takes 0.08 ms of the 0.19 ms that a 304 then costs.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from aiohttp.connector import Connection
from httpx_aiohttp import AiohttpTransport

from feedhub import urls
from feedhub.ingest import coding, guard, headers, tls, words
from feedhub.model import Fetched, FetchFailed, FetchOutcome, NotModified, Stage, Validators
from feedhub.settings import LocalFile, WebAddress

_MAX_REDIRECTS = 10
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_PERMANENT = {301, 308}
_FAULTS: tuple[tuple[type[Exception], Stage, str], ...] = (
    (UnicodeError, Stage.NAME, "its host name is not possible: check the spelling"),
    (aiohttp.InvalidURL, Stage.REFUSED, "its host is no possible name or address"),
    (httpx.InvalidURL, Stage.REFUSED, "its host is no possible name or address"),
    (aiohttp.ClientSSLError, Stage.TLS, "no secure connection comes about"),
    (aiohttp.ServerDisconnectedError, Stage.ANSWER, "it closes the connection without an answer"),
    (aiohttp.ClientPayloadError, Stage.ANSWER, "its answer breaks off"),
    (aiohttp.ClientResponseError, Stage.ANSWER, "what it answers is not HTTP"),
)
_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read. `headers` are sent to the origin of `location` and to no other."""

    location: WebAddress | LocalFile
    address: str | None = None  # asked in place of the location's, where it has moved for good
    validators: Validators = field(default_factory=Validators)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Moved:
    """A redirect."""

    location: str
    permanent: bool


class _Refused(OSError):
    """The guard's no.

    Its text is alike for every address, since of several failures that differ aiohttp makes a bare `OSError`.
    """

    def __init__(self, words: str) -> None:
        super().__init__("refused by the guard")
        self.words = words


class _Answer(aiohttp.ClientResponse):
    """An answer without a reason phrase: one that is not UTF-8 makes the transport raise, and leak the connection."""

    async def start(self, connection: Connection) -> Self:
        await super().start(connection)
        self.reason = None
        return self


Turn = Callable[[str], Awaitable[timedelta | None]]


async def _at_once(_: str) -> None:
    """Nobody else is asking."""


class Fetcher:
    """Reads what it is asked to, within bounds. To be entered once, and shared by all that read."""

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: timedelta,  # for a whole answer, redirects included
        max_size: int,  # bytes on the wire
        max_decoded: int = 20_000_000,
        allow: Sequence[_Network] = (),
    ) -> None:
        self._user_agent = user_agent
        self._timeout = timeout
        self._max_size = max_size
        self._max_decoded = max_decoded
        self._allow = tuple(allow)
        self._transports: dict[str, AiohttpTransport] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    def _transport(self, scheme: str) -> AiohttpTransport:
        """Made when the first address needs it: to read who is trusted takes as long as 200 answers."""
        if scheme not in self._transports:
            trusted = (
                _trusted() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )  # which trusts nobody
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(socket_factory=self._dial, limit=0, use_dns_cache=False, ssl=trusted),
                cookie_jar=aiohttp.DummyCookieJar(),
                response_class=_Answer,
                auto_decompress=False,
                trust_env=False,
            )
            self._transports[scheme] = AiohttpTransport(client=session, verify=trusted, trust_env=False)
        return self._transports[scheme]

    async def fetch(self, request: Request, turn: Turn = _at_once) -> FetchOutcome:
        """The answer, or why there is none, in words without secrets.

        `turn` is asked before each request, by its origin: it returns when the request
        may be made, or for how long the origin wants to be left alone. The time that
        it takes does not count.
        """
        try:
            if isinstance(request.location, LocalFile):
                async with asyncio.timeout(self._timeout.total_seconds()):
                    return await asyncio.to_thread(_read_file, request.location.path, self._max_decoded)
            return await self._follow(request.location.url, request, turn)
        except TimeoutError:
            seconds = f"{self._timeout.total_seconds():g}"
            return FetchFailed(stage=Stage.TIME, words=f"no whole answer within {seconds} seconds")

    async def _follow(self, url: str, request: Request, turn: Turn) -> FetchOutcome:
        """From address to address, until one answers.

        The validators go all the way: they are those of whatever the last address answered. Credentials
        and custom headers do not: they are meant for the origin that feeds.yaml names.
        """
        address, own = headers.of_address(url)
        own |= request.headers
        home = urls.origin(address)
        address = request.address or address
        seen: dict[str, bool] = {}  # the addresses that redirected, and whether for good
        left = self._timeout.total_seconds()
        while True:
            origin = urls.origin(address) if seen or request.address else home
            if not origin:
                outcome: FetchOutcome | _Moved = _refused("it is no http or https address")
            elif wait := await turn(origin):
                outcome = _alone(origin, wait)
            else:
                began = asyncio.get_running_loop().time()
                async with asyncio.timeout(left):
                    outcome = await self._get(address, request.validators, own if origin == home else {})
                left -= asyncio.get_running_loop().time() - began
            if isinstance(outcome, _Moved):
                seen[address] = outcome.permanent
                address, _ = headers.of_address(outcome.location)
                if address in seen:
                    return _refused("it redirects in a circle")
                if len(seen) > _MAX_REDIRECTS:
                    return _refused(f"it redirects more than {_MAX_REDIRECTS} times")
            elif isinstance(outcome, FetchFailed) and seen:
                # The origin alone: the path may hold the secret that the first address held.
                return replace(outcome, words=f"redirected to {origin}: {outcome.words}")
            elif isinstance(outcome, Fetched | NotModified) and seen and all(seen.values()):
                return replace(outcome, moved_to=address)
            else:
                return outcome

    async def _get(self, address: str, validators: Validators, own: Mapping[str, str]) -> FetchOutcome | _Moved:
        wanted = {"User-Agent": self._user_agent, "Accept": _ACCEPT, **own, "Accept-Encoding": "gzip"}
        if validators.etag:
            wanted["If-None-Match"] = validators.etag
        if validators.last_modified:
            wanted["If-Modified-Since"] = validators.last_modified
        sent = {name.lower(): (name.encode(), value.encode()) for name, value in wanted.items()}
        try:
            asked = httpx.Request("GET", address, headers=[*sent.values()], extensions={"timeout": {}})
            transport = self._transport(asked.url.scheme)
            async with aclosing(await transport.handle_async_request(asked)) as answer:
                return await self._read(answer, address)
        except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, UnicodeError) as error:
            return _fault(error)

    async def _read(self, answer: httpx.Response, address: str) -> FetchOutcome | _Moved:
        if answer.has_redirect_location:
            location = urls.absolute(answer.headers["Location"], address) or ""
            return _Moved(location, permanent=answer.status_code in _PERMANENT)
        if answer.status_code == 304:
            if {"if-none-match", "if-modified-since"}.isdisjoint(answer.request.headers):
                return _refusal(answer, "it says that nothing has changed, although that was not asked (HTTP 304)")
            return NotModified(validators=headers.validators(answer.headers.raw), fresh=headers.fresh(answer.headers))
        if answer.status_code not in {200, 203}:
            return _refusal(answer, words.of_status(answer.status_code))
        body = await self._body(answer)
        if isinstance(body, FetchFailed):
            return body
        return Fetched(
            body=body,
            url=address,
            status=answer.status_code,
            content_type=answer.headers.get("Content-Type"),
            validators=headers.validators(answer.headers.raw),
            fresh=headers.fresh(answer.headers),
        )

    async def _body(self, answer: httpx.Response) -> bytes | FetchFailed:
        too_large = FetchFailed(stage=Stage.SIZE, words=f"it is larger than {self._max_size:,} bytes")
        if (headers.number(answer.headers.get("Content-Length", "")) or 0) > self._max_size:
            return too_large
        wire = bytearray()
        async for chunk in answer.aiter_raw():
            wire += chunk
            if len(wire) > self._max_size:
                return too_large
        return coding.decode(bytes(wire), answer.headers.get("Content-Encoding", ""), self._max_decoded)

    def _dial(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for the very address that is about to be connected to, if the guard lets it."""
        family, kind, protocol, _, where = info
        address = ip_address(where[0])
        if words := guard.refusal(address, self._allow):
            raise _Refused(f"its address {address} is {words}; allow it under fetch.allow if that is meant")
        return socket.socket(family, kind, protocol)


def _trusted() -> ssl.SSLContext:
    """The roots of certifi, and beside them the system's, which may hold one of the admin's own."""
    trusted = httpx.create_ssl_context(trust_env=False)
    trusted.sslobject_class = tls.Handshake
    trusted.load_default_certs()
    return trusted


def _refusal(answer: httpx.Response, text: str) -> FetchFailed:
    """An answer that brings nothing."""
    return FetchFailed(
        stage=Stage.ANSWER,
        words=text,
        status=answer.status_code,
        retry_after=headers.retry_after(answer.headers),
        origin=urls.origin(str(answer.request.url)),
    )


def _alone(origin: str, wait: timedelta) -> FetchFailed:
    """An origin that a redirect leads to has asked not to be asked."""
    seconds = int(wait.total_seconds())
    return FetchFailed(
        stage=Stage.ANSWER, words="it wants to be left alone for now", retry_after=seconds, origin=origin
    )


def _refused(words: str) -> FetchFailed:
    return FetchFailed(stage=Stage.REFUSED, words=words)


def _fault(error: Exception) -> FetchFailed:
    """Why there was no answer. What matters stands beneath: httpx calls a failed name a `ConnectTimeout`."""
    cause = error.__cause__ if isinstance(error, httpx.HTTPError) else error
    match cause:
        case aiohttp.ClientConnectorError(os_error=_Refused() as no):
            return _refused(no.words)
        case aiohttp.ClientConnectorDNSError(os_error=OSError() as no):
            return FetchFailed(stage=Stage.NAME, words=words.of_name(no))
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as no):
            return FetchFailed(stage=Stage.TLS, words=tls.words(no))
    for kind, stage, text in _FAULTS:
        if isinstance(cause, kind):
            return FetchFailed(stage=stage, words=text)
    reason = f"no connection: {words.of_system(cause)}" if isinstance(cause, OSError) else "the connection is lost"
    return FetchFailed(stage=Stage.CONNECT, words=reason)


def _read_file(path: Path, limit: int) -> Fetched | FetchFailed:
    """A feed in a file. Only a plain file is opened: a pipe would block for ever."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "is a folder" if stat.S_ISDIR(mode) else "is no plain file"
            return FetchFailed(stage=Stage.FILE, words=f"{path.name} {kind}")
        with path.open("rb") as file:
            body = file.read(limit + 1)
    except OSError as error:
        return FetchFailed(stage=Stage.FILE, words=f"{path.name}: {words.of_system(error)}")
    if len(body) > limit:
        return FetchFailed(stage=Stage.SIZE, words=f"{path.name} is larger than {limit:,} bytes")
    return Fetched(body=body, url="", status=200, content_type=None, validators=Validators())
