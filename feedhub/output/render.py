"""A document as Atom 1.0 and as RSS 2.0. The only door to feedgen; pure.

The same document gives the same bytes: nothing here knows the time, the machine or
our version. What a document must hold is checked apart, on the bytes (`output.check`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from email.utils import format_datetime
from html import escape
from typing import Any, Final, TypeVar

import feedgen.entry
import feedgen.feed
from feedgen.feed import FeedGenerator

from feedhub import text
from feedhub.model import Category, Document, Entry, Format, LeftOut, Person, Rendered
from feedhub.output import check
from feedhub.output.extension import EntryExtension, FeedExtension

# feedgen's own formatter switches the locale of the whole process, other threads' too, and back.
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime

_DOCS: Final = "https://www.rssboard.org/rss-specification"
_UNKNOWN_TYPE: Final = "application/octet-stream"  # RSS wants a type and a length of every enclosure

_EMAIL: Final = re.compile(r"\S+@\S+")
_ACTIVE: Final = re.compile(  # in HTML: an element with attributes, a comment, and what is dangerous without either
    r"<(?:[a-z][^\s/<>]*[\s/]|[!?]|/?(?:script|style|svg|math|iframe|object|form|template|noscript|textarea|title|xmp)\b)",
    re.IGNORECASE,
)

T = TypeVar("T")


def atom(document: Document) -> Rendered:
    """Atom 1.0 (RFC 4287)."""
    return _render(document, Format.ATOM, _atom)


def rss(document: Document) -> Rendered:
    """RSS 2.0, with `content:encoded`, `dc:creator` and `atom:link`."""
    return _render(document, Format.RSS, _rss)


def _render(document: Document, format_: Format, write: Callable[[Document], bytes]) -> Rendered:
    """All entries at once; where that fails, cleaned and tried one by one, so that one costs no other its place.

    feedgen and lxml raise `ValueError` for what cannot be written. It is rare, and looking
    for it beforehand in every text would cost a fifth of the rendering.
    """
    try:
        return Rendered(format=format_, data=write(document))
    except ValueError:
        cleaned = _cleaned(document)
    head = replace(cleaned, entries=())
    write(head)  # a head that cannot be written is our fault, and no entry's
    kept, left_out = [], []
    for entry in cleaned.entries:
        try:
            write(replace(head, entries=(entry,)))
        except ValueError as fault:
            left_out.append(LeftOut(uid=entry.uid, words=str(fault)))
        else:
            kept.append(entry)
    return Rendered(format=format_, data=write(replace(head, entries=tuple(kept))), left_out=tuple(left_out))


def _cleaned(value: T) -> T:
    """`value` without the characters that XML cannot hold, all through; but ids, which are never touched."""
    cleaned: Any = value
    if isinstance(value, str):
        cleaned = text.clean(value)
    elif isinstance(value, tuple):
        cleaned = tuple(map(_cleaned, value))
    elif is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value) if field.name not in {"id", "uid"})
        cleaned = replace(value, **{name: _cleaned(getattr(value, name)) for name in names})
    return cleaned  # type: ignore[no-any-return]  # of the type that came in


# -- Atom


def _atom(document: Document) -> bytes:
    feed = _feed(document)
    feed.id(document.id)
    feed.subtitle(document.subtitle)
    feed.author(_person(document.author))
    feed.link(href=document.atom, rel="self", type="application/atom+xml")
    feed.link(href=document.page, rel="alternate", type="text/html")
    for entry in document.entries:
        _add_atom_entry(feed, document, entry)
    data: bytes = feed.atom_str(pretty=True)
    return data


def _add_atom_entry(feed: FeedGenerator, document: Document, entry: Entry) -> None:
    made = _add_entry(feed, document, entry)
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
    if person.email and _EMAIL.fullmatch(person.email):
        written["email"] = person.email
    if person.url:
        written["uri"] = person.url
    return written


# -- RSS


def _rss(document: Document) -> bytes:
    feed = _feed(document)
    feed.description(escape(document.subtitle or document.title, quote=False))  # is read as HTML, like an item's
    feed.docs(_DOCS)
    feed.link(href=document.rss, rel="self", type="application/rss+xml")
    feed.link(href=document.page, rel="alternate")  # last: feedgen makes the last one the channel's
    for entry in document.entries:
        _add_rss_item(feed, document, _unmistakable(entry))
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


def _add_rss_item(feed: FeedGenerator, document: Document, entry: Entry) -> None:
    made = _add_entry(feed, document, entry)
    if entry.summary or entry.html:
        made.description(escape(entry.summary, quote=False) or entry.html)  # a description is HTML
    if entry.html:
        made.content(entry.html)
    if entry.enclosures:  # an item has one; Atom has them all
        first = entry.enclosures[0]
        made.enclosure(first.url, first.length or 0, first.type or _UNKNOWN_TYPE)
    if entry.credit:
        made.source(entry.credit.feed_url, entry.credit.title)


# -- both


def _feed(document: Document) -> FeedGenerator:
    feed = FeedGenerator()
    feed.register_extension("feedhub", FeedExtension, EntryExtension)
    feed.title(document.title)
    feed.updated(document.updated)
    feed.language(document.language)
    feed.generator("feedhub")  # without our version, which would change every feed's bytes
    return feed


def _add_entry(feed: FeedGenerator, document: Document, entry: Entry) -> Any:
    if not entry.uid:
        raise ValueError("no id")  # feedgen would write an RSS item without one
    for address in _addresses(entry):
        if not check.ADDRESS.match(address):
            raise ValueError(f"{address!r} is no http, https or mailto link")
    made = feed.add_entry(order="append")
    made.feedhub.entry = entry
    made.feedhub.language = entry.language if entry.language != document.language else None
    made.id(entry.uid)
    made.title(entry.title or entry.link or entry.uid)
    made.published(entry.published)
    if entry.link:
        made.link(href=entry.link, rel="alternate")
    made.category([_category(category) for category in entry.categories if category.term])
    return made


def _category(category: Category) -> dict[str, str]:
    written = {"term": category.term, "scheme": category.scheme, "label": category.label}
    return {name: value for name, value in written.items() if value}


def _addresses(entry: Entry) -> list[str]:
    credit = (entry.credit.feed_url, entry.credit.site) if entry.credit else ()
    people = (person.url for person in entry.authors)
    files = (enclosure.url for enclosure in entry.enclosures)
    return [address for address in (entry.link, *people, *files, *credit) if address]
