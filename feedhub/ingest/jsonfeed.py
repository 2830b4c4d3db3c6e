"""JSON Feed 1.0 and 1.1 to a `Document`. Pure."""

from __future__ import annotations

import json
from typing import Any

from feedhub.ingest.raw import MANY, MOST_ENTRIES, TOO_MANY, Document, Raw, several, string

_SPEC = "jsonfeed.org/version/"
_MEDIA_TYPE = "application/feed+json"


def read(source: str, media_type: str) -> Document | None:
    """The feed that `source` is, or None where it is other JSON.

    Raises ValueError for what is no JSON, or cut off, and RecursionError for what is nested absurdly deep.
    """
    found = json.loads(source, strict=False)
    if not isinstance(found, dict) or not isinstance(found.get("items"), list):
        return None
    if _SPEC not in string(found, "version") and media_type != _MEDIA_TYPE:
        return None
    items = several(found, "items")
    notes = (TOO_MANY,) if len(items) > MOST_ENTRIES else ()
    return Document(
        version="json", feed=_feed(found), entries=[_entry(item) for item in items[:MOST_ENTRIES]], notes=notes
    )


def _feed(found: Raw) -> Raw:
    return {
        "title": string(found, "title"),
        "language": found.get("language"),
        "authors": _authors(found),
        "links": [_link("alternate", found.get("home_page_url")), _link("next", found.get("next_url"))],
    }


def _entry(item: Raw) -> Raw:
    """Its fields as `entries` knows them; those that it does not have are left out."""
    html, words, summary = (string(item, name) for name in ("content_html", "content_text", "summary"))
    tags = item.get("tags")
    written = {
        "id": _id(item.get("id")),
        "title": item.get("title"),
        "summary": summary or words or html,
        "summary_detail": _detail("text/plain", summary),
        "content": [_detail("text/html", html), _detail("text/plain", words)],
        "authors": _authors(item),
        "tags": [{"term": tag} for tag in tags[:MANY] if isinstance(tag, str)] if isinstance(tags, list) else None,
        "published": item.get("date_published"),
        "updated": item.get("date_modified"),
        "language": item.get("language"),
        "image": {"href": string(item, "image") or string(item, "banner_image")},
        "links": [_link("alternate", string(item, "url") or string(item, "external_url")), *_attachments(item)],
    }
    return {name: value for name, value in written.items() if value}


def _attachments(item: Raw) -> list[Raw]:
    return [
        _link("enclosure", one.get("url"), type=string(one, "mime_type"), length=_size(one))
        for one in several(item, "attachments")[:MANY]
    ]


def _id(found: object) -> str:
    """Some write numbers; the specification wants them as text."""
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def _detail(media_type: str, value: str) -> Raw:
    return {"type": media_type, "value": value} if value else {}


def _authors(found: Raw) -> list[Raw]:
    """1.1 has several, 1.0 one."""
    people = several(found, "authors") or several({"author": [found.get("author")]}, "author")
    return [{"name": string(one, "name"), "href": string(one, "url")} for one in people]


def _link(rel: str, href: object, **more: str) -> Raw:
    return {"rel": rel, "href": href} | more


def _size(attachment: Raw) -> str:
    size: Any = attachment.get("size_in_bytes")
    return str(int(size)) if isinstance(size, int | float) and 0 < size < 1e18 else ""
