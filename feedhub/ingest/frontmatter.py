"""The head of a post's file: bytes -> the values under its keys, and what is wrong with them.

The only door to the front matter library, which parts the file. Values are taken as they are written, so that
YAML bites nobody: `no` is a word, `12:30` no number.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from frontmatter.default_handlers import YAMLHandler

from feedhub import text, yamltree
from feedhub.faults import Fault, Misplaced, Spot, Trail, quoted

_HANDLER = YAMLHandler()
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=(Z|[+-]\d\d:?\d\d)$)")
_FLAGS = {"": False, "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_QUOTES = "text stands in quotes where it begins with one of []{}&*!|>%@` or holds “: ”"


class FrontMatter:
    """The values of one mapping, read by kind. What is not as it should be is noted, and counts as absent."""

    def __init__(
        self,
        data: dict[str, Any],
        place: yamltree.Place,
        keys: Collection[str],
        faults: list[Misplaced],
        within: Trail = (),
    ) -> None:
        self.faults = faults
        self._data = data
        self._place = place
        self._within = within
        for key in data.keys() - keys:
            fault = Fault("is not known", f"{', '.join(keys)} are", given=key, choices=keys)
            faults.append(Misplaced(fault, (*within, key), place.find((key,), key=True)))

    def fault(self, fault: Fault, *trail: str | int) -> None:
        """Note what is wrong with a value, at its place; where it is absent, at the mapping's."""
        spot = self._place.find(trail if trail[0] in self._place.below else ())
        self.faults.append(Misplaced(fault, (*self._within, *trail), spot))

    def line(self, key: str, *, required: bool = False) -> str | None:
        """Plain text on one line; None where nothing stands."""
        value = self._line(self._data.get(key, ""), key)
        if required and value == "":
            self.fault(Fault("is empty" if key in self._data else "is missing"), key)
        return value or None

    def lines(self, key: str) -> tuple[str, ...]:
        """A list of such texts; a single one is a list of one."""
        values = self._data.get(key)
        if not isinstance(values, list):
            return tuple(filter(None, [self.line(key)]))
        return tuple(filter(None, (self._line(value, key, number) for number, value in enumerate(values))))

    def flag(self, key: str) -> bool:
        """True or false; false where nothing stands."""
        value = (self.line(key) or "").lower()
        if value not in _FLAGS:
            self.fault(Fault(f"{quoted(value)} is neither", "true or false"), key)
        return _FLAGS.get(value, False)

    def time(self, key: str, zone: ZoneInfo, *, required: bool = False) -> datetime | None:
        """An instant, in UTC. It is read in `zone` where it names none; a date alone is its midnight."""
        value = self.line(key, required=required)
        instant = _instant(value, zone) if value else None
        if value and not instant:
            allowed = "2007-09-28, 2007-09-28 10:30 or 2007-09-28T10:30:00+02:00"
            self.fault(Fault(f"{quoted(value)} is no date", allowed), key)
        return instant

    def section(self, key: str, keys: Collection[str]) -> FrontMatter | None:
        """A mapping under a key."""
        value = self._data.get(key)
        if isinstance(value, dict):
            return FrontMatter(value, self._place.below[key], keys, self.faults, (*self._within, key))
        if value:
            self.fault(Fault("is not made of keys", f"{' and '.join(keys)} below it"), key)
        return None

    def _line(self, value: Any, *trail: str | int) -> str | None:
        if isinstance(value, str):
            return text.one_line(value)
        if value is not None:  # what the YAML refused is noted already
            self.fault(Fault("is not plain text", _QUOTES), *trail)
        return None


def split(data: bytes, keys: Collection[str]) -> tuple[FrontMatter, str] | Misplaced:
    """A file's front matter and what follows it, or the one fault that keeps them from being parted."""
    try:
        source = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        fault = Fault(f"byte 0x{data[error.start]:02X} is not UTF-8", "save the file as UTF-8")
        return Misplaced(fault, spot=Spot(data.count(b"\n", 0, error.start) + 1, 1))
    if not _HANDLER.detect(source):
        return Misplaced(
            Fault("has no front matter", "a line “---”, the keys title and date, and a line “---” come first")
        )
    try:
        front, body = _HANDLER.split(source)
    except ValueError:
        return Misplaced(Fault("has front matter without an end", "a line “---” stands below its keys"))
    above = "\n" * source.count("\n", 0, source.index(front))  # so that places are the file's
    tree = yamltree.read(above + front, plain=str)
    if isinstance(tree, Misplaced):
        return tree
    if not isinstance(tree.data, dict):
        return Misplaced(Fault("has front matter without keys", "title and date at least"))
    return FrontMatter(tree.data, tree.place, keys, [*tree.faults]), body


def _instant(written: str, zone: ZoneInfo) -> datetime | None:
    """An ISO 8601 date or time. A time that the zone skips in spring is as far after midnight as it says."""
    try:
        time = datetime.fromisoformat(_SPACE_BEFORE_ZONE.sub("", written.upper()))
    except ValueError:
        return None
    if not 1900 <= time.year < 3000:  # a slip of the pen; and beyond the calendar's ends UTC has no such day
        return None
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
