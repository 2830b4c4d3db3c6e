"""RSS, RDF and Atom to a `Document`. The only door to feedparser, whose dicts end here. Pure.

Meant for a process that can be killed (`ingest.workers`): a hostile document may take minutes.
feedparser is given streams only, since it opens a file or an address that it is given as a string;
neither its sanitiser nor its resolver of links is used (`ingest.sanitize`).
"""

from __future__ import annotations

import html
import io
import re
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException, SAXParseException
from xml.sax.xmlreader import AttributesNSImpl

import feedparser
import feedparser.api
import feedparser.mixin

from feedhub import text
from feedhub.ingest.raw import MOST_ENTRIES, TOO_MANY, Document

MANY = 50  # categories of one entry
_MOST_ATTRIBUTES = 200

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")
_BLANKS = re.compile(r"\s{200,}")
_END = re.compile(r"</\s*(?:[\w.-]+:)?(?:rss|feed|channel)\s*>", re.IGNORECASE)
_END_OF_RDF = re.compile(r"</\s*(?:[\w.-]+:)?rdf\s*>", re.IGNORECASE)  # whose items stand behind its channel
_ADDRESSES = frozenset({"cite", "href", "poster", "src"})


class _Enough(Exception):
    """More entries than are read; carries what was found until then. No error: it ends the reading."""

    def __init__(self, found: dict[str, Any]) -> None:
        super().__init__("more entries than are read")
        self.found = found


class _Reading(feedparser.mixin._FeedParserMixin):  # type: ignore[misc]  # noqa: SLF001
    """feedparser's reading of a document, where we want it otherwise. Each difference is pinned in a test."""

    # An id stays as it is written: resolved, it would move with its document.
    can_be_relative_uri = feedparser.mixin._FeedParserMixin.can_be_relative_uri - {"id"}  # noqa: SLF001
    _matchnamespaces = {  # noqa: RUF012 - feedparser's own is filled by the first document
        **{uri.lower(): prefix for uri, prefix in feedparser.mixin._FeedParserMixin.namespaces.items()},  # noqa: SLF001
        "http://purl.org/atompub/tombstones/1.0": "at",
        "http://purl.org/syndication/history/1.0": "fh",
    }

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
        """Into a list of the feed's."""
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
setattr(_Reading, "_start_at_deleted-entry", lambda self, attrs: self._gather("deleted", dict(attrs)))
feedparser.api.StrictFeedParser = type("StrictFeedParser", (_Reading, feedparser.api.StrictFeedParser), {})
feedparser.api.LooseFeedParser = type("LooseFeedParser", (_ReadingLoosely, feedparser.api.LooseFeedParser), {})


def read(source: str) -> Document:
    """What feedparser finds in `source`, as far as it goes: of a document that is cut off the entries that are whole.

    Raises whatever it likes on broken input.
    """
    # Long blanks cost minutes, a control character every entry its text. Without the document's address
    # feedparser leaves links as they are, digests do not move with it, and it saves a tenth.
    source = _CONTROLS.sub("", _BLANKS.sub("\n", source)).lstrip("\ufeff \t\r\n")
    notes = []
    try:
        found = feedparser.parse(
            io.BytesIO(source.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except _Enough as enough:
        found = enough.found
        notes.append(TOO_MANY)
    error = found.get("bozo_exception")
    version = found.get("version") or ""
    end = _END_OF_RDF if version in {"rss090", "rss10"} else _END
    whole = not isinstance(error, SAXException) or bool(end.search(source[-2000:]))
    if not whole:
        notes.append("cut off: the entries that are whole are read")
    elif error:
        added = 0 if source.startswith("<?xml") else 1  # the line of a declaration
        notes.append(f"faulty: {_words(error, added)}")
    return Document(
        version=version,
        feed=_plain(found["feed"]),
        entries=[_plain(entry) for entry in found["entries"] if whole or entry.get("ended") is True],
        whole=whole,
        notes=tuple(notes),
    )


def _words(error: Exception, added: int) -> str:
    if isinstance(error, SAXParseException):
        return f"line {error.getLineNumber() - added}, column {error.getColumnNumber()}: {error.getMessage()}"
    return text.excerpt(str(error), 200)


def _plain(found: Any) -> Any:
    """Without feedparser's dict, which answers to other names than it was asked for, and slowly."""
    if isinstance(found, dict):
        return {name: _plain(value) for name, value in found.items()}
    return [_plain(value) for value in found] if isinstance(found, list) else found
