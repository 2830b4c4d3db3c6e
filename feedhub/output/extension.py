"""What feedgen lacks or gets wrong, as one feedgen extension.

feedgen hands over the element it has made of an entry; this adds what is missing.
Its Atom elements are in no namespace (it writes `xmlns` as if it were an attribute),
so those that are added here are in none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import SubElement, _Element

from feedhub.model import Credit, Document, Enclosure, Entry

_AT: Final = "http://purl.org/atompub/tombstones/1.0"
_FH: Final = "http://purl.org/syndication/history/1.0"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_MEDIA: Final = "http://search.yahoo.com/mrss/"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedExtension:
    """What stands once in a document, beside its entries; all is set when it is made."""

    document: Document
    has_media: bool  # whether any entry has an image, or files for Media RSS

    def extend_ns(self) -> dict[str, str]:
        """Prefixes for the root element."""
        return {"dc": _DC, "media": _MEDIA} if self.has_media else {"dc": _DC}

    def extend_atom(self, feed: _Element) -> _Element:
        """Archive links and `fh:archive` (RFC 5005), tombstones (RFC 6721)."""
        for rel, address in _neighbours(self.document):
            SubElement(feed, "link", rel=rel, href=address, type="application/atom+xml")
        if self.document.current:
            SubElement(feed, f"{{{_FH}}}archive", nsmap={"fh": _FH})
        for gone in self.document.tombstones:
            SubElement(feed, f"{{{_AT}}}deleted-entry", ref=gone.uid, when=gone.when.isoformat(), nsmap={"at": _AT})
        return feed

    def extend_rss(self, rss: _Element) -> _Element:
        """Archive links: who subscribes to RSS finds the past in Atom documents."""
        for rel, address in _neighbours(self.document):
            link = SubElement(rss[0], f"{{{_ATOM}}}link", rel=rel, href=address)
            link.set("type", "application/atom+xml")
        return rss


class EntryExtension:
    """What an entry says beyond feedgen; `entry` is set when it is made."""

    entry: Entry

    def extend_atom(self, element: _Element) -> _Element:
        """Language, the link's `rel`, enclosures, `atom:source`, the image."""
        if self.entry.language:
            element.set(_LANG, self.entry.language)
        link = element.find("link")
        if link is not None:
            link.set("rel", "alternate")  # feedgen drops it, and type and length with it: enclosures are ours
        for enclosure in self.entry.enclosures:
            _add_enclosure(element, enclosure)
        if self.entry.credit:
            _add_source(element, self.entry.credit)
        _add_image(element, self.entry)
        return element

    def extend_rss(self, item: _Element) -> _Element:
        """Authors and language as Dublin Core has them, several files and the image as Media RSS.

        RSS `author` is an e-mail address, which few want published.
        """
        for person in self.entry.authors:
            SubElement(item, f"{{{_DC}}}creator").text = person.name
        if self.entry.language:
            SubElement(item, f"{{{_DC}}}language").text = self.entry.language
        if len(self.entry.enclosures) > 1:  # RSS `enclosure` is the first of them
            for enclosure in self.entry.enclosures:
                _add_file(item, enclosure, self.entry)
        _add_image(item, self.entry)
        return item


def _neighbours(document: Document) -> Iterator[tuple[str, str]]:
    links = {
        "current": document.current,
        "prev-archive": document.prev_archive,
        "next-archive": document.next_archive,
    }
    return ((rel, address) for rel, address in links.items() if address)


def _add_enclosure(element: _Element, enclosure: Enclosure) -> None:
    link = SubElement(element, "link", rel="enclosure", href=enclosure.url)
    if enclosure.type:
        link.set("type", enclosure.type)
    if enclosure.length is not None:
        link.set("length", str(enclosure.length))


def _add_source(element: _Element, credit: Credit) -> None:
    source = SubElement(element, "source")
    SubElement(source, "id").text = credit.id
    SubElement(source, "title").text = credit.title
    SubElement(source, "updated").text = credit.updated.isoformat()
    if credit.feed_url:
        SubElement(source, "link", rel="self", href=credit.feed_url)
    if credit.site:
        SubElement(source, "link", rel="alternate", href=credit.site)


def _add_file(item: _Element, enclosure: Enclosure, entry: Entry) -> None:
    if entry.image and enclosure.url == entry.image.url:
        return  # which follows
    file = SubElement(item, f"{{{_MEDIA}}}content", url=enclosure.url)
    if enclosure.length is not None:
        file.set("fileSize", str(enclosure.length))
    if enclosure.type:
        file.set("type", enclosure.type)


def _add_image(element: _Element, entry: Entry) -> None:
    """Its alternative text is a `media:title`: a `media:description` is a second content to many readers."""
    if entry.image is None:
        return
    image = SubElement(element, f"{{{_MEDIA}}}content", url=entry.image.url, medium="image")
    if entry.image.alt:
        SubElement(image, f"{{{_MEDIA}}}title", type="plain").text = entry.image.alt
