"""Dates as feeds write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from dateparser.date import DateDataParser
from hypothesis import given, settings
from hypothesis import strategies as st

from feedhub.ingest import dates

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # RFC 822, and what has come of it
        ("Mon, 15 Jan 2024 10:30:00 GMT", at(2024, 1, 15, 10, 30)),
        ("Mon, 15 Jan 2024 10:30:00 +0000", at(2024, 1, 15, 10, 30)),
        ("Mon, 15 Jan 2024 10:30:00 -0500", at(2024, 1, 15, 15, 30)),
        ("Mon, 15 Jan 2024 10:30:00 +05:30", at(2024, 1, 15, 5, 0)),
        ("Mon, 15 Jan 2024 10:30:00 GMT+2", at(2024, 1, 15, 8, 30)),
        ("Mon, 15 Jan 2024 10:30:00 GMT+02:00", at(2024, 1, 15, 8, 30)),
        ("Mon, 15 Jan 2024 10:30:00 −0300", at(2024, 1, 15, 13, 30)),
        ("Mon, 15 Jan 2024 10:30:00 EST", at(2024, 1, 15, 15, 30)),
        ("Mon, 15 Jul 2024 10:30:00 EDT", at(2024, 7, 15, 14, 30)),
        ("Mon, 15 Jan 2024 10:30:00 PST", at(2024, 1, 15, 18, 30)),
        ("Mon, 15 Jan 2024 10:30:00 AEST", at(2024, 1, 15, 0, 30)),
        ("Mon, 15 Jan 2024 10:30:00 AEDT", at(2024, 1, 14, 23, 30)),
        ("Mon, 15 Jan 2024 10:30:00 IST", at(2024, 1, 15, 5, 0)),
        ("Mon, 15 Jul 2024 10:30:00 CEST", at(2024, 7, 15, 8, 30)),
        ("Mon, 15 Jan 2024 10:30:00 CET", at(2024, 1, 15, 9, 30)),
        ("Mon, 15 Jul 2024 10:30:00 BST", at(2024, 7, 15, 9, 30)),
        ("Mon, 15 Jan 2024 10:30:00 JST", at(2024, 1, 15, 1, 30)),
        ("Mon, 15 Jan 2024 10:30:00 NZDT", at(2024, 1, 14, 21, 30)),
        ("Mon, 15 Jan 2024 10:30:00 Z", at(2024, 1, 15, 10, 30)),
        ("Mon, 15 Jan 2024 10:30:00 A", at(2024, 1, 15, 10, 30)),
        ("Mon, 15 Jan 2024 10:30:00 QZX", at(2024, 1, 15, 10, 30)),
        ("Mon, 15 Jan 2024 10:30:00 +0100 (CET)", at(2024, 1, 15, 9, 30)),
        ("Monday, 15 January 2024 10:30:00 GMT", at(2024, 1, 15, 10, 30)),
        ("Mon,15 Jan 2024 10:30:00 GMT", at(2024, 1, 15, 10, 30)),
        ("  Mon, 15 Jan 2024\n 10:30:00 GMT ", at(2024, 1, 15, 10, 30)),
        ("15 Jan 2024 10:30 GMT", at(2024, 1, 15, 10, 30)),
        ("15 Jan 24 10:30:00 GMT", at(2024, 1, 15, 10, 30)),
        ("15 Jan 99 10:30:00 GMT", at(1999, 1, 15, 10, 30)),
        ("15-Jan-2024 10:30:00", at(2024, 1, 15, 10, 30)),
        ("15 Sept 2024", at(2024, 9, 15)),
        ("Mon, 15 Jan 2024 10:30:00 PM EST", at(2024, 1, 16, 3, 30)),
        ("Mon, 15 Jan 2024 12:05 AM", at(2024, 1, 15, 0, 5)),
        ("Mon, 15 Jan 2024 24:00:00 GMT", at(2024, 1, 16)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", at(2016, 12, 31, 23, 59, 59)),
        ("Thu, 99 Jan 2024 10:30:00 GMT", None),
        ("Thu, 30 Feb 2024 10:30:00 GMT", None),
        ("Mon, 15 Jan 2024 10:30:00 +9900", None),
        # RFC 3339, ISO 8601, W3CDTF
        ("2024-01-15T10:30:00Z", at(2024, 1, 15, 10, 30)),
        ("2024-01-15t10:30:00z", at(2024, 1, 15, 10, 30)),
        ("2024-01-15T10:30:00.123456+01:00", at(2024, 1, 15, 9, 30)),
        ("2024-01-15T10:30:00,5-0800", at(2024, 1, 15, 18, 30)),
        ("2024-01-15T10:30+02:00", at(2024, 1, 15, 8, 30)),
        ("2024-01-15T10:30:00+02", at(2024, 1, 15, 8, 30)),
        ("2024-01-15 10:30:00 +0200", at(2024, 1, 15, 8, 30)),
        ("2024-01-15 10:30:00 EST", at(2024, 1, 15, 15, 30)),
        ("2024-01-15T10:30:00", at(2024, 1, 15, 10, 30)),
        ("2024-01-15", at(2024, 1, 15)),
        ("2024-1-5 10:30", at(2024, 1, 5, 10, 30)),
        ("2024/01/15 10:30:00", at(2024, 1, 15, 10, 30)),
        ("2024-01", at(2024, 1, 1)),
        ("2024", at(2024, 1, 1)),
        ("20240115", at(2024, 1, 15)),
        ("20240115T103000Z", at(2024, 1, 15, 10, 30)),
        ("20240115103000", at(2024, 1, 15, 10, 30)),
        ("2024-13-01", None),
        ("2024-02-30T00:00:00Z", None),
        ("2024-01-15T25:00:00Z", None),
        ("2024-01-15T10:75:00Z", None),
        # numbers
        ("1704067200", at(2024, 1, 1)),
        ("1704067200.25", at(2024, 1, 1)),
        ("1704067200123", at(2024, 1, 1)),
        ("1767261600", at(2026, 1, 1, 10)),
        # ctime
        ("Mon Jan 15 10:30:00 2024", at(2024, 1, 15, 10, 30)),
        ("Mon Jan  5 10:30:00 EST 2024", at(2024, 1, 5, 15, 30)),
        # other orders
        ("15.01.2024 10:30", at(2024, 1, 15, 10, 30)),
        ("5.1.2024", at(2024, 1, 5)),
        ("15-01-2024 10:30:00 +0100", at(2024, 1, 15, 9, 30)),
        ("01-15-2024", at(2024, 1, 15)),
        ("Jan 15, 2024 10:30 PM EST", at(2024, 1, 16, 3, 30)),
        ("Fri, 2006/09/15 08:19:53 EDT", at(2006, 9, 15, 12, 19, 53)),
        # other languages
        ("Mo, 15 Mär 2024 10:30:00 +0100", at(2024, 3, 15, 9, 30)),
        ("Do, 15 Mrz 2024 10:30:00 MEZ", at(2024, 3, 15, 9, 30)),
        ("Donnerstag, 4. Mai 2023, 10:30 Uhr", at(2023, 5, 4, 10, 30)),
        ("5. Dez. 2023", at(2023, 12, 5)),
        ("lun., 15 janv. 2024 10:30:00 +0100", at(2024, 1, 15, 9, 30)),
        ("jeu, 15 févr. 2024 10:30:00 GMT", at(2024, 2, 15, 10, 30)),
        ("15 août 2023 à 10h30", at(2023, 8, 15, 10, 30)),
        ("1er juillet 2023", at(2023, 7, 1)),
        ("Lun, 15 Ene 2024 10:30:00 +0000", at(2024, 1, 15, 10, 30)),
        ("15 de septiembre de 2023", at(2023, 9, 15)),
        ("Mar, 16 Gen 2024 10:30:00 +0100", at(2024, 1, 16, 9, 30)),
        ("lunedì 15 maggio 2023 ore 10:30", at(2023, 5, 15, 10, 30)),
        ("qui, 15 fev 2024 10:30:00 -0300", at(2024, 2, 15, 13, 30)),
        ("15 de outubro de 2023 às 10:30", at(2023, 10, 15, 10, 30)),
        ("ma, 15 mrt 2024 10:30:00 +0100", at(2024, 3, 15, 9, 30)),
        ("do 4 mei 2023 10:30", at(2023, 5, 4, 10, 30)),
        ("mån, 15 maj 2023 10:30:00 +0200", at(2023, 5, 15, 8, 30)),
        ("15 oktober 2023 kl. 10.30", at(2023, 10, 15, 10, 30)),
        ("pon, 15 sty 2024 10:30:00 +0100", at(2024, 1, 15, 9, 30)),
        ("15 października 2023, 10:30", at(2023, 10, 15, 10, 30)),
        ("po, 15. ledna 2024 10:30", at(2024, 1, 15, 10, 30)),
        ("15. června 2023", at(2023, 6, 15)),
        ("15. července 2023 v 10:30", at(2023, 7, 15, 10, 30)),
        ("2004-július-13T9:15-05:00", at(2004, 7, 13, 14, 15)),
        ("2024. január 15. 10:30", at(2024, 1, 15, 10, 30)),
        ("15. tammikuuta 2024", at(2024, 1, 15)),
        ("15 Oca 2024 10:30", at(2024, 1, 15, 10, 30)),
        ("Пт, 16 май 2023 10:30:00 MSK", at(2023, 5, 16, 7, 30)),
        ("15 мая 2023 г. 10:30", at(2023, 5, 15, 10, 30)),
        ("15 березня 2023", at(2023, 3, 15)),
        ("Δευ, 15 Ιαν 2024 10:30:00 EET", at(2024, 1, 15, 8, 30)),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", at(2004, 7, 11, 17)),
        ("Τρι, 11 Μάι 2004 12:00:00 EET", at(2004, 5, 11, 10)),
        ("2024年1月15日", at(2024, 1, 15)),
        ("2024年01月15日(月) 10時30分", at(2024, 1, 15, 10, 30)),
        ("2024年1月15日 下午3:05", at(2024, 1, 15, 15, 5)),
        ("2024/1/15 午後3:05:10 +0900", at(2024, 1, 15, 6, 5, 10)),
        ("2024년 1월 15일 오후 10:30", at(2024, 1, 15, 13, 30)),
        ("2004년 05월 28일  01:31:15", at(2004, 5, 27, 16, 31, 15)),
        ("2004-05-25 오후 11:23:17", at(2004, 5, 25, 14, 23, 17)),
        ("15 foo 2024", None),
        ("2024年13月15日", None),
        # by dateparser
        ("January 15th, 2024", at(2024, 1, 15)),
        ("01/15/2024 10:30", at(2024, 1, 15, 10, 30)),
        ("Montag, 15. Januar 2024 10:30", at(2024, 1, 15, 10, 30)),
        ("15 janvier 2024 à 10h30", at(2024, 1, 15, 10, 30)),
        ("Пн, 15 янв 2024 10:30:00 +0300", at(2024, 1, 15, 7, 30)),
        # nothing
        ("", None),
        ("yesterday", None),
        ("2 days ago", None),
        ("soon", None),
        ("12", None),
        ("\x00", None),
        ("1" * 5000, None),
        # absurd
        ("1704-01-01T00:00:00Z", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("1989-12-31T23:59:59Z", None),
        ("1990-01-01T00:00:00Z", at(1990, 1, 1)),
    ],
)
def test_a_date_is_read_as_it_was_meant(written: str, meant: datetime | None) -> None:
    assert dates.parse_date(written, NOW) == meant


def test_a_date_up_to_two_days_ahead_is_a_clock_that_goes_wrong() -> None:
    """Later ones are no dates: they would stand on top for years."""
    edge = NOW + timedelta(hours=48)
    assert dates.parse_date(edge.isoformat(), NOW) == edge
    assert dates.parse_date((edge + timedelta(seconds=1)).isoformat(), NOW) is None


@settings(deadline=None, max_examples=60)  # dateparser loads its languages at the first
@given(st.text(alphabet=st.sampled_from("0123456789-:/. ,TZ+GMTJanMonмая年月일오후é"), max_size=40))
def test_whatever_is_written_nothing_is_raised(written: str) -> None:
    """And what comes of it is in UTC, in whole seconds and within bounds."""
    found = dates.parse_date(written, NOW)
    if found is not None:
        assert found.tzinfo is UTC
        assert found.microsecond == 0
        assert dates.EARLIEST <= found <= NOW + timedelta(hours=48)


@given(st.integers(min_value=631_238_400, max_value=1_780_000_000), st.integers(-720, 840))
def test_every_rfc_3339_date_is_read_exactly(stamp: int, minutes: int) -> None:
    when = datetime.fromtimestamp(stamp, UTC)
    sign, off = ("-", -minutes) if minutes < 0 else ("+", minutes)
    local = (when + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")
    assert dates.parse_date(f"{local}{sign}{off // 60:02}:{off % 60:02}", NOW) == when


def test_a_document_of_odd_dates_is_read_in_a_moment() -> None:
    """Each guess costs dateparser 12 ms: so many are made, and none twice."""
    read = dates.reader(NOW)
    assert read("01/15/2024 10:30") == at(2024, 1, 15, 10, 30)
    started = time.process_time()
    for number in range(2000):
        read(f"{number} odd {number} date 12:30")
        read("01/15/2024 10:30")
    assert time.process_time() - started < 2
    assert read("01/15/2024 10:30") == at(2024, 1, 15, 10, 30)
    assert read("Mon, 15 Jan 2024 10:30:00 GMT") == at(2024, 1, 15, 10, 30)


def test_dateparser_takes_a_thirteenth_month_for_a_day() -> None:
    """Why dates that have one of our forms and are impossible are not given to it."""
    assert DateDataParser(languages=["en"]).get_date_data("2024-13-01").date_obj.isoformat().startswith("2024-01-13")
