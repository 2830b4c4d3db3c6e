"""Two days of polls over sources of many habits, as `benchmarks/week.py` has a week of them: what must never be."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from feedhub.ingest.workers import Workers

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
import week

HABITS = (
    *("json", "bursts", "rolls past", "expires", "skip hours", "503 at times", "hangs up for half a day"),
    *("new domain", "renumbers", "one guid for all", "shared stories", "floods within the hour"),
)


def test_two_days_of_polls_lose_double_and_rename_nothing_and_offend_nobody(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every item once and at once, under one id; no request that a source has asked not to get; no flood."""
    monkeypatch.setattr("feedhub.ingest.workers.Workers", lambda: nullcontext(workers))
    lived = week.live(tmp_path, week.chosen(12, 2, 1, HABITS), days=2, seed=1)
    rows = {row.habit: row for row in lived.rows()}
    assert [fault for row in rows.values() for fault in row.faults()] == []
    assert all(row.stored == row.told - row.missed for row in rows.values())
    assert all(row.missed == 0 for row in rows.values() if row.habit != "rolls past")
    assert rows["rolls past"].gaps > 0
    assert rows["floods within the hour"].held == 150
    assert min(interval for row in rows.values() for interval in row.intervals) >= timedelta(hours=1)


def test_a_hub_that_is_stopped_and_killed_brings_the_same(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedhub.ingest.workers.Workers", lambda: nullcontext(workers))
    monkeypatch.setattr(week, "STOPS", ((timedelta(hours=7), timedelta(hours=3)),))
    monkeypatch.setattr(week, "KILL", timedelta(hours=14))
    kinds = ("several a day", "no guids", "renumbers", "shared stories")
    weeks = []
    for stops in (False, True):
        folder = tmp_path / str(stops)
        folder.mkdir()
        lived = week.live(folder, week.chosen(4, 1, 2, kinds), days=1, seed=2, stops=stops)
        assert [fault for row in lived.rows() for fault in row.faults()] == []
        weeks.append(lived)
    assert week.differences(*weeks) == []
