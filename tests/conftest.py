"""A hub to try things on: a real feeds.yaml, a real database, a real origin on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any

import feedparser
import pytest
import time_machine
from pytest_httpserver import HTTPServer

from feedhub import app
from feedhub.admin import Explained
from feedhub.ingest.update import Polled
from feedhub.ingest.workers import Workers
from feedhub.output.build import Built

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An item of a source, as its feed shows it."""

    id: str
    title: str = "A title"
    dated: datetime | None = None
    link: str | None = None
    html: str = "<p>Words.</p>"
    author: str | None = None
    category: str | None = None


def rss(entries: Sequence[Entry], title: str = "A source") -> str:
    """A feed that says so, in RSS 2.0."""
    items = []
    for entry in entries:
        link = entry.link or f"https://source.example/{entry.id.rpartition(':')[2]}"
        parts = [f"<title>{escape(entry.title)}</title>", f"<link>{escape(link)}</link>"]
        parts += [
            f'<guid isPermaLink="false">{escape(entry.id)}</guid>',
            f"<description>{escape(entry.html)}</description>",
        ]
        parts += [f"<pubDate>{format_datetime(entry.dated)}</pubDate>"] if entry.dated else []
        parts += [f"<dc:creator>{escape(entry.author)}</dc:creator>"] if entry.author else []
        parts += [f"<category>{escape(entry.category)}</category>"] if entry.category else []
        items.append(f"<item>{''.join(parts)}</item>")
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{title}</title><link>https://source.example/</link><description/>{''.join(items)}</channel></rss>"
    )


def numbered(numbers: Sequence[int], *, newest: datetime = NOW, step: timedelta = timedelta(hours=1)) -> list[Entry]:
    """Entries by number, the highest of which is as new as `newest`, each a `step` older than the next."""
    top = max(numbers, default=0)
    return [
        Entry(id=f"tag:source.example,2026:{n}", title=f"Item {n}", dated=newest - step * (top - n)) for n in numbers
    ]


def timeless(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Documents but for when each says that its feed was last updated, which never goes back."""
    said = re.compile(rb"<updated>.*?</updated>|<lastBuildDate>.*?</lastBuildDate>")
    return {path: said.sub(b"", data, count=1) for path, data in files.items()}


@dataclass
class Hub:
    """A hub in a folder of its own. Everything goes through the ways in that the commands use."""

    folder: Path
    origin: HTTPServer
    time: time_machine.Traveller
    config: dict[str, Any] = field(default_factory=dict)
    _shown: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = {
            "hub": {"title": "The Hub", "url": "https://hub.example"},
            "fetch": {"allow": ["127.0.0.0/8"]},
        }

    @property
    def place(self) -> app.Place:
        return app.place(self.folder / "feeds.yaml", None)

    @property
    def public(self) -> Path:
        return self.place.public

    def configure(self, **sections: Any) -> None:
        """Set sections of feeds.yaml (None takes one away) and write it. JSON is YAML."""
        self.config |= sections
        wanted = {name: section for name, section in self.config.items() if section is not None}
        (self.folder / "feeds.yaml").write_text(json.dumps(wanted, indent=1))

    def source(self, name: str, **settings: Any) -> None:
        """Have feeds.yaml name a source that the origin serves."""
        url = self.origin.url_for(f"/{name}.xml")
        self.configure(sources={**self.config.get("sources", {}), name: {"url": url, **settings}})

    def show(self, name: str, entries: Sequence[Entry], title: str = "A source") -> None:
        """What a source shows from now on."""
        self.answer(name, rss(entries, title))

    def answer(self, name: str, body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """What a source answers from now on."""
        for handler in list(self.origin.handlers):
            if handler.matcher.uri == f"/{name}.xml":
                self.origin.handlers.remove(handler)
        self.origin.expect_request(f"/{name}.xml").respond_with_data(
            body, status=status, headers=headers, content_type="application/xml"
        )

    def post(self, name: str, text: str = "Words.", author: str = "lee", **front: Any) -> Path:
        """Write a post: `name` is its file's, without the ending."""
        path = self.place.posts / author / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(
            f"{key}: {json.dumps(value)}\n" for key, value in {"title": name, "date": "2026-05-30", **front}.items()
        )
        path.write_text(f"---\n{lines}---\n{text}\n")
        return path

    def poll(self, *names: str) -> dict[str, Polled]:
        """Read these sources, or all, due or not, and publish."""
        report = app.poll(self.place, names, every=not names)
        return {one.id: one for one in report.polled}

    def build(self) -> Built:
        return app.build(self.place)

    def explain(self, name: str) -> Explained:
        return app.explain(self.place, name)[0]

    def verdicts(self, name: str) -> dict[str, str]:
        return {one.feed: one.verdict for one in self.explain(name).feeds}

    def pass_(self, **time: float) -> None:
        """Let time go by."""
        self.time.shift(timedelta(**time))

    def read(self, feed: str = "", form: str = "atom") -> Any:
        """A published document, as a reader understands it: `feed` is its folder."""
        path = self.public / feed / f"feed.{form}"
        return feedparser.parse(path.read_text(), sanitize_html=False) if path.exists() else None

    def titles(self, feed: str = "", form: str = "atom") -> list[str]:
        """What a published document shows, in its order."""
        return [entry.title for entry in self.read(feed, form).entries]

    def ids(self, feed: str = "", form: str = "atom") -> list[str]:
        return [entry.id for entry in self.read(feed, form).entries]

    def files(self) -> dict[str, bytes]:
        """All that is published, byte for byte."""
        return {p.relative_to(self.public).as_posix(): p.read_bytes() for p in self.public.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """The processes that parse, for all tests together: to start them takes longer than all else that a poll does."""
    with Workers() as kept:
        yield kept


@pytest.fixture
def hub(tmp_path: Path, httpserver: HTTPServer, workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """An empty hub with one author, at noon of 1 June 2026."""
    monkeypatch.setattr("feedhub.ingest.workers.Workers", lambda: nullcontext(workers))
    with time_machine.travel(NOW, tick=False) as time:
        made = Hub(tmp_path, httpserver, time)
        made.configure(authors={"lee": {"name": "Lee Pender", "aliases": ["lpender"]}})
        yield made
