"""What commands share: their options, and how they print."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def located(command: F) -> F:
    """--config and --data, for every command that works on a hub."""
    data = click.option("--data", envvar="FEEDHUB_DATA", metavar="DIR", help="Its data; else data beside feeds.yaml.")
    config = click.option(
        "--config", envvar="FEEDHUB_CONFIG", default="feeds.yaml", show_default=True, metavar="PATH", help="The hub."
    )
    return config(data(command))


def reporting(command: F) -> F:
    """--json, for every command that reports."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")(command)


def print_json(value: Mapping[str, object]) -> None:
    """The one object that --json prints."""
    indent = 2 if sys.stdout.isatty() else None  # only people need it, and it takes thrice the time
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(f"no JSON for {type(value)}")


def iso(time: datetime | None) -> str | None:
    """A time as JSON has it: ISO 8601, UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def ago(time: datetime | None, now: datetime) -> str:
    """A time as a person says it: `4 min ago`, `in 2 h`."""
    if time is None:
        return "never"
    distance = abs(time - now)
    if distance < timedelta(seconds=5):
        return "now"
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if distance >= timedelta(seconds=seconds) * (1 if unit != "d" else 2):
            count = int(distance.total_seconds() // seconds)
            return f"{count} {unit} ago" if time < now else f"in {count} {unit}"
    return "now"


def on_terminal() -> bool:
    """Whether a person watches: progress is shown to nobody else."""
    return sys.stdout.isatty() and sys.stderr.isatty()
