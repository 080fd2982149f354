"""Adding [[sources]] to config.toml."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.naming import name_from
from pipeline.config.write import add_sources, source_tables, with_sources
from pipeline.errors import ConfigError

SITE = '[site]\ntitle = "T"\nurl = "https://news.example.org"\n'
BLOG = {"name": "blog", "type": "feed", "url": "https://blog.example.org/feed/"}
NEWS = {"topics": ["ki", "Größe"], "url": "https://news.example.com/rss?a=1&b=2", "type": "feed", "name": "news"}
BLOG_TEXT = '[[sources]]\nname = "blog"\ntype = "feed"\nurl = "https://blog.example.org/feed/"\n'


def test_a_table_has_its_keys_in_the_order_of_the_manual() -> None:
    assert source_tables([NEWS, BLOG]) == (
        '[[sources]]\nname = "news"\ntype = "feed"\nurl = "https://news.example.com/rss?a=1&b=2"\n'
        f'topics = ["ki", "Größe"]\n\n{BLOG_TEXT}'
    )


def test_a_source_is_added_behind_the_last_one_and_comments_stay_where_they_are() -> None:
    text = (
        f'# mine\n{SITE}\n[[sources]]\nname = "a" # first\ntype = "feed"\nurl = "https://a.example.org/"\n'
        'topics = [\n  "x", # one\n  # none\n]\n# settle = "5 minutes"\n\n'
        '# What is published:\n[[feeds]]\nname = "f"\ntitle = "F"\n'
    )
    old, new = '# settle = "5 minutes"\n', f'# settle = "5 minutes"\n\n{BLOG_TEXT}'
    assert with_sources(text, [BLOG]) == text.replace(old, new)


def test_a_comment_right_above_the_next_table_is_left_to_it() -> None:
    text = f'{SITE}[[sources]]\nname = "a"\n# what is published\n[[feeds]]\nname = "f"\n'
    assert with_sources(text, [BLOG]) == (
        f'{SITE}[[sources]]\nname = "a"\n\n{BLOG_TEXT}\n# what is published\n[[feeds]]\nname = "f"\n'
    )


def test_the_equals_signs_stand_below_each_other_where_those_of_the_last_source_do() -> None:
    text = '[[sources]]\nname     = "a"\ntype     = "feed"\nschedule = "0 * * * *"\n'
    assert with_sources(text, [BLOG]).endswith(
        '\n\n[[sources]]\nname     = "blog"\ntype     = "feed"\nurl      = "https://blog.example.org/feed/"\n'
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", SITE, SITE.rstrip(), SITE + "\n"])
def test_the_first_source_goes_to_the_end(text: str) -> None:
    new = with_sources(text, [BLOG])
    assert new.startswith(text)
    assert new.endswith(("\n\n" if text else "") + BLOG_TEXT)
    assert "\n\n\n" not in new


def test_sources_that_are_scattered_get_company_at_the_last_one() -> None:
    text = '[[sources]]\nname = "a"\n\n[[feeds]]\nname = "f"\n\n[[sources]]\nname = "b"\n\n[store]\n'
    assert with_sources(text, [BLOG]) == text.replace("\n[store]", f"\n{BLOG_TEXT}\n[store]")


def test_line_endings_of_windows_stay() -> None:
    text = (SITE + '\n[[sources]]\nname = "a"\n\n# end\n').replace("\n", "\r\n")
    new = with_sources(text, [BLOG, NEWS])
    assert new.count("\n") == new.count("\r\n")
    assert new.replace("\r\n", "\n") == with_sources(text.replace("\r\n", "\n"), [BLOG, NEWS])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "listed", ["[]", '[{name = "a"}]', '[\n  {name = "a"},  # the first\n  {name = "b"} # and last\n]']
)
def test_sources_in_one_list_are_added_to_that_list(listed: str, end: str) -> None:
    text = f"sources = {listed}  # mine\n\n{SITE}".replace("\n", end)
    new = with_sources(text, [BLOG])
    assert tomllib.loads(new)["sources"][-1] == BLOG
    assert new.endswith(SITE.replace("\n", end))
    assert "# mine" in new
    assert new.count("\n") == new.count(end)


@pytest.mark.parametrize("text", ["[[sources\n", "[sources]\nname = 1\n", "sources = 1\n"])
def test_what_can_not_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        with_sources(text, [BLOG])


LINES = """\

# a comment
  # indented
[[sources]]
[[feeds]]
[store]
x = \'\'\'
\'\'\'
[[sources.more]]
t = [
  "v", # c
]
k = "v" # [[sources]]
n    = 1
name = "[[sources]]"
[sources.deep]"""
FILES = st.builds(
    lambda lines, end, last: end.join(lines) + last * end,
    st.lists(st.sampled_from(LINES.split("\n")), max_size=14),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@settings(deadline=None)
@given(FILES)
def test_nothing_but_the_new_tables_differs(text: str) -> None:
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if not isinstance(before.get("sources", []), list):
        return
    new = with_sources(text, [BLOG])
    assert tomllib.loads(new) == {**before, "sources": [*before.get("sources", []), BLOG]}
    assert any(new.startswith(text[:at]) and new.endswith(text[at:]) for at in range(len(text) + 1))


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_text_holds_it_comes_back(url: str, topic: str) -> None:
    source = {**BLOG, "url": url, "topics": [topic]}
    assert tomllib.loads(with_sources(SITE, [source]))["sources"] == [source]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(SITE, encoding="utf-8")
    return file


def test_the_file_is_replaced_and_read_again(file: Path) -> None:
    file.chmod(0o640)
    loaded = add_sources(file, [BLOG, NEWS], {})
    assert [source.name for source in loaded.sources] == ["blog", "news"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_a_symbolic_link_stays_one(file: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    link = tmp_path / "etc" / "config.toml"
    link.symlink_to("../config.toml")
    assert add_sources(link, [BLOG], {}).file == link
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8").endswith(BLOG_TEXT)


def test_a_byte_order_mark_stays(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + SITE.encode())
    add_sources(file, [BLOG], {})
    assert file.read_bytes().startswith(b"\xef\xbb\xbf[site]")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"url": "ftp://a"}, "no absolute http or https address"), ({"colour": "red"}, "no key `colour`")],
)
def test_what_would_not_be_valid_is_never_written(file: Path, wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        add_sources(file, [{**BLOG, **wrong}], {})
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")
    assert ".tmp" not in str(caught.value)
    assert file.read_text(encoding="utf-8") == SITE
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


def test_a_name_that_is_taken_is_refused(file: Path) -> None:
    add_sources(file, [BLOG], {})
    with pytest.raises(ConfigError, match="two sources called `blog`"):
        add_sources(file, [BLOG], {})


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be changed: No such file"):
        add_sources(tmp_path / "config.toml", [BLOG], {})


def test_a_file_that_is_not_utf_8_is_an_error(file: Path) -> None:
    file.write_bytes(SITE.replace("T", "Ä").encode("latin-1"))
    with pytest.raises(ConfigError, match="utf-8"):
        add_sources(file, [BLOG], {})


def test_a_file_that_can_not_be_written_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / f"{'c' * 246}.toml"
    file.write_text(SITE, encoding="utf-8")
    with pytest.raises(ConfigError, match="can't be changed: File name too long"):
        add_sources(file, [BLOG], {})
    assert file.read_text(encoding="utf-8") == SITE


def test_what_a_killed_process_left_is_no_hindrance(file: Path) -> None:
    file.with_name(".config.toml.tmp").write_text("half", encoding="utf-8")
    add_sources(file, [BLOG], {})
    assert [one.name for one in file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Größe & Maß: Übung", "groesse-mass-uebung"),
        ("Gro\u0308\u00dfe", "groesse"),
        ("Élan Vital — l’été", "elan-vital-lete"),
        ("Łódź / Kraków", "lodz-krakow"),
        ("C++ Weekly", "c-plus-plus-weekly"),
        ("heise.de – News", "heise-de-news"),
        ("  ---  ", "blog-example-org"),
        ("日本語のブログ", "blog-example-org"),
        ("_private_", "private"),
        ("Ein sehr langer Titel, der nicht in eine Tabelle passt", "ein-sehr-langer-titel-der-nicht-in-eine"),
        ("x" * 100, "x" * 40),
        ("ﬁne №1", "fine-no1"),
    ],
)
def test_a_name_is_made_from_a_title(title: str, name: str) -> None:
    assert name_from(title, "https://www.blog.example.org/feed", ()) == name


@settings(deadline=None)
@given(st.text(max_size=100), st.text(max_size=50))
def test_a_name_is_always_one_that_the_configuration_takes(title: str, url: str) -> None:
    taken: set[str] = set()
    for _ in range(3):
        name = name_from(title, url, taken)
        assert name not in taken
        taken.add(name)
    added = with_sources(SITE, [{**BLOG, "name": name} for name in sorted(taken)])
    assert all(len(one["name"]) <= 64 and one["name"][0].isalnum() for one in tomllib.loads(added)["sources"])
