"""What the bytes of a document say, read without regard to how they were written. Pure.

Each format is held to its own form first: Atom to the grammar of RFC 4287 and RSS to the
Advisory Board's profile, both as RELAX NG (`schemas/`), JSON Feed to what its specification asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml.etree import _Element

from feedhub.model import Format
from feedhub.output.mend import ADDRESS

_AT: Final = "{http://purl.org/atompub/tombstones/1.0}"
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_CONTENT: Final = "{http://purl.org/rss/1.0/modules/content/}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_FH: Final = "{http://purl.org/syndication/history/1.0}"
_MEDIA: Final = "{http://search.yahoo.com/mrss/}"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"

# Where an address stands: in this attribute of these elements, or in their text.
_ADDRESSES: Final = {
    f"{_ATOM}link": "href",
    f"{_ATOM}uri": None,
    f"{_MEDIA}content": "url",
    "link": None,
    "docs": None,
    "enclosure": "url",
    "source": "url",
}
# What HTML that is safe never has: an address that is not quoted, or of another kind. Written from its
# equals sign, which is found sixty times as fast as the names are.
_LINKING: Final = ("href", "src", "srcset", "cite", "poster", "action", "data", "background")
_DOUBTFUL: Final = re.compile(
    r'=(?!"(?:https?://[^/?#\s"]|mailto:[^\s"]))(?:(?<=\s=)|' + "|".join(f"(?<={name}=)" for name in _LINKING) + ")",
    re.IGNORECASE,
)
_LINKS: Final = etree.XPath(" | ".join(f"//@{name}" for name in _LINKING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a document says of itself and of each entry, by name; what its format does not tell is not there."""

    head: Mapping[str, object]
    entries: tuple[Mapping[str, object], ...]


def read(format_: Format, data: bytes) -> Found | tuple[str, ...]:
    """What `data` says; or all that is wrong with its form, in words."""
    return _json(data) if format_ is Format.JSON else _xml(format_, data)


def bad_links(html: str) -> tuple[str, ...]:
    """The addresses in HTML that are no absolute http, https or mailto links."""
    if not _DOUBTFUL.search(html):  # text may look like it; only then is it worth parsing
        return ()
    root = etree.fromstring(html, etree.HTMLParser())
    return tuple(str(link) for link in _LINKS(root) if not ADDRESS.fullmatch(str(link))) if root is not None else ()


# -- Atom and RSS


@cache
def _grammar(format_: Format) -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas" / f"{format_}.rng"))


def _xml(format_: Format, data: bytes) -> Found | tuple[str, ...]:
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as fault:
        return (f"not well-formed: {fault}",)
    grammar = _grammar(format_)
    wrong = [] if grammar.validate(root) else [f"line {one.line}: {one.message}" for one in grammar.error_log]
    wrong += _foreign(root)
    if wrong:
        return tuple(wrong)
    if format_ is Format.ATOM:
        return Found(head=_atom_head(root), entries=tuple(map(_atom_entry, root.iterchildren(f"{_ATOM}entry"))))
    channel = root[0]
    return Found(head=_rss_head(channel), entries=tuple(map(_rss_item, channel.iterchildren("item"))))


def _foreign(root: _Element) -> Iterator[str]:
    """Every link must be absolute, and harmless to follow."""
    for element in root.iter(*_ADDRESSES):
        attribute = _ADDRESSES[str(element.tag)]
        address = (element.get(attribute) if attribute else element.text) or ""
        if not ADDRESS.fullmatch(address):
            yield f"{etree.QName(element).localname} holds {address!r}, which is no http, https or mailto link"


def _atom_head(feed: _Element) -> Mapping[str, object]:
    return {
        "id": feed.findtext(f"{_ATOM}id"),
        "title": feed.findtext(f"{_ATOM}title"),
        "updated": _time(feed.findtext(f"{_ATOM}updated"), datetime.fromisoformat),
        "page": _link(feed, "alternate"),
        "atom": _link(feed, "self"),
        "language": feed.get(f"{_XML}lang"),
        "author": feed.findtext(f"{_ATOM}author/{_ATOM}name"),
        "archive": feed.find(f"{_FH}archive") is not None,
        "tombstones": tuple(
            (gone.get("ref"), _time(gone.get("when"), datetime.fromisoformat))
            for gone in feed.iterchildren(f"{_AT}deleted-entry")
        ),
        **_archives(feed),
    }


def _atom_entry(entry: _Element) -> Mapping[str, object]:
    content = entry.find(f"{_ATOM}content")
    is_html = content is not None and content.get("type") == "html"
    links = [link.get("href") for link in entry.iterchildren(f"{_ATOM}link") if link.get("rel") == "enclosure"]
    images = [one.get("url") for one in entry.iterchildren(f"{_MEDIA}content")]
    return {
        "id": entry.findtext(f"{_ATOM}id"),
        "title": entry.findtext(f"{_ATOM}title"),
        "link": _link(entry, "alternate"),
        "published": _time(entry.findtext(f"{_ATOM}published"), datetime.fromisoformat),
        "updated": _time(entry.findtext(f"{_ATOM}updated"), datetime.fromisoformat),
        "summary": entry.findtext(f"{_ATOM}summary", ""),
        "html": (content.text or "") if content is not None and is_html else "",
        "content or link": content is not None or _link(entry, "alternate") is not None,
        "authors": tuple(name.text for name in entry.iterfind(f"{_ATOM}author/{_ATOM}name")),
        "enclosures": tuple(links),
        "image": images[0] if images else None,
        "language": entry.get(f"{_XML}lang"),
        "source": entry.findtext(f"{_ATOM}source/{_ATOM}id"),
    }


def _link(element: _Element, rel: str) -> str | None:
    """The address of the first link with `rel`; one that says no `rel` is an alternate (RFC 4287, 4.2.7.2)."""
    links = element.iterchildren(f"{_ATOM}link")
    return next((link.get("href") for link in links if link.get("rel", "alternate") == rel), None)


def _rss_head(channel: _Element) -> Mapping[str, object]:
    return {
        "title": channel.findtext("title"),
        "updated": _time(channel.findtext("lastBuildDate"), parsedate_to_datetime),
        "page": channel.findtext("link"),
        "rss": _link(channel, "self"),
        "language": channel.findtext("language"),
        **_archives(channel),
    }


def _archives(head: _Element) -> Mapping[str, object]:
    return {rel: _link(head, rel) for rel in ("current", "prev-archive", "next-archive")}


def _rss_item(item: _Element) -> Mapping[str, object]:
    enclosure, source = item.find("enclosure"), item.find("source")
    return {
        "id": item.findtext("guid"),
        "RSS title": item.findtext("title"),
        "link": item.findtext("link"),
        "published": _time(item.findtext("pubDate"), parsedate_to_datetime),
        "description": item.findtext("description", ""),
        "html": item.findtext(f"{_CONTENT}encoded", ""),
        "creators": tuple(creator.text for creator in item.iterchildren(f"{_DC}creator")),
        "enclosure": None if enclosure is None else enclosure.get("url"),
        "media": frozenset(one.get("url") for one in item.iterchildren(f"{_MEDIA}content")),
        "language": item.findtext(f"{_DC}language"),
        "source feed": None if source is None else source.get("url"),
    }


def _time(said: str | None, parse: Callable[[str], datetime]) -> datetime | None:
    try:
        return parse(said or "")
    except ValueError:
        return None


# -- JSON Feed

_VERSION: Final = "https://jsonfeed.org/version/1.1"
_HEAD: Final = {"version": str, "title": str, "home_page_url": str, "feed_url": str, "items": list}
_HEAD_MAY: Final = {"description": str, "authors": list, "language": str, "next_url": str}
_ITEM: Final = {"id": str, "date_published": str, "date_modified": str}
_ITEM_MAY: Final = {
    **dict.fromkeys(("url", "title", "summary", "content_html", "content_text", "image", "language"), str),
    **dict.fromkeys(("authors", "tags", "attachments"), list),
}
_AUTHOR_MAY: Final = {"name": str, "url": str}
_ATTACHMENT: Final = {"url": str, "mime_type": str}
_JSON_ADDRESSES: Final = frozenset({"url", "home_page_url", "feed_url", "next_url", "image"})


def _json(data: bytes) -> Found | tuple[str, ...]:
    try:
        feed = json.loads(data)
    except ValueError as fault:
        return (f"no JSON: {fault}",)
    if wrong := tuple(_json_faults(feed)):
        return wrong
    head = {
        "title": feed["title"],
        "page": feed["home_page_url"],
        "json": feed["feed_url"],
        "language": feed.get("language"),
        "author": _names(feed)[0] if _names(feed) else None,
    }
    return Found(head=head, entries=tuple(map(_json_item, feed["items"])))


def _json_faults(feed: Any) -> Iterator[str]:
    yield from _members("the feed", feed, _HEAD, _HEAD_MAY)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return
    if feed.get("version") != _VERSION:
        yield f"its version is {feed.get('version')!r}, not {_VERSION!r}"
    yield from _parts("the feed", feed)
    for item in feed["items"]:
        place = str(item.get("id")) if isinstance(item, dict) else "an item"
        yield from _members(place, item, _ITEM, _ITEM_MAY)
        if isinstance(item, dict):
            yield from _parts(place, item)
            if not item.get("content_html") and not item.get("content_text"):
                yield f"{place}: neither content_html nor content_text"


def _parts(place: str, said: Mapping[str, Any]) -> Iterator[str]:
    for author in _list(said, "authors"):
        yield from _members(f"{place}: an author", author, {}, _AUTHOR_MAY)
        if not author:
            yield f"{place}: an author without name or url"
    for attachment in _list(said, "attachments"):
        yield from _members(f"{place}: an attachment", attachment, _ATTACHMENT, {"size_in_bytes": int})
    if not all(isinstance(tag, str) and tag for tag in _list(said, "tags")):
        yield f"{place}: a tag that is no text"


def _members(place: str, said: Any, must: Mapping[str, type], may: Mapping[str, type] = {}) -> Iterator[str]:
    """What an object must and may have, each of its kind, and every address one to follow."""
    if not isinstance(said, dict):
        yield f"{place} is no object"
        return
    yield from (f"{place}: {name} is missing" for name in must if name not in said)
    for name, value in said.items():
        kind = must.get(name) or may.get(name)
        if kind is None and not name.startswith("_"):
            yield f"{place}: {name} is unknown"
        elif kind and (not isinstance(value, kind) or (kind is str and not value)):
            yield f"{place}: {name} is {value!r}"
        elif name in _JSON_ADDRESSES and not ADDRESS.fullmatch(value):
            yield f"{place}: {name} holds {value!r}, which is no http, https or mailto link"


def _list(said: Mapping[str, Any], name: str) -> Iterable[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else ()


def _json_item(item: Mapping[str, Any]) -> Mapping[str, object]:
    source = item.get("_feedhub", {}).get("source", {})
    return {
        "id": item["id"],
        "title": item.get("title"),
        "link": item.get("url"),
        "published": _time(item["date_published"], datetime.fromisoformat),
        "updated": _time(item["date_modified"], datetime.fromisoformat),
        "summary": item.get("summary", ""),
        "html": item.get("content_html", ""),
        "authors": _names(item),
        "enclosures": tuple(one["url"] for one in item.get("attachments", ())),
        "image": item.get("image"),
        "language": item.get("language"),
        "source": source.get("id"),
        "source feed": source.get("feed_url"),
    }


def _names(said: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(author["name"] for author in said.get("authors", ()) if "name" in author)
