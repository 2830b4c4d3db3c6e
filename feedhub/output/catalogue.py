"""Which feeds there are, by configuration alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from feedhub import text
from feedhub.model import AuthorId, FeedId, SourceId, Tag
from feedhub.settings import Config, ContentMode, Source

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
    sources: Mapping[SourceId, Source]  # those of feeds.yaml, and those that it has lost, as they were
    feeds: Mapping[FeedId, Feed]
    slugs: Mapping[str, str]  # a tag as it is written, case folded -> its slug
    source_tags: Mapping[SourceId, frozenset[str]]  # slugs
    spellings: Mapping[str, AuthorId]  # a byline, folded -> whose it is


def catalogue(
    config: Config,
    tags: Mapping[str, Tag],
    post_tags: Iterable[str],
    titles: Mapping[SourceId, str],
    removed: Mapping[SourceId, Source],
) -> Catalogue:
    """All feeds of a configuration.

    `tags`: every tag known, by `text.fold`; `post_tags`: the slugs of those that posts
    bear; `titles`: what sources call themselves; `removed`: what feeds.yaml has lost.
    """
    slugs = {key: tag.slug for key, tag in tags.items()}
    sources = {**removed, **config.sources}
    source_tags = {
        source.id: frozenset(slugs[key] for key in map(text.fold, source.tags) if key in slugs)
        for source in sources.values()
    }
    names = {tag.slug: tag.name for tag in tags.values()}
    used = sorted(set(post_tags).union(*(source_tags[source] for source in config.sources)))
    feeds = _built_in(config, {slug: names[slug] for slug in used}, titles)
    return Catalogue(
        config=config,
        sources=sources,
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
