"""Hostile input, through the whole hub: each beside three healthy sources, which lose nothing and wait for nobody."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from conftest import NOW, Entry, Hub, rss
from lxml import etree
from lxml import html as lxml_html
from origin import Loopback, Origin, Says, answer

from feedhub import app
from feedhub.cli.main import feedhub
from feedhub.ingest.update import Polled
from feedhub.ingest.workers import Workers
from feedhub.model import PollResult

HEALTHY = ("fit", "fine", "sound")
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@dataclass
class Ward:
    """A hub with three healthy sources, which have another new item at each poll, and those that stand beside them."""

    hub: Hub
    loopback: Loopback
    origins: dict[str, Origin] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)  # in which the answers of the last poll were stored
    polls: int = 0
    host: str = "127.0.0.1"

    def source(self, name: str, says: Says, *, path: str = "/feed", **settings: Any) -> Origin:
        """One more source, at an origin of its own."""
        made = self.origins[name] = self.loopback.origin(says, self.host)
        self.names({name: {"url": made.url + path, **settings}})
        return made

    def names(self, sources: Mapping[str, Any]) -> None:
        self.hub.configure(sources={**self.hub.config.get("sources", {}), **sources})

    def poll(self, *, wait_for: asyncio.Event | None = None) -> dict[str, Polled]:
        """Read all sources and publish. The healthy answer when `wait_for` is set."""
        self.polls += 1
        self.order = []
        for name in HEALTHY:
            if name not in self.origins:
                self.source(name, b"")
            self.origins[name].says = _after(wait_for, answer(rss(_entries(name, self.polls), name)))
        report = app.poll(self.hub.place, every=True, done=lambda polled: self.order.append(polled.id))
        polled: dict[str, Polled] = {one.id: one for one in report.polled}
        for name in HEALTHY:
            assert polled[name].result is PollResult.OK, polled[name]
            assert sorted(self.hub.titles(f"sources/{name}")) == [f"{name} {n}" for n in range(self.polls)]
        assert report.built.problems == ()
        assert_whole(self.hub)
        return polled

    def assert_the_healthy_came_before(self, *names: str) -> None:
        assert max(map(self.order.index, HEALTHY)) < min(map(self.order.index, names)), self.order


def _entries(name: str, count: int) -> list[Entry]:
    return [Entry(id=f"tag:{name}.example,2026:{n}", title=f"{name} {n}", link=f"https://{name}.example/{n}", dated=NOW) for n in range(count)]  # fmt: skip


def _after(event: asyncio.Event | None, said: bytes) -> Says:
    async def write(writer: asyncio.StreamWriter) -> None:
        if event:
            await event.wait()
        writer.write(said)

    return write


def then(said: bytes, event: asyncio.Event) -> Says:
    """Says this, and that it has been read."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()
        event.set()

    return write


@pytest.fixture
def ward(hub: Hub) -> Iterator[Ward]:
    with Loopback() as loopback:
        yield Ward(hub, loopback)


# -- what every published document must be


ELEMENTS = frozenset(["script", "svg", "math", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "template", "noscript", "input", "button", "textarea", "select", "frame", "applet", "title"])  # fmt: skip
ADDRESSES = "//@href | //@url | //@src | //*[contains(' link uri icon logo docs comments url ', concat(' ', local-name(), ' '))]/text()"
SAFE = re.compile(r"(?:https?://[^/?#\s]|mailto:\S)", re.IGNORECASE)


@cache
def assert_harmless(markup: str) -> None:
    """As a browser would read it."""
    for element in lxml_html.fragment_fromstring(markup, create_parent="div").iter():
        assert isinstance(element.tag, str), markup
        assert element.tag not in ELEMENTS, markup
        for name, value in element.attrib.items():
            assert not name.startswith("on"), markup
            assert name not in {"style", "srcdoc", "formaction", "action", "background"}, markup
            if name in {"href", "src", "cite", "poster", "data", "srcset", "xlink:href"}:
                assert SAFE.match(value), markup


def assert_whole(hub: Hub) -> None:
    """Every published document can be read, names each item once, and holds nothing that runs."""
    documents = {path: data for path, data in hub.files().items() if path.endswith((".atom", ".rss"))}
    assert documents
    for path, data in documents.items():
        root = etree.fromstring(data)
        ids = [one.findtext(f"{ATOM}id") or one.findtext("guid") for one in root.iter(f"{ATOM}entry", "item")]
        assert len(set(ids)) == len(ids), path
        for element in root.iter(f"{ATOM}content", f"{ATOM}summary", CONTENT, "description"):
            if element.get("type") != "text":
                assert_harmless(element.text or "")
        for address in root.xpath(ADDRESSES):
            assert SAFE.match(address), (path, address)


# -- documents that cost parsers minutes, or all memory


def feed(items: str, *, head: str = '<?xml version="1.0"?>') -> bytes:
    """RSS around items that are written out."""
    return f'{head}<rss version="2.0"><channel><title>A source</title>{items}</channel></rss>'.encode(
        errors="surrogatepass"
    )


def item(inner: str = "", number: int = 1) -> str:
    return f"<item><guid>urn:x:{number}</guid><title>One</title>{inner}</item>"


def content(html: str) -> bytes:
    return feed(item(f"<description><![CDATA[{html}]]></description>"))


ENTITIES = '<!DOCTYPE rss [\n<!ENTITY a "' + "x" * 70_000 + '">\n]>'
LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
TOO_LARGE = "larger than 10,000,000 bytes"
HEAVY: dict[str, tuple[bytes, int | str]] = {  # and how many items it gives, or why none
    "40 kB of newlines after the declaration": (feed(item(), head='<?xml version="1.0"?>' + "\n" * 40_000), 1),
    "an author of 40,000 letters": (feed(item(f"<author>{'a' * 40_000}</author>")), 1),
    "an author of 20,000 at signs": (feed(item(f"<author>{'a@' * 20_000}</author>")), 1),
    "100,000 attributes": (feed(item("<description" + "".join(f" a{n}=''" for n in range(100_000)) + ">x</description>")), 1),
    "100,000 categories": (feed(item("".join(f"<category>c{n}</category>" for n in range(100_000)))), 1),
    "nesting of 10^6": (feed(item("<a>" * 1_000_000 + "</a>" * 1_000_000)), "parsing took more than 5 seconds"),
    "140 kB of entities": (feed(item(f"<description>{'&a;' * 23_000}</description>"), head=ENTITIES), "parsing took more than 512 MB"),
    "a billion laughs": (feed(item("<description>&i;</description>"), head=f'<!DOCTYPE rss [<!ENTITY a "ha">{LAUGHS}]>'), 1),
    "292 kB of nested div": (content("<div>" * 58_400), 1),
    "1 MB of ampersands": (content("&" * 1_000_000), 1),
    "1 MB of bare ampersands": (feed(item(f"<description>{'&' * 1_000_000}</description>")), 1),
    "100,000 links that do not end": (content('<a href="' * 100_000), 1),
    "10 MB": (feed("".join(item("<description>" + "word " * 1_000 + "</description>", n) for n in range(1_880))), 1_880),
    "more than 10 MB": (feed(item("<description>" + "word " * 2_000_000 + "</description>")), TOO_LARGE),
    "10^6 entries that say nothing": (feed("<item/>" * 1_000_000), 1),
    "200,000 entries": (feed("".join(item("", n) for n in range(200_000))), TOO_LARGE),
    "100,000 entries": (feed("".join(f"<item><guid>{n}</guid></item>" for n in range(100_000))), 2_000),
    "JSON, nested 10^6": (b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 1_000_000, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEAVY)
def test_a_document_that_costs_minutes_costs_nobody_else_anything(ward: Ward, name: str) -> None:
    """The healthy answer when all of it has been read: they come behind it, and pass it where it is stopped."""
    document, wanted = HEAVY[name]
    read = asyncio.Event()
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "flood": 10_000})
    ward.source("heavy", then(answer(document), read))
    with time_machine.travel(NOW, tick=True):  # pebble goes by the clock, which stands still otherwise
        heavy = ward.poll(wait_for=None if wanted == TOO_LARGE else read)["heavy"]
    if isinstance(wanted, int):
        assert (heavy.result, heavy.new) == (PollResult.OK, wanted), heavy
        assert len(ward.hub.titles("sources/heavy")) == min(wanted, 50)
    else:
        assert heavy.result is PollResult.FAILED
        assert wanted in (heavy.error or "")
    if "5 seconds" in (heavy.error or ""):
        ward.assert_the_healthy_came_before("heavy")


# -- answers that do not end, or are not what they say


def zeros(megabytes: int) -> bytes:
    """A gzip of so many zeros, without the minute that it takes to pack them: one block, many times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(b"\0" * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + b"\0" * 6 + b"\x03" + block * megabytes + b"\x03\x00" + b"\0" * 8


async def endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n<rss><channel>")
    while True:
        writer.write(b"<item><title>again</title></item>" * 1000)
        await writer.drain()


async def endless_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Filler: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def a_byte_a_second(writer: asyncio.StreamWriter) -> None:
    for byte in answer(rss(_entries("drip", 1))):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


async def silence(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


GOOD = rss(_entries("good", 2)).encode()
BAD_ANSWERS: dict[str, tuple[Says, str]] = {
    "silence": (silence, "no whole answer within 3 seconds"),
    "a-byte-a-second": (a_byte_a_second, "no whole answer within 3 seconds"),
    "endless-body": (endless_body, "larger than 10,000,000 bytes"),
    "endless-head": (endless_head, "not HTTP"),
    "bomb": (answer(zeros(2048), content_encoding="gzip"), "larger than 20,000,000 bytes when unpacked"),
    "chain": (answer(gzip.compress(gzip.compress(gzip.compress(b"\0" * 50_000_000))), content_encoding="gzip, gzip, gzip"), "was not asked for"),
    "truncated-gzip": (answer(gzip.compress(GOOD)[:-20], content_encoding="gzip"), "breaks off"),
    "gzip-that-is-none": (answer(GOOD, content_encoding="gzip"), "damaged"),
    "broken-off": (answer(GOOD, content_length="9999"), "breaks off"),
    "no-http": (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
    "nothing": (b"", "without an answer"),
    "circle": (answer(status="302 Found", location="/feed"), "redirects in a circle"),
    "nowhere": (answer(status="302 Found", location="http://["), "no http or https address"),
    "to-a-file": (answer(status="302 Found", location="file:///etc/passwd"), "no http or https address"),
    "unasked-304": (answer(status="304 Not Modified", content_length=""), "not asked"),
}  # fmt: skip


def test_an_answer_that_does_not_end_or_lies_holds_up_nobody(ward: Ward) -> None:
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "timeout": "3s"})
    for name, (says, _) in BAD_ANSWERS.items():
        ward.source(name, says)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    polled = ward.poll()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    for name, (_, words) in BAD_ANSWERS.items():
        assert polled[name].result is PollResult.FAILED, polled[name]
        assert words in (polled[name].error or ""), polled[name]
    ward.assert_the_healthy_came_before("silence", "a-byte-a-second")
    assert grown < 200_000  # kB: the bomb holds two gigabytes


def test_one_that_hangs_until_the_others_are_stored_is_waited_for(ward: Ward) -> None:
    """It can only end if they do not wait for it."""
    stored = threading.Event()

    async def at_last(writer: asyncio.StreamWriter) -> None:
        while len(set(ward.order) & set(HEALTHY)) < len(HEALTHY):  # noqa: ASYNC110 - it is written in another thread
            await asyncio.sleep(0.01)
        stored.set()
        writer.write(answer(GOOD))

    ward.source("slow", at_last)
    assert ward.poll()["slow"].new == 2
    assert stored.is_set()


# -- something else than a feed


def test_what_is_no_feed_deletes_nothing_and_the_next_poll_recovers(ward: Ward) -> None:
    """A bad answer's validators are never sent: they would make its next one a 304."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    bad: dict[str, tuple[bytes, str]] = {
        "empty": (b"", "an empty document"),
        "blank": (b" \n\n ", "an empty document"),
        "page": (b"<!doctype html><html><head><title>Parked</title></head><body>Buy</body></html>", "is a web page"),
        "json": (b'{"error": "no such feed"}', "JSON"),
        "image": (png, "an image"),
        "words": (b"Database error", "plain text"),
    }
    good = {name: [answer(rss(_entries(name, count)), etag=f'"good {count}"') for count in (3, 4)] for name in bad}
    for name in bad:
        ward.source(name, good[name][0])
    ward.poll()
    before = {path: data for path, data in ward.hub.files().items() if path.startswith(tuple(f"sources/{name}/" for name in bad))}  # fmt: skip
    for name, (body, _) in bad.items():
        ward.origins[name].says = answer(body, etag='"bad"', last_modified="Mon, 01 Jun 2026 12:00:00 GMT")
    ward.hub.pass_(hours=3)
    polled = ward.poll()
    for name, (_, words) in bad.items():
        assert polled[name].result is PollResult.FAILED
        assert words in (polled[name].error or "")
    after = ward.hub.files()
    assert before == {path: after[path] for path in before}
    for name in bad:
        ward.origins[name].says = good[name][1]
    ward.hub.pass_(days=2)
    polled = ward.poll()
    for name in bad:
        assert polled[name].new == 1, polled[name]
        assert ward.origins[name].header("if-none-match") in {None, b'"good 3"'}
        assert ward.origins[name].header("if-modified-since") is None


def test_a_document_that_breaks_off_gives_what_is_whole_and_is_asked_for_again(ward: Ward) -> None:
    whole = rss(_entries("cut", 5)).encode()
    cut = ward.source("cut", answer(whole[: whole.rindex(b"<item>") + 60], etag='"cut"'))
    assert ward.poll()["cut"].new == 4
    cut.says = answer(whole, etag='"whole"')
    assert ward.poll()["cut"].new == 1
    assert cut.header("if-none-match") is None
    cut.says = answer(whole[: whole.index(b"<item>") + 60])
    ward.poll()
    assert len(ward.hub.titles("sources/cut")) == 5


def test_a_validator_of_any_bytes_breaks_no_later_request(ward: Ward) -> None:
    etags = ['"é☃"', '"\xe9"', "W/é", '"' + "x" * 7000 + '"', "'", '"a" "b"', "\t", '"\x07"', '"\x80\xff"']
    for number, etag in enumerate(etags):
        head = answer(rss(_entries(f"e{number}", 1)), etag="HERE")
        coding = "latin-1" if number % 2 else "utf-8"
        ward.source(f"e{number}", head.replace(b"HERE", etag.encode(coding)))
    ward.poll()
    ward.poll()
    for number in range(len(etags)):
        assert len(ward.origins[f"e{number}"].heads) == 2


# -- where feedparser raises, and what feedgen would


RAISES = [
    feed(item('<link>http://[</link><media:content xmlns:media="http://search.yahoo.com/mrss/" url="http://[::" />')),
    feed(item(), head='<?xml version="1.0"?>').replace(b"<rss", b'<rss xml:base="http://[x"'),
    feed(item("<description>&#x110000; &#xD800; &#99999999999;</description>")),
    feed(item("<pubDate>Thu, 99 Jan 99999 99:99:99 +99999</pubDate>")),
    feed(item("<pubDate>-1-W99-9T99Z</pubDate>")),
    feed(item('<itunes:duration xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">:::</itunes:duration>')),
    feed(item('<g:point xmlns:g="http://www.georss.org/georss">x y</g:point>')),
    feed(item('<g:where xmlns:g="http://www.georss.org/georss"><p:Polygon xmlns:p="http://www.opengis.net/gml"><p:posList>1</p:posList></p:Polygon></g:where>')),
    feed(item("<enclosure/>"), head="<!DOCTYPE rss [<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a; <!ENTITY b SYSTEM 'file:///etc/passwd'>]>"),
    *(feed(item(), head=f"<?xml version='1.0' encoding='{name}'?>") for name in ("undefined", "idna", "punycode", "zlib", "rot13", "utf-7", "mbcs", "unicode_escape", "x" * 999, "utf-16", "utf-32")),
    b"\xff\xfe" + feed(item()).decode().encode("utf-16-le"),
    b"\x00" * 500 + feed(item()),
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x</id><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p></div></content></entry></feed>',
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x</id><content type="application/octet-stream" mode="base64">=</content></entry></feed>',
]  # fmt: skip


def test_whatever_makes_feedparser_raise_is_an_item_or_a_failure_of_its_own(ward: Ward) -> None:
    for number, document in enumerate(RAISES):
        ward.source(f"r{number}", answer(document))
    for one in ward.poll().values():
        assert one.result is PollResult.OK or one.error


VALUES = ["", " ", "&#0;", "&#27;[31m", "&#x7f;", "\ufffe", "\ud800", "&#xD83D;", "\u202eevil", "]]&gt;", "&lt;b", "&amp;&amp;#0;", "&nbsp;", "é" * 9, "x" * 70_000, "x " * 40_000, "javascript:alert(1)", "http://[", "http://%zz/", "//", "../../x", "mailto:", "-1", "NaN", "9" * 400, "a@b (c)", "0000-00-00T00:00:00Z", 'text/html; x="y', "&lt;script&gt;alert(1)&lt;/script&gt;", "<x xmlns=''>y</x>", "<![CDATA[<!--]]>"]  # fmt: skip
RSS_FIELDS = ("title", "link", "guid", "description", "author", "category", "pubDate", "comments", "source", "content:encoded", "dc:creator", "dc:date", "media:title", "itunes:author")  # fmt: skip
ATTRIBUTES = ("enclosure url", "enclosure length", "enclosure type", "source url", "category domain", "guid isPermaLink", "media:content url", "itunes:image href")  # fmt: skip
NAMESPACES = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'  # fmt: skip


def odd_item(number: int, name: str, value: str) -> str:
    element, _, attribute = name.partition(" ")
    plain = {"title": f"<title>Odd {number}</title>", "guid": f"<guid>urn:odd:{number}</guid>"}
    plain |= {"link": f"<link>https://odd.example/{number}</link>"}
    if attribute:
        written = escape(value) if "<" in value or '"' in value else value
        plain[element] = f'<{element} {attribute}="{written}"></{element}>'
    else:
        plain[element] = f"<{element}>{value}</{element}>"
    return f"<item>{''.join(plain.values())}</item>"


def odd_feed(cases: Sequence[tuple[str, str]]) -> bytes:
    """Each odd item between two plain ones."""
    parts = []
    for number, (name, value) in enumerate(cases):
        parts += [odd_item(number, name, value), odd_item(10_000 + number, "category", "plain")]
    return feed("".join(parts)).replace(b"<rss", b"<rss " + NAMESPACES.encode())


def test_one_bad_field_of_one_entry_costs_no_other_its_place(ward: Ward) -> None:
    """Every field with every bad value; those that are no XML too, each in a feed of its own kind."""
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "flood": 10_000}, publish={"limit": 500})
    sound = [value for value in VALUES if _is_xml(value)]
    broken = [value for value in VALUES if not _is_xml(value)]
    assert len(sound) > 20
    assert len(broken) > 4
    feeds = {f"f{number}": list(product([name], sound)) for number, name in enumerate((*RSS_FIELDS, *ATTRIBUTES))}
    for number, name in enumerate(RSS_FIELDS):
        feeds[f"b{number}"] = list(product([name], broken))
    for name, cases in feeds.items():
        ward.source(name, answer(odd_feed(cases)))
    polled = ward.poll()
    for name, cases in feeds.items():
        assert polled[name].result is PollResult.OK, polled[name]
        for form in ("atom", "rss"):
            found = set(ward.hub.titles(f"sources/{name}", form))
            missing = {f"Odd {10_000 + number}" for number in range(len(cases))} - found
            assert not missing, (name, cases[0], form, missing)


def _is_xml(value: str) -> bool:
    try:
        etree.fromstring(f"<x>{value}</x>".encode())
    except (etree.XMLSyntaxError, UnicodeEncodeError):
        return False
    return True


# -- addresses that lead inside


SPELLINGS = ["127.0.0.1", "localhost", "LOCALHOST", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "127.0.0.1.", "127.9.9.9", "[::1]", "[::]", "0", "0.0.0.0", "[::127.0.0.1]", "user@127.0.0.1", "8.8.8.8@127.0.0.1", "inside.example", "mapped.example"]  # fmt: skip


@pytest.fixture
def names_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of the public that lead to this machine."""
    inside = {"inside.example": "127.0.0.1", "mapped.example": "::ffff:127.0.0.1"}
    really = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        return really(inside.get(host, host), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_what_is_inside_is_not_asked_in_any_spelling_nor_through_a_redirect(ward: Ward, names_inside: None) -> None:
    """The canary hears nothing, whether a source names it or is redirected to it."""
    canary = ward.loopback.origin(answer(rss(_entries("secret", 1))))
    ward.host = "127.0.0.2"
    ward.hub.configure(fetch={"allow": ["127.0.0.2/32"]})
    for number, host in enumerate(SPELLINGS):
        inside = f"http://{host}:{canary.port}/feed"
        ward.names({f"named{number}": {"url": inside}})
        moved = answer(status="301 Moved", location="HERE").replace(b"HERE", inside.encode())
        ward.source(f"moved{number}", moved)
    faults = {problem.path for problem in app.check(ward.hub.place, accept=False)}
    kept = {name: source for name, source in ward.hub.config["sources"].items() if f"sources.{name}.url" not in faults}
    ward.hub.configure(sources=kept)
    polled = ward.poll()
    assert canary.heads == []
    assert len(kept) > 40
    for name in kept.keys() - set(HEALTHY):
        assert polled[name].result is PollResult.FAILED
        assert polled[name].new == 0


def test_a_proxy_of_the_environment_is_not_asked(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would dial in our place, past the guard."""
    proxy = ward.loopback.origin(answer(rss(_entries("proxy", 1))))
    for name, scheme in product(("http", "https", "all", "ftp"), ("http", "socks5")):
        monkeypatch.setenv(f"{name}_proxy", f"{scheme}://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(f"{name.upper()}_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.delenv("no_proxy", raising=False)
    ward.poll()
    assert proxy.heads == []


# -- secrets


def test_what_is_secret_goes_to_its_origin_and_is_shown_nowhere(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However the origin, or one that it redirects to, hands it back: in links, in redirects, in what it says."""
    caplog.set_level(0)
    monkeypatch.setenv("KEY", "hunter2-header")
    monkeypatch.setenv("PART", "hunter2-variable")
    secret = "/feed?token=hunter2-query&key=${PART}"
    other = ward.loopback.origin(b"")

    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(_echoing(f"{other.url}/feed?token=hunter2-moved"), etag='"1"'))

    other.says = elsewhere
    settings = {"headers": {"Authorization": "Bearer ${KEY}", "X-Key": "${KEY}"}}
    origins = {
        "echo": b"",
        "refused": answer("no hunter2-query", "403 hunter2-query", www_authenticate="hunter2-query"),
        "moved": answer(status="301 Moved", location=f"{other.url}/feed?token=hunter2-moved"),
        "lost": answer(status="301 Moved", location="http://lee:hunter2-lost@[::1/?token=hunter2-lost"),
        "gone-on": answer(status="302 Found", location="http://lee:hunter2-lost@127.0.0.1:1/hunter2-lost?token=hunter2-lost"),
        "circle": answer(status="301 Moved", location=secret.replace("${PART}", "hunter2-variable")),
        "page": answer("<html><link rel=alternate type=application/rss+xml href='?token=hunter2-query&amp;key=hunter2-variable&amp;format=rss'></html>"),
    }  # fmt: skip
    for name, says in origins.items():
        made = ward.source(name, says, path=secret, **settings)
        url = f"http://lee:hunter2-password@127.0.0.1:{made.port}{secret}"
        ward.names({name: {"url": url, **settings}})
        if name == "echo":
            made.says = answer(_echoing(url.replace("${PART}", "hunter2-variable")))
    polled = ward.poll()
    assert polled["echo"].new == polled["moved"].new == 1
    for name in origins:
        assert b"hunter2-header" in ward.origins[name].heads[0]
    assert all(b"hunter2-header" not in head and b"uthorization" not in head for head in other.heads)
    ward.poll()
    shown = [str(polled), caplog.text, *(data.decode() for data in ward.hub.files().values())]

    def run(*command: str) -> str:
        return CliRunner().invoke(feedhub, [*command, "--config", str(ward.hub.place.config)]).output

    for command in (
        "status",
        "status --json",
        "poll --all --json",
        "poll --all",
        "check",
        "build --json",
        "check --json",
    ):
        shown += [run(*command.split())]
    for name in ("echo", "moved"):
        for one in ward.hub.ids(f"sources/{name}"):
            shown += [run("explain", one, "--json")]
    with sqlite3.connect(ward.hub.place.database) as db:
        shown += [
            str(row) for row in db.execute("SELECT id, location, error, title, site, feed_id, moved_to FROM sources")
        ]
    db.close()
    for text in shown:
        assert "hunter2" not in text, text[max(0, text.index("hunter2") - 300) :][:400]


def _echoing(url: str) -> bytes:
    """A feed that knows its own address, and says so wherever it can."""
    links = "".join(f"<a href='{one}'>x</a>" for one in ("#note", "", "?page=2", ".", "feed", "//", "/x"))
    inner = f"<link>#1</link><description><![CDATA[{links}<img src='#x' alt=x>]]></description>"
    own = f'<link>{escape(url)}</link><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{escape(url)}"/>'
    return feed(own + f"<item><guid>urn:echo:{len(url)}</guid><title>One</title>{inner}</item>")


# -- dates, names, scripts


DATES = ["1704067200", "1704067200000", "0", "-1", "99999999999999999999", "2026-13-01", "2026-02-30T00:00:00Z", "Thu, 32 Jan 2026 00:00:00 GMT", "Sat, 31 Feb 2026 00:00:00 +0000", "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "Thu, 01 Jan 1970 00:00:00 GMT", "1969-12-31T23:59:59Z", "1 Jan 1", "Mon, 01 Jan 0001 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -2359", "2026-06-01T12:00:00+99:99", "2026-06-01T24:00:00Z", "2026-06-01T25:61:61Z", "2026-06-01", "2026-06", "2026", "20260601", "20260601T115900Z", "2026-W22-1", "2026-152", "6/1/2026", "31.05.2026 10:00", "May 31, 2026", "31 mai 2026", "Lunes, 1 Junio 2026", "2026年5月31日", "yesterday", "now", "Mon", "Mon, 01 Jun 2026 11:00:00 AEST", "Mon, 01 Jun 2026 11:00:00 IST", "Mon, 01 Jun 2026 11:00:00 CEST", "Mon, 01 Jun 2026 11:00:00 EST5EDT", "Mon, 01 Jun 26 11:00:00 Z", "Mon, 01 Jun 70 11:00:00 Z", "Mon Jun  1 11:00:00 2026", "Mon, 1 Jun 2026", "2027-01-01T00:00:00Z", "2026-06-03T11:59:59Z", "2026-06-03T12:00:01Z", "1989-12-31T23:59:59Z", "1990-01-01T00:00:00Z", "２０２６-０６-０１", "2026-06-01T12:00:00.999999999999Z", "1e9", "NaN", "∞", "\u202e2026-06-01", "x" * 5000, "9" * 5000, "1:" * 3000, "&#0;"]  # fmt: skip


def test_no_date_is_before_1990_or_after_now(ward: Ward) -> None:
    """An odd date costs its item nothing: it goes by when it was first seen."""
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "flood": 10_000}, publish={"limit": 500})
    tags = ("pubDate", "dc:date", "dcterms:modified")
    head = b'<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    for number, tag in enumerate(tags):
        ward.source(f"d{number}", answer(feed("".join(item(f"<{tag}>{date}</{tag}>", n) for n, date in enumerate(DATES))).replace(b"<rss", head)))  # fmt: skip
    polled = ward.poll()
    for number in range(len(tags)):
        assert polled[f"d{number}"].new == len(DATES)
        read = ward.hub.read(f"sources/d{number}")
        assert len(read.entries) == len(DATES)
        for entry in read.entries:
            assert "1990-01-01" <= entry.published[:10] <= entry.updated[:10] <= f"{NOW:%Y-%m-%d}", entry


PATHS = ["../x", "..", ".", "/etc/passwd", "..\\..\\x", "%2e%2e%2fx", "a/../../x", "\u2025/x", "C:\\x", "con", "x" * 3000, "feed.atom", "../../feeds.yaml", "~root", "$(touch x)", ";touch x", "|x", "-rf", "\u202ex", "file:///etc/x"]  # fmt: skip


def test_no_name_of_a_source_writes_outside_of_public(ward: Ward) -> None:
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "flood": 10_000})
    inner = "".join(f"<item><guid>{p}</guid><title>{p}</title><link>{p}</link><category>{p}</category><author>{p}</author><enclosure url='{p}' type='{p}' length='1'/><source url='{p}'>{p}</source></item>" for p in map(escape, PATHS))  # fmt: skip
    ward.source("paths", answer(feed(inner)))
    ward.hub.post("plain", tags=["../x", "..", "/etc", "a/b", "%2e%2e"])
    around = {path for path in ward.hub.folder.parent.rglob("*") if path.is_file()}
    assert ward.poll()["paths"].new == len(PATHS)
    data = ward.hub.place.data
    written = {path for path in ward.hub.folder.parent.rglob("*") if path.is_file()} - around
    outside = {path.relative_to(data).as_posix() for path in written if ward.hub.public not in path.parents}
    assert outside <= {"feedhub.db", "feedhub.db-wal", "feedhub.db-shm", "publish.lock"}
    for path in ward.hub.files():
        assert re.fullmatch(r"(?:(?:sources|authors|tags|featured)/)?(?:[a-z0-9-]+/)?feed\.(?:atom|rss|json)", path), (
            path
        )


EVENTS = [
    "load",
    "error",
    "click",
    "focus",
    "mouseover",
    "begin",
    "end",
    "toggle",
    "start",
    "pageshow",
    "animationend",
    "wheel",
    "copy",
    "pointerenter",
]
SCHEMES = ["javascript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "JAVASCRIPT:alert(1)", "&#106;avascript:alert(1)", "javascript&colon;alert(1)", "&#x01;javascript:alert(1)", "vbscript:msgbox(1)", "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml,<svg onload=alert(1)>", "livescript:1", "mocha:1", "blob:x", "filesystem:x", "view-source:javascript:1", "feed:javascript:alert(1)", "jar:javascript:1", "about:blank", "\u00a0javascript:alert(1)", "\ufeffjavascript:alert(1)", "javascript://x.example/%0aalert(1)", "//evil.example\\@javascript:1"]  # fmt: skip
CARRIERS = ['<a href="{}">x</a>', '<img src="{}">', '<iframe src="{}"></iframe>', '<object data="{}"></object>', '<embed src="{}">', '<form action="{}"><input type=submit></form>', '<video poster="{}"></video>', '<svg><a xlink:href="{}"><text>x</text></a></svg>', '<math href="{}">x</math>', '<base href="{}">']  # fmt: skip
MARKUP = ["<script>alert(1)</script>", "<script src=//evil.example/x.js>", "<SCRIPT\n>alert(1)</SCRIPT\t>", "<scr<script>ipt>alert(1)</script>", "<<script>script>alert(1)", "<script/x>alert(1)</script>", "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><style><img src=x onerror=alert(1)></style></svg>", "<svg><foreignObject><iframe srcdoc='<script>1</script>'>", "<svg><set attributeName=href to=javascript:alert(1)>", "<svg><use href='data:image/svg+xml,x#y'>", "<math><mtext><mglyph><style><img src=x onerror=alert(1)>", "<math><maction xlink:href=javascript:alert(1)>x", "<style>*{background:url(javascript:alert(1))}</style>", "<p style='x:expression(alert(1))'>x</p>", "<link rel=stylesheet href=//evil.example/x.css>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<textarea><img title='</textarea><img src=x onerror=alert(1)>'>", "<title><img title='</title><img src=x onerror=alert(1)>'></title>", "<xmp><img title='</xmp><img src=x onerror=alert(1)>'>", "<template><img src=x onerror=alert(1)></template>", "<!--><img src=x onerror=alert(1)>-->", "<!--!><img src=x onerror=alert(1)>", "<![CDATA[<img src=x onerror=alert(1)>", "<?xml-stylesheet href='javascript:alert(1)'?>", "<img src='x' onerror=alert(1)//", "<img src=x` onerror=alert(1)`>", "<img alt='\"><script>alert(1)</script>' src=https://o.example/x>", "<img alt=\"'onerror=alert(1)\" src=\"https://o.example/'onerror=alert(1)//\">", "<a href='https://o.example/\"onmouseover=alert(1)//'>x</a>", "<table background=javascript:alert(1)>", "<input autofocus onfocus=alert(1)>", "<button formaction=javascript:alert(1)>x", "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>x", "<isindex action=javascript:alert(1)>", "<frameset onload=alert(1)>", "<applet code=x>", "<bgsound src=javascript:alert(1)>", "<keygen autofocus onfocus=alert(1)>", "<dialog open onclose=alert(1)>", "<portal src=javascript:alert(1)>", "<x contenteditable onblur=alert(1)>x", "<img srcset='javascript:alert(1) 1x'>", "<q cite=javascript:alert(1)>x</q>", "<del cite=javascript:alert(1)>x</del>", "<a ping=//evil.example href=https://o.example/>x</a>", "<p id=x name=y class=z is=w slot=v>x</p>", "<select><option><style></option></select><img src=x onerror=alert(1)></style>", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", "&#60;img src=x onerror=alert(1)&#62;", "\u212acript", "＜script＞alert(1)＜/script＞", "+ADw-script+AD4-alert(1)", "<img\x0csrc=x\x0conerror=alert(1)>", "<img/src=x/onerror=alert(1)>"]  # fmt: skip
VECTORS = [*MARKUP, *(f"<b on{event}=alert(1)>x</b>" for event in EVENTS), *(c.format(s) for c, s in product(CARRIERS, SCHEMES))]  # fmt: skip


def test_nothing_that_runs_is_published(ward: Ward) -> None:
    """Hundreds of scripts, in every place that a source fills, of RSS, Atom and JSON Feed (`assert_whole`)."""
    assert len(VECTORS) > 300
    ward.hub.configure(fetch={"allow": ["127.0.0.0/8"], "flood": 10_000}, publish={"limit": 500})
    forms = {"rss": _rss_of(VECTORS), "atom": _atom_of(VECTORS), "json": _json_of(VECTORS)}
    for name, body in forms.items():
        ward.source(name, answer(body))
    polled = ward.poll()
    for name in forms:
        assert polled[name].new == len(VECTORS), polled[name]
        for form in ("atom", "rss"):
            read = ward.hub.read(f"sources/{name}", form)
            assert len(read.entries) == len(VECTORS)
            for entry in read.entries:
                if form == "atom":  # where a title says that it is text, and may speak of `<script>`
                    assert entry.title_detail.type == "text/plain"
                else:
                    for value in (entry.title, *(tag.term for tag in entry.get("tags", ())), *_names(entry)):
                        assert_inert(value)


def _names(entry: Any) -> Iterator[str]:
    yield from (person.get("name", "") for person in entry.get("authors", ()))
    yield entry.get("source", {}).get("title", "")


def assert_inert(text: str) -> None:
    """Nothing that does anything, even to one who takes it for HTML."""
    for element in lxml_html.fragment_fromstring(text, create_parent="div").iter():
        assert isinstance(element.tag, str), text
        assert element.tag not in ELEMENTS, text
        assert not element.attrib, text


def _rss_of(vectors: Sequence[str]) -> bytes:
    parts = []
    for number, vector in enumerate(vectors):
        v = _xml(vector)
        parts.append(f"<item><guid>urn:v:{number}</guid><title>{v}</title><link>{v}</link><description>{v}</description><category domain='{v}'>{v}</category><author>{v}</author><comments>{v}</comments><enclosure url='{v}' type='{v}' length='{v}'/><source url='{v}'>{v}</source></item>")  # fmt: skip
    return feed("".join(parts))


def _atom_of(vectors: Sequence[str]) -> bytes:
    parts = []
    for number, vector in enumerate(vectors):
        v = _xml(vector)
        parts.append(f"<entry><id>urn:a:{number}</id><title type='html'>{v}</title><link href='{v}'/><link rel='enclosure' href='{v}' type='{v}'/><summary type='html'>{v}</summary><content type='html'>{v}</content><category term='{v}' scheme='{v}' label='{v}'/><author><name>{v}</name><uri>{v}</uri><email>{v}</email></author><rights type='html'>{v}</rights><updated>2026-06-01T00:00:00Z</updated></entry>")  # fmt: skip
    v = _xml("<script>alert(1)</script>")
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:a</id><title type='html'>A{v}</title><subtitle type='html'>{v}</subtitle><link href='javascript:alert(1)'/><author><name>{v}</name><uri>javascript:alert(1)</uri></author><icon>javascript:alert(1)</icon>{''.join(parts)}</feed>".encode()  # fmt: skip


def _json_of(vectors: Sequence[str]) -> bytes:
    items = [{"id": f"urn:j:{number}", "url": v, "external_url": v, "title": v, "content_html": v, "summary": v, "image": v, "banner_image": v, "tags": [v], "authors": [{"name": v, "url": v, "avatar": v}], "attachments": [{"url": v, "mime_type": v}]} for number, v in enumerate(vectors)]  # fmt: skip
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "<script>alert(1)</script>J", "home_page_url": "javascript:alert(1)", "authors": [{"name": "<script>", "url": "javascript:1"}], "items": items}).encode()  # fmt: skip


def _xml(text: str) -> str:
    return escape(text.replace("\x0c", " "))


# -- workers


def test_a_worker_that_is_killed_at_work_twice_costs_its_document_alone(ward: Ward, workers: Workers) -> None:
    """The next poll has a new one, which is killed too."""
    heavy = ward.source("heavy", b"")
    for times in range(1, 3):
        read = asyncio.Event()
        heavy.says = then(answer(HEAVY["nesting of 10^6"][0]), read)
        killer = threading.Thread(target=_kill_the_busy)
        killer.start()
        polled = ward.poll(wait_for=read)
        killer.join()
        assert polled["heavy"].error == "parsing broke its process (exit code -9)"
        assert next(one for one in app.status(ward.hub.place).sources if one.source.id == "heavy").source.failures == times  # fmt: skip
        ward.hub.pass_(days=1)
    heavy.says = answer(GOOD)
    assert ward.poll()["heavy"].new == 2


def _kill_the_busy() -> None:
    """The worker that has worked for half a second."""
    ticks = 0.5 * os.sysconf("SC_CLK_TCK")
    began = {pid: _worked(pid) for pid in _children()}
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        for pid in _children():
            if _worked(pid) - began.setdefault(pid, _worked(pid)) > ticks:
                os.kill(pid, signal.SIGKILL)
                return
        time.sleep(0.02)


def _children() -> list[int]:
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def _worked(pid: int) -> int:
    try:
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    except OSError:
        return 0  # it has just ended
