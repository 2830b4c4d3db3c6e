"""What a document says beside its entries: when to ask again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from feedhub.ingest import parse
from feedhub.model import Asks, ParsedFeed

SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'


def asks(said: str) -> Asks:
    body = f'<rss version="2.0" {SY}><channel><title>t</title>{said}<item><title>a</title></item></channel></rss>'
    parsed = parse.parse(
        body.encode(), url="https://harbour.example/", content_type=None, known=frozenset(), now=datetime.now(UTC)
    )
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed.asks


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", Asks()),
        ("<ttl>60</ttl>", Asks(ttl=timedelta(hours=1))),
        ("<ttl> 5 </ttl>", Asks(ttl=timedelta(minutes=5))),
        ("<ttl>0</ttl><ttl/>", Asks()),
        ("<ttl>-5</ttl>", Asks()),
        ("<ttl>an hour</ttl>", Asks()),
        ("<ttl>99999999999999</ttl>", Asks()),
        ("<skipHours><hour>0</hour><hour>23</hour></skipHours>", Asks(skip_hours=frozenset({0, 23}))),
        ("<skipHours><hour>24</hour><hour>25</hour><hour/><hour>x</hour></skipHours>", Asks(skip_hours=frozenset({0}))),
        ("<skipDays><day>Monday</day><day> sunday </day></skipDays>", Asks(skip_days=frozenset({0, 6}))),
        ("<skipDays><day>Caturday</day><day><b/></day></skipDays>", Asks()),
        (
            "<skipHours><hour>" + "</hour><hour>".join("7" * 5000) + "</hour></skipHours>",
            Asks(skip_hours=frozenset({7})),
        ),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", Asks(period=timedelta(hours=1))),
        (
            "<sy:updatePeriod>\n daily </sy:updatePeriod><sy:updateFrequency> 4 </sy:updateFrequency>",
            Asks(period=timedelta(hours=6)),
        ),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            Asks(period=timedelta(1)),
        ),
        ("<sy:updatePeriod>often</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", Asks()),
        ("<sy:updateFrequency>4</sy:updateFrequency>", Asks()),
    ],
)
def test_a_source_says_when_to_ask_again(said: str, meant: Asks) -> None:
    assert asks(said) == meant


def test_what_an_entry_says_of_hours_is_not_the_feeds() -> None:
    assert asks("<item><ttl>5</ttl><sy:updatePeriod>hourly</sy:updatePeriod></item>") == Asks()
