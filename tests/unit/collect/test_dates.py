from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.dates import parse_date

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(
    datetime(1990, 1, 2),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2100, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-01-05T10:00:00Z", "2024-01-05T10:00:00"),
        ("2024-01-05t10:00:00.25+01:00", "2024-01-05T09:00:00.250000"),
        ("2024-01-05T10:00:00,5-0530", "2024-01-05T15:30:00.500000"),
        ("2024-01-05T10:00Z", "2024-01-05T10:00:00"),
        ("2024-01-05 10:00:00 +0200", "2024-01-05T08:00:00"),
        ("20240105T101112Z", "2024-01-05T10:11:12"),
        ("2024-01-05T10:00:00+01:00[Europe/Berlin]", "2024-01-05T09:00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59"),
        ("Fri, 05 Jan 2024 10:00:00 GMT", "2024-01-05T10:00:00"),
        ("  Fri,  5 Jan 2024\n 10:00:00 +0100 ", "2024-01-05T09:00:00"),
        ("5 Jan 24 10:00 EST", "2024-01-05T15:00:00"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37"),
        ("Fri, 05 Jan 2024 10:00:00 -0800 (PST)", "2024-01-05T18:00:00"),
        ("Fri, 05 Jan 2024 10:00:00 GMT+02:00", "2024-01-05T08:00:00"),
        ("Fri, 05 Jan 2024 10:00:00 MEZ", "2024-01-05T09:00:00"),
        ("Thu Jan 04 12:00:00 CET 2024", "2024-01-04T11:00:00"),
        ("Thu Jan 04 2024 12:00:00 GMT+0100 (Central European Time)", "2024-01-04T11:00:00"),
        ("January 5th, 2024 at 3:04 pm UTC", "2024-01-05T15:04:00"),
        ("Do, 05 Dez 2024 10:00:00 +0100", "2024-12-05T09:00:00"),
        ("Friday, January 5, 2024 12:30 AM GMT", "2024-01-05T00:30:00"),
    ],
)
def test_dates_with_a_zone(raw: str, expected: str) -> None:
    assert parse_date(raw, BERLIN) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2024-07-05", "2024-07-04T22:00:00"),
        ("20240105", "2024-01-04T23:00:00"),
        ("2024-01-05 10:00", "2024-01-05T09:00:00"),
        ("5. März 2024, 10:15 Uhr", "2024-03-05T09:15:00"),
        ("Freitag, 5. Jänner 2024 um 10.15 Uhr", "2024-01-05T09:15:00"),
        ("5. Juli 2024", "2024-07-04T22:00:00"),
        ("05.01.2024 10:11", "2024-01-05T09:11:00"),
        ("2016/6/29 15:07:41", "2016-06-29T13:07:41"),
        ("Thu Jan  4 12:00:00 2024", "2024-01-04T11:00:00"),
    ],
)
def test_a_date_without_a_zone_is_in_the_default_one(raw: str, expected: str) -> None:
    assert parse_date(raw, BERLIN) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        *["", "now", "today", "yesterday", "2024", "2024-01", "1704448800", "10:00", "Jan 2024", "5 Jan"],
        *["31 Feb 2024", "2024-02-30", "2023-02-29", "0000-00-00", "0000-00-00 00:00:00", "2024-13-01", "2024-00-10"],
        *["01/02/2024", "29/06/2016", "06/29/2016", "1-2-24", "05.01.24"],
        *["2024-01-05T25:00:00Z", "2024-01-05T10:60:00Z", "2024-01-05T10:00:61Z", "Fri, 05 Jan 2024 24:00:00 GMT"],
        *["Fri, 05 Jan 2024 13:00 PM", "Fri, 05 Jan 2024 0:30 AM"],
        *["Fri, 05 Jan 2024 10:00:00 XYZ", "Fri, 05 Jan 2024 10:00:00 IST", "Fri, 05 Jan 2024 10:00:00 +9900"],
        *["Fri, 05 Jan 2024 10:00:00 +0175", "Fri, 05 Jan 2024 10:00:00 CET+0100"],
        *["lundi 5 février 2024", "5 Foo 2024", "2024-01-05 or so", "x2024-01-05", "٢٠٢٤-٠١-٠٥"],
        *["1970-01-01T00:00:00Z", "1989-12-31", "2101-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z"],
        "2024-01-05" + " " * 200 + "x",
    ],
)
def test_what_would_have_to_be_guessed_is_no_date(raw: str) -> None:
    assert parse_date(raw, BERLIN) is None


@given(MOMENTS)
def test_every_moment_is_read_back_from_rfc_3339_and_rfc_5322(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(format_datetime(moment)) == moment.replace(microsecond=0)


@given(st.text(max_size=130))
def test_no_text_raises_and_what_is_read_is_utc(raw: str) -> None:
    moment = parse_date(raw)
    assert moment is None or moment.tzinfo is UTC
