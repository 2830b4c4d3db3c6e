"""A document parted at its entries, so that entries whose bytes are known need not be read again. Pure.

A feed that has one new entry shows twenty. To read all of them takes ten times as long as to read the new one, with
what stands around the entries, so those are left out that were read before from the same bytes in the same place.

Whatever might come out otherwise than from the whole document is not parted: what is not well-formed without its
entries, or holds half a comment or CDATA section, a doctype, tombstones, entries within entries, or, behind an entry,
more of what the feed says of itself. That the rest comes out alike is for `parse` to see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import zip_longest
from xml.parsers import expat

from feedhub.ingest.raw import MOST_ENTRIES

_MARK = re.compile(r"<(/?)((?:[\w.-]{1,40}:)?(?:item|entry))(?=[\s>])[^<>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!(?:doctype|entity)", re.IGNORECASE)
_TOMBSTONE = "deleted-entry"
_ELEMENT = re.compile(r"<[^/!?]")
_PAIRS = (("<!--", "-->"), ("<![CDATA[", "]]>"))
_RECIPE = "1"  # of the digests, which are kept

Seen = tuple[str, str]  # key and digest of an entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A document's entries, what stands around them, and a digest of each with all that it inherits."""

    around: tuple[str, ...]  # one more than there are entries
    entries: tuple[str, ...]
    digests: tuple[str, ...]

    def seen(self, remembered: str, known: Collection[Seen]) -> dict[int, Seen]:
        """The places of entries that were read before and are still known, with what they were."""
        before = {digest: (key, said) for digest, (key, said) in json.loads(remembered or "{}").items()}
        found = {place: before[digest] for place, digest in enumerate(self.digests) if digest in before}
        return {place: one for place, one in found.items() if one in known}

    def without(self, places: Collection[int]) -> str:
        """The document without the entries at these places."""
        kept = ("" if place in places else entry for place, entry in enumerate(self.entries))
        return "".join(text for pair in zip_longest(self.around, kept, fillvalue="") for text in pair)

    def remember(self, read: Mapping[int, Seen]) -> str:
        """What is to be remembered of the entries at these places, for `seen`."""
        return json.dumps({self.digests[place]: one for place, one in read.items()}, separators=(",", ":"))


def part(source: str, url: str) -> Parted | None:
    """The document at `url`, parted; None where that is not surely safe."""
    marks = list(_MARK.finditer(source, 0)) if source.lstrip("\ufeff \t\r\n").startswith("<") else []
    opened, closed = marks[::2], marks[1::2]
    if not url or not marks or len(opened) != len(closed) or len(opened) > MOST_ENTRIES:
        return None
    if any(start[1] or not end[1] or start[2] != end[2] for start, end in zip(opened, closed, strict=True)):
        return None
    entries = tuple(source[start.start() : end.end()] for start, end in zip(opened, closed, strict=True))
    edges = [0, *(edge for start, end in zip(opened, closed, strict=True) for edge in (start.start(), end.end()))]
    around = tuple(source[left:right] for left, right in zip(edges[::2], [*edges[1::2], len(source)], strict=True))
    if _TOMBSTONE in source or _DOCTYPE.search(around[0]) or any(map(_ELEMENT.search, around[1:])):
        return None
    if not all(map(_balanced, (*around, *entries))):
        return None
    place = _place(around)
    if place is None:
        return None
    inherited = blake2b(repr((_RECIPE, url, place)).encode(errors="replace"), digest_size=16).digest()
    digests = (blake2b(entry.encode(errors="replace"), digest_size=16, key=inherited).hexdigest() for entry in entries)
    return Parted(around=around, entries=entries, digests=tuple(digests))


def _balanced(text: str) -> bool:
    return all(text.count(start) == text.count(end) for start, end in _PAIRS)


def _place(around: tuple[str, ...]) -> object:
    """The elements in which all entries stand, with their attributes; None where these differ, or are strange."""
    open_now: list[tuple[str, object]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: open_now.append((name, attributes))
    parser.EndElementHandler = lambda _name: open_now.pop()
    places = []
    try:
        for text in around[:-1]:
            parser.Parse(text, False)
            places.append(open_now.copy())
        parser.Parse(around[-1], True)
    except (expat.ExpatError, ValueError):
        return None
    return places[0] if len(places[0]) <= 2 and all(place == places[0] for place in places) else None
