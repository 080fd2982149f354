from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from pipeline.config import addresses, times, values
from pipeline.config.addresses import Listen, Mailbox


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10 minutes", timedelta(minutes=10)),
        ("1 minute", timedelta(minutes=1)),
        ("90s", timedelta(seconds=90)),
        ("6 hours", timedelta(hours=6)),
        ("0 minutes", timedelta(0)),
        ("2 days", timedelta(days=2)),
        ("1 week", timedelta(weeks=1)),
        ("1h 30m", timedelta(minutes=90)),
        (" 5 Minutes ", timedelta(minutes=5)),
    ],
)
def test_durations_are_written_in_words_or_letters(text: str, span: timedelta) -> None:
    assert times.duration(text) == span


@pytest.mark.parametrize(
    "value", ["", " ", "10", 10, True, "ten minutes", "-5 minutes", "1.5 hours", "PT10M", "999999999 weeks", "5 m x"]
)
def test_what_is_no_duration_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        times.duration(value)
    assert caught.value.context
    assert caught.value.context["what"]


@given(st.integers(min_value=0, max_value=3660 * 86400))
def test_a_duration_reads_back_as_it_was_written(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert times.duration(times.duration_text(span)) == span


@pytest.mark.parametrize(
    "text", ["*/15 * * * *", "0 7 * * *", "0  8 * * 1", "0 7 1 * *", "0 7 * * MON-FRI", "0 7 L * *"]
)
def test_cron_expressions_have_five_fields(text: str) -> None:
    assert times.cron(text) == " ".join(text.split())


@pytest.mark.parametrize(
    "text", ["", "daily", "@daily", "0 7 * *", "0 7 * * * *", "60 * * * *", "0 0 30 2 *", "0 7 * * 8", True, 5]
)
def test_what_is_no_cron_expression_or_never_comes_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        times.cron(text)


@pytest.mark.parametrize("name", ["Europe/Berln", "Berlin", "../etc/passwd", "/etc/localtime", "Europe", "", 1])
def test_what_is_no_time_zone_is_refused(name: object) -> None:
    with pytest.raises(PydanticCustomError):
        times.zone(name)


@pytest.mark.parametrize(
    ("tag", "spelt"),
    [("de", "de"), ("DE-at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("sr-Latn", "sr-Latn"), ("en-001", "en-001")],
)
def test_languages_get_their_usual_spelling(tag: str, spelt: str) -> None:
    assert values.language(tag) == spelt


@pytest.mark.parametrize(
    ("tag", "mend"), [("de_DE", "Did you mean `de-DE`?"), ("deutsch", "BCP 47"), ("", "BCP 47"), ("xx", "BCP 47")]
)
def test_what_is_no_language_tag_is_refused_with_the_right_one(tag: str, mend: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        values.language(tag)
    assert caught.value.context
    assert mend in caught.value.context["mend"]


@pytest.mark.parametrize(
    "text", ["https://news.example.org", "http://localhost:8080/x?y=1", "https://[::1]/", "https://grün.example/ä"]
)
def test_absolute_web_addresses_are_taken_as_they_are(text: str) -> None:
    assert addresses.url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "news.example.org",
        "/feeds",
        "ftp://x.example",
        "https://",
        "https://a b/",
        "https://x:99999/",
        "javascript:alert(1)",
        "http://[::1",
        4,
    ],
)
def test_what_is_no_absolute_web_address_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        addresses.url(text)


def test_a_web_address_with_a_password_is_refused_without_repeating_it() -> None:
    with pytest.raises(PydanticCustomError) as caught:
        addresses.url("https://user:geheim@example.org/")
    assert "geheim" not in str(caught.value.context)


@pytest.mark.parametrize(
    ("text", "mailbox", "header"),
    [
        ("redaktion@news.example.org", Mailbox("redaktion@news.example.org"), "redaktion@news.example.org"),
        ("Redaktion <r@example.com>", Mailbox("r@example.com", "Redaktion"), "Redaktion <r@example.com>"),
        ("Grüße aus Köln <r@x.test>", Mailbox("r@x.test", "Grüße aus Köln"), "Grüße aus Köln <r@x.test>"),
        ("Müller, Anna <a@example.net>", Mailbox("a@example.net", "Müller, Anna"), '"Müller, Anna" <a@example.net>'),
        (
            r'"Der \"Brief\"" <a@example.net>',
            Mailbox("a@example.net", 'Der "Brief"'),
            r'"Der \"Brief\"" <a@example.net>',
        ),
        (
            'Post, "extra" <a@example.net>',
            Mailbox("a@example.net", 'Post, "extra"'),
            r'"Post, \"extra\"" <a@example.net>',
        ),
        (
            "Post <post@grün.example.org>",
            Mailbox("post@xn--grn-ioa.example.org", "Post"),
            "Post <post@xn--grn-ioa.example.org>",
        ),
    ],
)
def test_mailboxes_are_written_as_people_write_them(text: str, mailbox: Mailbox, header: str) -> None:
    assert addresses.mailbox(text) == mailbox
    assert str(mailbox) == header


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Redaktion",
        "Redaktion <>",
        "a@b",
        "A <a@example.org>, B <b@example.org>",
        "A <a@example.org",
        "A\r\nBcc: x <a@example.org>",
        "jö@example.org",
    ],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        addresses.mailbox(text)


def test_where_a_server_listens_is_a_host_and_a_port() -> None:
    assert addresses.listen("0.0.0.0:80") == Listen("0.0.0.0", 80)  # noqa: S104
    assert addresses.listen("[::]:8000") == Listen("::", 8000)
    for wrong in ("8000", ":8000", "localhost", "localhost:65536", "::1:80", "http://localhost:80"):
        with pytest.raises(PydanticCustomError):
            addresses.listen(wrong)


def test_a_backlog_is_none_a_number_or_all() -> None:
    assert [values.backlog(value) for value in ("none", 0, 25, "all")] == [0, 0, 25, "all"]
    for wrong in ("al", -1, True, 1.5, None):
        with pytest.raises(PydanticCustomError):
            values.backlog(wrong)


@pytest.mark.parametrize("title", ["News\nBcc: x", "\u202eswen", "News \u2067", "a\x1bb", "\u2028"])
def test_a_title_that_would_break_or_turn_what_is_around_it_is_refused(title: str) -> None:
    with pytest.raises(ValidationError, match="control characters"):
        TypeAdapter(values.Text).validate_python(title)


def test_a_title_may_be_in_any_script_with_the_marks_that_it_needs() -> None:
    for title in ("👩\u200d🔬 heute", "עברית\u200f!", "می\u200cخواهم"):
        assert TypeAdapter(values.Text).validate_python(title) == title
