"""What is published as Atom, RSS and JSON Feed.

Golden documents are made again by `python tests/test_render.py`; read the difference before it is committed.
"""

from __future__ import annotations

import io
import json
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

from feedhub import text
from feedhub.model import Category, Document, Enclosure, Entry, Format, Image, Person
from feedhub.output import check, render

GOLDEN = Path(__file__).parent / "golden"
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
}


def atom(document: Document) -> bytes:
    return render.rendered(document).forms[Format.ATOM]


def rss(document: Document) -> bytes:
    return render.rendered(document).forms[Format.RSS]


def json_feed(document: Document) -> Any:
    return json.loads(render.rendered(document).forms[Format.JSON])


both = pytest.mark.parametrize("write", [atom, rss])


def found(data: bytes, path: str) -> Any:
    return etree.fromstring(data).xpath(path, namespaces=NAMES)


def read(data: bytes) -> Any:
    """As a subscriber's feedparser reads it."""
    return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)


def folded(text: str) -> str:
    """Without what XML cannot hold, white space folded."""
    return " ".join(re.sub("[\x00\x0b\ud800\ufffe\uffff]", "", text).split())


# -- whole documents


@pytest.mark.parametrize("format_", Format)
def test_a_document_with_everything_in_it_is_written_as_before(format_: Format) -> None:
    assert render.rendered(DOCUMENT).forms[format_] == (GOLDEN / f"everything.{format_}").read_bytes()


def test_the_same_document_is_the_same_bytes() -> None:
    assert render.rendered(of()) == render.rendered(of())


@settings(max_examples=150, deadline=None)
@given(document=documents())
def test_any_text_is_published_whole_and_says_the_same_in_every_format(document: Document) -> None:
    """No text of a source's may cost the feed, or an entry, its place."""
    rendered = render.rendered(document)
    assert rendered.left_out == {}
    assert [check.faults(format_, data, rendered.document) for format_, data in rendered.forms.items()] == [()] * 3
    atom, rss = (read(rendered.forms[format_]) for format_ in (Format.ATOM, Format.RSS))
    items = json.loads(rendered.forms[Format.JSON])["items"]
    assert not atom.bozo
    assert not rss.bozo
    for entry, *seen, item in zip(document.entries, atom.entries, rss.entries, items, strict=True):
        for one in seen:
            assert (one.id, item["id"]) == (entry.uid, entry.uid)
            assert datetime.fromtimestamp(timegm(one.published_parsed), UTC) == entry.published
            assert folded(one.title) in {folded(entry.title), entry.link, entry.uid}
            assert entry.link is None or (one.link, item["url"]) == (entry.link, entry.link)
        assert datetime.fromisoformat(item["date_published"]) == entry.published
        assert item.get("content_html", "") == text.clean(entry.html)


@pytest.mark.parametrize(
    "title", ["A  b\tc", "\U0001f680 שלום \u202e", "1 < 2 & 3 > 2", "]]>", "<b>x</b>", "&amp;", "AT&T"]
)
@both
def test_a_title_reads_back_as_it_was(write: Any, title: str) -> None:
    data = write(of(replace(ENTRY, title=title)))
    assert found(data, "string(//*[local-name()='entry' or local-name()='item']/*[local-name()='title'])") == title


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


@pytest.mark.parametrize("code", [*{*range(0x20)} - {*b"\t\n\r"}, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_is_dropped_from_texts(code: int) -> None:
    document = of(replace(ENTRY, title=f"a{chr(code)}b", html=f"<p>{chr(code)}</p>"), RICH, subtitle=f"s{chr(code)}")
    clean = of(replace(ENTRY, title="ab", html="<p></p>"), RICH, subtitle="s")
    assert render.rendered(document) == render.rendered(clean)


@pytest.mark.parametrize(
    "bad",
    [
        replace(ENTRY, uid="urn:\x00"),
        replace(ENTRY, uid=""),
        replace(ENTRY, link="javascript:alert(1)"),
        replace(ENTRY, link="/relative"),
        replace(ENTRY, link="https://example.org/two words"),
    ],
    ids=["id", "no id", "script", "relative", "blank"],
)
def test_an_entry_that_cannot_be_published_costs_no_other_its_place(bad: Entry) -> None:
    rendered = render.rendered(of(RICH, bad, replace(ENTRY, uid="urn:last")))
    assert [*rendered.left_out] == [bad.uid]
    assert rendered.forms == render.rendered(of(RICH, replace(ENTRY, uid="urn:last"))).forms


SCRIPT = "javascript:alert(1)"


@pytest.mark.parametrize(
    ("bad", "mended"),
    [
        ({"authors": (Person(name="x", url="ftp://example.org/"),)}, {"authors": (Person(name="x"),)}),
        ({"authors": (Person(name="x", email="x at example"),)}, {"authors": (Person(name="x"),)}),
        ({"authors": (Person(name=""), Person(name="x"))}, {"authors": (Person(name="x"),)}),
        ({"credit": replace(CREDIT, feed_url="feed.xml")}, {"credit": replace(CREDIT, feed_url=None)}),
        ({"credit": replace(CREDIT, site=SCRIPT)}, {"credit": replace(CREDIT, site=None)}),
        ({"enclosures": (Enclosure(url=SCRIPT), *RICH.enclosures)}, {"enclosures": RICH.enclosures}),
        (
            {"enclosures": (Enclosure(url="https://e.org/a", type="mp3"),)},
            {"enclosures": (Enclosure(url="https://e.org/a"),)},
        ),
        ({"image": Image(url=SCRIPT, alt="x")}, {"image": None}),
        ({"language": "English (US)"}, {"language": None}),
        (
            {"categories": (Category(term="x", scheme="two words"), Category(term=""))},
            {"categories": (Category(term="x"),)},
        ),
    ],
)
def test_what_is_wrong_with_a_part_of_an_entry_costs_that_part_alone(bad: Any, mended: Any) -> None:
    rendered = render.rendered(of(replace(RICH, **bad)))
    assert rendered == render.rendered(of(replace(RICH, **mended)))
    assert [check.faults(format_, data, rendered.document) for format_, data in rendered.forms.items()] == [()] * 3


@both
def test_an_entry_of_which_no_title_is_left_goes_by_its_link_or_id(write: Any) -> None:
    data = write(of(replace(ENTRY, title="\x00"), replace(ENTRY, uid="urn:2", title="\x00", link=None)))
    assert [entry.title for entry in read(data).entries] == [ENTRY.link, "urn:2"]


def test_a_head_that_cannot_be_written_is_an_error_and_no_empty_feed() -> None:
    with pytest.raises(ValueError, match="Required fields"):
        render.rendered(of(title=""))


# -- Atom


def test_an_atom_entry_credits_its_source() -> None:
    source = found(atom(of(RICH)), "//a:entry/a:source")[0]
    assert {(child.tag.rpartition("}")[2], child.text or child.get("href")) for child in source} == {
        ("id", CREDIT.id),
        ("title", CREDIT.title),
        ("updated", "2026-03-01T11:00:00+00:00"),
        ("link", CREDIT.feed_url),
        ("link", CREDIT.site),
    }


def test_an_atom_entry_has_one_alternate_link_and_all_its_enclosures() -> None:
    links = [dict(link.attrib) for link in found(atom(of(RICH)), "//a:entry/a:link")]
    assert links == [
        {"href": RICH.link, "rel": "alternate"},
        {"rel": "enclosure", "href": "https://news.example.org/a.mp3", "type": "audio/mpeg", "length": "1234"},
        {"rel": "enclosure", "href": "https://news.example.org/b.pdf"},
    ]


def test_an_atom_entry_has_its_image_with_the_words_for_those_who_do_not_see_it() -> None:
    data = atom(of(RICH))
    assert found(data, "//a:entry/media:content[@medium='image']/@url") == [
        "https://news.example.org/osmos.jpg?w=600&h=400"
    ]
    assert found(data, "//a:entry/media:content/media:title/text()") == ["Sound <wave> & more"]


def test_a_summary_is_text_and_the_content_html() -> None:
    data = atom(of(RICH))
    assert found(data, "string(//a:summary[@type='text'])") == RICH.summary
    assert found(data, "string(//a:content[@type='html'])") == RICH.html


def test_an_entry_without_link_or_html_still_has_content() -> None:
    assert found(atom(of(replace(ENTRY, link=None))), "string(//a:entry/a:content[@type='text'])") == "Plain"


@pytest.mark.parametrize(("language", "said"), [(None, []), ("pl", ["pl"]), ("en-GB", ["en-GB"]), ("1337!", [])])
def test_an_entry_says_its_language_in_every_format(language: str | None, said: list[str]) -> None:
    document = of(replace(ENTRY, language=language))
    assert found(atom(document), "//a:entry/@xml:lang") == said
    assert found(rss(document), "//item/dc:language/text()") == said
    assert [item["language"] for item in json_feed(document)["items"] if "language" in item] == said


@both
@pytest.mark.parametrize("entry", [RICH, replace(RICH, html=""), replace(RICH, summary="")])
def test_to_feedparser_an_image_is_neither_a_second_content_nor_the_title(write: Any, entry: Entry) -> None:
    """A `media:description` would be the former; most readers in Python read with it."""
    without = read(write(of(replace(entry, image=None)))).entries[0]
    (seen,) = read(write(of(entry))).entries
    assert [image["url"] for image in seen.media_content if image.get("medium") == "image"] == [RICH.image.url]
    for name in ("title", "summary", "content"):
        assert seen.get(name) == without.get(name)


# -- RSS


def test_an_rss_description_is_the_summary_as_html_beside_the_whole() -> None:
    data = rss(of(RICH))
    assert found(data, "string(//item/description)") == "Why &lt;b&gt; is a tag &amp; not a word."
    assert found(data, "string(//item/content:encoded)") == RICH.html


def test_without_a_summary_the_whole_is_the_description_too() -> None:
    data = rss(of(replace(ENTRY, html="<p>x</p>")))
    assert found(data, "//item/description/text()") == ["<p>x</p>"]
    assert found(data, "//item/content:encoded/text()") == ["<p>x</p>"]


def test_an_rss_item_names_its_authors_and_its_source() -> None:
    data = rss(of(RICH))
    assert found(data, "//item/dc:creator/text()") == ["Mary-Jo Foley", "Søren Łukasz"]
    assert found(data, "//item/source/@url | //item/source/text()") == [CREDIT.feed_url, CREDIT.title]
    assert found(data, "//item/author") == []


@pytest.mark.parametrize(
    ("enclosure", "written"),
    [
        (Enclosure(url="https://e.org/a", type="audio/mpeg", length=7), ("https://e.org/a", "7", "audio/mpeg")),
        (Enclosure(url="https://e.org/a"), ("https://e.org/a", "0", "application/octet-stream")),
    ],
)
def test_an_rss_enclosure_always_has_length_and_type(enclosure: Enclosure, written: tuple[str, str, str]) -> None:
    second = Enclosure(url="https://e.org/second")
    (element,) = found(rss(of(replace(ENTRY, enclosures=(enclosure, second)))), "//item/enclosure")
    assert (element.get("url"), element.get("length"), element.get("type")) == written


def test_rss_has_one_enclosure_and_all_files_as_media_rss() -> None:
    data = rss(of(RICH))
    assert found(data, "//item/enclosure/@url") == ["https://news.example.org/a.mp3"]
    assert [dict(one.attrib) for one in found(data, "//item/media:content")] == [
        {"url": "https://news.example.org/a.mp3", "fileSize": "1234", "type": "audio/mpeg"},
        {"url": "https://news.example.org/b.pdf"},
        {"url": "https://news.example.org/osmos.jpg?w=600&h=400", "medium": "image"},
    ]


def test_an_image_that_is_an_enclosure_too_stands_once_among_the_files() -> None:
    picture = Enclosure(url=RICH.image.url, type="image/jpeg")
    data = rss(of(replace(RICH, enclosures=(picture, *RICH.enclosures))))
    assert found(data, "//item/media:content/@url").count(RICH.image.url) == 1


@both
def test_a_document_without_images_is_not_touched_by_media_rss(write: Any) -> None:
    assert b"mrss" not in write(of(replace(RICH, image=None, enclosures=RICH.enclosures[:1])))


def test_a_channel_links_its_page_and_itself_and_is_never_without_description() -> None:
    data = rss(of(subtitle=""))
    assert found(data, "/rss/channel/link/text()") == [DOCUMENT.page]
    assert found(data, "/rss/channel/a:link[@rel='self'][@type='application/rss+xml']/@href") == [DOCUMENT.rss]
    assert found(data, "/rss/channel/description/text()") == [DOCUMENT.title]


# -- JSON Feed


def test_a_json_feed_says_who_publishes_it_and_where() -> None:
    said = json_feed(of())
    del said["items"]
    assert said == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Channel Desk",
        "home_page_url": DOCUMENT.page,
        "feed_url": DOCUMENT.json,
        "description": "What our partners write.",
        "authors": [{"name": "Channel Desk", "url": "https://feeds.example.com/"}],
        "language": "en",
    }


def test_a_json_item_says_all_that_an_atom_entry_does() -> None:
    (item,) = json_feed(of(RICH))["items"]
    assert item == {
        "id": RICH.uid,
        "url": RICH.link,
        "title": RICH.title,
        "summary": RICH.summary,
        "content_html": RICH.html,
        "image": "https://news.example.org/osmos.jpg?w=600&h=400",
        "date_published": "2026-03-01T12:00:00+00:00",
        "date_modified": "2026-03-01T12:05:00+00:00",
        "authors": [{"name": "Mary-Jo Foley", "url": "https://example.org/mary-jo"}, {"name": "Søren Łukasz"}],
        "tags": ["news", "Q & A"],
        "attachments": [
            {"url": "https://news.example.org/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1234},
            {"url": "https://news.example.org/b.pdf", "mime_type": "application/octet-stream"},
        ],
        "language": "pl",
        "_feedhub": {
            "source": {
                "id": CREDIT.id,
                "title": CREDIT.title,
                "home_page_url": CREDIT.site,
                "feed_url": CREDIT.feed_url,
                "date_modified": "2026-03-01T11:00:00+00:00",
            }
        },
    }


@pytest.mark.parametrize(("summary", "words"), [("Only a summary.", "Only a summary."), ("", "Plain")])
def test_a_json_item_without_html_has_text(summary: str, words: str) -> None:
    (item,) = json_feed(of(replace(ENTRY, summary=summary)))["items"]
    assert item["content_text"] == words


def test_rendering_leaves_the_locale_of_the_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feedgen's own dates switch it and back, in the midst of other threads."""
    monkeypatch.setattr(locale, "setlocale", lambda *_: pytest.fail("setlocale was called"))
    assert found(rss(of(RICH)), "//item/pubDate/text()") == ["Sun, 01 Mar 2026 12:00:00 +0000"]


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
    for format_, data in render.rendered(DOCUMENT).forms.items():
        (GOLDEN / f"everything.{format_}").write_bytes(data)
