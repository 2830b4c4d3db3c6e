"""Items as rows, and rows as items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any, TypeVar

from feedhub import urls
from feedhub.model import Category, Content, Enclosure, Image, Item, ItemId, Kind, Person, SourceId
from feedhub.store.db import parse_time

T = TypeVar("T", Person, Category, Enclosure)

COLUMNS = """
    id, uid, kind, source, author, slug, title, link, summary, html, authors, categories, enclosures, image,
    language, published, dated, updated, first_seen, withdrawn, retracted, held, edits,
    (SELECT group_concat(tag, ' ') FROM post_tags WHERE item = items.id),
    (SELECT group_concat(DISTINCT source) FROM sightings WHERE item = items.id)
"""


def of_content(content: Content) -> dict[str, str | None]:
    """What an item says, by the columns that hold it."""
    return {
        "title": content.title,
        "link": content.link,
        "link_key": content.link and urls.link_key(content.link),
        "summary": content.summary,
        "html": content.html,
        "authors": _json(content.authors),
        "categories": _json(content.categories),
        "enclosures": _json(content.enclosures),
        "image": json.dumps(asdict(content.image), ensure_ascii=False) if content.image else None,
        "language": content.language,
    }


def _json(values: Sequence[Person | Category | Enclosure]) -> str:
    if not values:
        return "[]"
    names = [field.name for field in fields(values[0])]
    rows = [{name: value for name in names if (value := getattr(one, name)) is not None} for one in values]
    return json.dumps(rows, ensure_ascii=False)


@lru_cache(maxsize=1024)  # most items of a source have the same authors, and many the same categories
def _read(kind: type[T], written: str) -> tuple[T, ...]:
    return tuple(kind(**one) for one in json.loads(written))


def item(row: Sequence[Any]) -> Item:
    """The item of which `row` holds the `COLUMNS`."""
    key, uid, kind, source, author, slug, title, link, summary, html = row[:10]
    authors, categories, enclosures, image, language, published, dated, updated = row[10:18]
    first_seen, withdrawn, retracted, held, edits, tags, shown_by = row[18:]
    return Item(
        id=ItemId(key),
        uid=uid,
        kind=Kind(kind),
        source=source,
        sources=_sources(source, shown_by),
        author=author,
        slug=slug,
        tags=tuple(tags.split()) if tags else (),
        content=Content(
            title=title,
            link=link,
            summary=summary,
            html=html,
            authors=_read(Person, authors),
            categories=_read(Category, categories),
            enclosures=_read(Enclosure, enclosures),
            image=Image(**json.loads(image)) if image else None,
            language=language,
            published=parse_time(published) if published else None,
        ),
        dated=parse_time(dated),
        first_seen=parse_time(first_seen),
        updated=parse_time(updated),
        withdrawn=parse_time(withdrawn) if withdrawn else None,
        retracted=parse_time(retracted) if retracted else None,
        held=held,
        edits=edits,
    )


def _sources(credited: str | None, shown_by: str | None) -> tuple[SourceId, ...]:
    others = sorted(set(shown_by.split(",")) - {credited}) if shown_by else []
    return tuple(SourceId(source) for source in ([credited, *others] if credited else others))
