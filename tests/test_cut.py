"""A document whose known entries were cut out, beside the whole one: both must be read alike."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhub.ingest import cut
from feedhub.ingest.parse import parse
from feedhub.model import ParsedFeed

URL = "https://site.example/feed.xml"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FEEDS = sorted(path for path in (Path(__file__).parent / "feeds").rglob("*") if path.is_file())

Known = frozenset[tuple[str, str]]


def read(document: str | bytes, known: Known = frozenset(), remembered: str = "", url: str = URL) -> ParsedFeed:
    body = document if isinstance(document, bytes) else document.encode()
    found = parse(body, url=url, content_type=None, known=known, now=NOW, remembered=remembered)
    assert isinstance(found, ParsedFeed), found
    return found


def known_of(*feeds: ParsedFeed) -> Known:
    return frozenset((entry.key, entry.digest) for feed in feeds for entry in feed.entries)


def items(*numbers: int, extra: str = "") -> str:
    return "\n".join(
        f"<item><title>No. {n}</title><guid isPermaLink='false'>tag:{n}</guid><link>/{n}</link>"
        f"<description><![CDATA[<p>{n} <!-- more --></p>]]></description>{extra}</item>"
        for n in numbers
    )


def rss(entries: str, *, root: str = "", head: str = "") -> str:
    return f'<rss version="2.0"{root}><channel><title>A</title><link>https://site.example/</link>{head}\n{entries}</channel></rss>'


def alike(before: str, after: str) -> ParsedFeed:
    """What is read in `after` by one who remembers `before`; it must be what anybody reads in it."""
    first = read(before)
    known = known_of(first)
    found = read(after, known, first.remembered)
    assert found == read(after, known)
    return found


def read_entries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are given to feedparser from now on."""
    given: list[str] = []
    whole = cut.Parted.without

    def without(self: cut.Parted, places: dict[int, cut.Seen]) -> str:
        given.append(whole(self, places))
        return given[-1]

    monkeypatch.setattr(cut.Parted, "without", without)
    return given


def test_only_what_is_new_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    given = read_entries(monkeypatch)
    found = alike(rss(items(1, 2, 3)), rss(items(4, 1, 2)))
    assert [entry.key for entry in found.entries] == ["tag:4"]
    assert found.keys == ("tag:4", "tag:1", "tag:2")
    assert given == [rss(items(4) + "\n\n")]


def test_a_head_that_moves_hides_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    given = read_entries(monkeypatch)
    found = alike(rss(items(1)), rss(items(1), head="<ttl>60</ttl><lastBuildDate>now</lastBuildDate>"))
    assert found.entries == ()
    assert found.asks.ttl is not None
    assert len(given) == 1


@pytest.mark.parametrize(
    "after",
    [
        rss(items(1, 2), root=' xml:lang="de"'),
        rss(items(1, 2), root=' xml:base="https://other.example/"'),
        f'<!DOCTYPE rss [<!ENTITY x "y">]>{rss(items(1, 2))}',
        rss(items(1, 2).replace("</item>", "", 1)),
        rss(items(1, 2).replace("</description>", "", 1)),
        rss(f"<!-- {items(1)} -->{items(2)}"),
        rss(f"<!-- {items(1)} {items(2)}"),
        rss(f"<x>{items(1)}</x>{items(2)}"),
        rss(f"<item><guid>tag:9</guid>{items(1)}</item>{items(2)}"),
        rss(items(1, 2) + "<item/>"),
        rss(items(1, 1, 2)),
        rss(items(1, 2) + items(1).replace("/1<", "/one<")),  # an id that two share is the key of neither
        rss(items(1, 2) + items(1).replace("No. 1", "Again")),
        rss(items(1, 2)).replace("</channel></rss>", ""),
        rss(items(1, 2))[:-60],
        rss(items(1, 2)).replace("<p>1 ", "<p>1 \x0b"),
        rss(items(1, 2)) + "&",
        "\ufeff" + rss(items(1, 2)),
        rss(items(1, 2).replace("<![CDATA[<p>1", "<![CDATA[</item><p>1")),
    ],
)
def test_what_cannot_be_cut_safely_is_read_whole(after: str) -> None:
    alike(rss(items(1, 2)), after)


def test_what_was_known_by_its_bytes_is_read_again_once_it_is_not_known_any_more() -> None:
    first = read(rss(items(1, 2)))
    assert [entry.key for entry in read(rss(items(1, 2)), frozenset(), first.remembered).entries] == ["tag:1", "tag:2"]


def test_an_entry_at_another_address_is_another_one() -> None:
    """Its links are relative."""
    first = read(rss(items(1)))
    moved = read(rss(items(1)), known_of(first), first.remembered, "https://site.example/a/feed.xml")
    assert moved.keys == first.keys
    assert cut.part(rss(items(1)), URL) != cut.part(rss(items(1)), "https://site.example/a/feed.xml")


def test_an_empty_memory_is_no_memory() -> None:
    assert read("<rss version='2.0'><channel><title>A</title></channel></rss>").remembered == ""
    assert read('{"version": "https://jsonfeed.org/version/1.1", "title": "A", "items": []}').remembered == ""


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)
def test_feeds_are_read_alike_whole_and_cut(path: Path) -> None:
    found = parse(path.read_bytes(), url=URL, content_type=None, known=frozenset(), now=NOW)
    if isinstance(found, ParsedFeed):
        for known in (known_of(found), frozenset(list(known_of(found))[::2])):
            assert read(path.read_bytes(), known, found.remembered) == read(path.read_bytes(), known)


FRAGMENTS = st.sampled_from(
    [
        *(
            "<item>",
            "</item>",
            "<entry>",
            "</entry>",
            "<item/>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?x ",
            "?>",
            "&lt;item>",
        ),
        *(
            items(1),
            items(2),
            items(3),
            "<guid>tag:1</guid>",
            "<day>Monday</day>",
            "<title>t</title>",
            "<a xml:lang='fr'>",
            "</a>",
        ),
        *(
            "<language>fr</language>",
            "<b xmlns:media='http://search.yahoo.com/mrss/'>",
            "</b>",
            "&amp;",
            "&nbsp;",
            "&",
            "<",
            "text",
        ),
    ]
)


@settings(max_examples=150, deadline=None)
@given(before=st.lists(FRAGMENTS, max_size=8), after=st.lists(FRAGMENTS, max_size=8))
def test_whatever_stands_between_entries_both_ways_read_alike(before: list[str], after: list[str]) -> None:
    alike(rss(items(1, 2) + "".join(before)), rss("".join(after) + items(2, 1)))
    alike(rss("".join(before)), rss("".join(after) + "".join(before)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=6),
    st.lists(st.integers(0, 9), max_size=6),
    st.sampled_from(["", "<day>Friday</day>"]),
)
def test_windows_that_roll_are_read_alike(before: list[int], after: list[int], extra: str) -> None:
    found = alike(rss(items(*before, extra=extra)), rss(items(*after, extra=extra)))
    assert not found.asks.skip_days
    assert re.findall("[0-9]", "".join(found.keys)) == [str(number) for number in dict.fromkeys(after)]
