"""feeds.yaml: from text to `Config`, or to every `Problem` with its place.

    text -> tree (YAML) -> variables filled in -> document (pydantic) -> Config

Touches nothing: the same text and variables give the same answer. What a variable stands for is never in a `Problem`,
nor in `Parsed.tree`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedhub import settings, urls
from feedhub.config import document as doc
from feedhub.config.misfits import Misfit
from feedhub.config.variables import Filling
from feedhub.faults import Fault, Misplaced, Spot, Trail, problems
from feedhub.model import AuthorId, Image, Problem, SourceId
from feedhub.text import fold

_EMPTY = Misplaced(Fault("is empty", "hub.title and hub.url are the least"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A sound feeds.yaml. `tree` is its data as compact JSON, variables as they were written: `revive` takes it."""

    config: settings.Config
    tree: str


def parse(text: str, *, file: str, base: Path, env: Mapping[str, str]) -> Parsed | tuple[Problem, ...]:
    """What feeds.yaml asks for, or all that is wrong with it. `base`: its folder, absolute."""
    from feedhub import yamltree  # with PyYAML, which `revive` does without

    tree = yamltree.read(text)
    if isinstance(tree, Misplaced):
        return problems(file, [tree])
    if not isinstance(tree.data, dict):
        fault = Fault("is not made of keys", "“hub:” and the other sections, each at the start of a line")
        return problems(file, tree.faults or [Misplaced(fault, spot=tree.place.find(())) if tree.data else _EMPTY])
    data = {key: value for key, value in tree.data.items() if value is not None}  # a section with nothing in it
    config = _config(data, base, env)
    if isinstance(config, settings.Config) and not tree.faults:
        return Parsed(config, json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    misfits = () if isinstance(config, settings.Config) else config
    placed = (Misplaced(one.fault, one.trail, tree.place.find(one.trail, key=one.of_key)) for one in misfits)
    return problems(file, (*tree.faults, *placed))


def revive(tree: str, *, file: str, base: Path, env: Mapping[str, str]) -> settings.Config | tuple[Problem, ...]:
    """The same again from `Parsed.tree`, without any YAML. Problems (a variable is gone, say) have no lines."""
    config = _config(json.loads(tree), base, env)
    if isinstance(config, settings.Config):
        return config
    return problems(file, [Misplaced(one.fault, one.trail, Spot(0, 0)) for one in config])


def _config(data: dict[str, Any], base: Path, env: Mapping[str, str]) -> settings.Config | tuple[Misfit, ...]:
    filling = Filling(env)
    full = filling.fill(data)
    authors, sources = _mapping(full.get("authors")), _mapping(full.get("sources"))
    document = doc.validate(full, doc.Context(authors=authors, sources=sources, base=base))
    misfits = [*_ambiguous(authors), *(document if isinstance(document, tuple) else ())]
    if isinstance(document, doc.Document) and not misfits and not filling.misfits:
        return _Settings(document, filling.written).config()
    known = (filling.discreet(one) for one in misfits if one.trail not in filling.misfits)
    return (*filling.misfits.values(), *known)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _ambiguous(authors: Mapping[str, Any]) -> Iterator[Misfit]:
    """Names that two authors bear: a byline with one of them would say nothing."""
    bearers: dict[str, str] = {}
    for author, part in authors.items():
        for trail, name in _spellings(_mapping(part)):
            bearer = bearers.setdefault(fold(name), author)
            if bearer != author:
                fault = Fault(f"names {bearer}, too", "names and aliases that no other author has")
                yield Misfit(("authors", author, *trail), fault)


def _spellings(author: Mapping[str, Any]) -> Iterator[tuple[Trail, str]]:
    name, aliases = author.get("name"), author.get("aliases")
    if isinstance(name, str):
        yield ("name",), name
    for number, alias in enumerate(aliases if isinstance(aliases, list) else ()):
        if isinstance(alias, str):
            yield ("aliases", number), alias


class _Settings:
    """A document in the words of `settings`, with every default filled in."""

    def __init__(self, document: doc.Document, written: Collection[Trail]) -> None:
        self.document = document
        self.written = written  # the values that variables went into

    def config(self) -> settings.Config:
        document, hub = self.document, self.document.hub
        return settings.Config(
            hub=settings.Hub(
                title=hub.title,
                url=hub.url,
                description=hub.description or "",
                language=hub.language,
                timezone=hub.timezone,
                contact=hub.contact,
            ),
            authors={AuthorId(id_): _author(AuthorId(id_), part) for id_, part in document.authors.items()},
            sources={SourceId(id_): self.source(SourceId(id_), part) for id_, part in document.sources.items()},
            featured=_featured(document.featured) if document.featured else None,
            feeds={name: self.feed(name, part) for name, part in document.feeds.items()},
            fetch=settings.Fetch(
                concurrency=document.fetch.concurrency,
                flood=document.fetch.flood,
                timeout=document.fetch.timeout,
                max_size=document.fetch.max_size,
                allow=tuple(document.fetch.allow),
            ),
            server=settings.Server(host=document.server.host, port=document.server.port),
            publish=settings.Publish(limit=document.publish.limit, archive=document.publish.archive),
        )

    def source(self, source: SourceId, part: doc.SourcePart) -> settings.Source:
        location: settings.WebAddress | settings.LocalFile
        if isinstance(part.url, Path):
            location = settings.LocalFile(path=part.url)
        else:
            secret = ("sources", source, "url") in self.written or urls.has_secret(part.url)
            location = settings.WebAddress(url=part.url, secret=secret)
        return settings.Source(
            id=source,
            location=location,
            title=part.title,
            author=AuthorId(part.author) if part.author else None,
            bylines=_authors(part.bylines),
            tags=_once(part.tags),
            every=part.every.cron,
            backlog=part.backlog,
            flood=part.flood or self.document.fetch.flood,
            content=part.content,
            keep=_filter(part.keep),
            drop=_filter(part.drop),
            headers=part.headers,
            paused=part.paused,
        )

    def feed(self, name: str, part: doc.FeedPart) -> settings.CustomFeed:
        return settings.CustomFeed(
            name=name,
            title=part.title,
            selection=_selection(part.from_) if part.from_ else None,
            keep=_filter(part.keep),
            drop=_filter(part.drop),
            limit=part.limit or self.document.publish.limit,
            content=part.content,
        )


def _author(author: AuthorId, part: doc.AuthorPart) -> settings.Author:
    possessive = f"{part.name}'" if part.name[-1] in "sS" else f"{part.name}'s"
    return settings.Author(
        id=author,
        name=part.name,
        blog=part.blog or f"{possessive} Blog",
        email=part.email,
        url=part.url,
        about=part.about,
        aliases=_once(part.aliases),
    )


def _featured(part: doc.FeaturedPart) -> settings.Featured:
    return settings.Featured(
        title=part.title,
        limit=part.limit,
        sources=_sources(part.sources),
        pins=tuple(
            settings.Pin(
                url=pin.url,
                title=pin.title,
                summary=pin.summary,
                image=Image(url=pin.image.url, alt=pin.image.alt) if pin.image else None,
                until=pin.until,
            )
            for pin in part.pins
        ),
    )


def _selection(part: doc.FromPart) -> settings.Selection:
    return settings.Selection(
        posts=part.posts,
        featured=part.featured,
        authors=_authors(part.authors),
        sources=_sources(part.sources),
        tags=_once(part.tags),
    )


def _filter(part: doc.FilterPart | None) -> settings.Filter | None:
    if part is None:
        return None
    patterns = {field: getattr(part, field) for field in settings.FILTER_FIELDS if field in part.model_fields_set}
    return settings.Filter(patterns=patterns)


def _once(texts: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _authors(ids: Collection[str]) -> tuple[AuthorId, ...]:
    return tuple(map(AuthorId, _once(ids)))


def _sources(ids: Collection[str]) -> tuple[SourceId, ...]:
    return tuple(map(SourceId, _once(ids)))
