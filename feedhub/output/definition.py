"""What decides where items belong and how feeds look, as digests: where one moves, there is work. Pure."""

from __future__ import annotations

import hashlib
import json

from feedhub import text
from feedhub.model import AuthorId
from feedhub.output.membership import Catalogue, Feed, Shape
from feedhub.settings import Filter, Source

VERSION = "1"  # of everything that is derived from a configuration; a new one derives it again


def of_source(source: Source) -> str:
    """Where a source's items belong, and how they are credited."""
    tags = sorted(map(text.fold, source.tags))
    filters = (_patterns(source.keep), _patterns(source.drop))
    return digest(source.author, source.bylines, tags, filters, source.title, source.content)


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
    people = [(author.name, author.email, author.url) for author in config.authors.values()]
    pins = (
        [(pin.url, pin.title, pin.summary, str(pin.image)) for pin in config.featured.pins] if config.featured else []
    )
    seen = pins if feed.shape is Shape.FEATURED else []
    return digest(hub, feed.title, feed.subtitle, feed.limit, feed.content, people, seen)


def digest(*parts: object) -> str:
    """A digest of what JSON can say of these parts."""
    said = json.dumps((VERSION, *parts), ensure_ascii=False, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _patterns(wanted: Filter | None) -> list[tuple[str, str]]:
    return sorted((field, pattern.pattern) for field, pattern in wanted.patterns.items()) if wanted else []
