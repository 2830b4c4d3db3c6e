"""The check that a rendered document passes before it is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from documents import DOCUMENT, ENTRY, RICH, of

from feedhub.model import Document, LeftOut, Rendered
from feedhub.output import check, render

ATOM = render.atom(DOCUMENT)
RSS = render.rss(DOCUMENT)
both = pytest.mark.parametrize("rendered", [ATOM, RSS], ids=["atom", "rss"])


@both
def test_a_whole_document_has_no_faults(rendered: Rendered) -> None:
    assert check.faults(rendered, DOCUMENT) == ()


# What a slip would leave in the bytes, what would stand there instead, and a word of the fault.
SLIPS = [
    (ATOM, "</feed>", "", "not well-formed"),
    (ATOM, "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "not an Atom feed"),
    (ATOM, "<id>tag:feeds.example.com,2026:combined</id>", "", "the feed's id is None"),
    (ATOM, "<id>tag:feeds.example.com,2026:posts/1</id>", "", "tag:feeds.example.com,2026:posts/1 is missing"),
    (ATOM, "2026:posts/1<", "2026:posts/2<", "2026:posts/2 stands there 2 times"),
    (ATOM, "2026:posts/1<", "2026:posts/9<", "2026:posts/9 is not of this document"),
    (ATOM, "<title>Only a title</title>", "<title/>", "posts/3: title must stand once"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>2026-03-01T12:00:01+00:00", "published is 2026"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>yesterday", "published is None"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>2026-03-01T12:00:00", "published is 2026"),
    (ATOM, "<updated>2026-03-01T12:05:00+00:00</updated>", "<updated/>", "the feed's updated"),
    (ATOM, 'content type="text">Only a title</content>', "x/>", "neither content nor an alternate link"),
    (ATOM, 'rel="self" type', 'rel="via" type', "own address is None"),
    (ATOM, "<name>Channel Desk</name>", "", "no author"),
    (ATOM, "<id>tag:news.example.org,2004:feed</id>", "", "source is None"),
    (ATOM, "mailto:lee@", "javascript:lee@", "'javascript:lee@example.com'"),
    (ATOM, "https://example.org/mary-jo<", "/mary-jo<", "uri holds '/mary-jo'"),
    (ATOM, 'rel="enclosure" href="https://news.example.org/a.mp3"', 'rel="enclosure"', "link holds ''"),
    (RSS, "</rss>", "", "not well-formed"),
    (RSS, 'version="2.0"', 'version="0.91"', "not RSS 2.0"),
    (RSS, "<description>What our partners write.</description>", "", "channel: description must stand once"),
    (RSS, "<link>https://feeds.example.com/</link>", "<link>https://example.com/</link>", "the channel's link"),
    (RSS, 'rel="self"', 'rel="via"', "own address is None"),
    (RSS, "12:05:00 +0000</last", "12:05:00 +0100</last", "lastBuildDate"),
    (RSS, "<title>Only a title</title>", "", "posts/3: title must stand once"),
    (RSS, 'isPermaLink="false">tag', ">tag", "passes for an address"),
    (RSS, "2026:posts/1<", "2026:posts/2<", "2026:posts/1 is missing"),
    (RSS, "<pubDate>Sun, 01 Mar 2026 12:00:00 +0000", "<pubDate>Sun, 01 Mar 2026 13:00:00 +0000", "pubDate is"),
    (RSS, "<pubDate>Sun, 01 Mar 2026 12:00:00 +0000", "<pubDate>", "pubDate is None"),
    (RSS, '<source url="https', '<source url="ftp', "source is ftp"),
    (RSS, "mailto:lee@", "feed:lee@", "link holds 'feed:lee@example.com'"),
    (RSS, 'enclosure url="https:', 'enclosure url="data:', "enclosure holds 'data:"),
]


@pytest.mark.parametrize(("rendered", "stands", "slipped", "words"), SLIPS)
def test_a_slip_of_the_renderer_is_found(rendered: Rendered, stands: str, slipped: str, words: str) -> None:
    written = rendered.data.decode()
    assert stands in written
    wrong = replace(rendered, data=written.replace(stands, slipped, 1).encode())
    assert any(words in fault for fault in check.faults(wrong, DOCUMENT))


@both
@pytest.mark.parametrize(
    ("document", "words"),
    [
        (of(*reversed(DOCUMENT.entries)), "not in their order"),
        (of(*DOCUMENT.entries[1:]), f"{RICH.uid} is not of this document"),
        (of(*DOCUMENT.entries, replace(ENTRY, uid="urn:more")), "urn:more is missing"),
    ],
)
def test_entries_are_exactly_the_documents(rendered: Rendered, document: Document, words: str) -> None:
    assert any(words in fault for fault in check.faults(rendered, document))


@both
def test_what_is_said_to_be_left_out_is_not_missed(rendered: Rendered) -> None:
    document = of(*DOCUMENT.entries, replace(ENTRY, uid="urn:more"))
    told = replace(rendered, left_out=(LeftOut(uid="urn:more", words="no id"),))
    assert check.faults(told, document) == ()


@both
def test_a_document_with_the_same_entry_twice_is_refused(rendered: Rendered) -> None:
    document = of(ENTRY, ENTRY)
    way = render.atom if rendered is ATOM else render.rss
    assert check.faults(way(document), document) == (f"{ENTRY.uid} stands there 2 times",)


def test_an_entity_is_neither_fetched_nor_expanded() -> None:
    hostile = b"<!DOCTYPE feed [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + ATOM.data.partition(b"?>")[2].replace(
        b"tag:feeds.example.com,2026:combined", b"&x;", 1
    )
    assert any("the feed's id" in fault for fault in check.faults(replace(ATOM, data=hostile), DOCUMENT))
