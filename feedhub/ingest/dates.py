"""Dates as feeds write them. The only door to dateparser, which is asked last."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from feedhub.ingest import datewords

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=48)  # clocks and zones go wrong by so much; what lies further off is no date

# By minutes east of UTC. Where a name has several meanings, the one that feeds use: CST and EST are America's, IST is
# India's, BST is Britain's. The military letters were specified the wrong way round (RFC 2822, 4.3): only Z is here.
_NAMES = {
    0: "UT UTC GMT Z WET",
    60: "CET MET MEZ BST WEST WAT",
    120: "CEST MEST MESZ EET SAST CAT",
    180: "EEST MSK EAT IDT TRT",
    210: "IRST",
    240: "MSD GST",
    300: "PKT",
    330: "IST",
    345: "NPT",
    420: "ICT WIB",
    480: "AWST HKT SGT PHT WITA",
    540: "JST KST",
    570: "ACST",
    600: "AEST",
    630: "ACDT",
    660: "AEDT",
    720: "NZST",
    780: "NZDT",
    -150: "NDT",
    -180: "ADT ART BRT",
    -210: "NST",
    -240: "AST EDT CLT",
    -300: "EST CDT",
    -360: "CST MDT",
    -420: "MST PDT",
    -480: "PST AKDT",
    -540: "AKST",
    -600: "HST",
}
_ZONES = {name: minutes for minutes, names in _NAMES.items() for name in names.split()}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ZONE = r"(?P<zone>[A-Za-z]{1,5}|(?:UTC?|GMT)?\s*[+\-−]\d{1,2}:?(?:\d\d)?)?(?:\s*\([^()]*\))?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_COMPACT = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,]\d+)?"
_HALF = r"(?P<half>[AaPp]\.?[Mm]\.?)?"
_WEEKDAY = r"(?:[A-Za-z]{2,9}\.?\s?,?\s?)?"
_MONTH = r"(?P<name>[A-Za-z]{3})[a-z]{0,6}\.?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # RFC 3339, ISO 8601, W3CDTF, with and without separators
        rf"{_WEEKDAY}(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?:(?:[Tt]|\s+){_TIME}\s*{_ZONE})?",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)" + rf"(?:[Tt]?{_COMPACT}\s*{_ZONE})?",
        r"(?P<year>\d{4})(?:-(?P<month>\d\d))?",
        # the day first; with slashes it may be the month
        rf"(?P<day>\d\d?)(?P<mark>[.-])(?P<month>0?[1-9]|1[0-2])(?P=mark)(?P<year>\d{{4}})(?:,?\s+{_TIME}\s*{_ZONE})?",
        # RFC 822 and what has come of it
        rf"{_WEEKDAY}(?P<day>\d\d?)[\s-]+{_MONTH},?[\s-]+(?P<year>\d{{4}}|\d\d)(?:,?\s+{_TIME}\s*{_HALF}\s*{_ZONE})?",
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?:,?\s+{_TIME}\s*{_HALF}\s*{_ZONE})?",
        # ctime
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d\d?),?\s+{_TIME}\s*{_ZONE}\s+(?P<year>\d{{4}})",
    )
)
_TIMESTAMP = re.compile(r"(\d{10})(?:\.\d+|\d{3})?")  # seconds or milliseconds since 1970, not the year 1704
_LONGEST = 80
_MOST_GUESSES = 50  # of one document: one may take 12 ms, and 2,000 entries may each have another odd date


def reader(now: datetime) -> Callable[[str], datetime | None]:
    """`parse_date` for the dates of one document, of which only so many may be odd."""
    left = _MOST_GUESSES

    @cache
    def guess(text: str) -> datetime | None:
        nonlocal left
        left -= 1
        return _guess(text) if left >= 0 else None

    return cache(lambda text: parse_date(text, now, guess))


def parse_date(text: str, now: datetime, guess: Callable[[str], datetime | None] | None = None) -> datetime | None:
    """The time that `text` means, in UTC and whole seconds; None where it means none, or none from 1990 to `now`.

    Never raises. A date without a zone is in UTC. `guess` is asked for what has no form that is known here.
    """
    text = " ".join(text.split())
    if not text.isprintable() or len(text) > _LONGEST:
        return None
    try:
        found = _read(text, guess or _guess)
        when = found.astimezone(UTC).replace(microsecond=0) if found else None
    except (ValueError, OverflowError):  # a thirteenth month, a year 0, an offset of four days
        return None
    return when if when and EARLIEST <= when <= now + _AHEAD else None


def _read(text: str, guess: Callable[[str], datetime | None]) -> datetime | None:
    if stamp := _TIMESTAMP.fullmatch(text):
        return datetime.fromtimestamp(int(stamp[1]), UTC)
    parts = _parts(text) or _parts(datewords.translated(text))
    if parts:
        return _put_together(parts)
    return guess(text) if len(re.findall(r"\d", text)) >= 3 else None


def _parts(text: str) -> dict[str, str | None] | None:
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            if "name" not in parts or (parts["name"] or "").lower() in _MONTHS:
                return parts
    return None


def _put_together(parts: dict[str, str | None]) -> datetime:
    """What one of `_FORMS` has found; raises ValueError where no calendar has such a day."""
    numbers = {name: int(parts.get(name) or 0) for name in ("year", "hour", "minute", "second")}
    year, hour = numbers["year"], numbers["hour"]
    if len(parts["year"] or "") == 2:  # RFC 2822, 4.3
        year += 2000 if year < 50 else 1900
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    month = _MONTHS.index((parts.get("name") or "").lower()) + 1 if parts.get("name") else int(parts.get("month") or 1)
    midnight = datetime(year, month, int(parts.get("day") or 1), tzinfo=_zone(parts.get("zone") or "Z"))
    if hour > 24 or numbers["minute"] > 59 or numbers["second"] > 60:
        raise ValueError(f"no such time: {parts}")
    return midnight + timedelta(hours=hour, minutes=numbers["minute"], seconds=min(numbers["second"], 59))


def _zone(name: str) -> timezone:
    """A zone by its name or offset; one that is not known counts as UTC (RFC 2822, 4.3)."""
    offset = re.search(r"([+\-−])(\d{1,2}?):?(\d\d)?$", name)
    if not offset:
        return timezone(timedelta(minutes=_ZONES.get(name.upper(), 0)))
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))


# Those that feeds are written in. All of dateparser's 205 would take it more than a second at the first odd date.
_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "ru", "uk", "bg"),
    *("el", "tr", "ja", "zh", "ko", "ar", "he", "hi", "id", "vi", "th", "fa", "hr", "sr", "sl", "et", "lv", "lt", "ca"),
)


@cache
def _parser() -> Any:
    """dateparser, loaded when the first odd date is met: it takes a fifth of a second, and more for its languages."""
    from dateparser.date import DateDataParser

    settings = {
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": True,
        "PARSERS": ["absolute-time"],  # "2 days ago" would be another day at each poll
        "REQUIRE_PARTS": ["day", "month", "year"],
    }
    # No answer may depend on the one before.
    return DateDataParser(languages=list(_LANGUAGES), settings=settings, try_previous_locales=False)


def _guess(text: str) -> datetime | None:
    """What dateparser makes of a date in another language or order."""
    try:
        found: datetime | None = _parser().get_date_data(text).date_obj
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # seen on absurd input
        return None
    return found
