"""Cron lines as feeds.yaml takes them: five fields, days of the week by name alone.

A number would mean another day to cron (0 is Sunday) than to APScheduler (0 is Monday), and what APScheduler refuses
(a step wider than its range) is refused here, so that no line that passes fails later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from feedhub.faults import Fault, quoted

_EXAMPLE = "minute, hour, day of the month, month, day of the week, as in “0 7 * * mon-fri”"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"(?:(?P<any>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?")
_LONGEST = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    numbers: bool = True


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS, numbers=False),
)


def check(line: str) -> str:
    """The line in lower case with single spaces, or a `Fault`."""
    texts = line.lower().split()
    if len(texts) != len(_FIELDS):
        raise Fault(f"a cron line has five fields, not {len(texts)}", _EXAMPLE)
    _, _, days, months, _ = (_values(field, text) for field, text in zip(_FIELDS, texts, strict=True))
    if min(days) > max(_LONGEST[month] for month in months):
        raise Fault(f"no such month has a day {min(days)}", "a day that comes")
    return " ".join(texts)


def _values(field: _Field, text: str) -> set[int]:
    return set().union(*(_part(field, part) for part in text.split(",")))


def _part(field: _Field, text: str) -> set[int]:
    match = _PART.fullmatch(text)
    if not match or (match["step"] and not match["any"] and not match["last"]):
        raise Fault(f"the {field.name} cannot be read", "*, a value, a range a-b, */n or a-b/n, or several with commas")
    low, high = field.low, field.high
    if match["first"]:
        low = _value(field, match["first"])
        high = _value(field, match["last"]) if match["last"] else low
    if low > high:
        raise Fault(f"the {field.name} has a range that runs backwards", "the earlier first, or two ranges")
    named = [end in field.names for end in (match["first"], match["last"]) if end]
    if len(set(named)) > 1:
        raise Fault(f"the {field.name} has a range from a name to a number", "two names, or two numbers")
    if match["step"] and (any(named) or not field.numbers):
        raise Fault(f"the {field.name} has a step among names", "names, ranges of names and commas")
    step = int(match["step"]) if match["step"] else 1
    if match["step"] and not 1 <= step <= high - low:
        raise Fault(f"the {field.name} has a step that does not fit", f"1 to {high - low}" if high > low else "no step")
    return set(range(low, high + 1, step))


def _value(field: _Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.low
    if not field.numbers and text.isdigit():
        raise Fault("a day of the week is a number, which means different days to different programs", _span(field))
    if not (text.isascii() and text.isdigit() and field.low <= int(text[:9]) <= field.high):
        raise Fault(f"{quoted(text)} is no {field.name}", _span(field), given=text, choices=field.names)
    return int(text)


def _span(field: _Field) -> str:
    names = f"{field.names[0]} to {field.names[-1]}" if field.names else ""
    numbers = f"{field.low} to {field.high}" if field.numbers else ""
    return " or ".join(filter(None, (numbers, names)))
