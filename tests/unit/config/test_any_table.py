"""Whatever stands in the file, the answer is a configuration or a list of problems."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import json_schema, load
from pipeline.errors import ConfigError, Problem

SCHEMA = json_schema()
KEYS = sorted({key for table in SCHEMA["$defs"].values() for key in table["properties"]} | {"x"})
WORDS = st.sampled_from(
    [
        *("", "a", "outbox", "directory", "feed", "smtp", "mailgun", "all", "none", "de", "Europe/Berlin", "../.."),
        "wordpress",
        *("10 minutes", "9" * 30 + " days", "0 7 * * *", "https://example.org", "https://[", "127.0.0.1:99999"),
        *(
            "a@example.org",
            "A <a@b.test>",
            "postgresql://[x",
            "sqlite:///x",
            "~nobody-here/x",
            "{what}",
            "ä\u0000",
            "X_Y",
        ),
    ]
)
SCALARS = st.one_of(WORDS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(), st.dates())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=6,
)


def tables(*names: str) -> st.SearchStrategy[object]:
    """Tables with the keys of these classes and any values, and now and then something else."""
    keys = sorted({key for name in names for key in SCHEMA["$defs"][name]["properties"]})
    likely = st.fixed_dictionaries({}, optional=dict.fromkeys(keys, st.one_of(WORDS, VALUES)))
    return st.one_of(likely, likely, likely, VALUES)


SOURCES = tables("DirectorySource", "FeedSource", "WordPressSource")
PROVIDERS = tables("OutboxProvider", "SmtpProvider", "MailgunProvider")
FILES = st.fixed_dictionaries(
    {},
    optional={
        "site": tables("Site"),
        "store": tables("Store"),
        "web": tables("Web"),
        "publish": tables("Publish"),
        "templates": tables("Templates"),
        "sources": st.one_of(st.lists(SOURCES, max_size=2), VALUES),
        "feeds": st.one_of(st.lists(tables("Feed"), max_size=2), VALUES),
        "newsletters": st.one_of(st.lists(tables("Newsletter"), max_size=2), VALUES),
        "providers": st.one_of(st.dictionaries(WORDS, PROVIDERS, max_size=2), VALUES),
        "x": VALUES,
    },
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def problems_of(table: dict[str, object], file: Path) -> tuple[Problem, ...]:
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in table.items())
    file.write_text(text, encoding="utf-8")
    try:
        load(file, {})
    except ConfigError as error:
        return error.problems
    return ()


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_any_table_is_a_configuration_or_problems_with_places(table: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "config.toml"
        found = problems_of(table, file)
    assert all(problem.where.startswith(str(file)) and problem.what for problem in found)
    assert len({str(problem) for problem in found}) == len(found)
