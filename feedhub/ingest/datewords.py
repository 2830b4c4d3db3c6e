"""Dates in the words of other languages, as an RFC 822 date would say them. Pure.

Germanic and Romance languages, Polish, Czech, Hungarian, Finnish, Turkish, Russian, Ukrainian, Greek, and the
characters of Chinese, Japanese and Korean. What is not here, dateparser may know (`dates`), for ten times the cost.
"""

from __future__ import annotations

import re
import unicodedata

# How the names of months begin, without accents. The longest beginning that fits is the one that is meant.
_BEGINNINGS = (
    "jan ene gen ian sty led oca tammi янв січ ιαν",
    "feb fev fevr lut uno helmi sub фев лют φεβ",
    "mar mrz maerz mrt bre maalis мар бер μαρ μαω",
    "apr abr avr kwi dub huhti nis апр кві απρ",
    "may mai mei maj mag kve touko маи мая тра μαι",
    "jun juin giu iun cze cerven cervn kesa haz июн чер ιουν ιον",
    "jul juil lug iul lip cervenc heina tem июл лип ιουλ ιολ",
    "aug ago aout sie srp elo agu авг сер αυγ",
    "sep set szep wrz zar syys eyl сен вер σεπ",
    "oct okt ott out paz rij loka eki окт жов οκτ",
    "nov noi lis marras kas ноя лис νοε",
    "dec dez dic des gru pro joulu ara дек гру δεκ",
)
_MONTH_OF = {word: month for month, words in enumerate(_BEGINNINGS, 1) for word in words.split()}
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Of the time, little words such as "um", "à" and "в" may stand before, "Uhr" behind.
_TIME = (
    r"(?:(?:[^\d+-]{1,12}|t)(?P<hour>\d\d?)[:.h](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
    r"(?:\s*(?:uhr|h|год)\b\.?)?\s*(?P<zone>[a-z]{1,5}|(?:utc?|gmt)?\s*[+-]\d\d?:?(?:\d\d)?)?|\W{0,3}(?:г\W?)?)"
)
_MONTH = r"(?:d[aei]l?\s+)?(?P<month>[^\W\d_]{3,12})\.?,?"
_FORMS = (
    re.compile(
        r"(?:[^\W\d_]{1,12}\W{1,3}){0,2}(?P<day>\d\d?)(?:\.|er|o|a)?[\s-]*"
        rf"{_MONTH}[\s-]+(?:d[aei]l?\s+)?(?P<year>\d{{4}}|\d\d){_TIME}"
    ),
    re.compile(rf"(?P<year>\d{{4}})[\s.-]+{_MONTH}[\s-]+(?P<day>\d\d?)\.?{_TIME}"),
)
_EAST = re.compile(
    r"(?P<year>\d{4})\s*[-/.年년]\s*(?P<month>\d\d?)\s*[-/.月월]\s*(?P<day>\d\d?)\s*[日일号號]?"
    r"(?:[^\d+-]{0,12}?(?P<half>오전|오후|午前|午後|上午|下午)?\s*(?P<hour>\d\d?)\s*[:時时点點시]\s*(?P<minute>\d\d?)\s*[분分]?"
    r"(?::?\s*(?P<second>\d\d?)\s*[秒초]?)?\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d\d:?\d\d)?|[^\d+-]{0,12})"
)
_AFTERNOON = frozenset({"오후", "午後", "下午"})
_HANGUL = re.compile("[가-힣]")


def translated(text: str) -> str:
    """`text` as an RFC 822 date has it, or empty."""
    text = unicodedata.normalize("NFKC", text)
    if match := _EAST.fullmatch(text):
        return _eastern(match, text)
    # й is written with an accent too, and is one letter of "май"
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(char))
    for form in _FORMS:
        if match := form.fullmatch(plain):
            month = _month(match["month"])
            return _written(match, month, int(match["hour"] or 0)) if month else ""
    return ""


def _eastern(match: re.Match[str], text: str) -> str:
    hour, month = int(match["hour"] or 0), int(match["month"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] in _AFTERNOON else 0)
    written = _written(match, month, hour) if 1 <= month <= 12 else ""
    return f"{written} +0900" if written and not match["zone"] and _HANGUL.search(text) else written


def _written(match: re.Match[str], month: int, hour: int) -> str:
    time = f"{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}"
    return f"{match['day']} {_ENGLISH[month - 1]} {match['year']} {time} {(match['zone'] or '').upper()}".strip()


def _month(name: str) -> int | None:
    return next((_MONTH_OF[name[:end]] for end in range(min(len(name), 8), 2, -1) if name[:end] in _MONTH_OF), None)
