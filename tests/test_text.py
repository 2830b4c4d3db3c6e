"""Text that XML can hold, folded, cut at words, taken from HTML and made into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedhub import text


@given(st.text())
def test_clean_text_can_always_stand_in_xml(raw: str) -> None:
    """One character that XML cannot hold would lose a whole document."""
    element = etree.Element("title")
    element.text = text.clean(raw)
    etree.fromstring(etree.tostring(element))


def test_lone_surrogates_and_control_characters_are_dropped() -> None:
    assert text.clean("a\x00b\x0bc\ud800d\ufffee\tf\n") == "abcde\tf\n"


def test_one_line_folds_every_kind_of_white_space() -> None:
    assert text.one_line(" a\n\t b\u00a0\u2003c\x85d ") == "a b c d"


@pytest.mark.parametrize(
    ("whole", "limit", "cut"),
    [
        ("short enough", 12, "short enough"),
        ("cut between words", 12, "cut between…"),
        ("trailing, comma goes", 11, "trailing…"),
        ("unbreakable", 5, "unbr…"),
    ],
)
def test_an_excerpt_ends_at_a_word(whole: str, limit: int, cut: str) -> None:
    assert text.excerpt(whole, limit) == cut


@given(st.text(), st.integers(min_value=2, max_value=40))
def test_an_excerpt_never_exceeds_its_limit(whole: str, limit: int) -> None:
    assert len(text.excerpt(whole, limit)) <= limit


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("<b>in</b>side a <em>word</em>", "inside a word"),
        ("line<br>break", "line break"),
        ("AT&amp;T &lt;b&gt; &amp;lt;", "AT&T <b> &lt;"),
        ('<img alt="a > b" src="https://example.org/x">seen', "seen"),
        ("a &lt; b", "a < b"),
    ],
)
def test_words_are_taken_from_html(markup: str, words: str) -> None:
    assert text.from_html(markup) == words


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("What's New? (2007)", "what-s-new-2007"),
        ("Café Ångström, Việt Nam", "cafe-angstrom-viet-nam"),
        ("Ελλάδα в мире", "ελλάδα-в-мире"),
        ("हिन्दी में", "हिन्दी-में"),
        ("العَرَبِيَّة", "العَرَبِيَّة"),
        ("ที่นี่", "ที่นี่"),
        ("☕\ufe0f break, 1\ufe0f\u20e3 first", "break-1-first"),
        ("snake_case", "snake-case"),
        ("🎉", ""),
    ],
)
def test_a_slug_keeps_the_marks_that_its_alphabet_needs(words: str, slug: str) -> None:
    assert text.slug(words) == slug


@given(st.text())
def test_a_slug_of_a_slug_is_the_same(words: str) -> None:
    """Else the one that a post's front matter gives could never be right."""
    slug = text.slug(words)
    assert text.slug(slug) == slug
    assert len(slug.encode()) <= text.MAX_SLUG


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        ("", ""),
        ("One", "<p>One</p>"),
        ("One\nline\r\n\r\nTwo", "<p>One<br>line</p><p>Two</p>"),
        ('<script> & "quotes"', '<p>&lt;script&gt; &amp; "quotes"</p>'),
    ],
)
def test_plain_text_becomes_escaped_paragraphs(plain: str, markup: str) -> None:
    assert text.paragraphs(plain) == markup
