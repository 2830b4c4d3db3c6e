"""A document as it was read, before it is judged: the fields of feedparser, for every format. Pure.

An element that feedparser does not know becomes a field of that name, so that any field may hold
anything: each is looked at before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Raw = Mapping[str, Any]

MOST_ENTRIES = 2000
MANY = 50  # authors, categories, enclosures of one entry
TOO_MANY = f"only the first {MOST_ENTRIES:,} entries are read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed; `version` is empty for what is none."""

    version: str
    feed: Raw
    entries: Sequence[Raw]
    whole: bool = True
    notes: tuple[str, ...] = ()


def string(raw: Raw, name: str) -> str:
    """A field that is text."""
    found = raw.get(name)
    return found if isinstance(found, str) else ""


def fields(raw: Raw, name: str) -> Raw:
    """A field that has fields of its own."""
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def several(raw: Raw, name: str) -> list[Raw]:
    """A field that is a list of such."""
    found = raw.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
