"""The files and the image of an entry: enclosures, Media RSS, iTunes, JSON Feed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from feedhub import text, urls
from feedhub.ingest.raw import MANY, Raw, fields, several, string
from feedhub.model import Enclosure, Image

_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_MOST_BYTES = 2**53
_CAPTION = 300  # characters
_FILES = re.compile(r"(?:audio|video|application|text)(?:/|$)")
_PLAYERS = frozenset({"application/x-shockwave-flash", "text/html"})  # pages to play a file, not files


def enclosures(raw: Raw, base: str) -> tuple[Enclosure, ...]:
    """Its files, each once; those of Media RSS too, which may be all that a podcast has."""
    found: dict[str, Enclosure] = {}
    for one in islice(_files(raw), 2 * MANY):  # the same file may be named twice
        url = urls.absolute(string(one, "href") or string(one, "url"), base)
        if url and urls.is_web(url):
            media, length = string(one, "type").strip(), (string(one, "length") or string(one, "filesize")).strip()
            size = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0
            found.setdefault(
                url,
                Enclosure(
                    url=url,
                    type=media if _TYPE.fullmatch(media) else None,
                    length=size if 0 < size <= _MOST_BYTES else None,  # many write 0 for what they do not know
                ),
            )
    return tuple(found.values())[:MANY]


def image(raw: Raw, base: str) -> Image | None:
    """Its one image, where it names one: its own, else the largest of Media RSS.

    A description is of the picture, where the entry has words of its own.
    """
    pictures = [one for one in several(raw, "media_content") if _is_picture(one)]
    pictures.sort(key=_width, reverse=True)
    thumbnails = sorted(several(raw, "media_thumbnail"), key=_width, reverse=True)
    for one in (fields(raw, "image"), *pictures, *thumbnails):
        url = urls.absolute(string(one, "href") or string(one, "url"), base)
        if url and urls.is_web(url):
            caption = string(raw, "media_description") if raw.get("summary") or raw.get("content") else ""
            return Image(url=url, alt=text.excerpt(text.one_line(caption), _CAPTION))
    return None


def said(raw: Raw) -> list[list[str]]:
    """What a digest holds of all this, beside enclosures. Of an image without its query, where some sign it anew."""
    files = [[string(one, name) for name in ("url", "type", "filesize")] for one in _media(raw)]
    picture = image(raw, "")
    return files + ([[picture.url.partition("?")[0]]] if picture else [])


def _files(raw: Raw) -> Iterator[Raw]:
    for link in several(raw, "links"):
        if link.get("rel") == "enclosure":
            yield link
    yield from _media(raw)


def _media(raw: Raw) -> Iterator[Raw]:
    for one in several(raw, "media_content"):
        kind = string(one, "type").lower() or string(one, "medium").lower()
        if _FILES.match(kind) and kind not in _PLAYERS:
            yield one


def _is_picture(one: Raw) -> bool:
    return string(one, "type").lower().startswith("image/") or string(one, "medium").lower() == "image"


def _width(one: Raw) -> int:
    width = string(one, "width")
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0
