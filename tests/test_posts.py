"""What a post's file says, and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import frontmatter
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from feedhub.ingest.posts import MAX_SIZE, parse_post, stamp
from feedhub.ingest.sanitize import LIMIT
from feedhub.model import AuthorId, Category, Image, Post, Problem
from feedhub.settings import Hub

HUB = Hub(
    title="Channel Desk",
    url="https://hub.example/news",
    description="",
    language="en",
    timezone=ZoneInfo("America/New_York"),
    contact=None,
)
AUTHORS = frozenset({AuthorId("lee-pender"), AuthorId("mary-jo")})
HEAD = "title: A title\ndate: 2007-09-28\n"


def read(source: str | bytes, path: str = "lee-pender/a-post.md", hub: Hub = HUB) -> Post | tuple[Problem, ...]:
    data = source.encode() if isinstance(source, str) else source
    return parse_post(data, path=path, file=f"data/posts/{path}", hub=hub, authors=AUTHORS)


def post(more: str = "", body: str = "Text.", path: str = "lee-pender/a-post.md", hub: Hub = HUB) -> Post:
    found = read(f"---\n{HEAD}{more}---\n{body}", path, hub)
    assert isinstance(found, Post), [str(problem) for problem in found]
    return found


def faults(source: str | bytes, path: str = "lee-pender/a-post.md") -> list[str]:
    found = read(source, path)
    assert not isinstance(found, Post)
    return [str(problem).removeprefix(f"data/posts/{path}:") for problem in found]


# -- what a post says


def test_a_title_and_a_date_are_enough() -> None:
    found = post()
    assert (found.author, found.slug, found.slug_given, found.uid, found.draft) == (
        "lee-pender",
        "a-post",
        False,
        None,
        False,
    )
    content = found.content
    assert (content.title, content.html, content.link, content.language) == ("A title", "<p>Text.</p>", None, None)
    assert (content.summary, content.authors, content.categories, content.image) == ("", (), (), None)
    assert (content.published, content.updated) == (datetime(2007, 9, 28, 4, tzinfo=UTC), None)


def test_everything_that_may_be_said_is_taken_in() -> None:
    found = read("""---
title: "Notes: the third"
date: 2007-09-28 10:30
updated: 2007-10-01T08:00:00Z
tags: [Channel, the shop]
summary: >
  In short,
  a summary.
image:
  url: https://img.example/a.jpg
  alt: A "boat" & a sail
author: mary-jo
slug: third-notes
id: tag:example.com,2007:third
draft: true
---
Text.
""")
    assert isinstance(found, Post)
    assert (found.author, found.slug, found.slug_given, found.uid, found.draft) == (
        "mary-jo",
        "third-notes",
        True,
        "tag:example.com,2007:third",
        True,
    )
    assert found.content.title == "Notes: the third"
    assert found.content.published == datetime(2007, 9, 28, 14, 30, tzinfo=UTC)
    assert found.content.updated == datetime(2007, 10, 1, 8, tzinfo=UTC)
    assert found.content.categories == (Category(term="Channel"), Category(term="the shop"))
    assert found.content.summary == "In short, a summary."
    assert found.content.image == Image(url="https://img.example/a.jpg", alt='A "boat" & a sail')


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2007-09-28", "2007-09-28T04:00:00"),
        ("2007-12-28", "2007-12-28T05:00:00"),  # winter
        ("2007-09-28 10:30", "2007-09-28T14:30:00"),
        ("'2007-09-28 10:30'", "2007-09-28T14:30:00"),
        ("2007-09-28T10:30:15.9", "2007-09-28T14:30:15"),
        ("2007-09-28T10:30Z", "2007-09-28T10:30:00"),
        ("2007-09-28t10:30z", "2007-09-28T10:30:00"),
        ("2007-09-28 10:30 Z", "2007-09-28T10:30:00"),
        ("2007-09-28 10:30:00 -0700", "2007-09-28T17:30:00"),
        ("2007-09-28T10:30:00+05:30", "2007-09-28T05:00:00"),
        ("2026-03-08 02:30", "2026-03-08T07:30:00"),  # there is no such time in New York
        ("2026-11-01 01:30", "2026-11-01T05:30:00"),  # there are two: the first
        ("1900-01-01", "1900-01-01T05:00:00"),
        ("2107-09-28", "2107-09-28T04:00:00"),
    ],
)
def test_a_date_is_read_where_the_hub_is(written: str, utc: str) -> None:
    found = read(f"---\ntitle: A\ndate: {written}\n---\nText.")
    assert isinstance(found, Post)
    assert found.content.published == datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize(
    "word", ["no", "12:30", "2007", "1.0", "1e3", "0x1F", "null", "~", "true", "2007-09-28", "=", "<<"]
)
def test_yaml_reads_nothing_into_a_title(word: str) -> None:
    found = read(f"---\ntitle: {word}\ndate: 2007-09-28\nsummary: {word}\ntags: {word}\n---\nText.")
    assert isinstance(found, Post)
    assert found.content.title == found.content.summary == found.content.categories[0].term == word


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("tags: news", ["news"]),
        ("tags: big news, small news", ["big news, small news"]),
        ("tags: [a, b]", ["a", "b"]),
        ("tags:\n  - a\n  - b", ["a", "b"]),
        ("tags: [News, news, ' NEWS ']", ["News"]),
        ("tags: ['', a]", ["a"]),
        ("tags: []", []),
        ("tags:", []),
    ],
)
def test_tags_are_a_list_or_a_single_one(written: str, terms: list[str]) -> None:
    assert [category.term for category in post(written + "\n").content.categories] == terms


@pytest.mark.parametrize(
    ("written", "draft"),
    [("", False), ("draft:", False), ("draft: true", True), ("draft: Yes", True), ("draft: no", False)],
)
def test_a_draft_says_so(written: str, *, draft: bool) -> None:
    assert post(f"{written}\n").draft is draft


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("2007-09-28-halyard-and-after.md", "halyard-and-after"),
        ("2007-09-28_What's New?.md", "what-s-new"),
        ("2007-09-28.md", "2007-09-28"),
        ("Café Ångström.md", "cafe-angstrom"),
        ("Привет, мир.md", "привет-мир"),
        ("日本語.md", "日本語"),
        ("a.b.md", "a-b"),
        ("..md", "post"),
        ("🎉.md", "post"),
    ],
)
def test_a_slug_is_made_from_the_files_name(name: str, slug: str) -> None:
    assert post(path=f"lee-pender/{name}").slug == slug


def test_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    plain = f"---\n{HEAD}tags: [a]\n---\nOne\n\nTwo"
    expected = read(plain)
    assert isinstance(expected, Post)
    for source in (plain.replace("\n", "\r\n"), plain.replace("\n", "\r"), "\ufeff" + plain):
        found = read(source)
        assert isinstance(found, Post)
        assert found.content == expected.content
        assert found.digest != expected.digest


# -- how it is rendered


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (
            "# Head\n\n*soft* **loud** `code` ~~gone~~",
            "<h1>Head</h1>\n<p><em>soft</em> <strong>loud</strong> <code>code</code> <s>gone</s></p>",
        ),
        ("```python\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("| a | b |\n|---|--:|\n| 1 | 2 |", "<table>"),
        ("[in](more/) [up](../other/) [root](/x)", 'href="https://hub.example/news/posts/lee-pender/a-post/more/"'),
        ("[in](more/) [up](../other/) [root](/x)", 'href="https://hub.example/news/posts/lee-pender/other/"'),
        ("[in](more/) [up](../other/) [root](/x)", 'href="https://hub.example/x"'),
        ("![A boat](boat.jpg)", '<img src="https://hub.example/news/posts/lee-pender/a-post/boat.jpg" alt="A boat">'),
        (
            "<figure><img src=/a.png alt=x onerror=alert(1)><figcaption>B</figcaption></figure>",
            '<figure><img src="https://hub.example/a.png" alt="x"><figcaption>B</figcaption></figure>',
        ),
        ("Above\n\n---\n\nbelow", "<p>Above</p>\n<hr>\n<p>below</p>"),
        ("a\x00b\x0bc", "<p>a\ufffdbc</p>"),
    ],
)
def test_markdown_becomes_html_with_absolute_links(markdown: str, html: str) -> None:
    assert html in post(body=markdown).content.html


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>Text",
        "[x](javascript:alert(1))",
        "<a href=javascript:alert(1)>x</a>",
        "<svg><a xlink:href=javascript:alert(1)>x</a></svg>Text",
        "<p style=x onclick=alert(1)>x</p>",
    ],
)
def test_an_authors_html_is_cleaned_like_any_other(body: str) -> None:
    html = post(body=body).content.html
    assert not any(word in html for word in ("<script", "href=", "onclick", "<svg", "style"))


def test_the_image_leads_a_text_that_does_not_hold_it() -> None:
    found = post('image: {url: boat.jpg, alt: A "boat" & sail}\n')
    url = "https://hub.example/news/posts/lee-pender/a-post/boat.jpg"
    assert found.content.image == Image(url=url, alt='A "boat" & sail')
    assert found.content.html == f'<p><img src="{url}" alt="A &quot;boat&quot; &amp; sail"></p>\n<p>Text.</p>'


@pytest.mark.parametrize(
    "url", ["boat.jpg", "https://img.example/a.jpg?w=1&h=2", "/a b.jpg", "//img.example/ü.jpg", "it's.jpg"]
)
def test_the_image_is_not_shown_twice(url: str) -> None:
    html = post(f'image: {{url: "{url}", alt: A boat}}\n', f"Text ![boat](<{url}>)").content.html
    assert html.count("<img") == 1
    assert html.startswith("<p>Text")


def test_a_link_to_the_image_does_not_hold_it() -> None:
    html = post("image: {url: boat.jpg, alt: A boat}\n", "[boat](boat.jpg)").content.html
    assert html.startswith("<p><img")


# -- what is wrong with it

FAULTS = {
    "nothing at all": ("", ["1:1: has no front matter; a line “---”, the keys title and date, and a line “---” come first"]),
    "no front matter": ("# Hello\n\ntext", ["1:1: has no front matter; a line “---”, the keys title and date, and a line “---” come first"]),
    "text before it": (f"Hello\n---\n{HEAD}---\ntext", ["1:1: has no front matter; a line “---”, the keys title and date, and a line “---” come first"]),
    "no end of it": (f"---\n{HEAD}\nText.", ["1:1: has front matter without an end; a line “---” stands below its keys"]),
    "no keys": ("---\n---\ntext", ["1:1: has front matter without keys; title and date at least"]),
    "a list": ("---\n- title\n---\ntext", ["1:1: has front matter without keys; title and date at least"]),
    "nothing required": ("---\ndraft: true\n---\ntext", ["2:1: title: is missing", "2:1: date: is missing"]),
    "empty values": ("---\ntitle:\ndate: ''\n---\ntext", ["2:7: title: is empty", "3:7: date: is empty"]),
    "after blank lines": ("---\n\n\ntitle:\ndate: 2007-09-28\n---\ntext", ["4:7: title: is empty"]),
    "no text": (f"---\n{HEAD}---\n\n  \n", ["1:1: has no text below its front matter"]),
    "no text that may be published": (f"---\n{HEAD}---\n<!-- later --><script>x</script>", ["1:1: has no text below its front matter"]),
    "a key misspelt": (f"---\n{HEAD}tag: a\n---\ntext", ["4:1: tag: is not known; title, date, updated, tags, summary, image, author, slug, id, draft are; did you mean tags"]),
    "a key in capitals": (f"---\n{HEAD}Draft: true\n---\ntext", ["4:1: Draft: is not known; title, date, updated, tags, summary, image, author, slug, id, draft are; did you mean draft"]),
    "a key from elsewhere": (f"---\n{HEAD}layout: post\n---\ntext", ["4:1: layout: is not known; title, date, updated, tags, summary, image, author, slug, id, draft are"]),
    "a key twice": (f"---\n{HEAD}title: B\n---\ntext", ["4:1: title: is given twice; it stands on line 2 already; each key once"]),
    "a list for a title": ("---\ntitle: [Draft]\ndate: 2007-09-28\n---\ntext", ["2:8: title: is not plain text; text stands in quotes where it begins with one of []{}&*!|>%@` or holds “: ”"]),
    "a YAML tag": ("---\ntitle: !important news\ndate: 2007-09-28\n---\ntext", ["2:8: title: a YAML tag (!) stands here; values without tags; text in quotes is text"]),
    "an anchor after other alphabets": ("---\ntitle: мир 🎉\ndate: 2007-09-28\nsummary: &co news\n---\ntext", ["4:10: summary: an anchor (&) stands here; values without anchors and aliases"]),
    "an empty end": (f"---\n{HEAD}image:\n  url:\n---\ntext", ["5:3: image.alt: is missing", "5:7: image.url: is empty"]),
    "an anchor": ("---\ntitle: &co news\ndate: 2007-09-28\n---\ntext", ["2:8: title: an anchor (&) stands here; values without anchors and aliases"]),
    "a colon": ("---\ntitle: Notes: the third\ndate: 2007-09-28\n---\ntext", ["2:13: a “:” is not expected here; text with “: ” in it stands in quotes, a key’s colon has a space after it, and the keys of one mapping stand in one column"]),
    "an alias": ("---\ntitle: *star*\ndate: 2007-09-28\n---\ntext", ["2:13: a sign that no plain text begins with; text that begins with & or * stands in quotes"]),
    "a control character": (f"---\n{HEAD}summary: a\x07b\n---\ntext", ["4:11: a control character; plain text in UTF-8"]),
    "absurd depth": ("---\ntitle: " + "[" * 50_000 + "\n---\ntext", ["2:1007: is nested too deeply; 16 levels at most"]),
    "Latin-1": (f"---\n{HEAD}---\nCaf".encode() + b"\xe9", ["5:1: byte 0xE9 is not UTF-8; save the file as UTF-8"]),
    "UTF-16": (f"---\n{HEAD}---\ntext".encode("utf-16-le"), ["1:1: has no front matter; a line “---”, the keys title and date, and a line “---” come first"]),
    "no date": ("---\ntitle: A\ndate: yesterday\n---\ntext", ["3:7: date: “yesterday” is no date; 2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00"]),
    "no such day": (f"---\n{HEAD}updated: 2007-02-30\n---\ntext", ["4:10: updated: “2007-02-30” is no date; 2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00"]),
    "a year long gone": ("---\ntitle: A\ndate: 0207-09-28\n---\ntext", ["3:7: date: “0207-09-28” is no date; 2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00"]),
    "a list of lists": (f"---\n{HEAD}tags: [a, [b]]\n---\ntext", ["4:11: tags[1]: is not plain text; text stands in quotes where it begins with one of []{}&*!|>%@` or holds “: ”"]),
    "an image without its words": (f"---\n{HEAD}image:\n  url: a.jpg\n---\ntext", ["5:3: image.alt: is missing"]),
    "an image without its address": (f"---\n{HEAD}image: {{url: '', alt: ''}}\n---\ntext", ["4:14: image.url: is empty", "4:23: image.alt: is empty"]),
    "an address alone": (f"---\n{HEAD}image: a.jpg\n---\ntext", ["4:8: image: is not made of keys; url and alt below it"]),
    "an unknown key of an image": (f"---\n{HEAD}image: {{url: a.jpg, alt: A, size: 3}}\n---\ntext", ["4:29: image.size: is not known; url, alt are"]),
    "an image that is a script": (f"---\n{HEAD}image: {{url: 'javascript:x', alt: A}}\n---\ntext", ["4:14: image.url: “javascript:x” is no web address; http, https, or relative to the post's page"]),
    "an image by mail": (f"---\n{HEAD}image: {{url: 'mailto:a@b.example', alt: A}}\n---\ntext", ["4:14: image.url: “mailto:a@b.example” is no web address; http, https, or relative to the post's page"]),
    "an unknown author": (f"---\n{HEAD}author: mary\n---\ntext", ["4:9: author: “mary” is no author in feeds.yaml; did you mean mary-jo"]),
    "a slug with capitals": (f"---\n{HEAD}slug: My Post!\n---\ntext", ["4:7: slug: “My Post!” is no slug; small letters, digits and hyphens; did you mean my-post"]),
    "a slug that climbs": (f"---\n{HEAD}slug: ../../x\n---\ntext", ["4:7: slug: “../../x” is no slug; small letters, digits and hyphens; did you mean x"]),
    "an id that is no URI": (f"---\n{HEAD}id: my post\n---\ntext", ["4:5: id: “my post” is no URI; an id is one, as tag:example.com,2007:a-post"]),
    "half a draft": (f"---\n{HEAD}draft: maybe\n---\ntext", ["4:8: draft: “maybe” is neither; true or false"]),
    "too large": (b"a" * (MAX_SIZE + 1), ["1:1: is too large; 1,000,000 bytes at most"]),
    "too long": (f"---\n{HEAD}---\n" + "a" * LIMIT, ["1:1: is too long; 262,144 characters of HTML at most"]),
    "several at once": ("---\ndate: soon\nslug: A\ntitel: A\n---\n", [
        "1:1: has no text below its front matter",
        "2:1: title: is missing",
        "2:7: date: “soon” is no date; 2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00",
        "3:7: slug: “A” is no slug; small letters, digits and hyphens; did you mean a",
        "4:1: titel: is not known; title, date, updated, tags, summary, image, author, slug, id, draft are; did you mean title",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_named_all_at_once_with_their_places(name: str) -> None:
    source, expected = FAULTS[name]
    assert faults(source) == expected


def test_a_folder_belongs_to_an_author() -> None:
    assert faults(f"---\n{HEAD}---\ntext", "lee-pendr/a.md") == [
        "1:1: lies in the folder of “lee-pendr”, no author in feeds.yaml; did you mean lee-pender"
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda body: f"---\n{HEAD}{body}".encode("utf-8", "replace"))
    )
)
def test_no_bytes_break_it(data: bytes) -> None:
    read(data)


YAMLISH = st.text(alphabet="ab:-#[]{}&*!|>'\"%@`?,~\n \t", max_size=40)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["title", "date", "tags", "image", "slug", "id", "draft", "x"]), YAMLISH), max_size=6
    ),
    YAMLISH,
)
def test_no_front_matter_breaks_it(pairs: list[tuple[str, str]], body: str) -> None:
    lines = "".join(f"{key}: {value}\n" for key, value in pairs)
    found = read(f"---\n{lines}---\n{body}")
    assert isinstance(found, Post) or (found and all(problem.line >= 1 for problem in found))


# -- when it has to be read again


def test_the_stamp_moves_with_all_that_the_rendering_depends_on() -> None:
    data = f"---\n{HEAD}---\nText.".encode()
    path = "lee-pender/a-post.md"
    stamps = {
        stamp(data, path=path, hub=HUB, authors=AUTHORS),
        stamp(data + b"!", path=path, hub=HUB, authors=AUTHORS),
        stamp(data, path="lee-pender/b.md", hub=HUB, authors=AUTHORS),
        stamp(data, path=path, hub=replace(HUB, url="https://else.example"), authors=AUTHORS),
        stamp(data, path=path, hub=replace(HUB, timezone=ZoneInfo("UTC")), authors=AUTHORS),
        stamp(data, path=path, hub=HUB, authors=frozenset({AuthorId("lee-pender")})),
    }
    assert len(stamps) == 6
    assert stamp(data, path=path, hub=replace(HUB, title="Renamed"), authors=AUTHORS) in stamps
    assert post().stamp in stamps


def test_the_digests_that_are_kept_stay_as_they_are() -> None:
    """A change of either reads or matches every post of every hub again: make it on purpose."""
    found = post()
    assert found.digest == "1:48d0f5d506496c40e565180c5d7ea236deef236741fb3bfeb32d4ea4c92f6720"
    assert found.stamp == "1:7d2d4f0e2a122dbb3e8436b31e828ceaa5cf0ea6f3b43996e019e97d74947af3"


# -- what the libraries do that would bite


def test_the_front_matter_library_by_itself_would_lose_what_is_written() -> None:
    """Why it only parts the file, and why the file's beginning is looked at first."""
    lossy = frontmatter.loads("---\ntitle: no\ntime: 12:30\ntitle: on\n---\nx").metadata
    assert lossy == {"title": True, "time": 750}
    assert frontmatter.default_handlers.YAMLHandler().split("text\n---\na: b\n---\nx") == ("\na: b\n", "\nx")


def test_markdown_stops_at_a_depth_of_its_own() -> None:
    assert len(MarkdownIt("commonmark").render(">" * 10_000)) < 1_000
