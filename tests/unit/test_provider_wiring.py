"""What the table of each type of provider makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.config.list_owners import OWNERS
from pipeline.config.providers import PROVIDERS
from pipeline.errors import ConfigError
from pipeline.wiring.providers import make_provider

CONFIG = """
[site]
title = "News"
url = "https://news.example.org"

[[newsletters]]
name = "weekly"
title = "Weekly"
from = "news@news.example.org"
providers = ["mail"]
cadences = {{ immediate = true }}

[providers.mail]
type = "{type}"
{keys}
"""
SECRETS = {"KEY": "secret-1", "OTHER": "secret-2"}
KEY = 'api_key_env = "KEY"\n'
NEEDED = {
    "outbox": "",
    "smtp": 'host = "mail.example.org"',
    "mailgun": KEY + 'domain = "mg.example.org"',
    "ses": KEY + 'access_key_env = "OTHER"\nregion = "eu-central-1"',
    "mailjet": KEY + 'secret_key_env = "OTHER"',
    "mailersend": KEY + "headers = true",
    "scaleway": KEY + 'project_id = "6170692e-7363-616c-6577-61792e636f6d"',
    "postal": KEY + 'base_url = "https://postal.example.org"',
    "sparkpost": KEY + "transactional = true",
    "listmonk": KEY + 'username = "rundbrief"\nlists = [3]\ntemplate = 1\nbase_url = "https://lists.example.org"',
    "mailchimp": KEY + 'audience = "a1b2"\nbase_url = "https://us19.api.mailchimp.com"',
}
APIS = sorted(PROVIDERS.keys() - {"outbox", "smtp"})


def keys(type_: str) -> str:
    return NEEDED.get(type_, KEY)


def configured(directory: Path, type_: str, text: str) -> Path:
    path = directory / "config.toml"
    path.write_text(CONFIG.format(type=type_, keys=text), encoding="utf-8")
    return path


@pytest.mark.parametrize("type_", PROVIDERS)
def test_a_table_with_what_is_needed_makes_a_provider(tmp_path: Path, type_: str) -> None:
    provider = make_provider(load(configured(tmp_path, type_, keys(type_)), SECRETS), "mail")
    assert provider.name == "mail"
    assert provider.capabilities.no_one_click == ""
    assert "secret-" not in repr(provider)
    provider.close()


@pytest.mark.parametrize("type_", APIS)
def test_a_call_takes_as_long_as_the_time_out_lets_it(tmp_path: Path, type_: str) -> None:
    text = keys(type_) + '\ntimeout = "7 seconds"' + ("" if type_ in OWNERS else "\nper_second = 5")
    provider = make_provider(load(configured(tmp_path, type_, text), SECRETS), "mail")
    assert provider.capabilities.call_timeout.total_seconds() in (42, 63, 126)


@pytest.mark.parametrize("type_", sorted(type_ for type_ in APIS if "max_batch" in PROVIDERS[type_].model_fields))
@pytest.mark.parametrize(("max_batch", "most"), [(7, 7), (10_000, 1_000)])
def test_max_batch_makes_calls_smaller_and_never_larger(tmp_path: Path, type_: str, max_batch: int, most: int) -> None:
    text = f"{keys(type_)}\nmax_batch = {max_batch}"
    provider = make_provider(load(configured(tmp_path, type_, text), SECRETS), "mail")
    assert 1 < provider.capabilities.max_batch <= most


@pytest.mark.parametrize("type_", APIS)
def test_no_key_goes_over_the_network_in_the_clear(tmp_path: Path, type_: str) -> None:
    text = keys(type_).partition("base_url")[0] + '\nbase_url = "http://api.example.org"'
    with pytest.raises(ConfigError, match="without encryption") as caught:
        make_provider(load(configured(tmp_path, type_, text), SECRETS), "mail")
    assert "providers.mail.base_url" in str(caught.value)


@pytest.mark.parametrize("variable", ["KEY", "OTHER"])
def test_a_key_that_can_be_none_is_named_by_its_variable(tmp_path: Path, variable: str) -> None:
    with pytest.raises(ConfigError, match=f"Set {variable} to the key") as caught:
        make_provider(load(configured(tmp_path, "ses", keys("ses")), {**SECRETS, variable: "schlüssel"}), "mail")
    assert "schlüssel" not in str(caught.value)


@pytest.mark.parametrize(("type_", "key"), [("mailersend", "headers"), ("sparkpost", "transactional")])
def test_what_replaces_the_header_of_one_click_is_no_provider_for_a_newsletter(
    tmp_path: Path, type_: str, key: str
) -> None:
    with pytest.raises(ConfigError, match="one-click unsubscribe") as caught:
        load(configured(tmp_path, type_, KEY), SECRETS)
    (problem,) = caught.value.problems
    assert "newsletters[0].providers[0]" in problem.where
    assert f"{key} = true" in problem.mend


@pytest.mark.parametrize("type_", sorted(OWNERS))
@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ('providers = ["mail"]', 'providers = ["mail", "other"]', "newsletters[0].providers"),
        (
            "cadences = { immediate = true }",
            'cadences = { a = "0 7 * * *", b = "0 8 * * *" }',
            "newsletters[0].cadences",
        ),
        ("cadences =", "local_time = true\ncadences =", "newsletters[0].local_time"),
    ],
)
def test_a_list_of_somebody_elses_has_one_cadence_one_hour_and_no_other_provider(
    tmp_path: Path, type_: str, before: str, after: str, where: str
) -> None:
    path = configured(tmp_path, type_, keys(type_))
    assert load(path, SECRETS)
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after) + '\n[providers.other]\ntype = "outbox"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="people of its own list") as caught:
        load(path, SECRETS)
    (problem,) = caught.value.problems
    assert where in problem.where


def test_a_provider_that_can_not_carry_it_is_refused_whoever_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "silent_mail.py").write_text(
        "from pipeline.deliver.provider import Capabilities, Shape\n"
        "class Silent:\n"
        "    name = 'mail'\n"
        "    capabilities = Capabilities(shape=Shape.MESSAGES, max_batch=1, no_one_click='It knows no headers.')\n"
        "    submit = close = None\n"
        "def make(name, options): return Silent()\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match=r"Newsletters can't go by mail\. It knows no headers"):
        make_provider(load(configured(tmp_path, "silent_mail:make", ""), {}), "mail")
