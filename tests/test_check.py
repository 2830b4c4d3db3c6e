"""The check that a rendered document passes before it is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from documents import DOCUMENT, ENTRY, RICH, of

from feedhub.model import Document, Entry, Format, Person
from feedhub.output import check, render

RENDERED = render.rendered(DOCUMENT)
ATOM, RSS, JSON = Format
each = pytest.mark.parametrize("format_", Format)


@each
def test_a_whole_document_has_no_faults(format_: Format) -> None:
    assert check.faults(format_, RENDERED.forms[format_], RENDERED.document) == ()


@each
def test_a_document_without_entries_has_no_faults(format_: Format) -> None:
    empty = render.rendered(replace(DOCUMENT, entries=()))
    assert check.faults(format_, empty.forms[format_], empty.document) == ()


# What a slip would leave in the bytes, what would stand there instead, and a word of the fault.
SLIPS = [
    (ATOM, "</feed>", "", "not well-formed"),
    (ATOM, "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "wrong namespace"),
    (ATOM, "<id>tag:feeds.example.com,2026:combined</id>", "", "Expecting an element id"),
    (ATOM, "2026:combined<", "2026:featured<", "the feed: its id is"),
    (ATOM, "2026:posts/1<", "2026:posts/2<", "2026:posts/2 stands there 2 times"),
    (ATOM, "2026:posts/1<", "2026:posts/9<", "2026:posts/1 is missing"),
    (ATOM, "2026:posts/1<", "2026:posts/9<", "2026:posts/9 is not of this document"),
    (ATOM, "<title>Only a title</title>", "<title/>", "posts/3: its title is"),
    (ATOM, "<title>Only a title</title>", "", "failed to validate content"),
    (ATOM, "<title>Only a title</title>", "<title>x</title><title>y</title>", "Extra element title"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>2026-03-01T12:00:01+00:00", "published is 2026"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>yesterday", "published"),
    (ATOM, "<published>2026-03-01T12:00:00+00:00", "<published>2026-03-01T12:00:00", "published"),
    (ATOM, "<updated>2026-03-01T12:05:00+00:00</updated>", "<updated/>", "updated"),
    (ATOM, 'content type="text">Only a title</content>', "rights/>", "its content or link is False"),
    (ATOM, 'content type="html">&lt;p&gt;It', 'content type="html">&lt;p&gt;Is', "its html is <p>Is is"),
    (ATOM, 'content type="html">', 'content type="text">', "its html is ,"),
    (ATOM, "<summary", "<summary xml:lang='??'", "summary"),
    (ATOM, ">Why &lt;b", ">What &lt;b", "its summary is What"),
    (ATOM, 'rel="self" type', 'rel="via" type', "its atom is None"),
    (ATOM, "<name>Channel Desk</name>", "", "author"),
    (ATOM, "<name>Mary-Jo Foley</name>", "<name/>", "name"),
    (ATOM, "<name>Mary-Jo Foley<", "<name>Mary Foley<", "its authors is"),
    (ATOM, "mary-jo@example.org", "mary-jo at example.org", "email"),
    (ATOM, "<id>tag:news.example.org,2004:feed</id>", "", "its source is None"),
    (ATOM, "mailto:lee@", "javascript:lee@", "'javascript:lee@example.com'"),
    (ATOM, "https://example.org/mary-jo<", "/mary-jo<", "uri holds '/mary-jo'"),
    (ATOM, 'rel="enclosure" href="https://news.example.org/a.mp3"', 'rel="enclosure"', "link"),
    (ATOM, 'length="1234"', 'length="many"', "length"),
    (ATOM, "org/b.pdf", "org/c.pdf", "its enclosures is"),
    (ATOM, 'xml:lang="pl"', 'xml:lang="po polsku"', "lang"),
    (ATOM, 'xml:lang="pl"', "", "its language is None"),
    (ATOM, "osmos.jpg", "other.jpg", "its image is"),
    (ATOM, 'category term="news"', "category", "category"),
    (RSS, "</rss>", "", "not well-formed"),
    (RSS, 'version="2.0"', 'version="0.91"', "rss failed"),
    (RSS, "<description>What our partners write.</description>", "", "description"),
    (RSS, "<link>https://feeds.example.com/</link>", "<link>https://example.com/</link>", "the feed: its page"),
    (RSS, 'rel="self"', 'rel="via"', "its rss is None"),
    (RSS, "12:05:00 +0000</last", "12:05:00 +0100</last", "the feed: its updated"),
    (RSS, "<title>Only a title</title>", "", "title"),
    (RSS, 'isPermaLink="false">tag', ">tag", "guid failed"),
    (RSS, 'isPermaLink="false">tag', 'isPermaLink="true">tag', "guid failed"),
    (RSS, "2026:posts/1<", "2026:posts/2<", "2026:posts/1 is missing"),
    (RSS, "<pubDate>Sun, 01 Mar 2026 12:00:00 +0000", "<pubDate>Sun, 01 Mar 2026 13:00:00 +0000", "published is"),
    (RSS, "<pubDate>Sun, 01 Mar 2026", "<pubDate>Sun, 01 Mar 26", "pubDate"),
    (RSS, "<pubDate>Sun, 01 Mar 2026 12:00:00 +0000", "<pubDate>2026-03-01", "pubDate"),
    (RSS, '<source url="https', '<source url="ftp', "source holds 'ftp"),
    (RSS, "/feed.xml?a=1", "/feed.xml?a=2", "its source feed is"),
    (RSS, "mailto:lee@", "feed:lee@", "link holds 'feed:lee@example.com'"),
    (RSS, 'enclosure url="https:', 'enclosure url="data:', "enclosure holds 'data:"),
    (RSS, 'length="1234"', 'length=""', "nonNegativeInteger"),
    (RSS, "<enclosure", '<enclosure url="https://e.org/" length="0" type="a/b"/><enclosure', "enclosure"),
    (RSS, 'content url="https://news.example.org/b.pdf"', 'content url="https://e.org/b.pdf"', "its media is"),
    (RSS, "<dc:creator>Mary-Jo Foley", "<dc:creator>Mary Foley", "its creators is"),
    (RSS, "<description>Why", "<description>What", "its description is What"),
    (RSS, "encoded>&lt;p&gt;It", "encoded>&lt;p&gt;Is", "its html is <p>Is is"),
    (RSS, "<dc:creator>", "<creator>x</creator><dc:creator>", "creator"),
    (JSON, "]}\n", "", "no JSON"),
    (JSON, "version/1.1", "version/1", "its version is"),
    (JSON, '"items":[', '"items":[null,', "an item is no object"),
    (JSON, '"title":"Channel Desk",', "", "the feed: title is missing"),
    (JSON, '"title":"Channel Desk"', '"title":"Desk"', "the feed: its title is Desk"),
    (JSON, '"title":"Channel Desk"', '"title":7', "the feed: title is 7"),
    (JSON, "feed.json", "feed.jsonp", "the feed: its json is"),
    (JSON, "2026:posts/1", "2026:posts/2", "2026:posts/2 stands there 2 times"),
    (JSON, '"id":"tag:feeds.example.com,2026:posts/1",', "", "None: id is missing"),
    (JSON, '"content_text":"Only a title"', '"content_text":""', "neither content_html nor content_text"),
    (JSON, '"content_html":"<p>It', '"content_html":"<p>Is', "its html is <p>Is is"),
    (JSON, "2026-03-01T12:00:00+00:00", "yesterday", "its published is None"),
    (JSON, "mailto:lee@", "javascript:lee@", "url holds 'javascript:lee@example.com'"),
    (JSON, "https://example.org/mary-jo", "/mary-jo", "url holds '/mary-jo'"),
    (JSON, ',"mime_type":"audio/mpeg"', "", "mime_type is missing"),
    (JSON, '"size_in_bytes":1234', '"size_in_bytes":"1234"', "size_in_bytes is '1234'"),
    (JSON, '"tags":["news"', '"tags":[1', "a tag that is no text"),
    (JSON, '"authors":[{"name":"Lee Pender"}]', '"authors":[{}]', "an author without name or url"),
    (JSON, '"authors":[{"name":"Lee Pender"}]', '"author":{"name":"Lee Pender"}', "author is unknown"),
    (JSON, '"source":{"id":"tag', '"source":{"id":"gat', "its source is gat"),
]


@pytest.mark.parametrize(("format_", "stands", "slipped", "words"), SLIPS)
def test_a_slip_of_the_renderer_is_found(format_: Format, stands: str, slipped: str, words: str) -> None:
    written = RENDERED.forms[format_].decode()
    assert stands in written
    wrong = written.replace(stands, slipped, 1).encode()
    faults = check.faults(format_, wrong, RENDERED.document)
    assert any(words in fault for fault in faults), faults


@each
@pytest.mark.parametrize(
    ("document", "words"),
    [
        (of(*reversed(RENDERED.document.entries)), "not in their order"),
        (of(*RENDERED.document.entries[1:]), f"{RICH.uid} is not of this document"),
        (of(*RENDERED.document.entries, replace(ENTRY, uid="urn:more")), "urn:more is missing"),
        (of(ENTRY, ENTRY), "is not of this document"),
    ],
)
def test_entries_are_exactly_the_documents(format_: Format, document: Document, words: str) -> None:
    assert any(words in fault for fault in check.faults(format_, RENDERED.forms[format_], document))


@each
def test_a_document_with_the_same_entry_twice_is_refused(format_: Format) -> None:
    twice = render.rendered(of(ENTRY, ENTRY))
    assert check.faults(format_, twice.forms[format_], twice.document) == (f"{ENTRY.uid} stands there 2 times",)


@each
@pytest.mark.parametrize(
    ("html", "link"),
    [
        ('<a href="/relative">x</a>', "/relative"),
        ("<a href='javascript:alert(1)'>x</a>", "javascript:alert(1)"),
        ("<a HREF=#top>x</a>", "#top"),
        ('<img alt="x" src="data:image/png;base64,AAAA">', "data:image/png;base64,AAAA"),
        ('<video poster="//e.org/x" src="https://e.org/v"></video>', "//e.org/x"),
        ('<q cite="ftp://e.org/">x</q>', "ftp://e.org/"),
    ],
)
def test_a_link_in_the_content_that_leads_nowhere_is_a_fault(format_: Format, html: str, link: str) -> None:
    rendered = render.rendered(of(replace(ENTRY, html=html)))
    faults = check.faults(format_, rendered.forms[format_], rendered.document)
    assert faults == (f"{ENTRY.uid}: its content links {link!r}",)


@each
@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, html="<p>write href=foo, src='x', or &lt;a href=/x&gt;</p>"),
        replace(ENTRY, html='<p title="href=x">x</p><a href="https://e.org/?href=x">x</a>'),
        replace(ENTRY, html="<!-- -->"),
    ],
)
def test_words_that_look_like_a_link_are_none(format_: Format, entry: Entry) -> None:
    rendered = render.rendered(of(entry))
    assert check.faults(format_, rendered.forms[format_], rendered.document) == ()


def test_what_looks_like_html_in_rss_may_be_escaped_once_more() -> None:
    document = render.rendered(
        of(replace(ENTRY, title="<b>x", authors=(Person(name="<i>"), Person(name="y"))))
    ).document
    plain = render.rendered(document).forms[RSS]
    twice = plain.replace(b"<title>&lt;b&gt;", b"<title>&amp;lt;b&amp;gt;").replace(
        b">&lt;i&gt;", b">&amp;lt;i&amp;gt;"
    )
    assert plain != twice
    assert check.faults(RSS, plain, document) == check.faults(RSS, twice, document) == ()


def test_an_entity_is_neither_fetched_nor_expanded() -> None:
    hostile = b"<!DOCTYPE feed [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" + RENDERED.forms[ATOM].partition(b"?>")[
        2
    ].replace(b"tag:feeds.example.com,2026:combined", b"&x;", 1)
    assert check.faults(ATOM, hostile, RENDERED.document)
