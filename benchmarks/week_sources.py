"""Synthetic sources: when each has something to say, how it says it, and how it answers. Nothing here reads a clock.

Every item bears a mark in its text that stays whatever the source does to its guid, link, date or title, so
that whoever reads what is published knows which item it is.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from random import Random

START = datetime(2026, 6, 1, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BEFORE = 30  # items that a source has shown when it is first asked


@dataclass(frozen=True, slots=True)
class Story:
    """What is told once, by one source or by several."""

    mark: str
    number: int
    at: datetime  # when it is first shown
    until: datetime | None = None  # when it is taken down again
    flood: bool = False


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A story as a document has it at some moment."""

    guid: str | None
    link: str | None
    title: str
    dated: datetime | None
    html: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said to one request. `rest`: for how long nobody is to ask again; `shown`: in a whole document."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    rest: timedelta = timedelta()
    shown: Sequence[Story] = ()
    cut: bool = False  # the connection is closed in the middle


Moments = Callable[[Random], Iterator[datetime]]
Tell = Callable[["Source", Story, datetime], Entry]
Trouble = Callable[["Source", datetime], Answer | None]


def plain(source: Source, story: Story, _: datetime) -> Entry:
    """As most do it."""
    return Entry(
        guid=f"tag:{source.name}.example,2026:{story.number}",
        link=f"https://{source.name}.example/{story.number}-a-story",
        title=f"Story {story.number} of {source.name}",
        dated=story.at,
        html=f"<p>Words that {story.mark} is told with. mark:{story.mark};</p>",
    )


def no_trouble(source: Source, now: datetime) -> Answer | None:
    """It answers."""


def steady(step: timedelta) -> Moments:
    """One item after the other, about a `step` apart, from long before the week on."""

    def moments(chance: Random) -> Iterator[datetime]:
        at = START - BEFORE * step
        while True:
            at += step * chance.uniform(0.5, 1.5)
            yield at.replace(second=0, microsecond=0)

    return moments


_USUAL = steady(6 * HOUR)


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How some sources go about it. What is not said is as most have it."""

    moments: Moments = _USUAL
    tell: Tell = plain
    trouble: Trouble = no_trouble
    form: str = "rss"
    window: int = 20
    validators: str = "etag modified"
    headers: Mapping[str, str] = field(default_factory=dict)
    expires: timedelta = timedelta()
    channel: str = ""  # said beside the items
    stamped: bool = False  # with the time of the answer
    shuffled: bool = False
    encoding: str = "utf-8"
    squeezed: bool = False
    least: timedelta = timedelta()  # between two requests, by its own word
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    taken_down: float = 0  # so many of its stories
    together: bool = False  # all sources of this habit tell the same stories
    flood: bool = False  # of 150 items, on the second day
    fickle: bool = False  # what an item is called depends on who asks when
    announced: bool = True  # what it shows (with a flood: what that brings) is for subscribers


@dataclass
class Source:
    """One of them, and what it remembers of those who ask."""

    name: str
    kind: str
    habit: Habit
    stories: list[Story]
    chance: Random
    url: str = ""
    elsewhere: str = ""  # where it moves to
    requests: int = 0
    _last: tuple[str, datetime] = ("", START)

    def listed(self, now: datetime) -> list[Story]:
        """What it shows, newest first."""
        there = [one for one in self.stories if one.at <= now and not (one.until and one.until <= now)]
        flood = [one for one in there if one.flood]
        usual = [one for one in there if not one.flood][-self.habit.window :]
        return [*reversed(usual), *flood]

    def answer(self, now: datetime, sent: Mapping[str, str], *, moved: bool = False) -> Answer:
        """To a request with these headers; `moved`: at the address to which it moves."""
        self.requests += 1
        return (None if moved else self.habit.trouble(self, now)) or self.document(now, sent)

    def document(self, now: datetime, sent: Mapping[str, str]) -> Answer:
        """What it shows, where that is not what was shown before."""
        habit, shown = self.habit, self.listed(now)
        order = self.chance.sample(shown, len(shown)) if habit.shuffled else shown
        body = self._body(order, now)
        digest = hashlib.sha256(body).hexdigest()[:16]
        if self._last[0] != digest:
            self._last = (digest, now)
        etag, modified = f'"{digest}"', format_datetime(self._last[1], usegmt=True)
        headers = dict(habit.headers) | {"Date": format_datetime(now, usegmt=True)}
        headers |= {"ETag": etag} if "etag" in habit.validators else {}
        headers |= {"Last-Modified": modified} if "modified" in habit.validators else {}
        headers |= {"Expires": format_datetime(now + habit.expires, usegmt=True)} if habit.expires else {}
        known = sent.get("if-none-match", "" if "etag" in habit.validators else sent.get("if-modified-since", ""))
        if known and known in {etag, modified}:
            return Answer(status=304, headers=headers, rest=habit.least)
        if habit.squeezed:
            body, headers = gzip.compress(body, mtime=0), headers | {"Content-Encoding": "gzip"}
        return Answer(headers=headers, body=body, rest=habit.least, shown=shown)

    def _body(self, shown: Sequence[Story], now: datetime) -> bytes:
        entries = [self.habit.tell(self, story, now) for story in shown]
        stamp = format_datetime(now) if self.habit.stamped else ""
        text = FORMS[self.habit.form](self.name, entries, self.habit.channel, stamp)
        return text.replace("utf-8", self.habit.encoding, 1).encode(self.habit.encoding)


def make(name: str, habit: Habit, kind: str, seed: int, end: datetime) -> Source:
    """A source, and all that it is going to say until the `end`."""
    about = kind if habit.together else name
    chance = Random(f"{seed} {about}")
    stories = []
    for number, at in enumerate(habit.moments(chance)):
        if at > end:
            break
        until = at + chance.uniform(0.5, 8) * HOUR if chance.random() < habit.taken_down else None
        stories.append(Story(f"{about}#{number}", number, at, until))
    if habit.flood:
        stories += [Story(f"{about}#{n}", n, START + 1.5 * DAY, flood=True) for n in range(5000, 5150)]
    return Source(name, kind, habit, stories, Random(f"{seed} {name}"))


# -- documents


def _rss(name: str, entries: Sequence[Entry], channel: str, stamp: str) -> str:
    items = "".join(
        f"<item><title>{escape(one.title)}</title>"
        + (f"<link>{escape(one.link)}</link>" if one.link else "")
        + (f'<guid isPermaLink="false">{escape(one.guid)}</guid>' if one.guid else "")
        + (f"<pubDate>{format_datetime(one.dated)}</pubDate>" if one.dated else "")
        + f"<description>{escape(one.html)}</description></item>"
        for one in entries
    )
    built = f"<lastBuildDate>{stamp}</lastBuildDate>" if stamp else ""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{name} på svenska</title>'
        f"<link>https://{name}.example/</link><description/>{built}{channel}{items}</channel></rss>"
    )


def _rdf(name: str, entries: Sequence[Entry], channel: str, _: str) -> str:
    items = "".join(
        f'<item rdf:about="{escape(one.guid or "")}"><title>{escape(one.title)}</title>'
        + (f"<link>{escape(one.link)}</link>" if one.link else "")
        + (f"<dc:date>{one.dated.isoformat()}</dc:date>" if one.dated else "")
        + f"<description>{escape(one.html)}</description></item>"
        for one in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel rdf:about="https://{name}.example/">'
        f"<title>{name}</title><link>https://{name}.example/</link><description/>{channel}</channel>{items}</rdf:RDF>"
    )


def _atom(name: str, entries: Sequence[Entry], channel: str, stamp: str) -> str:
    items = "".join(
        f"<entry><title>{escape(one.title)}</title><id>{escape(one.guid or '')}</id>"
        + (f'<link href="{escape(one.link)}"/>' if one.link else "")
        + (f"<updated>{one.dated.isoformat()}</updated>" if one.dated else "")
        + f'<content type="html">{escape(one.html)}</content></entry>'
        for one in entries
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{name}</title>'
        f"<id>tag:{name}.example,2026:feed</id><updated>2026-06-01T00:00:00Z</updated>{stamp}{channel}{items}</feed>"
    )


def _json(name: str, entries: Sequence[Entry], _: str, __: str) -> str:
    items = [
        {"id": one.guid, "url": one.link, "title": one.title, "content_html": one.html}
        | ({"date_published": one.dated.isoformat()} if one.dated else {})
        for one in entries
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": name, "items": items})


FORMS: Mapping[str, Callable[[str, Sequence[Entry], str, str], str]] = {
    "rss": _rss,
    "rdf": _rdf,
    "atom": _atom,
    "json": _json,
}
