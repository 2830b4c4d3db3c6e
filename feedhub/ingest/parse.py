"""Bytes of RSS, RDF or Atom to `ParsedFeed`. The only door to feedparser, whose dicts end here. Pure.

Meant for a process that can be killed (`ingest.workers`): a hostile document may take minutes.
feedparser is given streams only, since it opens a file or an address that it is given as a string;
neither its sanitiser nor its resolver of links is used (`ingest.sanitize`).
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax import SAXException
from xml.sax.xmlreader import AttributesNSImpl

import feedparser
import feedparser.api
import feedparser.mixin

from feedhub import text, urls
from feedhub.ingest import entries, sanitize
from feedhub.ingest.entries import Raw
from feedhub.model import ParsedEntry, ParsedFeed, ParseFailed, ParseOutcome

MOST_ENTRIES = 2000
_MOST_ATTRIBUTES = 200

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r"))
_BLANKS = re.compile(rb"\s{200,}")
_END = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\s*>", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_MARKS = (
    (rb"\x89PNG|GIF8|\xff\xd8\xff|RIFF....WEBP", "an image"),
    (rb"%PDF-", "a PDF"),
    (rb"PK\x03\x04|\x1f\x8b", "an archive"),
    (rb"[{\[]", "JSON"),
    (rb"(?:<[?!][^>]*>\s*)*<(?:html|head|body|title|meta|div|p)\b|<!doctype html", "an HTML page"),
    (rb"[^<]", "plain text"),
)


class _Enough(Exception):
    """More entries than are read; carries what was found until then. No error: it ends the reading."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__("more entries than are read")
        self.found = found


class _Reading(feedparser.mixin._FeedParserMixin):  # type: ignore[misc]  # noqa: SLF001
    """feedparser's reading of a document, where we want it otherwise. Each difference is pinned in a test."""

    # An id stays as it is written: resolved, it would move with its document.
    can_be_relative_uri = feedparser.mixin._FeedParserMixin.can_be_relative_uri - {"id"}  # noqa: SLF001

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802
        """An element with hundreds of attributes has none: reading them is quadratic."""
        super().startElementNS(name, qname, attrs if len(attrs) <= _MOST_ATTRIBUTES else AttributesNSImpl({}, {}))

    def _start_item(self, attrs_d: Any) -> None:
        if len(self.entries) >= MOST_ENTRIES:
            raise _Enough({"version": self.version, "feed": self.feeddata, "entries": self.entries})
        super()._start_item(attrs_d)

    def _end_item(self) -> None:
        """Tells an entry that is whole from one that the document's end has cut."""
        if self.entries:
            self.entries[-1]["ended"] = True
        super()._end_item()

    _start_entry, _end_entry = _start_item, _end_item

    def _end_guid(self) -> None:
        """A guid that is a link is kept apart, so that an empty link does not hide it."""
        value = self.pop("id")
        if self.guidislink:
            self._save("permalink", value)

    def _end_id(self) -> None:
        self.pop("id")

    def _end_author(self) -> None:
        """A byline stays as it is written."""
        value = self.pop("author")
        self.inauthor = 0
        people = self._get_context().get("authors")
        if value and people and not people[-1]:
            people[-1]["name"] = value

    def _sync_author_detail(self, key: str = "author") -> None:
        """Looks for an address in a byline, in quadratic time: left out."""

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        """Only so many: each is compared with all before it."""
        if len(self._get_context().get("tags", ())) < entries.MANY:
            super()._add_tag(term, scheme, label)

    def handle_charref(self, ref: str) -> None:
        """A reference to no character is one bad character, not the end of the document."""
        try:
            super().handle_charref(ref)
        except (ValueError, OverflowError):
            self.handle_data("\ufffd")


class _ReadingLoosely(_Reading):
    """The same of what is not well-formed, which must come out as it does from a well-formed document."""

    def decode_entities(self, element: str, data: str) -> str:
        """Outside of content feedparser leaves them, so that an id would be another one."""
        data = super().decode_entities(element, data)
        return data if self.contentparams else html.unescape(data)

    def _normalize_attributes(self, attribute: tuple[str, str]) -> Any:
        name, value = attribute
        return super()._normalize_attributes((name, html.unescape(value)))


def _keep_apart(element: str, field: str) -> None:
    """Make `element` a field of its own, where feedparser would take it for another one."""
    setattr(_Reading, f"_start_{element}", lambda self, _attrs: self.push(field, 1))
    setattr(_Reading, f"_end_{element}", lambda self: self.pop(field))


_keep_apart("media_description", "media_description")  # a picture's caption is not the entry's content
_keep_apart("itunes_summary", "itunes_summary")
_keep_apart("dc_description", "dc_description")
_keep_apart("dc_date", "dc_date")  # RSS 1.0 dates by it; nothing says that it is the last change
_keep_apart("managingeditor", "managingeditor")  # is not who wrote the entries
feedparser.api.StrictFeedParser = type("StrictFeedParser", (_Reading, feedparser.api.StrictFeedParser), {})
feedparser.api.LooseFeedParser = type("LooseFeedParser", (_ReadingLoosely, feedparser.api.LooseFeedParser), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What feedparser found; its entries are plain dicts whose fields may hold anything."""

    version: str
    feed: Raw
    entries: list[Raw]
    whole: bool
    notes: list[str]


def parse(
    body: bytes, *, url: str, content_type: str | None, known: frozenset[tuple[str, str]], now: datetime
) -> ParseOutcome:
    """What a document holds. Entries of which (key, digest) is `known` are counted among its keys, and not read.

    A document that is not well-formed, or is cut off, is read as far as it goes, with a note. The entry
    that a cut goes through is left out: its id may be half an id, and what it says is not the whole.
    """
    try:
        document = _read(body, content_type or "")
    except MemoryError:
        raise  # what it says depends on the process: `ingest.workers`
    except Exception as error:  # noqa: BLE001 - feedparser raises whatever it likes on broken input: the source's fault
        return ParseFailed(words=text.excerpt(f"it cannot be read: {type(error).__name__}: {error}", 300))
    if not document.version and not document.entries:
        return ParseFailed(words=f"not a feed, but {_kind(body)}")

    site = entries.page(document.feed, url)
    feed_id = entries.origin_id(document.feed)
    read, keys, notes = _entries(document, url or site or "", known, now)
    return ParsedFeed(
        title=entries.plain_title(document.feed),
        link=site,
        id=feed_id if feed_id and urls.is_uri(feed_id) else None,
        language=entries.language(document.feed),
        entries=read,
        keys=keys,
        whole=document.whole,
        notes=(*document.notes, *notes),
    )


def _read(body: bytes, content_type: str) -> _Document:
    # The media type is often wrong, and a charset that is only implied by it (RFC 3023) more often still. Without
    # the document's address feedparser leaves links as they are, digests do not move with it, and it saves a tenth.
    media_type, charset = content_type.partition(";")[0].strip(), _CHARSET.search(content_type)
    headers = {"content-type": "application/xml" + (f"; charset={charset[1]}" if charset else "")}
    notes = [f"served as {media_type}"] if media_type and "xml" not in media_type.lower() else []
    body = _mended(body)
    try:
        found = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except _Enough as enough:
        found = enough.found
        notes.append(f"only the first {MOST_ENTRIES:,} entries are read")
    error = found.get("bozo_exception")
    whole = not isinstance(error, SAXException) or bool(_END.search(body[-2000:].replace(b"\0", b"")))
    if not whole:
        notes.append("cut off: the entries that are whole are read")
    elif error:
        notes.append(text.excerpt(f"faulty: {error}", 200))
    return _Document(
        version=found.get("version") or "",
        feed=dict(found["feed"]),
        entries=[dict(entry) for entry in found["entries"] if whole or entry.get("ended") is True],
        whole=whole,
        notes=notes,
    )


def _mended(body: bytes) -> bytes:
    """`body` without what costs minutes, or every entry its text: long blanks, control characters, stray bytes."""
    body = _BLANKS.sub(b"\n", body.lstrip())
    if b"\0" in body[:4]:  # UTF-16 or UTF-32
        return body
    if b"iso-2022" not in body[:200].lower():  # whose shifts are control characters
        body = body.translate(None, _CONTROLS)
    try:
        body.decode()
    except UnicodeDecodeError:
        # For one bad byte feedparser would read the whole as windows-1252. Other encodings are bad all over.
        mended = body.decode(errors="replace")
        beyond_ascii = len(mended) - len(mended.encode("ascii", "ignore"))
        return mended.encode() if mended.count("\ufffd") * 4 < beyond_ascii else body
    return body


def _entries(
    document: _Document, base: str, known: frozenset[tuple[str, str]], now: datetime
) -> tuple[tuple[ParsedEntry, ...], tuple[str, ...], list[str]]:
    """The entries that are not known, the keys of all, and what was odd."""
    fallback = entries.people(document.feed, base)
    rss = not document.version.startswith("atom")
    digests: dict[str, str] = {}
    read: list[ParsedEntry] = []
    repeated = cut = 0
    for raw, key, origin_id, link in _keyed(document.entries, base):
        digest = entries.digest(raw)
        if key in digests:
            repeated += digests[key] != digest
            continue
        digests[key] = digest
        if (key, digest) not in known:
            cut += entries.too_long(raw)
            content = entries.content(raw, link, base=base, rss=rss, now=now, fallback=fallback)
            read.append(ParsedEntry(key=key, origin_id=origin_id, digest=digest, content=content))
    notes = [f"entries that repeat another's id and link, left out: {repeated}"] if repeated else []
    notes += [f"entries cut at {sanitize.LIMIT // 1024} kB: {cut}"] if cut else []
    return tuple(read), tuple(digests), notes


def _keyed(raws: list[Raw], base: str) -> Iterator[tuple[Raw, str, str | None, str | None]]:
    """Each entry with its key, its origin id where that is the key, and its link.

    The key is the first of id, link, and a digest. Where entries that differ in the next of these
    share the first, both together are the key of each, in whatever order they stand: were the first
    of them to keep the bare id, a newer one on top would take its place.
    """
    named = []
    for raw in raws:
        origin_id, link = entries.origin_id(raw), entries.page(raw, base)
        first, second = [name for name in (origin_id, link, entries.substitute(raw), "") if name is not None][:2]
        named.append((raw, origin_id, link, first, second))
    partners: dict[str, set[str]] = {}
    for *_, first, second in named:
        partners.setdefault(first, set()).add(second)
    for raw, origin_id, link, first, second in named:
        shared = len(partners[first]) > 1
        yield raw, f"{first} {second}" if shared else first, None if shared else origin_id, link


def _kind(body: bytes) -> str:
    """What a document is that is no feed, in words."""
    head = body[:2000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not head:
        return "an empty document"
    for mark, words in _MARKS:
        if re.match(mark, head, re.IGNORECASE | re.DOTALL):
            return words
    root = re.match(rb"(?:<[?!][^>]*>\s*)*<([\w:.-]{1,40})", head)
    return f"XML whose root is <{root[1].decode(errors='replace')}>" if root else "something else"
