"""Bytes of RSS, RDF, Atom or JSON Feed to `ParsedFeed`. Pure.

Meant for a process that can be killed (`ingest.workers`): a hostile document may take minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feedhub import text, urls
from feedhub.ingest import channel, charset, cut, dates, discover, entries, feedxml, jsonfeed, sanitize
from feedhub.ingest.raw import Document, Raw
from feedhub.model import ParsedEntry, ParsedFeed, ParseFailed, ParseOutcome

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_PROLOG = r"\A[\ufeff\s]*(?:<[?!][^>]*>\s*)*"
_PAGE = re.compile(
    _PROLOG + r"<(?:html|head|body|title|meta|div|p|script)\b|\A[\ufeff\s]*<!doctype html", re.IGNORECASE
)
_ROOT = re.compile(_PROLOG + r"<([\w:.-]{1,40})")
_MARKS = (
    (rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF....WEBP", "an image"),
    (rb"%PDF-", "a PDF"),
    (rb"PK\x03\x04|\x1f\x8b", "an archive"),
    (rb"[{\[]", "JSON"),
    (rb"[^<]", "plain text"),
)


def parse(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    known: frozenset[cut.Seen],
    now: datetime,
    remembered: str = "",
) -> ParseOutcome:
    """What a document holds. Entries of which (key, digest) is `known` are counted among its keys, and not read.

    `remembered` is of an earlier reading: what it knows by its bytes alone need not be parsed.
    A document that is not well-formed, or is cut off, is read as far as it goes, with a note. The entry
    that a cut goes through is left out: its id may be half an id, and what it says is not the whole.
    """
    try:
        source, notes = _source(body, content_type or "")
        parted = cut.part(source, url)
        seen = parted.seen(remembered, known) if parted else {}
        document = _rest(parted, seen, url) if parted and seen else None
        if document is None:
            document, seen = _document(source, content_type or ""), {}
    except MemoryError:
        raise  # what it says depends on the process: `ingest.workers`
    except Exception as error:  # noqa: BLE001 - feedparser raises whatever it likes on broken input: the source's fault
        return ParseFailed(words=text.excerpt(f"it cannot be read: {type(error).__name__}: {error}", 300))
    if not document.version and not document.entries:
        return _failed(body, source, url)
    document = replace(document, notes=(*notes, *document.notes))
    return _parsed(document, parted, seen, url=url, known=known, now=now)


def _parsed(
    document: Document,
    parted: cut.Parted | None,
    seen: Mapping[int, cut.Seen],
    *,
    url: str,
    known: frozenset[cut.Seen],
    now: datetime,
) -> ParsedFeed:
    """What a document says that could be read."""
    read_date = dates.reader(now)
    site = entries.page(document.feed, url)
    base = url or site or ""
    feed_id = entries.origin_id(document.feed)
    gone = channel.deleted(document.feed, read_date)
    listed = [raw for raw in document.entries if not _is_gone(raw, gone, read_date)]
    read, places, odd = _entries(document, listed, base, known, read_date, seen)
    keys = tuple(dict.fromkeys(place.key for place in places))
    return ParsedFeed(
        title=entries.plain_title(document.feed),
        link=site,
        id=feed_id if feed_id and urls.is_uri(feed_id) else None,
        language=entries.language(document.feed),
        entries=read,
        keys=keys,
        whole=document.whole,
        notes=(*document.notes, *odd),
        deleted=tuple(ref for ref in gone if ref not in keys),
        pages=channel.pages(document.feed, base),
        generator=channel.generator(document.feed),
        complete="fh_complete" in document.feed,
        archive="fh_archive" in document.feed,
        asks=channel.asks(document.feed),
        remembered=_remembered(parted, document, places) if parted else "",
    )


def _source(body: bytes, content_type: str) -> tuple[str, list[str]]:
    """The document's text, and what was odd about it. Media types are often wrong, and only noted."""
    media_type, label = content_type.partition(";")[0].strip(), _CHARSET.search(content_type)
    source, claimed = charset.decoded(body, label[1] if label else None)
    notes = [f"served as {media_type}"] if media_type and not re.search("xml|json", media_type.lower()) else []
    return source, notes + ([f"says that it is in {claimed}, and is not"] if claimed else [])


def _document(source: str, content_type: str) -> Document:
    if source.lstrip("\ufeff \t\r\n").startswith("{"):
        document = jsonfeed.read(source.lstrip("\ufeff"), content_type.partition(";")[0].strip().lower())
        return document or Document(version="", feed={}, entries=())
    return feedxml.read(source)


def _is_gone(raw: Raw, gone: dict[str, datetime | None], read_date: entries.ReadDate) -> bool:
    """Whether a tombstone is newer than the entry that is listed beside it (RFC 6721, 5)."""
    since = gone.get(entries.origin_id(raw) or "")
    written = entries.last_change(raw, read_date) if since else None
    return since is not None and written is not None and written <= since


def _entries(
    document: Document,
    listed: Sequence[Raw],
    base: str,
    known: frozenset[cut.Seen],
    read_date: entries.ReadDate,
    seen: Mapping[int, cut.Seen],
) -> tuple[tuple[ParsedEntry, ...], list[_Place], list[str]]:
    """The entries that are not known, all that stand there, those `seen` in their places, and what was odd."""
    fallback = entries.people(document.feed, base)
    rss = not document.version.startswith(("atom", "json"))
    places: list[_Place] = []
    digests: dict[str, str] = {}
    read: list[ParsedEntry] = []
    repeated = too_long = 0
    named = iter(_keyed(listed, base))
    for number in range(len(listed) + len(seen)):
        if number in seen:
            places.append(_Place(*seen[number], alone=True))
            continue
        raw, key, origin_id, link, alone = next(named)
        digest = entries.digest(raw)
        places.append(_Place(key, digest, alone=alone and key not in digests))
        if key in digests:
            repeated += digests[key] != digest
            continue
        digests[key] = digest
        if (key, digest) not in known:
            too_long += entries.too_long(raw)
            content = entries.content(raw, link, base=base, rss=rss, read_date=read_date, fallback=fallback)
            read.append(ParsedEntry(key=key, origin_id=origin_id, digest=digest, content=content))
    notes = [f"entries that repeat another's id and link, left out: {repeated}"] if repeated else []
    notes += [f"entries cut at {sanitize.LIMIT // 1024} kB: {too_long}"] if too_long else []
    return tuple(read), places, notes


def _keyed(raws: Sequence[Raw], base: str) -> Iterator[tuple[Raw, str, str | None, str | None, bool]]:
    """Each entry with its key, its origin id where that is the key, its link, and whether no other shares its name.

    The key is the first of id, link, a digest of what it says, and one of all. Where entries that differ in the next
    of these share the first, both together are the key of each, in whatever order they stand: were the first
    of them to keep the bare id, a newer one on top would take its place.
    """
    named = [(raw, entries.origin_id(raw), entries.page(raw, base)) for raw in raws]
    names = [_names(raw, origin_id, link) for raw, origin_id, link in named]
    partners: dict[str, set[str]] = {}
    for first, second in names:
        partners.setdefault(first, set()).add(second)
    for (raw, origin_id, link), (first, second) in zip(named, names, strict=True):
        alone = len(partners[first]) == 1
        yield raw, first if alone else f"{first} {second}", origin_id if alone else None, link, alone


def _names(raw: Raw, origin_id: str | None, link: str | None) -> tuple[str, str]:
    names = [name for name in (origin_id, link) if name]
    names += [entries.substitute(raw)] if len(names) < 2 else []
    names += [entries.digest(raw)] if len(names) < 2 else []
    return names[0], names[1]


@dataclass(frozen=True, slots=True)
class _Place:
    """What stands in a place among a document's entries; `alone`: it is the only one of its name."""

    key: str
    digest: str
    alone: bool


def _rest(parted: cut.Parted, seen: Mapping[int, cut.Seen], url: str) -> Document | None:
    """The document without the entries that were `seen`; None where the whole might be read otherwise."""
    document = feedxml.read(parted.without(seen))
    if not document.version or not _well_formed(document) or len(document.entries) != len(parted.entries) - len(seen):
        return None
    names = {_names(raw, entries.origin_id(raw), entries.page(raw, url))[0] for raw in document.entries}
    return document if names.isdisjoint(key for key, _ in seen.values()) else None


def _remembered(parted: cut.Parted, document: Document, places: Sequence[_Place]) -> str:
    """For the next reading; nothing where the entries are others than those at which the document was parted."""
    if not _well_formed(document) or len(places) != len(parted.entries):
        return ""
    return parted.remember({number: (one.key, one.digest) for number, one in enumerate(places) if one.alone})


def _well_formed(document: Document) -> bool:
    return document.whole and not document.notes


def _failed(body: bytes, source: str, url: str) -> ParseFailed:
    """A document that is no feed: what it is instead, and the feeds that it names where it is a web page."""
    if _PAGE.match(source):
        return ParseFailed(words="is a web page, not a feed", announces=discover.feeds(source, url))
    return ParseFailed(words=f"not a feed, but {_kind(body, source)}")


def _kind(body: bytes, source: str) -> str:
    head = body[:2000].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    if not head:
        return "an empty document"
    for mark, words in _MARKS:
        if re.match(mark, head, re.DOTALL):
            return words
    root = _ROOT.match(source)
    return f"XML whose root is <{root[1]}>" if root else "something else"
