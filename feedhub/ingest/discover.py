"""The feeds that a web page announces. Pure."""

from __future__ import annotations

from lxml import etree

from feedhub import urls

_HEAD = (
    256 * 1024
)  # characters of a page that are looked at: lxml is quadratic in the number of attributes of one element
_MOST = 10
_TYPES = {  # of what is surely a feed, before what is perhaps one
    "application/atom+xml": 0,
    "application/rss+xml": 0,
    "application/feed+json": 0,
    "application/rdf+xml": 1,
    "application/json": 2,
    "application/xml": 2,
    "text/xml": 2,
}


def feeds(page: str, url: str) -> tuple[str, ...]:
    """The addresses of the feeds of a web page at `url`, the likeliest first.

    Those that are surely feeds stand before what is only XML or JSON, a page's own before those of its comments.
    """
    parser = etree.HTMLParser(no_network=True, recover=True, encoding="utf-8")
    try:
        root = etree.fromstring(b"<html>" + page[:_HEAD].encode(), parser)  # an empty page has a root so
    except etree.LxmlError:
        return ()
    base = next((str(one.get("href")) for one in root.iter("base") if one.get("href")), "")
    base = urls.absolute(base, url) or url
    found: dict[str, tuple[int, bool]] = {}
    for link in root.iter("link"):
        media_type = (link.get("type") or "").partition(";")[0].strip().lower()
        address = urls.absolute(link.get("href") or "", base)
        likely = "alternate" in (link.get("rel") or "").lower().split() and media_type in _TYPES
        # WordPress announces its programming interface so
        if likely and address and urls.is_web(address) and "/wp-json/" not in address:
            of_comments = "comments" in f"{link.get('title')} {address}".lower()
            found.setdefault(address, (_TYPES[media_type], of_comments))
    return tuple(sorted(found, key=lambda address: found[address])[:_MOST])
