"""Which items belong to a feed, and by whom they are, by configuration alone.

Pure. What has a place in a feed already, and what becomes of what has none, is
`release`'s to say. An item of a source that feeds.yaml no longer names belongs
nowhere anew, and stays where it was released, as it was.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from enum import StrEnum

from feedhub import text
from feedhub.model import AuthorId, FeedId, Item, Kind, Person, SourceId
from feedhub.output.catalogue import COMBINED, Catalogue, Feed, Shape
from feedhub.settings import Config, Filter, Selection, Source


class Verdict(StrEnum):
    """Whether an item belongs to a feed."""

    IN = "in"
    FILTERED = "filtered"
    ELSEWHERE = "elsewhere"
    UNDECIDED = "undecided"  # its source is gone from feeds.yaml: it stays where it was released


def waits(item: Item, now: datetime) -> bool:
    """Whether its date is yet to come: a post appears then, even if it stood here before it was given that date."""
    return item.kind is Kind.POST and item.dated > now


def verdict(item: Item, feed: Feed, among: Catalogue, *, featured: bool) -> Verdict:
    """Whether an item belongs to a feed. `featured`: it is, or has been."""
    bringing = _sources(item, among) if feed.shape is Shape.FEATURED else _bringing(item, among)
    if item.sources and not bringing:  # but no filter keeps out what is pinned
        return Verdict.FILTERED
    if not _holds(feed, item, among, featured=featured):
        return Verdict.ELSEWHERE
    custom = among.config.feeds[feed.key] if feed.shape is Shape.CUSTOM else None
    if custom and not _passes(item, custom.keep, custom.drop, among):
        return Verdict.FILTERED
    return Verdict.UNDECIDED if _is_orphan(item, among) else Verdict.IN


def _holds(feed: Feed, item: Item, among: Catalogue, *, featured: bool) -> bool:
    match feed.shape:
        case Shape.COMBINED:
            return True
        case Shape.FEATURED:
            return featured
        case Shape.AUTHOR:
            return feed.key in authors(item, among)
        case Shape.SOURCE:
            return any(source.id == feed.key for source in _bringing(item, among))
        case Shape.TAG:
            return feed.key in _tag_slugs(item, among)
        case Shape.CUSTOM:
            selection = among.config.feeds[feed.key].selection
            return selection is None or _selects(selection, item, among, featured=featured)


def _is_orphan(item: Item, among: Catalogue) -> bool:
    """Whether feeds.yaml names none of the sources that show it any more."""
    return bool(item.sources) and not any(source in among.config.sources for source in item.sources)


def _sources(item: Item, among: Catalogue) -> tuple[Source, ...]:
    """All that show an item, the one that is credited first."""
    return tuple(among.sources[source] for source in item.sources if source in among.sources)


def _bringing(item: Item, among: Catalogue) -> tuple[Source, ...]:
    """Those of them whose filters let it pass."""
    return tuple(source for source in _sources(item, among) if _passes(item, source.keep, source.drop, among))


def homes(item: Item, among: Catalogue, *, featured: bool) -> tuple[Feed, ...]:
    """The feeds that an item belongs to, but for the featured one; costs what the item's own feeds cost."""
    near = [COMBINED, *(FeedId(f"authors/{author}") for author in authors(item, among))]
    near += [FeedId(f"tags/{slug}") for slug in sorted(_tag_slugs(item, among))]
    near += [FeedId(name) for name in among.config.feeds]
    near += [FeedId(f"sources/{source}") for source in item.sources]
    feeds = (among.feeds[feed] for feed in near if feed in among.feeds)
    return tuple(feed for feed in feeds if verdict(item, feed, among, featured=featured) is Verdict.IN)


def _selects(selection: Selection, item: Item, among: Catalogue, *, featured: bool) -> bool:
    return (
        (selection.posts and item.kind is Kind.POST)
        or (selection.featured and featured)
        or any(source.id in selection.sources for source in _bringing(item, among))
        or _is_orphan(item, among)  # feeds.yaml cannot name its source any more
        or not authors(item, among).isdisjoint(selection.authors)
        or not _tag_slugs(item, among).isdisjoint(among.slugs.get(text.fold(tag)) for tag in selection.tags)
    )


def sources_of(feed: Feed, among: Catalogue) -> frozenset[SourceId]:
    """The sources whose items may belong to a feed."""
    config = among.config
    match feed.shape:
        case Shape.COMBINED:
            return frozenset(config.sources)
        case Shape.FEATURED:
            return _sources_featured(config)
        case Shape.AUTHOR:
            return _sources_by(among, frozenset({AuthorId(feed.key)}))
        case Shape.SOURCE:
            return frozenset({SourceId(feed.key)})
        case Shape.TAG:
            return _sources_tagged(among, {feed.key})
        case Shape.CUSTOM:
            selection = config.feeds[feed.key].selection
            if selection is None:
                return frozenset(config.sources)
            tagged = _sources_tagged(among, {among.slugs.get(text.fold(tag)) for tag in selection.tags})
            drawn = _sources_featured(config) if selection.featured else frozenset()
            return _sources_by(among, frozenset(selection.authors)).union(selection.sources, tagged, drawn)


def _sources_by(among: Catalogue, wanted: frozenset[AuthorId]) -> frozenset[SourceId]:
    sources = among.config.sources.values()
    return frozenset(s.id for s in sources if s.author in wanted or not wanted.isdisjoint(s.bylines))


def _sources_tagged(among: Catalogue, slugs: Container[str | None]) -> frozenset[SourceId]:
    tags = among.source_tags
    return frozenset(source for source in among.config.sources if any(tag in slugs for tag in tags[source]))


def _sources_featured(config: Config) -> frozenset[SourceId]:
    """A pin may name what any source brings."""
    featured = config.featured
    return frozenset(config.sources if featured and featured.pins else featured.sources if featured else ())


# -- who wrote it


def authors(item: Item, among: Catalogue) -> frozenset[AuthorId]:
    """The hub's authors that an item is by: a source speaks only for those it is bound to."""
    return frozenset(_authors(item, _bringing(item, among), among))


def _authors(item: Item, sources: Iterable[Source], among: Catalogue) -> dict[AuthorId, None]:
    """The same, of these of its sources, in the order in which they are named."""
    if item.kind is Kind.POST:
        return {item.author: None} if item.author and item.author in among.config.authors else {}
    named = [among.spellings.get(text.fold(person.name)) for person in item.content.authors]
    found = [
        author
        for source in sources
        for author in (source.author, *(author for author in named if author in source.bylines))
    ]
    return dict.fromkeys(author for author in found if author and author in among.config.authors)


def credited(item: Item, among: Catalogue, fallback: str) -> tuple[Person, ...]:
    """Who a document names as an item's authors; never empty.

    An author of the hub is published by name, never by an alias. A byline that is
    a hub author's, in a source that is not bound to that author, names nobody: a
    source cannot speak as somebody else, nor by calling itself so. Where nobody is
    left, `fallback` is named, or else the source by its id.
    """
    bringing = _bringing(item, among)
    ours = _authors(item, bringing, among)
    people = [Person(name=a.name, email=a.email, url=a.url) for a in map(among.config.authors.__getitem__, ours)]
    bound = any(source.author for source in bringing)  # all that such a one brings is by that author
    others = () if bound else item.content.authors
    people += [person for person in others if text.fold(person.name) not in among.spellings]
    posing = text.fold(fallback) in among.spellings
    return tuple(people) or (Person(name=item.source if item.source and posing else fallback),)


# -- filters


def _passes(item: Item, keep: Filter | None, drop: Filter | None, among: Catalogue) -> bool:
    return (keep is None or _matches(item, keep, among)) and (drop is None or not _matches(item, drop, among))


def _matches(item: Item, wanted: Filter, among: Catalogue) -> bool:
    return all(
        any(pattern.search(value) for value in _field(item, field, among)) for field, pattern in wanted.patterns.items()
    )


def _field(item: Item, field: str, among: Catalogue) -> Iterable[str]:
    content = item.content
    match field:
        case "title":
            return (content.title,)
        case "author":
            ours = (among.config.authors[author].name for author in _authors(item, _sources(item, among), among))
            return (*ours, *(person.name for person in content.authors))
        case "tag":
            return (*_tags(item, _sources(item, among), among), *(category.term for category in content.categories))
        case "link":
            return (content.link or "",)
        case _:
            return (content.summary, text.from_html(content.html))


def _tag_slugs(item: Item, among: Catalogue) -> frozenset[str]:
    return _tags(item, _bringing(item, among), among)


def _tags(item: Item, sources: Iterable[Source], among: Catalogue) -> frozenset[str]:
    if item.kind is Kind.POST:
        return frozenset(item.tags)
    return frozenset().union(*(among.source_tags[source.id] for source in sources))
