"""RSS, RDF and Atom to a `Document`. The only door to feedparser, whose dicts end here. Pure.

Meant for a process that can be killed (`ingest.workers`): a hostile document may take minutes.
Of feedparser only its two readings are used, of what is well-formed and of what is not. `feedparser.parse` is not: it
opens a file or an address that it is given as a string, and tells encodings in its own way (`ingest.charset`).
Neither are its sanitiser and its resolver of links (`ingest.sanitize`), and its dates (`ingest.dates`).
"""

from __future__ import annotations

import html
import io
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException, SAXParseException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, InputSource

import feedparser.api
import feedparser.mixin
from feedparser.sanitizer import replace_doctype

from feedhub import text
from feedhub.ingest.raw import MANY, MOST_ENTRIES, TOO_MANY, Document

_MOST_ATTRIBUTES = 200

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")
_C1 = re.compile("[\x80-\x9f]")
_DECLARATION = re.compile(r"\A<\?xml\s[^>]*>")
_BLANKS = re.compile(r"\s{200,}")
_END = re.compile(r"</\s*(?:[\w.-]+:)?(?:rss|feed|channel)\s*>", re.IGNORECASE)
_END_OF_RDF = re.compile(r"</\s*(?:[\w.-]+:)?rdf\s*>", re.IGNORECASE)  # whose items stand behind its channel
_ADDRESSES = frozenset({"cite", "href", "poster", "src"})
# What feedparser raises on elements where it expects others, as found by changing documents at random.
_FAULTS = (ArithmeticError, LookupError, TypeError, ValueError)


class _Enough(Exception):
    """More entries than are read. No error: it ends the reading."""


class _Parser(ExpatParser):
    """Python's, which hands over text in one piece instead of one for each reference in it."""

    def reset(self) -> None:
        super().reset()
        expat: Any = self.__dict__["_parser"]
        expat.buffer_text, expat.buffer_size = True, 64 * 1024


class _Text(str):
    """Text that is looked at for C1 controls at once, before each of its characters is translated: a sixth of all."""

    __slots__ = ()

    def translate(self, table: Any) -> str:
        return super().translate(table) if _C1.search(self) else str(self)


class _Reading(feedparser.mixin._FeedParserMixin):  # type: ignore[misc]  # noqa: SLF001
    """feedparser's reading of a document, where we want it otherwise. Each difference is pinned in a test."""

    # An id stays as it is written: resolved, it would move with its document.
    can_be_relative_uri = feedparser.mixin._FeedParserMixin.can_be_relative_uri - {"id"}  # noqa: SLF001
    _matchnamespaces = {  # noqa: RUF012 - feedparser's own is filled by the first document
        **{uri.lower(): prefix for uri, prefix in feedparser.mixin._FeedParserMixin.namespaces.items()},  # noqa: SLF001
        "http://purl.org/atompub/tombstones/1.0": "at",
        "http://purl.org/syndication/history/1.0": "fh",
    }

    baseuri: Any
    lang: Any

    resolve_relative_uris = sanitize_html = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.contentparams: dict[str, Any] = {}

    def push_content(self, tag: str, attrs_d: Any, default_content_type: str, expecting_text: int) -> None:
        """With a dict of Python's own, which is asked for each piece of text."""
        super().push_content(tag, attrs_d, default_content_type, expecting_text)
        self.contentparams = dict(self.contentparams)

    def decode_entities(self, _element: str, data: str) -> str:
        return _Text(data)

    def unknown_starttag(self, tag: str, attrs: Any) -> None:
        """An element that feedparser stumbles over is left out, not the document."""
        with suppress(*_FAULTS):
            super().unknown_starttag(tag, attrs)

    def unknown_endtag(self, tag: str) -> None:
        try:
            super().unknown_endtag(tag)
        except _FAULTS:  # before it has gone up
            self.depth -= 1
            for stack in (self.basestack, self.langstack):
                del stack[-1:]
            self.baseuri = (self.basestack and self.basestack[-1]) or self.baseuri
            self.lang = self.langstack[-1] if self.langstack else self.lang

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802
        """An element with hundreds of attributes has none: reading them is quadratic."""
        super().startElementNS(name, qname, attrs if len(attrs) <= _MOST_ATTRIBUTES else AttributesNSImpl({}, {}))

    def _start_item(self, attrs_d: Any) -> None:
        if len(self.entries) >= MOST_ENTRIES:
            raise _Enough
        super()._start_item(attrs_d)

    def _end_item(self) -> None:
        """Tells an entry that is whole from one that the document's end has cut."""
        if self.entries:
            self.entries[-1]["ended"] = True
        super()._end_item()

    _start_entry, _end_entry = _start_item, _end_item

    def _start_link(self, attrs_d: Any) -> None:
        """A file whose type is not told is no web page."""
        if attrs_d.get("rel") == "enclosure":
            attrs_d.setdefault("type", "")
        super()._start_link(attrs_d)

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
        if len(self._get_context().get("tags", ())) < MANY:
            super()._add_tag(term, scheme, label)

    def strattrs(self, attrs: list[tuple[str, str]]) -> Any:
        """Markup within content may have bases of its own, which end here."""
        if self.baseuri != self.contentparams.get("base"):
            attrs = [(name, urljoin(self.baseuri, value) if name in _ADDRESSES else value) for name, value in attrs]
        return super().strattrs(attrs)

    def _gather(self, field: str, value: object) -> None:
        """Into a list of the feed's; an entry's hours and days are others."""
        if self.inentry:
            return
        found = self.feeddata.setdefault(field, [])
        if isinstance(found, list) and len(found) < MOST_ENTRIES:
            found.append(value)

    def _end_hour(self) -> None:
        self._gather("skip_hours", self.pop("hour") or "")

    def _end_day(self) -> None:
        self._gather("skip_days", self.pop("day") or "")

    def handle_charref(self, ref: str) -> None:
        """A reference to no character is one bad character, not the end of the document."""
        try:
            super().handle_charref(ref)
        except (ValueError, OverflowError):
            self.handle_data("\ufffd")


def _keep_apart(element: str, field: str) -> None:
    """Make `element` a field of its own, where feedparser would take it for another one."""
    setattr(_Reading, f"_start_{element}", lambda self, _attrs: self.push(field, 1))
    setattr(_Reading, f"_end_{element}", lambda self: self.pop(field))


_keep_apart("media_description", "media_description")  # a picture's caption is not the entry's content
_keep_apart("itunes_summary", "itunes_summary")
_keep_apart("dc_description", "dc_description")
_keep_apart("dc_date", "dc_date")  # RSS 1.0 dates by it; nothing says that it is the last change
_keep_apart("published", "published")  # dates are read elsewhere (`dates`)
_keep_apart("issued", "published")
_keep_apart("pubdate", "published")
_keep_apart("dcterms_issued", "published")
_keep_apart("updated", "updated")
_keep_apart("modified", "updated")
_keep_apart("lastbuilddate", "updated")
_keep_apart("dcterms_modified", "updated")
_keep_apart("created", "created")
_keep_apart("dcterms_created", "created")
_keep_apart("managingeditor", "managingeditor")  # is not who wrote the entries
setattr(_Reading, "_start_at_deleted-entry", lambda self, attrs: self._gather("deleted", dict(attrs)))


class _Strictly(_Reading, feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """What is well-formed."""


class _Loosely(_Reading, feedparser.api.LooseFeedParser):  # type: ignore[misc]
    """The same of what is not, which must come out as it does from a well-formed document."""

    def decode_entities(self, _element: str, data: str) -> str:
        """Outside of content feedparser leaves them, so that an id would be another one."""
        data = super(_Reading, self).decode_entities(_element, data)
        return _Text(data if self.contentparams else html.unescape(data))

    def _normalize_attributes(self, attribute: tuple[str, str]) -> Any:
        name, value = attribute
        return super()._normalize_attributes((name, html.unescape(value)))


def read(source: str) -> Document:
    """What feedparser finds in `source`, as far as it goes: of a document that is cut off the entries that are whole.

    Raises whatever it likes on broken input.
    """
    # Long blanks cost minutes, a control character every entry its text.
    source = _CONTROLS.sub("", _BLANKS.sub("\n", source)).lstrip("\ufeff \t\r\n")
    doctype_version, body, entities = replace_doctype(_DECLARATION.sub("", source).encode())
    # Without the document's address feedparser leaves links as they are, and digests do not move with it.
    reading: Any = _Strictly("", None, "utf-8")
    error: SAXException | None = None
    notes = []
    try:
        try:
            _read_strictly(body, reading)
        except SAXException as fault:
            error = reading.exc or fault
            reading = _Loosely("", None, "utf-8", entities)
            reading.feed(body.decode())
    except _Enough:
        notes.append(TOO_MANY)

    version = doctype_version or reading.version
    end = _END_OF_RDF if version in {"rss090", "rss10"} else _END
    whole = error is None or bool(end.search(source[-2000:]))
    if not whole:
        notes.append("cut off: the entries that are whole are read")
    elif error:
        notes.append(f"faulty: {_words(error)}")
    return Document(
        version=version,
        feed=_plain(reading.feeddata),
        entries=[_plain(entry) for entry in reading.entries if whole or entry.get("ended") is True],
        whole=whole,
        notes=tuple(notes),
    )


def _read_strictly(body: bytes, reading: Any) -> None:
    parser: Any = _Parser()
    parser.setFeature(feature_namespaces, 1)
    parser.setFeature(feature_external_ges, 0)
    parser.setContentHandler(reading)
    parser.setErrorHandler(reading)
    given = InputSource()
    given.setEncoding("utf-8")
    given.setByteStream(io.BytesIO(body))
    parser.parse(given)


def _words(error: SAXException) -> str:
    if isinstance(error, SAXParseException):
        return f"line {error.getLineNumber()}, column {error.getColumnNumber()}: {error.getMessage()}"
    return text.excerpt(str(error), 200)


def _plain(found: Any) -> Any:
    """Without feedparser's dict, which answers to other names than it was asked for, and slowly."""
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items()}
    return [_plain(value) for value in found] if isinstance(found, list) else found
