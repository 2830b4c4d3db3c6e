"""Hostile input, through the whole hub: each beside three healthy sources, which lose nothing and wait for nobody."""

from __future__ import annotations

import asyncio
import gzip
import re
import resource
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import product
from typing import Any

import pytest
import time_machine
from conftest import NOW, Entry, Hub, rss
from lxml import etree
from lxml import html as lxml_html
from origin import Loopback, Origin, Says, answer

from feedhub import app
from feedhub.ingest.update import Polled
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
    host: str = "127.0.0.1"  # of the healthy

    def source(self, name: str, says: Says, *, path: str = "/feed", **settings: Any) -> Origin:
        """One more source, at an origin of its own."""
        made = self.origins[name] = self.loopback.origin(says, self.host if name in HEALTHY else "127.0.0.1")
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
SAFE = re.compile(r"(?:https?://[^/?#\s]|mailto:\S)", re.IGNORECASE)


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
        read = hub.read(path.rpartition("/")[0], path.rpartition(".")[2])
        for entry in (read.feed, *read.entries):
            for address in _addresses(entry):
                assert SAFE.match(address), (path, address)


def _addresses(entry: Any) -> Iterator[str]:
    yield from filter(None, (link.get("href") for link in entry.get("links", ())))
    yield from filter(None, (person.get("href") for person in entry.get("authors", ())))
    yield from filter(None, (entry.get("comments"), entry.get("author_detail", {}).get("href")))


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
