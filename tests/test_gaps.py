"""A window that has rolled past what was known: noticed, shown, made up for; and the past of a source, on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import NOW, Entry, Hub, numbered, rss
from werkzeug import Request, Response

from feedhub import app
from feedhub.cli.main import feedhub
from feedhub.errors import NotFound, UsageError
from feedhub.ingest.backfill import Backfilled

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 2 * DAY


def paged(hub: Hub, entries: Sequence[Entry], mark: str = "", **pages: str) -> str:
    """A feed that names other documents: `next_archive=` and the like are the names of sources of the origin."""
    links = "".join(
        f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{rel.replace("_", "-")}" href="{hub.origin.url_for(f"/{name}.xml")}"/>'
        for rel, name in pages.items()
    )
    return rss(entries).replace("<description/>", f"<description/>{links}{mark}", 1)


def window(first: int, last: int) -> list[Entry]:
    """An hourly source's items of these numbers, of which number 48 is dated `LATER`, newest first."""
    return numbered(range(last, first - 1, -1), newest=LATER - HOUR * (48 - last))


@pytest.fixture
def known(hub: Hub) -> Hub:
    """A hub that has read items 0 to 9 of an hourly source, and looks again when it is at number 48."""
    hub.source("news")
    hub.answer("news", paged(hub, window(0, 9)))
    hub.time.move_to(LATER - HOUR * 39)
    hub.poll()
    hub.time.move_to(LATER)
    return hub


def status(hub: Hub, name: str = "news") -> Any:
    """What `status --json` says of a source."""
    (found,) = [one for one in printed(hub, "status", "--json")["sources"] if one["id"] == name]
    return found


def printed(hub: Hub, *words: str) -> Any:
    return json.loads(command(hub, *words))


def command(hub: Hub, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(feedhub, [*words, "--config", str(hub.place.config)])
    assert done.exit_code == code, done.output
    return done.output


def gap(hub: Hub) -> Any:
    return status(hub)["gap"]


def requests(hub: Hub) -> list[str]:
    """What the origin was asked for, in turn."""
    return [request.path.strip("/").removesuffix(".xml") for request, _ in hub.origin.log]


def iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


# -- noticed


def test_a_window_that_rolled_past_what_was_known_is_a_gap(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48)))
    assert known.poll()["news"].new == 10
    assert gap(known) == {"since": iso(LATER - HOUR * 39), "until": iso(LATER - HOUR * 9), "missing": 29}
    assert "about 29 items between 2026-06-01 21:00 and 2026-06-03 03:00 UTC went by unseen" in command(known, "status")


def test_a_gap_stays_while_the_source_goes_on(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48)))
    known.poll()
    before = gap(known)
    known.pass_(hours=1)
    known.answer("news", paged(known, window(40, 49)))
    known.poll()
    known.answer("news", "gone away", status=500)
    known.poll()
    assert gap(known) == before


def test_a_gap_is_over_when_what_was_known_shows_again(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48)))
    known.poll()
    known.pass_(hours=1)
    known.config["sources"]["news"]["flood"] = 50
    known.configure()
    known.answer("news", paged(known, window(5, 49)))
    known.poll()
    assert gap(known) is None
    assert len(known.ids()) == 50


def test_a_gap_that_nothing_repairs_is_shown_for_thirty_days(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48)))
    known.poll()
    known.pass_(days=30)
    known.poll()
    assert gap(known) is not None
    known.pass_(seconds=1)
    known.poll()
    assert gap(known) is None


def test_a_window_that_rolls_twice_leaves_one_gap(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48)))
    known.poll()
    known.pass_(hours=30)
    known.answer("news", paged(known, window(69, 78)))
    known.poll()
    assert gap(known) == {"since": iso(LATER - HOUR * 39), "until": iso(LATER + HOUR * 21), "missing": 49}


def test_a_gap_of_a_source_without_dates_has_no_estimate(hub: Hub) -> None:
    def undated(first: int, last: int) -> list[Entry]:
        return [replace(entry, dated=None) for entry in window(first, last)]

    hub.source("news")
    hub.show("news", undated(0, 9))
    hub.poll()
    hub.pass_(days=1)
    hub.show("news", undated(39, 48))
    hub.poll()
    assert gap(hub) == {"since": iso(NOW), "until": iso(NOW + DAY), "missing": None}


def test_a_source_is_asked_twice_as_often_while_something_is_missing(hub: Hub) -> None:
    """It says when it changed, and publishes once a day: asked every half day, then every quarter of one."""
    hub.source("news")
    headers = {"ETag": '"a"'}

    def daily(first: int, last: int) -> str:
        return rss(numbered(range(first, last + 1), newest=NOW + DAY * (last - 9), step=DAY))

    hub.answer("news", daily(0, 9), headers=headers)
    hub.poll()
    calm = datetime.fromisoformat(status(hub)["next_check"]) - NOW
    hub.pass_(days=20)
    hub.answer("news", daily(20, 29), headers=headers)
    hub.poll()
    keen = datetime.fromisoformat(status(hub)["next_check"]) - NOW - 20 * DAY
    assert 12 * HOUR <= calm <= 14 * HOUR
    assert 6 * HOUR <= keen <= 7 * HOUR


# -- not a gap


def test_a_first_answer_shows_no_gap(known: Hub) -> None:
    known.source("other")
    known.show("other", window(39, 48))
    known.poll()
    assert status(known, "other")["gap"] is None


@pytest.mark.parametrize(
    "then",
    [
        pytest.param(window(9, 48), id="one that was known still shows"),
        pytest.param([], id="an empty document"),
        pytest.param(window(10, 19), id="the next ones, with no time between for others"),
        pytest.param([replace(e, id=f"urn:x:{e.title}") for e in window(0, 9)], id="renumbered"),
        pytest.param(
            [
                replace(e, id=f"urn:x:{e.title}", link=f"https://moved.example/{e.id.rpartition(':')[2]}")
                for e in window(0, 9)
            ],
            id="renumbered, at another domain",
        ),
        pytest.param(
            [replace(e, id=f"urn:x:{e.title}", link=f"https://moved.example/x/{e.title}") for e in window(0, 9)],
            id="so changed that nothing is recognised, and no newer",
        ),
    ],
)
def test_what_only_looks_like_a_gap_is_none(known: Hub, then: list[Entry]) -> None:
    known.answer("news", paged(known, then))
    known.poll()
    assert gap(known) is None


def test_a_document_that_was_cut_off_shows_no_gap(known: Hub) -> None:
    whole = paged(known, window(39, 48))
    known.answer("news", whole[: whole.index("Item 45")])
    assert known.poll()["news"].new > 0
    assert gap(known) is None


def test_a_document_that_lists_all_there_is_shows_no_gap(known: Hub) -> None:
    complete = '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>'
    known.answer("news", paged(known, window(39, 48), complete))
    known.poll()
    assert gap(known) is None


def test_a_feed_of_one_entry_has_no_gap_each_time(hub: Hub) -> None:
    hub.source("latest")
    for day in range(4):
        hub.show("latest", [Entry(id=f"urn:x:{day}", dated=NOW + day * DAY)])
        hub.time.move_to(NOW + day * DAY)
        hub.poll()
        assert status(hub, "latest")["gap"] is None or day == 1  # by two dates no rhythm is known


def test_another_address_is_another_window(known: Hub) -> None:
    known.source("news", every="1h")
    known.config["sources"]["news"]["url"] += "?other"
    known.configure()
    known.answer("news", paged(known, window(39, 48)))
    known.poll()
    assert gap(known) is None


# -- made up for


@pytest.mark.parametrize("rel", ["prev_archive", "next"])
def test_a_gap_is_made_up_for_at_once_through_the_documents_that_the_source_names(known: Hub, rel: str) -> None:
    known.answer("news", paged(known, window(39, 48), **{rel: "b"}))
    known.answer("b", paged(known, window(24, 38), **{rel: "c"}))
    known.answer("c", paged(known, window(5, 23), **{rel: "d"}))
    before = len(requests(known))
    polled = known.poll()["news"]
    assert (polled.new, polled.held) == (39, 0)
    assert requests(known)[before:] == ["news", "b", "c"]
    assert gap(known) is None
    assert known.titles() == [f"Item {n}" for n in range(48, -1, -1)]


def test_what_a_repair_brings_is_released_by_its_age(hub: Hub) -> None:
    """Late is not lost, old is not news: thirty days."""
    hub.source("news")
    hub.show("news", numbered(range(3), newest=NOW - 60 * DAY))
    hub.poll()
    hub.pass_(days=1)
    hub.answer("news", paged(hub, [Entry(id="urn:new", title="New", dated=NOW)], prev_archive="b"))
    late = [Entry(id=f"urn:b:{age}", title=f"Aged {age}", dated=NOW + DAY - age * DAY) for age in (29, 31)]
    hub.answer("b", paged(hub, [*late, *numbered(range(3), newest=NOW - 60 * DAY)]))
    hub.poll()
    assert hub.titles()[:2] == ["New", "Aged 29"]
    assert hub.verdicts("urn:b:31")["combined"] == "history"


def test_a_gap_is_made_up_for_however_many_that_are(known: Hub) -> None:
    known.config["sources"]["news"]["flood"] = 5
    known.configure()
    known.answer("news", paged(known, window(44, 48), next="b"))
    known.answer("b", paged(known, window(9, 43)))
    polled = known.poll()["news"]
    assert (polled.new, polled.held) == (39, 0)
    assert len(known.ids()) == 49


@pytest.mark.parametrize("fault", [{"body": "no", "status": 503}, {"body": "<html><body>A page"}])
def test_a_repair_that_fails_keeps_what_it_read_and_goes_on_at_the_next_poll(known: Hub, fault: Any) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"))
    known.answer("b", paged(known, window(24, 38), next="c"))
    known.answer("c", **fault)
    polled = known.poll()["news"]
    assert (polled.new, polled.error) == (25, None)
    assert any("what was missed cannot be read" in note for note in polled.notes)
    assert gap(known) == {"since": iso(LATER - HOUR * 39), "until": iso(LATER - HOUR * 24), "missing": 14}
    known.pass_(hours=1)
    known.answer("c", paged(known, window(0, 23)))
    before = len(requests(known))
    assert known.poll()["news"].new == 14
    assert requests(known)[before:] == ["news", "c"]
    assert gap(known) is None
    assert known.titles() == [f"Item {n}" for n in range(48, -1, -1)]


def test_a_repair_goes_on_also_when_the_source_has_nothing_new(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"), headers={"ETag": '"a"'})
    known.answer("b", "no", status=404)
    known.poll()
    known.pass_(hours=1)
    known.answer("news", "", status=304)
    known.answer("b", paged(known, window(0, 38)))
    polled = known.poll()["news"]
    assert (polled.result, polled.new) == ("not_modified", 29)
    assert gap(known) is None


def test_a_poll_goes_back_twenty_documents_and_the_next_one_goes_on(known: Hub) -> None:
    known.answer("news", paged(known, window(48, 48), next="p47"))
    for number in range(47, 8, -1):
        known.answer(f"p{number}", paged(known, window(number, number), next=f"p{number - 1}"))
    assert known.poll()["news"].new == 21
    assert gap(known) is not None
    known.pass_(hours=1)
    assert known.poll()["news"].new == 18
    assert gap(known) is None
    assert known.titles() == [f"Item {n}" for n in range(48, -1, -1)]


def test_earlier_documents_that_lead_in_a_circle_are_read_once(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"))
    known.answer("b", paged(known, window(34, 38), next="c"))
    known.answer("c", paged(known, window(29, 33), next="b"))
    before = len(requests(known))
    known.poll()
    assert requests(known)[before:] == ["news", "b", "c"]
    assert gap(known)["missing"] == 19
    known.pass_(hours=1)
    known.poll()
    assert requests(known)[before:] == ["news", "b", "c", "news"]


def test_an_earlier_document_overwrites_nothing(known: Hub) -> None:
    """An archive document keeps an entry as it was when it was written (RFC 5005, 4)."""
    known.answer("news", paged(known, window(39, 48), prev_archive="b"))
    old = [replace(entry, title=f"Old {entry.title}") for entry in window(0, 48)]
    known.answer("b", paged(known, old))
    polled = known.poll()["news"]
    assert (polled.new, polled.updated) == (39, 0)
    assert known.titles()[9:11] == ["Item 39", "Old Item 38"]
    assert known.titles()[-1] == "Item 0"


def test_what_the_source_says_is_deleted_does_not_come_by_its_archive(known: Hub) -> None:
    gone = window(30, 30)[0].id
    mark = (
        f'<d:deleted-entry xmlns:d="http://purl.org/atompub/tombstones/1.0" ref="{gone}" when="2026-06-02T00:00:00Z"/>'
    )
    known.answer("news", paged(known, window(39, 48), mark, prev_archive="b"))
    known.answer("b", paged(known, window(0, 38)))
    assert known.poll()["news"].new == 38
    assert "Item 30" not in known.titles()


def test_an_origin_that_wants_rest_in_the_middle_of_a_repair_gets_it(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"))
    known.answer("b", "slower", status=429, headers={"Retry-After": "7200"})
    known.poll()
    assert gap(known) is not None
    known.pass_(hours=1)
    assert known.poll()["news"].result == "skipped"
    known.pass_(hours=2)
    known.answer("b", paged(known, window(0, 38)))
    known.poll()
    assert gap(known) is None


def test_an_address_that_may_hold_a_secret_is_followed_and_not_kept(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b").replace("b.xml", "b.xml?token=s3cret"))
    known.answer("b", "no", status=500)
    known.poll()
    assert requests(known)[-1] == "b"
    assert gap(known) is not None
    assert b"s3cret" not in b"".join(path.read_bytes() for path in known.place.data.glob("feedhub.db*"))


def test_what_a_file_refers_to_is_nobodys_to_ask_for(hub: Hub) -> None:
    hub.configure(sources={"file": {"url": "feed.xml"}})
    for first, last in ((0, 9), (39, 48)):
        (hub.folder / "feed.xml").write_text(paged(hub, window(first, last), next="b"))
        hub.time.move_to(LATER - HOUR * (48 - last))
        hub.poll("file")
    assert "it names no documents that keep them" in command(hub, "status")
    assert requests(hub) == []


def test_an_entry_of_the_gap_without_a_date_goes_by_the_end_of_the_gap(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"))
    known.answer("b", paged(known, [Entry(id="urn:undated", title="Undated"), *window(0, 38)]))
    known.poll()
    assert set(known.titles()[9:11]) == {"Item 39", "Undated"}


# -- the past, on demand


def backfilled(hub: Hub, name: str = "news") -> Backfilled:
    return app.backfill(hub.place, name, pause=timedelta())[0]


@pytest.mark.parametrize("rel", ["prev_archive", "next"])
def test_the_past_of_a_source_becomes_history(known: Hub, rel: str) -> None:
    """Also what is new enough to be news: nobody was waiting for it."""
    old = numbered(range(-20, 0), newest=LATER - 50 * HOUR)
    known.answer("news", paged(known, window(0, 9), **{rel: "b"}))
    known.answer("b", paged(known, [*old[10:], *window(0, 0)], **{rel: "c"}))
    known.answer("c", paged(known, old[:10]))
    before, seen = known.titles(), len(requests(known))
    told: list[tuple[int, int]] = []
    found, _ = app.backfill(
        known.place, "news", lambda so_far: told.append((so_far.documents, so_far.new)), pause=timedelta()
    )
    assert (found.documents, found.new, found.known, found.error) == (3, 20, 10, None)
    assert told == [(1, 0), (2, 10), (3, 20)]
    assert requests(known)[seen:] == ["news", "b", "c"]
    assert known.titles() == before
    assert known.verdicts("tag:source.example,2026:-1")["combined"] == "history"


def test_a_second_run_reads_to_the_end_and_brings_nothing_twice(known: Hub) -> None:
    known.answer("news", paged(known, window(5, 9), next="b"))
    known.answer("b", paged(known, numbered(range(-20, 0), newest=NOW - DAY), next="c"))
    known.answer("c", "no", status=500)
    first = backfilled(known)
    assert (first.documents, first.new) == (2, 20)
    assert first.error
    known.answer("c", paged(known, numbered(range(-40, -15), newest=NOW - 2 * DAY)))
    second = backfilled(known)
    assert (second.documents, second.new, second.known, second.error) == (3, 20, 25, None)
    third = backfilled(known)
    assert (third.documents, third.new, third.error) == (3, 0, None)


def test_what_the_current_document_has_new_is_news_as_at_any_poll(known: Hub) -> None:
    known.answer("news", paged(known, window(5, 10), next="b"))
    known.answer("b", paged(known, window(0, 4)))
    assert backfilled(known).new == 1
    assert known.titles()[0] == "Item 10"


def test_a_feed_that_lists_all_there_is_has_no_more(known: Hub) -> None:
    complete = '<h:complete xmlns:h="http://purl.org/syndication/history/1.0"/>'
    known.answer("news", paged(known, window(0, 9), complete, next="b"))
    assert backfilled(known).documents == 1


def wordpress(hub: Hub, pages: Sequence[Sequence[Entry]], beyond: Any = None, generator: str = "") -> list[str]:
    """Have the origin answer as WordPress does, by `paged`; the queries that it was asked."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.query_string.decode())
        number = int(request.args.get("paged", 1))
        if number > len(pages):
            return beyond or Response("<p>no such page", status=404)
        mark = f"<generator>{generator}</generator>" if generator else ""
        return Response(paged(hub, pages[number - 1], mark), content_type="application/rss+xml")

    for path in ("/feed/", "/wp.xml"):
        hub.origin.expect_request(path).respond_with_handler(answer)
    return asked


@pytest.mark.parametrize(
    ("path", "generator"), [("/feed/", ""), ("/wp.xml", "https://wordpress.org/?v=6.4"), ("/wp.xml?feed=rss2", "")]
)
def test_wordpress_is_read_page_by_page_to_the_last(hub: Hub, path: str, generator: str) -> None:
    hub.configure(sources={"wp": {"url": hub.origin.url_for(path)}})
    asked = wordpress(hub, [window(20, 29), window(10, 19), window(0, 9)], generator=generator)
    found = backfilled(hub, "wp")
    assert (found.documents, found.new, found.error) == (3, 30, None)
    query = f"{path.partition('?')[2]}&".removeprefix("&")
    assert asked == [query.removesuffix("&"), *(f"{query}paged={number}" for number in (2, 3, 4))]


@pytest.mark.parametrize(
    "beyond",
    [
        pytest.param({"status": 404}, id="not found"),
        pytest.param({"status": 400}, id="refused"),
        pytest.param({"response": "<html><body>Welcome", "content_type": "text/html"}, id="a page"),
        pytest.param({"response": rss(window(0, 9))}, id="the same again"),
        pytest.param({"response": rss([])}, id="nothing"),
    ],
)
def test_what_only_looks_like_wordpress_is_asked_once_more(hub: Hub, beyond: Any) -> None:
    hub.configure(sources={"wp": {"url": hub.origin.url_for("/feed/")}})
    asked = wordpress(hub, [window(0, 9)], Response(**beyond))
    found = backfilled(hub, "wp")
    assert (found.new, found.error) == (10, None)
    assert asked == ["", "paged=2"]


def test_any_other_feed_is_asked_for_nothing_that_it_does_not_name(known: Hub) -> None:
    seen = len(requests(known))
    assert backfilled(known).documents == 1
    assert requests(known)[seen:] == ["news"]


def test_documents_that_lead_in_a_circle_or_say_the_same_for_ever_come_to_an_end(known: Hub) -> None:
    known.answer("news", paged(known, window(5, 9), next="b"))
    known.answer("b", paged(known, window(-5, -1), next="news"))
    assert backfilled(known).documents <= 3
    for number in range(9):
        known.answer(f"s{number}", paged(known, window(-5, -1), next=f"s{number + 1}"))
    known.answer("news", paged(known, window(5, 9), next="s0"))
    found = backfilled(known)
    assert (found.documents, found.error) == (3, None)


def test_a_server_that_asks_for_a_little_rest_gets_it(known: Hub) -> None:
    known.answer("news", paged(known, window(0, 9), next="b"))
    answers = iter([Response("slower", 503, {"Retry-After": "1"}), Response(rss(window(-5, -1)))])
    known.origin.expect_request("/b.xml").respond_with_handler(lambda _: next(answers))
    found = backfilled(known)
    assert (found.new, found.error) == (5, None)


def test_a_server_that_asks_for_a_long_rest_gets_that_too(known: Hub) -> None:
    known.answer("news", paged(known, window(0, 9), next="b"))
    known.answer("b", "slower", status=429, headers={"Retry-After": "7200"})
    assert "run it again after 2026-06-03 14:00 UTC" in (backfilled(known).error or "")
    assert "left alone until 2026-06-03 14:00 UTC" in (backfilled(known).error or "")
    assert known.poll()["news"].result == "skipped"


def test_a_backfill_closes_a_gap(known: Hub) -> None:
    known.answer("news", paged(known, window(39, 48), next="b"))
    known.answer("b", "no", status=500)
    known.poll()
    assert gap(known)
    known.answer("b", paged(known, window(0, 38)))
    assert backfilled(known).new == 29
    assert gap(known) is None


def test_a_source_may_be_polled_again_after_a_backfill(known: Hub) -> None:
    """Its lease has ended, and so has that of one which was stopped."""
    known.answer("news", paged(known, window(0, 9), next="b"))
    known.answer("b", paged(known, window(-5, -1)))
    backfilled(known)
    assert known.poll()["news"].result == "unchanged"


def test_backfill_says_what_came_of_it(known: Hub) -> None:
    assert printed(known, "backfill", "news", "--json") == {
        "source": "news",
        "documents": 1,
        "new": 0,
        "known": 10,
        "error": None,
    }
    assert "1 document read, 0 new, 10 known" in command(known, "backfill", "news")


def test_backfill_of_what_gives_no_answer_ends_with_one(known: Hub) -> None:
    known.answer("news", "no", status=500)
    assert "HTTP 500" in command(known, "backfill", "news", code=1)
    with pytest.raises(NotFound, match="no source nosuch"):
        backfilled(known, "nosuch")
    (known.folder / "feed.xml").write_text(rss(window(0, 9)))
    known.configure(sources={**known.config["sources"], "file": {"url": "feed.xml"}})
    with pytest.raises(UsageError, match="is a file"):
        backfilled(known, "file")
