"""A document as Atom 1.0, RSS 2.0 and JSON Feed 1.1. The only door to feedgen; pure.

The same document gives the same bytes: nothing here knows the time, the machine or
our version. What a document must hold is checked apart, on the bytes (`output.check`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from html import escape
from typing import Any, Final

import feedgen.entry
import feedgen.feed
from feedgen.feed import FeedGenerator

from feedhub.model import Category, Document, Entry, Format, Person, Rendered
from feedhub.output import jsonfeed
from feedhub.output.extension import EntryExtension, FeedExtension
from feedhub.output.mend import cleaned, mended, unfit

# feedgen's own formatter switches the locale of the whole process, other threads' too, and back.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime

_DOCS: Final = "https://www.rssboard.org/rss-specification"
_UNKNOWN_TYPE: Final = "application/octet-stream"  # RSS wants a type and a length of every enclosure

_ACTIVE: Final = re.compile(  # in HTML: an element with attributes, a comment, and what is dangerous without either
    r"<(?:[a-z][^\s/<>]*[\s/]|[!?]|/?(?:script|style|svg|math|iframe|object|form|template|noscript|textarea|title|xmp)\b)",
    re.IGNORECASE,
)


def rendered(document: Document, formats: Iterable[Format] = Format) -> Rendered:
    """A document in these formats, each of which holds the same entries.

    All entries at once; where that fails, cleaned and tried one by one, so that one costs no
    other its place. feedgen and lxml raise `ValueError` for what cannot be written. It is rare,
    and looking for it beforehand in every text would cost a fifth of the rendering.
    """
    sound = mended(document)
    try:
        return Rendered(document=sound, forms=_forms(sound, formats), left_out={})
    except ValueError:
        sound = mended(cleaned(document))
    head = replace(sound, entries=())
    _forms(head, formats)  # a head that cannot be written is our fault, and no entry's
    kept, left_out = [], {}
    for entry in sound.entries:
        try:
            _forms(replace(head, entries=(entry,)), formats)
        except ValueError as fault:
            left_out[entry.uid] = str(fault)
        else:
            kept.append(entry)
    whole = replace(head, entries=tuple(kept))
    return Rendered(document=whole, forms=_forms(whole, formats), left_out=left_out)


def _forms(document: Document, formats: Iterable[Format]) -> dict[Format, bytes]:
    for entry in document.entries:
        if why := unfit(entry):
            raise ValueError(why)
    return {format_: _WRITERS[format_](document) for format_ in formats}


# -- Atom


def _atom(document: Document) -> bytes:
    feed = _feed(document)
    feed.feedhub.has_media = any(entry.image for entry in document.entries)
    feed.id(document.id)
    feed.subtitle(document.subtitle)
    feed.author(_person(document.author))
    feed.link(href=document.atom, rel="self", type="application/atom+xml")
    feed.link(href=document.page, rel="alternate", type="text/html")
    for entry in document.entries:
        _add_atom_entry(feed, entry)
    data: bytes = feed.atom_str(pretty=True)
    return data


def _add_atom_entry(feed: FeedGenerator, entry: Entry) -> None:
    made = _add_entry(feed, entry)
    made.updated(entry.updated)
    made.author([_person(person) for person in entry.authors])
    if entry.summary:
        made.summary(entry.summary, type="text")
    if entry.html:
        made.content(entry.html, type="html")
    elif not entry.link:  # RFC 4287, 4.1.2: content where there is no alternate link
        made.content(entry.summary or entry.title, type="text")


def _person(person: Person) -> dict[str, str]:
    written = {"name": person.name}
    if person.email:
        written["email"] = person.email
    if person.url:
        written["uri"] = person.url
    return written


# -- RSS


def _rss(document: Document) -> bytes:
    feed = _feed(document)
    feed.feedhub.has_media = any(entry.image or len(entry.enclosures) > 1 for entry in document.entries)
    feed.description(escape(document.subtitle or document.title, quote=False))  # is read as HTML, like an item's
    feed.docs(_DOCS)
    feed.link(href=document.rss, rel="self", type="application/rss+xml")
    feed.link(href=document.page, rel="alternate")  # last: feedgen makes the last one the channel's
    for entry in document.entries:
        _add_rss_item(feed, _unmistakable(entry))
    data: bytes = feed.rss_str(pretty=True)
    return data


def _unmistakable(entry: Entry) -> Entry:
    """`entry` so that nobody takes a plain text of it for HTML.

    RSS does not say which of the two a title or a name is, and some go by its looks. What would
    run then, or swallow what follows it, is escaped once more; all else stays as it is.
    """
    credit = entry.credit
    said = (
        entry.title,
        *(person.name for person in entry.authors),
        *(category.label or category.term for category in entry.categories),
        credit.title if credit else "",
    )
    if not _ACTIVE.search("\n".join(said)):
        return entry
    return replace(
        entry,
        title=_escaped(entry.title),
        authors=tuple(replace(person, name=_escaped(person.name)) for person in entry.authors),
        categories=tuple(replace(one, label=_escaped(one.label or one.term)) for one in entry.categories),
        credit=replace(credit, title=_escaped(credit.title)) if credit else None,
    )


def _escaped(words: str) -> str:
    return escape(words, quote=False) if _ACTIVE.search(words) else words


def _add_rss_item(feed: FeedGenerator, entry: Entry) -> None:
    made = _add_entry(feed, entry)
    if entry.summary or entry.html:
        made.description(escape(entry.summary, quote=False) or entry.html)  # a description is HTML
    if entry.html:
        made.content(entry.html)
    if entry.enclosures:  # an item has one; Media RSS has them all
        first = entry.enclosures[0]
        made.enclosure(first.url, first.length or 0, first.type or _UNKNOWN_TYPE)
    if entry.credit and entry.credit.feed_url:
        made.source(entry.credit.feed_url, entry.credit.title)


# -- both


def _feed(document: Document) -> FeedGenerator:
    feed = FeedGenerator()
    feed.register_extension("feedhub", FeedExtension, EntryExtension)
    feed.feedhub.document = document
    feed.title(document.title)
    feed.updated(document.updated)
    feed.language(document.language)
    feed.generator("feedhub")  # without our version, which would change every feed's bytes
    return feed


def _add_entry(feed: FeedGenerator, entry: Entry) -> Any:
    made = feed.add_entry(order="append")
    made.feedhub.entry = entry
    made.id(entry.uid)
    made.title(entry.title)
    made.published(entry.published)
    if entry.link:
        made.link(href=entry.link, rel="alternate")
    made.category([_category(category) for category in entry.categories])
    return made


def _category(category: Category) -> dict[str, str]:
    written = {"term": category.term, "scheme": category.scheme, "label": category.label}
    return {name: value for name, value in written.items() if value}


_WRITERS: Final[Mapping[Format, Callable[[Document], bytes]]] = {
    Format.ATOM: _atom,
    Format.RSS: _rss,
    Format.JSON: jsonfeed.write,
}
