"""HTML that may be published."""

from __future__ import annotations

import re
import time

import nh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from feedhub.ingest import sanitize

BASE = "https://harbour.example/posts/1"
ALLOWED_ATTRIBUTES = re.compile(
    "abbr|align|alt|cite|colspan|controls|datetime|dir|headers|height|href|hreflang|lang|loading|loop|muted|open|poster"
    "|preload|rel|reversed|rowspan|scope|span|src|start|title|type|value|width"
)


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("<p>One<p>two", "<p>One</p><p>two</p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ('<a href="/x">x</a>', '<a href="https://harbour.example/x" rel="noopener">x</a>'),
        ('<a href="2?a=1&b=2">x</a>', '<a href="https://harbour.example/posts/2?a=1&amp;b=2" rel="noopener">x</a>'),
        ('<a href="//o.example/x">x</a>', '<a href="https://o.example/x" rel="noopener">x</a>'),
        ('<a href="#note">1</a>', '<a href="https://harbour.example/posts/1#note" rel="noopener">1</a>'),
        (
            '<a href="mailto:a@b.example" rel="me" target="_blank">x</a>',
            '<a href="mailto:a@b.example" rel="noopener">x</a>',
        ),
        ('<a href="ftp://o.example/">x</a>', '<a rel="noopener">x</a>'),
        ('<a href="http://[">x</a>', '<a rel="noopener">x</a>'),
        (
            '<img src="a b.png" srcset="c.png 2x" alt="A" width="1" height="2" loading="lazy" class="x" style="x" onload="x">',
            '<img src="https://harbour.example/posts/a%20b.png" alt="A" width="1" height="2" loading="lazy">',
        ),
        ("<img>", ""),
        ('<img src="data:image/png;base64,x">', ""),
        ('<img src="mailto:a@b.example">', ""),
        (
            '<figure><picture><source srcset="a.webp"><img src="a.png"></picture><figcaption>A</figcaption></figure>',
            '<figure><img src="https://harbour.example/posts/a.png"><figcaption>A</figcaption></figure>',
        ),
        ('<noscript><img src="/a.png"></noscript>', '<img src="https://harbour.example/a.png">'),
        (
            '<video autoplay poster="p.png"><source src="v.mp4" type="video/mp4"></video>',
            '<video poster="https://harbour.example/posts/p.png" controls=""><source src="https://harbour.example/posts/v.mp4" type="video/mp4"></video>',
        ),
        (
            "<table border=1><tr><td colspan=2 bgcolor=red>x",
            '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>',
        ),
        ("<pre>\n\n  a\n  b</pre>", "<pre>  a\n  b</pre>"),
        ('<p lang="ar" dir="rtl">x</p>', '<p lang="ar" dir="rtl">x</p>'),
        ("<font color=red>x</font> <blink>y</blink> <custom-tag>z</custom-tag>", "x y z"),
        ("<form action=/x><label>a</label><input><button>b</button><textarea>c</textarea></form>", "ab"),
        ("<iframe src=https://o.example/>x</iframe><object data=x>y</object><embed src=z>after", "after"),
        ("<!-- comment --><!DOCTYPE html><html><head><title>t</title></head><body>x</body></html>", "x"),
        ("a\x00b\x0bc&#1;d\ud800\ufffe", "abcd"),
        ("", ""),
    ],
)
def test_what_may_be_published_stays_and_the_rest_goes(written: str, published: str) -> None:
    assert sanitize.safe_html(written, BASE) == published


def test_without_a_base_only_absolute_links_stay() -> None:
    """A file that names no site has no address that a link could be relative to."""
    written = '<a href="/x">x</a><a href="https://o.example/">y</a><img src="z.png">'
    cleaned = sanitize.safe_html(written, "")
    assert cleaned == '<a rel="noopener">x</a><a href="https://o.example/" rel="noopener">y</a>'


VECTORS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='java&#1;script:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java\ufffescript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a xlink:href='javascript:alert(1)'>x</a>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<math><a xlink:href='javascript:alert(1)'>x</a></math>",
    "<style>@import 'javascript:alert(1)';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    "<base href='javascript:/'><a href='//x'>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button formaction='javascript:alert(1)'>x</button></form>",
    "<video src=x onerror=alert(1)></video>",
    "<video poster='javascript:alert(1)'></video>",
    "<audio src='javascript:alert(1)'></audio>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<nosc<noscript>ript><img src=x onerror=alert(1)>",
    "<textarea><script>alert(1)</script>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<q cite='javascript:alert(1)'>x</q>",
    "<img src='https://o.example/\"onerror=alert(1) x=\"'>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
]


def harmless(markup: str) -> None:
    """As a browser's parser sees it: only elements and attributes that are allowed, only addresses that may be."""
    for element in lxml_html.fragment_fromstring(markup, create_parent="div").iter():
        assert isinstance(element.tag, str)
        assert element.tag in sanitize._TAGS
        for name, value in element.attrib.items():
            assert ALLOWED_ATTRIBUTES.fullmatch(name), name
            if name in {"href", "src", "cite", "poster"}:
                assert re.match("https?://|mailto:", value), value


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_that_runs_gets_through(vector: str) -> None:
    cleaned = sanitize.safe_html(vector, BASE)
    harmless(cleaned)
    assert sanitize.safe_html(cleaned, BASE) == cleaned


def test_what_is_dangerous_is_never_allowed() -> None:
    assert not sanitize._TAGS & {"script", "style", "svg", "math", "iframe", "object", "embed", "form", "base", "meta"}


_PARTS = st.lists(
    st.one_of(
        st.sampled_from(
            [*VECTORS, "<pre>\n", "</pre>", "<p>", "</p>", "<b>", "</b>", "<table>", "<tr>", "<td>", "<li>"]
        ),
        st.sampled_from(
            ["<ul>", "</ul>", "<a href='/x'>", "</a>", "<h1>", "<br>", "&amp;lt;", "&#0;", "&", "\n\n", " "]
        ),
        st.text(max_size=12),
    ),
    max_size=7,
)


@settings(deadline=None, max_examples=200)
@given(_PARTS)
@example(["<pre>\n", "\n\nx"])
@example(["<h1><a href='/x'>"] * 2)
@example(["</pre></h1>x<h1><a href='/x'><h2><caption></b><tr><b></a>"])
def test_whatever_comes_is_harmless_and_cleaning_it_again_changes_nothing(parts: list[str]) -> None:
    """An item that is read twice must not seem to have changed."""
    cleaned = sanitize.safe_html("".join(parts), BASE)
    harmless(cleaned)
    element = etree.Element("content")
    element.text = cleaned  # raises where XML cannot hold it
    assert sanitize.safe_html(cleaned, BASE) == cleaned


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("plain", "plain"),
        ("a < b", "a < b"),
        ("AT&amp;T &lt;b&gt;", "AT&T <b>"),
        ("<p>One</p><p>t<b>w</b>o</p>\n<ul><li>a<li>b</ul>", "One two a b"),
        ("<script>x</script><style>y</style>seen", "seen"),
        ("x<br>y<img src=z alt='w'>", "x y"),
        ("&amp;lt;", "&lt;"),
        ("  \n ", ""),
    ],
)
def test_plain_text_is_the_words_alone(markup: str, words: str) -> None:
    assert sanitize.plain_text(markup) == words


@settings(deadline=None, max_examples=100)
@given(_PARTS)
def test_plain_text_is_one_line_that_xml_can_hold(parts: list[str]) -> None:
    words = sanitize.plain_text("".join(parts))
    assert words == " ".join(words.split())
    etree.Element("title").text = words


def test_a_cut_does_not_go_through_a_tag() -> None:
    whole = "x" * (sanitize.LIMIT - 3) + '<a href="x">y</a>'
    assert sanitize.cut(whole) == "x" * (sanitize.LIMIT - 3)
    assert sanitize.cut("x" * sanitize.LIMIT) == "x" * sanitize.LIMIT


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("<div>" * 58_400, id="292 kB of nested div"),
        pytest.param("<div><object></div></object>" * 9_000, id="nesting that end tags hide"),
        pytest.param("".join(f"<b a={n}>" for n in range(20_000)) + "<p>" * 20_000, id="formatting to be rebuilt"),
        pytest.param("&" * 1_000_000, id="1 MB of &"),
        pytest.param("<" * 1_000_000, id="1 MB of <"),
        pytest.param('<a "' * 60_000, id="open quotes"),
        pytest.param("<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">x", id="20,000 attributes"),
    ],
)
def test_absurd_markup_is_cleaned_in_a_moment(hostile: str) -> None:
    started = time.perf_counter()
    harmless(sanitize.safe_html(hostile, BASE)[:10_000])
    sanitize.plain_text(hostile)
    assert time.perf_counter() - started < 3


def test_text_nested_too_deep_keeps_its_words() -> None:
    assert sanitize.safe_html("<div>" * 3000 + "words &amp; <b>more</b>", BASE) == "<p>words &amp;  more</p>"


def test_sloppy_markup_is_not_taken_for_deep() -> None:
    """Paragraphs and list items that are never closed are what the web is made of."""
    assert sanitize.safe_html("<p>x" * 3000, BASE) == "<p>x</p>" * 3000


def test_nh3_takes_the_content_of_noscript_for_text() -> None:
    """Why its tags are removed before."""
    assert nh3.clean("<noscript><b>x</b></noscript>") == "&lt;b&gt;x&lt;/b&gt;"


def test_nh3_loses_a_line_break_at_each_cleaning() -> None:
    assert nh3.clean("<pre>\n\nx</pre>") == "<pre>\nx</pre>"
