"""What one answer of one source changes, which id an entry gets, and when the source is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub import identity, urls
from feedhub.ingest.decide import Known, Moment, body_digest, decide
from feedhub.model import (
    Content,
    Fetched,
    FetchFailed,
    FetchOutcome,
    Item,
    ItemId,
    Kind,
    NotModified,
    ParsedEntry,
    ParsedFeed,
    ParseFailed,
    ParseOutcome,
    SourceId,
    SourceState,
    SourceUpdate,
    Stage,
    Validators,
)
from feedhub.settings import Auto, ContentMode, Every, LocalFile, Source, WebAddress

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

SOURCE = Source(
    id=SourceId("news"),
    location=WebAddress(url="https://news.example/feed", secret=False),
    title=None,
    author=None,
    bylines=(),
    tags=(),
    every=Every(interval=HOUR),
    backlog=5,
    flood=25,
    content=ContentMode.FULL,
    keep=None,
    drop=None,
    headers={},
    paused=False,
)
STATE = SourceState(
    id=SourceId("news"),
    location="https://news.example/feed",
    added=NOW - 9 * HOUR,
    title="News",
    site=None,
    feed_id=None,
    language=None,
    validators=Validators(etag='"old"'),
    body_digest=None,
    last_checked=NOW - HOUR,
    last_ok=NOW - HOUR,
    next_check=NOW,
    failures=0,
    error=None,
    gone=False,
    paused=False,
    removed=None,
)
FETCHED = Fetched(
    body=b"<rss/>", url="https://news.example/feed", status=200, content_type=None, validators=Validators(etag='"new"')
)
CONTENT = Content(title="A title", link="https://news.example/1", html="<p>Words.</p>", published=NOW - 5 * HOUR)
MOMENT = Moment(now=NOW, jitter=0.5, hub_url="https://hub.example", cron=lambda _, after: after + 7 * HOUR)


def entry(key: str = "tag:news.example,2026:1", content: Content = CONTENT, digest: str = "1:b") -> ParsedEntry:
    return ParsedEntry(key=key, origin_id=key, digest=digest, content=content)


def feed(*entries: ParsedEntry, whole: bool = True) -> ParsedFeed:
    keys = tuple(one.key for one in entries)
    return ParsedFeed(title="News", link=None, id=None, language=None, entries=entries, keys=keys, whole=whole)


def item(content: Content = CONTENT, updated: datetime = NOW - 5 * HOUR) -> Item:
    return Item(
        id=ItemId(7),
        uid="tag:news.example,2026:1",
        kind=Kind.ENTRY,
        source=SourceId("news"),
        sources=(SourceId("news"),),
        author=None,
        slug=None,
        tags=(),
        content=replace(content, updated=None),
        dated=NOW - 5 * HOUR,
        first_seen=NOW - 4 * HOUR,
        updated=updated,
        withdrawn=None,
    )


def decided(
    outcome: FetchOutcome = FETCHED,
    parsed: ParseOutcome | None = None,
    known: Mapping[str, Item] | None = None,
    taken: tuple[str, ...] = (),
) -> SourceUpdate:
    return decide(SOURCE, STATE, outcome, parsed, Known(items=known or {}, taken=taken), MOMENT)


# -- what comes of an answer


def test_an_unknown_entry_is_a_new_item_that_goes_by_its_own_date() -> None:
    (new,) = decided(parsed=feed(entry())).new
    assert (new.uid, new.key, new.content) == ("tag:news.example,2026:1", "tag:news.example,2026:1", CONTENT)
    assert (new.dated, new.updated) == (NOW - 5 * HOUR, NOW - 5 * HOUR)


@pytest.mark.parametrize(
    ("published", "updated", "dated", "moved"),
    [
        pytest.param(None, None, 0, 0, id="undated: when first seen"),
        pytest.param(+30, None, 0, 0, id="dated in the future: now"),
        pytest.param(-9, -3, -9, -3, id="updated since"),
        pytest.param(-9, +3, -9, 0, id="updated in the future: now"),
        pytest.param(-3, -9, -3, -3, id="updated before it was published"),
        pytest.param(None, -9, -9, -9, id="only updated"),
    ],
)
def test_an_item_is_dated_by_its_own_word_where_that_can_be(
    published: int | None, updated: int | None, dated: int, moved: int
) -> None:
    said = replace(
        CONTENT,
        published=NOW + published * HOUR if published else None,
        updated=NOW + updated * HOUR if updated else None,
    )
    (new,) = decided(parsed=feed(entry(content=said))).new
    assert (new.dated, new.updated) == (NOW + dated * HOUR, NOW + moved * HOUR)


def test_a_known_entry_that_says_something_else_is_changed_and_keeps_its_item() -> None:
    said = replace(CONTENT, title="Another title")
    update = decided(parsed=feed(entry(content=said)), known={entry().key: item()})
    (changed,) = update.changed
    assert update.new == ()
    assert (changed.item, changed.content, changed.updated) == (7, said, NOW)


def test_a_change_is_dated_by_its_own_word_where_that_is_later_and_not_to_come() -> None:
    for stated, expected in ((-2, -2), (-9, 0), (+1, 0)):
        said = replace(CONTENT, title="Another title", updated=NOW + stated * HOUR)
        (changed,) = decided(parsed=feed(entry(content=said)), known={entry().key: item()}).changed
        assert changed.updated == NOW + expected * HOUR


def test_a_source_that_only_moves_dates_changes_nothing_that_is_published() -> None:
    """Some sources stamp the time of day into every answer."""
    said = replace(CONTENT, published=NOW, updated=NOW)
    (changed,) = decided(parsed=feed(entry(content=said)), known={entry().key: item()}).changed
    assert (changed.content, changed.digest, changed.updated) == (None, "1:b", NOW - 5 * HOUR)


def test_what_an_answer_no_longer_shows_stays() -> None:
    update = decided(parsed=feed(), known={entry().key: item()})
    assert (update.new, update.changed, update.result) == ((), (), "ok")


def test_a_whole_answer_brings_its_validators_and_a_cut_one_brings_none() -> None:
    update = decided(parsed=feed(entry()))
    assert (update.validators, update.body_digest) == (Validators(etag='"new"'), body_digest(b"<rss/>"))
    update = decided(parsed=feed(entry(), whole=False))
    assert (update.validators, update.body_digest) == (Validators(), "")
    assert len(update.new) == 1


@pytest.mark.parametrize(
    ("outcome", "parsed", "status"),
    [
        (FetchFailed(stage=Stage.TLS, words="the certificate expired"), None, None),
        (FetchFailed(stage=Stage.ANSWER, words="the certificate expired", status=503), None, 503),
        (FETCHED, ParseFailed(words="the certificate expired"), 200),
    ],
)
def test_a_failure_touches_nothing_that_is_known(
    outcome: FetchOutcome, parsed: ParseOutcome | None, status: int | None
) -> None:
    update = decided(outcome, parsed)
    assert (update.result, update.error, update.status) == ("failed", "the certificate expired", status)
    assert (update.new, update.changed, update.described) == ((), (), None)
    assert (update.validators, update.body_digest) == (None, None)


def test_an_answer_that_says_nothing_new_leaves_all_as_it_was() -> None:
    kept = decided(NotModified(validators=Validators()))
    assert (kept.result, kept.status, kept.validators, kept.body_digest) == (
        "not_modified",
        304,
        STATE.validators,
        None,
    )
    moved = decided(NotModified(validators=Validators(last_modified="later")))
    assert moved.validators == Validators(etag='"old"', last_modified="later")
    same = decided(FETCHED)
    assert (same.result, same.status, same.validators) == ("unchanged", 200, Validators(etag='"new"'))


# -- ids


def test_an_origins_id_is_kept_where_it_is_a_uri_that_no_other_item_bears() -> None:
    for origin in (
        "tag:a.example,2026:1",
        "https://a.example/1?x=1#y",
        "urn:uuid:6f2a0ab0-0000-4000-8000-000000000000",
    ):
        (new,) = decided(parsed=feed(entry(origin))).new
        assert new.uid == origin


def test_an_id_that_another_item_bears_never_changes_hands() -> None:
    (new,) = decided(parsed=feed(entry()), taken=("tag:news.example,2026:1",)).new
    assert new.uid.startswith("tag:hub.example,2026-06-01:sources/news/")


@pytest.mark.parametrize("origin", ["12", "/relative", "a b", "https://", "größe:x"])
def test_an_origins_id_that_is_no_uri_is_minted_anew_and_always_the_same(origin: str) -> None:
    (new,), (again,) = decided(parsed=feed(entry(origin))).new, decided(parsed=feed(entry(origin))).new
    assert new.uid == again.uid
    assert new.uid.startswith("tag:hub.example,2026-06-01:sources/news/")


def test_no_two_entries_of_one_answer_get_the_same_id() -> None:
    """A source may write the id that we would mint for its other entry."""
    minted = decided(parsed=feed(entry("12"))).new[0].uid
    for pair in ((entry("12"), entry(minted)), (entry(minted), entry("12"))):
        uids = [new.uid for new in decided(parsed=feed(*pair)).new]
        assert len(set(uids)) == 2


@given(specific=st.text(min_size=1, max_size=30), taken=st.integers(0, 3))
def test_what_is_minted_is_a_uri_of_the_hubs_own_that_was_free(specific: str, taken: int) -> None:
    uids: list[str] = []
    for _ in range(taken + 1):
        uids.append(identity.mint("https://hub.example:8000/path", NOW, f"posts/lee/{specific}", uids))
    assert len(set(uids)) == taken + 1
    assert all(urls.is_uri(uid) and uid.startswith("tag:hub.example,2026-06-01:posts/lee/") for uid in uids)


# -- when to ask again


def test_a_failure_counts_itself_and_its_retry_after() -> None:
    failing = replace(STATE, failures=1)
    source = replace(SOURCE, every=Auto.AUTO)
    moment = replace(MOMENT, jitter=0.0)
    failed = FetchFailed(stage=Stage.ANSWER, words="503", status=503, retry_after=None)
    known = Known(items={}, taken=())
    assert decide(source, failing, failed, None, known, moment).next_check == NOW + 4 * HOUR
    failed = replace(failed, retry_after=9 * 3600)
    assert decide(source, failing, failed, None, known, moment).next_check == NOW + 9 * HOUR
    assert decide(source, failing, FETCHED, feed(), known, moment).next_check == NOW + HOUR


def test_a_file_source_is_known_by_its_location() -> None:
    source = replace(SOURCE, every=Auto.AUTO, location=LocalFile(path=Path("/feeds/news.xml")))
    update = decide(source, STATE, FETCHED, feed(), Known(items={}, taken=()), MOMENT)
    assert update.next_check == NOW + timedelta(minutes=1)
