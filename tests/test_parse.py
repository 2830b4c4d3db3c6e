"""Bytes to `ParsedFeed`: the case files of tests/feeds, and what holds for any bytes."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedhub.ingest import parse
from feedhub.model import ParsedFeed, ParseFailed, ParseOutcome

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FEEDS = Path(__file__).parent / "feeds"
CASES = sorted(path.stem for path in FEEDS.glob("*.json"))
URL = "https://feeds.example/harbour.xml"


def document(name: str) -> bytes:
    """The document of a case: `.feed` where it is JSON, as `.json` is what should come of it."""
    path = FEEDS / f"{name}.xml"
    return (path if path.exists() else path.with_suffix(".feed")).read_bytes()


def read(
    body: bytes | str,
    *,
    url: str = URL,
    content_type: str | None = None,
    known: frozenset[tuple[str, str]] = frozenset(),
) -> ParseOutcome:
    if isinstance(body, str):
        body = body.encode()
    return parse.parse(body, url=url, content_type=content_type, known=known, now=NOW)


def feed(body: bytes | str, **given: Any) -> ParsedFeed:
    parsed = read(body, **given)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def rss(items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'


def plain(value: object) -> Any:
    """As JSON has it."""
    return json.loads(
        json.dumps(value, default=lambda it: it.isoformat() if isinstance(it, datetime) else dataclasses.asdict(it))
    )


@pytest.mark.parametrize("name", CASES)
def test_a_document_is_read_as_its_case_says(name: str) -> None:
    """A case names only the fields that it is about."""
    case = json.loads((FEEDS / f"{name}.json").read_text())
    body = document(name)
    parsed = read(body, url=case.get("url", URL), content_type=case.get("content_type"))
    if "failed" in case:
        assert parsed == ParseFailed(words=case["failed"], announces=tuple(case.get("announces", ())))
        return
    assert isinstance(parsed, ParsedFeed), parsed
    for field, wanted in case.get("feed", {}).items():
        assert plain(getattr(parsed, field)) == wanted, field
    if "keys" in case:
        assert plain(parsed.keys) == case["keys"]
    if "entries" in case:
        assert len(parsed.entries) == len(case["entries"])
    for entry, wanted in zip(parsed.entries, case.get("entries", ()), strict=False):
        found = plain(entry)
        found |= found.pop("content")
        assert {field: found[field] for field in wanted} == wanted


@pytest.mark.parametrize("name", CASES)
def test_what_is_known_is_not_read_again(name: str) -> None:
    """Only its key is told, so that an item still listed is not taken for withdrawn."""
    body = document(name)
    first = read(body)
    if isinstance(first, ParseFailed):
        return
    again = feed(body, known=frozenset((entry.key, entry.digest) for entry in first.entries))
    assert again.entries == ()
    assert again.keys == first.keys == tuple(entry.key for entry in first.entries)


@pytest.mark.parametrize("name", CASES)
def test_an_entry_is_the_same_from_another_address(name: str) -> None:
    """A feed that moves to https or to another domain has nothing new."""
    body = document(name)
    here, there = read(body), read(body, url="https://moved.example/feed")
    if isinstance(here, ParsedFeed) and isinstance(there, ParsedFeed):
        assert [entry.digest for entry in here.entries] == [entry.digest for entry in there.entries]
        assert [entry.origin_id for entry in here.entries] == [entry.origin_id for entry in there.entries]


# -- digests


def test_the_recipe_of_digests_is_pinned() -> None:
    """They are kept in the database: another recipe needs another version, or every item is read as changed."""
    atom = feed((FEEDS / "atom10.xml").read_bytes()).entries[0]
    nameless = feed((FEEDS / "rss20-no-guid.xml").read_bytes()).entries[1]
    assert atom.digest == "1:c8b2d824f34e21982a6e7a8a5d400163"
    assert nameless.key == "1:5c4c1f449bd9459ae59181fbfd1813da"


def test_a_digest_does_not_move_with_comments() -> None:
    """Each of them would have the entry read, and compared, again."""
    entry = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><entry>'
        '<id>x:1</id><link rel="replies" thr:count="{0}" href="/c"/><thr:total>{0}</thr:total></entry></feed>'
    )
    assert feed(entry.format(1)).entries[0].digest == feed(entry.format(2)).entries[0].digest


def test_a_digest_does_not_move_with_what_the_feed_says() -> None:
    item = '<item><guid isPermaLink="false">1</guid><title>t</title><description>d</description></item>'
    head = "<lastBuildDate>Mon, 15 Jan 2024 10:30:00 GMT</lastBuildDate><language>de</language><ttl>5</ttl>"
    assert feed(rss(item)).entries[0].digest == feed(rss(head + item)).entries[0].digest


def test_a_digest_does_not_move_with_the_signature_of_an_image() -> None:
    """Some hosts sign the addresses of pictures anew for each answer."""
    item = (
        '<item xmlns:m="http://search.yahoo.com/mrss/"><guid isPermaLink="false">1</guid>'
        '<m:thumbnail url="https://harbour.example/1.jpg?sig={}"/></item>'
    )
    assert feed(rss(item.format("a"))).entries[0].digest == feed(rss(item.format("b"))).entries[0].digest


@pytest.mark.parametrize(
    "change",
    [
        "<title>u</title>",
        "<description>e</description>",
        "<category>c</category>",
        "<author>Ada</author>",
        "<link>https://harbour.example/</link>",
        "<pubDate>Mon, 15 Jan 2024 10:30:00 GMT</pubDate>",
        '<enclosure url="https://harbour.example/1.mp3" type="audio/mpeg" length="1"/>',
        '<m:content xmlns:m="http://search.yahoo.com/mrss/" url="https://harbour.example/1.mp3" medium="audio"/>',
        '<i:image xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd" href="https://harbour.example/1.jpg"/>',
    ],
)
def test_a_digest_moves_with_whatever_the_entry_says(change: str) -> None:
    plain_item, changed = (feed(rss(f'<item><guid isPermaLink="false">1</guid>{said}</item>')) for said in ("", change))
    assert plain_item.entries[0].digest != changed.entries[0].digest
    assert plain_item.keys == changed.keys


def test_keys_do_not_depend_on_the_order_of_entries_that_share_an_id() -> None:
    """Were the first to keep the bare id, each new one on top would take the place of the one before."""
    a, b = (f"<item><guid>x</guid><title>{n}</title><link>https://harbour.example/{n}</link></item>" for n in "ab")
    assert set(feed(rss(a + b)).keys) == set(feed(rss(b + a)).keys)


# -- bounds


def test_no_more_than_two_thousand_entries_are_read() -> None:
    items = "".join(f'<item><guid isPermaLink="false">{n}</guid></item>' for n in range(2500))
    parsed = feed(rss(items))
    assert len(parsed.entries) == 2000
    assert parsed.keys[0] == "0"
    assert parsed.notes == ("only the first 2,000 entries are read",)
    assert parsed.whole


def test_no_more_than_two_thousand_items_of_a_json_feed_are_read() -> None:
    items = [
        {"id": number, "tags": ["t"] * 200, "attachments": [{"url": "https://x.example/"}] * 3}
        for number in range(2500)
    ]
    parsed = feed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": items}))
    assert len(parsed.entries) == 2000
    assert parsed.notes == ("only the first 2,000 entries are read",)
    assert len(parsed.entries[0].content.categories) == len(parsed.entries[0].content.enclosures) == 1


@pytest.mark.parametrize(
    "hostile", ['{"items":' + "[" * 100_000, '{"version":' + "9" * 100_000 + "}", '{"a":"\\ud800"}']
)
def test_json_that_is_hostile_is_no_feed(hostile: str) -> None:
    assert isinstance(read(hostile), ParseFailed)


@pytest.mark.parametrize(
    "hostile",
    ["<div>" * 100_000, "<p " + " ".join(f"a{n}" for n in range(30_000)) + ">", "<link " * 50_000, "<" * 300_000],
    ids=["deep", "attributes", "links", "brackets"],
)
def test_a_hostile_page_announces_its_feed_in_a_moment(hostile: str) -> None:
    page = '<!doctype html><link rel="alternate" type="application/rss+xml" href="/feed">' + hostile
    started = time.process_time()
    assert read(page) == ParseFailed(words="is a web page, not a feed", announces=("https://feeds.example/feed",))
    assert time.process_time() - started < 4


def test_no_more_than_ten_feeds_of_a_page_are_told() -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(5000))
    outcome = read(f"<html>{links}</html>")
    assert isinstance(outcome, ParseFailed)
    assert len(outcome.announces) == 10


def test_an_entry_too_long_is_cut_and_said_so() -> None:
    """Not within a tag, and the others stay whole."""
    long = "<![CDATA[" + "<p>words</p>" * 30_000 + "]]>"
    parsed = feed(rss(f"<item><title>a</title><description>{long}</description></item><item><title>b</title></item>"))
    html = parsed.entries[0].content.html
    assert 250_000 < len(html) < 263_000
    assert html.endswith("</p>")
    assert parsed.notes == ("entries cut at 256 kB: 1",)
    assert len(parsed.entries) == 2


def test_a_summary_and_a_title_are_bounded_at_a_word() -> None:
    words = "word " * 2000
    content = feed(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x:1</id><title>{words}</title>'
        f'<summary>{words}</summary><content>c</content></entry></feed>'
    ).entries[0].content  # fmt: skip
    assert len(content.title) <= 1000
    assert content.title.endswith("word…")
    assert len(content.summary) <= 1000
    assert content.summary.endswith("word…")


def test_a_long_summary_alone_loses_nothing() -> None:
    words = "word " * 2000
    content = (
        feed(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x:1</id><summary>{words}</summary></entry></feed>')
        .entries[0]
        .content
    )
    assert content.html == f"<p>{words.strip()}</p>"


def test_categories_authors_and_enclosures_are_bounded() -> None:
    many = "".join(
        f'<category>c{n}</category><author>a{n}</author><enclosure url="https://harbour.example/{n}"/>'
        for n in range(200)
    )
    content = feed(rss(f"<item><title>t</title>{many}</item>")).entries[0].content
    assert len(content.categories) == len(content.authors) == len(content.enclosures) == 50


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('<?xml version="1.0"?>' + "\n" * 40_000 + rss("<item><title>t</title></item>"), id="newlines"),
        pytest.param(rss(f"<item><title>t</title><author>{'a' * 40_000}</author></item>"), id="author"),
        pytest.param(
            rss("<item " + " ".join(f'a{n}="1"' for n in range(100_000)) + "><title>t</title></item>"), id="attributes"
        ),
        pytest.param(
            rss("<item><title>t</title>" + "".join(f"<category>{n}</category>" for n in range(30_000)) + "</item>"),
            id="categories",
        ),
        pytest.param(rss(f"<item><title>t</title><description>{'&lt;div>' * 41_000}</description></item>"), id="div"),
        pytest.param(rss(f"<item><title>t</title><description>{'&amp;' * 250_000}</description></item>"), id="amp"),
    ],
)
def test_what_cost_feedparser_or_nh3_minutes_is_read_in_a_moment(body: str) -> None:
    """The rest of what is hostile is stopped by its worker (test_workers)."""
    started = datetime.now(UTC)
    assert feed(body).entries[0].content.title == "t"
    assert (datetime.now(UTC) - started).total_seconds() < 3


# -- whatever comes


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_document_cut_anywhere_gives_the_first_of_its_entries(data: st.DataObject) -> None:
    """Never half of one: half an id would be another item."""
    body = (FEEDS / "atom10-feed-author.xml").read_bytes()
    cut = read(body[: data.draw(st.integers(200, len(body)))])
    assert isinstance(cut, ParsedFeed)
    assert cut.entries == feed(body).entries[: len(cut.entries)]


def valid(parsed: ParseOutcome) -> bool:
    """What is read can stand in XML, and its links are absolute."""
    if isinstance(parsed, ParseFailed):
        return bool(parsed.words)
    for entry in parsed.entries:
        element = etree.Element("entry")
        element.text = "".join((entry.key, entry.origin_id or "", entry.content.title, entry.content.summary))
        element.text += entry.content.html
        assert entry.key
        assert "\n" not in entry.content.title + entry.content.summary
        assert entry.content.link is None or entry.content.link.startswith(("http://", "https://", "mailto:"))
    assert len(set(parsed.keys)) == len(parsed.keys)
    return True


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)))
def test_any_bytes_give_a_feed_or_a_failure(body: bytes, content_type: str | None) -> None:
    assert valid(read(body, content_type=content_type))


_DOCUMENTS = [document(name) for name in CASES]
_PIECES = [
    *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b'"', b"\x00", b"\xff", b"<item>", b"</item>", b"<entry>"),
    *(b"&#xD800;", b"&#0;", b"&#99999999999;", b"</title>", b"<link>", b"xml:base='/'", b"<content type='xhtml'>"),
    *(b"<svg>", b"</div>", b"<title/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"xmlns='x'", b"<a b='c'/>", b"<?x"),
]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_DOCUMENTS), st.integers(0, 2**32), st.integers(1, 6))
def test_a_mangled_document_gives_a_feed_or_a_failure(document: bytes, seed: int, times: int) -> None:
    mangled, rng = bytearray(document), random.Random(seed)
    for _ in range(times):
        at, length = rng.randrange(len(mangled) + 1), rng.choice((0, 1, 5, 40))
        mangled[at : at + length] = rng.choice((*_PIECES, mangled[:60]))
    assert valid(read(bytes(mangled)))


ALONE = {
    "rss20-repeated-guid",
    "rss20-one-link-for-all",
    "rss20-authors-apart",
}  # keys there depend on what else is listed


@pytest.mark.parametrize("name", sorted({name for name in CASES if "cut" not in name and "utf-16" not in name} - ALONE))
def test_cut_and_whole_documents_give_the_same_entries(name: str) -> None:
    """A cut costs only what lies beyond it, although another parser reads what stands before."""
    body = document(name)
    for end in [mark.end() for mark in re.finditer(rb"</(?:a:)?(?:item|entry)>", body)][:-1]:
        whole, cut = feed(body), feed(body[:end])
        assert not cut.whole
        assert cut.keys == whole.keys[: len(cut.keys)]
        assert cut.entries == whole.entries[: len(cut.entries)]


# -- what feedparser does, and why we do otherwise


def as_it_comes(body: str) -> Any:
    return feedparser.parse(io.BytesIO(body.encode()), sanitize_html=False, resolve_relative_uris=False)


def test_feedparser_opens_a_file_that_it_is_given_as_bytes(tmp_path: Path) -> None:
    """Why it is only ever given a stream."""
    secret = tmp_path / "secret.xml"
    secret.write_text(rss("<item><title>from a file</title></item>"))
    assert feedparser.parse(str(secret).encode()).entries[0].title == "from a file"
    assert isinstance(read(str(secret).encode()), ParseFailed)


def test_feedparser_lets_javascript_links_and_scripts_in_titles_pass() -> None:
    found = as_it_comes(rss("<item><title>&lt;script>x&lt;/script></title><link>javascript:x</link></item>")).entries[0]
    assert found.link == "javascript:x"
    assert found.title == "<script>x</script>"


def test_feedparsers_own_sanitiser_lets_a_script_in_svg_pass() -> None:
    """Why nh3 is last, and its allow-list ours."""
    svg = "&lt;svg>&lt;a xlink:href='javascript:x'>y&lt;/a>&lt;/svg>"
    found = feedparser.parse(io.BytesIO(rss(f"<item><description>{svg}</description></item>").encode()))
    assert "javascript:" in found.entries[0].summary
    assert feed(rss(f"<item><title>t</title><description>{svg}</description></item>")).entries[0].content.html == ""


def test_feedparser_takes_published_for_updated() -> None:
    """Why entries become plain dicts at the door."""
    found = as_it_comes(rss("<item><pubDate>Mon, 15 Jan 2024 10:30:00 GMT</pubDate></item>")).entries[0]
    with pytest.warns(DeprecationWarning, match="issue 310"):
        assert found.get("updated") == found["published"]


def test_loading_our_reading_leaves_feedparser_to_others_as_it_was() -> None:
    """Ours leaves names and dates alone."""
    item = "<item><author>ada@harbour.org (Ada)</author></item>"
    assert as_it_comes(rss(item)).entries[0].author_detail.name == "Ada"


def test_feedparser_reads_zones_and_timestamps_wrong() -> None:
    """Why its dates are not taken."""
    found = as_it_comes(rss("<item><pubDate>Mon, 15 Jan 2024 10:30:00 AEST</pubDate></item>")).entries[0]
    assert found["published_parsed"][3] == 10


def test_feedparser_makes_two_breaks_of_one_in_xhtml() -> None:
    found = as_it_comes(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml">a<br/>b</div></content></entry></feed>'
    )
    assert found.entries[0].content[0].value == "a<br></br>b"


def test_controls_that_windows_meant_as_quotes_are_quotes() -> None:
    """To look for them in each character of every text is what took a sixth of the time."""
    assert feed(rss("<item><title>it&#146;s</title></item>")).entries[0].content.title == "it’s"


def test_feedparser_raises_on_a_chapter_without_a_start() -> None:
    """Why an element that it stumbles over is left out."""
    with pytest.raises(TypeError):
        as_it_comes((FEEDS / "rss20-elements-out-of-place.xml").read_text())


def test_feedparser_finds_no_fault_with_a_document_that_is_no_feed() -> None:
    """Why a version or an entry is asked for."""
    found = as_it_comes("<opml version='2.0'><body/></opml>")
    assert not found.bozo
    assert found.version == ""
