from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError

TEXT = """\
[site]
title = "News"
url = "https://news.example.org/"
[store]
url = "postgresql://rundbrief@db.example.org/news?sslmode=require"
password_env = "DB_PASSWORD"
[[newsletters]]
name = "weekly"
title = "Weekly"
from = "News <news@example.org>"
providers = ["mailgun"]
cadences = { immediate = true }
[providers.mailgun]
type = "mailgun"
domain = "mg.example.org"
api_key_env = "MAILGUN_API_KEY"
[providers.unused]
type = "smtp"
host = "mail.example.org"
username = "news"
password_env = "SMTP_PASSWORD"
"""
ENVIRON = {"DB_PASSWORD": "p@ss/wort", "MAILGUN_API_KEY": "key-geheim"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return path


def test_secrets_come_from_the_environment_by_name_and_show_nowhere(file: Path) -> None:
    config = load(file, ENVIRON)
    assert config.secret("MAILGUN_API_KEY").get_secret_value() == "key-geheim"
    assert config.store_url.get_secret_value() == (
        "postgresql://rundbrief:p%40ss%2Fwort@db.example.org/news?sslmode=require"
    )
    shown = f"{config!r} {config} {config.store_url!r} {config.model_dump()} {config.model_dump_json()}"
    assert "geheim" not in shown
    assert "wort@" not in shown
    assert "p%40" not in shown


def test_what_metrics_and_alerts_need_is_taken_too(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        TEXT
        + """
[metrics]
token_env = "METRICS_TOKEN"
[alerts.webhook]
url_env = "ALERTS_URL"
[alerts.mail]
to = ["ops@example.org"]
from = "News <ops@example.org>"
provider = "unused"
"""
    )
    secrets = {"METRICS_TOKEN": "m", "ALERTS_URL": "https://chat.example.org/x", "SMTP_PASSWORD": "s"}
    config = load(path, {**ENVIRON, **secrets})
    assert {name: config.secret(name).get_secret_value() for name in secrets} == secrets
    with pytest.raises(ConfigError) as caught:
        load(path, ENVIRON)
    assert [problem.where.partition(" ")[2] for problem in caught.value.problems] == [
        "providers.unused.password_env",
        "metrics.token_env",
        "alerts.webhook.url_env",
    ]


def test_every_secret_that_is_needed_and_missing_is_a_problem_but_not_one_that_nothing_uses(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, {"MAILGUN_API_KEY": ""})
    assert [problem.where.partition(" ")[2] for problem in caught.value.problems] == [
        "store.password_env",
        "providers.mailgun.api_key_env",
    ]
    assert "MAILGUN_API_KEY is not set" in caught.value.problems[1].what


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('api_key_env = "MAILGUN_API_KEY"', 'api_key = "geheim-1234"'),
        ('api_key_env = "MAILGUN_API_KEY"', 'api_key_env = "geheim-1234"'),
        ('api_key_env = "MAILGUN_API_KEY"', 'api_key_env = ["geheim-1234"]'),
        ("postgresql://rundbrief@", "postgresql://rundbrief:geheim-1234@"),
        ("sslmode=require", "password=geheim-1234"),
        ('"https://news.example.org/"', '"https://me:geheim-1234@news.example.org/"'),
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_repeated(file: Path, before: str, after: str) -> None:
    assert before in TEXT
    file.write_text(TEXT.replace(before, after))
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON)
    assert caught.value.problems
    assert "geheim-1234" not in str(caught.value)


def test_a_user_name_without_a_password_is_half_a_log_in(file: Path) -> None:
    file.write_text(TEXT.replace('password_env = "SMTP_PASSWORD"', ""))
    with pytest.raises(ConfigError) as caught:
        load(file, ENVIRON)
    assert [problem.where.partition(" ")[2] for problem in caught.value.problems] == ["providers.unused.username"]
