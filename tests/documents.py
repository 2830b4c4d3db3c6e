"""Documents for the tests of what is published: one with everything in it, and ones of any text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from feedhub.model import Category, Credit, Document, Enclosure, Entry, Image, Person

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

CREDIT = Credit(
    id="tag:news.example.org,2004:feed",
    title="Channel <News> & More",
    feed_url="https://news.example.org/feed.xml?a=1&b=2",
    site="https://news.example.org/",
    updated=NOON - timedelta(hours=1),
)

ENTRY = Entry(
    uid="tag:feeds.example.com,2026:posts/1",
    title="Plain",
    link="https://feeds.example.com/posts/lee-pender/plain/",
    published=NOON,
    updated=NOON,
    authors=(Person(name="Lee Pender"),),
    summary="",
    html="",
    categories=(),
    enclosures=(),
    image=None,
    language=None,
    credit=None,
)

RICH = replace(
    ENTRY,
    uid="urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
    title="Q & A: is 1 < 2?",
    link="https://news.example.org/q?a=1&b=2",
    updated=NOON + timedelta(minutes=5),
    authors=(
        Person(name="Mary-Jo Foley", email="mary-jo@example.org", url="https://example.org/mary-jo"),
        Person(name="Søren Łukasz", email="not an address"),
    ),
    summary="Why <b> is a tag & not a word.",
    html='<p>It is: ]]&gt; and <a href="https://example.org/?a=1&amp;b=2">more</a>.</p>\n<pre>\n  two\n    four\n</pre>',
    categories=(
        Category(term="news"),
        Category(term="q-a", scheme="https://news.example.org/tags/", label="Q & A"),
        Category(term=""),
    ),
    enclosures=(
        Enclosure(url="https://news.example.org/a.mp3", type="audio/mpeg", length=1234),
        Enclosure(url="https://news.example.org/b.pdf"),
    ),
    image=Image(url="https://news.example.org/osmos.jpg?w=600&h=400", alt="Sound <wave> & more"),
    language="pl",
    credit=CREDIT,
)

DOCUMENT = Document(
    id="tag:feeds.example.com,2026:combined",
    title="Channel Desk",
    subtitle="What our partners write.",
    language="en",
    page="https://feeds.example.com/",
    atom="https://feeds.example.com/feed.atom",
    rss="https://feeds.example.com/feed.rss",
    json="https://feeds.example.com/feed.json",
    updated=NOON + timedelta(minutes=5),
    author=Person(name="Channel Desk", email="editor@example.com", url="https://feeds.example.com/"),
    entries=(
        RICH,
        replace(ENTRY, html="<p>\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c \U0001f680</p>"),
        replace(ENTRY, uid="tag:feeds.example.com,2026:posts/2", link=None, summary="Only a summary, 3 > 2."),
        replace(ENTRY, uid="tag:feeds.example.com,2026:posts/3", link=None, title="Only a title"),
        replace(ENTRY, uid="tag:feeds.example.com,2026:posts/4", link="mailto:lee@example.com"),
    ),
)


def of(*entries: Entry, **changed: Any) -> Document:
    """The document with these entries, or another head."""
    return replace(DOCUMENT, entries=entries or DOCUMENT.entries, **changed)


# feedparser takes Latin-1 letters that happen to be UTF-8 for a mistake, and mends it.
_CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=[chr(c) for c in range(0x80, 0x100)])


def _texts() -> st.SearchStrategy[str]:
    """Any text at all, lone surrogates, control characters and bits of markup among it."""
    bits = st.sampled_from(
        ["]]>", "<b>", "&amp;", "&", "\x00", "\x0b", "\ud800", "\ufffe", "\U0001f680", "\u202e", "\r\n"]
    )
    return st.lists(bits | st.text(_CHARACTERS, max_size=6), max_size=5).map("".join)


_ADDRESSES = st.sampled_from(["https://example.org/?a=1&b=2", "HTTP://example.org", "mailto:lee@example.org"])
_TIMES = st.integers(0, 10**9 * 4).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
_PEOPLE = st.builds(Person, name=_texts(), email=st.none() | _texts(), url=st.none() | _ADDRESSES | _texts())


def entries() -> st.SearchStrategy[Entry]:
    """Entries of any text, with ids that tell them apart and links that may be published."""
    return st.builds(
        Entry,
        uid=st.uuids().map(lambda uuid: f"urn:uuid:{uuid}"),
        title=_texts(),
        link=st.none() | _ADDRESSES,
        published=_TIMES,
        updated=_TIMES,
        authors=st.lists(_PEOPLE, min_size=1, max_size=2).map(tuple),
        summary=_texts(),
        html=_texts(),
        categories=st.lists(
            st.builds(Category, term=_texts(), scheme=st.none() | _texts(), label=st.none() | _texts()), max_size=2
        ).map(tuple),
        enclosures=st.lists(
            st.builds(
                Enclosure,
                url=_ADDRESSES | _texts(),
                type=st.none() | _texts(),
                length=st.none() | st.integers(0, 2**40),
            ),
            max_size=2,
        ).map(tuple),
        image=st.none() | st.builds(Image, url=_ADDRESSES | _texts(), alt=_texts()),
        language=st.none() | st.sampled_from(["en", "pl", "EN", "de-CH-1996"]) | _texts(),
        credit=st.none()
        | st.builds(
            Credit,
            id=st.just("tag:example.org,2026:feed"),
            title=_texts(),
            feed_url=_ADDRESSES | _texts(),
            site=st.none() | _ADDRESSES | _texts(),
            updated=_TIMES,
        ),
    )


def documents() -> st.SearchStrategy[Document]:
    """Documents of such entries."""
    return st.builds(
        lambda some, subtitle, updated: replace(DOCUMENT, entries=tuple(some), subtitle=subtitle, updated=updated),
        st.lists(entries(), max_size=3, unique_by=lambda entry: entry.uid),
        _texts(),
        _TIMES,
    )
