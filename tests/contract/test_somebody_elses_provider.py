"""A provider of somebody else's: as the manual says it is made, it passes the suites that ours pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.errors import ConfigError
from pipeline.wiring.providers import make_provider

ROOT = Path(__file__).parents[2]
CONFIG = """
[site]
title = "News"
url = "https://news.example.org"

[[newsletters]]
name = "weekly"
title = "Weekly"
from = "news@news.example.org"
providers = ["acme"]
cadences = { immediate = true }

[providers.acme]
type = "acme:provider"
[providers.acme.options]
account = "news"
api_key_env = "ACME_API_KEY"
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The modules of the manual's page, where Python finds them."""
    page = (ROOT / "docs" / "adding-a-provider.md").read_text(encoding="utf-8")
    for name, content in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    return tmp_path


def configured(directory: Path, text: str = CONFIG) -> Path:
    path = directory / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_manuals_provider_passes_both_suites(modules: Path) -> None:
    suites = [str(ROOT / "tests" / "contract" / f"test_{name}.py") for name in ("providers", "api_providers")]
    path = os.pathsep.join([str(modules), str(ROOT)])
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "house", *suites],
        env={**os.environ, "RUNDBRIEF_HOUSE": "acme_house:house", "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"\b[5-9]\d passed", ran.stdout)


def test_its_factory_is_given_name_options_and_secrets(modules: Path) -> None:
    (modules / "acme.py").write_text(
        "class Acme:\n"
        "    def __init__(self, name, options):\n"
        "        self.name, self.options = name, options\n"
        "    from pipeline.deliver.provider import Capabilities, Shape\n"
        "    capabilities = Capabilities(shape=Shape.MESSAGES, max_batch=1)\n"
        "    submit = close = None\n"
        "provider = Acme\n",
        encoding="utf-8",
    )
    made = make_provider(load(configured(modules), {"ACME_API_KEY": "secret"}), "acme")
    assert made.name == "acme"
    assert made.options == {"account": "news", "api_key": "secret"}  # type: ignore[attr-defined]


def test_a_secret_that_is_missing_is_a_mistake(modules: Path) -> None:
    with pytest.raises(ConfigError, match="ACME_API_KEY is not set"):
        load(configured(modules), {})


@pytest.mark.parametrize(
    ("type_", "what"),
    [
        ("no_such_package:provider", "No module named 'no_such_package'"),
        ("acme:typo", "no attribute 'typo'"),
        ("acme:TIMEOUT", "not callable"),
    ],
)
def test_what_can_not_be_loaded_is_a_mistake_with_its_cause(modules: Path, type_: str, what: str) -> None:
    settings = load(configured(modules, CONFIG.replace("acme:provider", type_)), {"ACME_API_KEY": "secret"})
    with pytest.raises(ConfigError, match=what) as caught:
        make_provider(settings, "acme")
    assert "secret" not in str(caught.value)


def test_what_is_no_provider_is_a_mistake(modules: Path) -> None:
    text = CONFIG.replace("acme:provider", "acme:nothing")
    (modules / "acme.py").write_text("def nothing(name, options): ...\n", encoding="utf-8")
    settings = load(configured(modules, text), {"ACME_API_KEY": "secret"})
    with pytest.raises(ConfigError, match="it has no name, capabilities, submit, close"):
        make_provider(settings, "acme")


@pytest.mark.parametrize("type_", ["a b:c", ":provider", "acme:", "../acme:provider", "acme:a.b"])
def test_a_type_that_can_be_no_place_is_a_mistake(modules: Path, type_: str) -> None:
    with pytest.raises(ConfigError, match=r"package\.module:function"):
        load(configured(modules, CONFIG.replace("acme:provider", type_)), {"ACME_API_KEY": "secret"})
