"""When a source is asked again: what is written, its own rhythm, and its own word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedhub.ingest.schedule import Told, learnt, next_check
from feedhub.model import Asks
from feedhub.settings import Auto, Cron, Every, Rhythm

NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WRITTEN = [Every(interval=timedelta(seconds=5)), Cron(line="* * * * *")]


def soon(line: str, after: datetime) -> datetime:
    """A cron line that fits every minute."""
    return after.replace(second=0) + timedelta(minutes=1)


def due(rhythm: Rhythm = Auto.AUTO, *, jitter: float = 0.0, **told: Any) -> float:
    """Hours until the next check."""
    return (next_check(rhythm, Told(**told), now=NOW, jitter=jitter, cron=soon) - NOW) / HOUR


def every(hours: float, count: int = 12, silent: float = 0.0) -> list[datetime]:
    """Dates of items, so many hours apart, the newest so many hours ago."""
    return [NOW - (silent + hours * place) * HOUR for place in range(count)]


# -- what is written


def test_an_interval_that_is_written_is_used_as_written() -> None:
    assert due(Every(interval=HOUR / 4), jitter=0.9, dates=every(500)) == 0.25
    assert due(Every(interval=30 * DAY), failures=9) == 30 * 24
    assert due(Cron(line="* * * * *"), jitter=0.9, failures=1) == pytest.approx(1 / 60)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (10**6, 60)])
def test_a_written_interval_grows_to_an_hour_while_its_source_fails(failures: int, minutes: float) -> None:
    assert due(Every(interval=HOUR / 12), failures=failures) * 60 == minutes


def test_cron_times_are_thinned_out_to_an_hour_while_their_source_fails() -> None:
    assert [round(due(Cron(line="* * * * *"), failures=failures) * 60) for failures in (1, 3, 99)] == [1, 4, 60]


def test_a_file_is_looked_at_every_minute() -> None:
    assert due(local=True, failures=3, conditional=False) == pytest.approx(1 / 60)


# -- the source's rhythm


@pytest.mark.parametrize(("hours", "due_in"), [(1, 1), (3, 1), (8, 2), (12, 3), (200, 12)])
def test_a_source_of_which_something_is_missing_is_asked_twice_as_often(hours: float, due_in: float) -> None:
    assert due(dates=every(hours), gap=True) == due_in
    assert due(dates=every(hours), gap=True, failures=1) == due(dates=every(hours), failures=1)
    assert due(Every(interval=DAY), dates=every(hours), gap=True) == 24


def test_a_source_without_validators_of_which_something_is_missing_is_asked_every_half_day() -> None:
    assert due(dates=every(1), gap=True, conditional=False) == 12


@pytest.mark.parametrize(
    ("dates", "hours"),
    [
        pytest.param(every(0.2), 1, id="every 12 minutes"),
        pytest.param(every(2), 1, id="every two hours"),
        pytest.param(every(8), 4, id="every eight hours"),
        pytest.param(every(24), 12, id="every day"),
        pytest.param(every(24 * 30), 24, id="every month"),
        pytest.param(every(8, silent=10), 4, id="a night is nothing"),
        pytest.param(every(2, silent=100), 10, id="four days are something"),
        pytest.param(every(2, silent=2400), 24, id="a hundred days are silence"),
        pytest.param(every(0, 1), 1, id="the first item of a new source"),
        pytest.param(every(0, 40), 1, id="all alike: undated, or a flood"),
        pytest.param([*every(0.01, 40), *every(24, silent=24)], 12, id="a flood in a daily rhythm"),
        pytest.param([*every(8, 11), *every(9000, 20, silent=99)], 4, id="a rhythm of years ago"),
        pytest.param([NOW + DAY, *every(8)], 4, id="the future says nothing"),
        pytest.param([], 24, id="nothing at all"),
    ],
)
def test_auto_asks_about_twice_between_two_items(dates: Sequence[datetime], hours: float) -> None:
    assert learnt(dates, NOW) == hours * HOUR
    assert due(dates=dates) == hours


def test_a_new_item_ends_a_silence() -> None:
    assert due(dates=[NOW, *every(4, silent=400)]) == 2


@given(
    hours=st.lists(st.floats(-100, 100_000), max_size=50),
    failures=st.integers(0, 50),
    jitter=st.floats(0, 1, exclude_max=True),
    told=st.sampled_from([{}, {"conditional": False}]),
)
def test_an_interval_of_our_own_lies_between_an_hour_and_a_day(
    hours: list[float], failures: int, jitter: float, told: dict[str, Any]
) -> None:
    """Where every answer is a whole feed it is a day, with some minutes on top."""
    dates = [NOW - hour * HOUR for hour in hours]
    interval = due(dates=dates, failures=failures, jitter=jitter, **told)
    assert (24 <= interval <= 24.5) if told and not failures else (1 <= interval <= 24)


def test_sources_that_were_added_together_drift_apart() -> None:
    different: list[dict[str, Any]] = [{"dates": every(6)}, {"dates": []}, {"conditional": False}, {"failures": 2}]
    for told in different:
        assert due(jitter=0.1, **told) != due(jitter=0.8, **told)


@pytest.mark.parametrize(("failures", "hours"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 24), (6, 24), (10**6, 24)])
def test_a_source_that_fails_is_asked_less_and_less_down_to_once_a_day(failures: int, hours: float) -> None:
    assert due(failures=failures) == hours


# -- its own word


@pytest.mark.parametrize("said", [{"fresh": 3600}, {"asks": Asks(ttl=HOUR)}, {"asks": Asks(period=HOUR / 4)}])
def test_a_source_without_validators_is_asked_daily_unless_it_asks_for_more(said: dict[str, Any]) -> None:
    assert due(conditional=False, dates=every(1)) == 24
    assert due(conditional=False, dates=every(1), **said) == 1


@pytest.mark.parametrize("rhythm", [Auto.AUTO, *WRITTEN])
@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ({"rest": 48 * HOUR}, 48),
        ({"fresh": 30 * 3600}, 30),
        ({"fresh": 365 * 86400}, 7 * 24),
        ({"asks": Asks(ttl=26 * HOUR)}, 26),
        ({"asks": Asks(ttl=timedelta(days=9999))}, 7 * 24),
        ({"asks": Asks(period=25 * HOUR)}, 25),
        ({"too_often": True, "failures": 6}, 24),
    ],
)
def test_its_own_word_is_never_undercut(rhythm: Rhythm, said: dict[str, Any], hours: float) -> None:
    assert due(rhythm, dates=every(1), **said) == hours


@pytest.mark.parametrize(("failures", "hours"), [(1, 1), (2, 2), (3, 4), (9, 24)])
def test_asked_too_often_counts_without_a_time_too(failures: int, hours: float) -> None:
    assert due(Every(interval=timedelta(seconds=5)), failures=failures, too_often=True) == hours


@pytest.mark.parametrize("rhythm", [Auto.AUTO, *WRITTEN])
@pytest.mark.parametrize(
    ("asks", "hours"),
    [
        (Asks(skip_hours=frozenset(range(12, 18))), 18),
        (Asks(skip_days=frozenset({0})), 24),
        (Asks(skip_hours=frozenset(range(12, 24)), skip_days=frozenset({1, 2, 3})), 24 * 4),
    ],
)
def test_it_is_not_asked_at_hours_and_on_days_that_it_skips(rhythm: Rhythm, asks: Asks, hours: float) -> None:
    at = next_check(rhythm, Told(dates=every(1), asks=asks), now=NOW, jitter=0.0, cron=soon)
    assert at.hour not in asks.skip_hours
    assert at.weekday() not in asks.skip_days
    assert at <= NOW + hours * HOUR


def test_hours_are_those_of_utc_wherever_the_hub_is() -> None:
    """A cron line's times are in the hub's zone."""
    zone = timezone(timedelta(hours=9))
    told = Told(asks=Asks(skip_hours=frozenset({12, 13})))
    at = next_check(Cron(line="* * * * *"), told, now=NOW, jitter=0.0, cron=lambda _, after: after.astimezone(zone))
    assert at == NOW + 2 * HOUR


def test_a_source_that_skips_all_hours_skips_none() -> None:
    assert due(dates=every(1), asks=Asks(skip_hours=frozenset(range(24)))) == 1
