"""Feeds for `intake.py`, served on loopback: any number of them, on any number of ports, the same for the same seed.

Each answer stands ready before it is asked for, so that whoever asks is measured, and not who answers. Feeds are Atom
and RSS in turn, with an ETag, and gzip for those who take it. What `intake.py` wants of it is asked with POST:
`/reset`, `/bump?share=0.1` (one new entry on top of that share of the feeds, the oldest falls off), `/delay?ms=50`,
`/hang?feed=7` (which is never answered); and GET `/stats`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

ENTRIES = 20
HOST = "127.0.0.1"
_WORDS = re.findall(
    r"\w+",
    """
    a about after again air and answer are as at back be because before below between both bridge but by câble change
    city coast could day does down draft each end even every far few find first for from garden get give good great
    had half hand harbour has have he help her here high him his house how if in into is it its keep kind know land
    large last late leave letter life light like line little long look made make many market may meadow men mill more
    most mother much müssen must name near need never new night no north not now number of off often old on once one
    only open or other our out over own page paper part people place plant point read right river road said same say
    school sea see señal set she should side small so some sound spell state still story study such take tell than
    that the their them then there these they thing think this those thought three through time to too tree turn two
    under until up us use very wall want was water way we well went were what when where which while white who why
    wide will wind winter with word work world would write year you young été
    """,
)


@dataclass
class Feed:
    """One feed, and its answers."""

    number: int
    newest: int = ENTRIES - 1
    etag: bytes = b""
    whole: dict[bool, bytes] = field(default_factory=dict)  # gzip or not
    unchanged: bytes = b""


class Origin:
    """All feeds, and what was asked of them."""

    def __init__(self, count: int, seed: int) -> None:
        self.seed = seed
        self.began = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        self.feeds = [Feed(number) for number in range(count)]
        self.delay = 0.0
        self.hanging: int | None = None
        self.rounds = 0
        self.reset()

    def reset(self) -> None:
        self.rounds = 0
        for feed in self.feeds:
            if feed.newest != ENTRIES - 1 or not feed.etag:
                feed.newest = ENTRIES - 1
                self.write(feed)
        self.forget()

    def forget(self) -> None:
        self.counts = {"requests": 0, "200": 0, "304": 0}
        self.first = self.last = 0.0

    def bump(self, share: float) -> None:
        self.rounds += 1
        chosen = random.Random(f"{self.seed}/{self.rounds}").sample(self.feeds, round(share * len(self.feeds)))
        for feed in chosen:
            feed.newest += 1
            self.write(feed)

    def write(self, feed: Feed) -> None:
        numbers = range(feed.newest, feed.newest - ENTRIES, -1)
        atom = feed.number % 2 == 0
        body = (_atom if atom else _rss)(feed.number, [self.entry(feed.number, number) for number in numbers]).encode()
        feed.etag = b'"%d-%d"' % (feed.number, feed.newest)
        common = b"ETag: %b\r\nCache-Control: max-age=0\r\n" % feed.etag
        kind = b"application/atom+xml" if atom else b"application/rss+xml"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: %b; charset=utf-8\r\n%b" % (kind, common)
        packed = gzip.compress(body, 6, mtime=0)
        feed.whole = {
            False: head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
            True: head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed,
        }
        feed.unchanged = b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % common

    def entry(self, feed: int, number: int) -> dict[str, str]:
        chance = random.Random(f"{self.seed}/{feed}/{number}")
        when = self.began - timedelta(minutes=feed % 400, hours=7 * (ENTRIES - 1 - number))
        paragraphs: list[str] = []
        while sum(map(len, paragraphs)) < chance.randint(2000, 3000):
            paragraphs.append(_paragraph(chance))
        return {
            "id": f"tag:site{feed}.example,2026:{number}",
            "link": f"https://site{feed}.example/posts/{number}/",
            "title": " ".join(chance.choices(_WORDS, k=chance.randint(4, 9))).capitalize() + " & more",
            "author": chance.choice(["Ada Núñez", "Grace O’Neill", "Maria Kowalska", "佐藤 健"]),
            "summary": " ".join(chance.choices(_WORDS, k=30)),
            "tag": chance.choice(["news", "music", "food", "travel", "science"]),
            "html": "\n".join(paragraphs),
            "atom": when.isoformat(),
            "rss": format_datetime(when, usegmt=True),
        }


def _paragraph(chance: random.Random) -> str:
    words = chance.choices(_WORDS, k=chance.randint(30, 70))
    words[3] = f'<a href="https://example.org/{words[3]}?a=1&amp;b=2">{words[3]}</a>'
    words[9] = f"<em>{words[9]}</em> &mdash; R&amp;D"
    image = f'<img src="/images/{words[0]}.jpg" alt="{words[1]}" width="640">' if chance.random() < 0.2 else ""
    return f"<p>{image}{' '.join(words).capitalize()}.</p>"


def _atom(number: int, entries: list[dict[str, str]]) -> str:
    rows = "".join(
        f'<entry><title>{escape(one["title"])}</title><id>{one["id"]}</id><link href="{one["link"]}"/>'
        f"<published>{one['atom']}</published><updated>{one['atom']}</updated>"
        f'<author><name>{one["author"]}</name></author><category term="{one["tag"]}"/>'
        f"<summary>{one['summary']}</summary>"
        f'<content type="html">{escape(one["html"], quote=False)}</content></entry>\n'
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>Site {number}</title><id>tag:site{number}.example,2026:feed</id>"
        f'<updated>{entries[0]["atom"]}</updated><link href="https://site{number}.example/"/>\n{rows}</feed>\n'
    )


def _rss(number: int, entries: list[dict[str, str]]) -> str:
    rows = "".join(
        f"<item><title>{escape(one['title'])}</title><link>{one['link']}</link>"
        f'<guid isPermaLink="false">{one["id"]}</guid><pubDate>{one["rss"]}</pubDate>'
        f"<dc:creator>{one['author']}</dc:creator><category>{one['tag']}</category>"
        f"<description>{one['summary']}</description><content:encoded><![CDATA[{one['html']}]]></content:encoded></item>\n"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Site {number}</title><link>https://site{number}.example/</link><description>Notes</description>"
        f"<lastBuildDate>{entries[0]['rss']}</lastBuildDate>\n{rows}</channel></rss>\n"
    )


class Connection(asyncio.Protocol):
    """One connection, kept alive; its requests come one after the other."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self.left = (self.left + data).split(b"\r\n\r\n")
        for head in heads:
            method, target, _ = head.split(b"\r\n", 1)[0].split(b" ")
            if target.startswith(b"/feed/"):
                self.feed(int(target[6:]), head.lower())
            else:
                self.answer(self.asked(method == b"POST", target.decode()))

    def feed(self, number: int, head: bytes) -> None:
        origin, feed = self.origin, self.origin.feeds[number]
        origin.first = origin.first or time.perf_counter()
        origin.counts["requests"] += 1
        if number == origin.hanging:
            return
        same = b"if-none-match: " + feed.etag in head
        origin.counts["304" if same else "200"] += 1
        answer = feed.unchanged if same else feed.whole[b"gzip" in head]
        if origin.delay:
            asyncio.get_running_loop().call_later(origin.delay, self.answer, answer)
        else:
            self.answer(answer)
        origin.last = time.perf_counter()

    def answer(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)

    def asked(self, change: bool, target: str) -> bytes:  # noqa: FBT001
        parts = urlsplit(target)
        value = next(iter(parse_qs(parts.query).values()), ["0"])[0]
        origin = self.origin
        match change, parts.path:
            case True, "/reset":
                origin.reset()
            case True, "/forget":
                origin.forget()
            case True, "/bump":
                origin.bump(float(value))
            case True, "/delay":
                origin.delay = float(value) / 1000
            case True, "/hang":
                origin.hanging = int(value) if int(value) >= 0 else None
        body = json.dumps(origin.counts | {"seconds": origin.last - origin.first}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def serve(count: int, port: int, ports: int, seed: int) -> None:
    origin = Origin(count, seed)
    loop = asyncio.get_running_loop()
    for number in range(ports):
        await loop.create_server(lambda: Connection(origin), HOST, port + number, backlog=4096)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*map(int, sys.argv[1:5])))
