"""Whether a rendered document is whole and says what it should: it is parsed again and compared.

Written without regard to how `output.render` writes, so that a slip there, or in feedgen,
shows here instead of at a subscriber. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from lxml import etree
from lxml.etree import _Element

from feedhub.model import Document, Entry, Format, Rendered

_ATOM: Final = "{http://www.w3.org/2005/Atom}"

# What addresses may begin with. `urls.publishable` reads the whole of each where it comes in; this
# only sees to it, at a fraction of the cost, that none of another kind has come as far as here.
ADDRESS: Final = re.compile(r"https?://[^/?#\s]|mailto:\S", re.IGNORECASE)

# Where an address stands: in this attribute of these elements, or in their text.
_ADDRESSES: Final = {
    f"{_ATOM}link": "href",
    f"{_ATOM}uri": None,
    "link": None,
    "docs": None,
    "enclosure": "url",
    "source": "url",
}


def faults(rendered: Rendered, document: Document) -> tuple[str, ...]:
    """All that is wrong with `rendered` as the form of `document`, in words; empty when it may be published."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(rendered.data, parser)
    except etree.XMLSyntaxError as fault:
        return (f"not well-formed: {fault}",)
    left_out = {one.uid for one in rendered.left_out}
    entries = [entry for entry in document.entries if entry.uid not in left_out]
    look = _atom if rendered.format is Format.ATOM else _rss
    return (*look(root, document, entries), *_addresses(root))


# -- Atom


def _atom(feed: _Element, document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    if feed.tag != f"{_ATOM}feed":
        yield f"the root is {feed.tag!r}, not an Atom feed"
        return
    yield from _single(feed, "feed", *(f"{_ATOM}{name}" for name in ("id", "title", "updated")))
    yield from _unlike("the feed's id", feed.findtext(f"{_ATOM}id"), document.id)
    yield from _unlike("the feed's updated", _time(feed, f"{_ATOM}updated", datetime.fromisoformat), document.updated)
    if not feed.findtext(f"{_ATOM}author/{_ATOM}name"):
        yield "the feed has no author"
    yield from _unlike("the feed's own address", _link(feed, "self"), document.atom)
    found = feed.findall(f"{_ATOM}entry")
    yield from _ids([element.findtext(f"{_ATOM}id") for element in found], entries)
    for element, entry in zip(found, entries, strict=False):
        yield from _atom_entry(element, entry)


def _atom_entry(element: _Element, entry: Entry) -> Iterator[str]:
    uid = entry.uid
    yield from _single(element, uid, *(f"{_ATOM}{name}" for name in ("id", "title", "updated", "published")))
    for name in ("published", "updated"):
        found = _time(element, f"{_ATOM}{name}", datetime.fromisoformat)
        yield from _unlike(f"{uid}: {name}", found, getattr(entry, name))
    if element.find(f"{_ATOM}content") is None and _link(element, "alternate") is None:
        yield f"{uid}: neither content nor an alternate link"
    if entry.credit:
        yield from _unlike(f"{uid}: source", element.findtext(f"{_ATOM}source/{_ATOM}id"), entry.credit.id)


def _link(element: _Element, rel: str) -> str | None:
    """The address of the first link with `rel`; one that says no `rel` is an alternate (RFC 4287, 4.2.7.2)."""
    links = element.iterchildren(f"{_ATOM}link")
    return next((link.get("href") for link in links if link.get("rel", "alternate") == rel), None)


# -- RSS


def _rss(root: _Element, document: Document, entries: Sequence[Entry]) -> Iterator[str]:
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        yield f"the root is {root.tag!r}, not RSS 2.0 with a channel"
        return
    yield from _single(channel, "channel", "title", "link", "description", "lastBuildDate")
    yield from _unlike("the channel's link", channel.findtext("link"), document.page)
    built = _time(channel, "lastBuildDate", parsedate_to_datetime)
    yield from _unlike("the channel's lastBuildDate", built, document.updated)
    yield from _unlike("the channel's own address", _link(channel, "self"), document.rss)
    found = channel.findall("item")
    yield from _ids([element.findtext("guid") for element in found], entries)
    for element, entry in zip(found, entries, strict=False):
        yield from _rss_item(element, entry)


def _rss_item(item: _Element, entry: Entry) -> Iterator[str]:
    uid = entry.uid
    yield from _single(item, uid, "title", "guid", "pubDate")
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink") != "false":
        yield f"{uid}: its guid passes for an address"
    yield from _unlike(f"{uid}: pubDate", _time(item, "pubDate", parsedate_to_datetime), entry.published)
    if entry.credit:
        source = item.find("source")
        yield from _unlike(f"{uid}: source", None if source is None else source.get("url"), entry.credit.feed_url)


# -- both


def _single(element: _Element, place: str, *tags: str) -> Iterator[str]:
    """What must stand once, and say something."""
    for tag in tags:
        texts = [child.text for child in element.iterchildren(tag)]
        if len(texts) != 1 or not texts[0]:
            yield f"{place}: {etree.QName(tag).localname} must stand once and say something; found {texts}"


def _unlike(what: str, found: object, wanted: object) -> Iterator[str]:
    if found != wanted:
        yield f"{what} is {found}, not {wanted}"


def _time(element: _Element, tag: str, parse: Callable[[str], datetime]) -> datetime | None:
    try:
        return parse(element.findtext(tag, ""))
    except ValueError:
        return None


def _ids(found: Sequence[str | None], entries: Sequence[Entry]) -> Iterator[str]:
    """The ids of the document's entries, each once, in their order."""
    wanted = [entry.uid for entry in entries]
    yield from (f"{uid} stands there {times} times" for uid, times in Counter(found).items() if times > 1)
    if Counter(found) != Counter(wanted):
        yield from (f"{uid} is missing" for uid in wanted if uid not in found)
        yield from (f"{uid} is not of this document" for uid in found if uid not in wanted)
    elif found != wanted:
        yield "the entries are not in their order"


def _addresses(root: _Element) -> Iterator[str]:
    """Every link absolute, and harmless to follow."""
    for element in root.iter(*_ADDRESSES):
        attribute = _ADDRESSES[str(element.tag)]
        address = (element.get(attribute) if attribute else element.text) or ""
        if not ADDRESS.match(address):
            yield f"{etree.QName(element).localname} holds {address!r}, which is no http, https or mailto link"
