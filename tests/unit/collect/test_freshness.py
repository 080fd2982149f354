from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.freshness import fresh_until

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "max-age=300"}, 300),
        ({"cache-control": 'public, MAX-AGE="300"'}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "s-maxage=900, max-age=300"}, 300),
        ({"cache-control": "max-age=300", "expires": "Sun, 01 Jun 2025 15:00:00 GMT"}, 300),
        ({"expires": "Sun, 01 Jun 2025 12:10:00 GMT"}, 600),
        ({"expires": "Sun, 01 Jun 2025 15:10:00 GMT", "date": "Sun, 01 Jun 2025 15:00:00 GMT"}, 600),
        ({"cache-control": "max-age=31536000"}, 86_400),
        ({"cache-control": "max-age=9999999999"}, 86_400),
    ],
)
def test_an_answer_is_fresh_for_as_long_as_its_server_says(headers: dict[str, str], seconds: int) -> None:
    assert fresh_until(headers, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cache-control": "max-age=0"},
        {"cache-control": "no-cache, max-age=300"},
        {"cache-control": "no-store"},
        {"cache-control": "s-maxage=900"},
        {"cache-control": "max-age=soon"},
        {"cache-control": "max-age=60", "age": "61"},
        {"cache-control": "max-age=60", "age": "9" * 40},
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": "Sun, 01 Jun 2025 11:00:00 GMT"},
        {"expires": "Sun, 32 Jun 2025 11:00:00 GMT"},
    ],
)
def test_an_answer_that_says_nothing_or_nonsense_is_not_fresh(headers: dict[str, str]) -> None:
    assert fresh_until(headers, NOW) is None
