"""What decides where items belong and how feeds look, as text to compare: where it moves, there is work. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from feedhub import text
from feedhub.model import AuthorId, SourceId
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.settings import Author, Auto, ContentMode, Filter, Source, WebAddress

VERSION = "1"  # of everything that is derived from a configuration; a new one derives it again


def of_source(source: Source, authors: Iterable[Author]) -> str:
    """Where a source's items belong and how they are shown; in full, since it outlives the source in feeds.yaml."""
    location = source.location
    public = location.url if isinstance(location, WebAddress) and not location.secret else None
    filters = [_patterns(source.keep), _patterns(source.drop)]
    by_author = any(field == "author" for patterns in filters for field, _ in patterns)
    names = [(author.id, author.name, author.aliases) for author in authors] if by_author else []
    tags = sorted(map(text.fold, source.tags))
    return _text(public, source.title, source.author, source.bylines, tags, source.content, *filters, names)


def source_again(source: SourceId, said: str) -> Source:
    """A source that feeds.yaml has lost, with what `of_source` said of it: what it brought stays as it was."""
    _, public, title, author, bylines, tags, content, keep, drop, _ = json.loads(said)
    return Source(
        id=source,
        location=WebAddress(url=public or "", secret=public is None),
        title=title,
        author=author,
        bylines=tuple(bylines),
        tags=tuple(tags),
        every=Auto.AUTO,
        backlog=0,
        flood=0,
        content=ContentMode(content),
        keep=_filter(keep),
        drop=_filter(drop),
        headers={},
        paused=True,
    )


def of_catalogue(among: Catalogue) -> str:
    """Whether any feed may have changed at all."""
    # Python cuts long patterns where it shows them.
    patterns = [(_patterns(feed.keep), _patterns(feed.drop)) for feed in among.config.feeds.values()]
    return digest(str(among.config), patterns, sorted(feed.title for feed in among.feeds.values()))


def of_members(feed: Feed, among: Catalogue) -> str:
    """What belongs to a feed, but for what its sources' own definitions say."""
    match feed.shape:
        case Shape.AUTHOR:
            author = among.config.authors[AuthorId(feed.key)]
            return digest(sorted(map(text.fold, (author.name, *author.aliases))))
        case Shape.CUSTOM:
            custom = among.config.feeds[feed.key]
            chosen = custom.selection
            drawn = chosen and (chosen.posts, chosen.featured, chosen.authors, chosen.sources, chosen.tags)
            return digest(drawn, _patterns(custom.keep), _patterns(custom.drop), sorted(among.spellings.items()))
        case _:
            return digest()


def of_appearance(feed: Feed, among: Catalogue) -> str:
    """What a feed's documents show, beside its items and their sources."""
    config = among.config
    hub = (config.hub.title, config.hub.url, config.hub.language)
    people = [(author.name, author.aliases, author.email, author.url) for author in config.authors.values()]
    pins = (
        [(pin.url, pin.title, pin.summary, str(pin.image)) for pin in config.featured.pins] if config.featured else []
    )
    seen = pins if feed.shape is Shape.FEATURED else []
    shape = (feed.limit, feed.content, config.publish.archive)
    return digest(hub, feed.title, feed.subtitle, *shape, people, seen)


def digest(*parts: object) -> str:
    """A digest of what JSON can say of these parts."""
    return hashlib.sha256(_text(*parts).encode()).hexdigest()[:32]


def _text(*parts: object) -> str:
    return json.dumps((VERSION, *parts), ensure_ascii=False, default=str)


def _patterns(wanted: Filter | None) -> list[tuple[str, str]]:
    return sorted((field, pattern.pattern) for field, pattern in wanted.patterns.items()) if wanted else []


def _filter(patterns: Sequence[tuple[str, str]]) -> Filter | None:
    compiled = {field: re.compile(pattern, re.IGNORECASE) for field, pattern in patterns}
    return Filter(patterns=compiled) if compiled else None
