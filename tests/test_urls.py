from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub import urls

anything = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "L", "P", "S", "Z"])),
    st.lists(
        st.sampled_from(
            ["http", "https", "mailto", ":", "//", "/", "[", "]", "@", "?", "#", "%", "a", "é", ".", ":80", "。", "\\"]
        )
    ).map("".join),
)


@pytest.mark.parametrize(
    ("url", "published"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("HTTP://Example.com/%7Ea", "HTTP://Example.com/%7Ea"),
        ("https://example.com/a%2Fb?x=%20&y=~;z=1,2", "https://example.com/a%2Fb?x=%20&y=~;z=1,2"),
        ("https://example.com/#:~:text=a,b", "https://example.com/#:~:text=a,b"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("mailto:lee@example.com", "mailto:lee@example.com"),
        (" \n https://example.com/a\r\nb\t ", "https://example.com/ab"),
        ("\u00a0https://example.com/\u2003", "https://example.com/"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/naïve?q=ü#ß", "https://example.com/na%C3%AFve?q=%C3%BC#%C3%9F"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://example.com/[1]|", "https://example.com/%5B1%5D%7C"),
        ("https://example.com/a\ud800b", "https://example.com/ab"),
        ("https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        ("mailto:Zoë <z@example.com>", "mailto:Zo%C3%AB%20%3Cz@example.com%3E"),
        ("", None),
        ("/relative", None),
        ("//example.com/", None),
        ("example.com", None),
        ("http:", None),
        ("http:example.com", None),
        ("http:/example.com", None),
        ("http:///example.com", None),
        ("http://", None),
        ("http://?a", None),
        ("http://user@/", None),
        ("http://:80/", None),
        ("http://[::1", None),
        ("http://[zz]/", None),
        ("http://a:99999/", None),
        ("http://a:0/", None),
        ("http://a:b/", None),
        ("http://two words.example/", None),
        ("http://℀.example/", None),
        ("mailto:", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("ftp://example.com/", None),
        ("tag:example.com,2020:a", None),
    ],
)
def test_an_address_is_published_only_as_an_absolute_http_https_or_mailto_uri(url: str, published: str | None) -> None:
    assert urls.publishable(url) == published


@given(anything)
def test_whatever_is_published_is_a_uri_of_a_harmless_scheme_and_is_published_as_it_is(text: str) -> None:
    address = urls.publishable(text)
    if address is not None:
        assert address.isascii()
        assert urls.is_uri(address)
        assert urlsplit(address).scheme in {"http", "https", "mailto"}
        assert urls.publishable(address) == address


@given(anything, anything)
def test_no_text_makes_a_function_of_urls_raise(text: str, base: str) -> None:
    for function in (urls.is_web, urls.is_uri, urls.link_key, urls.redacted, urls.has_secret, urls.origin):
        function(text)
    urls.absolute(text, base)


@pytest.mark.parametrize(
    ("reference", "base", "address"),
    [
        ("b", "https://example.com/a/", "https://example.com/a/b"),
        ("/b", "https://example.com/a/", "https://example.com/b"),
        ("//cdn.example/x.png", "https://example.com/", "https://cdn.example/x.png"),
        ("?p=1", "https://example.com/a", "https://example.com/a?p=1"),
        (" a b ", "https://example.com/", "https://example.com/a%20b"),
        ("https://other.example/", "", "https://other.example/"),
        ("b", "", None),
        ("", "https://example.com/a/", None),
        (" ", "https://example.com/a/", None),
        ("javascript:alert(1)", "https://example.com/", None),
        ("a", "http://[", None),
    ],
)
def test_a_reference_is_made_absolute(reference: str, base: str, address: str | None) -> None:
    assert urls.absolute(reference, base) == address


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/a",
        "tag:blog.example,2020-01-02:/a/b",
        "urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
        "post:12",
    ],
)
def test_a_uri_may_be_kept_as_an_id(text: str) -> None:
    assert urls.is_uri(text)


@pytest.mark.parametrize(
    "text",
    ["", "12", "a b", "tag:", "/a", "tag:x,2020:a b", "tag:x,2020:é", "http:///a", "http://", "C:\\a", "1a:b", "a:b#c#d", "a:%zz", "a:b\n", "a:[x]"],
)  # fmt: skip
def test_what_is_no_uri_is_no_id(text: str) -> None:
    assert not urls.is_uri(text)


@pytest.mark.parametrize(
    ("url", "answer"),
    [("http://a", True), ("https://[::1]:8/", True), ("http://é.example/ü", True), ("mailto:a@b", False), ("http://", False), ("ftp://a/", False), ("feed.xml", False)],
)  # fmt: skip
def test_a_web_address_is_http_or_https_with_a_host(url: str, answer: bool) -> None:  # noqa: FBT001
    assert urls.is_web(url) is answer


@pytest.mark.parametrize(
    "variant",
    [
        "https://example.com/a/b?x=1&y=2",
        "http://example.com/a/b?x=1&y=2",
        "https://www.example.com/a/b/?y=2&x=1",
        "HTTPS://EXAMPLE.com:443/a/b?x=1&y=2#comments",
        "https://example.com/a/b?x=1&y=2#xtor=RSS-8",
        "https://example.com/a/b?x=1&y=2#more-17",
        "https://example.com/a/b?x=1&y=2#:~:text=words",
        "http://example.com:80/a/./c/../b?x=1&y=2",
        "https://example.com/a/b?utm_source=rss&x=1&utm_medium=feed&y=2&fbclid=abc&gclid=d&mc_cid=e&mc_eid=f",
        "https://user:pass@example.com/%61/b?x=1&&y=2",
    ],
)
def test_links_to_the_same_page_have_the_same_key(variant: str) -> None:
    assert urls.link_key(variant) == "example.com/a/b?x=1&y=2"


@pytest.mark.parametrize(
    "other",
    ["https://example.com/A/b", "https://example.com/a/b?x=2", "https://example.com/a", "https://example.com:8080/a/b", "https://sub.example.com/a/b", "http://example.com:443/a/b", "https://example.com/a/b#v2", "https://example.com/a/b#!/reply-all"],
)  # fmt: skip
def test_links_to_other_pages_have_other_keys(other: str) -> None:
    assert urls.link_key(other) != urls.link_key("https://example.com/a/b")


def test_a_link_that_is_no_web_address_is_its_own_key() -> None:
    assert urls.link_key(" mailto:lee@example.com") == "mailto:lee@example.com"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://lee:hunter2@example.com/feed", "https://…@example.com/feed"),
        ("https://lee@example.com/feed", "https://…@example.com/feed"),
        ("https://lee:hun/ter#2@example.com/feed", "https://…@example.com/feed"),
        ("https://lee:a@b@example.com/feed", "https://…@example.com/feed"),
        ("https://example.com/?token=abc&x=1", "https://example.com/?token=…&x=1"),
        ("https://example.com/?x=1&api_key=a;b#f", "https://example.com/?x=1&api_key=…#f"),
        ("https://example.com/?apiKey=abc", "https://example.com/?apiKey=…"),
        ("https://example.com/?key=abc&pass=d&auth=e&sig=f&secret=g", "https://example.com/?key=…&pass=…&auth=…&sig=…&secret=…"),
        ("https://example.com/?X-Amz-Signature=ab&X-Amz-Credential=c", "https://example.com/?X-Amz-Signature=…&X-Amz-Credential=…"),
        ("https://example.com/?a=1;access_token=b", "https://example.com/?a=1;access_token=…"),
        ("https://example.com/#access_token=b", "https://example.com/#access_token=…"),
    ],
)  # fmt: skip
def test_secrets_in_an_address_are_not_shown(url: str, shown: str) -> None:
    assert urls.redacted(url) == shown
    assert urls.has_secret(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/?author=3&feed=rss2&design=x&keyword=y&s=passage",
        "https://example.com:8080/a@b",
        "https://example.com/a//b@c",
        "http://[::1]/a@b",
        "mailto:lee@example.com",
        "https://example.com/token/key",
        "https://example.com/?token=",
    ],
)
def test_an_address_without_secrets_is_shown_as_it_is(url: str) -> None:
    assert urls.redacted(url) == url
    assert not urls.has_secret(url)


@given(st.from_regex(r"[a-z0-9]{3,12}", fullmatch=True), st.sampled_from(["token", "api_key", "sig", "password"]))
def test_a_secret_never_stands_in_what_is_shown(secret: str, name: str) -> None:
    secret = f"Zq{secret}"
    for url in (f"https://u:{secret}@h.example/", f"https://h.example/?a=b&{name}={secret}", f"//{secret}@h.example"):
        assert secret not in urls.redacted(url)


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://User:p@Example.com/a", "https://example.com:443"),
        ("http://example.com:8080/", "http://example.com:8080"),
        ("http://[::1]/", "http://[::1]:80"),
        ("http://münchen.example", "http://xn--mnchen-3ya.example:80"),
        ("mailto:a@b", ""),
        ("nonsense", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, answer: str) -> None:
    assert urls.origin(url) == answer
