"""A document as every format can hold it. Pure.

What is wrong with a part of an entry costs that part, and no entry its place: the address of
an author, a language that is none. An entry that cannot be published without what is wrong
with it is said so, and left out by itself.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from feedhub import text
from feedhub.model import Category, Credit, Document, Enclosure, Entry, Person

# What addresses may begin with. `urls.publishable` reads the whole of each where it comes in; this
# only sees to it, at a fraction of the cost, that none of another kind has come as far as here.
ADDRESS: Final = re.compile(r"(?:https?://[^/?#\s]|mailto:\S)\S*", re.IGNORECASE)

_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_TYPE: Final = re.compile(r"[^\s/]+/\S+")
_URI: Final = re.compile(r"\S+")

T = TypeVar("T")


def mended(document: Document) -> Document:
    """`document` without those parts of its entries that no format can hold."""
    return replace(document, author=_person(document.author), entries=tuple(map(_entry, document.entries)))


def unfit(entry: Entry) -> str | None:
    """Why a mended entry cannot be published, in words."""
    if not entry.uid:
        return "no id"
    if entry.link and not ADDRESS.fullmatch(entry.link):
        return f"{entry.link!r} is no http, https or mailto link"
    return None


def cleaned(value: T) -> T:
    """`value` without the characters that XML cannot hold, all through; but ids, which are never touched."""
    found: Any = value
    if isinstance(value, str):
        found = text.clean(value)
    elif isinstance(value, tuple):
        found = tuple(map(cleaned, value))
    elif is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in fields(value) if field.name not in {"id", "uid"})
        found = replace(value, **{name: cleaned(getattr(value, name)) for name in names})
    return found  # type: ignore[no-any-return]  # of the type that came in


def _entry(entry: Entry) -> Entry:
    parts = {
        "title": entry.title or entry.link or entry.uid,
        "authors": tuple(_person(person) for person in entry.authors if person.name),
        "categories": tuple(_category(category) for category in entry.categories if category.term),
        "enclosures": tuple(_enclosure(one) for one in entry.enclosures if ADDRESS.fullmatch(one.url)),
        "image": entry.image if entry.image and ADDRESS.fullmatch(entry.image.url) else None,
        "language": entry.language if entry.language and _LANGUAGE.fullmatch(entry.language) else None,
        "credit": entry.credit and _credit(entry.credit),
    }
    changed: dict[str, Any] = {name: part for name, part in parts.items() if part != getattr(entry, name)}
    return replace(entry, **changed) if changed else entry


def _person(person: Person) -> Person:
    if (_publishable(person.url) or not person.url) and (not person.email or _EMAIL.fullmatch(person.email)):
        return person
    email = person.email if person.email and _EMAIL.fullmatch(person.email) else None
    return Person(name=person.name, email=email, url=_publishable(person.url))


def _category(category: Category) -> Category:
    whole = not category.scheme or _URI.fullmatch(category.scheme)
    return category if whole else replace(category, scheme=None)


def _enclosure(enclosure: Enclosure) -> Enclosure:
    whole = not enclosure.type or _TYPE.fullmatch(enclosure.type)
    return enclosure if whole else replace(enclosure, type=None)


def _credit(credit: Credit) -> Credit:
    feed_url, site = _publishable(credit.feed_url), _publishable(credit.site)
    if (feed_url, site) == (credit.feed_url, credit.site):
        return credit
    return replace(credit, feed_url=feed_url, site=site)


def _publishable(address: str | None) -> str | None:
    return address if address and ADDRESS.fullmatch(address) else None
