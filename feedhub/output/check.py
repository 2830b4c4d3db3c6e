"""Whether a rendered document is whole and says what it should: it is read again and compared. Pure.

Written without regard to how `output.render` writes, so that a slip there, or in feedgen,
shows here instead of at a subscriber.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from feedhub.model import Document, Entry, Format
from feedhub.output import readback

_IN_RSS: Final = frozenset({"RSS title", "creators"})


def faults(format_: Format, data: bytes, document: Document) -> tuple[str, ...]:
    """All that is wrong with `data` as the form of `document`, in words; empty when it may be published."""
    found = readback.read(format_, data)
    if not isinstance(found, readback.Found):
        return found
    return (
        *_unlike("the feed", found.head, _head(document)),
        *_ids([said["id"] for said in found.entries], document.entries),
        *_entries(found.entries, document.entries),
    )


def _entries(found: Sequence[Mapping[str, object]], entries: Sequence[Entry]) -> Iterator[str]:
    for said, entry in zip(found, entries, strict=False):
        if said["id"] == entry.uid:
            yield from _unlike(entry.uid, said, _entry(entry))
            yield from (f"{entry.uid}: its content links {link!r}" for link in readback.bad_links(entry.html))


def _head(document: Document) -> Mapping[str, object]:
    return {
        "id": document.id,
        "title": document.title,
        "updated": document.updated,
        "page": document.page,
        "atom": document.atom,
        "rss": document.rss,
        "json": document.json,
        "language": document.language,
        "author": document.author.name,
        "current": document.current,
        "prev-archive": document.prev_archive,
        "next-archive": document.next_archive,
        "archive": document.current is not None,
        "tombstones": tuple((gone.uid, gone.when) for gone in document.tombstones),
    }


def _entry(entry: Entry) -> Mapping[str, object]:
    """What an entry says, by the names that `readback` gives it."""
    files = [enclosure.url for enclosure in entry.enclosures]
    media = {*(files if len(files) > 1 else ()), *([entry.image.url] if entry.image else ())}
    return {
        "id": entry.uid,
        "title": entry.title,
        "RSS title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "updated": entry.updated,
        "summary": entry.summary,
        "html": entry.html,
        "content or link": True,  # RFC 4287, 4.1.2: content, or an alternate link
        "description": escape(entry.summary, quote=False) or entry.html,
        "authors": tuple(person.name for person in entry.authors),
        "creators": tuple(person.name for person in entry.authors),
        "enclosures": tuple(files),
        "enclosure": files[0] if files else None,
        "image": entry.image and entry.image.url,
        "media": frozenset(media),
        "language": entry.language,
        "source": entry.credit and entry.credit.id,
        "source feed": entry.credit and entry.credit.feed_url,
    }


def _unlike(place: str, found: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[str]:
    for name, said in found.items():
        if said != wanted[name] and not (name in _IN_RSS and _in_rss(said, wanted[name])):
            yield f"{place}: its {name} is {_short(said)}, not {_short(wanted[name])}"


def _in_rss(said: object, wanted: object) -> bool:
    """RSS does not tell whether a title or a name is HTML: one that looks like it may be escaped once more."""
    if isinstance(said, tuple) and isinstance(wanted, tuple) and len(said) == len(wanted):
        return all(one == whole or _in_rss(one, whole) for one, whole in zip(said, wanted, strict=True))
    return isinstance(wanted, str) and said == escape(wanted, quote=False)


def _short(value: object) -> str:
    words = str(value)
    return words if len(words) < 200 else f"{words[:200]}…"


def _ids(found: Sequence[object], entries: Sequence[Entry]) -> Iterator[str]:
    """The ids of the document's entries, each once, in their order."""
    wanted = [entry.uid for entry in entries]
    yield from (f"{uid} stands there {times} times" for uid, times in Counter(found).items() if times > 1)
    if Counter(found) != Counter(wanted):
        yield from (f"{uid} is missing" for uid in wanted if uid not in found)
        yield from (f"{uid} is not of this document" for uid in found if uid not in wanted)
    elif found != wanted:
        yield "the entries are not in their order"
