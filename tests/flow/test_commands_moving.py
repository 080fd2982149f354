"""A site moves to Rundbrief: its readers see no article twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest

from tests.fakes.commands import CONFIG, Project
from tests.fakes.feed_server import FeedServer
from tests.fakes.old_sites import (
    Post,
    ghost_guid,
    ghost_rss,
    hugo_rss,
    jekyll_atom,
    jekyll_id,
    posts,
    wordpress_guid,
    wordpress_rss,
)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    config = CONFIG.replace('[[feeds]]\nname  = "alle"', '[[feeds]]\nname  = "alle"\nlimit = 500', 1)
    made = Project.make(tmp_path / "project", capsys, config)
    for old in (made.directory / "articles").iterdir():
        old.unlink()
    return made


def write(project: Project, some: list[Post]) -> None:
    for post in some:
        (project.directory / "articles" / f"{post.number}.md").write_text(post.markdown, encoding="utf-8")


def ids(project: Project, document: str) -> dict[str, str]:
    """The entries' ids by their links."""
    file = project.directory / "feeds" / "alle" / document
    if document.endswith(".json"):
        return {item["url"]: item["id"] for item in json.loads(file.read_bytes())["items"]}
    return {entry.link: entry.id for entry in feedparser.parse(file.read_bytes()).entries}


def import_feed(project: Project, url: str, *more: str) -> dict[str, object]:
    found: dict[str, object] = project("feeds", "import", url, "--allow-private", "--json", *more).json
    return found


def test_a_wordpress_site_moves_before_anything_is_collected(project: Project) -> None:
    old = posts(25)
    with FeedServer() as server:
        pages = {"": old[:10], "paged=2": old[10:20], "paged=3": old[20:]}
        url = server.by_query("/feed/", {query: wordpress_rss(some) for query, some in pages.items()})
        rehearsed = import_feed(project, url)
        assert (rehearsed["pages"], rehearsed["counts"]) == (3, {"remembered": 25})
        assert import_feed(project, url)["counts"] == {"remembered": 25}, "only --write does it"
        assert import_feed(project, url, "--write")["counts"] == {"remembered": 25}
        assert import_feed(project, url, "--write")["counts"] == {"known": 25}
    write(project, old)
    project.done("collect")
    project.done("publish")
    expected = {post.url: wordpress_guid(post) for post in old}
    for document in ("atom.xml", "rss.xml", "feed.json"):
        assert ids(project, document) == expected


def test_what_is_collected_already_keeps_its_old_id_as_long_as_it_was_not_published(project: Project) -> None:
    old = posts(3)
    write(project, old[1:])
    project.done("collect")
    with FeedServer() as server:
        url = server.document("/index.xml", hugo_rss(old))
        assert import_feed(project, url, "--write")["counts"] == {"adopted": 2, "remembered": 1}
        write(project, old)
        project.done("run")
        assert ids(project, "rss.xml") == {post.url: post.url for post in old}
        assert import_feed(project, url, "--write")["counts"] == {"known": 3}


def test_an_id_that_is_no_uri_stays_with_its_format(project: Project) -> None:
    old = posts(2)
    with FeedServer() as server:
        server.document("/rss/2/", ghost_rss(old[1:]))
        url = server.document("/rss/", ghost_rss(old[:1]))
        assert import_feed(project, url, "--write")["pages"] == 2
    write(project, old)
    project.done("run")
    assert ids(project, "rss.xml") == {post.url: ghost_guid(post) for post in old}
    for document in ("atom.xml", "feed.json"):
        assert all(value.startswith("tag:news.example.org,") for value in ids(project, document).values())


def test_articles_whose_feeds_had_two_ids_keep_both(project: Project) -> None:
    old = posts(3)
    with FeedServer() as server:
        rss = server.document("/feed/", wordpress_rss(old))
        server.document("/page2.xml", jekyll_atom(old[2:]), "application/atom+xml")
        atom = server.document("/atom.xml", jekyll_atom(old[:2], following="/page2.xml"), "application/atom+xml")
        import_feed(project, rss, "--write")
        told = import_feed(project, atom, "--write")
    assert told["feed_id"] == "https://blog.example.org/feed.xml"
    write(project, old)
    project.done("run")
    assert ids(project, "rss.xml") == {post.url: wordpress_guid(post) for post in old}
    assert ids(project, "atom.xml") == {post.url: jekyll_id(post) for post in old}


def test_an_article_that_our_readers_know_changes_its_id_only_on_demand(project: Project) -> None:
    old = posts(2)
    write(project, old)
    project.done("run")
    before = {document: ids(project, document) for document in ("rss.xml", "atom.xml", "feed.json")}
    with FeedServer() as server:
        url = server.document("/feed/", wordpress_rss(old))
        refused = project("feeds", "import", url, "--allow-private", "--write")
        assert refused.code == 1
        assert "our feeds have shown its article already" in refused.out
        project.done("run")
        assert ids(project, "rss.xml") == before["rss.xml"]
        project.done("feeds", "import", url, "--allow-private", "--write", "--published-too")
    project.done("run")
    assert ids(project, "rss.xml") == {post.url: wordpress_guid(post) for post in old}
    assert {name: ids(project, name) for name in ("atom.xml", "feed.json")} == {
        name: before[name] for name in ("atom.xml", "feed.json")
    }


def test_articles_at_other_addresses_are_known_by_title_and_day(project: Project) -> None:
    old = posts(2)
    write(project, [Post(post.number, home="https://news.example.org/archiv") for post in old])
    project.done("collect")
    with FeedServer() as server:
        assert import_feed(project, server.document("/feed/", wordpress_rss(old)), "--write")["counts"] == {
            "adopted": 2
        }


def test_the_command_says_what_else_is_to_be_done(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xml"
    saved.write_bytes(jekyll_atom(posts(2)))
    shown = project.done("feeds", "import", str(saved)).out
    assert 'id = "https://blog.example.org/feed.xml"' in shown
    assert "Nothing was changed" in shown
    with FeedServer() as server:
        url = server.document("/feed/", wordpress_rss(posts(2)))
        project.configure("https://news.example.org", f"http://127.0.0.1:{server.port}")
        shown = project.done("feeds", "import", url, "--allow-private").out
    for place in ("/feed/", "/feed"):
        assert f'[[redirects]]\nfrom = "{place}"\nto = "/feeds/alle/rss.xml"' in shown


def test_a_feed_in_a_format_that_ours_lacks_is_named(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xml"
    saved.write_bytes(wordpress_rss(posts(1)))
    project.configure("limit = 500", 'limit = 500\nformats = ["atom"]')
    result = project("feeds", "import", str(saved))
    assert result.code == 1
    assert "feeds.alle.formats" in result.err


def test_of_a_group_of_feeds_it_is_not_said_which_takes_its_place(project: Project, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xml"
    saved.write_bytes(jekyll_atom(posts(1)))
    project.configure("limit = 500", 'limit = 500\neach = "topic"')
    shown = project.done("feeds", "import", str(saved)).out
    assert "alle is a group of feeds" in shown
    assert "id =" not in shown


def test_a_feed_that_cannot_be_read_is_an_error(project: Project) -> None:
    with FeedServer() as server:
        result = project("feeds", "import", server.status("/feed/", 404), "--allow-private")
    assert (result.code, result.out) == (1, "")
    assert project("feeds", "import", "no-such-file.xml").code == 2
    assert project("feeds", "import", "https://a.example/", "--feed", "keins").code == 2


ENTITIES = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))


def feed_of_one(title: str, start: str = "") -> bytes:
    item = f"<item><guid>g</guid><title>{title}</title><link>javascript:alert(1)</link></item>"
    return f'<?xml version="1.0"?>{start}<rss version="2.0"><channel><title>T</title>{item}</channel></rss>'.encode()


HOSTILE: dict[str, tuple[Callable[[FeedServer], str], str]] = {
    "entities": (lambda s: s.document("/", feed_of_one("&j;", f'<!DOCTYPE r [<!ENTITY a "x">{ENTITIES}]>')), "laughs"),
    "file": (
        lambda s: s.document("/", feed_of_one("&a;", '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>')),
        "external entity",
    ),
    "levels": (
        lambda s: s.document("/", b'{"items":' + b"[" * 200_000, "application/feed+json"),
        "nested too deeply",
    ),
    "zeros": (lambda s: s.bomb("/", 100), "longer than 20,000,000 bytes"),
    "endless": (lambda s: s.endless("/"), "longer than 20,000,000 bytes"),
    "circle": (lambda s: s.redirect("/", "/", 301), "redirects more than 10 times"),
    "elsewhere": (lambda s: s.redirect("/", "file:///etc/passwd", 302), "redirects to"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_is_refused_by_name_and_nothing_is_taken_over(project: Project, name: str) -> None:
    serve, said = HOSTILE[name]
    with FeedServer() as server:
        result = project("feeds", "import", serve(server), "--allow-private", "--write")
    assert (result.code, result.out) == (1, "")
    assert said in result.err


def test_control_characters_and_scripts_of_an_old_feed_reach_neither_the_terminal_nor_our_feeds(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "old.xml"
    file.write_bytes(feed_of_one("\x1b]0;owned\x07\x9b31mTitle &lt;script&gt;alert(1)&lt;/script&gt;"))
    result = project("feeds", "import", str(file), "--write")
    assert not {"\x1b", "\x07", "\x9b"} & set(result.out + result.err)
    project.done("run")
    assert not [path for path in project.directory.glob("feeds/**/*.*") if b"<script>alert" in path.read_bytes()]


def test_an_address_of_our_own_network_is_not_asked_without_leave(project: Project) -> None:
    with FeedServer() as server:
        result = project("feeds", "import", server.document("/feed/", wordpress_rss(posts(1))))
        assert server.requests == []
    assert (result.code, result.out) == (1, "")
    assert "127.0.0.1" in result.err


def test_a_feed_with_ids_of_every_kind_is_taken_over_as_far_as_that_goes(project: Project, tmp_path: Path) -> None:
    kinds = [
        "&lt;b&gt;x&lt;/b&gt;",
        "a" * 700,
        "\u202eid",
        "../../etc/passwd",
        "5e1234",
        "tag:x,2020:1",
        "https://x.example/%zz",
    ]
    items = [
        f'<item><guid isPermaLink="false">{id_}</guid><title>Titel {number}</title>'
        f"<link>https://x.example/{number}</link><description>Text {number}</description></item>"
        for number, id_ in enumerate(kinds)
    ]
    file = tmp_path / "odd.xml"
    channel = f"<channel><title>T</title><link>https://x.example</link>{''.join(items)}</channel>"
    file.write_text(f'<rss version="2.0">{channel}</rss>', encoding="utf-8")
    for number in range(len(kinds)):
        page = f"---\ntitle: Titel {number}\nurl: https://x.example/{number}\n---\n\nText {number}\n"
        (project.directory / "articles" / f"{number}.md").write_text(page, encoding="utf-8")
    result = project("feeds", "import", str(file), "--write")
    assert result.code == 1
    assert "longer than 600 characters" in result.out
    assert max(map(len, result.out.splitlines())) < 300
    project.done("run")
    shown = ids(project, "rss.xml")
    kept = {
        "https://x.example/0": "<b>x</b>",
        "https://x.example/3": "../../etc/passwd",
        "https://x.example/4": "5e1234",
    }
    assert kept.items() <= shown.items()
    assert len(set(shown.values())) == len(kinds)
