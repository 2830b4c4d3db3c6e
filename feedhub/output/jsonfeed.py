"""A document as JSON Feed 1.1. Pure.

What it says beyond the specification stands in `_feedhub`; docs/feeds.md tells what.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from feedhub.model import Credit, Document, Enclosure, Entry, Person

VERSION = "https://jsonfeed.org/version/1.1"
_UNKNOWN_TYPE = "application/octet-stream"  # it wants a type of every attachment


def write(document: Document) -> bytes:
    """The bytes of a document that is mended: a line an item."""
    head = _said(
        version=VERSION,
        title=document.title,
        home_page_url=document.page,
        feed_url=document.json,
        description=document.subtitle,
        authors=_people([document.author]),
        language=document.language,
    )
    items = ",\n".join(_text(_item(entry)) for entry in document.entries)
    return f'{_text(head)[:-1]},"items":[\n{items}\n]}}\n'.encode()


def _text(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _item(entry: Entry) -> dict[str, Any]:
    return _said(
        id=entry.uid,
        url=entry.link,
        title=entry.title,
        summary=entry.summary,
        content_html=entry.html,
        content_text="" if entry.html else entry.summary or entry.title,  # an item has one of the two
        image=entry.image and entry.image.url,
        date_published=entry.published.isoformat(),
        date_modified=entry.updated.isoformat(),
        authors=_people(entry.authors),
        tags=list(dict.fromkeys(category.label or category.term for category in entry.categories)),
        attachments=[_attachment(enclosure) for enclosure in entry.enclosures],
        language=entry.language,
        _feedhub=entry.credit and {"source": _source(entry.credit)},
    )


def _people(people: Iterable[Person]) -> list[dict[str, Any]]:
    return [_said(name=person.name, url=person.url) for person in people]


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    written = _said(url=enclosure.url, mime_type=enclosure.type or _UNKNOWN_TYPE)
    return written if enclosure.length is None else written | {"size_in_bytes": enclosure.length}


def _source(credit: Credit) -> dict[str, Any]:
    return _said(
        id=credit.id,
        title=credit.title,
        home_page_url=credit.site,
        feed_url=credit.feed_url,
        date_modified=credit.updated.isoformat(),
    )


def _said(**members: Any) -> dict[str, Any]:
    """What there is something to say of."""
    return {name: value for name, value in members.items() if value}
