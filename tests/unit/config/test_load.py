from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest

from pipeline.config import ALL, Config, FeedSource, Listen, Mailbox, MailgunProvider, OutboxProvider, load
from pipeline.errors import ConfigError, Problem

ROOT = Path(__file__).parents[3]

MINIMAL = """\
[site]
title = "News"
url = "https://news.example.org/"
"""

NEWSLETTER = """
[[newsletters]]
name = "weekly-news"
title = "Weekly"
from = "News <news@example.org>"
cadences = { immediate = true }
"""

MAILGUN = """
[providers.mailgun]
type = "mailgun"
domain = "mg.example.org"
api_key_env = "MAILGUN_API_KEY"
"""


class Read(Protocol):
    def __call__(self, text: str, environ: Mapping[str, str] = ...) -> Config: ...


class Problems(Protocol):
    def __call__(self, text: str, environ: Mapping[str, str] = ...) -> list[Problem]: ...


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str, environ: Mapping[str, str] = {}) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ)

    return read


@pytest.fixture
def problems(read: Read, tmp_path: Path) -> Problems:
    def problems(text: str, environ: Mapping[str, str] = {}) -> list[Problem]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        return [
            Problem(code=one.code, where=one.where.removeprefix(f"{tmp_path}/"), what=one.what, mend=one.mend)
            for one in caught.value.problems
        ]

    return problems


def test_a_list_whose_only_item_is_wrong_is_not_called_empty_too(problems: Problems) -> None:
    (found,) = problems(MINIMAL + '[[feeds]]\nname = "all"\ntitle = "All"\nformats = ["atm"]\n')
    assert (found.what, found.mend) == ('"atm" can\'t be.', "Did you mean `atom`?")
    (empty,) = problems(MINIMAL + '[[feeds]]\nname = "all"\ntitle = "All"\nformats = []\n')
    assert empty.what == "is empty."


def test_the_configuration_of_the_project_is_right() -> None:
    config = load(ROOT / "config.toml", {})
    assert config.newsletters[0].cadences == {"immediate": None, "daily": "0 7 * * *", "weekly": "0 8 * * 1"}
    assert config.sources[0].backlog == ALL
    assert config.sources[0].settle == timedelta(0)
    assert config.publish.directory == ROOT / "feeds"


def test_five_mistakes_are_five_problems_with_line_key_path_and_nearest_name(problems: Problems) -> None:
    found = problems("""\
[site]
title = "News"
url = "news.example.org"

[[sources]]
name = "blog"
type = "fed"

[[sources]]
name = "documents"
type = "directory"
path = "articles"
setle = "10 minutes"

[[newsletters]]
name = "weekly"
title = "Weekly"
from = "News <news@example.org>"
providers = ["mailgn"]
[newsletters.cadences]
weekly = "0 25 * * 1"

[providers.mailgun]
type = "mailgun"
domain = "mg.example.org"
api_key_env = "MAILGUN_API_KEY"
""")
    assert [(one.code, one.where) for one in found] == [
        ("config", "config.toml:3 site.url"),
        ("config", "config.toml:7 sources[0].type"),
        ("config", "config.toml:13 sources[1].setle"),
        ("config", "config.toml:19 newsletters[0].providers[0]"),
        ("config", "config.toml:21 newsletters[0].cadences.weekly"),
    ]
    assert found[1].mend == "Did you mean `feed`?"
    assert found[2].mend == "Did you mean `settle`?"
    assert found[3].mend == "Did you mean `mailgun`?"
    assert "hour" in found[4].what


def test_a_text_that_is_not_toml_is_named_with_its_line(problems: Problems) -> None:
    (found,) = problems('[site]\ntitle = "News"\nurl = \n')
    assert found.where == "config.toml:3"
    assert found.what.startswith("This is not TOML: ")


def test_a_text_that_ends_too_early_is_named_with_its_last_line(problems: Problems) -> None:
    (found,) = problems('[site]\ntitle = ["News"')
    assert found.where == "config.toml:2"


def test_a_missing_file_tells_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", {})
    assert "`rundbrief init`" in caught.value.problems[0].mend


def test_a_directory_instead_of_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="This is a directory"):
        load(tmp_path, {})


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes('[site]\ntitle = "Grüße"\n'.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert caught.value.problems[0].where == f"{path}:2"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(MINIMAL, encoding="utf-8-sig")
    assert load(path, {}).site.title == "News"


def test_relative_paths_start_at_the_file_and_not_where_the_command_was_started(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = read(MINIMAL + '[store]\nurl = "sqlite:///data/r.db"\n[templates]\ndirectory = "mine"\n' + NEWSLETTER)
    assert config.store.url == f"sqlite:///{tmp_path}/data/r.db"
    assert config.publish.directory == tmp_path / "feeds"
    assert config.templates.directory == tmp_path / "mine"
    assert config.file == tmp_path / "config.toml"
    outbox = config.providers["outbox"]
    assert isinstance(outbox, OutboxProvider)
    assert outbox.directory == tmp_path / "outbox"


def test_a_file_named_from_where_one_stands_is_found_again_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(MINIMAL)
    monkeypatch.chdir(tmp_path)
    config = load(Path("config.toml"), {})
    assert config.publish.directory.is_absolute()
    with pytest.raises(ConfigError) as caught:
        load(Path("missing.toml"), {})
    assert caught.value.problems[0].where == "missing.toml"


def test_what_a_table_does_not_say_it_takes_from_the_site(read: Read) -> None:
    config = read(
        MINIMAL
        + 'language = "de-at"\ntimezone = "Europe/Vienna"\n[[feeds]]\nname = "all"\ntitle = "All"\n'
        + NEWSLETTER
    )
    assert config.publish.url == "https://news.example.org/feeds"
    assert config.feeds[0].language == config.newsletters[0].language == "de-AT"
    assert config.newsletters[0].timezone == ZoneInfo("Europe/Vienna")
    assert config.feeds[0].formats == ("atom", "rss", "json", "html")


def test_a_wrong_value_that_others_take_over_is_reported_once(problems: Problems) -> None:
    found = problems(
        '[site]\ntitle = "News"\nurl = "nowhere"\nlanguage = "deutsch"\ntimezone = "Berlin"\n'
        '[[feeds]]\nname = "all"\ntitle = "All"\n' + NEWSLETTER
    )
    assert [one.where.partition(" ")[2] for one in found] == ["site.url", "site.language", "site.timezone"]


def test_a_newsletter_without_a_provider_is_mailed_into_the_outbox(read: Read) -> None:
    config = read(MINIMAL + NEWSLETTER)
    assert config.newsletters[0].providers == ("outbox",)
    assert list(config.providers) == ["outbox"]


def test_the_values_have_the_types_that_stages_need(read: Read) -> None:
    config = read(
        MINIMAL
        + '[web]\nlisten = "[::1]:8080"\n'
        + '[[sources]]\nname = "blog"\ntype = "feed"\nurl = "https://blog.example.org/feed/"\n'
        + 'settle = "1 hour 30 minutes"\nbacklog = 3\n'
        + NEWSLETTER
        + 'providers = ["mailgun"]\n'
        + MAILGUN
        + 'base_url = "https://api.eu.mailgun.net/"\nper_second = 50\n',
        {"MAILGUN_API_KEY": "key-geheim"},
    )
    assert config.web.listen == Listen("::1", 8080)
    assert str(config.web.listen) == "[::1]:8080"
    source = config.sources[0]
    assert isinstance(source, FeedSource)
    assert (source.settle, source.backlog, source.allow_private) == (timedelta(minutes=90), 3, False)
    provider = config.providers["mailgun"]
    assert isinstance(provider, MailgunProvider)
    assert (provider.base_url, provider.per_second) == ("https://api.eu.mailgun.net", 50.0)
    assert config.newsletters[0].from_ == Mailbox("news@example.org", "News")


def test_what_was_read_can_not_be_changed(read: Read) -> None:
    config = read(MINIMAL + NEWSLETTER)
    with pytest.raises(ValueError, match="frozen"):
        config.site.title = "Other"
    with pytest.raises(TypeError):
        config.newsletters[0].cadences["daily"] = "0 7 * * *"  # type: ignore[index]
    with pytest.raises(TypeError):
        config.providers["other"] = config.providers["outbox"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ("site = 3", "site"),
        (MINIMAL + "[sources]\nname = 'x'", "sources"),
        (MINIMAL + "[[publish]]", "publish"),
        ("providers = 'outbox'\n" + MINIMAL, "providers"),
        (MINIMAL + "[providers]\noutbox = 'x'", "providers.outbox"),
        ("newsletters = ['x']\n" + MINIMAL, "newsletters[0]"),
    ],
)
def test_a_table_of_the_wrong_kind_is_a_problem_and_no_crash(problems: Problems, section: str, where: str) -> None:
    found = problems(section)
    assert found
    assert found[-1].where.partition(" ")[2] == where


def test_a_configuration_without_a_site_says_so(problems: Problems) -> None:
    (found,) = problems("")
    assert found.where == "config.toml site"
    assert "`rundbrief init`" in found.mend


def test_a_name_that_is_no_text_is_a_problem_and_no_crash(problems: Problems) -> None:
    found = problems(MINIMAL + '[[feeds]]\nname = []\ntitle = "All"\n')
    assert [(one.where, one.what) for one in found] == [("config.toml:5 feeds[0].name", "must be a text in quotes.")]


def test_the_configuration_to_start_from_is_right_also_with_all_that_it_suggests(tmp_path: Path) -> None:
    text = (ROOT / "examples" / "config.toml").read_text(encoding="utf-8")
    assert load(ROOT / "examples" / "config.toml", {}).sources[0].name == "articles"
    suggested = re.sub(r"^# (?=\[|[a-z_]+ +=|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    file = tmp_path / "config.toml"
    file.write_text(suggested, encoding="utf-8")
    config = load(file, {})
    assert [source.name for source in config.sources] == ["articles", "blog"]
    assert list(config.providers) == ["outbox", "mailserver", "mailgun"]


def test_alerts_go_by_a_provider_that_there_is_and_that_mails_to_whom_it_is_told(problems: Problems) -> None:
    mail = '[alerts.mail]\nto = ["ops@example.org"]\nfrom = "News <ops@example.org>"\nprovider = "{0}"\n'
    tables = MAILGUN + '[providers.lists]\ntype = "buttondown"\napi_key_env = "KEY"\n'
    environ = {"MAILGUN_API_KEY": "m", "KEY": "k"}
    (mistyped,) = problems(MINIMAL + mail.format("mailgum") + tables, environ)
    assert "alerts.mail.provider" in mistyped.where
    assert "`mailgun`" in mistyped.mend
    (unable,) = problems(MINIMAL + mail.format("lists") + tables, environ)
    assert "its own list" in unable.what
