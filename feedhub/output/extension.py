"""What feedgen lacks or gets wrong, as one feedgen extension.

feedgen hands over the element it has made of an entry; this adds what is missing.
Its Atom elements are in no namespace (it writes `xmlns` as if it were an attribute),
so those that are added here are in none either.
"""

from __future__ import annotations

from typing import Final

from lxml.etree import SubElement, _Element

from feedhub.model import Credit, Enclosure, Entry

_DC: Final = "http://purl.org/dc/elements/1.1/"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class FeedExtension:
    """What stands once in a document: the namespace of `dc:creator`."""

    def extend_ns(self) -> dict[str, str]:
        """Prefixes for the root element."""
        return {"dc": _DC}

    def extend_atom(self, feed: _Element) -> _Element:
        """Nothing: feedgen's Atom feed element is whole."""
        return feed

    def extend_rss(self, rss: _Element) -> _Element:
        """Nothing: feedgen's channel is whole."""
        return rss


class EntryExtension:
    """What an entry says beyond feedgen; `entry` and `language` are set when it is made."""

    entry: Entry
    language: str | None  # where it is not the feed's

    def extend_atom(self, element: _Element) -> _Element:
        """Language, the link's `rel`, enclosures, `atom:source`."""
        if self.language:
            element.set(_LANG, self.language)
        link = element.find("link")
        if link is not None:
            link.set("rel", "alternate")  # feedgen drops it, and type and length with it: enclosures are ours
        for enclosure in self.entry.enclosures:
            _add_enclosure(element, enclosure)
        if self.entry.credit:
            _add_source(element, self.entry.credit)
        return element

    def extend_rss(self, item: _Element) -> _Element:
        """A `dc:creator` for each author: RSS `author` is an e-mail address, which few want published."""
        for name in (person.name for person in self.entry.authors if person.name):
            SubElement(item, f"{{{_DC}}}creator").text = name
        return item


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
    SubElement(source, "link", rel="self", href=credit.feed_url)
    if credit.site:
        SubElement(source, "link", rel="alternate", href=credit.site)
