"""A feed's window as the document that says so. Pure.

Which items have a place in the feed stands in the record of releases; here it is
only seen which of them still belong, and how each is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from feedhub import text, urls
from feedhub.model import (
    Content,
    Credit,
    Document,
    Entry,
    Item,
    Kind,
    Person,
    Release,
    SourceId,
    SourceState,
    Standing,
    Tombstone,
)
from feedhub.output.catalogue import Catalogue, Feed, Shape
from feedhub.output.membership import Verdict, credited, verdict
from feedhub.settings import ContentMode, Pin, WebAddress

SUMMARY = 300  # characters of an excerpt
TITLE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A place in the window, with what stands in it. `pin`: how an editor wants it shown."""

    release: Release
    item: Item
    featured: bool
    pin: Pin | None = None


def document(
    feed: Feed, standing: Standing, window: Sequence[Shown], among: Catalogue, sources: Mapping[SourceId, SourceState]
) -> Document:
    """A document of a feed. The featured feed stands in the order given, the others by date.

    What was taken back from its place, by the admin or its source or with its post, leaves a tombstone there.
    """
    hub = among.config.hub
    shown = [one for one in window if _stands(one, feed, among)]
    if feed.shape is not Shape.FEATURED:
        shown.sort(key=lambda one: (one.release.dated, one.release.number), reverse=True)
    entries = tuple(_entry(one, feed, among, sources) for one in shown)
    tombstones = tuple(_tombstones(window))
    page = f"{hub.url}/{quote(feed.folder)}"
    assert standing.published is not None
    return Document(
        id=standing.uid,
        title=feed.title,
        subtitle=feed.subtitle,
        language=hub.language,
        page=page,
        atom=f"{page}feed.atom",
        rss=f"{page}feed.rss",
        json=f"{page}feed.json",
        updated=max(
            (*(entry.updated for entry in entries), *(gone.when for gone in tombstones)), default=standing.published
        ),
        author=_publisher(feed, among),
        entries=entries,
        tombstones=tombstones,
    )


def _tombstones(window: Sequence[Shown]) -> Iterator[Tombstone]:
    for item in (one.item for one in window):
        times = [time for time in (item.retracted, item.withdrawn) if time]
        if times:
            yield Tombstone(uid=item.uid, when=min(times))


def _stands(shown: Shown, feed: Feed, among: Catalogue) -> bool:
    if shown.item.hidden:
        return False
    found = verdict(shown.item, feed, among, featured=shown.featured)
    return found in (Verdict.IN, Verdict.UNDECIDED)


def _publisher(feed: Feed, among: Catalogue) -> Person:
    for author in among.config.authors.values():
        if feed.shape is Shape.AUTHOR and feed.key == author.id:
            return Person(name=author.name, email=author.email, url=author.url)
    return Person(name=among.config.hub.title, url=f"{among.config.hub.url}/")


def _entry(shown: Shown, feed: Feed, among: Catalogue, sources: Mapping[SourceId, SourceState]) -> Entry:
    item, release = shown.item, shown.release
    content = _as_pinned(item, shown.pin)
    words = "" if content.summary and content.title else text.from_html(content.html)
    summary = content.summary or text.excerpt(words, SUMMARY)
    updated = max(item.updated, release.dated)
    source = sources.get(item.source) if item.source else None
    credit = _credit(item, source, among) if source else None
    language = content.language or (source.language if source else None)
    return Entry(
        uid=item.uid,
        title=content.title or text.excerpt(words or summary, TITLE) or "Untitled",
        link=link_of(item, among.config.hub.url),
        published=release.dated,
        updated=updated,
        authors=credited(item, among, credit.title if credit else among.config.hub.title),
        summary=summary,
        html="" if _summary_only(item, feed, among) else content.html,
        categories=content.categories,
        enclosures=content.enclosures,
        image=content.image,
        language=language if language and language.lower() != among.config.hub.language.lower() else None,
        credit=credit,
    )


def _as_pinned(item: Item, pin: Pin | None) -> Content:
    """An item as its pin shows it: the editor's title, words and image before its own."""
    content = item.content
    if pin is None or item.kind is Kind.LINK:  # which says what its pin says already
        return content
    said = pinned(pin)
    return replace(
        content,
        title=said.title or content.title,
        summary=said.summary or content.summary,
        html=said.html if pin.summary else _leading(said, content) + content.html,
        image=said.image or content.image,
    )


def _leading(said: Content, content: Content) -> str:
    """What a pin without words puts before an item: its image, where the item does not hold it itself."""
    held = said.image and f'src="{escape(said.image.url, quote=False)}"' in content.html
    return "" if held else said.html


def pinned(pin: Pin) -> Content:
    """What a pin says."""
    summary = pin.summary or ""
    image = f'<p><img src="{escape(pin.image.url)}" alt="{escape(pin.image.alt)}"></p>' if pin.image else ""
    return Content(
        title=text.one_line(pin.title or ""),
        link=urls.publishable(pin.url),
        summary=text.one_line(summary),
        html=image + text.paragraphs(summary),
        image=pin.image,
    )


def _summary_only(item: Item, feed: Feed, among: Catalogue) -> bool:
    source = among.sources.get(item.source) if item.source else None
    return ContentMode.SUMMARY in (feed.content, source.content if source else ContentMode.FULL)


def _credit(item: Item, state: SourceState, among: Catalogue) -> Credit:
    """The source that an item came from; never by a path, nor by an address that holds a secret."""
    source = among.sources[state.id]
    here = f"{among.config.hub.url}/sources/{state.id}/feed.atom"
    public = source.location.url if isinstance(source.location, WebAddress) and not source.location.secret else ""
    feed_url = urls.publishable(public) or here
    return Credit(
        id=state.feed_id or feed_url,
        title=source.title or state.title or state.id,
        feed_url=feed_url,
        site=state.site,
        updated=item.updated,
    )


def link_of(item: Item, hub_url: str) -> str | None:
    """Where an item is read: a post on its page here, all else where it came from."""
    if item.kind is Kind.POST:
        return f"{hub_url}/posts/{item.author}/{quote(item.slug or '')}/"
    return item.content.link
