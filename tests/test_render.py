"""What is published as Atom and RSS.

Golden documents are made again by `python tests/test_render.py`; read the difference before it is committed.
"""

from __future__ import annotations

import io
import locale
import re
from calendar import timegm
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from documents import CREDIT, DOCUMENT, ENTRY, NOON, RICH, documents, of
from feedgen.feed import FeedGenerator
from hypothesis import given, settings
from lxml import etree

from feedhub.model import Category, Document, Enclosure, Entry, Format, Person, Rendered
from feedhub.output import check, render

GOLDEN = Path(__file__).parent / "golden"
WAYS = {Format.ATOM: render.atom, Format.RSS: render.rss}
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
}

both = pytest.mark.parametrize("write", WAYS.values(), ids=[*WAYS])


def found(rendered: Rendered, path: str) -> Any:
    return etree.fromstring(rendered.data).xpath(path, namespaces=NAMES)


def read(rendered: Rendered) -> Any:
    """As a subscriber's feedparser reads it."""
    return feedparser.parse(io.BytesIO(rendered.data), sanitize_html=False, resolve_relative_uris=False)


def folded(text: str) -> str:
    """Without what XML cannot hold, white space folded."""
    return " ".join(re.sub("[\x00\x0b\ud800\ufffe\uffff]", "", text).split())


# -- whole documents


@pytest.mark.parametrize("format_", WAYS)
def test_a_document_with_everything_in_it_is_written_as_before(format_: Format) -> None:
    assert WAYS[format_](DOCUMENT).data == (GOLDEN / f"everything.{format_}").read_bytes()


@both
def test_the_same_document_is_the_same_bytes(write: Any) -> None:
    assert write(of()).data == write(of()).data


@both
@settings(max_examples=100, deadline=None)
@given(document=documents())
def test_any_text_is_published_whole_and_reads_back_as_it_was(write: Any, document: Document) -> None:
    """No text of a source's may cost the feed, or an entry, its place."""
    rendered = write(document)
    assert rendered.left_out == ()
    assert check.faults(rendered, document) == ()
    feed = read(rendered)
    assert not feed.bozo
    assert [entry.id for entry in feed.entries] == [entry.uid for entry in document.entries]
    for seen, entry in zip(feed.entries, document.entries, strict=True):
        assert datetime.fromtimestamp(timegm(seen.published_parsed), UTC) == entry.published
        assert folded(seen.title) in {folded(entry.title), entry.link, entry.uid}
        assert entry.link is None or seen.link == entry.link


@pytest.mark.parametrize(
    "title", ["A  b\tc", "\U0001f680 שלום \u202e", "1 < 2 & 3 > 2", "]]>", "<b>x</b>", "&amp;", "AT&T"]
)
@both
def test_a_title_reads_back_as_it_was(write: Any, title: str) -> None:
    rendered = write(of(replace(ENTRY, title=title)))
    assert found(rendered, "string(//*[local-name()='entry' or local-name()='item']/*[local-name()='title'])") == title


@both
@pytest.mark.parametrize(
    "html", ["<p>]]&gt; ]]></p>", "<p>" + "wide \U0001f680 " * 30_000 + "</p>", "  <pre>\n a\n</pre>\n"]
)
def test_html_reads_back_to_the_byte(write: Any, html: str) -> None:
    (content,) = found(
        write(of(replace(ENTRY, html=html))), "//a:entry/a:content/text() | //item/content:encoded/text()"
    )
    assert content == html


# -- one bad entry


@both
@pytest.mark.parametrize("code", [*{*range(0x20)} - {*b"\t\n\r"}, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_is_dropped_from_texts(write: Any, code: int) -> None:
    document = of(replace(ENTRY, title=f"a{chr(code)}b", html=f"<p>{chr(code)}</p>"), RICH, subtitle=f"s{chr(code)}")
    rendered = write(document)
    assert rendered == write(of(replace(ENTRY, title="ab", html="<p></p>"), RICH, subtitle="s"))


@both
@pytest.mark.parametrize(
    "bad",
    [
        replace(ENTRY, uid="urn:\x00"),
        replace(ENTRY, uid=""),
        replace(ENTRY, link="javascript:alert(1)"),
        replace(ENTRY, link="/relative"),
        replace(ENTRY, enclosures=(Enclosure(url="data:text/html,x"),)),
        replace(ENTRY, authors=(Person(name="x", url="ftp://example.org/"),)),
        replace(ENTRY, credit=replace(CREDIT, feed_url="news.xml")),
    ],
    ids=["id", "no id", "script", "relative", "enclosure", "author", "source"],
)
def test_an_entry_that_cannot_be_published_costs_no_other_its_place(write: Any, bad: Entry) -> None:
    document = of(RICH, bad, replace(ENTRY, uid="urn:last"))
    rendered = write(document)
    assert [one.uid for one in rendered.left_out] == [bad.uid]
    assert rendered.data == write(of(RICH, replace(ENTRY, uid="urn:last"))).data
    assert check.faults(rendered, document) == ()


@both
def test_an_entry_of_which_no_title_is_left_goes_by_its_link_or_id(write: Any) -> None:
    rendered = write(of(replace(ENTRY, title="\x00"), replace(ENTRY, uid="urn:2", title="\x00", link=None)))
    assert [entry.title for entry in read(rendered).entries] == [ENTRY.link, "urn:2"]


@both
def test_a_head_that_cannot_be_written_is_an_error_and_no_empty_feed(write: Any) -> None:
    with pytest.raises(ValueError, match="Required fields"):
        write(of(title=""))


# -- Atom


def test_an_atom_entry_credits_its_source() -> None:
    source = found(render.atom(of(RICH)), "//a:entry/a:source")[0]
    assert {(child.tag.rpartition("}")[2], child.text or child.get("href")) for child in source} == {
        ("id", CREDIT.id),
        ("title", CREDIT.title),
        ("updated", "2026-03-01T11:00:00+00:00"),
        ("link", CREDIT.feed_url),
        ("link", CREDIT.site),
    }


def test_an_atom_entry_has_one_alternate_link_and_all_its_enclosures() -> None:
    links = [dict(link.attrib) for link in found(render.atom(of(RICH)), "//a:entry/a:link")]
    assert links == [
        {"href": RICH.link, "rel": "alternate"},
        {"rel": "enclosure", "href": "https://news.example.org/a.mp3", "type": "audio/mpeg", "length": "1234"},
        {"rel": "enclosure", "href": "https://news.example.org/b.pdf"},
    ]


def test_a_summary_is_text_and_the_content_html() -> None:
    rendered = render.atom(of(RICH))
    assert found(rendered, "string(//a:summary[@type='text'])") == RICH.summary
    assert found(rendered, "string(//a:content[@type='html'])") == RICH.html


def test_an_entry_without_link_or_html_still_has_content() -> None:
    assert found(render.atom(of(replace(ENTRY, link=None))), "string(//a:entry/a:content[@type='text'])") == "Plain"


@pytest.mark.parametrize(("language", "said"), [("en", []), (None, []), ("pl", ["pl"])])
def test_an_entry_says_its_language_only_where_it_is_not_the_feeds(language: str | None, said: list[str]) -> None:
    assert found(render.atom(of(replace(ENTRY, language=language))), "//a:entry/@xml:lang") == said


# -- RSS


def test_an_rss_description_is_the_summary_as_html_beside_the_whole() -> None:
    rendered = render.rss(of(RICH))
    assert found(rendered, "string(//item/description)") == "Why &lt;b&gt; is a tag &amp; not a word."
    assert found(rendered, "string(//item/content:encoded)") == RICH.html


def test_without_a_summary_the_whole_is_the_description_too() -> None:
    rendered = render.rss(of(replace(ENTRY, html="<p>x</p>")))
    assert found(rendered, "//item/description/text()") == ["<p>x</p>"]
    assert found(rendered, "//item/content:encoded/text()") == ["<p>x</p>"]


def test_an_rss_item_names_its_authors_and_its_source() -> None:
    rendered = render.rss(of(RICH))
    assert found(rendered, "//item/dc:creator/text()") == ["Mary-Jo Foley", "Søren Łukasz"]
    assert found(rendered, "//item/source/@url | //item/source/text()") == [CREDIT.feed_url, CREDIT.title]
    assert found(rendered, "//item/author") == []


@pytest.mark.parametrize(
    ("enclosure", "written"),
    [
        (Enclosure(url="https://e.org/a", type="audio/mpeg", length=7), ("https://e.org/a", "7", "audio/mpeg")),
        (Enclosure(url="https://e.org/a"), ("https://e.org/a", "0", "application/octet-stream")),
    ],
)
def test_an_rss_enclosure_always_has_length_and_type(enclosure: Enclosure, written: tuple[str, str, str]) -> None:
    second = Enclosure(url="https://e.org/second")
    (element,) = found(render.rss(of(replace(ENTRY, enclosures=(enclosure, second)))), "//item/enclosure")
    assert (element.get("url"), element.get("length"), element.get("type")) == written


def test_a_channel_links_its_page_and_itself_and_is_never_without_description() -> None:
    rendered = render.rss(of(subtitle=""))
    assert found(rendered, "/rss/channel/link/text()") == [DOCUMENT.page]
    assert found(rendered, "/rss/channel/a:link[@rel='self'][@type='application/rss+xml']/@href") == [DOCUMENT.rss]
    assert found(rendered, "/rss/channel/description/text()") == [DOCUMENT.title]


def test_rendering_leaves_the_locale_of_the_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feedgen's own dates switch it and back, in the midst of other threads."""
    monkeypatch.setattr(locale, "setlocale", lambda *_: pytest.fail("setlocale was called"))
    assert found(render.rss(of(RICH)), "//item/pubDate/text()") == ["Sun, 01 Mar 2026 12:00:00 +0000"]


# -- what feedgen does that we work around: where one of these fails, the way around may go


def feed() -> Any:
    made = FeedGenerator()
    made.id("urn:feed")
    made.title("t")
    made.link(href="https://example.org/", rel="alternate")
    made.description("d")
    return made


def entry(made: Any, **changed: Any) -> Any:
    added = made.add_entry(order="append")
    for name, value in ({"id": "urn:1", "title": "t", "link": {"href": "https://example.org/1"}} | changed).items():
        getattr(added, name)(value)
    return added


def test_feedgen_drops_rel_type_and_length_of_atom_links() -> None:
    element = entry(
        feed(), link={"href": "https://e.org/a", "rel": "alternate", "type": "a/b", "length": "1"}
    ).atom_entry()
    assert dict(element.find("link").attrib) == {"href": "https://e.org/a"}


def test_feedgen_makes_atom_elements_in_no_namespace() -> None:
    assert feed()._create_atom()[0].tag == "feed"


def test_feedgen_formats_rss_dates_by_switching_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    from feedgen import util  # only now: it uses lxml.etree without importing it

    calls = []
    monkeypatch.setattr(locale, "setlocale", lambda *arguments: calls.append(arguments))
    util.formatRFC2822(NOON)
    assert calls


def test_feedgen_takes_now_for_what_was_last_updated() -> None:
    assert datetime.now(UTC) - feed().updated() < timedelta(minutes=1)


def test_feedgen_takes_the_last_link_for_the_channels() -> None:
    made = feed()
    made.link(href="https://example.org/feed.rss", rel="self")
    assert etree.fromstring(made.rss_str()).findtext("channel/link") == "https://example.org/feed.rss"


def test_feedgen_prepends_entries() -> None:
    made = feed()
    first, second = made.add_entry(), made.add_entry()
    assert made.entry() == [second, first]


@pytest.mark.parametrize(
    "changed", [{"title": ""}, {"title": "a\x00"}, {"summary": "\ud800"}, {"link": {"href": "x\x0b"}}]
)
def test_feedgen_loses_the_whole_feed_to_one_bad_text(changed: dict[str, Any]) -> None:
    made = feed()
    entry(made)
    entry(made, **changed)
    with pytest.raises(ValueError, match=r"XML compatible|surrogates|Required fields"):
        made.atom_str()


def test_feedgen_wants_content_where_there_is_no_link() -> None:
    made = feed()
    made.add_entry().id("urn:1")
    made.entry()[0].title("t")
    with pytest.raises(ValueError, match="alternate link"):
        made.atom_str()


def test_feedgen_writes_only_title_and_link_of_a_source() -> None:
    added = entry(feed())
    added.source("https://example.org/feed.xml", "Source")
    assert [child.tag for child in added.atom_entry().find("source")] == ["title", "link"]


def test_feedgen_drops_an_rss_author_without_an_email() -> None:
    assert entry(feed(), author={"name": "Lee"}).rss_entry().find("author") is None


def test_feedgen_cannot_write_an_enclosure_of_unknown_type() -> None:
    added = entry(feed())
    added.enclosure("https://example.org/a", 0, None)
    with pytest.raises(TypeError):
        added.rss_entry()


def test_feedgen_wants_a_category_to_have_a_term() -> None:
    with pytest.raises(ValueError, match="required keys"):
        entry(feed(), category={"label": Category(term="").term})


if __name__ == "__main__":
    for format_, write in WAYS.items():
        (GOLDEN / f"everything.{format_}").write_bytes(write(DOCUMENT).data)
