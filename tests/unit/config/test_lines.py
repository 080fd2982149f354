from __future__ import annotations

from pipeline.config.lines import key_lines, line_of, path_text

TEXT = '''\
# a comment with [brackets] = "x"
top = 1
[site]
title = """
[not.a.table]
name = 1
"""
url = "x" # = y

[[sources]]
name = "a"
topics = [
  "one",
  "two", # ]
]
[[sources]]
"name" = "b"
extra.deep = 1
[[newsletters]]
[newsletters.cadences]
daily = "x"
[[newsletters]]
cadences = { daily = "y", weekly = "z" }
[[newsletters.parts]]
x = 1
[[newsletters.parts]]
x = 2
[providers."mail.gun"]
type = "mailgun"
'''


def test_each_key_has_the_line_where_it_is_written() -> None:
    lines = key_lines(TEXT)
    assert {path_text(path): line for path, line in lines.items()} == {
        "top": 2,
        "site": 3,
        "site.title": 4,
        "site.url": 8,
        "sources[0]": 10,
        "sources[0].name": 11,
        "sources[0].topics": 12,
        "sources[0].topics[0]": 12,
        "sources[0].topics[1]": 12,
        "sources[1]": 16,
        "sources[1].name": 17,
        "sources[1].extra": 18,
        "sources[1].extra.deep": 18,
        "newsletters[0]": 19,
        "newsletters[0].cadences": 20,
        "newsletters[0].cadences.daily": 21,
        "newsletters[1]": 22,
        "newsletters[1].cadences": 23,
        "newsletters[1].cadences.daily": 23,
        "newsletters[1].cadences.weekly": 23,
        "newsletters[1].parts[0]": 24,
        "newsletters[1].parts[0].x": 25,
        "newsletters[1].parts[1]": 26,
        "newsletters[1].parts[1].x": 27,
        "providers.mail.gun": 28,
        "providers.mail.gun.type": 29,
    }


def test_a_key_that_is_missing_has_the_line_of_its_table() -> None:
    lines = key_lines(TEXT)
    assert line_of(("newsletters", 1, "parts", 1, "y"), lines) == 26
    assert line_of(("feeds", 0), lines) is None


def test_windows_line_ends_do_not_move_the_lines() -> None:
    assert key_lines(TEXT.replace("\n", "\r\n")) == key_lines(TEXT)
