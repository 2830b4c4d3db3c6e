"""A `Config` as text, and the same `Config` from it. Pure.

The database keeps it, so that an unchanged feeds.yaml costs little: to validate a thousand sources again, and to load
what validates them, takes half as long as to ask them whether they have changed. Nothing is checked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from feedhub import settings
from feedhub.config import values
from feedhub.model import Image

_Said = dict[str, Any]
_TICK = timedelta(microseconds=1)


def dump(config: settings.Config) -> str:
    """All of it, secrets too: only for what holds none that feeds.yaml itself does not hold."""
    return json.dumps(_plain(config), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> settings.Config | None:
    """What `dump` was given; None where another release wrote it, in which settings were others."""
    try:
        return _config(json.loads(text))
    except (KeyError, TypeError, ValueError):
        return None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    match value:
        case timedelta():
            return value // _TICK
        case re.Pattern():
            return value.pattern
        case Path() | IPv4Network() | IPv6Network() | ZoneInfo() | date():
            return str(value)
    return value


def _config(said: _Said) -> settings.Config:
    fetch = said["fetch"]
    return settings.Config(
        hub=settings.Hub(**{**said["hub"], "timezone": ZoneInfo(said["hub"]["timezone"])}),
        authors={
            key: settings.Author(**{**one, "aliases": tuple(one["aliases"])}) for key, one in said["authors"].items()
        },
        sources={key: _source(one) for key, one in said["sources"].items()},
        featured=said["featured"] and _featured(said["featured"]),
        feeds={key: _feed(one) for key, one in said["feeds"].items()},
        fetch=settings.Fetch(
            **{**fetch, "timeout": fetch["timeout"] * _TICK, "allow": tuple(map(ip_network, fetch["allow"]))}
        ),
        server=settings.Server(**said["server"]),
        publish=settings.Publish(**said["publish"]),
    )


def _source(said: _Said) -> settings.Source:
    return settings.Source(
        **{
            **said,
            "location": _location(said["location"]),
            "bylines": tuple(said["bylines"]),
            "tags": tuple(said["tags"]),
            "every": _rhythm(said["every"]),
            "content": settings.ContentMode(said["content"]),
            "keep": _filter(said["keep"]),
            "drop": _filter(said["drop"]),
        }
    )


def _location(said: _Said) -> settings.WebAddress | settings.LocalFile:
    return settings.WebAddress(**said) if "url" in said else settings.LocalFile(path=Path(said["path"]))


def _rhythm(said: str | _Said) -> settings.Rhythm:
    if isinstance(said, str):
        return settings.Auto(said)
    return settings.Cron(**said) if "line" in said else settings.Every(interval=said["interval"] * _TICK)


def _filter(said: _Said | None) -> settings.Filter | None:
    if said is None:
        return None
    return settings.Filter(patterns={field: values.pattern(words) for field, words in said["patterns"].items()})


def _featured(said: _Said) -> settings.Featured:
    return settings.Featured(
        **{**said, "sources": tuple(said["sources"]), "pins": tuple(_pin(pin) for pin in said["pins"])}
    )


def _pin(said: _Said) -> settings.Pin:
    image, until = said["image"], said["until"]
    return settings.Pin(**{**said, "image": image and Image(**image), "until": until and date.fromisoformat(until)})


def _feed(said: _Said) -> settings.CustomFeed:
    chosen = said["selection"]
    lists = {name: tuple(chosen[name]) for name in ("authors", "sources", "tags")} if chosen else {}
    return settings.CustomFeed(
        **{
            **said,
            "selection": chosen and settings.Selection(**{**chosen, **lists}),
            "keep": _filter(said["keep"]),
            "drop": _filter(said["drop"]),
            "content": settings.ContentMode(said["content"]),
        }
    )
