"""Which feeds there are, and which items belong to them, by configuration alone.

Pure. What has a place in a feed already, and what becomes of what has none, is
`release`'s to say. An item of a source that feeds.yaml no longer names belongs
nowhere anew, and stays where it was released.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feedhub import text
from feedhub.model import AuthorId, FeedId, Item, Kind, Person, SourceId, Tag
from feedhub.settings import Config, ContentMode, Filter, Selection

COMBINED = FeedId("combined")
FEATURED = FeedId("featured")


class Shape(StrEnum):
    """What a feed draws from."""

    COMBINED = "combined"
    FEATURED = "featured"
    AUTHOR = "author"
    SOURCE = "source"
    TAG = "tag"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed that is to be published."""

    id: FeedId
    shape: Shape
    key: str  # which author, source, tag (its slug), or custom feed
    title: str
    subtitle: str
    folder: str  # below data/public, with a slash at its end; empty for the combined feed
    limit: int
    content: ContentMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The configuration, looked at as a publisher does: made once for each state of it."""

    config: Config
    feeds: Mapping[FeedId, Feed]
    slugs: Mapping[str, str]  # a tag as it is written, case folded -> its slug
    source_tags: Mapping[SourceId, frozenset[str]]  # slugs
    spellings: Mapping[str, AuthorId]  # a byline, folded -> whose it is


class Verdict(StrEnum):
    """Whether an item belongs to a feed."""

    IN = "in"
    FILTERED = "filtered"
    ELSEWHERE = "elsewhere"
    UNDECIDED = "undecided"  # its source is gone from feeds.yaml: it stays where it was released


def catalogue(
    config: Config, tags: Mapping[str, Tag], post_tags: Iterable[str], titles: Mapping[SourceId, str]
) -> Catalogue:
    """All feeds of a configuration.

    `tags`: every tag known, by `text.fold`; `post_tags`: the slugs of those that posts
    bear; `titles`: what sources call themselves.
    """
    slugs = {key: tag.slug for key, tag in tags.items()}
    source_tags = {
        source.id: frozenset(slugs[text.fold(tag)] for tag in source.tags) for source in config.sources.values()
    }
    names = {tag.slug: tag.name for tag in tags.values()}
    used = sorted(set(post_tags).union(*source_tags.values()))
    feeds = _built_in(config, {slug: names[slug] for slug in used}, titles)
    return Catalogue(
        config=config,
        feeds={feed.id: feed for feed in (*feeds, *_custom(config))},
        slugs=slugs,
        source_tags=source_tags,
        spellings={
            text.fold(spelling): author.id
            for author in config.authors.values()
            for spelling in (author.name, *author.aliases)
        },
    )


def _built_in(config: Config, tags: Mapping[str, str], titles: Mapping[SourceId, str]) -> Iterator[Feed]:
    hub, limit, full = config.hub, config.publish.limit, ContentMode.FULL

    def feed(shape: Shape, key: str, title: str, subtitle: str, *, limit: int = limit) -> Feed:
        name = {Shape.COMBINED: "combined", Shape.FEATURED: "featured"}.get(shape, f"{shape}s/{key}")
        folder = "" if shape is Shape.COMBINED else f"{name}/"
        return Feed(
            id=FeedId(name),
            shape=shape,
            key=key,
            title=title,
            subtitle=subtitle,
            folder=folder,
            limit=limit,
            content=full,
        )

    yield feed(Shape.COMBINED, "", hub.title, hub.description)
    if config.featured:
        title = f"{hub.title}: {config.featured.title}"
        yield feed(Shape.FEATURED, "", title, f"What {hub.title} features now.", limit=config.featured.limit)
    for author in config.authors.values():
        yield feed(Shape.AUTHOR, author.id, author.blog, author.about or f"What {author.name} writes.")
    for source in config.sources.values():
        title = source.title or titles.get(source.id) or source.id
        yield feed(Shape.SOURCE, source.id, title, f"{title}, as read by {hub.title}.")
    for slug, name in tags.items():
        yield feed(Shape.TAG, slug, f"{hub.title}: {name}", f"What {hub.title} has on {name}.")


def _custom(config: Config) -> Iterator[Feed]:
    for custom in config.feeds.values():
        yield Feed(
            id=FeedId(custom.name),
            shape=Shape.CUSTOM,
            key=custom.name,
            title=custom.title,
            subtitle=f"{custom.title}, from {config.hub.title}.",
            folder=f"feeds/{custom.name}/",
            limit=custom.limit,
            content=custom.content,
        )


# -- what belongs


def verdict(item: Item, feed: Feed, among: Catalogue, *, featured: bool) -> Verdict:
    """Whether an item belongs to a feed. `featured`: it is, or has been."""
    config = among.config
    source = config.sources.get(item.source) if item.source else None
    if item.source and source is None:
        return Verdict.UNDECIDED
    if source and not _passes(item, source.keep, source.drop, among):
        return Verdict.FILTERED
    match feed.shape:
        case Shape.COMBINED:
            held = True
        case Shape.FEATURED:
            held = featured
        case Shape.AUTHOR:
            held = feed.key in authors(item, among)
        case Shape.SOURCE:
            held = item.source == feed.key
        case Shape.TAG:
            held = feed.key in _tag_slugs(item, among)
        case Shape.CUSTOM:
            custom = config.feeds[feed.key]
            held = custom.selection is None or _selects(custom.selection, item, among, featured=featured)
            if held and not _passes(item, custom.keep, custom.drop, among):
                return Verdict.FILTERED
    return Verdict.IN if held else Verdict.ELSEWHERE


def homes(item: Item, among: Catalogue, *, featured: bool) -> tuple[Feed, ...]:
    """The feeds that an item belongs to, but for the featured one; costs what the item's own feeds cost."""
    near = [COMBINED, *(FeedId(f"authors/{author}") for author in authors(item, among))]
    near += [FeedId(f"tags/{slug}") for slug in sorted(_tag_slugs(item, among))]
    near += [FeedId(name) for name in among.config.feeds]
    if item.source:
        near.append(FeedId(f"sources/{item.source}"))
    feeds = (among.feeds[feed] for feed in near if feed in among.feeds)
    return tuple(feed for feed in feeds if verdict(item, feed, among, featured=featured) is Verdict.IN)


def _selects(selection: Selection, item: Item, among: Catalogue, *, featured: bool) -> bool:
    return (
        (selection.posts and item.kind is Kind.POST)
        or (selection.featured and featured)
        or item.source in selection.sources
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
            return frozenset(config.featured.sources if config.featured else ())
        case Shape.AUTHOR:
            return _sources_by(among, frozenset({AuthorId(feed.key)}))
        case Shape.SOURCE:
            return frozenset({SourceId(feed.key)})
        case Shape.TAG:
            return frozenset(source for source, tags in among.source_tags.items() if feed.key in tags)
        case Shape.CUSTOM:
            selection = config.feeds[feed.key].selection
            if selection is None:
                return frozenset(config.sources)
            slugs = {among.slugs.get(text.fold(tag)) for tag in selection.tags}
            tagged = (source for source, tags in among.source_tags.items() if tags & slugs)
            drawn = config.featured.sources if selection.featured and config.featured else ()
            return _sources_by(among, frozenset(selection.authors)).union(selection.sources, tagged, drawn)


def _sources_by(among: Catalogue, wanted: frozenset[AuthorId]) -> frozenset[SourceId]:
    sources = among.config.sources.values()
    return frozenset(s.id for s in sources if s.author in wanted or not wanted.isdisjoint(s.bylines))


# -- who wrote it


def authors(item: Item, among: Catalogue) -> frozenset[AuthorId]:
    """The hub's authors that an item is by: a source speaks only for those it is bound to."""
    return frozenset(_authors(item, among))


def _authors(item: Item, among: Catalogue) -> dict[AuthorId, None]:
    """The same, in the order in which they are named."""
    if item.kind is Kind.POST:
        return {item.author: None} if item.author and item.author in among.config.authors else {}
    source = among.config.sources.get(item.source) if item.source else None
    if source is None:
        return {}
    named = (among.spellings.get(text.fold(person.name)) for person in item.content.authors)
    by_name = dict.fromkeys(author for author in named if author is not None and author in source.bylines)
    return ({source.author: None} if source.author else {}) | by_name


def credited(item: Item, among: Catalogue, fallback: str) -> tuple[Person, ...]:
    """Who a document names as an item's authors; never empty.

    An author of the hub is published by name, never by an alias. A byline that is
    a hub author's, in a source that is not bound to that author, names nobody: a
    source cannot speak as somebody else. Where nobody is left, `fallback` is named.
    """
    ours = _authors(item, among)
    people = [Person(name=a.name, email=a.email, url=a.url) for a in map(among.config.authors.__getitem__, ours)]
    others = () if ours else item.content.authors
    people += [person for person in others if text.fold(person.name) not in among.spellings]
    return tuple(people) or (Person(name=fallback),)


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
            return tuple(person.name for person in (*credited(item, among, ""), *content.authors))
        case "tag":
            return (*_tag_slugs(item, among), *(category.term for category in content.categories))
        case "link":
            return (content.link or "",)
        case _:
            return (content.summary, text.from_html(content.html))


def _tag_slugs(item: Item, among: Catalogue) -> frozenset[str]:
    if item.kind is Kind.POST:
        return frozenset(item.tags)
    return among.source_tags.get(item.source, frozenset()) if item.source else frozenset()
