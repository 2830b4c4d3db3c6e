"""Which known item an entry is that comes under a key nobody knows. Pure.

A source may renumber its guids, move from http to https, or change its domain, and
its subscribers must not see everything again. From the strongest evidence to the weakest:

    its link is that of one item of this source, which the document shows under no other key → that item
    nothing in the document is known, and its path and title are those of one item           → that item
    likewise its date and title, and so with most of what the document shows                 → that item
    its link is that of an item of another source, or of a pin                              → that item, "also at"

A link or a title that several share is evidence of nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from feedhub import text, urls
from feedhub.model import Content, Item, ItemId, Kind, ParsedEntry, SourceId

K = TypeVar("K", bound=Hashable)
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What is stored near the entries that came under unknown keys."""

    # by `urls.link_key`, the items of any source, first come first
    linked: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    # the keys under which this source has shown those that are its own
    shown: Mapping[ItemId, frozenset[str]] = field(default_factory=dict)
    # this source's latest, where the document shows none of its known keys; else none
    past: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """By the entries' keys. Those in neither are new."""

    same: Mapping[str, Item]
    elsewhere: Mapping[str, Item]  # items of other sources, and pins


def recognise(
    entries: Collection[ParsedEntry], shown_now: Collection[str], source: SourceId, near: Neighbours
) -> Recognised:
    """Tell which items these entries are. `shown_now`: every key in the document."""
    links = {entry.key: urls.link_key(entry.content.link) for entry in entries if entry.content.link}
    single = {link for link, times in Counter(links.values()).items() if times == 1}
    own, others = {}, {}
    for key, link in links.items():
        linked = near.linked.get(link, ()) if link in single else ()
        ours = [item for item in linked if source in item.sources]
        if len(ours) == 1 and near.shown.get(ours[0].id, frozenset()).isdisjoint(shown_now):
            own[key] = ours[0]
        elif not ours and (foreign := [item for item in linked if item.kind is not Kind.POST]):
            others[key] = foreign[0]
    for matched in (_by_place, _by_date):
        claimed = {item.id for item in own.values()}
        left = [entry for entry in entries if entry.key not in own]
        own |= matched(left, [item for item in near.past if item.id not in claimed])
    return Recognised(same=own, elsewhere={key: item for key, item in others.items() if key not in own})


def _matched(
    entries: Iterable[ParsedEntry], past: Iterable[Item], trait: Callable[[Content], Hashable | None]
) -> dict[str, Item]:
    """The entries that have a trait in common with one item, and it with one entry."""
    then = dict(_unique((trait(item.content), item) for item in past))
    now = _unique((trait(entry.content), entry) for entry in entries)
    return {entry.key: then[found] for found, entry in now if found in then}


def _by_place(entries: Sequence[ParsedEntry], past: Sequence[Item]) -> dict[str, Item]:
    return _matched(entries, past, _place)


def _by_date(entries: Sequence[ParsedEntry], past: Sequence[Item]) -> dict[str, Item]:
    """A few that agree may be chance; most of them are a site built anew, or one that names all anew each time."""
    found = _matched(entries, past, _time)
    return found if len(found) >= _FEW and 2 * len(found) > len(entries) else {}


def _place(content: Content) -> tuple[str, str] | None:
    path = urlsplit(content.link).path if content.link else ""
    return (path, text.fold(content.title)) if path.strip("/") and content.title else None


def _time(content: Content) -> tuple[datetime, str] | None:
    date = content.published or content.updated
    return (date, text.fold(content.title)) if date and content.title else None


V = TypeVar("V")


def _unique(pairs: Iterable[tuple[K | None, V]]) -> Iterator[tuple[K, V]]:
    """Those pairs whose key no other has."""
    listed = list(pairs)
    times = Counter(key for key, _ in listed)
    return ((key, value) for key, value in listed if key is not None and times[key] == 1)
