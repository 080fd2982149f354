from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError

SITE = '[site]\ntitle = "News"\nurl = "https://news.example.org/"\n'


def read(tmp_path: Path, *redirects: str) -> list[tuple[str, str | None]]:
    file = tmp_path / "config.toml"
    file.write_text(SITE + "".join(f"[[redirects]]\n{redirect}\n" for redirect in redirects), encoding="utf-8")
    return [(redirect.from_, redirect.to) for redirect in load(file, {}).redirects]


def test_a_redirect_leads_to_a_path_or_an_address_or_says_that_it_is_gone(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        'from = "/feed/"\nto = "/feeds/alle/rss.xml"',
        'from = "/feeds/gr%C3%B6%C3%9Fe/"\nto = "https://other.example.org/feed"',
        'from = "/?feed=rss2"\ngone = true',
    ) == [
        ("/feed/", "/feeds/alle/rss.xml"),
        ("/feeds/größe/", "https://other.example.org/feed"),
        ("/?feed=rss2", None),
    ]


@pytest.mark.parametrize(
    ("redirects", "said"),
    [
        (['from = "/a"'], "needs either"),
        (['from = "/a"\nto = "/b"\ngone = true'], "needs either"),
        (['from = "/a"\nto = "/a"'], "is where it comes from"),
        (['from = "/a"\nto = "/b"', 'from = "/a"\ngone = true'], "two redirects from `/a`"),
        (['from = "a"\nto = "/b"'], "is no path of the site"),
        (['from = "//evil.example/"\ngone = true'], "is no path of the site"),
        (['from = "/a"\nto = "//evil.example/"'], "is no path of the site"),
        (['from = "/a"\nto = "b"'], "no absolute http or https address"),
        (['from = "/a b"\nto = "/b"'], "is no path of the site"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_a_mistake(tmp_path: Path, redirects: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, *redirects)
